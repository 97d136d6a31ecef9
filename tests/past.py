"""Whether what was recorded survives being changed: a look at the tables before and after something was done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from clinic.models import InjectionSession, InjectionSessionVersion
from diary.models import DiaryDay, DiaryDayVersion, Intake

Key = tuple[str, int, Any]


def standing() -> dict[Key, Any]:
    """All that is recorded now, by the day or the session that says it."""
    taken = defaultdict(list)
    for intake in Intake.objects.select_related("medicine").order_by("medicine_id"):
        taken[intake.day_id].append(intake.taken)
    days: dict[Key, Any] = {
        ("day", day.patient_id, day.date.isoformat()): day.fields_said | {"medicines": taken[day.pk]}
        for day in DiaryDay.objects.all()
    }
    return days | {("session", one.patient_id, one.pk): one.said for one in InjectionSession.objects.all()}


def versions() -> dict[Key, list[Any]]:
    """All that was recorded before, oldest first."""
    found: dict[Key, list[Any]] = defaultdict(list)
    for day in DiaryDayVersion.objects.order_by("pk"):
        found["day", day.patient_id, day.date.isoformat()].append(day.said)
    for one in InjectionSessionVersion.objects.order_by("pk"):
        found["session", one.patient_id, one.session_id].append(one.said)
    return found


@contextmanager
def faults_of_history() -> Iterator[list[str]]:
    """A list that at the end names each day or session whose past was lost, or that has a past without a change."""
    before, earlier = standing(), versions()
    faults: list[str] = []
    yield faults
    after, later = standing(), versions()
    for key in before.keys() | later.keys():
        new = later[key][len(earlier[key]) :]
        if key in before and after.get(key) != before[key] and before[key] not in new:
            faults.append(f"{key} was changed and nothing says what it was")
        if after.get(key) == before.get(key) and len(new) == 1:
            faults.append(f"{key} has an earlier version and did not change")
