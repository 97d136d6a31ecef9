"""Times `manage.py analyse` on a generated file against `csv.reader` alone reading the same file to the end.

python bench/analyse.py [--patients 1000] [--days 1000] [--runs 3]
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = [
    "patient",
    "date",
    "headache",
    "pain",
    "hours",
    "migraine",
    "features",
    "medicines",
    "relief",
    "disability",
    "menstruation",
    "note",
]
MEDICINES = (
    "sumatriptan 50 mg",
    "ibuprofen 400 mg x2",
    "paracetamol",
    "sumatriptan;ibuprofen",
    "Excedrin",
    "rizatriptan x2",
    "class:opioid",
)
FEATURES = ("nausea", "one_sided;pulsating", "photophobia;phonophobia", "aura", "")
PAIN = {"mild": (1, 3), "moderate": (4, 6), "severe": (7, 10)}


def day_row(chance: random.Random, patient: str, day: date) -> list[str]:
    """One believable row; a third of all rows hold medicines."""
    took = chance.random() < 1 / 3
    headache = chance.choice(("mild", "moderate", "severe")) if took or chance.random() < 0.2 else "none"
    if headache == "none":
        return [patient, day.isoformat(), "none"] + [""] * 9
    return [
        patient,
        day.isoformat(),
        headache,
        str(chance.randint(*PAIN[headache])),
        str(chance.randint(1, 24)),
        chance.choice(("yes", "no", "")),
        chance.choice(FEATURES),
        chance.choice(MEDICINES) if took else "",
        chance.choice(("none", "partial", "full")) if took else "",
        chance.choice(("none", "partly", "bed")),
        "",
        "slept badly" if chance.random() < 0.02 else "",
    ]


def write_files(folder: Path, patients: int, days: int) -> tuple[Path, Path]:
    """The diary, grouped by patient with a tenth of the days missing, and a session every twelve weeks."""
    chance, start = random.Random(1), date(2022, 1, 1)
    diary, sessions = folder / "diary.csv", folder / "sessions.csv"
    with diary.open("w", newline="") as d, sessions.open("w", newline="") as s:
        diary_rows, session_rows = csv.writer(d), csv.writer(s)
        diary_rows.writerow(COLUMNS)
        session_rows.writerow(("patient", "date"))
        for number in range(patients):
            patient, written, offset = f"P{number:05}", 0, 0
            while written < days:
                if chance.random() > 0.1:
                    diary_rows.writerow(day_row(chance, patient, start + timedelta(days=offset)))
                    written += 1
                offset += 1
            session_rows.writerows((patient, start + timedelta(days=d)) for d in range(90, offset, 84))
    return diary, sessions


def reading_seconds(path: Path) -> float:
    """`csv.reader` to the end of the file, nothing else."""
    started = time.perf_counter()
    with path.open(newline="", encoding="utf-8") as file:
        for _ in csv.reader(file):
            pass
    return time.perf_counter() - started


def analysing_seconds(*arguments: str) -> float:
    """The whole command from start to exit, its output thrown away."""
    started = time.perf_counter()
    command = [sys.executable, str(ROOT / "manage.py"), "analyse", *arguments, "--format", "json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--days", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        diary, sessions = write_files(Path(folder), options.patients, options.days)
        rows = options.patients * options.days
        print(f"{rows:,} rows, {diary.stat().st_size / 1e6:.0f} MB, best of {options.runs}\n")
        reading = min(reading_seconds(diary) for _ in range(options.runs))
        print(f"{'what':34} {'seconds':>8} {'x csv.reader':>13}")
        print(f"{'csv.reader alone':34} {reading:8.2f} {1:13.1f}")
        for name, arguments in (
            ("analyse", (str(diary),)),
            ("analyse with injection sessions", (str(diary), "--sessions", str(sessions))),
        ):
            seconds = min(analysing_seconds(*arguments) for _ in range(options.runs))
            print(f"{name:34} {seconds:8.2f} {seconds / reading:13.1f}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\npeak memory of the command: {peak:.0f} MB (aim: 150 MB, and 10 x csv.reader)")


if __name__ == "__main__":
    main()
