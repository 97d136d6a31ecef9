"""Recording an injection session: filled in as PREEMPT gives it, warned beyond it, corrected afterwards."""

from datetime import date, timedelta

import pytest

from clinic import session_pages
from clinic.dosing import preempt_sites
from clinic.models import Clinic, InjectionSession, InjectionSessionVersion
from clinic.session_forms import PLACES, SessionForm
from tests.cast import NOON, TODAY, at_most, days_ago, session, share, staff, visitor

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
    }
    assert {place: page.filled(name) for name, place in PLACES.items()} == {
        place: str(sites) for place, sites in preempt_sites().items()
    }
    assert page.filled("injector") == "Clara Clinician"
    assert page.filled("totals_only") == []
    assert page.table("sessions")[1] == ["None yet."]
    assert "PREEMPT: 155, up to 195, of onabotulinumtoxinA." in page.text
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
        *("16 Jun 2026", "onabotulinumtoxinA (Botox)", "155", "31", "C1234", "Mar 2027", "–"),
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
    link = page.main.one("table", "table--sessions").one("tbody").one("a")
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
    assert as_clara.opens(address).one("table", "table--sessions").one("tbody").all("a") == []
    as_clara.opens(f"{address}{given.pk}/", status=404)


def test_second_tap_records_no_second_session(as_clara, alice, address, monkeypatch):
    monkeypatch.setattr(SessionForm, "clean_date", lambda form: form.cleaned_data["date"])
    as_clara.sends(address, **ALL)
    page = as_clara.sends(address, **ALL)
    assert page.messages == "Session of 16 Jun 2026 saved."
    assert alice.sessions.count() == 1


# --- Places --------------------------------------------------------------------------------------------------

PATTERN = {name: preempt_sites()[place] for name, place in PLACES.items()}
GIVEN = {"date": "2026-06-16", "kind": "onabotulinumtoxinA (Botox)", **PATTERN}


def warnings(page):
    return [warning.text for warning in page.all("p", "message--warning")]


def test_sites_and_units_are_counted_from_the_places(as_clara, alice, address):
    page = as_clara.sends(address, **GIVEN | {"temporalis_left": 5, "units": "1", "sites": "1"})
    assert warnings(page) == []
    saved = InjectionSession.objects.get()
    assert (saved.product, saved.sites, saved.units) == ("onabotulinumtoxinA (Botox)", 32, 160)
    assert saved.muscles == preempt_sites() | {"temporalis:left": 5}
    assert "Places: Corrugator left 1, right 1; Procerus 1; Frontalis" in page.table("sessions")[1][6]


@pytest.mark.parametrize(
    ("changed", "remarks"),
    [
        ({"temporalis_left": 6}, []),
        (
            {"procerus_midline": 0},
            [
                "150 units: PREEMPT publishes 155 to 195.",
                "30 sites: PREEMPT publishes 31 to 39.",
                "Procerus, no site: PREEMPT publishes 1.",
            ],
        ),
        ({"frontalis_left": 3}, ["Frontalis, 5 sites: PREEMPT publishes 4."]),
        ({"trapezius_left": 8}, ["Trapezius, 11 sites: PREEMPT publishes 6 to 10."]),
        (
            {"trapezius_left": 12},
            [
                "200 units: PREEMPT publishes 155 to 195.",
                "40 sites: PREEMPT publishes 31 to 39.",
                "Trapezius, 15 sites: PREEMPT publishes 6 to 10.",
            ],
        ),
    ],
)
def test_places_beyond_what_is_published_are_said_and_saved(as_clara, address, changed, remarks):
    page = as_clara.sends(address, **GIVEN | changed)
    assert warnings(page) == remarks
    assert InjectionSession.objects.get().sites == sum((PATTERN | changed).values())


@pytest.mark.parametrize(
    ("kind", "product", "stored"),
    [
        ("abobotulinumtoxinA (Dysport)", "", "abobotulinumtoxinA (Dysport)"),
        ("incobotulinumtoxinA (Xeomin)", "", "incobotulinumtoxinA (Xeomin)"),
        ("other", "Relfydess", "Relfydess"),
    ],
)
def test_units_of_another_product_are_typed_and_not_compared(as_clara, address, kind, product, stored):
    page = as_clara.sends(address, **GIVEN | {"kind": kind, "product": product, "units": "500"})
    assert warnings(page) == [
        "PREEMPT’s numbers are those of onabotulinumtoxinA: they say nothing of this product."
    ]
    saved = InjectionSession.objects.get()
    assert (saved.product, saved.sites, saved.units) == (stored, 31, 500)


