"""Writes that touch more than one row. Each returns its `Change`, so that it can be undone.

Whatever takes the place of what was recorded leaves an earlier version behind; `by` is the pseudonym of the user
who does it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from diary.models import MOST_DOSES, DiaryDay, Medicine, Patient
from diary.rules import Headache, Relief
from diary.snapshots import (
    NOT_RECORDED,
    Change,
    Snapshot,
    changed,
    kept,
    locked,
    say,
    set_doses,
    snapshot,
    standing,
    with_doses,
)


def seen(patient: Patient, when: date) -> str:
    """A mark of how a day stands, by which a form knows whether it changed meanwhile."""
    return _mark(snapshot(*standing(patient, when)))


def mark_of(day: DiaryDay | None, doses: Mapping[int, int]) -> str:
    """The same of a day that was just read, with its doses by medicine id."""
    if day is None:
        return _mark(NOT_RECORDED)
    taken = {str(pk): number for pk, number in doses.items() if number}
    return _mark(Snapshot(fields=day.fields_said, doses=taken))


def _mark(snapshot: Snapshot) -> str:
    return hashlib.sha256(json.dumps(snapshot, sort_keys=True).encode()).hexdigest()[:16]


@transaction.atomic
def record_headache(
    patient: Patient,
    when: date,
    word: Headache,
    today: date,
    *,
    by: UUID | None,
    source: str = DiaryDay.Source.OWN,
) -> Change:
    """Says of a day what it was. What was said besides stays, except a pain, hours or times that no longer fit.

    `source` is who says it of a day that is not recorded yet.
    """
    day, taken = standing(locked(patient), when)
    if day is None:
        day = DiaryDay.objects.create(
            patient=patient, date=when, headache=word, recorded_on=today, source=source
        )
        return changed(when, NOT_RECORDED, Snapshot(fields=day.fields_said, doses={}))
    before = Snapshot(fields=day.fields_said, doses=None)
    if day.headache == word:
        return changed(when, before, before)
    say(day, word)
    change = changed(when, before, Snapshot(fields=day.fields_said, doses=None))
    return kept(patient, change, taken, by)


@transaction.atomic
def record_headache_free(patient: Patient, days: Iterable[date], today: date) -> list[Change]:
    """Saves several days as headache-free together. A day that was recorded meanwhile is left as it is."""
    wanted = list(days)
    there = set(locked(patient).days.filter(date__in=wanted).values_list("date", flat=True))
    added = DiaryDay.objects.bulk_create(
        DiaryDay(patient=patient, date=when, headache=Headache.NONE, recorded_on=today)
        for when in wanted
        if when not in there
    )
    return [changed(day.date, NOT_RECORDED, Snapshot(fields=day.fields_said, doses={})) for day in added]


@transaction.atomic
def change_doses(
    patient: Patient, when: date, medicine: Medicine, change: int, *, by: UUID | None
) -> Change | None:
    """Adds doses of a medicine to a recorded day or takes them back; `None` when the day is not recorded."""
    day, taken = standing(locked(patient), when)
    if day is None:
        return None
    before = snapshot(day, taken)
    doses = (before["doses"] or {}).get(str(medicine.pk), 0)
    done = with_doses(day, before, {medicine.pk: max(0, min(doses + change, MOST_DOSES))})
    return kept(patient, done, taken, by)


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
    day, taken = standing(locked(patient), when)
    before = snapshot(day, taken)
    if was_seen and was_seen != _mark(before):
        return None
    if day is None:
        day = DiaryDay.objects.create(patient=patient, date=when, recorded_on=today, **fields)
    else:
        for name, value in fields.items():
            setattr(day, name, value)
        day.save()
    return kept(patient, with_doses(day, before, doses), taken, by)


@transaction.atomic
def say_relief(patient: Patient, when: date, word: Relief, *, by: UUID | None) -> Change | None:
    """Says how far the medicine helped; `None` when the day is not recorded."""
    day, taken = standing(locked(patient), when)
    if day is None:
        return None
    before = Snapshot(fields=day.fields_said, doses=None)
    day.relief = word
    day.save(update_fields=["relief", "updated_at"])
    return kept(patient, changed(when, before, Snapshot(fields=day.fields_said, doses=None)), taken, by)


@transaction.atomic
def delete_day(patient: Patient, when: date, *, by: UUID | None) -> Change:
    """Makes a day 'not recorded' again."""
    day, taken = standing(locked(patient), when)
    before = snapshot(day, taken)
    if day is not None:
        day.delete()
    return kept(patient, changed(when, before, NOT_RECORDED), taken, by)


@transaction.atomic
def put_back(patient: Patient, changes: Sequence[Change], *, by: UUID | None) -> bool:
    """Undoes writes. False, and nothing is written, when one of the days was changed since.

    What is undone is kept as an earlier version too: Undo is one more change, and says nothing to have been unsaid.
    """
    locked(patient)
    found = [(change, *standing(patient, date.fromisoformat(change["date"]))) for change in changes]
    if not all(_still_stands(change["after"], snapshot(day, taken)) for change, day, taken in found):
        return False
    for change, day, taken in found:
        undone = changed(date.fromisoformat(change["date"]), snapshot(day, taken), change["before"])
        kept(patient, undone, taken, by)
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
        set_doses(restored, {pk: before["doses"][str(pk)] for pk in own})
