"""When patients come next, who read their diary, and the clinic's tags."""

from __future__ import annotations

import re
from datetime import timedelta

import icalendar
import pytest
from django.test import Client

from accounts import audit
from accounts.models import AuditEntry
from clinic import clinic_feed
from clinic.attention import Section
from clinic.models import Appointment, CareLink, Clinic, ClinicFeed, Decision, Membership, Review, Tag, Tagged
from tests.cast import (
    NOON,
    TODAY,
    at_most,
    days_ago,
    new_patient,
    record_all,
    session,
    share,
    staff,
    visitor,
)

ADDRESS = re.compile(r"http://localhost:8000(/clinic/visits/[a-z2-7]{32}\.ics)")


def place(patient, what=""):
    return f"/clinic/patients/{patient.pk}/visits/{what}"


def due_of(page):
    headings, row = page.caseload()
    return dict(zip(headings, row, strict=True))["Next due"]


# --- The next injection ----------------------------------------------------------------------------------------


def test_84_days_are_proposed_and_an_appointment_takes_their_place(as_clara, alice, clara, north):
    session(alice, days_ago(30))
    page = as_clara.opens(place(alice))
    assert (
        "No appointment. The last injection was on 18 May 2026; 12 weeks are over on 10 Aug 2026" in page.text
    )
    assert page.filled("date") == "2026-08-10"
    page = as_clara.sends(place(alice, "appointment/"), date="2026-08-12")
    assert page.messages == "Next injection on 12 Aug 2026."
    assert "Appointment on Wednesday 12 August 2026." in page.text
    made = Appointment.objects.get()
    assert (made.clinic, made.patient, made.made_by, made.made_at) == (north, alice, clara.pseudonym, NOON)
    assert due_of(as_clara.opens("/clinic/")) == "12 Aug 2026 appointment"


def test_changed_and_removed(as_clara, alice):
    session(alice, days_ago(30))
    for when in ("2026-08-12", "2026-08-13"):
        as_clara.sends(place(alice, "appointment/"), date=when)
    assert [f"{one.date}" for one in Appointment.objects.all()] == ["2026-08-13"]
    assert as_clara.sends(place(alice, "appointment/"), remove="yes").messages == "No appointment any more."
    assert as_clara.sends(place(alice, "appointment/"), remove="yes").status == 200
    assert due_of(as_clara.opens("/clinic/")) == "10 Aug 2026"


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ((TODAY - timedelta(days=1)).isoformat(), "This date has passed."),
        ("2036-01-01", "more than two years away"),
        ("", "This field is required."),
        ("soon", "Enter a valid date."),
    ],
)
def test_dates_that_cannot_be_meant(as_clara, alice, date, words):
    page = as_clara.sends(place(alice, "appointment/"), status=422, date=date)
    assert words in page.text
    assert not Appointment.objects.exists()


def test_patient_who_comes_for_the_first_time(as_clara, alice):
    as_clara.sends(place(alice, "appointment/"), date="2026-06-20")
    assert due_of(as_clara.opens("/clinic/")) == "20 Jun 2026 appointment"


def test_injection_on_the_day_ends_the_appointment(as_clara, alice, north):
    session(alice, days_ago(90))
    Appointment.objects.create(clinic=north, patient=alice, date=days_ago(3))
    assert due_of(as_clara.opens("/clinic/")) == "14 Jun 2026 appointment overdue"
    session(alice, days_ago(3))
    assert due_of(as_clara.opens("/clinic/")) == "6 Sep 2026"


# --- Overdue, due and next -------------------------------------------------------------------------------------


def test_list_of_visits(as_clara, alice, north, south):
    late, soon, later, stopped = (new_patient(name) for name in ("Late", "Soon", "Other", "Stopped"))
    for patient, back in ((late, 100), (soon, 70), (later, 10), (stopped, 100)):
        share(patient, north, f"N-{patient.name}")
        session(patient, days_ago(back))
    Decision.objects.create(patient=stopped, clinic=north, made_on=days_ago(50), kind="stop")
    share(new_patient("Hidden"), south)
    page = as_clara.opens("/clinic/visits/")
    assert [row[:5] for row in page.table("visits")[1:]] == [
        ["Late", "N-Late", "Mon 1 Jun 2026 overdue", "84 days", "9 Mar 2026"],
        ["Soon", "N-Soon", "Wed 1 Jul 2026", "84 days", "8 Apr 2026"],
    ]
    assert "1 patient comes later." in page.text
    shown = AuditEntry.objects.filter(route="visits").values_list("subject", flat=True)
    assert set(shown) == {late.pseudonym, soon.pseudonym}


