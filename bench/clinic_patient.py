"""How long the server works on a patient's page: five years of diary, injections every twelve weeks.

    .venv/bin/python bench/clinic_patient.py [rounds]

Through the WSGI handler as gunicorn asks it, on SQLite and on a PostgreSQL that waits for the disk, compressed as it
goes over the wire. `PROFILED=yes` prints where the time goes instead.
"""

import cProfile
import io
import os
import pstats
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
ROUNDS = 40
LIMIT = 60
YEARS = 5


def main() -> None:
    from server_time import HOST

    from tests.reliability.postgresql import run_script, served

    rounds = sys.argv[1] if len(sys.argv) > 1 else str(ROUNDS)
    if "MEASURED" in os.environ:
        measure(int(rounds))
        return
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {rounds} rounds\n")
    heads = (
        "database",
        "page",
        "days",
        "injections",
        "median",
        "processor",
        "budget",
        "queries",
        "bytes sent",
    )
    print("| " + " | ".join(heads) + " |\n" + "| --- " * len(heads) + "|", flush=True)
    with TemporaryDirectory() as folder, TemporaryDirectory() as data, served(Path(folder)) as server:
        for database in ({}, {"DATABASE_URL": server.url}):
            environment = run_script().production(data) | {"SITE_URL": f"https://{HOST}", "MEASURED": "yes"}
            subprocess.run([sys.executable, __file__, rounds], check=True, env=environment | database)


def measure(rounds: int) -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    import logging

    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.models import Count
    from django.test.utils import CaptureQueriesContext
    from server_time import ask

    from accounts.demonstration import ACCOUNTS
    from accounts.models import User
    from diary.models import Patient
    from tests.cast import add_factor, signed_in

    call_command("prepare", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    call_command("demo", years=YEARS, patients=6, stdout=io.StringIO(), stderr=io.StringIO())
    from config.wsgi import application

    for handler in logging.getLogger().handlers:
        handler.setStream(io.StringIO())  # type: ignore[attr-defined]
    clinician = User.objects.get(email=ACCOUNTS[1])
    add_factor(clinician)
    session = signed_in(clinician).cookies[settings.SESSION_COOKIE_NAME].value
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}"
    patient = Patient.objects.annotate(given=Count("sessions")).order_by("-given", "pk")[0]
    page = f"/clinic/patients/{patient.pk}/"
    addresses = {
        "patient, last 12 months": (page, ""),
        "patient, all": (page, "period=all"),
        "days of a month": (f"{page}days/{patient.days.dates('date', 'month')[20]:%Y-%m}/", ""),
    }
    for name, (path, query) in addresses.items():
        times = []
        for _ in range(rounds):
            taken, content = ask(application, cookies, "GET", path, query=query)
            times.append(taken)
        if "PROFILED" in os.environ:
            profile(lambda path=path, query=query: ask(application, cookies, "GET", path, query=query))
            return
        with CaptureQueriesContext(connection) as captured:
            ask(application, cookies, "GET", path, query=query)
        wall, worked = (1000 * statistics.median(one) for one in zip(*times[3:], strict=True))
        print(
            f"| {connection.vendor} | {name} | {patient.days.count()} | {patient.given} | {wall:.1f} ms "
            f"| {worked:.1f} ms | {LIMIT} ms | {len(captured)} | {len(content)} |",
            flush=True,
        )


def profile(request: object) -> None:
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(10):
        request()  # type: ignore[operator]
    profiler.disable()
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(70)


if __name__ == "__main__":
    main()
