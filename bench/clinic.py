"""Times the clinic's pages on generated clinics, beside the raw SQL that counts the same on the same database.

    python -m bench.clinic caseload [--rounds 15] [--sizes 500,5000]

On SQLite in a folder that is thrown away, or on the empty database of DATABASE_URL. Each subject is a function of its
own that returns rows of the table; add another to SUBJECTS.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DAYS = 3 * 365
HEADS = ("database", "what", "median", "worst", "queries", "raw SQL", "times", "aim")
Row = tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("subject", choices=SUBJECTS)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--sizes", default="500,5000")
    options = parser.parse_args()
    with TemporaryDirectory() as data:
        prepared(data)
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {options.rounds} rounds\n")
        print("| " + " | ".join(HEADS) + " |\n" + "| --- " * len(HEADS) + "|", flush=True)
        for row in SUBJECTS[options.subject](
            [int(size) for size in options.sizes.split(",")], options.rounds
        ):
            print("| " + " | ".join(row) + " |", flush=True)


def prepared(data: str) -> None:
    """Settings as in production, and an empty database."""
    sys.path[:0] = [str(ROOT)]
    from tests.reliability.postgresql import run_script

    environment = run_script().production(data)
    kept = {name: os.environ[name] for name in ("DATABASE_URL",) if name in os.environ}
    os.environ.update(environment | kept | {"DJANGO_SETTINGS_MODULE": "config.settings"})
    import django

    django.setup()
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    call_command("prepare", verbosity=0, stdout=io.StringIO())
    call_command("collectstatic", verbosity=0, interactive=False)
    setup_test_environment()
    for handler in logging.getLogger().handlers:  # the line of each request is written, to memory
        handler.setStream(io.StringIO())  # type: ignore[attr-defined]
    # What shows a template's context to tests copies it each time, which production does not.
    from django.template import Template
    from django.test.utils import _TestState

    Template._render = _TestState.saved_data.template_render


# --- What is measured against -------------------------------------------------------------------------------


def clinic_of(size: int, today: date, name: str) -> Any:
    """A clinic whose patients have three years of diaries, medicines on a third of the headache days."""
    from clinic.models import CareLink, Clinic, InjectionSession
    from diary.models import DiaryDay, Intake, Medicine, Patient

    chance = Random(name)
    clinic = Clinic.objects.create(name=name, slug=name)
    since = datetime.now().astimezone() - timedelta(days=DAYS)
    for start in range(0, size, 100):
        patients = Patient.objects.bulk_create(
            Patient(name=f"{name} {number:05}") for number in range(start, min(start + 100, size))
        )
        CareLink.objects.bulk_create(
            CareLink(clinic=clinic, patient=one, reference=f"{name}-{one.pk}", starts_at=since)
            for one in patients
        )
        medicines = Medicine.objects.bulk_create(
            Medicine(patient=one, name=word, medication_class=word)
            for one in patients
            for word in ("triptan", "non_opioid")
        )
        InjectionSession.objects.bulk_create(
            InjectionSession(
                patient=one, clinic=clinic, date=today - timedelta(days=back + chance.randrange(7))
            )
            for one in patients
            for back in range(chance.randrange(100), DAYS - 120, 84)
        )
        days = DiaryDay.objects.bulk_create(
            [
                DiaryDay(
                    patient=one,
                    date=today - timedelta(days=back),
                    headache=chance.choice(("none", "none", "mild", "moderate", "severe")),
                    migraine=chance.choice((None, True, False)),
                )
                for one in patients
                for back in range(DAYS)
                if chance.random() < 0.92
            ],
            batch_size=5000,
        )
        kits = {one.pk: medicines[2 * place : 2 * place + 2] for place, one in enumerate(patients)}
        Intake.objects.bulk_create(
            [
                Intake(day=day, medicine=chance.choice(kits[day.patient_id]))
                for day in days
                if day.headache != "none" and chance.random() < 0.55
            ],
            batch_size=5000,
        )
    return clinic


def clinician(clinic: Any) -> Any:
    """A browser in which somebody of that clinic is signed in."""
    from tests.cast import signed_in, staff

    return signed_in(staff(f"Reader{clinic.pk} {clinic.name}", clinic))


def timed(action: Callable[[], Any], rounds: int) -> list[float]:
    """Milliseconds of each round, after one that is not counted."""
    action()
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        found.append(1000 * (time.perf_counter() - began))
    return found


def opened(client: Any, address: str) -> Callable[[], None]:
    def open_it() -> None:
        response = client.get(address, secure=True, headers={"host": "diary.example.org"})
        if response.status_code != 200:
            sys.exit(f"{address}: {response.status_code}")

    return open_it


def queries(action: Callable[[], Any]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        action()
    brackets = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return len([query for query in captured if not query["sql"].startswith(brackets)])


def figures(what: str, action: Callable[[], Any], rounds: int, aim: str, raw: float | None = None) -> Row:
    from django.db import connection

    number = queries(action)
    times = timed(action, rounds)
    median = statistics.median(times)
    beside = (f"{raw:.0f} ms", f"{median / raw:.2f}") if raw else ("–", "–")
    return (connection.vendor, what, f"{median:.0f} ms", f"{max(times):.0f} ms", str(number), *beside, aim)


# --- Caseload ------------------------------------------------------------------------------------------------


def raw_counts(clinic: Any, today: date) -> Callable[[], None]:
    """The days of the same windows, counted by the database from the days: the last 28, the baseline, five months."""
    from django.db import connection

    since = (today.replace(day=1) - timedelta(days=125)).replace(day=1)
    recent = today - timedelta(days=28)
    month = "substr(day.date, 1, 7)" if connection.vendor == "sqlite" else "to_char(day.date, 'YYYY-MM')"
    first = "(SELECT MIN(date) FROM clinic_injectionsession AS s WHERE s.patient_id = link.patient_id)"
    before = f"date({first}, '-28 days')" if connection.vendor == "sqlite" else f"{first} - 28"
    counts = "COUNT(*), SUM(CASE WHEN day.headache <> 'none' THEN 1 ELSE 0 END)"
    of_clinic = "FROM clinic_carelink AS link JOIN diary_diaryday AS day ON day.patient_id = link.patient_id"
    here = "WHERE link.clinic_id = %s"
    asked = [
        (f"SELECT day.patient_id, {counts} {of_clinic} {here} AND day.date >= %s AND day.date < %s GROUP BY 1",
         [clinic.pk, recent, today]),
        (f"SELECT day.patient_id, {month}, {counts} {of_clinic} {here} AND day.date >= %s GROUP BY 1, 2",
         [clinic.pk, since]),
        (f"SELECT day.patient_id, {counts} {of_clinic} {here} AND day.date >= {before} AND day.date < {first} "
         "GROUP BY 1", [clinic.pk]),
        (f"SELECT day.patient_id, {month}, medicine.medication_class, COUNT(DISTINCT day.date) {of_clinic} "
         "JOIN diary_intake AS intake ON intake.day_id = day.id "
         f"JOIN diary_medicine AS medicine ON medicine.id = intake.medicine_id {here} AND day.date >= %s "
         "GROUP BY 1, 2, 3", [clinic.pk, since]),
        (f"SELECT link.patient_id, (SELECT MAX(date) FROM diary_diaryday AS d WHERE d.patient_id = link.patient_id) "
         f"FROM clinic_carelink AS link {here}", [clinic.pk]),
        (f"SELECT s.patient_id, s.date FROM clinic_carelink AS link JOIN clinic_injectionsession AS s "
         f"ON s.patient_id = link.patient_id {here}", [clinic.pk]),
    ]  # fmt: skip

    def count() -> None:
        with connection.cursor() as cursor:
            for statement, values in asked:
                cursor.execute(statement, values)
                cursor.fetchall()

    return count


def after_a_day(clinic: Any) -> Callable[[], None]:
    """Every diary is written to before the list is opened, as in the morning."""
    from diary.models import DiaryDay

    def write() -> None:
        latest = DiaryDay.objects.filter(patient__care_links__clinic=clinic, date=date.today())
        DiaryDay.objects.filter(pk__in=list(latest.values_list("pk", flat=True))).update(note="")

    return write


def caseload(sizes: list[int], rounds: int) -> Iterator[Row]:
    today = date.today()
    aims = {500: "150 ms, 3 × raw", 5000: "700 ms"}
    for size in sizes:
        clinic = clinic_of(size, today, f"clinic-{size}")
        reader = clinician(clinic)
        began = time.perf_counter()
        opened(reader, "/clinic/")()
        first = 1000 * (time.perf_counter() - began)
        from django.core.management import call_command
        from django.db import connection

        call_command("count_diaries", stdout=io.StringIO())
        raw = statistics.median(timed(raw_counts(clinic, today), max(3, rounds // 3)))
        address, what = "/clinic/", f"caseload of {size}"
        yield figures(what, opened(reader, address), rounds, aims.get(size, "–"), raw)
        yield figures(f"{what}, one section", opened(reader, "/clinic/?section=others"), rounds, "–", raw)
        yield figures(f"{what}, by change", opened(reader, "/clinic/?sort=change"), rounds, "–", raw)
        yield (connection.vendor, f"{what}, first look ever", f"{first:.0f} ms", *["–"] * 5)
        write, look = after_a_day(clinic), opened(reader, address)
        mornings = []
        for _ in range(3):
            write()
            began = time.perf_counter()
            look()
            mornings.append(1000 * (time.perf_counter() - began))
        yield (
            connection.vendor,
            f"{what}, every diary written to since",
            f"{min(mornings):.0f} ms",
            *["–"] * 5,
        )


SUBJECTS: dict[str, Callable[[list[int], int], Iterator[Row]]] = {"caseload": caseload}

if __name__ == "__main__":
    main()
