"""Can the diary be trusted? How much of it is recorded, when, by whom, and what was changed. Frozen values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from clinic.periods import ONE_DAY, Period
from diary.models import DiaryDay, Origin
from diary.rules import CYCLE_DAYS_RECORDED, ChangedDay, Diary, Window, is_late, next_month

GAPS_LISTED = 5
WEEK = 7
COPIED = (DiaryDay.Source.PAPER, DiaryDay.Source.IMPORT)


@dataclass(frozen=True, slots=True)
class Gap:
    """Days in a row without a record, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Completeness:
    """Days that are over, and how many of them are recorded; of those, how many late, changed, by a carer, copied.

    `undated`: recorded, and when is not known, as of an import. `month`: its first day, `None` for several months.
    """

    month: date | None
    days: int
    recorded: int
    late: int
    undated: int
    changed: int
    by_carer: int
    copied: int

    @property
    def missing(self) -> int:
        """Days without a record."""
        return self.days - self.recorded


@dataclass(frozen=True, slots=True)
class Quality:
    """A period of a diary. `gaps`: the longest ones, the longest first; `stretches`: how many gaps there are at all.

    `weekdays`: missing days by day of the week, Monday first.
    """

    whole: Completeness
    months: list[Completeness]
    gaps: list[Gap]
    stretches: int
    weekdays: list[int]

    @property
    def longest(self) -> Gap | None:
        """The longest gap."""
        return self.gaps[0] if self.gaps else None

    @property
    def needed(self) -> tuple[int, int]:
        """Recorded days that a comparison asks for, and of how many."""
        return CYCLE_DAYS_RECORDED, 4 * WEEK


def quality(
    diary: Diary, origins: Sequence[Origin], changed: Sequence[ChangedDay], period: Period
) -> Quality | None:
    """The days of a period that are over; `None`: there is none. Months are counted as far as they lie in it."""
    if period.past is None:
        return None
    first, last = period.past
    inside = [origin for origin in origins if first <= origin.date <= last]
    touched = [day.when for day in changed if first <= day.when <= last]
    by_month: dict[date, list[Origin]] = defaultdict(list)
    for origin in inside:
        by_month[origin.date.replace(day=1)].append(origin)
    months = []
    for month in period.months:
        starts, ends = max(month, first), min(next_month(month) - ONE_DAY, last)
        if starts <= ends:
            changes = sum(starts <= when <= ends for when in touched)
            months.append(_completeness(month, diary.window(starts, ends), by_month[month], changes))
    gaps = _gaps(diary, first, last)
    missing = Counter((gap.first + timedelta(days=day)).weekday() for gap in gaps for day in range(gap.days))
    return Quality(
        _completeness(None, diary.window(first, last), inside, len(touched)),
        months[::-1],
        sorted(gaps, key=lambda gap: (-gap.days, -gap.first.toordinal()))[:GAPS_LISTED],
        len(gaps),
        [missing[weekday] for weekday in range(WEEK)],
    )


def _completeness(
    month: date | None, window: Window, origins: Sequence[Origin], changed: int
) -> Completeness:
    sources = Counter(origin.source for origin in origins)
    return Completeness(
        month,
        window.days,
        window.recorded,
        sum(is_late(origin.date, origin.recorded_on) for origin in origins),
        sum(origin.recorded_on is None for origin in origins),
        changed,
        sources[DiaryDay.Source.CARER],
        sum(sources[source] for source in COPIED),
    )


def _gaps(diary: Diary, first: date, last: date) -> list[Gap]:
    """In order of date."""
    recorded = [first - ONE_DAY, *(day.date for day in diary.between(first, last)), last + ONE_DAY]
    return [
        Gap(before + ONE_DAY, after - ONE_DAY)
        for before, after in pairwise(recorded)
        if (after - before).days > 1
    ]
