"""A passkey in software: it answers what the server asks, also in ways that must be refused."""

import json
from dataclasses import dataclass, field
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.http import HttpResponse
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData
from fido2.webauthn import CollectedClientData as ClientData

HOST = "testserver"
PRESENT_VERIFIED, CREDENTIAL_INCLUDED = 0x05, 0x40


@dataclass
class Passkey:
    id: bytes = b"passkey-of-tests"
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.derive_private_key(7, ec.SECP256R1()))

    def registration(self, challenge: str = "", origin: str = f"https://{HOST}") -> dict[str, Any]:
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(Aaguid(b"\0" * 16), self.id, public)
        data = AuthenticatorData.create(
            sha256(HOST.encode()), PRESENT_VERIFIED | CREDENTIAL_INCLUDED, self.count, credential
        )
        client = ClientData.create("webauthn.create", challenge or websafe_encode(b"-" * 32), origin)
        return self.answer(
            clientDataJSON=bytes(client),
            attestationObject=bytes(AttestationObject.create("none", data, {})),
        ) | {"clientExtensionResults": {"credProps": {"rk": True}}}

    def assertion(
        self,
        challenge: str,
        handle: str,
        origin: str = f"https://{HOST}",
        host: str = HOST,
        flags: int = PRESENT_VERIFIED,
    ) -> dict[str, Any]:
        self.count += 1
        data = AuthenticatorData.create(sha256(host.encode()), flags, self.count)
        client = ClientData.create("webauthn.get", challenge, origin)
        signature = self.key.sign(bytes(data) + client.hash, ec.ECDSA(SHA256()))
        return self.answer(
            clientDataJSON=bytes(client),
            authenticatorData=bytes(data),
            signature=signature,
            userHandle=handle.encode(),
        )

    def answer(self, **response: bytes) -> dict[str, Any]:
        return {
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "type": "public-key",
            "response": {name: websafe_encode(value) for name, value in response.items()},
            "clientExtensionResults": {},
        }


# --- How a browser signs in with it -------------------------------------------------------------------

SIGN_IN = "/accounts/2fa/webauthn/login/"


def challenge(client: Client) -> str:
    response = client.get(SIGN_IN, headers={"Accept": "application/json"}, secure=True)
    return str(response.json()["request_options"]["publicKey"]["challenge"])


def show(client: Client, answer: dict[str, Any]) -> HttpResponse:
    return client.post(SIGN_IN, {"credential": json.dumps(answer)}, secure=True)


def handle(user: Any) -> str:
    """What the passkey knows its person by."""
    return str(user_pk_to_url_str(user))
