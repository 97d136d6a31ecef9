"""The raw copy of a diary: what was said, as it was said, in the diary CSV that `imports.diary_csv` reads."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import time
from typing import TextIO

from diary.imports.diary_csv import COLUMNS, Row, escaped, medicine_text
from diary.imports.storage import recorded_rows
from diary.models import Patient, aura_words, feature_words

OWN_COLUMNS = COLUMNS[1:]
"""One person's file has no `patient` column."""


def _yes_no(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _time(value: time | None) -> str:
    return "" if value is None else f"{value:%H:%M}"


def cells(row: Row) -> list[str]:
    """One recorded day as the texts of `OWN_COLUMNS`."""
    day, other = row.day, row.other
    return [
        day.date.isoformat(),
        day.headache.value,
        "" if day.pain is None else str(day.pain),
        "" if other.hours is None else f"{other.hours.normalize():f}",
        _yes_no(day.migraine),
        feature_words(day.features),
        ";".join(map(medicine_text, row.medicines)),
        day.relief.value if day.relief else "",
        other.disability.value if other.disability else "",
        _yes_no(other.menstruation),
        escaped(row.note),
        _time(other.start),
        _time(other.end),
        other.side or "",
        other.quality or "",
        aura_words(other.aura),
        ";".join(map(escaped, other.triggers)),
    ]


def write_rows(rows: Iterable[Row], out: TextIO) -> None:
    """Writes the header and a line for each day. Open files with `newline=""`."""
    writer = csv.writer(out)
    writer.writerow(OWN_COLUMNS)
    writer.writerows(map(cells, rows))


def diary_csv(patient: Patient, out: TextIO) -> None:
    """Writes a patient's whole diary."""
    write_rows(recorded_rows(patient), out)
