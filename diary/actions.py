"""Writes that touch more than one row. Each returns its `Change`, so that it can be undone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict

from django.db import transaction

from diary.models import MOST_DOSES, DiaryDay, Intake, Medicine, Patient
from diary.rules import Headache


class Snapshot(TypedDict):
    """A day as it stands, JSON-able. `fields` `None`: not recorded; `doses` (by medicine id) `None`: not looked at."""

    fields: dict[str, Any] | None
    doses: dict[str, int] | None


class Change(TypedDict):
    """What a write found and what it left. Both alike: it changed nothing."""

    date: str
    before: Snapshot
    after: Snapshot


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
NOT_RECORDED = Snapshot(fields=None, doses={})


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else value


def _fields(day: DiaryDay) -> dict[str, Any]:
    return {name: _plain(getattr(day, name)) for name in KEPT_FIELDS}


def _doses(day: DiaryDay) -> dict[str, int]:
    return {
        str(pk): doses
        for pk, doses in day.intakes.order_by("medicine_id").values_list("medicine_id", "doses")
    }


def _locked(patient: Patient) -> Patient:
    """One write at a time to a person's diary: what is read next stays true until the end of the transaction."""
    Patient.objects.select_for_update().values_list("pk").get(pk=patient.pk)
    return patient


def _day(patient: Patient, when: date) -> DiaryDay | None:
    return patient.days.filter(date=when).first()


def _snapshot(day: DiaryDay | None) -> Snapshot:
    return Snapshot(fields=_fields(day), doses=_doses(day)) if day else NOT_RECORDED


def _change(when: date, before: Snapshot, after: Snapshot) -> Change:
    return Change(date=when.isoformat(), before=before, after=after)


def seen(patient: Patient, when: date) -> str:
    """A mark of how a day stands, by which a form knows whether it changed meanwhile."""
    return _mark(_snapshot(_day(patient, when)))


def _mark(snapshot: Snapshot) -> str:
    return hashlib.sha256(json.dumps(snapshot, sort_keys=True).encode()).hexdigest()[:16]


@transaction.atomic
def record_headache(patient: Patient, when: date, word: Headache, today: date) -> Change:
    """Says of a day what it was. What was said besides stays, except a pain or hours that no longer fit."""
    day = _day(_locked(patient), when)
    if day is None:
        day = DiaryDay.objects.create(patient=patient, date=when, headache=word, recorded_on=today)
        return _change(when, NOT_RECORDED, Snapshot(fields=_fields(day), doses={}))
    before = Snapshot(fields=_fields(day), doses=None)
    if day.headache == word:
        return _change(when, before, before)
    day.headache = word
    if word is Headache.NONE:
        day.pain = day.hours = None
    elif day.pain == 0:
        day.pain = None
    day.save()
    return _change(when, before, Snapshot(fields=_fields(day), doses=None))


@transaction.atomic
def record_headache_free(patient: Patient, days: Iterable[date], today: date) -> list[Change]:
    """Saves several days as headache-free together. A day that was recorded meanwhile is left as it is."""
    wanted = list(days)
    standing = set(_locked(patient).days.filter(date__in=wanted).values_list("date", flat=True))
    added = DiaryDay.objects.bulk_create(
        DiaryDay(patient=patient, date=when, headache=Headache.NONE, recorded_on=today)
        for when in wanted
        if when not in standing
    )
    return [_change(day.date, NOT_RECORDED, Snapshot(fields=_fields(day), doses={})) for day in added]


@transaction.atomic
def change_doses(patient: Patient, when: date, medicine: Medicine, change: int) -> Change | None:
    """Adds doses of a medicine to a recorded day or takes them back; `None` when the day is not recorded."""
    day = _day(_locked(patient), when)
    if day is None:
        return None
    before = _snapshot(day)
    doses = (before["doses"] or {}).get(str(medicine.pk), 0)
    return _with_doses(day, before, {medicine.pk: max(0, min(doses + change, MOST_DOSES))})


def _with_doses(day: DiaryDay, before: Snapshot, doses: Mapping[int, int]) -> Change:
    """Sets doses by medicine id, 0 for none. Other medicines stay as they are."""
    standing = before["doses"] or {}
    wanted = {pk: number for pk, number in doses.items() if number != standing.get(str(pk), 0)}
    _set_doses(day, wanted)
    after = standing | {str(pk): number for pk, number in wanted.items()}
    kept = {pk: number for pk, number in sorted(after.items(), key=lambda item: int(item[0])) if number}
    return _change(day.date, before, Snapshot(fields=_fields(day), doses=kept))


def _set_doses(day: DiaryDay, doses: Mapping[int, int]) -> None:
    if taken := {pk: number for pk, number in doses.items() if number}:
        Intake.objects.bulk_create(
            [Intake(day=day, medicine_id=pk, doses=number) for pk, number in taken.items()],
            update_conflicts=True,
            unique_fields=["day", "medicine"],
            update_fields=["doses"],
        )
    if none_taken := [pk for pk, number in doses.items() if not number]:
        day.intakes.filter(medicine_id__in=none_taken).delete()


@transaction.atomic
def save_day(
    patient: Patient,
    when: date,
    fields: Mapping[str, Any],
    doses: Mapping[int, int],
    today: date,
    was_seen: str = "",
) -> Change | None:
    """Saves all that a day's form says. Doses of medicines that are not in `doses` stay.

    `None`, and nothing is written, when the day no longer stands as `was_seen` says (empty: not asked).
    """
    day = _day(_locked(patient), when)
    before = _snapshot(day)
    if was_seen and was_seen != _mark(before):
        return None
    if day is None:
        day = DiaryDay.objects.create(patient=patient, date=when, recorded_on=today, **fields)
    else:
        for name, value in fields.items():
            setattr(day, name, value)
        day.save()
    return _with_doses(day, before, doses)


@transaction.atomic
def delete_day(patient: Patient, when: date) -> Change:
    """Makes a day 'not recorded' again."""
    day = _day(_locked(patient), when)
    before = _snapshot(day)
    if day is not None:
        day.delete()
    return _change(when, before, NOT_RECORDED)


@transaction.atomic
def put_back(patient: Patient, changes: Sequence[Change]) -> bool:
    """Undoes writes. False, and nothing is written, when one of the days was changed since."""
    found = [(change, _day(_locked(patient), date.fromisoformat(change["date"]))) for change in changes]
    if not all(_still_stands(change["after"], day) for change, day in found):
        return False
    for change, day in found:
        _restore(patient, change, day)
    return True


def _still_stands(after: Snapshot, day: DiaryDay | None) -> bool:
    now = _snapshot(day)
    return now["fields"] == after["fields"] and after["doses"] in (None, now["doses"])


def _restore(patient: Patient, change: Change, day: DiaryDay | None) -> None:
    before = change["before"]
    if before["fields"] is None:
        if day is not None:
            day.delete()
        return
    when = date.fromisoformat(change["date"])
    restored, _ = DiaryDay.objects.update_or_create(patient=patient, date=when, defaults=before["fields"])
    if before["doses"] is not None:
        own = patient.medicines.in_bulk([int(pk) for pk in before["doses"]])
        restored.intakes.exclude(medicine_id__in=own).delete()
        _set_doses(restored, {pk: before["doses"][str(pk)] for pk in own})
