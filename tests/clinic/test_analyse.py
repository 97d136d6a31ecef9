"""`manage.py analyse` as a program meets it: standard output, standard error and the exit code, without a database."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path):
    def written(content, name="diary.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return written


@pytest.fixture
def run(capsys):
    """Exit code, standard output and standard error; a test without database access fails when one is opened."""

    def ran(*arguments):
        code = 0
        try:
            call_command("analyse", *arguments)
        except SystemExit as done:
            code = done.code
        out, err = capsys.readouterr()
        return code, out, err

    return ran


def dates(first, last):
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def june_of_p1():
    """28 of 30 days: 16 headache days (9 severe, 2 of pain 5), triptans on 11 days, two of them without headache."""
    said = {
        **dict.fromkeys(range(1, 10), ("severe", "", "sumatriptan 50 mg x2")),
        **dict.fromkeys((10, 11, 12), ("mild", "", "ibuprofen")),
        **dict.fromkeys((13, 14), ("mild", "", "metoclopramide")),
        **dict.fromkeys((15, 16), ("yes", "5", "")),
        **dict.fromkeys((17, 18), ("none", "", "Imigran")),
    }
    for day in range(1, 29):
        yield ",".join(["P1", f"2026-06-{day:02}", *said.get(day, ("none", "0", ""))])


def spring_of_p2():
    """A full baseline with 20 mild headache days and a full evaluation window with 14; nothing between."""
    for first, last, headaches in (
        (date(2026, 2, 1), date(2026, 2, 28), 20),
        (date(2026, 4, 26), date(2026, 5, 23), 14),
    ):
        for number, day in enumerate(dates(first, last)):
            yield f"P2,{day},{'mild' if number < headaches else 'none'},,"


ROWS = [*june_of_p1(), *spring_of_p2()]
DIARY = "\n".join(["patient,date,headache,pain,medicines", *ROWS, ""])
SESSIONS = "patient,date\nP2,2026-03-01\n"

NO_OVERUSE = {
    "8.2.1": "not_reached",
    "8.2.2": "not_reached",
    "8.2.3": "not_reached",
    "8.2.4": "not_reached",
    "8.2.5": "not_reached",
    "8.2.6": "not_applicable",
    "ditan": "not_reached",
}
NO_MEDICINES = {
    "triptan": 0,
    "ergot": 0,
    "opioid": 0,
    "combination": 0,
    "non_opioid": 0,
    "gepant": 0,
    "ditan": 0,
    "other": 0,
}
P1 = {
    "patient": "P1",
    "first_day": "2026-06-01",
    "last_day": "2026-06-28",
    "recorded": 28,
    "months": [
        {
            "month": "2026-06",
            "days": 30,
            "recorded": 28,
            "missing": 2,
            "headache_days": 16,
            "migraine_days": 9,
            "moderate_severe_days": 11,
            "acute_medication_days": 14,
            "medication_days": NO_MEDICINES | {"triptan": 11, "non_opioid": 3},
            "headache_15": "reached",
            "migraine_8": "reached",
            "overuse": NO_OVERUSE | {"8.2.2": "reached"},
            "estimate_30": 17.1,
        }
    ],
    "patterns": {
        "chronic_migraine": {"state": "not_reached", "months": 1, "required": 4},
        "medication_overuse_headache": {"8.2.2": {"state": "not_reached", "months": 1, "required": 4}},
    },
    "baseline": None,
    "cycles": [],
    "criteria": {
        "nice-ta260": {"inadequate_response": "not_applicable", "episodic": "not_applicable"},
        "ehf-2018": {"inadequate_response": "not_applicable", "episodic": "not_applicable"},
    },
}


def month(name, days, recorded, headache_days, headache_15, migraine_8, estimate_30):
    return {
        "month": name,
        "days": days,
        "recorded": recorded,
        "missing": days - recorded,
        "headache_days": headache_days,
        "migraine_days": 0,
        "moderate_severe_days": 0,
        "acute_medication_days": 0,
        "medication_days": NO_MEDICINES,
        "headache_15": headache_15,
        "migraine_8": migraine_8,
        "overuse": NO_OVERUSE,
        "estimate_30": estimate_30,
    }


def counts(days, recorded, headache_days):
    return {"days": days, "recorded": recorded, "headache_days": headache_days, "migraine_days": 0}


P2 = {
    "patient": "P2",
    "first_day": "2026-02-01",
    "last_day": "2026-05-23",
    "recorded": 56,
    "months": [
        month("2026-02", 28, 28, 20, "reached", "not_reached", 21.4),
        month("2026-03", 31, 0, 0, "uncertain", "uncertain", None),
        month("2026-04", 30, 5, 5, "uncertain", "uncertain", None),
        month("2026-05", 31, 23, 9, "uncertain", "uncertain", 11.7),
    ],
    "patterns": {
        "chronic_migraine": {"state": "not_reached", "months": 0, "required": 4},
        "medication_overuse_headache": {},
    },
    "baseline": {"first": "2026-02-01", "last": "2026-02-28", **counts(28, 28, 20), "estimate_28": 20.0},
    "cycles": [
        {
            "number": 1,
            "starts_on": "2026-03-01",
            "ends_on": "2026-05-23",
            "evaluation": {
                "first": "2026-04-26",
                "last": "2026-05-23",
                **counts(28, 28, 14),
                "estimate_28": 14.0,
            },
            "blocks": [
                {"weeks": "1-4", **counts(28, 0, 0)},
                {"weeks": "5-8", **counts(28, 0, 0)},
                {"weeks": "9-12", **counts(28, 28, 14)},
            ],
            "weeks": [
                *({"week": number, **counts(7, 0, 0)} for number in range(1, 9)),
                {"week": 9, **counts(7, 7, 7)},
                {"week": 10, **counts(7, 7, 7)},
                {"week": 11, **counts(7, 7, 0)},
                {"week": 12, **counts(7, 7, 0)},
            ],
            "reduction": 30.0,
            "reduction_low": 30.0,
            "reduction_high": 30.0,
            "responder": {"30": "reached", "50": "not_reached", "75": "not_reached"},
        }
    ],
    "criteria": {
        "nice-ta260": {"inadequate_response": "cannot_evaluate", "episodic": "uncertain"},
        "ehf-2018": {"inadequate_response": "cannot_evaluate", "episodic": "uncertain"},
    },
}


# --- JSON -------------------------------------------------------------------------------------------------


def test_json_is_what_was_counted_by_hand(run, file):
    code, out, err = run(file(DIARY), "--sessions", file(SESSIONS, "sessions.csv"), "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"schema": 1, "migraine_day": "pragmatic", "patients": [P1, P2]}


def test_the_other_migraine_day(run, file):
    _, out, _ = run(file(DIARY), "--migraine-day", "ichd3", "--format", "json")
    found = json.loads(out)
    assert found["migraine_day"] == "ichd3"
    # A triptan alone, without relief or an opinion, is no migraine day here.
    assert found["patients"][0]["months"][0]["migraine_days"] == 0


def test_one_person_without_a_column_has_an_empty_name(run, file):
    _, out, _ = run(file("date;headache\n2026-01-05;mild\n"), "--format", "json")
    assert [patient["patient"] for patient in json.loads(out)["patients"]] == [""]


def test_a_header_alone_is_nobody(run, file):
    assert json.loads(run(file("date,headache\n"), "--format", "json")[1])["patients"] == []


def test_an_ungrouped_file_gives_the_same(run, file):
    sessions = file(SESSIONS, "sessions.csv")
    # One row of each person in turn, which ends with the longer diary alone.
    mixed = sorted(ROWS, key=lambda row: (ROWS.index(row) % 28, row[:2]))
    ungrouped = "\n".join([DIARY.splitlines()[0], *mixed, ""])
    one = run(file(DIARY), "--sessions", sessions, "--format", "json")
    assert run(file(ungrouped, "mixed.csv"), "--sessions", sessions, "--format", "json") == one


# --- For people and spreadsheets --------------------------------------------------------------------------


def test_csv_is_a_row_for_each_patient_and_month(run, file):
    code, out, err = run(file(DIARY), "--format", "csv")
    found = list(csv.DictReader(io.StringIO(out)))
    assert (code, err) == (0, "")
    assert [(row["patient"], row["month"], row["headache_days"]) for row in found] == [
        ("P1", "2026-06", "16"),
        ("P2", "2026-02", "20"),
        ("P2", "2026-03", "0"),
        ("P2", "2026-04", "5"),
        ("P2", "2026-05", "9"),
    ]
    assert found[0]["triptan_days"] == "11"
    assert found[0]["overuse_8.2.2"] == "reached"
    assert [row["estimate_30"] for row in found] == ["17.1", "21.4", "", "", "11.7"]


def test_csv_has_no_formulas(run, file):
    _, out, _ = run(file("patient,date,headache\n=P1,2026-01-05,mild\n"), "--format", "csv")
    assert out.splitlines()[1].startswith("'=P1,2026-01")


def test_text_is_the_default_and_says_what_it_counts(run, file):
    code, out, err = run(file(DIARY), "--sessions", file(SESSIONS, "sessions.csv"))
    assert (code, err) == (0, "")
    assert "P1: 28 days recorded from 2026-06-01 to 2026-06-28" in out
    assert "reduction 30.0 % (30.0 to 30.0)" in out
    assert "not a diagnosis" in out
    assert run(file(DIARY), "--sessions", file(SESSIONS, "sessions.csv"), "--format", "text")[1] == out


# --- Bad input --------------------------------------------------------------------------------------------

BAD = "date,headache\n2026-01-05,mild\n31/12/2026,none\n2026-01-07,ouch\n"
BAD_LINES = (
    "line 3: date: '31/12/2026' is not YYYY-MM-DD\n"
    "line 4: headache: 'ouch' is not one of none, yes, mild, moderate, severe\n"
)


@pytest.mark.parametrize("name", ["json", "csv", "text"])
def test_bad_rows_leave_standard_output_empty(run, file, name):
    assert run(file(BAD), "--format", name) == (2, "", BAD_LINES)


def test_a_bad_row_late_in_an_ungrouped_file(run, file):
    text = "patient,date,headache\nP1,2026-01-05,mild\nP2,2026-01-05,mild\nP1,2026-01-06,ouch\nP1,2026-01-07,none\n"
    code, out, err = run(file(text), "--format", "json")
    assert (code, out) == (2, "")
    assert err == "line 4: headache: 'ouch' is not one of none, yes, mild, moderate, severe\n"


def test_different_rows_of_one_date(run, file):
    code, out, err = run(file("date,headache\n2026-01-05,mild\n2026-01-05,none\n"))
    assert (code, out) == (2, "")
    assert err == "line 3: date: 2026-01-05 stands on line 2 too and differs; keep one of them\n"


def test_equal_rows_and_unknown_columns_are_notices(run, file):
    code, out, err = run(
        file("date,headache,mood\n2026-01-05,mild,a\n2026-01-05,mild,b\n"), "--format", "json"
    )
    assert code == 0
    assert json.loads(out)["patients"][0]["recorded"] == 1
    assert err == "columns not known and ignored: 'mood'\nline 3: the same as line 2, counted once\n"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            "P2,2026-03-01\nP2,2026-03-01",
            "line 3: date: 2026-03-01 of 'P2' stands on line 2 too; keep one session",
        ),
        ("P2,March", "line 2: date: 'March' is not YYYY-MM-DD"),
        (",2026-03-01", "line 2: patient: is empty; a pseudonym of 1 to 64 characters is needed"),
    ],
)
def test_bad_sessions(run, file, rows, message):
    sessions = file(f"patient,date\n{rows}\n", "sessions.csv")
    code, out, err = run(file(DIARY), "--sessions", sessions)
    assert (code, out) == (2, "")
    assert err == f"{sessions}: {message}\n"


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("units", "lots", "'lots' is not a whole number from 1 to 1000"),
        ("units", "0", "'0' is not a whole number from 1 to 1000"),
        ("sites", "101", "'101' is not a whole number from 1 to 100"),
        ("batch", "B" * 41, "41 characters are too many; 40 are the most"),
        ("expiry", "2027-13-01", "'2027-13-01' is not a day of the calendar"),
    ],
)
def test_bad_session_values(run, file, column, value, message):
    sessions = file(f"date,{column}\n2026-03-01,{value}\n", "sessions.csv")
    code, _, err = run(file("date,headache\n2026-01-05,none\n"), "--sessions", sessions)
    assert (code, err) == (2, f"{sessions}: line 2: {column}: {message}\n")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 100,
        b"\xff\xfe\x00",
        bytes(range(256)),
        b'date,headache\n"2026-01-05,mild\n',
        b"date,headache\n2026-01-05," + b"m" * 200_000,
        b"PK\x03\x04 not a table",
    ],
)
def test_any_bytes_end_in_a_sentence(run, file, content):
    code, out, err = run(file(content), "--format", "json")
    assert (code, out) == (2, "")
    assert err.startswith("line ") or "line 1: " in err


def test_the_program(tmp_path, file):
    """Without settings of a real installation, without a database, and with nothing but the result on standard
    output."""
    environment = {
        "PATH": os.environ["PATH"],
        "DEBUG": "1",
        "SECRET_KEY": "x" * 60,
        "DATA_DIR": str(tmp_path / "data"),
    }

    def program(*arguments):
        command = [sys.executable, str(ROOT / "manage.py"), "analyse", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
        )

    good = program(file(DIARY), "--format", "json")
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["patients"][0] == P1
    bad = program(file(BAD, "bad.csv"))
    assert (bad.returncode, bad.stdout, bad.stderr) == (2, "", BAD_LINES)
    missing = program(str(tmp_path / "none.csv"))
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "No such file or directory" in missing.stderr
    assert "Traceback" not in missing.stderr
    folder = program(str(tmp_path))
    assert (folder.returncode, folder.stdout) == (2, "")
    assert "Is a directory" in folder.stderr
    assert not (tmp_path / "data" / "diary.sqlite3").exists()


def test_sessions_without_a_diary_are_said_to_be_left_out(run, file):
    sessions = file("patient,date\nP1,2026-03-01\nTypo,2026-03-02\n", "sessions.csv")
    diary = file("patient,date,headache\nP1,2026-01-05,mild\n")
    code, out, err = run(diary, "--sessions", sessions, "--format", "json")
    assert (code, err) == (0, "sessions of 'Typo': no diary, left out\n")
    assert len(json.loads(out)["patients"][0]["cycles"]) == 1


def test_a_reader_who_has_seen_enough_gets_no_traceback(tmp_path, file):
    """As with `| head`: the result is longer than what a pipe holds."""
    command = [sys.executable, str(ROOT / "manage.py"), "analyse", file(CENTURIES), "--format", "json"]
    environment = {**os.environ, "DEBUG": "1", "SECRET_KEY": "x" * 60, "DATA_DIR": str(tmp_path / "data")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as program:
        assert program.stdout.read(12) == b'{"schema": 1'
        program.stdout.close()
        assert program.stderr.read() == b""


CENTURIES = "date,headache\n1900-01-01,mild\n2199-12-31,mild\n"
