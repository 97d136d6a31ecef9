"""The counted months of many diaries: read as they stand, and counted anew where a day was written since.

The database gives a month a new version with every write (`config.month_versions`). What is counted says the version
that was read *before* the days, so a write meanwhile leaves it outdated and never wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from clinic.models import CountedMonth
from clinic.tallies import NO_DAYS, MonthBits, Tally, packed
from diary.models import DiaryDay
from diary.rules import Day, first_of, month_number

TOGETHER = 3000
"""Months counted at a time: their days fit into memory."""
READ = (
    "pk",
    "patient_id",
    "month",
    "version",
    "counted",
    "recorded",
    "headache",
    "migraine",
    "moderate_severe",
    "medicines",
)
WRITE = (
    "UPDATE clinic_countedmonth SET counted = %s, recorded = %s, headache = %s, migraine = %s, moderate_severe = %s, "
    "medicines = %s WHERE id = "
)
# Who writes a day holds its month's row: whoever counts does not wait for them, and they never for each other.
PLACE = {
    "sqlite": "%s",
    "postgresql": "(SELECT id FROM clinic_countedmonth WHERE id = %s FOR UPDATE SKIP LOCKED)",
}


class Outdated(NamedTuple):
    """A month that is to be counted, and the version that it had."""

    pk: int
    patient: int
    month: int
    version: int


def tallies(rows: QuerySet[CountedMonth], since: int) -> dict[int, Tally]:
    """What these rows say by patient, from the month `since` on: one query, and four more where days were written."""
    origin = first_of(since)
    found: dict[int, Tally] = {}
    outdated = []
    for pk, patient, month, version, counted, *bits in rows.filter(month__gte=since).values_list(*READ):
        if version != counted:
            outdated.append(Outdated(pk, patient, month, version))
            continue
        if patient not in found:
            found[patient] = Tally(origin)
        found[patient].add(month, bits)
    for one, bits in count(outdated):
        found.setdefault(one.patient, Tally(origin)).add(one.month, bits)
    return found


def count(outdated: Sequence[Outdated]) -> Iterator[tuple[Outdated, MonthBits]]:
    """Counts months from their days and keeps what came out."""
    ordered = sorted(outdated, key=lambda one: (one.patient, one.month))
    for start in range(0, len(ordered), TOGETHER):
        part = ordered[start : start + TOGETHER]
        days = _days(part)
        counted = [
            (one, packed(days[key]) if (key := (one.patient, one.month)) in days else NO_DAYS) for one in part
        ]
        _keep(counted)
        yield from counted


def _days(outdated: Sequence[Outdated]) -> dict[tuple[int, int], list[Day]]:
    first = first_of(min(one.month for one in outdated))
    last = first_of(max(one.month for one in outdated) + 1) - timedelta(days=1)
    patients = {one.patient for one in outdated}
    wanted = {(one.patient, one.month) for one in outdated}
    found: dict[tuple[int, int], list[Day]] = defaultdict(list)
    read = DiaryDay.objects.filter(patient__in=patients).between(first, last).records_by_patient()
    for patient, days in read.items():
        for day in days:
            if (place := (patient, month_number(day.date))) in wanted:
                found[place].append(day)
    return found


def _keep(counted: Iterable[tuple[Outdated, MonthBits]]) -> None:
    values = [(one.version, *bits, one.pk) for one, bits in counted]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(WRITE + PLACE[connection.vendor], values)


def count_all() -> int:
    """Counts every month that is outdated, some at a time; how many there were."""
    number = last = 0
    while part := list(
        CountedMonth.objects.changed()
        .filter(pk__gt=last)
        .order_by("pk")
        .values_list("pk", "patient_id", "month", "version")[:TOGETHER]
    ):
        number += len(list(count([Outdated(*row) for row in part])))
        last = part[-1][0]
    return number
