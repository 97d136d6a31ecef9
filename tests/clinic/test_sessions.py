"""Recording an injection session: filled in as PREEMPT gives it, warned beyond it, corrected afterwards."""

from datetime import date, timedelta

import pytest

from clinic.models import Clinic, InjectionSession
from clinic.session_forms import SessionForm
from tests.cast import NOON, TODAY, at_most, days_ago, session

ALL = {
    "date": "2026-06-16",
    "product": "onabotulinumtoxinA (Botox)",
    "units": "155",
    "sites": "31",
    "batch": "C1234",
    "expiry": "2027-03-01",
    "note": "Well tolerated.\nNext in twelve weeks.",
}


@pytest.fixture
def address(alice):
    return f"/clinic/patients/{alice.pk}/sessions/"


def filled(page):
    return {name: page.filled(name) for name in ALL}


def test_form_starts_from_preempt(as_clara, alice, address):
    page = as_clara.opens(address)
    assert page.one("dl", "identity").text.startswith("Name Alice Archer Born 29 February 1984")
    assert page.one("h1").text == "Record an injection session"
    assert filled(page) == {
        **dict.fromkeys(ALL, ""),
        "date": "2026-06-17",
        "units": "155",
        "sites": "31",
    }
    assert page.table("sessions")[1] == ["None yet."]
    assert "PREEMPT: 155, up to 195." in page.text
    assert "PREEMPT: 31, up to 39, 5 units each." in page.text
    assert not InjectionSession.objects.exists()


def test_form_starts_from_the_last_session(as_clara, alice, address):
    session(alice, days_ago(168), product="older", units=155, sites=31)
    session(alice, days_ago(84), product="the last", units=195, sites=39, batch="old batch")
    shown = filled(as_clara.opens(address))
    assert (shown["product"], shown["units"], shown["sites"]) == ("the last", "195", "39")
    assert (shown["batch"], shown["date"]) == ("", "2026-06-17")


def test_session_is_recorded(as_clara, alice, address, clara, north):
    page = as_clara.sends(address, **ALL)
    assert page.path == address
    assert page.messages == "Session of 16 Jun 2026 saved."
    assert page.table("sessions")[1] == [
        *("16 Jun 2026", "onabotulinumtoxinA (Botox)", "155", "31", "C1234", "Mar 2027"),
        "Well tolerated. Next in twelve weeks.",
    ]
    saved = InjectionSession.objects.get()
    assert (saved.patient, saved.clinic, saved.recorded_by, saved.date) == (
        alice,
        north,
        clara,
        date(2026, 6, 16),
    )


def test_only_the_date_is_needed(as_clara, alice, address):
    as_clara.sends(address, date="2026-06-16")
    saved = InjectionSession.objects.get()
    assert (saved.product, saved.units, saved.sites, saved.expiry) == ("", None, None, None)


@pytest.mark.parametrize(
    ("units", "sites", "remarks"),
    [
        ("155", "31", []),
        ("195", "39", []),
        ("175", "35", []),
        ("150", "30", ["150 units: PREEMPT publishes 155 to 195.", "30 sites: PREEMPT publishes 31 to 39."]),
        ("200", "40", ["200 units: PREEMPT publishes 155 to 195.", "40 sites: PREEMPT publishes 31 to 39."]),
        ("160", "31", ["160 units at 31 sites: PREEMPT publishes 5 units a site."]),
        ("100", "", ["100 units: PREEMPT publishes 155 to 195."]),
        ("", "12", ["12 sites: PREEMPT publishes 31 to 39."]),
        ("", "", []),
    ],
)
def test_dose_outside_preempt_is_said_and_never_refused(as_clara, alice, address, units, sites, remarks):
    page = as_clara.sends(address, **ALL | {"units": units, "sites": sites})
    assert [warning.text for warning in page.all("p", "message--warning")] == remarks
    assert InjectionSession.objects.count() == 1


WRONG = [
    ("date", "", "This field is required."),
    ("date", "2026-06-18", "This date has not come yet. Record a session after it was given."),
    ("date", "1989-12-31", "This date lies before the treatment existed. Please check the year."),
    ("date", "2026-02-30", "Enter a valid date."),
    ("date", "last week", "Enter a valid date."),
    ("units", "0", "A number from 1 to 1000, please."),
    ("units", "1001", "A number from 1 to 1000, please."),
    ("units", "-5", "Ensure this value is greater than or equal to 0."),
    ("units", "many", "Enter a whole number."),
    ("units", "9" * 30, "A number from 1 to 1000, please."),
    ("sites", "0", "A number from 1 to 100, please."),
    ("sites", "101", "A number from 1 to 100, please."),
    ("product", "x" * 81, "Ensure this value has at most 80 characters (it has 81)."),
    ("batch", "x" * 41, "Ensure this value has at most 40 characters (it has 41)."),
    ("batch", "a\x00b", "Null characters are not allowed."),
    ("expiry", "03/2027", "Enter a valid date."),
    ("note", "x" * 2001, "Ensure this value has at most 2000 characters (it has 2001)."),
]


