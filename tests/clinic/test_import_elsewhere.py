"""`import_diary` with the files of other programs: what has to be said is asked for by the name of its option."""

import json

import pytest
from django.core.management import CommandError, call_command

from diary.models import DiaryDay
from tests.cast import new_patient

BUDDY = '"#","Started","Lasted","Pain Level","Helpful Medication"\n"1","03/04/26 08:30","01h 00m","7","{}"\n'
YELLOW = {
    "metadata": {}, "episodes": [], "medications": [], "medicationDoses": [],
    "dailyStatusLogs": [{"id": "1", "date": "2026-03-01", "status": "yellow"}],
}  # fmt: skip
HEALTH = (
    '<HealthData><Record type="HKCategoryTypeIdentifierHeadache" startDate="2026-03-01 23:30:00 +0000" '
    'endDate="2026-03-01 23:40:00 +0000"/></HealthData>'
)


@pytest.fixture
def anna(db, noon):
    return new_patient("Anna Example")


@pytest.fixture
def run(tmp_path, anna):
    def ran(content, *options):
        path = tmp_path / "diary"
        path.write_text(content)
        call_command("import_diary", str(path), "--patient", anna.user.email, *options)
        return [f"{day.date:%m-%d}" for day in anna.days.order_by("date")]

    return ran


def test_order_of_the_date_is_asked_for(run):
    with pytest.raises(CommandError, match="say --day-first or --month-first"):
        run(BUDDY.format(""))
    assert run(BUDDY.format(""), "--day-first") == ["04-03"]


def test_month_first(run):
    assert run(BUDDY.format(""), "--month-first") == ["03-04"]


def test_kind_of_an_unknown_medicine_is_said_once(run, anna):
    with pytest.raises(CommandError, match="Nothing was written: 1 problem"):
        run(BUDDY.format("Oma's Tropfen"), "--day-first")
    run(BUDDY.format("Oma's Tropfen"), "--day-first", "--kind", "oma's tropfen=other")
    assert [(one.name, one.medication_class) for one in anna.medicines.all()] == [("Oma's Tropfen", "other")]


def test_yellow_days_are_asked_for(run, anna):
    with pytest.raises(CommandError, match="--yellow free, headache or leave"):
        run(json.dumps(YELLOW))
    run(json.dumps(YELLOW), "--yellow", "free")
    assert [day.headache for day in anna.days.all()] == ["none"]


@pytest.mark.parametrize(("zone", "day"), [("UTC", "03-01"), ("Asia/Tokyo", "03-02")])
def test_zone(run, zone, day):
    assert run(HEALTH, "--zone", zone, "--format", "apple-health") == [day]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--zone", "Mars/Olympus"], "--zone: 'Mars/Olympus' is no time zone"),
        (["--kind", "x=sweets"], "--kind: 'x=sweets' is not NAME=CLASS"),
        (["--kind", "sweets"], "--kind: 'sweets' is not NAME=CLASS"),
    ],
)
def test_what_is_said_wrongly_is_named(run, options, words):
    with pytest.raises(CommandError, match=words):
        run(HEALTH, *options)
    assert not DiaryDay.objects.exists()


def test_damaged_file_writes_nothing(run):
    with pytest.raises(CommandError, match="Nothing was written: This export cannot be read"):
        run(HEALTH[:-5])


def test_file_of_another_program_is_no_clinics(tmp_path, db):
    (path := tmp_path / "health.xml").write_text(HEALTH)
    from clinic.models import Clinic

    Clinic.objects.create(name="North", slug="north")
    with pytest.raises(CommandError, match="say whose with --patient"):
        call_command("import_diary", str(path), "--clinic", "north")
