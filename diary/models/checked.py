"""What may be stored as text at all."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache
from unicodedata import category

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from diary.details import MOST_TRIGGERS, TRIGGER_LENGTH, BadTrigger, trigger_words


def validate_text(text: str) -> None:
    """Characters that one of the databases refuses: NUL and lone surrogates."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValidationError(_("This text holds a character that cannot be stored."))


def validate_medicine_name(name: str) -> None:
    """Control characters, `;` and outer spaces would not survive the diary CSV, where `;` stands between medicines."""
    validate_text(name)
    if ";" in name or name != name.strip() or any(category(character) == "Cc" for character in name):
        raise ValidationError(_("A medicine's name holds no semicolon and no line break."))


def validate_strength(strength: str) -> None:
    """As for a name; nor brackets, in which the diary CSV writes it."""
    validate_medicine_name(strength)
    if "(" in strength or ")" in strength:
        raise ValidationError(_("A strength holds no brackets."))


def validate_triggers(text: str) -> None:
    """As `details.trigger_words` reads them, and as they come back from the diary CSV."""
    try:
        words = trigger_words(text)
    except BadTrigger as error:
        if error.word is None:
            raise ValidationError(
                _("At most %(n)d of these fit on one day."), params={"n": MOST_TRIGGERS}
            ) from None
        raise ValidationError(
            _("Each of these has at most %(n)d characters and no line break."), params={"n": TRIGGER_LENGTH}
        ) from None
    if text != ";".join(words):
        raise ValidationError(_("Each of these stands once, with a semicolon between them."))


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """All names, in order. Python looks for them in some hundred files."""
    # Names of the machine or of nothing, such as "localtime" and "Factory", would mean another place elsewhere.
    return tuple(sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC"))


def validate_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(_("This is not a known time zone."))
