"""A diary goes out as CSV and comes back the same, through the database."""

import io
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from diary.details import BadTrigger, Quality, Side, implied_features, trigger_words
from diary.exports import diary_csv
from diary.imports.diary_csv import Report, dose, rows, without_repeats
from diary.imports.storage import Outcome, not_after, recorded_rows, store
from diary.models import DiaryDay, Medicine, Patient, aura_set, feature_set, feature_words
from diary.models.days import AURA_TEXTS
from diary.rules import MedicationClass

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
