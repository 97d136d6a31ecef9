"""`manage.py import_diary`: all or nothing, and a sentence instead of a traceback."""

import subprocess
import sys
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from clinic.models import CareLink, Clinic, InjectionSession
from diary.models import DiaryDay, Patient

pytestmark = pytest.mark.django_db

TWO_PEOPLE = "patient,date,headache\nP1,2026-01-05,mild\nP1,2026-01-06,none\nP2,2026-01-05,severe\n"
SESSION_COLUMNS = "patient,date,product,units,sites,batch,expiry,note"
SESSIONS = f"{SESSION_COLUMNS}\nP1,2026-01-06,Botox,155,31,C1,2027-01-01,\nP3,2026-01-07,,,,,,\n"


@pytest.fixture
def clinic():
    return Clinic.objects.create(name="Hill Clinic", slug="hill")


@pytest.fixture
def ana():
    return Patient.objects.create(user=User.objects.create_user("ana@example.org"), name="Ana")


@pytest.fixture
def file(tmp_path):
    def written(content, name="diary.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return written


@pytest.fixture
def run(capsys):
    """Runs the command; gives standard output, the lines of standard error, and the error, if any."""

    def ran(*arguments, **options):
        error = None
        try:
            call_command("import_diary", *arguments, **options)
        except CommandError as raised:
            error = raised
        out, err = capsys.readouterr()
        assert error is None or error.returncode == 2
        return out, err.splitlines(), error and str(error)

    return ran


# --- Into a clinic ----------------------------------------------------------------------------------------


def test_pseudonymous_patients_are_created_and_found_again(run, file, clinic):
    path = file(TWO_PEOPLE)
    assert run(path, clinic="hill") == ("2 people, 3 days added, 0 unchanged.\n", [], None)
    assert run(path, clinic="hill") == ("2 people, 0 days added, 3 unchanged.\n", [], None)
    links = CareLink.objects.select_related("patient").order_by("reference")
    assert [(link.clinic, link.reference, link.patient.name, link.patient.user) for link in links] == [
        (clinic, "P1", "P1", None),
        (clinic, "P2", "P2", None),
    ]


def test_the_same_pseudonym_of_another_clinic_is_another_person(run, file, clinic):
    Clinic.objects.create(name="Vale Clinic", slug="vale")
    path = file(TWO_PEOPLE)
    run(path, clinic="hill")
    run(path, clinic="vale")
    assert Patient.objects.count() == 4


def test_a_link_that_ended_is_not_followed(run, file, clinic):
    run(file(TWO_PEOPLE), clinic="hill")
    CareLink.objects.filter(reference="P1").update(ends_at=timezone.now())
    run(file(TWO_PEOPLE), clinic="hill")
    assert CareLink.objects.filter(reference="P1").values("patient").distinct().count() == 2


def test_a_diary_that_its_owner_keeps_is_not_written_by_the_clinic(run, file, clinic, ana):
    CareLink.objects.create(clinic=clinic, patient=ana, reference="P2")
    _, _, error = run(file(TWO_PEOPLE), clinic="hill")
    assert error == "Nothing was written: 'P2' keeps a diary with a sign-in; import it with --patient"
    assert not DiaryDay.objects.exists()
    assert Patient.objects.count() == 1


def test_an_ungrouped_file(run, file, clinic):
    path = file("patient,date,headache\nP1,2026-01-05,mild\nP2,2026-01-05,mild\nP1,2026-01-06,none\n")
    assert run(path, clinic="hill") == ("2 people, 3 days added, 0 unchanged.\n", [], None)


def test_sessions(run, file, clinic):
    path, sessions = file(TWO_PEOPLE), file(SESSIONS, "sessions.csv")
    out, _, _ = run(path, clinic="hill", sessions=sessions)
    assert out == "3 people, 3 days added, 0 unchanged, 2 injection sessions added.\n"
    session = InjectionSession.objects.get(patient__name="P1")
    assert (session.clinic, session.product, session.units, session.sites) == (clinic, "Botox", 155, 31)
    assert (session.batch, session.expiry, session.recorded_by) == ("C1", date(2027, 1, 1), None)
    out, _, _ = run(path, clinic="hill", sessions=sessions)
    assert out == "3 people, 0 days added, 3 unchanged, 0 injection sessions added.\n"


def test_a_session_that_differs_is_named_and_replaced_only_when_asked(run, file, clinic):
    path = file(TWO_PEOPLE)
    run(path, clinic="hill", sessions=file(SESSIONS, "sessions.csv"))
    other = file(SESSIONS.replace("155,31", "195,39"), "other.csv")
    _, err, error = run(path, clinic="hill", sessions=other)
    assert err == [f"{other}: line 2: date: 2026-01-06 of 'P1' has a session already that differs"]
    assert error.startswith("Nothing was written: 1 problem is listed above.")
    run(path, "--replace", clinic="hill", sessions=other)
    assert InjectionSession.objects.get(patient__name="P1").units == 195


# --- Into one diary ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["", "patient,"])
def test_one_persons_file(run, file, ana, column):
    value = "P9," if column else ""
    path = file(f"{column}date,headache\n{value}2026-01-05,mild\n")
    assert run(path, patient="ANA@example.org") == ("1 person, 1 days added, 0 unchanged.\n", [], None)
    assert ana.days.get().headache == "mild"


def test_sessions_of_one_person_belong_to_the_clinic_that_cares(run, file, clinic, ana):
    CareLink.objects.create(clinic=clinic, patient=ana)
    run(
        file("date,headache\n2026-01-05,mild\n"),
        patient="ana@example.org",
        sessions=file("date\n2026-01-06\n", "sessions.csv"),
    )
    assert ana.sessions.get().clinic == clinic


def test_several_people_do_not_fit_into_one_diary(run, file, ana):
    _, _, error = run(file(TWO_PEOPLE), patient="ana@example.org")
    assert error == "The files hold several people (P1, P2); --patient takes one."
    assert not ana.days.exists()


# --- Nothing, or all --------------------------------------------------------------------------------------

BAD = "patient,date,headache,pain\nP1,2026-01-05,mild,\nP1,2026-01-06,ouch,11\nP2,6.1.2026,none,\nP2,2026-01-07,none,\n"
BAD_LINES = [
    "line 3: headache: 'ouch' is not one of none, yes, mild, moderate, severe",
    "line 3: pain: '11' is not a whole number from 0 to 10",
    "line 4: date: '6.1.2026' is not YYYY-MM-DD",
]


def test_with_a_bad_row_nothing_is_written(run, file, clinic):
    out, err, error = run(file(BAD), clinic="hill")
    assert out == ""
    assert err == BAD_LINES
    assert error == (
        "Nothing was written: 3 problems are listed above. --skip-bad-rows imports the rest; --replace "
        "overwrites days that differ."
    )
    assert not Patient.objects.exists()


def test_bad_rows_can_be_left_out(run, file, clinic):
    out, err, error = run(file(BAD), "--skip-bad-rows", clinic="hill")
    assert (err, error) == (BAD_LINES, None)
    assert out == "2 people, 2 days added, 0 unchanged, 2 bad rows left out.\n"


def test_a_day_that_differs(run, file, ana):
    run(file("date,headache\n2026-01-05,mild\n"), patient="ana@example.org")
    path = file("date,headache\n2026-01-05,severe\n2026-01-06,none\n")
    _, err, error = run(path, patient="ana@example.org")
    assert err == ["line 2: date: 2026-01-05 stands in the diary already and differs"]
    assert error.startswith("Nothing was written")
    assert [day.headache for day in ana.days.all()] == ["mild"]
    out, err, error = run(path, "--replace", patient="ana@example.org")
    assert (out, err, error) == ("1 person, 1 days added, 0 unchanged, 1 replaced.\n", [], None)
    assert [day.headache for day in ana.days.order_by("date")] == ["severe", "none"]


def test_tomorrow_may_be_today_elsewhere_but_not_the_day_after(run, file, ana):
    today = timezone.localdate()
    tomorrow, later = today + timedelta(days=1), today + timedelta(days=2)
    assert run(file(f"date,headache\n{tomorrow},none\n"), patient="ana@example.org")[2] is None
    _, err, _ = run(file(f"date,headache\n{later},none\n"), patient="ana@example.org")
    assert err == [f"line 2: date: {later} is in the future"]


def test_notices_are_told_and_stop_nothing(run, file, ana):
    path = file("date,headache,mood\n2026-01-05,none,ok\n2026-01-05,none,fine\n")
    assert run(path, patient="ana@example.org") == (
        "1 person, 1 days added, 0 unchanged.\n",
        ["columns not known and ignored: 'mood'", "line 3: the same as line 2, counted once"],
        None,
    )


# --- What cannot be read ----------------------------------------------------------------------------------

UNREADABLE = [
    (b"", "line 1: the file is empty; a header row is needed"),
    ("date,headache\n2026-01-05,none\n".encode("utf-16"), "line 1: the column 'date' is missing"),
    (b"day,headache\n2026-01-05,none\n", "line 1: the column 'date' is missing"),
    (
        b'date,headache,note\n2026-01-05,none,"open\n',
        "line 2: cannot be read (unexpected end of data); is a quote opened and not closed?",
    ),
    (b"date,headache,note\n2026-01-05,none," + b"n" * 200_000, "line 2: cannot be read (field larger"),
]


@pytest.mark.parametrize(
    ("content", "message"), UNREADABLE, ids=["empty", "utf-16", "header", "quote", "huge"]
)
@pytest.mark.parametrize("options", [[], ["--skip-bad-rows"]])
def test_a_file_that_cannot_be_read_to_its_end(run, file, ana, content, message, options):
    out, err, error = run(file(content), *options, patient="ana@example.org")
    assert out == ""
    assert [line for line in err if line.startswith(message)]
    assert error == "Nothing was written: the file cannot be read to its end."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"date,headache,note\n2026-01-05,none,caf\xe9\n",
            "line 2: note: not valid UTF-8; save the file as UTF-8",
        ),
        (b"date,headache,note\n2026-01-05,none,a\x00b\n", "line 2: note: holds a NUL character"),
        (
            b"date,headache,medicines\n2026-01-05,mild,oil\xe9 (class:other)\n",
            "line 2: medicines: 'oil\\udce9' holds a character that a name cannot hold",
        ),
    ],
)
def test_bytes_that_cannot_be_stored(run, file, ana, content, message):
    _, err, _ = run(file(content), patient="ana@example.org")
    assert err == [message]