def test_another_product_without_units_has_none(as_clara, address):
    as_clara.sends(address, **GIVEN | {"kind": "abobotulinumtoxinA (Dysport)"})
    assert InjectionSession.objects.get().units is None


def test_totals_only_keeps_no_places(as_clara, address):
    as_clara.sends(address, **GIVEN | {"totals_only": "on", "units": "165", "sites": "33"})
    saved = InjectionSession.objects.get()
    assert (saved.muscles, saved.sites, saved.units) == ({}, 33, 165)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("temporalis_left", "21", "Ensure this value is less than or equal to 20."),
        ("temporalis_left", "-1", "Ensure this value is greater than or equal to 0."),
        ("temporalis_left", "x", "Enter a whole number."),
        ("diluted_units", "0", "A number from 1 to 2000, please."),
        ("diluted_ml", "0", "More than 0 and at most 100 mL, please."),
        ("wasted_units", "2001", "A number from 0 to 2000, please."),
        ("injector", "x" * 121, "Ensure this value has at most 120 characters (it has 121)."),
    ],
)
def test_wrong_place_or_vial_is_named(as_clara, address, field, value, message):
    page = as_clara.sends(address, status=422, **GIVEN | {field: value})
    assert page.error(field) == message
    assert page.filled(field) == value
    assert not InjectionSession.objects.exists()


def test_no_site_at_all_is_asked_about(as_clara, address):
    page = as_clara.sends(address, status=422, **GIVEN | dict.fromkeys(PATTERN, 0))
    assert "No site is given. Add sites, or record totals only" in page.text
    page = as_clara.sends(address, status=422, **GIVEN | dict.fromkeys(PATTERN, 20))
    assert "More than 100 sites. Please check the numbers." in page.text


def test_another_product_has_a_name(as_clara, address):
    page = as_clara.sends(address, status=422, **GIVEN | {"kind": "other"})
    assert page.error("product") == "Which product was it?"


def test_check_that_nobody_knows_is_refused(as_clara, address):
    page = as_clara.sends(address, status=422, **GIVEN | {"checks": ["horoscope"]})
    assert "horoscope is not one of the available choices" in page.text


def test_vial_injector_and_checks_are_kept_and_read(as_clara, address):
    vial = {"diluted_units": "200", "diluted_ml": "4", "wasted_units": "45", "injector": "Nora Needle"}
    page = as_clara.sends(address, **GIVEN | vial | {"checks": ["consent", "no_infection"]})
    [row] = page.table("sessions")[1:]
    assert "200 units in 4 mL of saline: 0.1 mL for 5 units Units thrown away: 45" in row[6]
    assert row[6].endswith(
        "Injected by: Nora Needle Checked before: Consent to the treatment, No infection at the sites"
    )
    saved = InjectionSession.objects.get()
    assert saved.checks == ["consent", "no_infection"]


def test_batch_that_had_expired_is_said(as_clara, address):
    assert warnings(as_clara.sends(address, **GIVEN | {"expiry": "2026-06-15"})) == [
        "The expiry date, 15 Jun 2026, lies before the session of 16 Jun 2026."
    ]


def test_day_of_expiry_itself_is_no_remark(as_clara, address):
    assert warnings(as_clara.sends(address, **GIVEN | {"expiry": "2026-06-16"})) == []


def test_last_session_is_copied_but_for_what_is_of_that_day(as_clara, alice, address):
    muscles = preempt_sites() | {"trapezius:right": 5}
    said = {
        "batch": "C9",
        "expiry": date(2027, 1, 1),
        "checks": ["consent"],
        "note": "zz",
        "injector": "Carl",
    }
    vial = {"diluted_units": 200, "diluted_ml": 4, "wasted_units": 35}
    session(
        alice,
        days_ago(84),
        product="onabotulinumtoxinA (Botox)",
        muscles=muscles,
        units=165,
        sites=33,
        **vial,
        **said,
    )
    page = as_clara.opens(address)
    assert page.filled("trapezius_right") == "5"
    assert page.filled("kind") == ["onabotulinumtoxinA (Botox)"]
    assert [page.filled(name) for name in vial] == ["200", "4.0", "35"]
    assert [page.filled(name) for name in ("batch", "expiry", "checks", "note")] == ["", "", [], ""]
    assert (page.filled("injector"), page.filled("date")) == ("Clara Clinician", "2026-06-17")
    page = as_clara.opens(f"{address}?from=preempt")
    assert (page.filled("trapezius_right"), page.filled("kind"), page.filled("diluted_units")) == (
        "3",
        [],
        "",
    )


