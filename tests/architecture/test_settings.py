"""The settings as a start reads them: bad values stop it, and the database is as safe as it claims."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import ConnectionHandler

from config.checks import cache_is_shared, push_key_is_one, second_factor_is_required, sqlite_faults
from config.static_files import HashedStaticFiles

ROOT = Path(__file__).parents[2]
KEY = "k3y-" * 20
PRODUCTION = {"SECRET_KEY": KEY, "SITE_URL": "https://diary.example.org"}


def start(data_dir: Path, show: str = "", **environment: str) -> tuple[int, str]:
    """Starts the settings in a process of its own; gives the exit code and the last line it printed."""
    program = f"from config import settings as s; print({show})"
    clean = {"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir), **environment}
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=clean, capture_output=True, text=True)
    return run.returncode, ((run.stdout + run.stderr).strip().splitlines() or [""])[-1]


@pytest.mark.parametrize(
    ("environment", "advice"),
    [
        ({}, "SECRET_KEY is missing: set it"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"DEBUG": "maybe"}, "write on or off"),
        ({"DEBUG": "on", "ALLOWED_HOSTS": "diary.example.org"}, "turn it off to serve another host"),
        ({"SECRET_KEY": KEY, "SITE_URL": "diary.example.org"}, "write it like https://"),
        ({"SECRET_KEY": KEY, "DATABASE_URL": "mysql://x/y"}, "must look like postgres://"),
        ({"SECRET_KEY": KEY, "TRUSTED_PROXY_COUNT": "-1"}, "write a whole number"),
        ({"SECRET_KEY": KEY, "SIGN_UP": "closed"}, "write open or invited"),
        ({"SECRET_KEY": KEY, "VAPID_PRIVATE_KEY_FILE": "/no/such/file"}, "there is no such file"),
        ({"SECRET_KEY": KEY, "PUSH_SERVICES": "fcm.googleapis.com,127.0.0.1"}, "write host names such as"),
        ({"SECRET_KEY": KEY, "PUSH_SERVICES": "*"}, "write host names such as"),
        ({"SECRET_KEY": KEY, "FACTOR_KEY": f"{KEY},short"}, "FACTOR_KEY is too short"),
        ({"SECRET_KEY": KEY, "FACTOR_KEY_FILE": "/no/such/file"}, "there is no such file"),
    ],
)
def test_bad_value_stops_the_start_and_says_what_to_do(tmp_path, environment, advice):
    code, message = start(tmp_path, **environment)
    assert code == 1
    assert advice in message
    assert KEY not in message


@pytest.mark.parametrize(
    ("show", "value"),
    [
        ("s.ALLOWED_HOSTS", "['diary.example.org']"),
        ("s.DEBUG", "False"),
        ("s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE", "__Host-session True"),
        ("s.SECURE_SSL_REDIRECT", "True"),
        ("s.ACCOUNT_EMAIL_VERIFICATION", "mandatory"),
        ("s.STORAGES['staticfiles']['BACKEND']", "config.static_files.HashedStaticFiles"),
    ],
)
def test_production_is_the_default(tmp_path, show, value):
    show = f"*({show},)" if "," in show else show
    assert start(tmp_path, show, **PRODUCTION) == (0, value)


def test_key_may_lie_in_a_file(tmp_path):
    (tmp_path / "secret_key").write_text(f"{KEY}\n")
    assert start(tmp_path, "s.SECRET_KEY") == (0, KEY)


@pytest.mark.parametrize(
    ("environment", "required"), [({}, "True"), ({"DEBUG": "on"}, "False"), ({"DEBUG": "off"}, "True")]
)
def test_second_factor_is_off_in_the_demonstration_alone(tmp_path, environment, required):
    shown = start(tmp_path, "s.REQUIRE_SECOND_FACTOR", SECRET_KEY=KEY, **environment)
    assert shown == (0, required)


def test_keys_of_factors_come_one_a_line_or_between_commas(tmp_path):
    (tmp_path / "keys").write_text("1" * 50 + "\n" + "2" * 50 + "," + "3" * 50 + "\n\n")
    shown = start(
        tmp_path,
        "[key[0] for key in s.FACTOR_KEYS]",
        SECRET_KEY=KEY,
        FACTOR_KEY_FILE=str(tmp_path / "keys"),
    )
    assert shown == (0, "['1', '2', '3']")


def test_demonstration_uses_cookies_that_plain_http_keeps(tmp_path):
    assert start(tmp_path, "s.SESSION_COOKIE_NAME", DEBUG="on", SECRET_KEY=KEY) == (0, "session")


def test_postgresql_is_reached_encrypted_and_through_a_pool(tmp_path):
    show = (
        "s.DATABASES['default']['OPTIONS']['sslmode'], s.DATABASES['default']['OPTIONS']['pool']['max_size']"
    )
    url = "postgres://diary:p%40ss@db.example.org:5433/diary"
    assert start(tmp_path, f"*({show},)", **PRODUCTION, DATABASE_URL=url) == (0, "verify-full 8")


def test_sqlite_runs_with_the_promised_settings(tmp_path, django_db_blocker):
    database = {**settings.SQLITE, "NAME": tmp_path / "diary.sqlite3"}
    connection = ConnectionHandler({"default": database})["default"]
    names = (
        "synchronous",
        "busy_timeout",
        "recursive_triggers",
        "foreign_keys",
        "secure_delete",
        "mmap_size",
    )
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        read = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
        journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    connection.close()
    assert list(read.values()) == [2, 5000, 1, 1, 1, 0]
    assert journal == ("wal" if settings.WAL_IS_SAFE else "truncate")


def test_deployment_stops_without_the_chart_library(tmp_path):
    with pytest.raises(ImproperlyConfigured, match=r"Chart\.js is missing"):
        list(HashedStaticFiles(tmp_path, "/static/").post_process({"css/base.css": None}))


SAFE = settings.SQLITE["OPTIONS"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"transaction_mode": "DEFERRED"}, "diary.E001"),
        ({"init_command": "PRAGMA synchronous=NORMAL;"}, "diary.E002"),
        ({"init_command": "PRAGMA journal_mode = WAL;PRAGMA synchronous=FULL;"}, "diary.E003"),
    ],
)
def test_check_reports_unsafe_sqlite(change, fault):
    assert [found.id for found in sqlite_faults("default", {**SAFE, **change}, wal_is_safe=False)] == [fault]


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_check_reports_private_cache(settings, backend):
    settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    assert [found.id for found in cache_is_shared()] == ["diary.E004"]
    settings.DEBUG = True
    assert cache_is_shared() == []


@pytest.mark.parametrize(
    ("debug", "required", "found"),
    [(False, False, ["diary.E012"]), (False, True, []), (True, False, []), (True, True, [])],
)
def test_check_reports_staff_without_second_factor(settings, debug, required, found):
    settings.DEBUG, settings.REQUIRE_SECOND_FACTOR = debug, required
    assert [fault.id for fault in second_factor_is_required()] == found


@pytest.mark.parametrize(("key", "found"), [("", []), ("A" * 20, ["diary.E013"])])
def test_check_reports_a_key_that_push_services_would_not_take(settings, key, found):
    settings.VAPID_PRIVATE_KEY = key
    assert [fault.id for fault in push_key_is_one()] == found


def test_key_of_notifications_lies_in_the_folder_of_data(tmp_path):
    assert start(tmp_path, "repr(s.VAPID_PRIVATE_KEY)", **PRODUCTION) == (0, "''")
    (tmp_path / "vapid_key").write_text("a-key\n")
    assert start(tmp_path, "s.VAPID_PRIVATE_KEY", **PRODUCTION) == (0, "a-key")


def test_our_own_checks_are_content():
    assert [found.id for found in run_checks() if found.id and found.id.startswith("diary.")] == []
