"""Beginning a diary, changing what was said then, and the page that helps in an emergency."""

from datetime import date

import pytest

from diary.models import Patient
from tests.cast import visitor

BEGIN = "/begin/"
EVE = {"name": "Eve Everyone", "date_of_birth": "1990-05-17", "time_zone": "Europe/Berlin"}


@pytest.fixture
def as_eve(eve):
    return visitor(eve)


def test_new_account_is_asked_to_begin(as_eve):
    page = as_eve.opens("/")
    assert (page.path, page.one("h1").text) == (BEGIN, "Begin your diary")
    assert "A name and a time zone, and you can start." in page.text
    assert page.filled("name") == "Eve Everyone"
    assert page.filled("time_zone") == "UTC"
    assert page.field("time_zone")["data-own-zone"] == "guess"


@pytest.mark.parametrize(
    "address", ["/", "/months/", "/trends/", "/medicines/", "/days/2026-06-17/", "/welcome/"]
)
def test_every_page_of_the_diary_leads_to_the_beginning(as_eve, address):
    assert as_eve.opens(address).path == BEGIN


def test_diary_begins_and_leads_to_the_medicines(as_eve, eve):
    page = as_eve.sends(BEGIN, **EVE)
    assert (page.path, page.messages) == ("/medicines/", "Your diary is ready.")
    begun = Patient.objects.get()
    assert (begun.user, begun.name, begun.date_of_birth, begun.time_zone) == (
        eve,
        "Eve Everyone",
        date(1990, 5, 17),
        "Europe/Berlin",
    )
    assert as_eve.opens("/welcome/").path == "/"


def test_date_of_birth_may_be_left_out(as_eve):
    as_eve.sends(BEGIN, **EVE | {"date_of_birth": ""})
    assert Patient.objects.get().date_of_birth is None


WRONG = [
    ("name", "", "This field is required."),
    ("name", "x" * 121, "Ensure this value has at most 120 characters (it has 121)."),
    ("name", "a\x00b", "Null characters are not allowed."),
    ("date_of_birth", "17.5.1990", "Enter a valid date."),
    ("date_of_birth", "1990-02-30", "Enter a valid date."),
    ("date_of_birth", "2026-06-18", "This date has not come yet."),
    ("date_of_birth", "1850-01-01", "Please check the year."),
    ("time_zone", "", "This field is required."),
    ("time_zone", "Mars/Olympus", "Select a valid choice. Mars/Olympus is not one of the available choices."),
    ("time_zone", "../../etc/passwd", "Select a valid choice."),
]


@pytest.mark.parametrize(("field", "value", "message"), WRONG, ids=lambda text: repr(text[:12]))
def test_wrong_value_is_named_and_nothing_is_lost(as_eve, field, value, message):
    page = as_eve.sends(BEGIN, status=422, **EVE | {field: value})
    assert message in page.error(field)
    assert page.wrong_fields() == {field}
    kept = {name: page.filled(name) for name in EVE if name != field}
    assert kept == {name: said for name, said in EVE.items() if name != field}
    assert not Patient.objects.exists()


def test_beginning_twice_makes_one_diary(as_eve):
    as_eve.sends(BEGIN, **EVE)
    page = as_eve.sends(BEGIN, **EVE | {"name": "Eve E. Everyone"})
    assert (page.path, page.messages) == ("/", "Saved.")
    assert Patient.objects.get().name == "Eve E. Everyone"


def test_what_was_said_can_be_changed(as_alice, alice):
    page = as_alice.opens(BEGIN)
    assert page.one("h1").text == "About you"
    shown = {name: page.filled(name) for name in EVE}
    assert shown == {"name": "Alice Archer", "date_of_birth": "1984-02-29", "time_zone": "UTC"}
    assert page.field("time_zone")["data-own-zone"] == ""
    as_alice.sends(BEGIN, **shown | {"time_zone": "Asia/Tokyo"})
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone) == ("Alice Archer", "Asia/Tokyo")


@pytest.mark.parametrize("field", ["user", "id", "pk", "created_at", "care_links"])
def test_nobody_takes_over_another_persons_diary(as_eve, eve, alice, field):
    as_eve.sends(BEGIN, **EVE | {field: str(alice.pk)})
    alice.refresh_from_db()
    assert alice.name == "Alice Archer"
    assert alice.user != eve
    assert not Patient.objects.get(user=eve).care_links.exists()


def test_clinician_without_a_diary_is_led_to_the_patients(as_clara):
    assert as_clara.opens("/welcome/").path == "/clinic/"
    page = as_clara.opens("/")
    assert page.path == BEGIN
    assert page.main.one("a", href="/clinic/").text == "I am here for my patients"


def test_name_is_shown_as_it_was_written(as_eve):
    name = '"><script>alert(1)</script>'
    as_eve.sends(BEGIN, **EVE | {"name": name})
    page = as_eve.opens(BEGIN)
    assert page.filled("name") == name
    assert "<script>alert" not in page.html


# --- Help ----------------------------------------------------------------------------------------------------


def test_help_is_there_for_everybody(db):
    page = visitor(None).opens("/help/")
    assert page.one("h1").text == "When to call for help"
    assert "Sudden headache, the worst ever" in page.section("now").text
    assert "After injections: trouble swallowing, speaking or breathing" in page.section("now").text
    assert "A new headache after the age of 50" in page.section("same-day").text
    assert "It does not diagnose, nobody watches it live" in page.section("about").text


@pytest.mark.parametrize("address", ["/", "/months/", "/trends/", "/medicines/", "/days/2026-06-17/", BEGIN])
def test_help_is_one_tap_away(as_alice, address):
    page = as_alice.opens(address)
    assert page.one("header").one("a", href="/help/").text == "Help"
    assert "Nobody watches this diary live." in page.text


def test_zone_once_chosen_is_not_guessed_again(as_eve):
    page = as_eve.sends("/begin/", status=422, name="", time_zone="Europe/Berlin")
    assert page.field("time_zone")["data-own-zone"] == ""
    assert page.filled("time_zone") == "Europe/Berlin"


@pytest.mark.parametrize("zone", ["localtime", "Factory"])
def test_zone_that_means_another_place_on_another_machine_is_not_offered(as_eve, zone):
    as_eve.sends("/begin/", status=422, name="Eve", time_zone=zone)


def test_about_you_is_a_tap_away(as_alice):
    assert "About you" in as_alice.opens("/").text
