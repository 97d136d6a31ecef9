"""What must hold before the diary is served. Each message says what to do."""

import sqlite3
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, register

PRIVATE_CACHES = ("LocMemCache", "DummyCache")


@register(Tags.database)
@register(Tags.security)
def sqlite_is_safe(**options: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for alias, database in settings.DATABASES.items():
        if database["ENGINE"].endswith("sqlite3"):
            messages += sqlite_faults(alias, database.get("OPTIONS", {}), settings.WAL_IS_SAFE)
    return messages


def sqlite_faults(alias: str, options: dict[str, Any], wal_is_safe: bool) -> list[CheckMessage]:
    commands = options.get("init_command", "").upper().replace(" ", "")
    faults: list[CheckMessage] = []
    if options.get("transaction_mode") != "IMMEDIATE":
        faults.append(
            Error(f"{alias}: set transaction_mode to IMMEDIATE, or requests fail as locked.", id="diary.E001")
        )
    if "SYNCHRONOUS=FULL" not in commands:
        faults.append(
            Error(f"{alias}: set synchronous to FULL, or confirmed days can be lost.", id="diary.E002")
        )
    if "JOURNAL_MODE=WAL" in commands and not wal_is_safe:
        version = sqlite3.sqlite_version
        faults.append(
            Error(f"{alias}: SQLite {version} can corrupt a database in WAL mode.", id="diary.E003")
        )
    return faults


@register(Tags.security, deploy=True)
def journal_mode(**options: Any) -> list[CheckMessage]:
    mode, reason = ("WAL", "has") if settings.WAL_IS_SAFE else ("TRUNCATE", "lacks")
    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return []
    text = (
        f"The journal mode is {mode}: SQLite {sqlite3.sqlite_version} {reason} the repair of the WAL reset."
    )
    return [Info(text, id="diary.I001")]


@register(Tags.caches)
def cache_is_shared(**options: Any) -> list[CheckMessage]:
    backend = str(settings.CACHES["default"]["BACKEND"])
    if settings.DEBUG or not backend.endswith(PRIVATE_CACHES):
        return []
    return [
        Error("Sign-in limits need a cache that all processes share: use DatabaseCache.", id="diary.E004")
    ]


@register(Tags.security)
def second_factor_is_required(**options: Any) -> list[CheckMessage]:
    if settings.DEBUG or settings.REQUIRE_SECOND_FACTOR:
        return []
    return [
        Error("Staff read diaries: leave REQUIRE_SECOND_FACTOR on where DEBUG is off.", id="diary.E010"),
    ]
