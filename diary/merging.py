"""How what several devices said of one day becomes one day, whatever order it arrives in.

Each field of a day (the headache, the doses of one medicine) is said by operations. An operation names what its
device had seen of the field when the person tapped: that is what it takes the place of. What it had not seen stands
beside it, and where two such values differ the field is contested: what counts more stands in the diary until the
person has chosen, and nothing that was said is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

HEADACHE = "headache"
DOSES = "doses:"
FIELD = re.compile(rf"{HEADACHE}|{DOSES}[1-9][0-9]{{0,17}}")
"""What can be said of a day: its headache, or the doses of a medicine by its number."""
WORDS = (None, "none", "yes", "mild", "moderate", "severe")
"""What can be said of the headache, `None` for "not recorded". What stands later counts more."""
SAVED, KNOWN, OLDER, KEPT = "saved", "known", "older", "kept"
"""It stands; it had arrived before; what had seen it was here before it; it stands beside something else."""

Value = str | int | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One field of one day set to a value by a device.

    `seen`: ids of operations, and `written` values, that the device had seen of this field. `word`, of a dose: what the
    day said of the headache then. `stands`: nothing has taken its place.
    """

    id: str
    field: str
    value: Value
    seen: frozenset[str] = frozenset()
    word: str | None = None
    stands: bool = True


@dataclass(frozen=True, slots=True)
class Merged:
    """The day's operations after a new one, and the fields that it changes, with their new values.

    `contested`: the fields of all operations for which different values stand. `status`: what became of the new one.
    """

    operations: tuple[Operation, ...]
    values: Mapping[str, Value]
    contested: frozenset[str]
    status: str


def doses_field(medicine: int) -> str:
    """The field that holds the doses of one medicine."""
    return f"{DOSES}{medicine}"


def medicine_of(field: str) -> int:
    """The medicine whose doses a field holds; not for the headache."""
    return int(field.removeprefix(DOSES))


def written(value: Value) -> str:
    """The name, among what was seen, of a value that no operation set: a page of the site, or nobody yet."""
    return f"={'' if value in (None, 0) else value}"


def weight(value: Value) -> int:
    """How much a value counts beside others that stand for the same field."""
    return value if isinstance(value, int) else WORDS.index(value)


def nothing(field: str) -> Value:
    """What a field says of a day of which nobody said anything."""
    return None if field == HEADACHE else 0


def standing(operations: Iterable[Operation], field: str) -> list[Operation]:
    """What stands for a field, in no particular order."""
    return [one for one in operations if one.field == field and one.stands]


def value_of(operations: Iterable[Operation], field: str) -> Value:
    """What a field says by its operations alone: of those that stand, what counts most.

    A dose that stands keeps its day recorded, with the word that the day had when it was tapped.
    """
    all_of_them = list(operations)
    value = max((one.value for one in standing(all_of_them, field)), key=weight, default=nothing(field))
    if field == HEADACHE and value is None:
        return max((one.word for one in _doses(all_of_them)), key=weight, default=None)
    return value


def choices(operations: Iterable[Operation], field: str) -> list[Value]:
    """What stands for a field, what counts most first; one value where nothing is contested.

    A dose on a day that was taken away unseen stands for the word that the day had.
    """
    all_of_them = list(operations)
    values = {one.value for one in standing(all_of_them, field)}
    if values == {None}:
        values.add(value_of(all_of_them, field))
    return sorted(values, key=weight, reverse=True)


def is_contested(operations: Iterable[Operation], field: str) -> bool:
    """Whether different values stand for a field."""
    return len(choices(operations, field)) > 1


def _doses(operations: Iterable[Operation]) -> list[Operation]:
    return [one for one in operations if one.field.startswith(DOSES) and one.stands and one.value]


def seen_now(operations: Sequence[Operation], field: str, recorded: Value) -> list[str]:
    """What a device that looks at the day now has seen of a field: it sends this along with what is tapped next."""
    heads = standing(operations, field)
    is_theirs = heads and value_of(operations, field) == recorded
    return sorted(one.id for one in heads) if is_theirs else [written(recorded)]