def test_list_of_visits_takes_few_queries(as_clara, north):
    for number in range(30):
        patient = new_patient(f"Person{number} X")
        share(patient, north)
        session(patient, days_ago(80))
    with at_most(11):
        as_clara.client.get("/clinic/visits/")


# --- Reviews -----------------------------------------------------------------------------------------------------


def test_reviewed_today_with_a_note(as_clara, alice, clara):
    page = as_clara.sends(place(alice, "reviewed/"), note="Ask about sleep <b>again</b>")
    assert "17 Jun 2026: Ask about sleep <b>again</b>" in page.text
    as_clara.sends(place(alice, "reviewed/"), note="Ask about sleep <b>again</b>")  # a second tap
    assert [one.recorded_by for one in Review.objects.all()] == [clara.pseudonym]
    [_, row] = as_clara.opens("/clinic/").caseload()
    assert row[-1] == "17 Jun 2026"


def test_review_of_one_clinic_is_no_other_clinics(alice, as_clara, south, dora):
    share(alice, south, "S-1")
    as_clara.sends(place(alice, "reviewed/"), note="for North alone")
    page = visitor(dora).opens(place(alice))
    assert "for North alone" not in page.html
    assert "No review yet." in page.text
    assert visitor(dora).opens("/clinic/").caseload()[1][-1] == "never"


def test_character_that_no_text_may_hold(as_clara, alice):
    assert as_clara.sends(place(alice, "reviewed/"), status=422, note="a\x00b").status == 422


# --- Tags --------------------------------------------------------------------------------------------------------


def test_tags_are_given_taken_and_sort_the_list(as_clara, alice, bob, north):
    share(bob, north)
    as_clara.sends(place(alice, "tags/"), new="Study A")
    tag = Tag.objects.get()
    assert [row[0] for row in as_clara.opens("/clinic/").caseload()[1:]] == [
        "Alice Archer N-17 Study A",
        "Bob Baker",
    ]
    assert [row[0] for row in as_clara.opens(f"/clinic/?tag={tag.pk}").caseload()[1:]] == [
        "Alice Archer N-17 Study A"
    ]
    page = as_clara.opens(place(alice))
    assert page.filled("tags") == [str(tag.pk)]
    as_clara.sends(place(alice, "tags/"), new="", shown=page.filled("shown"))
    assert "Nobody carries this tag." in as_clara.opens(f"/clinic/?tag={tag.pk}").text


def test_what_a_colleague_gives_and_takes_meanwhile_stands(as_clara, alice, north):
    old, mine, theirs = (Tag.objects.create(clinic=north, name=name) for name in ("Old", "Mine", "Theirs"))
    Tagged.objects.create(tag=old, patient=alice)
    Tagged.objects.create(tag=mine, patient=alice)
    shown = as_clara.opens(place(alice)).filled("shown")
    Tagged.objects.filter(tag=old).delete()
    Tagged.objects.create(tag=theirs, patient=alice)
    as_clara.sends(place(alice, "tags/"), shown=shown, tags=[old.pk], new="")
    assert list(Tagged.objects.values_list("tag__name", flat=True)) == ["Theirs"]


@pytest.mark.parametrize("shown", ["x", "-1", "9" * 5000, "1 " * 5000, "٣"])
def test_tags_that_no_page_showed_change_nothing(as_clara, alice, north, shown):
    Tagged.objects.create(tag=Tag.objects.create(clinic=north, name="Study", pk=77), patient=alice)
    as_clara.sends(place(alice, "tags/"), shown=shown, new="")
    assert Tagged.objects.count() == 1


