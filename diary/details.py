"""What is kept of a day besides what is counted: its times, side, quality, aura, and what may have played a part.

Pure: the standard library and `rules` alone. Some details imply a feature, and features are counted: left or right is
unilateral (ICHD-3 1.1 C1), a pulsating quality is 1.1 C2, and a kind of aura is an aura (1.2 B). The other way round
nothing follows: a headache on both sides, or one that varies, takes no tick away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from unicodedata import category

from diary.rules import Feature

TRIGGER_LENGTH = 40
MOST_TRIGGERS = 10
MIDNIGHT = time(0)


class Side(StrEnum):
    """On which side of the head it was."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    VARIES = "varies"


class Quality(StrEnum):
    """What it felt like."""

    PULSATING = "pulsating"
    PRESSING = "pressing"
    STABBING = "stabbing"
    OTHER = "other"


class Aura(StrEnum):
    """What kind of aura there was; one may come with another."""

    VISUAL = "visual"
    SENSORY = "sensory"
    SPEECH = "speech"
    OTHER = "other"


ONE_SIDES = frozenset({Side.LEFT, Side.RIGHT})


def implied_features(side: Side | None, quality: Quality | None, aura: Iterable[Aura]) -> frozenset[Feature]:
    """The features that the details say already."""
    implied = (
        (Feature.ONE_SIDED, side in ONE_SIDES),
        (Feature.PULSATING, quality is Quality.PULSATING),
        (Feature.AURA, any(True for _kind in aura)),
    )
    return frozenset(feature for feature, holds in implied if holds)


# --- Times ---------------------------------------------------------------------------------------------------


def is_past_midnight(start: time | None, end: time | None) -> bool:
    """Whether a headache with these times went on into the next day. One that ends at midnight did not."""
    return start is not None and end is not None and MIDNIGHT < end < start


def hours_on_day(when: date, start: time, end: time, zone: tzinfo) -> Decimal | None:
    """The hours from start to end that lie on the day, by the clock of the zone; `None` where the two are one moment.

    Past midnight the day has only the hours until then: the others belong to the next day. Midnight to midnight is
    a whole day, 24 hours at most also where the clocks are put back.
    """
    if start == end != MIDNIGHT:
        return None
    begins = datetime.combine(when, start, zone)
    ends = (
        datetime.combine(when, end, zone)
        if start < end
        else datetime.combine(when + timedelta(days=1), MIDNIGHT, zone)
    )
    hours = Decimal(str(ends.timestamp() - begins.timestamp())) / 3600
    return min(max(hours, Decimal(0)), Decimal(24)).quantize(Decimal("0.01"), ROUND_HALF_UP)


# --- What may have played a part -----------------------------------------------------------------------------


class BadTrigger(ValueError):
    """A word that cannot be kept. `word`: the one that is wrong; `None` where there are too many."""

    def __init__(self, word: str | None) -> None:
        super().__init__(word)
        self.word = word


def trigger_words(text: str) -> tuple[str, ...]:
    """The words of a text, which `;` and `,` part, each once. Raises `BadTrigger`."""
    found: dict[str, str] = {}
    for part in re.split("[;,]", text):
        word = part.strip()
        if len(word) > TRIGGER_LENGTH or any(category(sign) in ("Cc", "Cs") for sign in word):
            raise BadTrigger(word)
        if word:
            found.setdefault(word.casefold(), word)
    if len(found) > MOST_TRIGGERS:
        raise BadTrigger(None)
    return tuple(found.values())
