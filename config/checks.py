"""What must hold before the diary is served. Each message says what to do."""

import sqlite3
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.core.exceptions import ImproperlyConfigured

from config import vapid
from config.environment import ON_THIS_MACHINE
from config.retention import differences

SHORTEST_KEY = 50
FEWEST_CHARACTERS = 5
PRIVATE_CACHES = ("LocMemCache", "DummyCache")


def error(number: int, sentence: str) -> Error:
    return Error(sentence, id=f"diary.E{number:03}")


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
        faults.append(error(1, f"{alias}: set transaction_mode to IMMEDIATE, or requests fail as locked."))
    if "SYNCHRONOUS=FULL" not in commands:
        faults.append(error(2, f"{alias}: set synchronous to FULL, or confirmed days can be lost."))
    if "JOURNAL_MODE=WAL" in commands and not wal_is_safe:
        version = sqlite3.sqlite_version
        faults.append(error(3, f"{alias}: SQLite {version} can corrupt a database in WAL mode."))
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
    return [error(4, "Sign-in limits need a cache that all processes share: use DatabaseCache.")]


@register(Tags.security)
def second_factor_is_required(**options: Any) -> list[CheckMessage]:
    if settings.DEBUG or settings.REQUIRE_SECOND_FACTOR:
        return []
    return [
        error(12, "Staff read diaries: leave REQUIRE_SECOND_FACTOR on where DEBUG is off."),
    ]


@register(Tags.security)
def push_key_is_one(**options: Any) -> Iterator[CheckMessage]:
    try:
        if settings.VAPID_PRIVATE_KEY:
            vapid.private_key(settings.VAPID_PRIVATE_KEY)
    except ImproperlyConfigured as fault:
        yield error(13, str(fault))


# --- Only `check --deploy` and a production start ask what follows ----------------------------------------------


@register(Tags.security, deploy=True)
def key_is_strong(**options: Any) -> Iterator[CheckMessage]:
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS or key.startswith("django-insecure-"):
        yield error(5, f"Set SECRET_KEY to at least {SHORTEST_KEY} random characters.")


@register(Tags.security, deploy=True)
def address_is_public_and_encrypted(**options: Any) -> Iterator[CheckMessage]:
    address = urlsplit(settings.SITE_URL)
    if address.scheme != "https" or address.hostname in ON_THIS_MACHINE:
        yield error(6, "Set SITE_URL to the address people type, such as https://diary.example.org.")
    if settings.TRUSTED_PROXY_COUNT < 1:
        yield error(
            7, "Set TRUSTED_PROXY_COUNT to the number of proxies in front, usually 1, or sign-in limits fail."
        )


@register(Tags.security, deploy=True)
def mail_reaches_people(**options: Any) -> Iterator[CheckMessage]:
    encrypted = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    if not settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend"):
        yield error(8, "Set EMAIL_BACKEND to SMTP: sign-in codes must reach people, and nobody else.")
    elif not settings.EMAIL_HOST:
        yield error(8, "Set EMAIL_HOST to your mail server: people sign in with codes by mail.")
    elif settings.EMAIL_HOST not in ON_THIS_MACHINE and not encrypted:
        yield error(
            9, "Set EMAIL_USE_TLS or EMAIL_USE_SSL to on: mail to another machine holds sign-in codes."
        )


@register(Tags.security, deploy=True)
def passwords_are_hashed_slowly(**options: Any) -> Iterator[CheckMessage]:
    if "Argon2" not in settings.PASSWORD_HASHERS[0]:
        yield error(10, "Put the Argon2 hasher first in PASSWORD_HASHERS.")


@register(Tags.security, deploy=True)
def postgresql_is_verified(**options: Any) -> Iterator[CheckMessage]:
    for alias, database in settings.DATABASES.items():
        if not database["ENGINE"].endswith("postgresql"):
            continue
        host = database.get("HOST", "")
        mode = database.get("OPTIONS", {}).get("sslmode")
        if not (host in ON_THIS_MACHINE or host.startswith("/")) and mode not in ("verify-ca", "verify-full"):
            yield error(
                11, f"{alias}: set sslmode=verify-full in DATABASE_URL, or others can read what is sent."
            )


@register(Tags.models)
def every_table_is_told_how_long_it_is_kept(**options: Any) -> list[CheckMessage]:
    installed = [model._meta.label for model in apps.get_models(include_auto_created=True)]
    labels = [config.label for config in apps.get_app_configs()]
    return [error(21, f"retention.py: {words}") for words in differences(installed, labels)]
