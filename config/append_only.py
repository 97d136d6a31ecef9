"""Tables whose rows are written once. The database itself refuses the rest, whoever asks it.

SQLite needs `recursive_triggers=ON` for this (see settings), or REPLACE would slip past. Rebuilding a table, as many
migrations do on SQLite, drops its triggers: such a migration ends with `guarded(...)` again, and a test looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection as default_connection
from django.db import migrations

from config import triggers


@dataclass(frozen=True)
class AppendOnly:
    """A table and what may still happen to its rows.

    `open_while_null`: a row may be changed as long as this column is empty, except in its `fixed` columns.
    `erased_with_patient`: rows of a person may be deleted once the ledger of erasures names that person.
    """

    table: str
    fixed: Sequence[str] = ()
    open_while_null: str = ""
    erased_with_patient: bool = False

    def refused_update(self, differs: str) -> str:
        """The condition, in SQL, under which a change is refused."""
        if not self.open_while_null:
            return "1 = 1"
        changed = [f'OLD."{column}" {differs} NEW."{column}"' for column in self.fixed]
        return " OR ".join([f'OLD."{self.open_while_null}" IS NOT NULL', *changed])

    @property
    def refused_delete(self) -> str:
        if not self.erased_with_patient:
            return "1 = 1"
        return 'NOT EXISTS (SELECT 1 FROM "diary_erasure" WHERE "number" = OLD."patient_id")'


AUDIT = AppendOnly("accounts_auditentry")
ERASURES = AppendOnly("diary_erasure")
DAY_VERSIONS = AppendOnly("diary_diarydayversion", erased_with_patient=True)
SESSION_VERSIONS = AppendOnly("clinic_injectionsessionversion", erased_with_patient=True)
CARE_LINKS = AppendOnly(
    "clinic_carelink",
    fixed=(
        "id",
        "clinic_id",
        "patient_id",
        "starts_at",
        "basis",
        "sees_notes",
        "wording",
        "language",
        "given_by",
    ),
    open_while_null="ends_at",
    erased_with_patient=True,
)
ADVERSE_EVENTS = AppendOnly("clinic_adverseevent", erased_with_patient=True)
DECISIONS = AppendOnly("clinic_decision", erased_with_patient=True)
GUARDED = (AUDIT, ERASURES, DAY_VERSIONS, SESSION_VERSIONS, CARE_LINKS, ADVERSE_EVENTS, DECISIONS)


def guards(table: AppendOnly) -> list[str]:
    """Names of the triggers of a table."""
    return [f"{table.table}_keeps_{what}" for what in ("its_past", "its_rows")]


def statements(table: AppendOnly, vendor: str) -> list[str]:
    kept, rows = guards(table)
    if vendor == "sqlite":
        return [
            f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table.table}" WHEN {condition} '
            f"BEGIN SELECT RAISE(ABORT, '{table.table} is append-only'); END"
            for name, event, condition in (
                (kept, "UPDATE", table.refused_update("IS NOT")),
                (rows, "DELETE", table.refused_delete),
            )
        ]
    function = (
        "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )
    changed = table.refused_update("IS DISTINCT FROM")
    return [
        function,
        f'CREATE TRIGGER "{kept}" BEFORE UPDATE ON "{table.table}" FOR EACH ROW WHEN ({changed}) '
        "EXECUTE FUNCTION append_only()",
        *_postgresql_deletes(table, rows),
        f'CREATE TRIGGER "{rows}_too" BEFORE TRUNCATE ON "{table.table}" FOR EACH STATEMENT '
        "EXECUTE FUNCTION append_only()",
    ]


def _postgresql_deletes(table: AppendOnly, name: str) -> list[str]:
    """The condition of a PostgreSQL trigger asks no other table, so one that does goes into the function."""
    if not table.erased_with_patient:
        return [
            f'CREATE TRIGGER "{name}" BEFORE DELETE ON "{table.table}" FOR EACH ROW EXECUTE FUNCTION append_only()'
        ]
    return [
        "CREATE OR REPLACE FUNCTION append_only_until_erased() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {table.refused_delete} THEN "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; "
        "END IF; RETURN OLD; END $$",
        f'CREATE TRIGGER "{name}" BEFORE DELETE ON "{table.table}" FOR EACH ROW '
        "EXECUTE FUNCTION append_only_until_erased()",
    ]


def removals(table: AppendOnly, vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [f'DROP TRIGGER IF EXISTS "{name}"' for name in guards(table)]
    kept, rows = guards(table)
    return [f'DROP TRIGGER IF EXISTS "{name}" ON "{table.table}"' for name in (kept, rows, f"{rows}_too")]


def guarded(*tables: AppendOnly) -> migrations.RunPython:
    """The step of a migration that sets the guards of tables, in place of those that stand there."""
    return triggers.set_anew(
        lambda vendor: [statement for table in tables for statement in statements(table, vendor)],
        lambda vendor: [statement for table in tables for statement in removals(table, vendor)],
    )


def missing_guards(connection: Any = default_connection) -> list[str]:
    """Triggers that ought to stand in the database and do not, by name."""
    return triggers.missing((name for table in GUARDED for name in guards(table)), connection)


@contextmanager
def lifted(connection: Any = default_connection) -> Iterator[None]:
    """For tests alone: what a person with a shell on the server could do as well."""
    with connection.cursor() as cursor:
        for table in GUARDED:
            for statement in removals(table, connection.vendor):
                cursor.execute(statement)
        yield
        for table in GUARDED:
            for statement in statements(table, connection.vendor):
                cursor.execute(statement)
