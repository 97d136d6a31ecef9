"""Triggers of the database, which hold for whoever writes and however."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection as default_connection
from django.db import migrations

Statements = Callable[[str], Iterable[str]]
"""SQL statements for a vendor, `sqlite` or `postgresql`."""


def set_anew(statements: Statements, removals: Statements) -> migrations.RunPython:
    """The step of a migration that sets triggers, in place of those that stand there."""

    def on(apps: Any, schema_editor: Any) -> None:
        off(apps, schema_editor)
        for statement in statements(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    def off(apps: Any, schema_editor: Any) -> None:
        for statement in removals(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    return migrations.RunPython(on, off)


def missing(names: Iterable[str], connection: Any = default_connection) -> list[str]:
    """Those of these that do not stand in the database, or are switched off."""
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    with connection.cursor() as cursor:
        cursor.execute(catalogue)
        present = {name for (name,) in cursor.fetchall()}
    return [name for name in names if name not in present]