@pytest.mark.parametrize(("field", "value", "message"), WRONG, ids=lambda text: repr(text[:12]))
def test_wrong_value_is_named_and_nothing_is_lost(as_clara, alice, address, field, value, message):
    page = as_clara.sends(address, status=422, **ALL | {field: value})
    assert message in page.error(field)
    assert page.wrong_fields() == {field}
    kept = {name: said for name, said in filled(page).items() if name != field}
    assert kept == {name: said for name, said in ALL.items() if name != field}
    assert not InjectionSession.objects.exists()


def test_second_session_on_one_date_is_refused(as_clara, alice, address):
    as_clara.sends(address, **ALL)
    page = as_clara.sends(address, status=422, **ALL | {"note": "typed just now"})
    assert page.error("date") == "A session on this date is recorded already. Open it below to correct it."
    assert page.filled("note") == "typed just now"
    assert InjectionSession.objects.get().note.startswith("Well tolerated.")


def test_another_patients_session_on_the_same_date_is_no_hindrance(as_clara, alice, bob, address):
    session(bob, date(2026, 6, 16))
    as_clara.sends(address, **ALL)
    assert alice.sessions.count() == 1


def test_today_is_the_patients_own(as_clara, alice, address, noon):
    alice.time_zone = "Pacific/Auckland"
    alice.save()
    noon.move_to(NOON - timedelta(seconds=1))
    as_clara.sends(address, status=422, **ALL | {"date": "2026-06-18"})
    noon.move_to(NOON)
    as_clara.sends(address, **ALL | {"date": "2026-06-18"})
    assert alice.sessions.get().date == date(2026, 6, 18)


def test_session_is_corrected(as_clara, alice, address, carl):
    given = session(alice, days_ago(84), product="Botox", units=150, sites=30, recorded_by=carl)
    page = as_clara.opens(address)
    link = page.one("table").one("tbody").one("a")
    assert (link.text, link["href"]) == ("25 Mar 2026", f"{address}{given.pk}/")
    page = as_clara.opens(link["href"])
    assert page.one("h1").text == "Correct the session of 25 March 2026"
    assert filled(page) | {"note": ""} == {
        **dict.fromkeys(ALL, ""),
        **{"date": "2026-03-25", "product": "Botox", "units": "150", "sites": "30"},
    }
    page = as_clara.sends(link["href"], **ALL | {"date": "2026-03-26"})
    assert page.path == address
    given.refresh_from_db()
    assert (given.date, given.units, given.batch) == (date(2026, 3, 26), 155, "C1234")
    assert given.recorded_by == carl
    assert alice.sessions.count() == 1


def test_correction_keeps_its_own_date_but_takes_no_other(as_clara, alice, address):
    first, second = session(alice, days_ago(168)), session(alice, days_ago(84))
    as_clara.sends(f"{address}{second.pk}/", date=str(second.date), units="155", sites="31")
    page = as_clara.sends(f"{address}{second.pk}/", status=422, date=str(first.date))
    assert "is recorded already" in page.error("date")


def test_correction_to_a_wrong_date_says_what_it_corrects(as_clara, alice, address):
    given = session(alice, days_ago(84))
    page = as_clara.sends(f"{address}{given.pk}/", status=422, date="2026-06-18")
    assert page.one("h1").text == "Correct the session of 25 March 2026"
    assert page.filled("date") == "2026-06-18"
    given.refresh_from_db()
    assert given.date == days_ago(84)


@pytest.mark.parametrize("field", ["patient", "clinic", "recorded_by", "id", "created_at", "patient_id"])
def test_what_the_form_does_not_ask_cannot_be_set(as_clara, alice, bob, south, address, clara, field):
    as_clara.sends(address, **ALL | {field: str(bob.pk)})
    saved = InjectionSession.objects.get()
    assert (saved.patient, saved.clinic.name, saved.recorded_by) == (alice, "North Headache Clinic", clara)


def test_looking_changes_nothing(as_clara, alice, address):
    given = session(alice, days_ago(84))
    before = list(InjectionSession.objects.values())
    for target in (address, f"{address}{given.pk}/"):
        as_clara.opens(target)
        assert as_clara.client.head(target).status_code == 200
    assert list(InjectionSession.objects.values()) == before


@pytest.mark.parametrize("number", [2, 40])
def test_queries_do_not_grow_with_the_sessions(as_clara, alice, address, number):
    for earlier in range(number):
        session(alice, TODAY - timedelta(days=84 * earlier))
    with at_most(10):
        as_clara.client.get(address)


def test_session_of_another_clinic_is_read_and_not_corrected(as_clara, alice, address):
    east = Clinic.objects.create(name="East Headache Clinic", slug="east-too")
    given = session(alice, days_ago(84), clinic=east)
    assert as_clara.opens(address).one("table").one("tbody").all("a") == []
    as_clara.opens(f"{address}{given.pk}/", status=404)


def test_second_tap_records_no_second_session(as_clara, alice, address, monkeypatch):
    monkeypatch.setattr(SessionForm, "clean_date", lambda form: form.cleaned_data["date"])
    as_clara.sends(address, **ALL)
    page = as_clara.sends(address, **ALL)
    assert page.messages == "Session of 16 Jun 2026 saved."
    assert alice.sessions.count() == 1
