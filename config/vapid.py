"""The key by which push services know this server (VAPID, RFC 8292): made at set-up, and never in the database."""

import base64
import os
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ImproperlyConfigured

CURVE = ec.SECP256R1()
BYTES = 32


def encoded(data: bytes) -> str:
    """Base64 as URLs have it, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Raises `ValueError` for anything that is not exactly that."""
    data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if encoded(data) != text:
        raise ValueError("not base64url")
    return data


def new() -> str:
    number = ec.generate_private_key(CURVE).private_numbers().private_value
    return encoded(number.to_bytes(BYTES, "big"))


def make(file: Path) -> bool:
    """Makes the file with a key of its own, for its owner alone; `False` where it is there already."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(f"{new()}\n")
            out.flush()
            os.fsync(out.fileno())
        # Unlike a renaming, this never takes the place of a key that another start has just made.
        os.link(unfinished, file)
    except FileExistsError:
        return False
    finally:
        unfinished.unlink(missing_ok=True)
    return True


@cache
def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """Raises `ImproperlyConfigured`, without a word of what it was given."""
    try:
        data = decoded(text)
        if len(data) != BYTES:
            raise ValueError("not 32 bytes")
        return ec.derive_private_key(int.from_bytes(data, "big"), CURVE)
    except ValueError:
        raise ImproperlyConfigured(
            "VAPID_PRIVATE_KEY is no key: leave it out, and `manage.py prepare` makes one in DATA_DIR/vapid_key."
        ) from None


def public_key(text: str) -> str:
    """What a browser is told to listen to."""
    point = private_key(text).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return encoded(point)
