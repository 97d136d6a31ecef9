"""How a day stands, and what a write makes of it: the steps that every write of a day is made of.

Each is called inside the write's own transaction, after `locked`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from diary.models import DiaryDay, Intake, Patient, Taken, earlier_version
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


NOT_RECORDED = Snapshot(fields=None, doses={})


TakenById = dict[int, Taken]


def locked(patient: Patient) -> Patient:
    """One write at a time to a person's diary: what is read next stays true until the end of the transaction."""
    Patient.objects.select_for_update().values_list("pk").get(pk=patient.pk)
    return patient


def standing(patient: Patient, when: date) -> tuple[DiaryDay | None, TakenById]:
    """The day as it is recorded, and what was taken on it."""
    intakes = Intake.objects.filter(day__patient=patient, day__date=when).select_related("day", "medicine")
    found = list(intakes.order_by("medicine_id"))
    # The intakes bring their day along; a day without any is looked for by itself.
    day = found[0].day if found else patient.days.filter(date=when).first()
    return day, {intake.medicine_id: intake.taken for intake in found}


def snapshot(day: DiaryDay | None, taken: TakenById) -> Snapshot:
    if day is None:
        return NOT_RECORDED
    return Snapshot(fields=day.fields_said, doses={str(pk): one["doses"] for pk, one in taken.items()})


def kept(patient: Patient, change: Change, taken: TakenById, by: UUID | None) -> Change:
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


def changed(when: date, before: Snapshot, after: Snapshot) -> Change:
    return Change(date=when.isoformat(), before=before, after=after)


def say(day: DiaryDay, word: Headache, put_back: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Changes the word of a day. What no longer fits goes, and is returned; `put_back`: what went so before."""
    stood = {name: getattr(day, name) for name in ("pain", "hours", "start", "end")}
    day.headache = word
    for name, value in (put_back or {}).items():
        if getattr(day, name) is None:
            setattr(day, name, value)
    if word is Headache.NONE:
        day.pain = day.hours = day.start = day.end = None
    elif day.pain == 0:
        day.pain = None
    day.save()
    return {name: value for name, value in stood.items() if value is not None and getattr(day, name) is None}


def with_doses(day: DiaryDay, before: Snapshot, doses: Mapping[int, int]) -> Change:
    """Sets doses by medicine id, 0 for none. Other medicines stay as they are."""
    stood = before["doses"] or {}
    wanted = {pk: number for pk, number in doses.items() if number != stood.get(str(pk), 0)}
    set_doses(day, wanted)
    after = stood | {str(pk): number for pk, number in wanted.items()}
    left = {pk: number for pk, number in sorted(after.items(), key=lambda item: int(item[0])) if number}
    return changed(day.date, before, Snapshot(fields=day.fields_said, doses=left))


def set_doses(day: DiaryDay, doses: Mapping[int, int]) -> None:
    if taken := {pk: number for pk, number in doses.items() if number}:
        Intake.objects.bulk_create(
            [Intake(day=day, medicine_id=pk, doses=number) for pk, number in taken.items()],
            update_conflicts=True,
            unique_fields=["day", "medicine"],
            update_fields=["doses"],
        )
    if none_taken := [pk for pk, number in doses.items() if not number]:
        day.intakes.filter(medicine_id__in=none_taken).delete()
