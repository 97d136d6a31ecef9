"""The JSON of other programs, looked at with care: what is not there or not of its kind is said with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from diary.imports.diary_csv import BadValue, Report, checked_text, shown

Object = dict[str, Any]


def opened(text: str, report: Report) -> Any:
    """What the text holds; `None` where it is no JSON, which the report says."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        why = f"line {error.lineno}: it is broken off or damaged there ({error.msg}); export it once more"
    except (ValueError, RecursionError):
        why = "it holds what no diary writes; export it once more"
    report.unreadable("the file", why)
    return None


def _no_constant(word: str) -> None:
    raise ValueError(word)


def objects(value: Object, key: str) -> Iterator[tuple[str, Object]]:
    """The objects of a list with their places, such as `episodes[3]`; empty where it is not there."""
    found = value.get(key)
    for number, one in enumerate(found if isinstance(found, list) else []):
        if isinstance(one, dict):
            yield f"{key}[{number}]", one


def text(value: Object, key: str, most: int = 100_000) -> str:
    """Empty where it is not there. Raises `BadValue`."""
    found = value.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise BadValue(key, f"{shown(str(found))} is not a text")
    # What looks like the escaping of a spreadsheet is what somebody wrote.
    return checked_text(key, "'" + found if found.startswith("'") else found, most).strip()


def name(value: Object, key: str) -> str | None:
    """What something is called by in its file; `None` where that is no text."""
    found = value.get(key)
    return found if isinstance(found, str) else None


def words(value: Object, key: str) -> list[str]:
    """The texts of a list; empty where it is not there."""
    found = value.get(key)
    return (
        [one.strip() for one in found if isinstance(one, str) and one.strip()]
        if isinstance(found, list)
        else []
    )


def number(value: Object, key: str, least: float, most: float) -> float | None:
    """`None` where it is not there. Raises `BadValue`."""
    found = value.get(key)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not least <= found <= most:
        raise BadValue(key, f"{shown(str(found))} is not a number from {least:g} to {most:g}")
    return found


def moment(value: Object, key: str, zone: tzinfo, *, per_second: int = 1) -> datetime | None:
    """By the clock of the zone, from a number since 1970; `None` where it is not there. Raises `BadValue`."""
    try:
        found = number(value, key, 0, 5e9 * per_second)
    except BadValue:
        raise BadValue(key, f"{shown(str(value[key]))} is not a moment, as a number since 1970") from None
    if found is None:
        return None
    return datetime.fromtimestamp(found / per_second, UTC).astimezone(zone).replace(tzinfo=None)


def day(value: Object, key: str) -> date:
    """Raises `BadValue`."""
    found = value.get(key)
    try:
        if isinstance(found, str) and len(found) == 10:
            return date.fromisoformat(found)
    except ValueError:
        pass
    raise BadValue(key, f"{shown(str(found))} is not a day as YYYY-MM-DD")
