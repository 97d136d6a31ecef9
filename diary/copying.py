"""Days that somebody else writes into a diary: those of a paper diary, and taking a whole batch of them back.

What is recorded already stands, whatever a sheet of paper or a file says of that day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from diary.imports import storage
from diary.models import DiaryDay, Intake, Patient
from diary.rules import Headache
from diary.snapshots import locked


@dataclass(frozen=True, slots=True)
class PaperDay:
    """One row of a paper diary. `doses` by medicine id, above 0. A period that is not ticked is not said."""

    date: date
    headache: Headache
    doses: Mapping[int, int]
    period: bool = False

    def agrees(self, day: DiaryDay, doses: Mapping[int, int]) -> bool:
        """Whether a recorded day says the same. A headache without a severity fits any severity."""
        word = Headache(day.headache)
        is_unsure = Headache.YES in (word, self.headache) and Headache.NONE not in (word, self.headache)
        fits = word == self.headache or is_unsure
        return fits and dict(doses) == dict(self.doses) and (bool(day.menstruation) or not self.period)


@dataclass(slots=True)
class Copied:
    """What became of the rows: new days, those that were recorded and say the same, and those that differ."""

    added: list[date] = field(default_factory=list)
    equal: list[date] = field(default_factory=list)
    differing: list[PaperDay] = field(default_factory=list)


@transaction.atomic
def copy_paper(patient: Patient, rows: Sequence[PaperDay]) -> Copied:
    """Adds the days that are not recorded. When they were written down on paper is not known."""
    dates = [row.date for row in rows]
    standing = {day.date: day for day in locked(patient).days.on(dates)}
    doses = doses_by_day(standing.values())
    copied = Copied()
    new: list[tuple[PaperDay, DiaryDay]] = []
    for row in rows:
        day = standing.get(row.date)
        if day is None:
            new.append((row, _day(patient, row)))
            copied.added.append(row.date)
        elif row.agrees(day, doses.get(day.pk, {})):
            copied.equal.append(row.date)
        else:
            copied.differing.append(row)
    DiaryDay.objects.bulk_create([day for _row, day in new])
    Intake.objects.bulk_create(
        [
            # When they were taken is not on the paper.
            Intake(day=day, medicine_id=medicine, doses=number, created_at=None)
            for row, day in new
            for medicine, number in row.doses.items()
        ]
    )
    return copied


def _day(patient: Patient, row: PaperDay) -> DiaryDay:
    return DiaryDay(
        patient=patient,
        date=row.date,
        headache=row.headache,
        menstruation=row.period or None,
        source=DiaryDay.Source.PAPER,
    )


def doses_by_day(days: Collection[DiaryDay]) -> dict[int, dict[int, int]]:
    """What was taken on each of these days, by medicine id; one query."""
    found: dict[int, dict[int, int]] = {}
    taken = Intake.objects.filter(day__in=[day.pk for day in days])
    for day, medicine, number in taken.values_list("day_id", "medicine_id", "doses"):
        found.setdefault(day, {})[medicine] = number
    return found


@transaction.atomic
def take_back(patient: Patient, dates: Sequence[date], since: datetime, *, by: UUID | None) -> list[date]:
    """Makes those days 'not recorded' again that nobody changed since; returns them. What they said is kept.

    `since`: when they were added. A day that was changed, or deleted and recorded anew, has an earlier version from
    after that, and stays.
    """
    locked(patient)
    touched = set(patient.day_versions.replaced_since(since).values_list("date", flat=True))
    days = [day for day in patient.days.on(dates).order_by("date") if day.date not in touched]
    storage.keep_days(patient, days, by, is_deletion=True)
    patient.days.on([day.date for day in days]).delete()
    return [day.date for day in days]
