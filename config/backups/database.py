"""One moment of the database as rows, and rows into an empty database."""

from __future__ import annotations

import base64
import itertools
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.color import no_style
from django.db import DatabaseError, OperationalError, connection, connections, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.duration import duration_iso_string

from config.backups import Refused
from config.backups.archive import Manifest, Row, Table, content_of

BATCH = 2000
SECOND = "backup"
COPY_SECONDS = 60
"""How long a copy of SQLite waits for writers to let it begin."""

SESSIONS = "django_session"
COUNTS = "clinic_countedmonth"
"""Counted from the days again: the database fills it by itself as the days come in."""
WRITTEN_BY_MIGRATE = {"django_content_type", "auth_permission"}
"""Filled by every migration, in an empty database too. A restore replaces their rows by those of the backup."""

Migration = tuple[str, str]


# --- What is in it ---------------------------------------------------------------------------------


def left_out() -> list[str]:
    caches = [
        str(c["LOCATION"]) for c in settings.CACHES.values() if str(c["BACKEND"]).endswith("DatabaseCache")
    ]
    return [SESSIONS, COUNTS, *caches]


def applied_migrations(loader: MigrationLoader) -> set[Migration]:
    """Without those of apps that are installed no more."""
    return {migration for migration in loader.applied_migrations if migration[0] in loader.migrated_apps}


def models_at(loader: MigrationLoader, migrations: set[Migration]) -> list[type[models.Model]]:
    """The models as they were after these migrations; what is left out is not among them."""
    past = loader.project_state(sorted(migrations)).apps.get_models(include_auto_created=True)
    kept = [m for m in past if m._meta.managed and not m._meta.proxy and m._meta.db_table not in left_out()]
    return sorted(kept, key=lambda model: model._meta.db_table)


def columns_of(model: type[models.Model]) -> dict[str, Any]:
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    return {str(field.column): field for field in fields}


def rows_of(model: type[models.Model], alias: str) -> Iterator[Row]:
    names = [field.attname for field in columns_of(model).values()]
    rows = model._base_manager.using(alias).order_by("pk").values_list(*names)
    for values in rows.iterator(chunk_size=BATCH):
        yield [plain(value) for value in values]


def plain(value: Any) -> Any:
    """One spelling of a value, whichever database it comes from."""
    match value:
        case None | bool() | int() | float() | str() | dict() | list():
            return value
        case datetime():
            return (value if timezone.is_naive(value) else value.astimezone(UTC)).isoformat()
        case date() | time():
            return value.isoformat()
        case Decimal():
            return format(value.normalize(), "f")
        case timedelta():
            return duration_iso_string(value)
        case UUID():
            return str(value)
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
    raise TypeError(f"a backup has no spelling for {type(value).__name__}")


# --- Out of the database ---------------------------------------------------------------------------


@contextmanager
def one_moment() -> Iterator[str]:
    """The alias of a database in which nothing moves; writers go on beside it."""
    if connection.vendor == "sqlite":
        with sqlite_copy() as alias:
            yield alias
    else:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            without_time_limits(cursor)
            yield connection.alias


@contextmanager
def sqlite_copy() -> Iterator[str]:
    """A read of all rows would hold writers up for as long as it takes; a copy holds them up for moments."""
    database = Path(connection.settings_dict["NAME"])
    # Beside the database: where patients' rows are kept already, in a folder that its owner alone can open.
    with tempfile.TemporaryDirectory(dir=database.parent, prefix="backup-") as folder:
        copy = Path(folder, "copy.sqlite3")
        unhurried = {**connection.settings_dict["OPTIONS"], "timeout": COPY_SECONDS}
        with second_connection(database, unhurried) as alias, connections[alias].cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(copy)])
        with second_connection(copy, {}) as alias:
            connections[alias].introspection.table_names()  # SQLite opens the file at the first question
            copy.unlink()  # it is open: a backup that is killed from here on leaves no rows behind
            yield alias


@contextmanager
def second_connection(file: Path, options: dict[str, Any]) -> Iterator[str]:
    settings_of_copy = {**connection.settings_dict, "NAME": str(file), "OPTIONS": options}
    connections[SECOND] = type(connections[connection.alias])(settings_of_copy, SECOND)
    try:
        yield SECOND
    finally:
        connections[SECOND].close()
        del connections[SECOND]


def without_time_limits(cursor: Any) -> None:
    cursor.execute("SET LOCAL statement_timeout = 0")
    cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


def head_and_tables(alias: str) -> tuple[dict[str, Any], Iterator[Table]]:
    loader = MigrationLoader(connections[alias])
    migrations = applied_migrations(loader)
    if migrations != set(loader.graph.nodes):
        raise Refused("The database and this version of the diary differ: run manage.py prepare first.")
    head = {
        "made_at": timezone.now().astimezone(UTC).isoformat(timespec="seconds"),
        "database": connection.vendor,
        "migrations": by_app(migrations),
        "left_out": left_out(),
    }
    return head, (
        Table(model._meta.db_table, list(columns_of(model)), rows_of(model, alias))
        for model in models_at(loader, migrations)
    )


