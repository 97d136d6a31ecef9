"""A diary goes out as CSV and comes back the same, through the database."""

import io
import json
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from diary.details import BadTrigger, Quality, Side, implied_features, trigger_words
from diary.exports import diary_csv, json_text, write_rows
from diary.imports.diary_csv import Dose, Other, Report, Row, dose, rows, without_repeats
from diary.imports.storage import Outcome, not_after, recorded_rows, store
from diary.imports.uploaded import reading, text_of
from diary.models import DiaryDay, Medicine, Patient, aura_set, feature_set, feature_words
from diary.models.days import AURA_TEXTS
from diary.rules import Day, Disability, Headache, MedicationClass, Relief

pytestmark = pytest.mark.django_db

HEADER = (
    "date,headache,pain,hours,migraine,features,medicines,relief,disability,menstruation,note,"
    "start,end,side,quality,aura,triggers"
)
PUBLISHED = HEADER.removesuffix(",start,end,side,quality,aura,triggers")


@pytest.fixture
def ana():
    return Patient.objects.create(user=User.objects.create_user("ana@example.org"), name="Ana")


def imported(patient, text, **options):
    report = Report()
    found = without_repeats(rows(io.StringIO(text, newline=""), report), report)
    return store(patient, found, report, **options), report


def exported(patient):
    out = io.StringIO(newline="")
    diary_csv(patient, out)
    return out.getvalue()


# --- Out --------------------------------------------------------------------------------------------------


def day_with(patient, *medicines, **said):
    day = DiaryDay.objects.create(patient=patient, **{"date": date(2026, 1, 5), "headache": "mild"} | said)
    for place, fields in enumerate(medicines):
        medicine = Medicine.objects.create(patient=patient, **fields)
        day.intakes.create(medicine=medicine, doses=place + 1)
    return day


def test_an_empty_diary_is_a_header(ana):
    assert exported(ana) == HEADER + "\r\n"


def test_a_full_day(ana):
    day_with(
        ana,
        {
            "product": "sumatriptan-tab",
            "name": "sumatriptan",
            "strength": "50 mg",
            "medication_class": "triptan",
        },
        {"medication_class": "opioid"},
        {"name": "Tiger oil", "medication_class": "other"},
        {"name": "Tiger oil", "strength": "3 drops", "medication_class": "other"},
        pain=2,
        hours=Decimal("7.50"),
        migraine=True,
        features="one_sided;nausea;aura",
        relief="partial",
        disability="bed",
        menstruation=False,
        note="=1+1",
        start=time(22, 5),
        end=time(1, 0),
        side="left",
        quality="pressing",
        aura="visual;speech",
        triggers="=storm;little sleep;+x",
    )
    assert exported(ana).splitlines()[1] == (
        "2026-01-05,mild,2,7.5,yes,one_sided;nausea;aura,"
        '"sumatriptan 50 mg;class:opioid x2;Tiger oil (class:other) x3;Tiger oil (3 drops, class:other) x4",'
        "partial,bed,no,'=1+1,22:05,01:00,left,pressing,visual;speech,'=storm;little sleep;'+x"
    )


def test_a_medicine_of_which_the_catalogue_says_otherwise_keeps_its_class(ana):
    day_with(
        ana,
        {"name": "Imigran", "medication_class": "other"},
        {"product": "gone", "name": "Oldname", "strength": "5 mg", "medication_class": "ergot"},
    )
    (row,) = recorded_rows(ana)
    assert exported(ana).splitlines()[1].split(",")[6:8] == [
        '"Imigran (class:other);Oldname (5 mg',
        ' class:ergot) x2"',
    ]
    assert [found.medication_class for found in row.medicines] == ["other", "ergot"]


