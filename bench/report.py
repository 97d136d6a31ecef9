"""How long the server works on a report and a letter as PDF: five years of diary and 16 injections, on SQLite.

.venv/bin/python bench/report.py [rounds]
"""

import os
import random
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
ROUNDS = 20
YEARS, CYCLES = 5, 16
LIMIT = 150


def main() -> None:
    from bench.apart import is_apart, run_apart

    rounds = sys.argv[1] if len(sys.argv) > 1 else str(ROUNDS)
    if is_apart():
        measure(int(rounds))
    else:
        run_apart(__file__, rounds)


def measure(rounds: int) -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    import logging

    from django.core.management import call_command

    from bench.apart import HEADERS

    call_command("prepare", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    logging.disable(logging.CRITICAL)
    client, patient = people()
    print("| file | bytes | median | slowest | of it processor time | aim |\n" + "| --- " * 6 + "|")
    for name in ("report.pdf", "letter.pdf"):
        times, worked = [], []
        for _ in range(rounds + 2):  # the first two fill caches
            began, used = time.perf_counter(), time.process_time()
            answer = client.get(f"/clinic/patients/{patient}/{name}", **HEADERS)
            times.append(1000 * (time.perf_counter() - began))
            worked.append(1000 * (time.process_time() - used))
            if answer.status_code != 200:
                raise SystemExit(f"{name}: {answer.status_code}")
        measured = times[2:]
        work = f"{statistics.median(worked[2:]):.0f} ms"
        figures = f"{statistics.median(measured):.0f} ms | {max(measured):.0f} ms | {work} | {LIMIT} ms |"
        print(f"| {name} | {len(answer.content)} | {figures}")


def people() -> tuple:
    """A clinician's browser, and whom to ask about."""
    from clinic.models import Clinic
    from tests.cast import medicine, new_patient, record_all, session, share, signed_in, staff

    chance = random.Random(1)
    clinic = Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")
    patient = new_patient("Anna Example")
    share(patient, clinic, "R-1")
    today = patient.date_at(datetime.now(UTC))
    for number in range(CYCLES):
        session(patient, today - timedelta(days=84 * (CYCLES - number) - 20))
    usual, rare = medicine(patient), medicine(patient, "ibuprofen", "non_opioid")
    for back in range(1, 365 * YEARS):
        if chance.random() < 0.95:
            hurts = chance.random() < 0.5
            record_all(
                patient, [today - timedelta(days=back)], *(("severe", usual, rare) if hurts else ("none",))
            )
    return signed_in(staff("Clara Clinician", clinic)), patient.pk


if __name__ == "__main__":
    main()
