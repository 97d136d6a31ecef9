"""Passwords: any character, one spelling of each, and none that is easy to guess here."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

OUR_WORDS = (
    "headache",
    "migraine",
    "diary",
    "clinic",
    "patient",
    "doctor",
    "nurse",
    "botox",
    "toxin",
    "injection",
    "neurology",
    "hospital",
    "password",
    "welcome",
    "admin",
)
NOTHING_ELSE = re.compile(rf"(?:{'|'.join(OUR_WORDS)}|my|s|the|[\W\d_])+", re.IGNORECASE)


def normalised(password: str) -> str:
    """The same characters, whatever keyboard composed them (NFKC)."""
    return unicodedata.normalize("NFKC", password)


class OurWordsValidator:
    """Refuses a password of words that anybody would try here, such as headachediary2026."""

    def validate(self, password: str, user: object = None) -> None:
        if NOTHING_ELSE.fullmatch(password):
            raise ValidationError(
                _("This password is easy to guess: it is made of words of this site. Add some of your own."),
                code="our_words",
            )

    def get_help_text(self) -> str:
        return _("Words of this site, such as headache or diary, are not enough.")
