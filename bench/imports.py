"""How long an import takes: ten years of a diary through the page, and how fast an Apple Health export is walked.

.venv/bin/python bench/imports.py [megabytes of the export]
"""

import os
import random
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
MEGABYTES = 500
DAYS, DOSES = 3650, 6000
STEPS = (
    ' <Record type="HKQuantityTypeIdentifierStepCount" sourceName="Phone" sourceVersion="17.1" unit="count" '
    'creationDate="2026-06-01 11:09:10 +0200" startDate="2026-06-01 11:00:00 +0200" '
    'endDate="2026-06-01 11:05:00 +0200" value="{}"/>\n'
)
HEART = (
    ' <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch" unit="count/min" '
    'startDate="2026-06-01 11:00:00 +0200" endDate="2026-06-01 11:00:00 +0200" value="{}">\n'
    '  <MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="1"/>\n </Record>\n'
)
HEADACHE = (
    ' <Record type="HKCategoryTypeIdentifierHeadache" sourceName="Health" startDate="{0} 11:00:00 +0200" '
    'endDate="{0} 15:00:00 +0200" value="HKCategoryValueSeverityModerate"/>\n'
)


def main() -> None:
    from bench.apart import is_apart, run_apart

    if is_apart():
        measure_days()
        return
    run_apart(__file__)
    with TemporaryDirectory() as data:
        megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else MEGABYTES
        measure_export(Path(data) / "export.xml", megabytes)


def measure_days() -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    import logging
    import re

    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.core.management import call_command
    from django.test import Client

    from accounts.models import User
    from bench.apart import HEADERS
    from diary.models import Intake, Patient

    call_command("prepare", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    logging.disable(logging.CRITICAL)
    user = User.objects.create_user("a@example.org")
    patient = Patient.objects.create(user=user, name="A")
    client = Client(headers={}, enforce_csrf_checks=False)
    client.force_login(user, backend="config.sign_in.Backend")
    text = ten_years()
    print("| step | aim | measured |\n| --- | --- | --- |")
    began = time.perf_counter()
    file = SimpleUploadedFile("diary.csv", text.encode())
    page = client.post("/data/import/", {"file": file}, **HEADERS)
    print(f"| the look at {len(text) // 1024} kB | | {time.perf_counter() - began:.2f} s |")
    kept = re.search(r'name="looked_at" value="([^"]+)"', page.content.decode())
    if not kept:
        sys.exit(f"The look failed: {page.status_code}")
    began = time.perf_counter()
    client.post("/data/import/", {"looked_at": kept[1], "import": "yes"}, **HEADERS)
    taken = time.perf_counter() - began
    doses = sum(Intake.objects.values_list("doses", flat=True))
    print(f"| the import of {patient.days.count()} days, {doses} doses | 2 s | {taken:.2f} s |")


def ten_years() -> str:
    chance = random.Random(5)
    lines = ["date,headache,pain,hours,medicines,note"]
    first, left = datetime.now(UTC).date() - timedelta(days=DAYS), DOSES
    for number in range(DAYS):
        when = first + timedelta(days=number)
        if chance.random() < 0.5 and left < (DAYS - number) * 3:
            lines.append(f"{when},none,,,,")
            continue
        some = min(left, chance.randint(3, 4))
        left -= some
        taken = "sumatriptan 50 mg;ibuprofen 400 mg x" + str(max(1, some - 1)) if some > 1 else ""
        note = chance.choice(("", "at work", "slept badly"))
        lines.append(f"{when},severe,{chance.randint(7, 10)},{chance.randint(1, 20)},{taken},{note}")
    return "\n".join(lines) + "\n"


def measure_export(path: Path, megabytes: int) -> None:
    from diary.imports import apple_health

    write_export(path, megabytes)
    size = path.stat().st_size / 1024**2
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    with path.open("rb") as file:
        found = sum(1 for _record in apple_health.records(file))
    ours = time.perf_counter() - began
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    began = time.perf_counter()
    with path.open("rb") as file:
        for _event, element in ElementTree.iterparse(file):  # noqa: S314  (a file of our own)
            element.clear()
    alone = time.perf_counter() - began
    print("\n| Apple Health export | MB/s | aim |\n| --- | --- | --- |")
    print(f"| iterparse alone, {size:.0f} MB | {size / alone:.0f} | |")
    print(f"| ours, {found} headaches | {size / ours:.0f} = {100 * alone / ours:.0f} % | 40 % |")
    print(f"| memory it added | {more:.0f} MB | 150 MB |")


def write_export(path: Path, megabytes: int) -> None:
    block = BytesIO()
    while block.tell() < 1024**2:
        block.write((STEPS.format(block.tell() % 900) + HEART.format(60 + block.tell() % 90)).encode())
    day = datetime(2020, 1, 1, tzinfo=UTC)
    with path.open("wb") as out:
        out.write(
            b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE HealthData [\n<!ELEMENT HealthData ANY>\n]>\n'
        )
        out.write(b'<HealthData locale="de_DE">\n')
        for _ in range(megabytes):
            out.write(block.getvalue())
            out.write(HEADACHE.format(day.date()).encode())
            day += timedelta(days=3)
        out.write(b"</HealthData>\n")


if __name__ == "__main__":
    main()
