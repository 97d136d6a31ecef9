"""Nothing that people wrote stands in a log line, an error page or a mail. Each request has its number."""

from __future__ import annotations

import functools
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver

from config.logs import JSONLine, ReadableLine, one_line_per_request, request_id
from tests.cast import june
from tests.phones import message_of, post, said
from tests.security import authz_matrix as matrix
from tests.security.conftest import fields

WORD = "zz-secret"
REQUEST_ID = re.compile(r"[0-9a-f]{16}")
LINE = {
    "time",
    "level",
    "logger",
    "request_id",
    "message",
    "method",
    "route",
    "status",
    "milliseconds",
    "signed_in",
}
FAULT = {"time", "level", "logger", "request_id", "message", "exception"}
EVERYWHERE = {
    "QUERY_STRING": f"q={WORD}-query&date=1984-02-29",
    "HTTP_REFERER": f"https://testserver/{WORD}-referrer/",
    "HTTP_USER_AGENT": f"{WORD}-agent",
    "HTTP_X_FORWARDED_FOR": "203.0.113.77",
    "REMOTE_ADDR": "203.0.113.78",
    "HTTP_X_REQUEST_ID": f"{WORD}-number",
    "HTTP_COOKIE": f"other={WORD}-cookie",
}
"""What arrives beside the form."""
SECRETS = (WORD, "203.0.113", "1984-02-29", "zz-note", "zz-email")


