"""Reads the injection sessions CSV: one row a session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple, TextIO

from diary.imports.diary_csv import (
    NOTE_LENGTH,
    PATIENT_LENGTH,
    BadValue,
    Report,
    checked_text,
    header,
    iso_date,
    shown,
    table,
)

COLUMNS = ("patient", "date", "product", "units", "sites", "batch", "expiry", "note")


class SessionRow(NamedTuple):
    """One injection session; `None` and empty are 'not recorded'."""

    line: int
    patient: str
    date: date
    product: str
    units: int | None
    sites: int | None
    batch: str
    expiry: date | None
    note: str


def _number(column: str, text: str, most: int) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise BadValue(column, f"{shown(text)} is not a whole number from 1 to {most}")
    return int(text)


def _session(line: int, cells: dict[str, str]) -> SessionRow:
    if "patient" in cells and not cells["patient"].strip():
        raise BadValue("patient", "is empty; a pseudonym of 1 to 64 characters is needed")
    texts = dict.fromkeys(COLUMNS, "") | cells
    return SessionRow(
        line,
        checked_text("patient", texts["patient"].strip(), PATIENT_LENGTH),
        iso_date("date", texts["date"].strip()),
        checked_text("product", texts["product"].strip(), 80),
        _number("units", texts["units"].strip(), 1000),
        _number("sites", texts["sites"].strip(), 100),
        checked_text("batch", texts["batch"].strip(), 40),
        iso_date("expiry", texts["expiry"].strip()) if texts["expiry"].strip() else None,
        checked_text("note", texts["note"], NOTE_LENGTH),
    )


def _rows(file: TextIO, report: Report) -> Iterator[SessionRow]:
    lines = table(file, report)
    _, names = next(lines, (1, None))
    found = header(names, COLUMNS, ("date",), report) if names is not None else None
    if found is None:
        return
    for line, row in lines:
        if len(row) != found.width:
            report.problem(line, "", f"{len(row)} columns, but the header has {found.width}")
            continue
        cells = {column: row[at] for column, at in found.places.items()}
        with report.refusing(line):
            yield _session(line, cells)


def sessions_by_patient(file: TextIO, report: Report) -> dict[str, list[SessionRow]]:
    """Each patient's sessions. Two on one date are a problem that names both lines."""
    found: dict[str, dict[date, SessionRow]] = {}
    for row in _rows(file, report):
        earlier = found.setdefault(row.patient, {}).setdefault(row.date, row)
        if earlier is not row:
            whose = f" of {shown(row.patient)}" if row.patient else ""
            report.problem(
                row.line, "date", f"{row.date}{whose} stands on line {earlier.line} too; keep one session"
            )
    return {patient: list(sessions.values()) for patient, sessions in found.items()}