def test_name_is_used_once_in_a_clinic(as_clara, alice, south):
    Tag.objects.create(clinic=south, name="Study A")
    as_clara.sends(place(alice, "tags/"), new="Study A")
    page = as_clara.sends(place(alice, "tags/"), status=422, new="study a")
    assert "There is a tag with this name already." in page.text
    assert Tag.objects.count() == 2


def test_renamed_and_deleted(as_clara, alice):
    for name in ("Study A", "Ward"):
        as_clara.sends(place(alice, "tags/"), new=name, tags=Tag.objects.values_list("pk", flat=True))
    study, ward = Tag.objects.order_by("name")
    page = as_clara.sends(f"/clinic/tags/{study.pk}/rename/", name="Trial")
    assert page.messages == "The tag is called “Trial” now."
    assert as_clara.sends(f"/clinic/tags/{study.pk}/rename/", status=422, name="ward").status == 422
    as_clara.sends(f"/clinic/tags/{ward.pk}/delete/")
    assert as_clara.opens("/clinic/").caseload()[1][0] == "Alice Archer N-17 Trial"


def test_tag_of_another_clinic_is_nothing_here(as_clara, alice, south):
    share(alice, south)
    foreign = Tag.objects.create(clinic=south, name="Secret word")
    foreign.tagged.create(patient=alice)
    assert "Secret word" not in as_clara.opens("/clinic/").html + as_clara.opens(place(alice)).html
    assert "Nobody carries this tag." in as_clara.opens(f"/clinic/?tag={foreign.pk}").text
    as_clara.sends(place(alice, "tags/"), tags=foreign.pk, new="")
    as_clara.sends(f"/clinic/tags/{foreign.pk}/delete/", status=404)
    assert foreign.tagged.count() == 1


# --- The calendar --------------------------------------------------------------------------------------------------


@pytest.fixture
def feed(as_clara, alice, north):
    session(alice, days_ago(30))
    bob = new_patient("Bob Baker")
    share(bob, north, "N,18;x")
    Appointment.objects.create(clinic=north, patient=bob, date=TODAY)
    return ADDRESS.search(as_clara.sends(f"/clinic/visits/{north.pk}/calendar/").text)[1]


def events(address):
    response = Client().get(address)
    assert response.status_code == 200
    read = icalendar.Calendar.from_ical(response.content)
    assert not read.errors
    return sorted((event["DTSTART"].dt.isoformat(), str(event["SUMMARY"])) for event in read.events)


def test_calendar_holds_dates_and_clinic_numbers(feed, alice):
    assert events(feed) == [("2026-06-17", "N,18;x"), ("2026-08-10", "N-17 (12 weeks over)")]
    response = Client().get(feed)
    assert (response["Content-Type"], response["Cache-Control"]) == (
        "text/calendar; charset=utf-8",
        "no-store",
    )
    said = response.content.decode().lower()
    assert not re.search(r"alice|bob|headache|migr|patient|medic|diary|botox|inject", said)
    assert max(map(len, response.content.split(b"\r\n"))) <= 75


def test_same_event_keeps_its_name(feed):
    uids = [re.findall(rb"UID:(\S+)", Client().get(feed).content) for _ in range(2)]
    assert uids[0] == uids[1]
    assert len(set(uids[0])) == 2


def test_ended_link_leaves_the_calendar_at_once(feed, alice):
    CareLink.objects.filter(patient=alice, ends_at=None).update(ends_at=NOON)
    assert events(feed) == [("2026-06-17", "N,18;x")]


@pytest.mark.parametrize("why", ["left", "administrator", "deactivated", "another", "off", "key"])
def test_calendar_is_gone(feed, clara, as_clara, north, settings, why):
    if why == "left":
        Membership.objects.filter(user=clara).delete()
    elif why == "administrator":
        Membership.objects.filter(user=clara).update(role=Membership.Role.ADMINISTRATOR)
    elif why == "deactivated":
        clara.is_active = False
        clara.save()
    elif why == "another":
        assert ADDRESS.search(as_clara.sends(f"/clinic/visits/{north.pk}/calendar/").text)[1] != feed
    elif why == "off":
        assert "no calendar." in as_clara.sends(f"/clinic/visits/{north.pk}/calendar/end/").text
    else:
        settings.SECRET_KEY = "another " * 10
    assert Client().get(feed).status_code == 404


