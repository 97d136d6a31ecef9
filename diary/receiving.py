"""Takes what a phone sent into the diary: once each, in one transaction with the day that it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from diary import merging, snapshots
from diary.merging import HEADACHE, Merged, Operation, Value, doses_field, medicine_of
from diary.models import DeviceOperation, DiaryDay, Patient
from diary.models.operations import A_MINUTE, MOST_A_MINUTE
from diary.rules import Headache
from diary.snapshots import Change

READ: dict[str, Callable[[Any], Any]] = {
    "pain": int,
    "hours": Decimal,
    "start": time.fromisoformat,
    "end": time.fromisoformat,
}
"""How what a tap took away is read again when that tap is undone."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An operation as a phone sent it. `said_at`: by the phone's clock. `undoes`: the name of the one it takes back."""

    operation: Operation
    date: date
    said_at: datetime
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one, by its name. `why`: why it was refused, in words."""

    name: str
    status: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class StandingDay:
    """One day as a phone needs it: its word, doses by medicine id, and what had been seen of each field."""

    date: date
    word: str | None
    doses: dict[int, int]
    seen: dict[str, list[str]]


class TooMany(Exception):
    """More operations in a minute than a person taps."""


class NameTaken(Exception):
    """Something else arrived under this name before."""


LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
"""Before any diary, and late enough to have a date in every time zone."""


@transaction.atomic
def receive(
    patient: Patient, sent: Sent, now: datetime, clock_off: timedelta, *, by: UUID | None
) -> tuple[str, StandingDay]:
    """What became of the operation, and the day as it stands then.

    `clock_off`: how far the server's clock is ahead of the phone's. Raises `TooMany` or `NameTaken`, and nothing is
    written.
    """
    patient = snapshots.locked(patient)
    when = sent.date
    rows = list(patient.operations.around(when, sent.operation.id, now - A_MINUTE))
    if sum(row.received_at > now - A_MINUTE for row in rows) >= MOST_A_MINUTE:
        raise TooMany
    if any(row.name == sent.operation.id and not _is_same(row, sent) for row in rows):
        raise NameTaken
    known = {row.name: row for row in rows if row.date == when}
    day, taken = snapshots.standing(patient, when)
    recorded = recorded_values(day, taken)
    operations = [row.record for row in known.values()]
    result = merging.merged(operations, sent.operation, recorded, says_more=bool(day and day.says_more))
    said_on = patient.date_at(moment(sent.said_at, clock_off, now))
    undone = known.get(sent.undoes)
    cleared = _write(patient, day, taken, when, result.values, said_on, undone.cleared if undone else {}, by)
    _keep(known, result, lambda one: _new_row(patient, one, sent, cleared, now, clock_off))
    return result.status, standing_day(when, recorded | dict(result.values), result.operations)


@transaction.atomic
def choose(patient: Patient, when: date, field: str, value: Value, *, by: UUID | None) -> Change | None:
    """The person's word on what two phones said differently; `None`, and nothing is written, where nothing is open."""
    patient = snapshots.locked(patient)
    rows = list(patient.operations.of_day(when))
    operations = [row.record for row in rows]
    if value not in (open_values := merging.choices(operations, field)) or len(open_values) < 2:
        return None
    day, taken = snapshots.standing(patient, when)
    if recorded_values(day, taken).get(field, merging.nothing(field)) != merging.value_of(operations, field):
        # A page of the site has said since what is right.
        return None
    before = snapshots.snapshot(day, taken)
    _write(patient, day, taken, when, {field: value}, when, {}, by)
    for row in rows:
        # Without its day nothing of it stands.
        if row.field == field or (field == HEADACHE and value is None):
            row.stands, row.is_contested = row.field == field and row.value == value and row.stands, False
    DeviceOperation.objects.bulk_update(rows, ["stands", "is_contested"])
    return snapshots.changed(when, before, snapshots.snapshot(*snapshots.standing(patient, when)))


