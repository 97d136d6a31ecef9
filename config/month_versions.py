"""The database itself says which months of a diary were written to, whoever writes and however.

`clinic_countedmonth` holds what is counted of a month, so that a clinic's list needs no days. With every write of a day
or a dose its month gets a new version, and what was counted before is not read any more. Rebuilding a table, as many
migrations do on SQLite, drops its triggers: such a migration ends with `versioned()` again, and a test looks.
"""

from __future__ import annotations

from typing import Any

from django.db import connection as default_connection
from django.db import migrations

from config import triggers

TABLE = "clinic_countedmonth"
COLUMNS = "patient_id, month, version, counted, recorded, headache, migraine, moderate_severe, medicines"
TRIGGERS = {
    "clinic_day_added": ("AFTER INSERT", "diary_diaryday"),
    "clinic_day_changed": ("AFTER UPDATE", "diary_diaryday"),
    "clinic_day_removed": ("AFTER DELETE", "diary_diaryday"),
    "clinic_dose_added": ("AFTER INSERT", "diary_intake"),
    "clinic_dose_changed": ("AFTER UPDATE", "diary_intake"),
    "clinic_dose_removed": ("AFTER DELETE", "diary_intake"),
    "clinic_class_changed": ("AFTER UPDATE OF medication_class", "diary_medicine"),
}


def _month(row: str, vendor: str) -> str:
    if vendor == "sqlite":
        year, month = (f"CAST(substr({row}.date, {at}) AS INTEGER)" for at in ("1, 4", "6, 2"))
        return f"{year} * 12 + {month} - 1"
    return f"(EXTRACT(YEAR FROM {row}.date) * 12 + EXTRACT(MONTH FROM {row}.date) - 1)::integer"


def _of_day(row: str, vendor: str) -> str:
    number = _month(row, vendor)
    return (
        f"UPDATE {TABLE} SET version = version + 1 WHERE patient_id = {row}.patient_id AND month = {number}"
    )


def _added(row: str, vendor: str) -> str:
    # Version 0 until the update that follows it; ON CONFLICT would bend to how the day itself is inserted.
    number = _month(row, vendor)
    return (
        f"INSERT INTO {TABLE} ({COLUMNS}) SELECT {row}.patient_id, {number}, 0, -1, 0, 0, 0, 0, '' "
        f"WHERE NOT EXISTS (SELECT 1 FROM {TABLE} WHERE patient_id = {row}.patient_id AND month = {number})"
        + ("" if vendor == "sqlite" else " ON CONFLICT DO NOTHING")
    )


def _of_dose(row: str, vendor: str) -> str:
    day = f"(SELECT {{}} FROM diary_diaryday AS day WHERE day.id = {row}.day_id)"
    return (
        f"UPDATE {TABLE} SET version = version + 1 WHERE patient_id = {day.format('day.patient_id')} "
        f"AND month = {day.format(_month('day', vendor))}"
    )


def _steps(name: str, vendor: str) -> list[str]:
    if name == "clinic_day_added":
        return [_added("NEW", vendor), _of_day("NEW", vendor)]
    if name == "clinic_day_changed":
        return [_added("NEW", vendor), _of_day("NEW", vendor), _of_day("OLD", vendor)]
    if name == "clinic_day_removed":
        return [_of_day("OLD", vendor)]
    if name == "clinic_class_changed":
        return [f"UPDATE {TABLE} SET version = version + 1 WHERE patient_id = NEW.patient_id"]
    rows = {"clinic_dose_added": ("NEW",), "clinic_dose_removed": ("OLD",)}.get(name, ("NEW", "OLD"))
    return [_of_dose(row, vendor) for row in rows]


def statements(vendor: str) -> list[str]:
    found = []
    for name, (event, table) in TRIGGERS.items():
        steps = "; ".join(_steps(name, vendor))
        if vendor == "sqlite":
            found.append(f'CREATE TRIGGER "{name}" {event} ON "{table}" BEGIN {steps}; END')
        else:
            found += [
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
                f"BEGIN {steps}; RETURN NULL; END $$",
                f'CREATE TRIGGER "{name}" {event} ON "{table}" FOR EACH ROW EXECUTE FUNCTION {name}()',
            ]
    return found


def removals(vendor: str) -> list[str]:
    on = "" if vendor == "sqlite" else ' ON "{}"'
    return [f'DROP TRIGGER IF EXISTS "{name}"' + on.format(table) for name, (_, table) in TRIGGERS.items()]


def every_month(vendor: str) -> str:
    """A row for each month that has a day and no row yet, not counted."""
    return (
        f"INSERT INTO {TABLE} ({COLUMNS}) SELECT DISTINCT day.patient_id, {_month('day', vendor)}, "
        "1, 0, 0, 0, 0, 0, '' FROM diary_diaryday AS day WHERE NOT EXISTS "
        f"(SELECT 1 FROM {TABLE} AS known WHERE known.patient_id = day.patient_id "
        f"AND known.month = {_month('day', vendor)})"
    )


def versioned() -> migrations.RunPython:
    """The step of a migration that sets the triggers, and takes every month in that is there already."""
    return triggers.set_anew(lambda vendor: [*statements(vendor), every_month(vendor)], removals)


def missing_triggers(connection: Any = default_connection) -> list[str]:
    """Those that ought to stand in the database and do not, by name."""
    return triggers.missing(TRIGGERS, connection)
