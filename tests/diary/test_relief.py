"""Two hours after a medicine: asked once, kindly, and never again where somebody does not want to say."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from diary.models import Intake
from diary.summaries import relief_asked
from tests.cast import NOON, TODAY, at_most, days_ago, medicine, new_patient, record, visitor

RELIEF = f"/days/{TODAY}/relief/"


def took(patient, hours, when=TODAY, headache="severe", word="triptan", name="sumatriptan", **said):
    """A medicine recorded some hours ago."""
    taken = medicine(patient, name, word)
    record(patient, when, headache, taken, **said)
    Intake.objects.filter(medicine=taken).update(created_at=NOON - timedelta(hours=hours))
    return taken


@pytest.mark.parametrize(("hours", "asked"), [(0, False), (1.9, False), (2, True), (11, True)])
def test_asked_from_two_hours_on(as_alice, alice, hours, asked):
    took(alice, hours)
    assert ("Two hours after sumatriptan: did it help?" in as_alice.opens("/").text) is asked


@pytest.mark.parametrize(("hours", "asked"), [(13, True), (24, True), (24.1, False), (30, False)])
def test_asked_until_the_next_day_at_the_same_hour(as_alice, alice, hours, asked):
    took(alice, hours, days_ago(1))
    assert ("Yesterday, two hours after sumatriptan: did it help?" in as_alice.opens("/").text) is asked


@pytest.mark.parametrize(
    "said",
    [
        {"relief": "none"},
        {"relief": "full"},
        {"headache": "none"},
        {"word": "antiemetic"},
        {"when": days_ago(2)},
    ],
)
def test_not_asked(as_alice, alice, said):
    took(alice, 3, **said)
    assert "did it help?" not in as_alice.opens("/").text


def test_doses_of_which_the_hour_is_not_known_ask_nothing(as_alice, alice):
    took(alice, 3)
    Intake.objects.update(created_at=None)
    assert "did it help?" not in as_alice.opens("/").text


def test_second_dose_does_not_begin_anew(as_alice, alice, noon):
    taken = took(alice, 3)
    as_alice.sends(f"/days/{TODAY}/dose/", medicine=taken.pk, change="1")
    assert relief_asked(alice, timezone.now()).medicine == taken


def test_medicine_recorded_last_is_named(alice):
    took(alice, 5)
    later = medicine(alice, "ibuprofen", "non_opioid")
    alice.days.get().intakes.create(medicine=later, created_at=NOON - timedelta(hours=3))
    assert relief_asked(alice, NOON).medicine == later


def test_today_comes_before_yesterday(alice):
    took(alice, 20, days_ago(1), name="rizatriptan")
    took(alice, 3)
    assert relief_asked(alice, NOON).date == TODAY
    assert relief_asked(alice, NOON, [TODAY]).date == days_ago(1)
    assert relief_asked(alice, NOON, [TODAY, days_ago(1)]) is None


@pytest.mark.parametrize(
    ("zone", "moment", "is_today"),
    [
        ("Pacific/Kiritimati", "2026-06-16T11:00+00:00", True),
        ("America/Los_Angeles", "2026-06-17T06:00+00:00", False),
    ],
)
def test_day_is_the_persons_own(noon, zone, moment, is_today):
    """On Kiritimati it is the 17th already, in Los Angeles still the 16th, a minute of the same day for both."""
    person = new_patient("Zoe Zone", time_zone=zone)
    now = datetime.fromisoformat(moment)
    taken = medicine(person)
    record(person, person.date_at(now) - timedelta(days=not is_today), "mild", taken)
    Intake.objects.update(created_at=now - timedelta(hours=4))
    assert relief_asked(person, now).is_today is is_today


@pytest.mark.parametrize("word", ["none", "partial", "full"])
def test_answer_is_saved_with_one_tap_and_can_be_undone(as_alice, alice, word):
    took(alice, 3, note="stays")
    page = as_alice.sends(RELIEF, relief=word, today="1")
    labels = {"none": "None", "partial": "Some", "full": "Full"}
    saved = f"Saved: Wednesday 17 June: relief after two hours: {labels[word]} Undo"
    assert (page.path, page.messages) == ("/", saved)
    assert "did it help?" not in page.text
    day = alice.days.get()
    assert (day.relief, day.headache, day.note) == (word, "severe", "stays")
    as_alice.sends("/undo/")
    assert alice.days.get().relief == ""


def test_not_now_is_remembered_for_that_day_alone(as_alice, alice, noon):
    took(alice, 3)
    page = as_alice.sends(RELIEF, relief="not_now", today="1")
    assert page.messages == "Not asked again for this day. It can be said on the day’s own page."
    assert "did it help?" not in page.text
    assert alice.days.get().relief == ""
    noon.move_to(NOON + timedelta(days=1))
    taken = alice.medicines.get()
    record(alice, days_ago(-1), "mild", taken)
    Intake.objects.filter(day__date=days_ago(-1)).update(created_at=NOON + timedelta(hours=21))
    assert "did it help?" in as_alice.opens("/").text


def test_days_of_which_nobody_asks_any_more_are_forgotten(as_alice, alice, noon):
    as_alice.sends(RELIEF, relief="not_now")
    as_alice.sends(RELIEF, relief="not_now")
    assert as_alice.client.session["relief_not_now"] == ["2026-06-17"]
    noon.move_to(NOON + timedelta(days=5))
    as_alice.sends("/days/2026-06-22/relief/", relief="not_now")
    assert as_alice.client.session["relief_not_now"] == ["2026-06-22"]


@pytest.mark.parametrize("word", ["", "some", "<b>"])
def test_other_answers_are_refused(as_alice, alice, word):
    took(alice, 3)
    page = as_alice.sends(RELIEF, relief=word)
    assert "Nothing was saved" in page.messages
    assert alice.days.get().relief == ""


def test_day_that_is_not_recorded_has_no_relief(as_alice, alice):
    page = as_alice.sends(RELIEF, relief="full")
    assert "First say how your head is on this day" in page.messages
    assert not alice.days.exists()


def test_day_to_come_does_not_exist(as_alice):
    as_alice.sends("/days/2026-06-18/relief/", status=404, relief="full")


def test_nobody_is_asked_about_anothers_medicine(as_alice, bob):
    took(bob, 3)
    assert "did it help?" not in as_alice.opens("/").text
    assert "did it help?" in visitor(bob.user).opens("/").text


def test_it_costs_one_query(alice):
    took(alice, 3)
    with at_most(1):
        asked = relief_asked(alice, NOON)
        assert str(asked.medicine) == "sumatriptan"
    with at_most(0):
        relief_asked(alice, NOON, [TODAY, days_ago(1)])
    known = alice.days.between(days_ago(9), days_ago(1)).records()
    with at_most(0):
        assert relief_asked(alice, NOON, recorded=known) is None
