"""A production start under the real gunicorn: what is unsafe is refused with one sentence that says what to do."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.installation import Installation

pytestmark = pytest.mark.sqlite_only

KEY = "Kp3-9vQz_x7Lw2" * 4
AWAY = "the database cannot be read"
REMOTE = "postgres://diary:sesame@database.invalid/diary"


def refused(installation: Installation) -> str:
    """What the start says before it ends by itself. Every server begins with this import."""
    code, said = installation.run("-c", "import config.wsgi")
    assert code == 4, said
    assert "Traceback" not in said
    assert "sesame" not in said
    assert KEY not in said
    return said


@pytest.mark.parametrize(
    ("environment", "advice"),
    [
        ({"DEBUG": "on", "ALLOWED_HOSTS": "diary.example.org"}, "turn it off to serve another host"),
        ({"SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY is missing: set it"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"SECRET_KEY": KEY[:49]}, "Set SECRET_KEY to at least 50 random characters"),
        ({"SECRET_KEY": "only" * 20}, "Set SECRET_KEY to at least 50 random characters"),
        ({"SECRET_KEY": f"django-insecure-{KEY}"}, "Set SECRET_KEY to at least 50 random characters"),
        ({"SITE_URL": ""}, "Set SITE_URL to the address people type"),
        ({"SITE_URL": "http://diary.example.org"}, "Set SITE_URL to the address people type"),
        ({"SITE_URL": "https://localhost"}, "Set SITE_URL to the address people type"),
        ({"SITE_URL": "diary.example.org"}, "write it like https://"),
        ({"TRUSTED_PROXY_COUNT": ""}, "Set TRUSTED_PROXY_COUNT to the number of proxies"),
        ({"TRUSTED_PROXY_COUNT": "0"}, "Set TRUSTED_PROXY_COUNT to the number of proxies"),
        ({"EMAIL_HOST": ""}, "Set EMAIL_HOST to your mail server"),
        ({"EMAIL_HOST": "mail.example.org"}, "Set EMAIL_USE_TLS or EMAIL_USE_SSL to on"),
        ({"DATABASE_URL": f"{REMOTE}?sslmode=disable"}, "set sslmode=verify-full"),
        ({"DATABASE_URL": f"{REMOTE}?sslmode=require"}, "set sslmode=verify-full"),
    ],
)
def test_environment_that_is_refused(installation, environment, advice):
    installation.more |= environment
    assert advice in refused(installation)


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        (
            "CACHES['default']['BACKEND'] = 'django.core.cache.backends.locmem.LocMemCache'",
            "use DatabaseCache",
        ),
        ("CACHES['default']['BACKEND'] = 'django.core.cache.backends.dummy.DummyCache'", "use DatabaseCache"),
        ("SQLITE['OPTIONS']['transaction_mode'] = 'DEFERRED'", "set transaction_mode to IMMEDIATE"),
        ("SQLITE['OPTIONS']['init_command'] = 'PRAGMA synchronous=NORMAL'", "set synchronous to FULL"),
        # The words are there, and something else is meant.
        ("SQLITE['OPTIONS']['init_command'] += 'PRAGMA synchronous=OFF'", "SQLite answers synchronous=0"),
        (
            "WAL_IS_SAFE = False; SQLITE['OPTIONS']['init_command'] += 'PRAGMA journal_mode=WAL'",
            "can corrupt a database in WAL mode",
        ),
        (
            "DATABASES['default'] = {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'x', 'HOST': '/nowhere'}",
            AWAY,
        ),
        ("EMAIL_BACKEND = 'django.core.mail.backends.console.EmailBackend'", "Set EMAIL_BACKEND to SMTP"),
        ("PASSWORD_HASHERS.reverse()", "Put the Argon2 hasher first"),
        ("SESSION_COOKIE_SECURE = False", "SESSION_COOKIE_SECURE"),
        ("SECURE_HSTS_SECONDS = 0", "SECURE_HSTS_SECONDS"),
        ("MIDDLEWARE.remove('django.middleware.csrf.CsrfViewMiddleware')", "CsrfViewMiddleware"),
    ],
)
def test_settings_that_are_refused(installation, line, advice):
    (installation.folder / "changed_settings.py").write_text(f"from config.settings import *\n{line}\n")
    installation.more |= {
        "DJANGO_SETTINGS_MODULE": "changed_settings",
        "PYTHONPATH": str(installation.folder),
    }
    assert advice in refused(installation)


def changed(file: str, content: bytes) -> Callable[[Path], object]:
    return lambda data: (data / "static" / file).write_bytes(content)


def sql(statement: str) -> Callable[[Path], object]:
    def change(data: Path) -> None:
        with contextlib.closing(sqlite3.connect(data / "diary.sqlite3")) as database, database:
            database.execute(statement)

    return change


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        (lambda data: data.chmod(0o755), "run chmod 700"),
        (lambda data: data.chmod(0o750), "run chmod 700"),
        (lambda data: (data / "diary.sqlite3").unlink(), "run `manage.py prepare`"),
        (sql("DELETE FROM django_migrations WHERE app = 'sessions'"), "is 1 migrations behind"),
        (sql("DROP TABLE cache"), "the cache table is missing"),
        (lambda data: shutil.rmtree(data / "static"), "run `manage.py collectstatic"),
        (lambda data: (data / "static" / "staticfiles.json").unlink(), "run `manage.py collectstatic"),
        (changed("staticfiles.json", b'{"paths":'), "run `manage.py collectstatic"),
        (changed("css/base.css", b"body { color: red }"), "not those of this version (css/base.css)"),
    ],
)
def test_place_that_is_refused(installation, change, advice):
    change(installation.folder / "data")
    assert advice in refused(installation)


@pytest.mark.parametrize(
    ("environment", "advice"),
    [({"SITE_URL": "diary.example.org"}, "write it like https://"), ({"EMAIL_HOST": ""}, "Set EMAIL_HOST")],
)
def test_gunicorn_ends_instead_of_trying_again(installation, environment, advice):
    installation.more |= environment
    installation.launch()
    assert installation.server
    assert installation.server.wait(60) == 4
    assert advice in installation.log
    assert "Traceback" not in installation.log


def test_place_in_order_is_served(installation):
    installation.serve()
    assert installation.ask("GET", "/accounts/login/")[0] == 200
    assert "does not start" not in installation.log


def test_check_deploy_finds_nothing_but_the_journal_mode(installation):
    said = installation.manage("check", "--deploy", "--fail-level", "WARNING")
    assert "1 issue (0 silenced)" in said
    assert "diary.I001" in said


def test_log_of_the_server_holds_no_address(installation):
    installation.serve()
    for address in ("/day/1984-02-29/?q=zz-secret", "/accounts/login/?next=/zz-secret/", "/zz-secret/"):
        installation.ask(
            "GET", address, Referer="https://diary.example.org/zz-secret/", User_Agent="zz-secret"
        )
    installation.ask("POST", "/accounts/login/", "login=zz-secret&password=zz-secret")
    installation.ask("GET", f"/{'zz-secret' * 400}")  # gunicorn itself refuses this one
    installation.ask("GET", "/", Host="zz-secret.example.org")
    assert installation.log.count('"message": "answered"') >= 5
    assert "zz-secret" not in installation.log
    assert "1984" not in installation.log
    assert "203.0.113" not in installation.log