def test_database_holds_no_way_to_the_address(feed):
    token = feed.rpartition("/")[2].removesuffix(".ics")
    stored = ClinicFeed.objects.get()
    assert token not in (stored.seed, stored.digest)
    assert clinic_feed.feed_at(token) == stored


def test_making_and_ending_stand_in_the_audit_log(feed, as_clara, north):
    as_clara.sends(f"/clinic/visits/{north.pk}/calendar/end/")
    written = AuditEntry.objects.filter(action="exported").values_list("clinic", "detail")
    assert list(written) == [(north.pk, "calendar address made"), (north.pk, "calendar address ended")]


def test_who_signed_in_long_ago_is_asked_again(alice, clara, north):
    page = visitor(clara, minutes_ago=60).sends(f"/clinic/visits/{north.pk}/calendar/")
    assert page.path.startswith("/accounts/")
    assert not ClinicFeed.objects.exists()


def test_clinic_of_somebody_else_gets_no_calendar(as_clara, south):
    as_clara.sends(f"/clinic/visits/{south.pk}/calendar/", status=404)
    assert not ClinicFeed.objects.exists()


def test_guessing_is_slowed(feed):
    stranger = Client()
    answers = [stranger.get(f"/clinic/visits/{'a' * 32}.ics").status_code for _ in range(121)]
    assert (answers[0], answers[-1]) == (404, 429)


# --- What the address of the list remembers ----------------------------------------------------------------------


@pytest.fixture
def three(alice, bob, north):
    """Alice records nothing, Bob and Zoe every day; Zoe has more headache."""
    zoe = new_patient("Zoe Zander")
    for patient, bad in ((bob, 3), (zoe, 9)):
        share(patient, north)
        record_all(patient, [days_ago(back) for back in range(1, 1 + bad)], "mild")
        record_all(patient, [days_ago(back) for back in range(1 + bad, 40)], "none")


def listed(page):
    return [row[0].split()[0] for row in page.caseload()[1:]]


def test_sections_with_their_counts(as_clara, three):
    page = as_clara.opens("/clinic/")
    assert [heading.text for heading in page.main.all("h2")] == ["No data for 14 days (1)", "All others (2)"]
    assert listed(page) == ["Alice", "Bob", "Zoe"]
    page = as_clara.opens("/clinic/?section=others")
    assert listed(page) == ["Bob", "Zoe"]
    assert [link.text for link in page.one("nav", **{"aria-label": "Sections"}).all("a")] == [
        "All patients 3",
        "No data for 14 days 1",
        "All others 2",
    ]
    assert "Nobody stands in this section." in as_clara.opens("/clinic/?section=overuse").text


def test_closed_section_stays_closed_and_shows_nobody(as_clara, three, alice):
    before = AuditEntry.objects.filter(subject=alice.pseudonym).count()
    page = as_clara.opens("/clinic/?closed=silent&q=")
    assert listed(page) == ["Bob", "Zoe"]
    assert "open" not in page.one("details", id="section-silent").attributes
    assert AuditEntry.objects.filter(subject=alice.pseudonym).count() == before
    again = page.one("details", id="section-silent").one("a")
    assert (again.text, again["href"]) == ("Show this patient", "?")
    assert listed(as_clara.opens("/clinic/?section=silent&closed=silent")) == ["Alice"]


@pytest.mark.parametrize(
    ("sort", "order", "state"),
    [
        ("name", ["Alice", "Bob", "Zoe"], "ascending"),
        ("-name", ["Alice", "Zoe", "Bob"], "descending"),
        ("headache", ["Alice", "Bob", "Zoe"], "ascending"),
        ("-headache", ["Alice", "Zoe", "Bob"], "descending"),
        ("change", ["Alice", "Bob", "Zoe"], "ascending"),
        ("nonsense", ["Alice", "Bob", "Zoe"], "ascending"),
        ("-", ["Alice", "Bob", "Zoe"], "ascending"),
    ],
)
def test_sorted_within_sections(as_clara, three, sort, order, state):
    page = as_clara.opens(f"/clinic/?sort={sort}")
    assert listed(page) == order
    sorted_by = [cell["aria-sort"] for cell in page.all("th") if "aria-sort" in cell.attributes]
    assert sorted_by == [state] * 2