def test_session_of_totals_is_copied_as_totals(as_clara, alice, address):
    session(alice, days_ago(84), product="Botox", units=160, sites=32)
    page = as_clara.opens(address)
    assert "checked" in page.field("totals_only").attributes
    assert (page.filled("units"), page.filled("product"), page.filled("kind")) == ("160", "Botox", ["other"])


def test_saving_a_session_as_it_is_changes_nothing(as_clara, alice, address):
    """Whatever an import wrote as the product, and with places or without."""
    first = session(alice, days_ago(84), product="Botox 100", units=160, sites=32)
    second = session(alice, days_ago(1), muscles=preempt_sites(), units=155, sites=31, checks=["consent"])
    for given in (first, second):
        page = as_clara.opens(f"{address}{given.pk}/")
        form = page.one("form", "session")
        names = {field.attributes.get("name", "") for field in form.walk()}
        sent = {name: page.filled(name) for name in names - {"", "csrfmiddlewaretoken", "totals_only"}}
        totals = {"totals_only": "on"} if "checked" in page.field("totals_only").attributes else {}
        as_clara.sends(f"{address}{given.pk}/", **sent | totals)
    assert not InjectionSessionVersion.objects.exists()


def test_corrected_places_are_told_in_words(as_clara, alice, address):
    given = session(alice, days_ago(1), muscles={"procerus:midline": 1}, units=5, sites=1, checks=["consent"])
    page = as_clara.sends(f"{address}{given.pk}/", **GIVEN)
    [change] = page.main.all("details")
    assert (
        "Units: 5 · Sites: 1 · Places: Procerus 1 · Checked before: Consent to the treatment" in change.text
    )
    assert "{" not in change.text


def test_drawing_has_a_dot_a_site(as_clara, address):
    page = as_clara.opens(address)
    dots = [dot for dot in page.walk() if "place__dot--given" in dot.classes]
    assert len(dots) == 31
    names = [place["data-name"] for place in page.all("g", "place")]
    assert len(names) == 13
    assert {"Temporalis left", "Procerus", "Cervical paraspinal right"} <= set(names)


def test_session_that_a_colleague_records_at_the_same_moment_is_not_called_saved(
    as_clara, alice, monkeypatch
):
    """It is not there when the form is read, and there when it is saved."""
    saved = session_pages.save_session

    def meanwhile(instance, *, by):
        session(alice, instance.date, product="Dysport", units=500)
        saved(instance, by=by)

    monkeypatch.setattr(session_pages, "save_session", meanwhile)
    page = as_clara.sends(
        f"/clinic/patients/{alice.pk}/sessions/", 422, **(GIVEN | {"date": days_ago(3).isoformat()})
    )
    assert "A session of this date was recorded meanwhile. Correct that one." in page.main.text
    assert alice.sessions.get().product == "Dysport"


def test_notes_staff_and_corrections_of_another_clinic_stay_there(as_clara, alice, north):
    east = Clinic.objects.create(name="East Headache Clinic", slug="east-too")
    share(alice, east)
    theirs = session(
        alice,
        days_ago(90),
        clinic=east,
        product="Botox",
        units=155,
        note="a private word",
        injector="Ned Needle",
    )
    ed = visitor(staff("Ed East", east))
    ed.sends(
        f"/clinic/patients/{alice.pk}/sessions/{theirs.pk}/",
        **(GIVEN | {"date": days_ago(90).isoformat(), "note": "another word", "injector": "Ned Needle"}),
    )
    own = ed.opens(f"/clinic/patients/{alice.pk}/sessions/").main.text
    for word in ("another word", "a private word", "Ned Needle", "Ed East"):
        assert word in own
    page = as_clara.opens(f"/clinic/patients/{alice.pk}/sessions/").main
    for word in ("another word", "a private word", "Ned Needle", "Ed East"):
        assert word not in page.text
    assert "East Headache Clinic" in page.text
    assert "155" in page.text
