"""Writes that touch more than one row. Each returns what stood there before, so that it can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from diary.models import DiaryDay, Intake, Medicine, Patient
from diary.rules import Headache

Before = dict[str, Any]
"""A day as it was, JSON-able: `date`, `fields` (`None`: not recorded) and `doses` by medicine id."""

KEPT_FIELDS = (
    "headache",
    "pain",
    "hours",
    "migraine",
    "features",
    "relief",
    "disability",
    "menstruation",
    "note",
    "source",
    "recorded_on",
)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date | Decimal) else value


def _before(patient: Patient, when: date) -> tuple[DiaryDay | None, Before]:
    day = patient.days.filter(date=when).first()
    if day is None:
        return None, {"date": when.isoformat(), "fields": None, "doses": {}}
    fields = {name: _plain(getattr(day, name)) for name in KEPT_FIELDS}
    doses = {str(medicine): doses for medicine, doses in day.intakes.values_list("medicine_id", "doses")}
    return day, {"date": when.isoformat(), "fields": fields, "doses": doses}


def _added(day: DiaryDay, fields: Iterable[str]) -> DiaryDay:
    """Adds a day. Where a second tap added it meanwhile, the fields are set on that one instead."""
    (added,) = DiaryDay.objects.bulk_create(
        [day],
        update_conflicts=True,
        unique_fields=["patient", "date"],
        update_fields=[*fields, "updated_at"],
    )
    return added


@transaction.atomic
def record_headache(patient: Patient, when: date, word: Headache, today: date) -> Before | None:
    """Says of a day what it was; `None` when that was said already, as by a second tap.

    What was said besides stays, except a pain or hours that no longer fit.
    """
    day, before = _before(patient, when)
    if day is None:
        _added(DiaryDay(patient=patient, date=when, headache=word, recorded_on=today), ["headache"])
        return before
    if day.headache == word:
        return None
    day.headache = word
    if word is Headache.NONE:
        day.pain = day.hours = None
    elif day.pain == 0:
        day.pain = None
    day.save()
    return before


@transaction.atomic
def record_headache_free(patient: Patient, days: Iterable[date], today: date) -> list[Before]:
    """Saves several days as headache-free together. A day that was recorded meanwhile is left as it is."""
    found = [before for when in days for day, before in [_before(patient, when)] if day is None]
    DiaryDay.objects.bulk_create(
        [
            DiaryDay(
                patient=patient,
                date=date.fromisoformat(before["date"]),
                headache=Headache.NONE,
                recorded_on=today,
            )
            for before in found
        ],
        ignore_conflicts=True,
    )
    return found


@transaction.atomic
def change_doses(patient: Patient, when: date, medicine: Medicine, change: int) -> Before | None:
    """Adds doses of a medicine to a recorded day or takes them back; `None` when the day is not recorded."""
    day, before = _before(patient, when)
    if day is None:
        return None
    doses = before["doses"].get(str(medicine.pk), 0) + change
    _set_doses(day, {medicine.pk: min(doses, 99)})
    return before


def _set_doses(day: DiaryDay, doses: Mapping[int, int]) -> None:
    """Doses by medicine id, 0 or less for none. Other medicines stay as they are."""
    Intake.objects.bulk_create(
        [Intake(day=day, medicine_id=pk, doses=number) for pk, number in doses.items() if number > 0],
        update_conflicts=True,
        unique_fields=["day", "medicine"],
        update_fields=["doses"],
    )
    if none_taken := [pk for pk, number in doses.items() if number <= 0]:
        day.intakes.filter(medicine_id__in=none_taken).delete()


@transaction.atomic
def save_day(
    patient: Patient, when: date, fields: Mapping[str, Any], doses: Mapping[int, int], today: date
) -> Before:
    """Saves all that a day's form says. Doses of medicines that are not in `doses` stay."""
    day, before = _before(patient, when)
    if day is None:
        day = _added(DiaryDay(patient=patient, date=when, recorded_on=today, **fields), fields)
    else:
        for name, value in fields.items():
            setattr(day, name, value)
        day.save()
    _set_doses(day, {pk: number for pk, number in doses.items() if number != before["doses"].get(str(pk), 0)})
    return before


@transaction.atomic
def delete_day(patient: Patient, when: date) -> Before:
    """Makes a day 'not recorded' again."""
    day, before = _before(patient, when)
    if day is not None:
        day.delete()
    return before


@transaction.atomic
def put_back(patient: Patient, befores: Iterable[Before]) -> list[date]:
    """Undoes a write: the days are again as they were before it. Returns their dates."""
    dates = []
    for before in befores:
        when = date.fromisoformat(before["date"])
        dates.append(when)
        if before["fields"] is None:
            patient.days.filter(date=when).delete()
            continue
        day, _ = DiaryDay.objects.update_or_create(patient=patient, date=when, defaults=before["fields"])
        day.intakes.exclude(medicine_id__in=before["doses"]).delete()
        own = patient.medicines.in_bulk([int(pk) for pk in before["doses"]])
        _set_doses(day, {pk: before["doses"][str(pk)] for pk in own})
    return dates
