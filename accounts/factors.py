"""The seeds of second factors are encrypted in the database: whoever reads a copy of it cannot make codes."""

import base64
import logging
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)


class UnreadableFactor(ValidationError):
    """None of the keys opens it. A form says so; a template leaves the place empty."""

    silent_variable_failure = True


def sealed(seed: str) -> str:
    return ring(tuple(settings.FACTOR_KEYS)).encrypt(seed.encode()).decode()


def opened(text: str) -> str:
    try:
        return ring(tuple(settings.FACTOR_KEYS)).decrypt(text.encode()).decode()
    except InvalidToken as error:
        log.error(
            "A second factor cannot be decrypted: none of the keys in FACTOR_KEY (without it, SECRET_KEY) fits. "
            "Put the former key back, behind the new one."
        )
        raise UnreadableFactor(
            _("This factor cannot be read at the moment. Please ask whoever looks after this site."),
            code="unreadable_factor",
        ) from error


@cache
def ring(secrets: tuple[str, ...]) -> MultiFernet:
    """The first key encrypts; all of them decrypt, so that keys can be changed."""
    return MultiFernet([Fernet(derived(secret)) for secret in secrets])


def derived(secret: str) -> bytes:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"headache diary: second factors")
    return base64.urlsafe_b64encode(key.derive(secret.encode()))
