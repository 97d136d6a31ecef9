"""What a phone keeps of a diary so that its owner can go on without a network: no more than Today needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.crypto import salted_hmac

from diary import merging
from diary.merging import DOSES, HEADACHE, Value
from diary.models import DeviceOperation, Patient
from diary.models.operations import records
from diary.receiving import StandingDay, standing_day
from diary.rules import Day

DAYS_KEPT = 40
"""The month so far, and the four weeks of which Today lists the missed days."""


def owner_mark(patient: Patient) -> str:
    """Stands for the owner on a phone: it says nothing to anybody else, and is the same on each of their phones."""
    return salted_hmac("diary.phone.owner", str(patient.pseudonym), algorithm="sha256").hexdigest()[:32]


def standing_days(
    days: Iterable[tuple[Day, dict[int, int]]], operations: Iterable[DeviceOperation]
) -> list[StandingDay]:
    """Days as a phone needs them, in order of date: those recorded, and those of which something was taken back."""
    said: dict[date, dict[str, Value]] = {}
    for day, doses in days:
        said[day.date] = {HEADACHE: day.headache.value} | {f"{DOSES}{pk}": n for pk, n in doses.items()}
    by_date: dict[date, list[DeviceOperation]] = defaultdict(list)
    for operation in operations:
        by_date[operation.date].append(operation)
    return [
        standing_day(when, said.get(when, {}), records(by_date[when]))
        for when in sorted(said.keys() | by_date)
    ]


@dataclass(frozen=True, slots=True)
class Conflict:
    """What two phones said differently of one field of a day. `values`: what can be chosen; `stands`: what is counted."""

    date: date
    field: str
    values: list[Value]
    stands: Value

    @property
    def medicine(self) -> int | None:
        """The medicine whose doses they are; `None` where it is the headache."""
        return None if self.field == HEADACHE else int(self.field.removeprefix(DOSES))


def conflicts(operations: Iterable[DeviceOperation]) -> list[Conflict]:
    """What is open for the person to choose, the latest day first."""
    by_day: dict[date, list[DeviceOperation]] = defaultdict(list)
    for operation in operations:
        if operation.stands:
            by_day[operation.date].append(operation)
    found = []
    for when, theirs in sorted(by_day.items(), reverse=True):
        said = records(theirs)
        for field in sorted({one.field for one in theirs if one.is_contested}):
            values = merging.choices(said, field)
            if len(values) > 1:
                found.append(Conflict(when, field, values, merging.value_of(said, field)))
    return found


def day_payload(day: StandingDay) -> list[Any]:
    """`[date, word or null, {medicine: doses}, {field: names seen}]`."""
    doses = {str(medicine): number for medicine, number in day.doses.items()}
    return [day.date.isoformat(), day.word, doses, day.seen]


def first_kept(today: date) -> date:
    """The earliest day that a phone keeps."""
    return today - timedelta(days=DAYS_KEPT - 1)
