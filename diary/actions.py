"""Writes that touch more than one row. Each returns its `Change`, so that it can be undone.

Whatever takes the place of what was recorded leaves an earlier version behind; `by` is the pseudonym of the user
who does it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from django.db import transaction

from diary.models import MOST_DOSES, DiaryDay, Intake, Medicine, Patient, Taken, earlier_version
from diary.rules import Headache, Relief


class Snapshot(TypedDict):
    """A day as it stands, JSON-able. `fields` `None`: not recorded; `doses` (by medicine id) `None`: not looked at."""

    fields: dict[str, Any] | None
    doses: dict[str, int] | None


class Change(TypedDict):
    """What a write found and what it left. Both alike: it changed nothing."""

    date: str
    before: Snapshot
    after: Snapshot


NOT_RECORDED = Snapshot(fields=None, doses={})


TakenById = dict[int, Taken]


def _locked(patient: Patient) -> Patient:
    """One write at a time to a person's diary: what is read next stays true until the end of the transaction."""
    Patient.objects.select_for_update().values_list("pk").get(pk=patient.pk)
    return patient


def _standing(patient: Patient, when: date) -> tuple[DiaryDay | None, TakenById]:
    """The day as it is recorded, and what was taken on it."""
    intakes = Intake.objects.filter(day__patient=patient, day__date=when).select_related("day", "medicine")
    found = list(intakes.order_by("medicine_id"))
    # The intakes bring their day along; a day without any is looked for by itself.
    day = found[0].day if found else patient.days.filter(date=when).first()
    return day, {intake.medicine_id: intake.taken for intake in found}


def _snapshot(day: DiaryDay | None, taken: TakenById) -> Snapshot:
    if day is None:
        return NOT_RECORDED
    return Snapshot(fields=day.fields_said, doses={str(pk): one["doses"] for pk, one in taken.items()})


def _kept(patient: Patient, change: Change, taken: TakenById, by: UUID | None) -> Change:
    """The change, once what it replaced is written down: nothing is, where nothing was or nothing changed."""
    before, after = change["before"], change["after"]
    if before["fields"] is not None and before != after:
        earlier_version(
            patient,
            date.fromisoformat(change["date"]),
            before["fields"],
            taken.values(),
            by=by,
            is_deletion=after["fields"] is None,
        ).save()
    return change


def _change(when: date, before: Snapshot, after: Snapshot) -> Change:
    return Change(date=when.isoformat(), before=before, after=after)


def seen(patient: Patient, when: date) -> str:
    """A mark of how a day stands, by which a form knows whether it changed meanwhile."""
    return _mark(_snapshot(*_standing(patient, when)))


def mark_of(day: DiaryDay | None, doses: Mapping[int, int]) -> str:
    """The same of a day that was just read, with its doses by medicine id."""
    if day is None:
        return _mark(NOT_RECORDED)
    taken = {str(pk): number for pk, number in doses.items() if number}
    return _mark(Snapshot(fields=day.fields_said, doses=taken))


def _mark(snapshot: Snapshot) -> str:
    return hashlib.sha256(json.dumps(snapshot, sort_keys=True).encode()).hexdigest()[:16]


@transaction.atomic
def record_headache(patient: Patient, when: date, word: Headache, today: date, *, by: UUID | None) -> Change:
    """Says of a day what it was. What was said besides stays, except a pain, hours or times that no longer fit."""
    day, taken = _standing(_locked(patient), when)
    if day is None:
        day = DiaryDay.objects.create(patient=patient, date=when, headache=word, recorded_on=today)
        return _change(when, NOT_RECORDED, Snapshot(fields=day.fields_said, doses={}))
    before = Snapshot(fields=day.fields_said, doses=None)
    if day.headache == word:
        return _change(when, before, before)
    day.headache = word
    if word is Headache.NONE:
        day.pain = day.hours = day.start = day.end = None
    elif day.pain == 0:
        day.pain = None
    day.save()
    change = _change(when, before, Snapshot(fields=day.fields_said, doses=None))
    return _kept(patient, change, taken, by)


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
    return [_change(day.date, NOT_RECORDED, Snapshot(fields=day.fields_said, doses={})) for day in added]


