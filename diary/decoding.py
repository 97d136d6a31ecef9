"""Reads what a phone sent. Nothing that a person did not mean becomes a day: what is not exactly of this shape is
refused, in words, and the rest of what was sent is not touched by that.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy

from diary.merging import FIELD, HEADACHE, WORDS, Operation, Value
from diary.models import MOST_DOSES
from diary.receiving import Sent

MOST_OPERATIONS = 200
"""In one message. A phone that gathered more sends several."""
MOST_SEEN = 400

UNREADABLE = gettext_lazy("This entry cannot be read. It was not saved; say it again on its day.")

NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")
SEEN = re.compile(r"[0-9a-z=:-]{1,64}")
KEYS = {"name", "date", "field", "value", "seen", "word", "said_at", "undoes"}


class Malformed(Exception):
    """`where`: the place in the message; the words are for whoever writes a client."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


@dataclass(frozen=True, slots=True)
class Refused:
    """One operation that cannot become part of a day, by its name. `why`: in words for the person."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Message:
    """What came in one request. `now`: the phone's clock when it was sent."""

    owner: str
    now: datetime
    operations: list[Sent | Refused]


def message(body: bytes) -> Message:
    """Raises `Malformed` where not even the names of the operations can be read."""
    said = _object(_json(body), "message", {"owner", "now", "operations"})
    operations = said["operations"]
    if not isinstance(operations, list):
        raise Malformed("operations", "not a list")
    if len(operations) > MOST_OPERATIONS:
        raise Malformed("operations", f"more than {MOST_OPERATIONS} in one message")
    owner = _text(said["owner"], "owner", re.compile(r"[0-9a-f]{32}"))
    now = _moment(said["now"], "now")
    return Message(owner, now, [_operation(one, f"operations[{n}]") for n, one in enumerate(operations)])


def _json(body: bytes) -> Any:
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_once_each,
            parse_constant=_no_constant,
            parse_float=_no_float,
        )
    except Malformed:
        raise
    except (ValueError, RecursionError):
        # Not UTF-8, not JSON, a number of five thousand digits, or brackets without end.
        raise Malformed("message", "not JSON in UTF-8") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("message", "the same key twice")
    return found


def _no_constant(word: str) -> None:
    raise Malformed("message", f"{word} is no number")


def _no_float(digits: str) -> None:
    raise Malformed("message", "whole numbers only")


def _object(value: Any, where: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(where, "not an object")
    if value.keys() != keys:
        raise Malformed(where, f"has other keys than {', '.join(sorted(keys))}")
    return value


def _text(value: Any, where: str, shape: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise Malformed(where, "not of the shape that is described")
    return value


def _moment(value: Any, where: str) -> datetime:
    try:
        return datetime.fromisoformat(_text(value, where, MOMENT))
    except ValueError:
        raise Malformed(where, "no such moment") from None


def _day(value: Any, where: str) -> date:
    try:
        return date.fromisoformat(_text(value, where, DAY))
    except ValueError:
        raise Malformed(where, "no such date") from None


def _operation(value: Any, where: str) -> Sent | Refused:
    if not isinstance(value, dict) or "name" not in value:
        raise Malformed(where, "has no name")
    name = _text(value["name"], f"{where}.name", NAME)
    try:
        return _sent(_object(value, where, KEYS), name)
    except Malformed:
        return Refused(name, str(UNREADABLE))


def _sent(said: dict[str, Any], name: str) -> Sent:
    field = _text(said["field"], "field", FIELD)
    value: Value
    if field == HEADACHE:
        value, word = _word(said["value"], or_none=True), None
        if said["word"] is not None:
            raise Malformed("word", "only beside doses")
    else:
        value, word = _doses(said["value"]), _word(said["word"])
    seen = said["seen"]
    if not isinstance(seen, list) or not 1 <= len(seen) <= MOST_SEEN:
        raise Malformed("seen", f"not a list of 1 to {MOST_SEEN}")
    marks = frozenset(_text(mark, "seen", SEEN) for mark in seen)
    undoes = "" if said["undoes"] == "" else _text(said["undoes"], "undoes", NAME)
    when, said_at = _day(said["date"], "date"), _moment(said["said_at"], "said_at")
    return Sent(Operation(name, field, value, marks, word), when, said_at, undoes)


def _word(value: Any, or_none: bool = False) -> str | None:
    if value is None and or_none:
        return None
    if not isinstance(value, str) or value not in WORDS:
        raise Malformed("value", "not a word for a headache")
    return value


def _doses(value: Any) -> int:
    # For Python, true is 1.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_DOSES:
        raise Malformed("value", f"not 0 to {MOST_DOSES} doses")
    return value
