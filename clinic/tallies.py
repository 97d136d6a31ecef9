"""The days of a diary as bits of whole numbers: any window of a known stretch is counted by a mask.

Pure: the standard library, no database, no clock. What a day counts as is said by `diary.rules` alone, once, when a
month is packed; a `Tally` gives the same `Window` and `Month` as a `Diary` of the same days.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from diary.rules import (
    COUNTED_CLASSES,
    SEVERAL_CLASSES_RULE,
    Day,
    MedicationClass,
    Month,
    Window,
    first_of,
    kind_of,
    month_number,
    overuse,
)


class MonthBits(NamedTuple):
    """One calendar month of a diary: bit 0 is its first day.

    `medicines`: each class that was taken with its days as bits, such as `triptan 6 opioid 1`.
    """

    recorded: int
    headache: int
    migraine: int
    moderate_severe: int
    medicines: str


NO_DAYS = MonthBits(0, 0, 0, 0, "")


def packed(days: Iterable[Day]) -> MonthBits:
    """The days of one calendar month as bits, read under the pragmatic definition of the migraine day."""
    recorded = headache = migraine = moderate_severe = 0
    medicines: dict[MedicationClass, int] = defaultdict(int)
    for day in days:
        bit, kind = 1 << (day.date.day - 1), kind_of(day)
        recorded |= bit
        headache |= bit * kind.headache
        migraine |= bit * kind.migraine
        moderate_severe |= bit * kind.moderate_severe
        for medication_class in kind.classes:
            medicines[medication_class] |= bit
    words = " ".join(f"{c.value} {medicines[c]}" for c in COUNTED_CLASSES if c in medicines)
    return MonthBits(recorded, headache, migraine, moderate_severe, words)


@lru_cache(maxsize=4096)
def _shift(number: int, origin: date) -> int:
    return (first_of(number) - origin).days


@dataclass(slots=True)
class Tally:
    """A stretch of a diary that begins on `origin`; days before it are not known. Bit 0 is that day."""

    origin: date
    recorded: int = 0
    headache: int = 0
    migraine: int = 0
    moderate_severe: int = 0
    medicines: dict[MedicationClass, int] | None = None

    def add(self, number: int, bits: MonthBits) -> None:
        """One month more. Raises `ValueError` for one that begins before the stretch."""
        shift = _shift(number, self.origin)
        self.recorded |= bits[0] << shift
        self.headache |= bits[1] << shift
        self.migraine |= bits[2] << shift
        self.moderate_severe |= bits[3] << shift
        if bits[4]:
            if self.medicines is None:
                self.medicines = {}
            words = bits[4].split()
            for word, days in zip(words[::2], words[1::2], strict=True):
                medication_class = CLASSES[word]
                self.medicines[medication_class] = self.medicines.get(medication_class, 0) | (
                    int(days) << shift
                )

    def _mask(self, first: date, last: date) -> int:
        if first < self.origin:
            raise ValueError(f"{first} is not known: this stretch begins on {self.origin}")
        length = (last - first).days + 1
        return ((1 << length) - 1) << (first - self.origin).days if length > 0 else 0

    def window(self, first: date, last: date) -> Window:
        """The counts from `first` to `last`, both included. Raises `ValueError` where days are not known."""
        mask = self._mask(first, last)
        return Window(
            first,
            last,
            (self.recorded & mask).bit_count(),
            (self.headache & mask).bit_count(),
            (self.migraine & mask).bit_count(),
        )

    def month(self, first: date) -> Month:
        """The counts of the calendar month that begins on `first`. Raises `ValueError` where days are not known."""
        days = monthrange(first.year, first.month)[1]
        mask = self._mask(first, first.replace(day=days))
        per_class: dict[MedicationClass, int] = dict.fromkeys(COUNTED_CLASSES, 0)
        medicated = several = 0
        for medication_class, bits in (self.medicines or {}).items():
            taken = bits & mask
            per_class[medication_class] = taken.bit_count()
            medicated |= taken
            if medication_class in SEVERAL_CLASSES_RULE.classes:
                several |= taken
        recorded = (self.recorded & mask).bit_count()
        return Month(
            month=first,
            days=days,
            recorded=recorded,
            headache_days=(self.headache & mask).bit_count(),
            migraine_days=(self.migraine & mask).bit_count(),
            moderate_severe_days=(self.moderate_severe & mask).bit_count(),
            acute_medication_days=medicated.bit_count(),
            several_classes_days=several.bit_count(),
            medication_days=per_class,
            overuse=overuse(per_class, several.bit_count(), days - recorded),
        )

    @property
    def last_day(self) -> date | None:
        """The last recorded date that is known."""
        return self.origin + timedelta(days=self.recorded.bit_length() - 1) if self.recorded else None


CLASSES = {c.value: c for c in MedicationClass}


def tally(days: Iterable[Day], origin: date) -> Tally:
    """A stretch made of days themselves; `origin` is the first of a month."""
    months: dict[int, list[Day]] = defaultdict(list)
    for day in days:
        months[month_number(day.date)].append(day)
    found = Tally(origin)
    for number, of_month in months.items():
        if first_of(number) >= origin:
            found.add(number, packed(of_month))
    return found