def test_who_or_what_is_missing(run, file, clinic, tmp_path):
    path = file(TWO_PEOPLE)
    User.objects.create_user("bo@example.org")
    assert run(path, clinic="vale")[2] == "There is no clinic 'vale'."
    assert run(path, patient="bo@example.org")[2] == "Nobody with a diary signs in as bo@example.org."
    assert run(str(tmp_path / "no.csv"), clinic="hill")[2] == f"{tmp_path}/no.csv: No such file or directory"
    assert run(str(tmp_path), clinic="hill")[2] == f"{tmp_path}: Is a directory"
    assert run(path, clinic="hill", sessions=str(tmp_path))[2] == f"{tmp_path}: Is a directory"
    assert run(file("date,headache\n2026-01-05,none\n"), clinic="hill")[2] == (
        "The file has no column 'patient'; a clinic's file names each row's patient."
    )
    assert not Patient.objects.exists()


def test_whose_diary_must_be_said():
    done = subprocess.run(
        [sys.executable, "manage.py", "import_diary", "x.csv"],
        capture_output=True,
        text=True,
        env={"DEBUG": "1", "SECRET_KEY": "x" * 60, "PATH": ""},
        check=False,
    )
    assert done.returncode == 2
    assert "one of the arguments --patient --clinic is required" in done.stderr


def test_imported_patients_live_in_the_clinics_time_zone(clinic, file, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    call_command("import_diary", file(TWO_PEOPLE), clinic="hill")
    assert {patient.time_zone for patient in Patient.objects.all()} == {"Pacific/Auckland"}


def test_a_link_that_will_end_is_found_again_while_it_is_open(clinic, file):
    call_command("import_diary", file(TWO_PEOPLE), clinic="hill")
    CareLink.objects.update(ends_at=timezone.now() + timedelta(days=30))
    call_command("import_diary", file(TWO_PEOPLE), clinic="hill")
    assert Patient.objects.count() == 2
