"""How long the service audit takes over 10,000 patients with three years of diary each, and their list.

    .venv/bin/python bench/audit.py [patients] [years] [sqlite | postgresql]

The rows are made by the database itself, on SQLite and on a PostgreSQL that waits for the disk, and thrown away
afterwards. Every sixth day is missing, injections come every 80 to 95 days, and one patient in five has ended. Nobody
takes a medicine. The list is asked for once before it is measured: the first look counts every month.
"""

import io
import logging
import os
import statistics
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PATIENTS, YEARS, ROUNDS = "10000", "3", 5
HOST = "diary.example.org"
Taken = tuple[float, float]
"""Seconds on the clock, and of the processor in this process: on SQLite that is all the work there is."""
LIMITS = {"sqlite": 6, "postgresql": 3}
DAYS = {
    "sqlite": """
        WITH RECURSIVE back (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM back WHERE n < {days} - 1)
        INSERT INTO diary_diaryday ({columns})
        SELECT p.id, date('{first}', '+' || n || ' days'),
            CASE WHEN (p.id * 7919 + n * 104729) % 100 < 55 - n / 30 THEN 'mild' ELSE 'none' END, {rest}
        FROM diary_patient p CROSS JOIN back WHERE (p.id * 31 + n * 17) % 6 <> 0
    """,
    "postgresql": """
        INSERT INTO diary_diaryday ({columns})
        SELECT p.id, date '{first}' + n,
            CASE WHEN (p.id * 7919 + n * 104729) % 100 < 55 - n / 30 THEN 'mild' ELSE 'none' END, {rest}
        FROM diary_patient p CROSS JOIN generate_series(0, {days} - 1) n WHERE (p.id * 31 + n * 17) % 6 <> 0
    """,
}
MONTHS_WRITTEN_TO = """
    INSERT INTO clinic_countedmonth
        (patient_id, month, version, counted, recorded, headache, migraine, moderate_severe, medicines)
    SELECT DISTINCT patient_id, (EXTRACT(YEAR FROM date) * 12 + EXTRACT(MONTH FROM date) - 1)::integer,
        1, -1, 0, 0, 0, 0, '' FROM diary_diaryday
"""
SAID = ["features", "relief", "disability", "note", "side", "quality", "aura", "triggers"]


def main() -> None:
    from tests.reliability.postgresql import run_script, served

    size = [*sys.argv[1:3], *(PATIENTS, YEARS)[len(sys.argv[1:3]) :]]
    vendor = sys.argv[3] if len(sys.argv) > 3 else ""
    if "MEASURED" in os.environ:
        measure(int(size[0]), float(size[1]))
        return
    heads = (
        "database",
        "patients",
        "diary days",
        "made in",
        "reading and counting",
        "whole page",
        "CSV",
        "list of patients",
        "budget",
    )
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, median of {ROUNDS}\n")
    print("| " + " | ".join(heads) + " |\n" + "| --- " * len(heads) + "|", flush=True)
    with TemporaryDirectory() as folder, TemporaryDirectory() as data, served(Path(folder)) as server:
        databases = {"sqlite": {}, "postgresql": {"DATABASE_URL": server.url}}
        for database in [databases[vendor]] if vendor else databases.values():
            environment = run_script().production(data) | {"MEASURED": "yes", "SITE_URL": f"https://{HOST}"}
            subprocess.run([sys.executable, __file__, *size], check=True, env=environment | database)


