"""The stretch of a diary that somebody chose to look at, out of what stands in the address. No database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from diary.rules import months_back, next_month

MONTHS_BACK = 12
"""Calendar months of the usual period, this one included (ours)."""
ONE_DAY = timedelta(days=1)


class Choice(StrEnum):
    """Which period: a quick choice, which says something else next month, or two dates of one's own."""

    YEAR = "year"
    INJECTIONS = "injections"
    ALL = "all"
    OWN = "own"


class Fault(StrEnum):
    """What was wrong with the dates that were given."""

    NO_DATE = "no_date"
    SWAPPED = "swapped"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both included, within what is known of the patient. `today` is not over.

    `began`: the first day of the diary or the first injection, whichever came first.
    """

    choice: Choice
    first: date
    last: date
    began: date
    today: date
    fault: Fault | None = None

    @property
    def past(self) -> tuple[date, date] | None:
        """The days of it that are over; `None`: there is none."""
        last = min(self.last, self.today - ONE_DAY)
        return (self.first, last) if self.first <= last else None

    @property
    def reaches_back(self) -> bool:
        """Nothing is known from before it."""
        return self.first <= self.began

    @property
    def months(self) -> Iterator[date]:
        """The first day of each calendar month that it touches, oldest first."""
        month = self.first.replace(day=1)
        while month <= self.last:
            yield month
            month = next_month(month)

    @property
    def query(self) -> str:
        """What stands in the address behind the question mark; nothing for the usual period."""
        if self.choice is Choice.OWN:
            return urlencode({"from": self.first.isoformat(), "until": self.last.isoformat()})
        return "" if self.choice is Choice.YEAR else urlencode({"period": self.choice.value})

    def holds(self, when: date | None) -> bool:
        """Whether a date lies in it; what came before all that is known belongs to a period that reaches back."""
        return when is not None and when <= self.last and (when >= self.first or self.reaches_back)

    def touches(self, first: date | None, last: date | None) -> bool:
        """Whether a stretch of time does; `None` is an open end."""
        return (first is None or first <= self.last) and (
            last is None or last >= self.first or self.reaches_back
        )


def chosen_period(
    said: Mapping[str, str], recorded_from: date | None, injected_from: date | None, today: date
) -> Period:
    """The period that an address asks for; the usual one where it asks for none, or for one that cannot be."""
    began = min(day for day in (recorded_from, injected_from, today) if day)
    if said.get("from", "").strip() or said.get("until", "").strip():
        return _own(said.get("from", "").strip(), said.get("until", "").strip(), began, today)
    if said.get("period") == Choice.ALL:
        return Period(Choice.ALL, began, today, began, today)
    if said.get("period") == Choice.INJECTIONS and injected_from and injected_from <= today:
        return Period(Choice.INJECTIONS, injected_from, today, began, today)
    return _usual(began, today)


def _usual(began: date, today: date, fault: Fault | None = None) -> Period:
    return Period(Choice.YEAR, max(months_back(today, MONTHS_BACK - 1), began), today, began, today, fault)


def _own(since: str, until: str, began: date, today: date) -> Period:
    try:
        first = date.fromisoformat(since) if since else began
        last = date.fromisoformat(until) if until else today
    except ValueError:
        return _usual(began, today, Fault.NO_DATE)
    fault = Fault.SWAPPED if since and until and first > last else None
    if fault:
        first, last = last, first
    first, last = max(first, began), min(last, today)
    if first > last:
        return _usual(began, today, Fault.OUTSIDE)
    return Period(Choice.OWN, first, last, began, today, fault)
