"""Every day of a calendar month in one line: what it was and where it is drawn. Frozen values, no colours.

A day is a cell of a picture; the days of one kind are one path, so that five years stay light. How bad a day was is
the height of its bar, so that shape says it as well as colour; a day without a record is an empty frame.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from diary.rules import Diary, Headache, MedicationClass, severity

CELL, TOP, FOOT, HEIGHT = 20, 9, 33, 43
WIDTH = 31 * CELL
MISSING = "missing"


class Mark(StrEnum):
    """What is drawn besides how bad it was."""

    MEDICINE = "medicine"
    INJECTION = "injection"


def _bar(height: int) -> str:
    return f"M{{x}} {FOOT}v-{height}h14v{height}z"


SHAPES: dict[str, str] = {
    # A ring on the ground line, three heights, a disc where how bad it was is not known, an empty frame.
    Headache.NONE: f"M{{x}} {FOOT - 3}h14v3h-14z",
    Headache.MILD: _bar(9),
    Headache.MODERATE: _bar(16),
    Headache.SEVERE: _bar(FOOT - TOP),
    Headache.YES: f"M{{x}} {FOOT - 10}a7 7 0 1 0 14 0a7 7 0 1 0-14 0z",
    MISSING: f"M{{x}} {FOOT}v-{FOOT - TOP}h14v{FOOT - TOP}z",
    Mark.MEDICINE: f"M{{x}} {FOOT + 6}a3 3 0 0 1 3-3h8a3 3 0 0 1 0 6h-8a3 3 0 0 1-3-3z",
    Mark.INJECTION: "M{x} 0h14l-7 8z",
}
DRAWN = {
    word: [""] + [shape.format(x=(day - 1) * CELL + 3) for day in range(1, 32)]
    for word, shape in SHAPES.items()
}
"""By day of the month."""


@dataclass(frozen=True, slots=True)
class Strip:
    """One month. `days`: the days of the month of each kind (`SHAPES`), in order; `to_come`: how many are not over."""

    month: date
    length: int
    days: dict[str, list[int]]
    headache_days: int
    recorded: int
    to_come: int

    @property
    def paths(self) -> list[tuple[str, str]]:
        """What to draw: a kind, and one path for all its days."""
        return [(word, "".join(DRAWN[word][day] for day in days)) for word, days in self.days.items()]

    @property
    def missing(self) -> int:
        """Days that are over and not recorded."""
        return len(self.days.get(MISSING, ()))


def strips(
    diary: Diary, injections: Collection[date], months: Iterable[date], today: date, began: date
) -> list[Strip]:
    """A strip for each month, the latest first. Nothing is missing before `began`, nor today before it is over."""
    return [_strip(diary, injections, month, today, began) for month in months][::-1]


def _strip(diary: Diary, injections: Collection[date], month: date, today: date, began: date) -> Strip:
    length = monthrange(month.year, month.month)[1]
    last = month.replace(day=length)
    found: dict[str, list[int]] = defaultdict(list)
    medicine: list[int] = []
    recorded = {day.date: day for day in diary.between(month, last)}
    headaches = 0
    for number in range(1, length + 1):
        when = month.replace(day=number)
        day = recorded.get(when)
        if day:
            word = severity(day)
            headaches += word is not Headache.NONE
            found[word].append(number)
            if day.classes - {MedicationClass.ANTIEMETIC}:
                medicine.append(number)
        elif began <= when < today:
            found[MISSING].append(number)
    days = {word: found[word] for word in SHAPES if word in found}
    if medicine:
        days[Mark.MEDICINE] = medicine
    if given := [when.day for when in sorted(injections) if month <= when <= last]:
        days[Mark.INJECTION] = given
    to_come = max(0, (last - max(today - timedelta(days=1), month - timedelta(days=1))).days)
    return Strip(month, length, days, headaches, len(recorded), to_come)