def measure(patients: int, years: float) -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    call_command("prepare", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    began = time.perf_counter()
    clinic, rows = fill(patients, years)
    made = time.perf_counter() - began
    from clinic.audit_counts import courses

    counting = median(lambda: courses(clinic, timezone.now()))
    page, table, listed = page_times(clinic)
    cells = (connection.vendor, patients, f"{rows:,}", f"{made:.0f} s", seconds(counting), seconds(page))
    budget = LIMITS[connection.vendor]
    measured = f" | {seconds(table)} | {seconds(listed)} | {budget} s |"
    print("| " + " | ".join(map(str, cells)) + measured, flush=True)


def fill(patients: int, years: float) -> tuple[Any, int]:
    """A clinic with its lead's patients. The days are made in one statement, in order of patient."""
    from random import Random

    from django.db import connection
    from django.utils import timezone

    from clinic.models import CareLink, Clinic, Decision, InjectionSession
    from diary.models import Patient

    chance = Random(5)
    clinic = Clinic.objects.create(name="Large", slug="large")
    days = round(years * 365.25)
    today = timezone.localdate()
    first = today - timedelta(days=days)
    people = Patient.objects.bulk_create((Patient(name=f"P{n}") for n in range(patients)), batch_size=2000)
    began = timezone.now() - timedelta(days=days)
    CareLink.objects.bulk_create(
        (CareLink(clinic=clinic, patient=one, starts_at=began) for one in people), batch_size=2000
    )
    sessions, ends = [], []
    for one in people:
        when = first + timedelta(days=chance.randrange(28, 90))
        given = chance.choice([1, 2, 3, 4, 6, 8, 20, 20, 20])
        while when < today and given:
            sessions.append(InjectionSession(patient=one, clinic=clinic, date=when, product="Botox"))
            when, given = when + timedelta(days=chance.randrange(80, 96)), given - 1
        if not given:
            why = chance.choice(["no_response", "episodic", "side_effects", "patient_wish"])
            ends.append(
                Decision(patient=one, clinic=clinic, kind="stop", made_on=min(when, today), stop_reason=why)
            )
    InjectionSession.objects.bulk_create(sessions, batch_size=5000)
    Decision.objects.bulk_create(ends, batch_size=2000)
    columns = ", ".join(["patient_id", "date", "headache", *SAID, "source", '"created_at"', '"updated_at"'])
    rest = ", ".join(["''"] * len(SAID) + ["'own'", "CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP"])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = 0")  # of the site, whose statements are short
            # A trigger a day takes most of an hour for so many; what it would have written comes at once below.
            cursor.execute("ALTER TABLE diary_diaryday DISABLE TRIGGER USER")
        cursor.execute(DAYS[connection.vendor].format(days=days, first=first, columns=columns, rest=rest))
        if connection.vendor == "postgresql":
            cursor.execute(MONTHS_WRITTEN_TO)
            cursor.execute("ALTER TABLE diary_diaryday ENABLE TRIGGER USER")
        # What a database does by itself in the night after.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        cursor.execute("SELECT count(*) FROM diary_diaryday")
        number = cursor.fetchone()[0]
        if connection.vendor == "postgresql":
            cursor.execute("RESET statement_timeout")
        return clinic, number


def median(work: Any) -> Taken:
    taken = []
    for _ in range(ROUNDS):
        began, worked = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - began, time.process_time() - worked))
    clock, processor = (statistics.median(one) for one in zip(*taken, strict=True))
    return clock, processor


def seconds(taken: Taken) -> str:
    return f"{taken[0]:.2f} s ({taken[1]:.2f} s)"


def page_times(clinic: Any) -> tuple[Taken, Taken, Taken]:
    """The audit, its table and the list of patients as the lead's browser asks for them, to the last byte."""
    from clinic.models import Membership
    from tests.cast import signed_in, staff

    for handler in logging.getLogger().handlers:  # the line of each request is written, to memory
        handler.setStream(io.StringIO())  # type: ignore[attr-defined]
    client = signed_in(staff("Lea Lead", clinic, Membership.Role.LEAD))

    def asked(path: str) -> Any:
        def ask() -> None:
            answer = client.get(path, secure=True, HTTP_HOST=HOST, HTTP_X_FORWARDED_PROTO="https")
            if answer.status_code != 200:
                sys.exit(f"{path}: {answer.status_code} {answer.get('Location', '')}")

        return ask

    audit, table = median(asked("/clinic/audit/")), median(asked("/clinic/audit/table/"))
    asked("/clinic/")()
    return audit, table, median(asked("/clinic/"))


if __name__ == "__main__":
    main()