def merged(
    known: Sequence[Operation], new: Operation, recorded: Mapping[str, Value], says_more: bool = False
) -> Merged:
    """The day after one more operation; the same operations give the same day in any order.

    `recorded`: what the day's row says, by field; what is left out says nothing. `says_more`: the row says more than
    a device knows of, such as a note.
    """
    if any(one.id == new.id for one in known):
        return Merged(tuple(known), {}, _contested(known), KNOWN)
    said_by_devices = value_of(known, HEADACHE)
    known = _without_overwritten_doses(known, recorded)
    operations = _placed(known, new, recorded.get(new.field, nothing(new.field)))
    values = {}
    if new.field == HEADACHE:
        if value_of(operations, HEADACHE) is None and _is_said_by_pages(operations, recorded, says_more):
            # A page of the site said more of the day than the device knew when it took the day away.
            operations.append(Operation(f"{new.id}:page", HEADACHE, recorded[HEADACHE]))
    else:
        word, by_known = recorded.get(HEADACHE), value_of(known, HEADACHE)
        if new.value:
            operations = _beside_a_page(operations, new, word, by_known, said_by_devices)
        if word is None or by_known == word:
            values[HEADACHE] = value_of(operations, HEADACHE)
    values[new.field] = value_of(operations, new.field)
    contested = _contested(operations)
    is_older = not next(one for one in operations if one.id == new.id).stands
    status = OLDER if is_older else KEPT if values.keys() & contested else SAVED
    return Merged(tuple(operations), values, contested, status)


def _beside_a_page(
    operations: list[Operation], dose: Operation, word: Value, by_known: Value, said_by_devices: Value
) -> list[Operation]:
    """With what a page of the site said of the headache, where a dose would otherwise speak over it.

    `word`: what the day's row says; `by_known`: what the devices' operations say without overwritten doses, and
    `said_by_devices` with them.
    """
    if word is not None and by_known != word:
        # The dose would stand for the word of a page of the site: that was said by the page.
        said_by_page = Operation(f"{dose.id}:page", HEADACHE, word)
    elif word is None and said_by_devices is not None:
        # A page of the site deleted the day meanwhile: both stand.
        said_by_page = Operation(f"{dose.id}:gone", HEADACHE, None)
    else:
        return operations
    others = [replace(one, stands=one.stands and one.field != HEADACHE) for one in operations]
    return [*others, said_by_page]


def _contested(operations: Sequence[Operation]) -> frozenset[str]:
    return frozenset(field for field in {one.field for one in operations} if is_contested(operations, field))


def _without_overwritten_doses(known: Sequence[Operation], recorded: Mapping[str, Value]) -> list[Operation]:
    """Doses that a page of the site wrote over, or deleted with their day, no longer keep a day recorded."""
    fields = {one.field for one in known if one.field != HEADACHE}
    overwritten = {field for field in fields if value_of(known, field) != recorded.get(field, 0)}
    return [replace(one, stands=False) if one.field in overwritten else one for one in known]


def _placed(known: Sequence[Operation], new: Operation, row: Value) -> list[Operation]:
    """One more operation beside those of its field. `row`: what the field says before it."""
    field = new.field
    heads = standing(known, field)
    operations = list(known)
    # A device that names an operation too had seen a value before that one, and not again since.
    marks = frozenset() if any(one.id in new.seen for one in known if one.field == field) else new.seen
    if value_of(known, field) != row or (not heads and row == nothing(field)):
        # A page of the site wrote this value, or nobody any: it stands as if it had been an operation.
        operations = [replace(one, stands=False) if one in heads else one for one in known]
        if written(row) not in marks:
            operations.append(Operation(f"{new.id}{written(row)}", field, row))
    is_older = any(new.id in one.seen for one in operations if one.field == field)
    operations = [
        replace(one, stands=False)
        if one.field == field and (one.id in new.seen or (_is_of_a_page(one) and written(one.value) in marks))
        else one
        for one in operations
    ]
    return [*operations, replace(new, stands=not is_older)]


def _is_of_a_page(one: Operation) -> bool:
    return ":" in one.id or "=" in one.id


def _is_said_by_pages(
    operations: Sequence[Operation], recorded: Mapping[str, Value], says_more: bool
) -> bool:
    doses = {field: value for field, value in recorded.items() if value and field != HEADACHE}
    has_doses = any(value_of(operations, field) != value for field, value in doses.items())
    return recorded.get(HEADACHE) is not None and (says_more or has_doses)