@pytest.mark.parametrize(
    "address", ["tag=99999999999999999999", "tag=x", "tag=-1", "section=x", "closed=x.y.%00"]
)
def test_words_that_nobody_chose(as_clara, three, address):
    assert as_clara.opens(f"/clinic/?{address}").status == 200


def test_clinic_that_follows_three_cycles_is_asked_later(as_clara, alice, north):
    for back in (200, 110):
        session(alice, days_ago(back))
    assert "Decision due (1)" in as_clara.opens("/clinic/").text
    Clinic.objects.update(follows="ehf-2018")
    assert "Injection due or overdue (1)" in as_clara.opens("/clinic/").text
    Clinic.objects.update(follows="own-7")
    assert "Decision due (1)" in as_clara.opens("/clinic/").text


def test_only_a_decision_that_stands_counts(as_clara, alice, north, south):
    for back in (200, 110):
        session(alice, days_ago(back))
    given = {"patient": alice, "clinic": north, "made_on": days_ago(5), "kind": "stop"}
    Decision.objects.create(**given | {"clinic": south})
    withdrawn = Decision.objects.create(**given)
    Decision.objects.create(**given, replaces=withdrawn, is_withdrawn=True)
    assert "Decision due (1)" in as_clara.opens("/clinic/").text
    Decision.objects.create(**given)
    page = as_clara.opens("/clinic/")
    assert "No data for 14 days (1)" in page.text
    assert due_of(page) == "–no date"


def test_names_of_staff_are_needed_for_nothing(noon):
    lone = staff("Lone Reader", Clinic.objects.create(name="Empty", slug="empty"))
    assert "No patient shares a diary" in visitor(lone).opens("/clinic/").text
    assert "Nobody is due" in visitor(lone).opens("/clinic/visits/").text


# --- What the audit log holds of it ------------------------------------------------------------------------------


def lines(action):
    return list(AuditEntry.objects.filter(action=action).order_by("number").values_list("clinic", "detail"))


def test_who_a_search_counts_is_written_down_though_the_page_shows_nobody(as_clara, three, alice):
    page = as_clara.opens("/clinic/?q=Alice&closed=" + ".".join(Section))
    assert alice.name not in page.main.text
    assert [entry.subject for entry in AuditEntry.objects.filter(action="listed")] == [alice.pseudonym]


def test_calendar_that_is_fetched_is_written_down_once_a_day(feed, clara, north, noon):
    for _time in range(3):
        assert Client().get(feed).status_code == 200
    assert lines("exported")[1:] == [(north.pk, "calendar fetched")]
    assert AuditEntry.objects.get(detail="calendar fetched").actor == clara.pseudonym
    noon.shift(timedelta(days=1))
    Client().get(feed)
    assert len(lines("exported")) == 3


def test_changed_tags_are_written_down(as_clara, alice, north):
    as_clara.sends(f"{place(alice)}tags/", new="Study B")
    tag = north.tags.get()
    as_clara.sends(f"/clinic/tags/{tag.pk}/rename/", name="Study C")
    as_clara.sends(f"/clinic/tags/{tag.pk}/delete/")
    assert lines("changed")[1:] == [(north.pk, "tag renamed"), (north.pk, "tag deleted from every patient")]


def test_who_is_hired_again_does_not_find_the_old_calendar(feed, clara, north):
    adam = staff("Adam Administrator", north, "administrator")
    membership = clara.memberships.get(clinic=north)
    visitor(adam).sends(f"/clinic/staff/{membership.pk}/remove/")
    Membership.objects.create(user=clara, clinic=north, role="clinician")
    assert Client().get(feed).status_code == 404


def test_calendar_is_not_fetched_while_the_log_is_stuck(feed, monkeypatch):
    def stuck(*_lines, **_said):
        raise audit.AuditUnavailable

    monkeypatch.setattr(audit, "append", stuck)
    assert [Client().get(feed).status_code for _time in range(2)] == [503, 503]