def test_two_queries(ana, django_assert_num_queries):
    for offset in range(40):
        day_with(
            ana,
            {"name": f"a{offset}", "medication_class": "other"},
            date=date(2026, 1, 1 + offset % 28) + timedelta(days=offset // 28 * 31),
        )
    with django_assert_num_queries(2):
        exported(ana)


def test_the_command_writes_nothing_but_the_file(ana, capsys):
    day_with(ana)
    call_command("export_diary", patient=" Ana@Example.org ")
    out, err = capsys.readouterr()
    assert out.splitlines() == [HEADER, "2026-01-05,mild,,,,,,,,,,,,,,,"]
    assert err == ""


@pytest.mark.parametrize("email", ["nobody@example.org", "bo@example.org", ""])
def test_the_command_names_who_has_no_diary(email):
    User.objects.create_user("bo@example.org")
    with pytest.raises(CommandError, match=r"^Nobody with a diary signs in as") as error:
        call_command("export_diary", patient=email)
    assert error.value.returncode == 2


# --- In ---------------------------------------------------------------------------------------------------


def test_what_is_imported_says_so(ana):
    outcome, report = imported(
        ana, "date,headache,medicines\n2026-01-05,mild,class:triptan x2\n2026-01-06,none,\n"
    )
    assert report == Report()
    assert outcome == Outcome(added=2)
    day = ana.days.get(date=date(2026, 1, 5))
    assert (day.source, day.recorded_on) == ("import", None)
    assert [(i.medicine.medication_class, i.doses) for i in day.intakes.all()] == [("triptan", 2)]


def test_a_medicine_of_the_own_list_is_found_again_whatever_its_case(ana):
    own = Medicine.objects.create(patient=ana, name="Tiger Oil", medication_class="other")
    imported(
        ana, "date,headache,medicines\n2026-01-05,mild,tiger oil (class:other);TIGER OIL (class:other) x2\n"
    )
    assert list(ana.medicines.all()) == [own]
    assert ana.days.get().intakes.get().doses == 3


def test_equal_days_are_unchanged(ana):
    text = f"{PUBLISHED}\n2026-01-05,mild,2,3.50,no,aura,sumatriptan;class:other,full,none,yes,x\n"
    imported(ana, text)
    assert imported(ana, text) == (Outcome(unchanged=1), Report())
    shuffled = text.replace("3.50", "3.5").replace("sumatriptan;class:other", "class:other;Sumatriptan")
    assert imported(ana, shuffled) == (Outcome(unchanged=1), Report())


@pytest.mark.parametrize(
    "row",
    [
        "2026-01-05,moderate,,class:triptan,a",
        "2026-01-05,mild,5,class:triptan,a",
        "2026-01-05,mild,,class:triptan x2,a",
        "2026-01-05,mild,,,a",
        "2026-01-05,mild,,class:triptan,",
    ],
)
def test_a_day_that_differs_is_never_overwritten_silently(ana, row):
    header = "date,headache,hours,medicines,note"
    imported(ana, f"{header}\n2026-01-05,mild,,class:triptan,a\n")
    before = recorded_rows(ana)
    outcome, report = imported(ana, f"{header}\n2026-01-04,none,,,\n{row}\n")
    assert report.problems == ["line 3: date: 2026-01-05 stands in the diary already and differs"]
    assert outcome == Outcome(added=1)
    assert recorded_rows(ana)[1:] == before


def test_replace_takes_the_file_s_day(ana):
    day = day_with(
        ana, {"name": "oil", "medication_class": "other"}, recorded_on=date(2026, 1, 6), note="mine"
    )
    outcome, report = imported(
        ana, "date,headache,medicines\n2026-01-05,severe,class:triptan\n", replace=True
    )
    assert (outcome, report) == (Outcome(replaced=1), Report())
    day.refresh_from_db()
    assert (day.headache, day.note, day.source, day.recorded_on) == ("severe", "", "import", date(2026, 1, 6))
    assert [intake.medicine.medication_class for intake in day.intakes.all()] == ["triptan"]


def test_the_future_is_a_problem():
    report = Report()
    found = rows(io.StringIO("date,headache\n2026-01-05,none\n2026-01-06,none\n"), report)
    assert [row.line for row in not_after(found, date(2026, 1, 5), report)] == [2]
    assert report.problems == ["line 3: date: 2026-01-06 is in the future"]


def test_ten_years_take_few_queries(ana, django_assert_max_num_queries):
    lines = [
        f"{date(2016, 1, 1) + timedelta(days=n)},moderate,5,sumatriptan 50 mg;ibuprofen x2"
        for n in range(3650)
    ]
    with django_assert_max_num_queries(300):
        outcome, _ = imported(ana, "\n".join(["date,headache,pain,medicines", *lines, ""]))
    assert outcome == Outcome(added=3650)


def test_details_of_a_file_say_their_features(ana):
    imported(
        ana,
        "date,headache,features,side,quality,aura,start,end,triggers\n"
        '2026-01-05,mild,nausea,right,pulsating,Sensory; visual,23:30,00:45,"Storm, storm;\'=wine"\n'
        "2026-01-06,mild,one_sided,both,pressing,,,,\n",
    )
    one, two = ana.days.order_by("date")
    assert one.features == "one_sided;pulsating;nausea;aura"
    assert (one.side, one.quality, one.aura, one.triggers) == (
        "right",
        "pulsating",
        "visual;sensory",
        "Storm;=wine",
    )
    assert (one.start, one.end, one.hours) == (time(23, 30), time(0, 45), None)
    # The other way round nothing follows.
    assert (two.features, two.side) == ("one_sided", "both")


def test_doses_of_a_file_have_no_time(ana):
    imported(ana, "date,headache,medicines\n2026-01-05,mild,sumatriptan\n")
    assert ana.days.get().intakes.get().created_at is None


# --- Out and in -------------------------------------------------------------------------------------------

CHARACTERS = st.sampled_from("=+-@'\",;()x\n\r\t😀é ") | st.characters(
    codec="utf-8", exclude_characters="\x00"
)
NAMES = st.text(CHARACTERS, min_size=1, max_size=20)


def is_valid(name):
    try:
        Medicine._meta.get_field("name").run_validators(name)
    except ValidationError:
        return False
    return True


LISTS = st.lists(
    st.tuples(NAMES.filter(is_valid), st.sampled_from(MedicationClass)),
    max_size=3,
    unique_by=lambda medicine: (medicine[0].lower(), medicine[1]),
)
CLOCK = st.builds(time, st.integers(0, 23), st.integers(0, 59))


def is_trigger(word):
    try:
        return trigger_words(word) == (word,)
    except BadTrigger:
        return False


TRIGGERS = st.text(CHARACTERS, min_size=1, max_size=20).filter(is_trigger)


def with_features(said):
    """As the form and the import would store it: what a detail says, the features say too."""
    implied = implied_features(
        Side(said["side"]) if said["side"] else None,
        Quality(said["quality"]) if said["quality"] else None,
        aura_set(said["aura"]),
    )
    return said | {"features": feature_words(feature_set(said["features"]) | implied)}


DAYS = st.lists(
    st.fixed_dictionaries(
        {
            "headache": st.sampled_from(["yes", "mild", "moderate", "severe"]),
            "pain": st.none() | st.integers(1, 10),
            "hours": st.none() | st.decimals(0, 24, places=2),
            "migraine": st.none() | st.booleans(),
            "features": st.sampled_from(["", "aura", "one_sided;nausea"]),
            "relief": st.sampled_from(["", "none", "full"]),
            "disability": st.sampled_from(["", "partly"]),
            "menstruation": st.none() | st.booleans(),
            "note": st.text(CHARACTERS, max_size=30) | st.just("=SUM(A1:A9)"),
            "start": st.none() | CLOCK,
            "end": st.none() | CLOCK,
            "side": st.sampled_from(["", *Side]),
            "quality": st.sampled_from(["", *Quality]),
            "aura": st.sampled_from(AURA_TEXTS),
            "triggers": st.lists(TRIGGERS, max_size=4).map(
                lambda words: ";".join(trigger_words(";".join(words)))
            ),
        }
    ).map(with_features),
    max_size=5,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(medicines=LISTS, days=DAYS)
def test_import_of_export_is_the_same_diary(medicines, days):
    one, other = Patient.objects.create(name="one"), Patient.objects.create(name="other")
    own = [Medicine.objects.create(patient=one, name=n, medication_class=c) for n, c in medicines]
    own.append(Medicine.objects.create(patient=one, **dose_fields("Excedrin")))
    for offset, fields in enumerate(days):
        day = DiaryDay.objects.create(patient=one, date=date(2026, 1, 1) + timedelta(days=offset), **fields)
        for doses, medicine in enumerate(own, start=1):
            day.intakes.create(medicine=medicine, doses=doses)
    outcome, report = imported(other, exported(one))
    assert (outcome, report) == (Outcome(added=len(days)), Report())
    assert recorded_rows(other) == recorded_rows(one)
    assert imported(one, exported(other)) == (Outcome(unchanged=len(days)), Report())


DOSES = st.lists(
    st.builds(
        lambda name, word, doses: Dose("", name, "", word, doses),
        NAMES.filter(is_valid),
        st.sampled_from(MedicationClass),
        st.integers(1, 99),
    )
    | st.sampled_from(["Excedrin", "sumatriptan 50 mg x2", "class:opioid x3", "Imigran"]).map(dose),
    max_size=4,
    unique_by=lambda one: (one.name.lower(), one.strength, one.medication_class),
).map(tuple)


def row_with(offset, said, doses):
    """As the database would give it."""
    day = Day(
        date(2026, 1, 1) + timedelta(days=offset),
        Headache(said["headache"]),
        said["pain"],
        said["migraine"],
        feature_set(said["features"]),
        frozenset(one.medication_class for one in doses),
        Relief(said["relief"]) if said["relief"] else None,
    )
    other = Other(
        said["hours"],
        Disability(said["disability"]) if said["disability"] else None,
        said["menstruation"],
        said["start"],
        said["end"],
        Side(said["side"]) if said["side"] else None,
        Quality(said["quality"]) if said["quality"] else None,
        aura_set(said["aura"]),
        trigger_words(said["triggers"]),
    )
    return Row(0, "", day, doses, other, said["note"])


FREE = st.just(
    dict.fromkeys(("pain", "hours", "migraine", "menstruation", "start", "end"))
    | dict.fromkeys(("features", "relief", "disability", "side", "quality", "aura", "triggers", "note"), "")
    | {"headache": "none"}
)
GENERATED = st.lists(
    st.tuples(st.integers(0, 3), st.one_of(DAYS.filter(bool).map(lambda days: days[0]), FREE), DOSES),
    max_size=6,
).map(
    lambda days: [
        row_with(sum(gap for gap, *_rest in days[: place + 1]) + place, said, doses)
        for place, (_gap, said, doses) in enumerate(days)
    ]
)


def csv_text(days):
    out = io.StringIO(newline="")
    write_rows(days, out)
    return out.getvalue()


@pytest.mark.parametrize("written", [csv_text, json_text])
def test_what_is_written_is_read_again_as_it_was_for_500_diaries(written):
    seen = []

    @settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(GENERATED)
    def is_the_same(days):
        found = reading(text_of(io.BytesIO(written(days).encode())), date(2026, 12, 31), {})
        assert (found.report.problems, found.unknown) == ([], [])
        assert [row[1:] for row in found.rows] == [row[1:] for row in days]
        seen.append(len(days))

    is_the_same()
    assert len(seen) >= 500
    # Dates are left out between them, and none of these comes back as a day.
    assert sum(seen) > 500


def test_json_is_of_its_schema_and_a_gap_stays_a_gap():
    schema = json.loads((Path(__file__).parents[2] / "docs" / "diary.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    @settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(GENERATED)
    def is_valid_json(days):
        said = json.loads(json_text(days))
        validator.validate(said)
        assert [day["date"] for day in said["days"]] == [row.date.isoformat() for row in days]

    is_valid_json()
    assert not validator.is_valid({"format": "headache-diary", "version": 2, "days": []})
    assert not validator.is_valid(
        {"format": "headache-diary", "version": 1, "days": [{"date": "2026-01-01"}]}
    )


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ({"date": "2026-01-01"}, "days[0]: headache: '' is not one of"),
        ({"date": 5, "headache": "mild"}, "days[0]: date: '5' is not YYYY-MM-DD"),
        ({"date": "2026-01-01", "headache": "mild", "pain": 11}, "days[0]: pain: '11' is not a whole number"),
        (
            {"date": "2026-01-01", "headache": "mild", "medicines": ["x"]},
            "days[0]: medicines: 'x' is not a name",
        ),
        (
            {"date": "2026-01-01", "headache": "mild", "medicines": "x"},
            "days[0]: medicines: 'x' is not a list",
        ),
        ({"date": "2026-01-01", "headache": "mild", "aura": {}}, "days[0]: aura: '{}' cannot stand there"),
    ],
)
def test_bad_day_of_a_json_is_said_with_its_place(day, words):
    good = {"date": "2026-01-02", "headache": "none"}
    text = json.dumps({"format": "headache-diary", "version": 1, "days": [day, good]})
    found = reading(text, date(2026, 12, 31), {})
    assert any(words in problem for problem in found.report.problems)
    assert [row.date.day for row in found.rows] == [2]


def test_command_writes_json_that_comes_back(ana, tmp_path):
    day_with(ana, {"name": "Oma's Tropfen", "medication_class": "other"}, note="=1+1", headache="severe")
    out = io.StringIO()
    call_command("export_diary", "--patient", "ana@example.org", "--format", "json", stdout=out)
    (path := tmp_path / "diary.json").write_text(out.getvalue(), encoding="utf-8")
    before = recorded_rows(ana)
    ana.days.all().delete()
    call_command("import_diary", str(path), "--patient", "ana@example.org")
    assert recorded_rows(ana) == before


def dose_fields(text):
    found = dose(text)
    return {"product": found.product, "name": found.name, "medication_class": found.medication_class}


@pytest.mark.parametrize("name", ["a;b", " a", "a ", "a\nb", "a\x00", "a\udc80", "\x85"])
def test_a_medicine_name_that_the_file_cannot_carry_is_refused(name):
    assert not is_valid(name)


@pytest.mark.parametrize("name", ["Tiger oil x2", "a (class:other)", "=SUM(A1)", "naïve 😀", "x", ""])
def test_a_strange_medicine_name_is_allowed(name):
    assert is_valid(name)


@pytest.mark.parametrize("strength", ["5 (mg)", "5;6", "5\n"])
def test_a_strength_that_the_file_cannot_carry_is_refused(strength):
    with pytest.raises(ValidationError):
        Medicine._meta.get_field("strength").run_validators(strength)