class Log:
    """All that the loggers would write in production, as text and line by line."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self.handler = logging.StreamHandler(StringIO())
        self.handler.setFormatter(formatter)

    @property
    def text(self) -> str:
        return self.handler.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def kept(formatter: logging.Formatter) -> Iterator[Log]:
    log = Log(formatter)
    ours = logging.getLogger("diary")
    quiet, level = ours.level, settings.LOGGING["loggers"]["diary"]["level"]
    ours.setLevel(level)
    loggers = [logging.getLogger(), logging.getLogger("gunicorn.error")]
    for logger in loggers:
        logger.addHandler(log.handler)
    yield log
    for logger in loggers:
        logger.removeHandler(log.handler)
    ours.setLevel(quiet)


@pytest.fixture
def log() -> Iterator[Log]:
    yield from kept(JSONLine())


@pytest.fixture
def ordinary_log() -> Iterator[Log]:
    """What logging writes by itself."""
    yield from kept(logging.Formatter("%(levelname)s %(message)s"))


def told(*texts: str) -> list[str]:
    return [secret for secret in SECRETS for text in texts if secret in text]


def is_answer_without_secrets(log: Log, response: Any) -> None:
    mails = [f"{message.subject} {message.body}" for message in mail.outbox]
    headers = " ".join(f"{name}: {value}" for name, value in response.headers.items())
    assert told(log.text, response.content.decode(), headers, *mails) == []


# --- Every view breaks -----------------------------------------------------------------------------------------


def broken(view: Callable[..., HttpResponse], secret: str) -> Callable[..., HttpResponse]:
    """The view, open to the same people, which fails over what somebody wrote."""

    @functools.wraps(view)
    def fail(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        note = request.POST.get("note", secret)
        try:
            int(note)
        except ValueError as error:
            raise KeyError(f"{secret} {note} {request.get_full_path()}") from error
        return HttpResponse()

    return fail


@pytest.mark.parametrize("name", matrix.TABLE)
def test_view_that_fails_tells_a_number_and_nothing_else(world, name, log, monkeypatch):
    # Where two routes have a name, the first one answers.
    routes = reversed(list(matrix.routes(get_resolver().url_patterns)))
    patterns = {found: pattern for found, _address, pattern in routes}
    monkeypatch.setattr(patterns[name], "callback", broken(patterns[name].callback, f"{WORD}-local"))
    client = world.client(matrix.OWNER, raise_request_exception=False)
    file = SimpleUploadedFile(f"{WORD}-file.csv", b"zz-secret-content")
    form = {"note": f"{WORD}-note", "password": f"{WORD}-password", "file": file}
    response = client.post(world.address(name), form, **{**EVERYWHERE, "HTTP_COOKIE": cookie(client)})
    assert response.status_code == 500
    number = response["X-Request-ID"]
    assert REQUEST_ID.fullmatch(number)
    assert f"If you report this, name {number}." in response.content.decode()
    is_answer_without_secrets(log, response)
    fault, line = log.lines
    assert fault.keys() == FAULT
    assert fault["exception"]["types"] == ["KeyError", "ValueError"]
    assert fault["exception"]["frames"][-1].endswith(" fail")
    assert (line["route"], line["status"], line["request_id"]) == (name, 500, number)
    assert fault["request_id"] == number


def cookie(client: Client) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def test_guard_reports_an_ordinary_log(world, ordinary_log, monkeypatch):
    patterns = {found: pattern for found, _address, pattern in matrix.routes(get_resolver().url_patterns)}
    monkeypatch.setattr(patterns["day"], "callback", broken(patterns["day"].callback, WORD))
    client = world.client(matrix.OWNER, raise_request_exception=False)
    client.post(world.address("day", when=date(1984, 2, 29)), {"note": f"{WORD}-note"})
    assert told(ordinary_log.text) == [WORD, "1984-02-29"]


# --- Every view works ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [matrix.OWNER, matrix.LINKED])
@pytest.mark.parametrize("name", matrix.TABLE)
def test_line_holds_the_route_and_no_word(world, name, role, log):
    client = world.client(role)
    texts = {word: f"{WORD}-{word}" for word in ("note", "name", "login", "password", "code", "batch", "q")}
    form = {**fields(world, name, role), **texts}
    response = client.post(world.address(name), form, **{**EVERYWHERE, "HTTP_COOKIE": cookie(client)})
    assert response.status_code < 500
    assert told(log.text) == []
    assert log.lines[-1].keys() == LINE
    assert log.lines[-1]["route"] == name
    assert log.lines[-1]["request_id"] == response["X-Request-ID"]


@pytest.mark.parametrize(
    "place", ["owner", "now", "value", "name", "date", "field", "seen", "word", "undoes", "key"]
)
def test_line_of_what_a_phone_sent(world, log, place):
    """Neither the line nor the answer repeats what was sent, wherever it stood."""
    operation = said("1984-02-29", "severe")
    message = message_of(world.owner, [operation])
    target = message if place in message else operation
    target[place] = f"{WORD}-{place}"
    response = post(world.client(matrix.OWNER), message, **{"HTTP_USER_AGENT": f"{WORD}-agent"})
    assert response.status_code in (200, 400)
    assert told(log.text, response.content.decode()) == []
    assert [word for word in ("severe", operation["name"], message["owner"]) if word in log.text] == []
    assert log.lines[-1]["route"] == "sync"


def test_line_of_a_page(world, log):
    world.client(matrix.OWNER).get(f"{world.address('day', when=june(3))}?q=cats")
    line = log.lines[-1]
    assert (line["method"], line["route"], line["status"], line["signed_in"]) == ("GET", "day", 200, True)
    assert line["level"] == "INFO"
    assert isinstance(line["milliseconds"], int)
    assert "06-03" not in log.text
    assert "cats" not in log.text


@pytest.mark.parametrize(
    ("method", "address", "headers", "status"),
    [
        ("get", f"/{WORD}/", {}, 404),
        ("get", f"/day/{WORD}/", {}, 404),
        ("get", f"/day/1984-02-29/{WORD}", {}, 404),
        ("get", f"/static/{WORD}.css", {}, 404),
        ("get", "/", {"HTTP_HOST": f"{WORD}.example.org"}, 400),
        ("get", "/accounts/login/?next=//zz-secret.example.org/", {}, 200),
        ("trace", f"/{WORD}/", {}, 405),
        ("zz-secret", "/", {}, 405),
        ("get", f"/%0d%0a{WORD}/", {}, 404),
        ("get", "/", {"HTTP_COOKIE": f"__Host-session={WORD}"}, 302),
    ],
)
def test_line_of_a_refusal(db, log, method, address, headers, status):
    response = Client(raise_request_exception=False).generic(method.upper(), address, **headers)
    assert response.status_code == status
    assert told(log.text) == []
    assert log.lines[-1]["status"] == status
    assert log.lines[-1]["method"] in ("GET", "other")
    assert log.lines[-1]["signed_in"] is False


def test_line_of_a_refused_form(db, log):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/accounts/login/", {"login": WORD, "password": WORD}).status_code == 403
    assert told(log.text) == []


def test_mails_go_out_and_no_line_holds_the_code(world, log):
    world.client(matrix.STRANGER).post("/accounts/password/reset/", {"email": "clara@example.org"})
    (message,) = mail.outbox
    codes = re.findall(r"\b[A-Z0-9]{4}-?[A-Z0-9]{4}\b|\b[A-Z0-9]{6}\b", message.body)
    assert codes
    assert [word for word in [*codes, "clara@example.org"] if word in log.text] == []


# --- The number ------------------------------------------------------------------------------------------------


def test_number_is_ours_and_new_each_time(client, db):
    numbers = [client.get("/healthz", headers={"X-Request-ID": "a" * 16})["X-Request-ID"] for _ in range(50)]
    assert all(map(REQUEST_ID.fullmatch, numbers))
    assert len(set(numbers)) == 50
    assert "a" * 16 not in numbers


def test_number_is_there_while_the_request_is(rf):
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append((request.id, request_id()))
        return HttpResponse()

    response = one_line_per_request(view)(rf.get("/"))
    assert seen == [(response["X-Request-ID"], response["X-Request-ID"])]
    assert request_id() == ""


def test_number_stands_on_the_page_of_a_busy_database(world, log, monkeypatch):
    def locked(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        raise OperationalError(f"database is locked {WORD}")

    patterns = {found: pattern for found, _address, pattern in matrix.routes(get_resolver().url_patterns)}
    monkeypatch.setattr(patterns["help"], "callback", locked)
    response = world.client(matrix.OWNER).get("/help/")
    assert response.status_code == 503
    assert f"name {response['X-Request-ID']}." in response.content.decode()
    # A PostgreSQL that went away may have saved it.
    words = "was not saved" if connection.vendor == "sqlite" else "may be saved or not"
    assert words in response.content.decode()
    is_answer_without_secrets(log, response)
    assert log.lines[0]["message"] == "the database did not answer"


# --- How a line is written -------------------------------------------------------------------------------------

RAISED = [
    ValueError(WORD),
    SuspiciousOperation(f"{WORD}\r\n"),
    UnicodeDecodeError("utf-8", b"zz", 0, 1, WORD),
]


def record(name: str, message: str, *values: Any, error: BaseException | None = None, **more: Any) -> Any:
    if error:
        try:
            raise error
        except BaseException:
            fault: Any = sys.exc_info()
    record = logging.LogRecord(
        name, logging.ERROR, "/srv/x/view.py", 7, message, values, fault if error else None
    )
    record.__dict__.update(more)
    return record


@pytest.mark.parametrize("formatter", [JSONLine(), ReadableLine()], ids=["production", "terminal"])
@pytest.mark.parametrize(
    ("found", "message"),
    [
        (record("django.request", "Internal Server Error: %s", f"/day/{WORD}/"), "Internal Server Error: %s"),
        (record("django.security.DisallowedHost", f"Invalid HTTP_HOST header: {WORD}"), "view.py:7"),
        (record("allauth.account", f"Login of {WORD}@example.org"), "view.py:7"),
        (record("gunicorn.error", "Error handling request %s", f"/{WORD}"), "Error handling request %s"),
        (record("psycopg.pool", "error connecting in %r: %s", "pool", WORD), "error connecting in %r: %s"),
        (record("diary.database", "the database did not answer", note=WORD), "the database did not answer"),
        (record("elsewhere", f"a\r\n{{}} {WORD}", request=WORD, note=WORD), "view.py:7"),
    ],
)
def test_values_are_left_out(found, message, formatter):
    line = formatter.format(found)
    assert message in line
    assert WORD not in line
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("error", RAISED)
def test_fault_is_its_types_and_places(error):
    line = JSONLine().format(record("django.request", "%s: %s", "a", "b", error=error))
    assert WORD not in line
    fault = json.loads(line)["exception"]
    assert fault["types"] == [type(error).__name__]
    assert fault["frames"][0].startswith("tests/security/test_logs.py:")
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_no_line_can_be_forged(end):
    forged = f'x{end}{{"level": "INFO", "message": "all is well"}}'
    line = JSONLine().format(record("diary.request", forged, method=forged, route=forged))
    assert len(line.splitlines()) == 1
    assert json.loads(line)["route"] == forged
