"""Notifications: sealed so that only the browser can read them (RFC 8291), and sent to known push services alone.

A browser names the address that its notifications go to, so whoever signs in could have us send to any address that
this machine reaches. Therefore: `https`, port 443, a host of `PUSH_SERVICES`; its addresses must be public ones, and
the connection goes to the very address that was looked at; no redirect is followed, and of the answer nothing but its
status is read.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import secrets
import socket
import ssl
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from config import vapid
from diary.models import LONGEST_ENDPOINT, PushSubscription

PORT = 443
TIMEOUT = 10
"""Seconds to connect, and again to answer."""
TOKEN_SECONDS = 12 * 60 * 60
"""RFC 8292 allows a day; clocks differ."""
RECORD_SIZE = 4096
"""The size that every push service takes (RFC 8030)."""
LONGEST_TEXT = 3000


class RefusedEndpoint(ValueError):
    """Nothing is sent there."""


class Outcome(Enum):
    SENT = "sent"
    GONE = "gone"
    """The push service knows the subscription no more, and never will again."""
    FAILED = "failed"
    """It may work another time."""


def is_set_up() -> bool:
    return bool(settings.VAPID_PRIVATE_KEY)


def server_key() -> str:
    """The public key that browsers are told to listen to; empty where there is none."""
    return vapid.public_key(settings.VAPID_PRIVATE_KEY) if is_set_up() else ""


# --- Where to ------------------------------------------------------------------------------------------------

# No user, no port, no dot at the end, no capital, nothing in brackets: what a browser hands out has none of them.
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
ENDPOINT = re.compile(
    rf"https://(?P<host>(?=[^/:]{{1,253}}[/:])(?:{LABEL}\.)+[a-z]{{2,63}})(?::443)?(?P<path>/[!-\"$-\[\]-~]+)"
)


@dataclass(frozen=True)
class Target:
    host: str
    path: str
    addresses: tuple[str, ...]


def allowed(host: str) -> bool:
    return any(
        host.endswith(known[1:]) if known.startswith("*.") else host == known
        for known in settings.PUSH_SERVICES
    )


def target_of(endpoint: str) -> Target:
    """Raises `RefusedEndpoint` for what is no address of a known push service, `OSError` where no name is resolved."""
    found = ENDPOINT.fullmatch(endpoint) if len(endpoint) <= LONGEST_ENDPOINT else None
    # Two readers of one address must not differ about the host.
    if found is None or urlsplit(endpoint).hostname != found["host"] or not allowed(found["host"]):
        raise RefusedEndpoint("no address of a known push service")
    addresses = tuple(dict.fromkeys(resolved(found["host"])))
    if not addresses or not all(map(is_public, addresses)):
        raise RefusedEndpoint("the name leads to an address that is not public")
    return Target(found["host"], found["path"], addresses)


def resolved(host: str) -> list[str]:
    found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    return [str(place[0]) for _family, _type, _protocol, _name, place in found]


NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether an address lies on the open internet, also where it wraps another one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(str(address.ipv4_mapped))
        if address in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
        if address.sixtofour or address.teredo or address.is_site_local or address.scope_id:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


# --- What is sent --------------------------------------------------------------------------------------------


def browser_key(p256dh: str) -> ec.EllipticCurvePublicKey:
    """Raises `ValueError` for what is no point of the curve, uncompressed."""
    data = vapid.decoded(p256dh)
    if len(data) != 65 or data[0] != 4:
        raise ValueError("not an uncompressed point")
    return ec.EllipticCurvePublicKey.from_encoded_point(vapid.CURVE, data)


def browser_secret(auth: str) -> bytes:
    data = vapid.decoded(auth)
    if len(data) != 16:
        raise ValueError("not 16 bytes")
    return data


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def sealed(
    text: bytes,
    p256dh: str,
    auth: str,
    salt: bytes | None = None,
    one_time: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """`aes128gcm` in one record. `salt` and the one-time key are new each time, but for the RFC's own example."""
    if len(text) > LONGEST_TEXT:
        raise ValueError("too long for one record")
    salt = salt or secrets.token_bytes(16)
    one_time = one_time or ec.generate_private_key(vapid.CURVE)
    theirs, ours = browser_key(p256dh), _point(one_time.public_key())
    info = b"WebPush: info\0" + _point(theirs) + ours
    secret = _derived(one_time.exchange(ec.ECDH(), theirs), browser_secret(auth), info, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + struct.pack("!IB", RECORD_SIZE, len(ours)) + ours
    return head + AESGCM(key).encrypt(nonce, text + b"\x02", None)


def contact() -> str:
    """Whom a push service tells that something is wrong here."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return f"mailto:{address}" if "@" in address else settings.SITE_URL


def authorization(host: str) -> str:
    """RFC 8292: who we are, signed for this push service and for half a day."""
    claims = {"aud": f"https://{host}", "exp": int(time.time()) + TOKEN_SECONDS, "sub": contact()}
    parts = [{"typ": "JWT", "alg": "ES256"}, claims]
    signed = ".".join(vapid.encoded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    private = vapid.private_key(settings.VAPID_PRIVATE_KEY)
    r, s = decode_dss_signature(private.sign(signed.encode(), ec.ECDSA(SHA256())))
    signature = vapid.encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={server_key()}"


# --- Sending -------------------------------------------------------------------------------------------------


def tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class Connection(http.client.HTTPSConnection):
    """To one of the addresses that were looked at, whatever the name resolves to by now. No proxy is asked."""

    def __init__(self, target: Target) -> None:
        self.tls, self.addresses = tls(), target.addresses
        super().__init__(target.host, PORT, timeout=TIMEOUT, context=self.tls)

    def connect(self) -> None:
        self.sock = self.tls.wrap_socket(_first_that_answers(self.addresses), server_hostname=self.host)


def _first_that_answers(addresses: Sequence[str]) -> socket.socket:
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, PORT), TIMEOUT)
        except OSError:
            continue
    return socket.create_connection((addresses[-1], PORT), TIMEOUT)


def posted(target: Target, headers: Mapping[str, str], body: bytes) -> int:
    """The status that the push service answers with. `OSError` or `HTTPException` where it does not."""
    connection = Connection(target)
    try:
        connection.request("POST", target.path, body, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()


def outcome_of(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.SENT
    return Outcome.GONE if status in (404, 410) else Outcome.FAILED


def send(subscription: PushSubscription, said: Mapping[str, Any], seconds: int) -> Outcome:
    """`seconds`: how long the push service keeps it for a device that is away. Raises what `target_of` raises."""
    target = target_of(subscription.endpoint)
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Authorization": authorization(target.host),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(seconds),
        "Topic": str(said["tag"]),  # one that was not delivered yet is replaced
        "Urgency": "normal",
    }
    return outcome_of(posted(target, headers, sealed(text, subscription.p256dh, subscription.auth)))
