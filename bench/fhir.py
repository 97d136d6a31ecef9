"""How long a diary takes as FHIR: three years, a medicine on every third day and an injection every twelve weeks.

.venv/bin/python bench/fhir.py [rounds]
"""

import os
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
ROUNDS, DAYS, LIMIT = 20, 1096, 300


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
    from django.core.management import call_command

    call_command("prepare", verbosity=0)
    from clinic.fhir import bundle_text
    from clinic.models import InjectionSession
    from diary.models import DiaryDay, Intake, Medicine, Patient

    today = datetime.now(UTC).date()
    patient = Patient.objects.create(name="A")
    medicine = Medicine.objects.create(
        patient=patient, product="sumatriptan-tab", name="sumatriptan", medication_class="triptan"
    )
    days = DiaryDay.objects.bulk_create(
        DiaryDay(
            patient=patient,
            date=today - timedelta(days=back),
            headache="none" if back % 3 else "severe",
            pain=None if back % 3 else 8,
            features="" if back % 3 else "nausea;photophobia",
        )
        for back in range(DAYS)
    )
    Intake.objects.bulk_create(Intake(day=day, medicine=medicine, doses=2) for day in days[::3])
    for back in range(0, DAYS, 84):
        InjectionSession.objects.create(
            patient=patient, date=today - timedelta(days=back), units=155, product="Botox"
        )
    times = []
    for _ in range(rounds + 2):  # the first two fill caches
        began = time.perf_counter()
        text = bundle_text(patient, today)
        times.append(1000 * (time.perf_counter() - began))
    print("| days | kB | median | slowest | aim |\n" + "| --- " * 5 + "|")
    median = statistics.median(times[2:])
    print(f"| {DAYS} | {len(text) // 1024} | {median:.0f} ms | {max(times[2:]):.0f} ms | {LIMIT} ms |")


if __name__ == "__main__":
    main()
