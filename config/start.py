"""What a production start must find. It refuses the rest, each with one sentence that says what to do."""

import filecmp
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import ERROR, WARNING, CheckMessage, Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

# gunicorn stops at this number; at others it would start the program again and again.
REFUSED = 4
DURABLE_SQLITE = {
    "synchronous": (2, 3),
    "foreign_keys": (1,),
    "recursive_triggers": (1,),
    "secure_delete": (1,),
}
DURABLE_POSTGRESQL = ("fsync", "full_page_writes", "synchronous_commit")
ABOUT_SETTINGS = [Tags.security, Tags.caches, Tags.async_support, Tags.files]
"""None of them connects to the database."""
NOT_COLLECTED = ["CVS", ".*", "*~"]
PREPARE = "run `manage.py prepare` before the start"


def refusal(sentences: list[str]) -> NoReturn:
    for sentence in sentences:
        print(f"The diary does not start: {sentence}", file=sys.stderr, flush=True)
    sys.exit(REFUSED)


def stop_unless_safe() -> None:
    try:
        found = faults()
    except ImproperlyConfigured as error:
        found = [str(error)]
    if found:
        refusal(found)


def faults() -> list[str]:
    """Everything that is wrong here and now, with the settings and with what they point to."""
    unsafe = [*faults_of_settings(), *faults_of_folder(settings.DATA_DIR)]
    # With unsafe settings nothing is connected to.
    return unsafe or [*faults_of_database(), *stale_files()]


def faults_of_settings() -> Iterator[str]:
    for found in run_checks(tags=ABOUT_SETTINGS, include_deployment_checks=True):
        if found.is_serious(ERROR) or (found.is_serious(WARNING) and is_about_security(found)):
            yield found.msg


def is_about_security(found: CheckMessage) -> bool:
    return str(found.id).startswith("security.")


def faults_of_folder(folder: Path) -> Iterator[str]:
    if folder.stat().st_mode & 0o077:
        yield f"other users of this machine can read {folder}; run chmod 700 {folder}"


# --- The database ----------------------------------------------------------------------------------------------


def faults_of_database() -> list[str]:
    try:
        durability = sqlite_durability if connection.vendor == "sqlite" else postgresql_durability
        return [*durability(), *missing_tables()]
    except DatabaseError as error:
        return [
            f"the database cannot be read ({type(error).__name__}); is it running and DATABASE_URL right?"
        ]
    finally:
        connection.close()
        # The pool's threads would not come along into the processes that serve.
        getattr(connection, "close_pool", bool)()


def missing_tables() -> Iterator[str]:
    executor = MigrationExecutor(connection)
    behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if behind:
        yield f"the database is {len(behind)} migrations behind; {PREPARE}"
    elif settings.CACHES["default"]["LOCATION"] not in connection.introspection.table_names():
        yield f"the cache table is missing; {PREPARE}"


def sqlite_durability() -> Iterator[str]:
    """What a connection answers, not what was asked of it: a folder on a network can keep SQLite from obeying."""
    allowed: dict[str, tuple[Any, ...]] = DURABLE_SQLITE | {
        "journal_mode": ("truncate", "delete", *(["wal"] if settings.WAL_IS_SAFE else []))
    }
    with connection.cursor() as cursor:
        for name, values in allowed.items():
            (value,) = cursor.execute(f"PRAGMA {name}").fetchone()
            if value not in values:
                yield f"SQLite answers {name}={value}, but {values[0]} is needed; keep DATA_DIR on a local disk"


def postgresql_durability() -> Iterator[str]:
    with connection.cursor() as cursor:
        for name in DURABLE_POSTGRESQL:
            cursor.execute("SELECT current_setting(%s)", [name])
            if cursor.fetchone() == ("off",):
                yield f"PostgreSQL has {name} off and can lose confirmed days; turn it on in postgresql.conf"


# --- The static files ------------------------------------------------------------------------------------------


def stale_files() -> Iterator[str]:
    """The page asks for the files by the names of the last collectstatic."""
    if not settings.STATIC_ROOT:
        return
    collected = Path(settings.STATIC_ROOT)
    try:
        known = staticfiles_storage.hashed_files  # type: ignore[attr-defined]
    except ValueError:  # half a manifest
        known = {}
    for name, file in sources().items():
        if name not in known or not same(file, collected / name) or not (collected / known[name]).exists():
            yield f"the static files are not those of this version ({name}); run `manage.py collectstatic --noinput`"
            return


def sources() -> dict[str, Path]:
    files: dict[str, Path] = {}
    for finder in get_finders():
        for name, storage in finder.list(NOT_COLLECTED):
            files.setdefault(name, Path(storage.path(name)))
    return files


def same(one: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(one, other, shallow=False)