def by_app(migrations: set[Migration]) -> dict[str, list[str]]:
    grouped = itertools.groupby(sorted(migrations), key=lambda migration: migration[0])
    return {app: [name for _, name in group] for app, group in grouped}


# --- Into an empty database ------------------------------------------------------------------------


def refuse_leftovers() -> None:
    """SQLite would apply a journal that another database left behind. Asked before the first connection."""
    if connection.vendor != "sqlite":
        return
    database = str(connection.settings_dict["NAME"])
    for ending in ("-journal", "-wal", "-shm"):
        leftover = Path(database + ending)
        if leftover.exists() and leftover.stat().st_size:  # the journal of a database at rest is empty
            raise Refused(
                f"{leftover} is beside the database: stop the diary; if it is stopped, "
                "give the restore a new DATA_DIR."
            )


def prepare(manifest: Manifest) -> list[type[models.Model]]:
    """Brings an empty database to where the backup was, and returns its models of then."""
    executor = MigrationExecutor(connection)
    wanted, applied = manifest.migrations, applied_migrations(executor.loader)
    refuse_unknown(wanted - set(executor.loader.graph.nodes))
    past = models_at(executor.loader, wanted)
    refuse_rows(past)
    if applied - wanted:
        raise Refused("The database is newer than the backup: restore into a database without any tables.")
    nodes = executor.loader.graph.node_map
    ends = sorted(node for node in wanted if not {child.key for child in nodes[node].children} & wanted)
    plan = {(migration.app_label, migration.name) for migration, _ in executor.migration_plan(ends)}
    if plan != wanted - applied:
        raise Refused("The migrations that the backup names do not follow from each other.")
    if plan:
        executor.migrate(ends)
    refuse_other_columns(past)
    return past


def refuse_unknown(migrations: set[Migration]) -> None:
    if migrations:
        app, name = min(migrations)
        raise Refused(
            f"The backup comes from a newer version of the diary, with the migration {app} {name}: update first."
        )


def refuse_rows(past: list[type[models.Model]]) -> None:
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor)) - WRITTEN_BY_MIGRATE
        for table in sorted(present & {model._meta.db_table for model in past}):
            cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608
            if cursor.fetchone():
                raise Refused(f"The database is not empty (see {table}): restore into a new, empty one.")


def refuse_other_columns(past: list[type[models.Model]]) -> None:
    with connection.cursor() as cursor:
        for model in past:
            table = model._meta.db_table
            found = {c.name for c in connection.introspection.get_table_description(cursor, table)}
            if found != {field.column for field in model._meta.local_concrete_fields}:
                raise Refused(f"The table {table} is not what its migrations say.")


def load(past: list[type[models.Model]], manifest: Manifest, tables: Iterable[Table]) -> None:
    """All rows or none. Before they count, the database is asked for them again."""
    by_table = {model._meta.db_table: model for model in past}
    if set(by_table) != set(manifest.tables):
        raise Refused("The backup has other tables than its migrations say.")
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            without_time_limits(cursor)
        clear(cursor)
        for table in tables:
            insert(cursor, by_table[table.name], table)
        try:
            connection.check_constraints()
        except DatabaseError:
            raise Refused("A row of the backup points to one that is not in it.") from None
        for name, model in by_table.items():
            if content_of(rows_of(model, connection.alias)) != manifest.tables[name]:
                raise Refused(f"The database did not give back what was put into {name}.")
        for statement in connection.ops.sequence_reset_sql(no_style(), past):
            cursor.execute(statement)


def clear(cursor: Any) -> None:
    present = connection.introspection.table_names(cursor)
    for table in sorted({*WRITTEN_BY_MIGRATE, SESSIONS} & set(present)):
        cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608


def insert(cursor: Any, model: type[models.Model], table: Table) -> None:
    fields = columns_of(model)
    if set(fields) != set(table.columns):
        raise Refused(f"The backup has other columns of {table.name} than its migrations say.")
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(column) for column in table.columns)
    places = ", ".join(["%s"] * len(table.columns))
    statement = f"INSERT INTO {quoted(table.name)} ({columns}) VALUES ({places})"  # noqa: S608
    in_order = [fields[column] for column in table.columns]
    rows = iter(table.rows)
    while batch := list(itertools.islice(rows, BATCH)):
        try:
            cursor.executemany(statement, [stored(in_order, row) for row in batch])
        except (DatabaseError, ValueError) as error:
            # Its text could quote what a patient wrote.
            raise Refused(
                f"The database does not take a row of {table.name} ({type(error).__name__})."
            ) from None


def stored(fields: list[Any], row: Row) -> list[Any]:
    pairs = zip(fields, row, strict=True)
    return [field.get_db_prep_save(field.to_python(value), connection) for field, value in pairs]


def failure(error: DatabaseError) -> str:
    """Only of a lost or busy database the words: others can quote what a patient wrote."""
    words = str(error).strip().splitlines() if isinstance(error, OperationalError) else []
    return words[0] if words else type(error).__name__