def moment(said_at: datetime, clock_off: timedelta, now: datetime) -> datetime:
    """When something was said, by the server's clock; never later than now, nor before any diary."""
    # The sum of two times of which one is nonsense can lie outside of what a datetime holds.
    try:
        return max(min(said_at + clock_off, now), LONG_AGO)
    except OverflowError:
        return now


def recorded_values(day: DiaryDay | None, taken: snapshots.TakenById) -> dict[str, Value]:
    """What the day's row says, by field."""
    said: dict[str, Value] = {doses_field(pk): one["doses"] for pk, one in taken.items()}
    return said if day is None else said | {HEADACHE: day.headache}


def _is_same(row: DeviceOperation, sent: Sent) -> bool:
    said = sent.operation
    return (row.date, row.field, row.value) == (sent.date, said.field, said.value)


def _write(
    patient: Patient,
    day: DiaryDay | None,
    taken: snapshots.TakenById,
    when: date,
    values: Mapping[str, Value],
    said_on: date,
    put_back: Mapping[str, str | int],
    by: UUID | None,
) -> dict[str, str | int]:
    """Makes the day say these values; returns what went along with a changed word."""
    before = snapshots.snapshot(day, taken)
    word = values.get(HEADACHE, day.headache if day else None)
    doses = {medicine_of(name): n for name, n in values.items() if isinstance(n, int)}
    cleared: dict[str, Any] = {}
    if word is None:
        if day is not None:
            day.delete()
        snapshots.kept(patient, snapshots.changed(when, before, snapshots.NOT_RECORDED), taken, by)
        return {}
    if day is None:
        day = DiaryDay.objects.create(
            patient=patient, date=when, headache=Headache(str(word)), recorded_on=max(said_on, when)
        )
    elif day.headache != word:
        back = {name: READ[name](value) for name, value in put_back.items()}
        cleared = snapshots.say(day, Headache(str(word)), back)
    done = snapshots.with_doses(day, before, doses)
    snapshots.kept(patient, done, taken, by)
    return {name: value if isinstance(value, int) else str(value) for name, value in cleared.items()}


def _keep(
    known: Mapping[str, DeviceOperation],
    result: Merged,
    new_row: Callable[[Operation], DeviceOperation],
) -> None:
    """Writes down the new operation, and what no longer stands."""
    changed, new = [], []
    for one in result.operations:
        row = known.get(one.id) or new_row(one)
        stood = row.stands, row.is_contested
        row.stands, row.is_contested = one.stands, one.stands and one.field in result.contested
        if row.pk is None:
            new.append(row)
        elif stood != (row.stands, row.is_contested):
            changed.append(row)
    DeviceOperation.objects.bulk_create(new)
    DeviceOperation.objects.bulk_update(changed, ["stands", "is_contested"])


def _new_row(
    patient: Patient,
    one: Operation,
    sent: Sent,
    cleared: Mapping[str, str | int],
    now: datetime,
    clock_off: timedelta,
) -> DeviceOperation:
    """What was sent, or what merging says of a page beside it: no phone's clock was there."""
    row = DeviceOperation(
        patient=patient,
        name=one.id,
        date=sent.date,
        field=one.field,
        value=one.value,
        seen=sorted(one.seen),
        word=one.word or "",
        received_at=now,
    )
    if one.id == sent.operation.id:
        row.said_at, row.clock_off, row.cleared = sent.said_at, _seconds(clock_off), dict(cleared)
    return row


def _seconds(clock_off: timedelta) -> int:
    return max(-(2**31), min(int(clock_off.total_seconds()), 2**31 - 1))


def standing_day(when: date, values: Mapping[str, Value], operations: Sequence[Operation]) -> StandingDay:
    """A day with the names of what stands, where that was said by phones."""
    word = values.get(HEADACHE)
    doses = {medicine_of(name): n for name, n in values.items() if isinstance(n, int) and n}
    seen = {}
    for name in {one.field for one in operations if one.stands}:
        names = merging.seen_now(operations, name, values.get(name, merging.nothing(name)))
        if not names[0].startswith("="):
            seen[name] = names
    return StandingDay(when, str(word) if word else None, doses, seen)
