"""Adverse events: by the label's terms, after a session; what was corrected or taken back stays legible."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from clinic import actions
from clinic.adverse_summaries import published_terms, standing_events
from clinic.models import AdverseEvent
from clinic.terms import AdverseTerm
from tests.cast import TODAY, adverse_event, at_most, days_ago, session, staff, visitor

SAID = {
    "term": "neck_pain",
    "words": "",
    "began_on": "2026-06-10",
    "ended_on": "",
    "severity": "moderate",
    "outcome": "recovering",
    "session": "latest",
    "note": "Stiff in the mornings.",
}


@pytest.fixture
def address(alice):
    return f"/clinic/patients/{alice.pk}/adverse-events/"


@pytest.fixture
def given(alice, north):
    session(alice, days_ago(120), clinic=north)
    session(alice, days_ago(1), clinic=north)
    return session(alice, days_ago(9), clinic=north)


def warnings(page):
    return [one.text for one in page.all("p", "message--warning")]


def test_event_is_recorded_after_the_latest_session_before_it(as_clara, alice, clara, north, address, given):
    page = as_clara.sends(address, **SAID)
    assert page.path == address
    assert page.messages == "Adverse event saved: Neck pain."
    assert page.table("events")[1] == [
        "10 Jun 2026",
        "Neck pain",
        "8 Jun 2026 2 days after",
        "Moderate",
        "no",
        "Recovering",
        "–",
        "Stiff in the mornings. recorded on 17 Jun 2026 by Clara Clinician",
    ]
    saved = AdverseEvent.objects.get()
    assert (saved.patient, saved.clinic, saved.session) == (alice, north, given)
    assert saved.recorded_by == clara.pseudonym


@pytest.mark.parametrize(("chosen", "shown"), [("none", "–"), ("120", "17 Feb 2026 113 days after")])
def test_another_session_or_none_can_be_chosen(as_clara, alice, address, given, chosen, shown):
    number = {"120": alice.sessions.earliest("date").pk}.get(chosen, chosen)
    assert as_clara.sends(address, **SAID | {"session": number}).table("events")[1][2] == shown


def test_event_before_any_session_has_none(as_clara, address):
    as_clara.sends(address, **SAID)
    assert AdverseEvent.objects.get().session is None


WRONG = [
    ("term", "", "This field is required."),
    ("term", "horoscope", "Select a valid choice. horoscope is not one of the available choices."),
    ("began_on", "", "This field is required."),
    ("began_on", "2026-06-18", "This date has not come yet."),
    ("began_on", "1899-12-31", "Please check the year."),
    ("ended_on", "2026-06-09", "It cannot be over before it began."),
    ("ended_on", "2026-06-18", "This date has not come yet."),
    ("ended_on", "2026-06-12", "It is over, and yet not recovered: please choose one of them."),
    ("words", "x" * 201, "Ensure this value has at most 200 characters (it has 201)."),
    ("note", "x" * 2001, "Ensure this value has at most 2000 characters (it has 2001)."),
]


@pytest.mark.parametrize(("field", "value", "message"), WRONG, ids=lambda text: repr(text[:12]))
def test_wrong_value_is_named_and_nothing_is_lost(as_clara, address, field, value, message):
    page = as_clara.sends(address, status=422, **SAID | {field: value})
    assert message in page.error(field)
    kept = SAID.keys() - {field, "severity", "outcome"}
    assert {name: page.filled(name) for name in kept} == {name: SAID[name] for name in kept}
    assert not AdverseEvent.objects.exists()


@pytest.mark.parametrize("field", ["severity", "outcome"])
@pytest.mark.parametrize("value", ["", "dreadful"])
def test_severity_and_outcome_are_asked(as_clara, address, field, value):
    page = as_clara.sends(address, status=422, **SAID | {field: value})
    assert page.one("div", "message--error").all("li")
    assert not AdverseEvent.objects.exists()


def test_something_else_is_said_in_words(as_clara, address):
    page = as_clara.sends(address, status=422, **SAID | {"term": "other"})
    assert page.error("words") == "What happened, in a few words?"
    page = as_clara.sends(address, **SAID | {"term": "other", "words": "Rash on the arm"})
    assert page.table("events")[1][1] == "Rash on the arm"


def test_session_after_it_began_is_not_the_one(as_clara, alice, address, given):
    later = alice.sessions.latest("date")
    page = as_clara.sends(address, status=422, **SAID | {"session": later.pk})
    assert page.error("session") == "This session was after it began."


def test_session_of_another_patient_is_no_choice(as_clara, bob, address):
    foreign = session(bob, days_ago(30))
    page = as_clara.sends(address, status=422, **SAID | {"session": foreign.pk})
    assert "is not one of the available choices" in page.error("session")


@pytest.mark.parametrize("term", AdverseTerm)
def test_emergency_says_what_the_patient_reads(as_clara, address, term):
    said = warnings(as_clara.sends(address, **SAID | {"term": term.value, "words": "x"}))
    is_emergency = term in ("dysphagia", "speech_difficulty", "breathing_difficulty")
    assert bool(said) is is_emergency
    assert all("is an emergency" in one for one in said)


def test_page_says_it_before_anything_is_recorded(as_clara, address):
    text = as_clara.opens(address).one("p", "card--grave").text
    assert text.startswith("After injections, trouble swallowing, speaking or breathing is an emergency")


def test_second_tap_records_no_second_event(as_clara, address):
    for _tap in range(2):
        as_clara.sends(address, **SAID)
    assert AdverseEvent.objects.count() == 1


# --- Corrections ---------------------------------------------------------------------------------------------


def test_correction_is_another_row_and_the_first_stays_legible(as_clara, alice, clara, address, given):
    as_clara.sends(address, **SAID)
    first = AdverseEvent.objects.get()
    page = as_clara.opens(f"{address}{first.pk}/")
    assert page.one("h1").text == "Correct an adverse event"
    assert (page.filled("session"), page.filled("severity")) == (str(given.pk), ["moderate"])
    said = SAID | {
        "session": given.pk,
        "severity": "severe",
        "ended_on": "2026-06-15",
        "outcome": "recovered",
    }
    page = as_clara.sends(f"{address}{first.pk}/", **said)
    [row] = page.table("events")[1:]
    assert row[3:7] == ["Severe", "no", "Recovered", "15 Jun 2026"]
    assert "What it said before" in row[7]
    assert (
        "From 17 June 2026 (Clara Clinician): Neck pain · 10 Jun 2026 – … · Moderate · Recovering · "
        "session of 8 Jun 2026 · Stiff in the mornings."
    ) in row[7]
    first.refresh_from_db()
    assert first.severity == "moderate"
    [standing] = alice.adverse_events.standing()
    assert (standing.severity, standing.replaces) == ("severe", first)


def test_correction_of_nothing_writes_nothing(as_clara, address):
    as_clara.sends(address, **SAID)
    first = AdverseEvent.objects.get()
    as_clara.sends(f"{address}{first.pk}/", **SAID | {"session": "none"})
    assert AdverseEvent.objects.count() == 1


def test_what_was_replaced_cannot_be_corrected_again(as_clara, alice, north, address):
    first = adverse_event(alice, north)
    as_clara.sends(f"{address}{first.pk}/", **SAID | {"session": "none"})
    as_clara.opens(f"{address}{first.pk}/", status=404)
    as_clara.sends(f"{address}{first.pk}/withdraw/", status=404)


def test_two_corrections_at_the_same_moment(as_clara, alice, clara, north, address, monkeypatch):
    first = adverse_event(alice, north)
    nora = visitor(staff("Nora North", north))
    # Both have read the page before either has sent it.
    monkeypatch.setattr(
        "clinic.models.AdverseEventQuerySet.editable_by", lambda rows, clinic: rows.filter(clinic=clinic)
    )
    as_clara.sends(f"{address}{first.pk}/", **SAID | {"severity": "severe", "session": "none"})
    for target, said in (
        (f"{address}{first.pk}/", SAID | {"session": "none"}),
        (f"{address}{first.pk}/withdraw/", {}),
    ):
        page = nora.sends(target, **said)
        assert warnings(page) == [
            "Nothing was saved: somebody else corrected this record a moment ago. It stands below."
        ]
    assert [one.severity for one in alice.adverse_events.standing()] == ["severe"]


def test_taken_back_is_no_longer_told_elsewhere_and_stays_here(as_clara, alice, north, address):
    first = adverse_event(alice, north, note="zz-mistaken")
    page = as_clara.sends(f"{address}{first.pk}/withdraw/")
    assert page.messages == "Taken back: Neck pain. What it said stays below."
    [row] = page.table("events")[1:]
    assert row[1] == "taken back Neck pain"
    assert "zz-mistaken" in row[7]
    assert page.one("tbody").all("a") == []
    assert standing_events(alice, north) == []


def test_event_of_another_clinic_is_read_and_not_corrected(as_clara, alice, south, address):
    foreign = adverse_event(alice, south)
    page = as_clara.opens(address)
    assert page.table("events")[1][0] == "7 Jun 2026 South Headache Clinic"
    as_clara.opens(f"{address}{foreign.pk}/", status=404)
    as_clara.sends(f"{address}{foreign.pk}/withdraw/", status=404)


def test_event_of_another_patient_is_not_found_here(as_clara, bob, north, address):
    foreign = adverse_event(bob, north)
    as_clara.opens(f"{address}{foreign.pk}/", status=404)


@pytest.mark.parametrize(
    "change", [lambda rows: rows.update(severity="severe"), lambda rows: rows.get().delete()]
)
def test_database_refuses_to_forget(alice, north, change):
    adverse_event(alice, north)
    with pytest.raises(IntegrityError), transaction.atomic():
        change(AdverseEvent.objects.all())
    assert AdverseEvent.objects.get().severity == "mild"


def test_actions_say_who_did_it(alice, north, clara):
    first = adverse_event(alice, north)
    actions.correct_adverse_event(first, {"severity": "severe"}, by=clara.pseudonym)
    assert alice.adverse_events.standing().get().recorded_by == clara.pseudonym


# --- Summaries -----------------------------------------------------------------------------------------------


def test_standing_events_are_told_in_order(alice, north, given):
    adverse_event(alice, north, began_on=days_ago(2), term="other", words="Rash", session=given)
    adverse_event(alice, north, began_on=days_ago(8), words="left", ended_on=days_ago(3), is_serious=True)
    first, second = standing_events(alice, north)
    assert (first.what, first.term, first.session_on, first.days_after) == (
        "Neck pain: left",
        "neck_pain",
        None,
        None,
    )
    assert (first.ended_on, first.is_serious) == (days_ago(3), True)
    assert (second.what, second.session_on, second.days_after) == ("Rash", given.date, 7)


def test_published_frequencies_name_their_source():
    found = {str(one.what): one.frequencies for one in published_terms()}
    neck = found["Neck pain"]
    assert [(one.treated, one.placebo) for one in neck] == [("9", "3"), ("12.6", "")]
    assert all(one.source for frequencies in found.values() for one in frequencies)


@pytest.mark.parametrize("number", [1, 30])
def test_queries_do_not_grow_with_the_events(as_clara, alice, north, given, address, number):
    for days in range(number):
        first = adverse_event(alice, north, began_on=TODAY - timedelta(days=days), session=given)
        actions.correct_adverse_event(first, {"severity": "severe"}, by=None)
    with at_most(9):
        as_clara.client.get(address)


def test_another_clinic_reads_the_facts_and_none_of_the_words(as_clara, alice, south, address):
    adverse_event(alice, south, note="south-note", words="south-words")
    page = as_clara.opens(address)
    assert "Neck pain" in page.text
    assert "south-note" not in page.text
    assert "south-words" not in page.text