@transaction.atomic
def change_doses(
    patient: Patient, when: date, medicine: Medicine, change: int, *, by: UUID | None
) -> Change | None:
    """Adds doses of a medicine to a recorded day or takes them back; `None` when the day is not recorded."""
    day, taken = _standing(_locked(patient), when)
    if day is None:
        return None
    before = _snapshot(day, taken)
    doses = (before["doses"] or {}).get(str(medicine.pk), 0)
    done = _with_doses(day, before, {medicine.pk: max(0, min(doses + change, MOST_DOSES))})
    return _kept(patient, done, taken, by)


def _with_doses(day: DiaryDay, before: Snapshot, doses: Mapping[int, int]) -> Change:
    """Sets doses by medicine id, 0 for none. Other medicines stay as they are."""
    standing = before["doses"] or {}
    wanted = {pk: number for pk, number in doses.items() if number != standing.get(str(pk), 0)}
    _set_doses(day, wanted)
    after = standing | {str(pk): number for pk, number in wanted.items()}
    kept = {pk: number for pk, number in sorted(after.items(), key=lambda item: int(item[0])) if number}
    return _change(day.date, before, Snapshot(fields=day.fields_said, doses=kept))


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
    *,
    by: UUID | None,
) -> Change | None:
    """Saves all that a day's form says. Doses of medicines that are not in `doses` stay.

    `None`, and nothing is written, when the day no longer stands as `was_seen` says (empty: not asked).
    """
    day, taken = _standing(_locked(patient), when)
    before = _snapshot(day, taken)
    if was_seen and was_seen != _mark(before):
        return None
    if day is None:
        day = DiaryDay.objects.create(patient=patient, date=when, recorded_on=today, **fields)
    else:
        for name, value in fields.items():
            setattr(day, name, value)
        day.save()
    return _kept(patient, _with_doses(day, before, doses), taken, by)


@transaction.atomic
def say_relief(patient: Patient, when: date, word: Relief, *, by: UUID | None) -> Change | None:
    """Says how far the medicine helped; `None` when the day is not recorded."""
    day, taken = _standing(_locked(patient), when)
    if day is None:
        return None
    before = Snapshot(fields=day.fields_said, doses=None)
    day.relief = word
    day.save(update_fields=["relief", "updated_at"])
    return _kept(patient, _change(when, before, Snapshot(fields=day.fields_said, doses=None)), taken, by)


@transaction.atomic
def delete_day(patient: Patient, when: date, *, by: UUID | None) -> Change:
    """Makes a day 'not recorded' again."""
    day, taken = _standing(_locked(patient), when)
    before = _snapshot(day, taken)
    if day is not None:
        day.delete()
    return _kept(patient, _change(when, before, NOT_RECORDED), taken, by)


@transaction.atomic
def put_back(patient: Patient, changes: Sequence[Change], *, by: UUID | None) -> bool:
    """Undoes writes. False, and nothing is written, when one of the days was changed since.

    What is undone is kept as an earlier version too: Undo is one more change, and says nothing to have been unsaid.
    """
    _locked(patient)
    found = [(change, *_standing(patient, date.fromisoformat(change["date"]))) for change in changes]
    if not all(_still_stands(change["after"], _snapshot(day, taken)) for change, day, taken in found):
        return False
    for change, day, taken in found:
        undone = _change(date.fromisoformat(change["date"]), _snapshot(day, taken), change["before"])
        _kept(patient, undone, taken, by)
        _restore(patient, change, day)
    return True


def _still_stands(after: Snapshot, now: Snapshot) -> bool:
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
