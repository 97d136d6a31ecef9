"""Medicines against future headaches: a list of their own, which is never counted."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from diary.models import Preventive
from tests.cast import TODAY, at_most, days_ago

LIST = "/medicines/"
ADD = "/preventives/add/"


def listed(page):
    return [card.one("p").text for card in page.section("preventives-title").all("li")]


def said(**fields):
    return {f"preventive-{name}": value for name, value in fields.items()}


@pytest.fixture
def taken(alice):
    return alice.preventives.create(name="candesartan", dose="8 mg", started_on=date(2026, 3, 1))


def test_added_with_its_name_alone(as_alice, alice):
    page = as_alice.sends(ADD, **said(name="Magnesium"))
    assert (page.path, page.messages) == (LIST, "Magnesium is on your list of preventives")
    assert listed(page) == ["Magnesium since: not said"]


def test_added_with_all_that_can_be_said(as_alice):
    page = as_alice.sends(
        ADD,
        **said(
            name="topiramate",
            dose="50 mg twice a day",
            started_on="2025-11-01",
            ended_on="2026-02-03",
            reason="side_effects",
            remark="tingling fingers",
        ),
    )
    assert listed(page) == [
        "topiramate 50 mg twice a day since 1 November 2025 · ended on 3 February 2026: side effects · tingling fingers"
    ]


def test_added_once_by_two_taps(as_alice, alice):
    for _tap in range(2):
        as_alice.sends(ADD, **said(name="Magnesium", dose="400 mg"))
    assert alice.preventives.count() == 1


def test_names_are_suggested(as_alice):
    page = as_alice.opens(LIST)
    names = [option["value"] for option in page.one("datalist", id="known-preventives").all("option")]
    assert {"candesartan", "topiramate", "erenumab"} <= set(names)
    assert names == sorted(names)


def test_what_is_taken_still_comes_first(as_alice, alice):
    alice.preventives.create(name="a", started_on=days_ago(900), ended_on=days_ago(800))
    alice.preventives.create(name="b", started_on=days_ago(700), ended_on=days_ago(10))
    alice.preventives.create(name="c", started_on=days_ago(300))
    alice.preventives.create(name="d")
    assert [line.split()[0] for line in listed(as_alice.opens(LIST))] == ["c", "d", "b", "a"]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("no_effect", "it did not help"),
        ("side_effects", "side effects"),
        ("not_needed", "no longer needed"),
        ("other", "another reason"),
    ],
)
def test_ended_because(as_alice, taken, reason, words):
    address = f"/preventives/{taken.pk}/"
    page = as_alice.opens(address)
    assert page.one("h1").text == "candesartan 8 mg"
    assert page.filled("preventive-started_on") == "2026-03-01"
    page = as_alice.sends(
        address,
        **said(
            name="candesartan", dose="8 mg", started_on="2026-03-01", ended_on="2026-06-01", reason=reason
        ),
    )
    assert (page.path, page.messages) == (LIST, "candesartan 8 mg saved")
    assert listed(page) == [f"candesartan 8 mg since 1 March 2026 · ended on 1 June 2026: {words}"]


def test_end_can_be_taken_back(as_alice, taken):
    Preventive.objects.update(ended_on=TODAY, reason="other", remark="x")
    as_alice.sends(f"/preventives/{taken.pk}/", **said(name="candesartan", dose="16 mg"))
    taken.refresh_from_db()
    assert (taken.dose, taken.ended_on, taken.reason, taken.remark) == ("16 mg", None, "", "")


def test_deleting_is_asked(as_alice, alice, taken):
    page = as_alice.opens(f"/preventives/{taken.pk}/")
    assert "It disappears with all that is said here." in page.text
    page = as_alice.sends(f"/preventives/{taken.pk}/delete/")
    assert page.messages == "candesartan 8 mg is deleted"
    assert listed(page) == []


WRONG = [
    ("name", "", "This field is required."),
    ("name", "x" * 81, "Ensure this value has at most 80 characters (it has 81)."),
    ("name", "a;b", "A medicine's name holds no semicolon and no line break."),
    ("name", "a\x07b", "A medicine's name holds no semicolon and no line break."),
    ("dose", "x" * 81, "Ensure this value has at most 80 characters (it has 81)."),
    ("dose", "a\x00b", "Null characters are not allowed."),
    ("started_on", "2026-06-18", "This date has not come yet."),
    ("started_on", "1899-12-31", "Please check the year."),
    ("started_on", "last spring", "Enter a valid date."),
    ("ended_on", "2026-06-18", "This date has not come yet."),
    ("ended_on", "2025-12-31", "This is before the day on which it began."),
    ("ended_on", "", "Say when it ended, or choose “Not said” below."),
    ("reason", "bored", "Select a valid choice. bored is not one of the available choices."),
    ("remark", "x" * 201, "Ensure this value has at most 200 characters (it has 201)."),
]
ALL = {
    "name": "candesartan",
    "dose": "8 mg",
    "started_on": "2026-01-01",
    "ended_on": "2026-02-01",
    "reason": "other",
    "remark": "in own words",
}


@pytest.mark.parametrize(("field", "value", "message"), WRONG, ids=lambda text: repr(text[:12]))
def test_wrong_value_is_named_and_nothing_is_lost(as_alice, alice, taken, field, value, message):
    page = as_alice.sends(f"/preventives/{taken.pk}/", status=422, **said(**ALL | {field: value}))
    assert message in page.error(f"preventive-{field}")
    kept = {name: page.filled(f"preventive-{name}") for name in ALL if name != field}
    assert kept == {name: [v] if name == "reason" else v for name, v in ALL.items() if name != field}
    [standing] = alice.preventives.all()
    assert (standing.name, standing.ended_on) == ("candesartan", None)


def test_wrong_one_is_not_added_and_its_form_is_open(as_alice, alice):
    page = as_alice.sends(ADD, status=422, **said(**ALL | {"ended_on": "2025-12-31"}))
    assert page.error("preventive-ended_on") == "This is before the day on which it began."
    [fold] = [one for one in page.all("details", "card") if "Add a preventive" in one.text]
    assert "open" in fold.attributes
    assert not alice.preventives.exists()


def test_refused_form_can_be_reloaded(as_alice):
    assert as_alice.opens(ADD).path == LIST


@pytest.mark.parametrize("end", ["", "delete/"])
def test_anothers_is_as_unknown_as_one_that_does_not_exist(as_bob, alice, taken, end):
    theirs = as_bob.sends(f"/preventives/{taken.pk}/{end}", status=404, **said(name="mine"))
    nobodys = as_bob.sends(f"/preventives/987654/{end}", status=404, **said(name="mine"))
    assert theirs.html == nobodys.html
    taken.refresh_from_db()
    assert taken.name == "candesartan"


@pytest.mark.parametrize("name", ["rimegepant", "naproxen", "sumatriptan"])
def test_never_counted_whatever_its_name(as_alice, alice, name):
    """Also an acute medicine's: taken every day, it is no medication day here."""
    as_alice.sends(ADD, **said(name=name, started_on="2026-01-01"))
    as_alice.sends(f"/days/{TODAY}/headache/", headache="mild")
    page = as_alice.opens("/")
    assert page.counted == ["Headache days"]
    assert page.all("button", "chip") == []
    assert not alice.medicines.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": "other"},
        {"ended_on": TODAY, "reason": "bored"},
        {"started_on": TODAY, "ended_on": days_ago(1)},
    ],
)
def test_database_refuses_what_no_form_would_save(alice, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        Preventive.objects.create(patient=alice, name="x", **fields)


@pytest.mark.parametrize("name", ["a;b", " a", "a\n"])
def test_name_is_one_that_a_table_can_carry(name):
    with pytest.raises(ValidationError):
        Preventive._meta.get_field("name").run_validators(name)


def test_queries_do_not_grow_with_the_list(as_alice, alice):
    for number in range(40):
        alice.preventives.create(name=f"p{number}")
    as_alice.client.get(LIST)
    with at_most(6):
        as_alice.client.get(LIST)
