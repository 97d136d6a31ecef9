"""Codes that people read, write and say, and what is handed to somebody and used once.

A code itself is not stored: a digest finds it, and it is worked out from a seed and the secret key to be shown again.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, which look like numbers, and no U."""
LOOK_ALIKES = str.maketrans("OIL", "011")
CODE_LENGTH = 8


def normal(text: str) -> str:
    """What somebody typed, as it was meant: small letters, spaces, hyphens and look-alikes do not matter."""
    kept = "".join(character for character in text[:200].upper() if character.isalnum())
    return kept.translate(LOOK_ALIKES)


def grouped(code: str) -> str:
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def keyed(purpose: str, text: str) -> bytes:
    """A digest that nobody can work out who does not hold the secret key."""
    return hmac.new(settings.SECRET_KEY.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).digest()


def code_from(purpose: str, seed: str) -> str:
    """32 letters, so that five bits of a byte choose one, each as likely as the others."""
    return "".join(ALPHABET[byte & 31] for byte in keyed(purpose, seed)[:CODE_LENGTH])


class Handed(models.QuerySet[Any]):
    """What is handed to somebody and used once: codes and invitations."""

    def unused(self) -> Self:
        return self.filter(used_at__isnull=True)

    def open_at(self, moment: datetime) -> Self:
        return self.unused().filter(expires_at__gt=moment)
