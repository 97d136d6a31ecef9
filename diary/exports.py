"""The raw copy of a diary: what was said, as it was said, as the CSV and as the JSON that `imports` reads."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import time
from typing import Any, TextIO

from diary.imports import diary_json
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


# --- The same as JSON ----------------------------------------------------------------------------------------


def json_day(row: Row) -> dict[str, Any]:
    """One recorded day as docs/diary.schema.json describes it; `None` is 'not recorded'."""
    day, other = row.day, row.other
    return {
        "date": day.date.isoformat(),
        "headache": day.headache.value,
        "pain": day.pain,
        "hours": None if other.hours is None else float(other.hours),
        "migraine": day.migraine,
        "features": feature_words(day.features).split(";") if day.features else [],
        "medicines": [
            {
                "name": dose.name,
                "strength": dose.strength,
                "class": dose.medication_class.value,
                "doses": dose.doses,
                "product": dose.product,
            }
            for dose in row.medicines
        ],
        "relief": day.relief.value if day.relief else None,
        "disability": other.disability.value if other.disability else None,
        "menstruation": other.menstruation,
        "note": row.note,
        "start": _time(other.start) or None,
        "end": _time(other.end) or None,
        "side": other.side.value if other.side else None,
        "quality": other.quality.value if other.quality else None,
        "aura": aura_words(other.aura).split(";") if other.aura else [],
        "triggers": list(other.triggers),
    }


def json_text(rows: Iterable[Row]) -> str:
    """Days in their order as the JSON that `imports.diary_json` reads. A date that is not there was not recorded."""
    whole = {"format": diary_json.FORMAT, "version": diary_json.VERSION, "days": list(map(json_day, rows))}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
