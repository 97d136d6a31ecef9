"""How long the server works on Today and on a saved day, beside a bare signed-in view of stock Django.

    .venv/bin/python bench/server_time.py [rounds]

The bare views read the session and the user and answer a line, or write one row; they have Django's own middleware and
the same database, settings and process. All requests go in turn, one of each, through the WSGI handler.
"""

import io
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
ROUNDS = 200
HOST = "diary.example.org"
TOKEN = "a1B2c3D4" * 4
LIMIT = 2.5
Taken = tuple[float, float]
"""Seconds on the clock, and of the processor in this process: the second one says more on a busy machine."""
Request = Callable[[], Taken]


def main() -> None:
    from tests.reliability.postgresql import run_script, served

    rounds = sys.argv[1] if len(sys.argv) > 1 else str(ROUNDS)
    if "MEASURED" in os.environ:
        measure(int(rounds))
        return
    heads = (
        "database",
        "request",
        "median",
        "bare view",
        "its median",
        "times",
        "times its processor time",
        "budget",
    )
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {rounds} rounds\n")
    print("| " + " | ".join(heads) + " |\n" + "| --- " * len(heads) + "|", flush=True)
    with TemporaryDirectory() as folder, TemporaryDirectory() as data, served(Path(folder)) as server:
        for database in ({}, {"DATABASE_URL": server.url}):
            environment = run_script().production(data) | {"SITE_URL": f"https://{HOST}", "MEASURED": "yes"}
            command = [sys.executable, __file__, rounds]
            subprocess.run(command, check=True, env=environment | database)


def measure(rounds: int) -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    import logging

    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import override_settings

    call_command("prepare", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    call_command("demo", stdout=io.StringIO(), stderr=io.StringIO())
    import bare
    from django.core.handlers.wsgi import WSGIHandler

    from config.wsgi import application

    for handler in logging.getLogger().handlers:  # the line of each request is written, to memory
        handler.setStream(io.StringIO())  # type: ignore[attr-defined]
    with connection.schema_editor() as editor:
        editor.create_model(bare.Row)
    with override_settings(MIDDLEWARE=bare.MIDDLEWARE):
        stock = WSGIHandler()
    cookies = signed_in()
    compared = [
        ("GET /", get(application, cookies, "/"), "GET, a line of text", get(stock, cookies, "/")),
        (
            "POST /sync/",
            synced(application, cookies),
            "POST, one row",
            posted(stock, cookies, "/", {"text": "none"}),
        ),
        ("POST /days/…/headache/", tapped(application, cookies), "POST, one row", None),
    ]
    times: dict[str, list[Taken]] = {}
    for _ in range(rounds):
        for name, ours, other, bares in compared:
            times.setdefault(name, []).append(ours())
            if bares:
                times.setdefault(other, []).append(bares())
    medians = {
        name: [1000 * statistics.median(one) for one in zip(*found[5:], strict=True)]
        for name, found in times.items()
    }
    for name, _, other, _ in compared:
        (ours, worked), (bares, bare_worked) = medians[name], medians[other]
        ratios = f"{ours / bares:.2f} | {worked / bare_worked:.2f} | {LIMIT} |"
        figures = f"{ours:.2f} ms | {other} | {bares:.2f} ms | {ratios}"
        print(f"| {connection.vendor} | {name} | {figures}", flush=True)


def signed_in() -> str:
    from django.conf import settings

    from accounts.demonstration import ACCOUNTS
    from accounts.models import User
    from tests.cast import signed_in

    session = signed_in(User.objects.get(email=ACCOUNTS[0])).cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"


def ask(
    handler: Any, cookies: str, method: str, path: str, body: bytes = b"", kind: str = "", query: str = ""
) -> tuple[Taken, bytes]:
    """As gunicorn asks, to the last byte of the answer and the end of the request."""
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": HOST,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.5",
        "HTTP_HOST": HOST,
        "HTTP_X_FORWARDED_FOR": "203.0.113.5",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_COOKIE": cookies,
        "HTTP_ACCEPT_ENCODING": "gzip, deflate, br",
        "HTTP_ACCEPT_LANGUAGE": "en-GB",
        "HTTP_ORIGIN": f"https://{HOST}",
        "HTTP_SEC_FETCH_SITE": "same-origin",
        "HTTP_X_CSRFTOKEN": TOKEN,
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    said: list[str] = []
    began, worked = time.perf_counter(), time.process_time()
    answer = handler(environ, lambda status, headers, *_: said.append(status))
    content = b"".join(answer)
    answer.close()
    taken = time.perf_counter() - began, time.process_time() - worked
    if said[0][:3] not in ("200", "302"):
        sys.exit(f"{method} {path}: {said[0]}")
    return taken, content


def get(handler: Any, cookies: str, path: str) -> Request:
    return lambda: ask(handler, cookies, "GET", path)[0]


def posted(handler: Any, cookies: str, path: str, form: dict[str, str]) -> Request:
    from urllib.parse import urlencode

    body = urlencode(form).encode()
    return lambda: ask(handler, cookies, "POST", path, body, "application/x-www-form-urlencoded")[0]


def tapped(handler: Any, cookies: str) -> Request:
    """Another answer each time, so that each changes the day."""
    from itertools import cycle

    from accounts.demonstration import ACCOUNTS
    from diary.models import Patient

    patient = Patient.objects.get(user__email=ACCOUNTS[0])
    words, address = cycle(["mild", "severe"]), f"/days/{today(patient)}/headache/"
    return lambda: posted(handler, cookies, address, {"headache": next(words)})()


def synced(handler: Any, cookies: str) -> Request:
    """One tap from one phone, for one day after the other, as if it had heard each answer."""
    from datetime import timedelta

    from django.utils import timezone

    from accounts.demonstration import ACCOUNTS
    from diary.models import DeviceOperation, Patient
    from diary.phone import moment_text, owner_mark

    patient = Patient.objects.get(user__email=ACCOUNTS[0])
    began, number = today(patient), 0

    def request() -> Taken:
        nonlocal number
        # A person has a limit of taps a minute, which this is not about.
        DeviceOperation.objects.update(received_at=timezone.now() - timedelta(hours=1))
        when = began - timedelta(days=number % 300 + 1)
        number += 1
        now = moment_text(timezone.now())
        stands = patient.days.filter(date=when).values_list("headache", flat=True).first() or ""
        operation = {
            "name": str(uuid.uuid4()),
            "date": when.isoformat(),
            "field": "headache",
            "value": "severe" if stands == "mild" else "mild",
            "seen": [f"={stands}"],
            "word": None,
            "said_at": now,
            "undoes": "",
        }
        body = {"owner": owner_mark(patient), "now": now, "operations": [operation]}
        taken, content = ask(
            handler, cookies, "POST", "/sync/", json.dumps(body).encode(), "application/json"
        )
        if json.loads(content)["answers"][0]["status"] == "refused":
            sys.exit(content.decode())
        return taken

    return request


def today(patient: Any) -> Any:
    from django.utils import timezone

    return patient.date_at(timezone.now())


if __name__ == "__main__":
    main()
