"""Reads the diary as JSON that this program writes: the rows of the diary CSV with numbers, lists and `null`.

The shape is in docs/diary.schema.json. A later version of it is refused rather than half understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diary.imports import json_text as said
from diary.imports.attacks import Told
from diary.imports.diary_csv import (
    COLUMNS,
    BadValue,
    Dose,
    Report,
    Row,
    escaped,
    medicine_text,
    report_all,
    row_of,
    shown,
)
from diary.rules import MedicationClass

FORMAT = "headache-diary"
VERSION = 1
FREE_TEXT = ("note", "triggers")


def recognises(text: str) -> bool:
    """By its first member."""
    start = "".join(text[:200].split())
    return start.lstrip("\ufeff").startswith(f'{{"format":"{FORMAT}"')


def rows(text: str, report: Report, told: Told) -> list[Row]:
    """One row a recorded day."""
    whole = said.opened(text, report)
    if whole is None:
        return []
    if whole.get("version") != VERSION or not isinstance(whole.get("days"), list):
        report.unreadable(
            "the file",
            f"it is of version {shown(str(whole.get('version')))}; this diary reads version {VERSION}",
        )
        return []
    found = []
    for place, day in said.objects(whole, "days"):
        texts: dict[str, str] = {}
        try:
            texts |= _texts(day, told)
            found.append(row_of(place, texts))
        except BadValue as error:
            if texts:
                report_all(report, place, texts)
            else:
                report.problem(place, error.column, str(error))
    return found


def _texts(day: Mapping[str, Any], told: Told) -> dict[str, str]:
    """A day as the texts of a row. Raises `BadValue`."""
    texts = {name: _text(name, day.get(name)) for name in COLUMNS[1:] if name != "medicines"}
    taken = day.get("medicines") or []
    if not isinstance(taken, list):
        raise BadValue("medicines", f"{shown(str(taken))} is not a list")
    return texts | {"medicines": ";".join(told.named(_medicine(one)) for one in taken)}


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float, str)):
        return escaped(str(value)) if name in FREE_TEXT else str(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ";".join(map(escaped, value) if name in FREE_TEXT else value)
    raise BadValue(name, f"{shown(str(value))} cannot stand there")


def _medicine(one: Any) -> str:
    """As the CSV writes it, so that both are read alike."""
    try:
        word = MedicationClass(one["class"])
        name, strength, doses = one["name"] or "", one.get("strength") or "", one["doses"]
        product = one.get("product") or ""
        if all(isinstance(text, str) for text in (name, strength, product)) and isinstance(doses, int):
            return medicine_text(Dose(product, name, strength, word, doses))
    except (KeyError, TypeError, ValueError):
        pass
    raise BadValue("medicines", f"{shown(str(one))} is not a name, a strength, a class and a number of doses")
