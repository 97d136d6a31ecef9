"""A paper diary beside what is recorded: the months, one month's sheet, and what was copied so far."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext

from clinic.looks import names_of
from clinic.models import Clinic, ImportBatch
from diary.copying import doses_by_day
from diary.models import DiaryDay, Medicine, Patient
from diary.rules import Headache
from diary.words import HEADACHE_LABELS

MONTHS_SHOWN = 24
MEDICINE_COLUMNS = 12
"""Twice those of a printed sheet, which are the first six of them."""
KEYS = "abcdefghijkl"
"""One for each column; P is the period."""
BATCHES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class PaperMonth:
    """A month as far as it has come, and how many of its days are recorded."""

    first: date
    days: int
    recorded: int


def paper_months(patient: Patient, today: date) -> list[PaperMonth]:
    """The latest first; one query."""
    firsts = [today.replace(day=1)]
    while len(firsts) < MONTHS_SHOWN:
        firsts.append((firsts[-1] - timedelta(days=1)).replace(day=1))
    dates = patient.days.between(firsts[-1], today).values_list("date", flat=True)
    recorded = Counter(when.replace(day=1) for when in dates)
    return [PaperMonth(first, len(days_of(first, today)), recorded[first]) for first in firsts]


def days_of(first: date, today: date) -> list[date]:
    """The days of a month that have come."""
    length = monthrange(first.year, first.month)[1]
    return [day for day in (first.replace(day=n) for n in range(1, length + 1)) if day <= today]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One day. `standing`: what is recorded of it, `None` nothing; `taken`: medicines with their doses."""

    date: date
    standing: DiaryDay | None
    taken: list[tuple[Medicine, int]]

    @property
    def words(self) -> list[str]:
        """What is recorded, as far as a sheet has room for it."""
        if self.standing is None:
            return []
        said = [str(HEADACHE_LABELS[Headache(self.standing.headache)])]
        said += [f"{medicine} ×{number}" for medicine, number in self.taken]
        return [*said, gettext("period")] if self.standing.menstruation else said


@dataclass(frozen=True, slots=True)
class Sheet:
    """A month to be filled in. `columns`: the medicines, in the order of the printed sheet, each with its key."""

    first: date
    rows: list[SheetRow]
    columns: list[tuple[str, Medicine]]
    without_column: list[Medicine]
    previous: date
    next: date | None

    @property
    def missing(self) -> int:
        """Days of the month that have come and are not recorded."""
        return sum(row.standing is None for row in self.rows)

    @property
    def by_date(self) -> dict[date, SheetRow]:
        return {row.date: row for row in self.rows}


def paper_sheet(patient: Patient, first: date, today: date) -> Sheet:
    """Three queries, whatever is recorded."""
    dates = days_of(first, today)
    standing = {day.date: day for day in patient.days.on(dates)}
    doses = doses_by_day(standing.values())
    medicines = list(patient.medicines.for_day(today))
    in_use = [medicine for medicine in medicines if medicine.is_in_use]
    names = {medicine.pk: medicine for medicine in medicines}
    following = (first + timedelta(days=31)).replace(day=1)
    return Sheet(
        first,
        [_row(when, standing.get(when), doses, names) for when in dates],
        list(zip(KEYS, in_use[:MEDICINE_COLUMNS], strict=False)),
        in_use[MEDICINE_COLUMNS:],
        (first - timedelta(days=1)).replace(day=1),
        following if following <= today else None,
    )


def _row(
    when: date, day: DiaryDay | None, doses: dict[int, dict[int, int]], names: dict[int, Medicine]
) -> SheetRow:
    taken = doses.get(day.pk, {}) if day else {}
    return SheetRow(when, day, [(names[pk], number) for pk, number in sorted(taken.items())])


@dataclass(frozen=True, slots=True)
class Batch:
    """What was copied in one go, by whom; `by` empty: a name that is not known."""

    batch: ImportBatch
    by: str
    first: date
    last: date
    made_on: date


def copied_so_far(patient: Patient, clinic: Clinic | None) -> list[Batch]:
    """What this clinic copied, or with `None` the patient, the latest first; two queries."""
    batches = list(patient.import_batches.of(clinic)[:BATCHES_SHOWN])
    names = names_of(one.made_by for one in batches)
    return [
        Batch(
            one,
            names.get(one.made_by, ""),
            date.fromisoformat(min(one.dates)),
            date.fromisoformat(max(one.dates)),
            patient.date_at(one.made_at),
        )
        for one in batches
    ]
