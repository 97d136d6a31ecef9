"""What a patient reads and taps on the page of sharing."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.utils import timezone

from accounts import codes
from accounts.models import AuditEntry
from clinic import consent
from clinic.access import notes_seen
from clinic.models import CareLink, LinkCode
from tests.cast import (
    NOON,
    TODAY,
    at_most,
    days_ago,
    new_patient,
    record,
    share,
    staff,
    visitor,
    with_password,
)


@pytest.fixture
def alice(alice):
    with_password(alice.user)
    return alice


@pytest.fixture
def as_alice(alice):
    """Alice, who signed in a while ago."""
    return visitor(alice.user, minutes_ago=16)


@pytest.fixture
def alice_now(alice):
    """Alice, who gave her password a moment ago."""
    return visitor(alice.user)


@pytest.fixture
def north_link(alice, north):
    return alice.care_links.get(clinic=north)


def readers(page):
    return [card.one("h3").text for card in page.section("readers").all("article")]


def code_on(page):
    return page.one("p", "code").text


# --- Who can read --------------------------------------------------------------------------------------------


def test_page_says_who_can_read_what_since_when_and_why(as_alice):
    page = as_alice.opens("/sharing/")
    assert readers(page) == ["North Headache Clinic"]
    assert page.facts() == {
        "Since": "13 May 2025",
        "Sees": "your diary, without its notes",
        "Because of": "a record that the clinic keeps itself",
    }


def test_who_shares_with_nobody_reads_that(as_bob):
    assert "Nobody but you." in as_bob.opens("/sharing/").section("readers").text


def test_access_ends_in_one_tap_without_a_question_or_a_password(as_alice, as_clara, alice, north_link):
    as_clara.opens(f"/clinic/patients/{alice.pk}/")
    page = as_alice.sends(f"/sharing/{north_link.pk}/end/")
    assert page.messages == "North Headache Clinic can no longer read your diary. This holds from now on."
    assert readers(page) == []
    as_clara.opens(f"/clinic/patients/{alice.pk}/", status=404)
    north_link.refresh_from_db()
    assert (north_link.ends_at, north_link.ended_by) == (NOON, alice.user.pseudonym)
    entry = AuditEntry.objects.get(action="withdrew")
    assert (entry.actor, entry.subject) == (alice.user.pseudonym, alice.pseudonym)
    assert entry.care_link == north_link.pk


def test_second_tap_on_end_changes_nothing(as_alice, north_link, noon):
    as_alice.sends(f"/sharing/{north_link.pk}/end/")
    noon.move_to(NOON + timedelta(hours=1))
    as_alice.sends(f"/sharing/{north_link.pk}/end/")
    north_link.refresh_from_db()
    assert north_link.ends_at == NOON
    assert AuditEntry.objects.filter(action="withdrew").count() == 1


def test_end_on_an_old_page_ends_what_the_clinic_has_now(alice_now, alice, north, north_link, as_clara):
    """The button means the clinic: what she tapped on another device in between does not save its access."""
    alice_now.sends(f"/sharing/{north_link.pk}/notes/share/")
    alice_now.sends(f"/sharing/{north_link.pk}/end/")
    assert not alice.care_links.lasting().exists()
    as_clara.opens(f"/clinic/patients/{alice.pk}/", status=404)


def test_access_that_has_not_begun_ends_before_it_begins(as_alice, alice, south, dora, noon):
    early = share(alice, south, starts_at=NOON + timedelta(days=1))
    as_alice.sends(f"/sharing/{early.pk}/end/")
    noon.move_to(NOON + timedelta(days=2))
    visitor(dora).opens(f"/clinic/patients/{alice.pk}/", status=404)


def test_somebody_elses_link_is_not_there(as_bob, north_link):
    for tap in ("end", "notes/keep", "notes/share", "agree"):
        assert as_bob.client.post(f"/sharing/{north_link.pk}/{tap}/").status_code == 404
    north_link.refresh_from_db()
    assert north_link.ends_at is None


def test_ending_takes_no_more_taps_than_giving(alice_now, as_alice, as_clara, alice, north_link):
    """Both from the page of sharing: one form each. Only giving asks for the password."""
    page = as_alice.opens("/sharing/")
    ends = [form for form in page.all("form") if form["action"].endswith("/end/")]
    gives = [form for form in page.all("form") if form["action"] == "/sharing/code/"]
    assert (len(ends), len(gives)) == (1, 1)
    assert as_alice.client.post(ends[0]["action"])["Location"] == "/sharing/"
    assert as_alice.client.post("/sharing/code/")["Location"].startswith("/accounts/reauthenticate/")


# --- Notes ---------------------------------------------------------------------------------------------------


def test_notes_are_a_scope_of_their_own_and_each_change_is_a_new_row(
    alice_now, alice, north, north_link, noon
):
    page = alice_now.sends(f"/sharing/{north_link.pk}/notes/share/")
    assert page.messages == "North Headache Clinic can read your diary and its notes."
    assert page.facts()["Sees"] == "your diary and its notes"
    assert page.facts()["Because of"] == "your own consent"
    noon.move_to(NOON + timedelta(minutes=5))
    with_notes = alice.care_links.lasting().get()
    page = alice_now.sends(f"/sharing/{with_notes.pk}/notes/keep/")
    assert page.facts()["Sees"] == "your diary, without its notes"
    rows = alice.care_links.filter(clinic=north).order_by("starts_at", "pk")
    assert [(row.sees_notes, row.reference, row.ends_at is None) for row in rows] == [
        (False, "N-17", False),
        (True, "N-17", False),
        (False, "N-17", True),
    ]
    assert rows[2].wording == consent.WORDING
    assert rows[2].given_by == alice.user.pseudonym


def test_notes_are_kept_back_without_a_password_and_shared_only_with_one(as_alice, alice, north_link):
    answer = as_alice.client.post(f"/sharing/{north_link.pk}/notes/share/")
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not alice.care_links.lasting().get().sees_notes
    CareLink.objects.filter(pk=north_link.pk).update(ends_at=NOON)
    share(alice, north_link.clinic, sees_notes=True)
    as_alice.sends(f"/sharing/{alice.care_links.lasting().get().pk}/notes/keep/")
    assert not alice.care_links.lasting().get().sees_notes


@pytest.mark.parametrize("sees_notes", [False, True])
def test_notes_pass_one_door(alice, north_link, sees_notes):
    record(alice, TODAY, note="zz-note")
    record(alice, days_ago(1))
    north_link.sees_notes = sees_notes
    assert [day.note for day in notes_seen(north_link)] == (["zz-note"] if sees_notes else [])


# --- The code ------------------------------------------------------------------------------------------------


def test_code_is_shown_large_spelled_and_kept_nowhere(alice_now, alice):
    page = alice_now.sends("/sharing/code/")
    shown = code_on(page)
    assert len(shown) == 9
    assert shown[4] == "-"
    assert set(shown.replace("-", "")) <= set(codes.ALPHABET)
    assert f"letter by letter: {', '.join(shown.replace('-', ''))}" in page.section("code").text
    assert "until 19 June, 12:00" in page.section("code").text
    [row] = LinkCode.objects.values()
    assert not [value for value in row.values() if shown.replace("-", "") in str(value).upper()]
    assert consent.digest(shown) == row["digest"]
    assert code_on(alice_now.opens("/sharing/")) == shown


def test_code_is_made_only_after_the_password(as_alice, alice):
    answer = as_alice.client.post("/sharing/code/")
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not LinkCode.objects.exists()


def test_code_of_another_key_is_another_code(settings):
    before = consent.code_of("seed"), consent.digest("AAAA")
    settings.SECRET_KEY = "another-key-" * 6
    assert consent.code_of("seed") != before[0]
    assert consent.digest("AAAA") != before[1]


def test_new_code_ends_the_one_before(alice_now, alice):
    first = code_on(alice_now.sends("/sharing/code/"))
    second = code_on(alice_now.sends("/sharing/code/", notes="yes"))
    assert first != second
    assert LinkCode.objects.get().sees_notes


def test_code_is_withdrawn(alice_now):
    alice_now.sends("/sharing/code/")
    page = alice_now.sends("/sharing/code/withdraw/")
    assert page.messages == "The code is withdrawn. Nobody can use it any more."
    assert page.all("p", "code") == []


def test_whole_wording_stands_beside_the_button(as_bob):
    page = as_bob.opens("/sharing/")
    for line in consent.WORDINGS[consent.WORDING]:
        assert str(line) in page.section("code").text


# --- The text changes ----------------------------------------------------------------------------------------


@pytest.fixture
def old_consent(alice, north, north_link):
    CareLink.objects.filter(pk=north_link.pk).update(ends_at=NOON, ended_by=alice.user.pseudonym)
    return share(alice, north, "N-17", basis="consent", wording="2025-01", language="en-gb", starts_at=NOON)


def test_changed_text_asks_again_and_access_goes_on_until_the_answer(
    as_alice, alice_now, as_clara, alice, old_consent
):
    page = as_alice.opens("/sharing/")
    assert "The text has changed: please read it and agree again." in page.section("readers").text
    assert "Until you answer, North Headache Clinic can read on as before." in page.section("readers").text
    as_clara.opens(f"/clinic/patients/{alice.pk}/")
    page = alice_now.sends(f"/sharing/{old_consent.pk}/agree/")
    assert "The text has changed" not in page.text
    now = alice.care_links.lasting().get()
    assert (now.wording, now.reference, now.basis) == (consent.WORDING, "N-17", "consent")
    old_consent.refresh_from_db()
    assert (old_consent.wording, old_consent.ends_at) == ("2025-01", NOON)


def test_agreeing_asks_for_the_password_and_ending_does_not(as_alice, alice, old_consent):
    assert "reauthenticate" in as_alice.client.post(f"/sharing/{old_consent.pk}/agree/")["Location"]
    as_alice.sends(f"/sharing/{old_consent.pk}/end/")
    assert not alice.care_links.lasting().exists()


def test_agreeing_after_the_end_brings_nothing_back(alice_now, alice, old_consent):
    alice_now.sends(f"/sharing/{old_consent.pk}/end/")
    page = alice_now.sends(f"/sharing/{old_consent.pk}/agree/")
    assert "has ended meanwhile" in page.messages
    assert not alice.care_links.lasting().exists()


@pytest.mark.parametrize(
    ("name", "number"), [("2026-11", "bf16698200d898a2"), ("2026-12", "fb584793bd6b4a1c")]
)
def test_text_never_changes_under_its_name(name, number):
    """A new text has a new name. The number is of the text that people have agreed to."""
    import hashlib

    text = "\n".join(str(line) for line in consent.WORDINGS[name])
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == number


# --- Who looked ----------------------------------------------------------------------------------------------


def looked(page, heading="looked"):
    return [item.text for item in page.section(heading).all("li")]


def test_looks_are_grouped_by_person_clinic_and_day(as_alice, clara, alice, noon):
    for minutes in (0, 60, 125):
        noon.move_to(NOON + timedelta(minutes=minutes))
        as_clara = visitor(clara)
        as_clara.opens(f"/clinic/patients/{alice.pk}/")
    as_clara.opens("/clinic/")
    assert looked(as_alice.opens("/sharing/")) == [
        "Clara Clinician, North Headache Clinic, read your diary on 17 June 2026, 3 times, last 14:05",
        "Clara Clinician, North Headache Clinic, saw your name in the list of patients, on 17 June 2026, 14:05",
    ]


def test_look_is_there_at_once_and_in_the_patients_own_time(as_alice, as_clara, alice, noon):
    alice.time_zone = "Pacific/Kiritimati"
    alice.save()
    as_clara.opens(f"/clinic/patients/{alice.pk}/")
    assert looked(as_alice.opens("/sharing/")) == [
        "Clara Clinician, North Headache Clinic, read your diary on 18 June 2026, at 02:00"
    ]


def entry(number, alice, actor, at, action="viewed", clinic=1):
    return AuditEntry(
        number=number,
        at=at,
        action=action,
        actor=actor,
        subject=alice.pseudonym,
        clinic=clinic,
        previous=f"{number}",
        digest=f"{number}",
    )


def test_refused_and_older_looks_and_those_of_others_are_left_out(as_alice, alice, bob, north, clara):
    old = timezone.now() - timedelta(days=91)
    rows = [
        entry(1, alice, clara.pseudonym, NOON, "denied", north.pk),
        entry(2, alice, clara.pseudonym, old, "viewed", north.pk),
        entry(3, bob, clara.pseudonym, NOON, "viewed", north.pk),
        entry(4, alice, alice.user.pseudonym, NOON, "exported", None),
    ]
    AuditEntry.objects.bulk_create(rows)
    page = as_alice.opens("/sharing/")
    assert "Nobody opened your diary." in page.section("looked").text
    assert "on 18 March 2026" in as_alice.opens("/sharing/looks/").main.text


def test_person_whose_account_is_gone_is_said_to_be(as_alice, alice, north):
    AuditEntry.objects.bulk_create([entry(1, alice, UUID(int=5), NOON, "viewed", north.pk)])
    assert looked(as_alice.opens("/sharing/"))[0].startswith(
        "Somebody whose name is not known here, North Headache Clinic, read your diary"
    )


def test_address_of_staff_is_not_shown(as_alice, alice, north, clara):
    type(clara).objects.filter(pk=clara.pk).update(name="")
    AuditEntry.objects.bulk_create([entry(1, alice, clara.pseudonym, NOON, "viewed", north.pk)])
    assert "clara@example.org" not in as_alice.opens("/sharing/").html


def test_page_asks_as_much_for_a_thousand_looks_as_for_two(as_alice, alice, north, clara):
    as_alice.opens("/sharing/")
    AuditEntry.objects.bulk_create(
        [entry(n, alice, clara.pseudonym, NOON, "viewed", north.pk) for n in (1, 2)]
    )
    with at_most(13):
        as_alice.opens("/sharing/")
    people = [staff(f"Nurse{n} Night", north) for n in range(20)]
    AuditEntry.objects.bulk_create(
        entry(10 + n, alice, people[n % 20].pseudonym, NOON - timedelta(hours=n), "viewed", north.pk)
        for n in range(1000)
    )
    with at_most(13):
        page = as_alice.opens("/sharing/")
    assert len(looked(page)) == 12
    assert page.section("looked").one("a").text == "Show all"
    with at_most(9):
        page = as_alice.opens("/sharing/looks/?page=2")
    assert "Page 2 of" in page.main.text


# --- History -------------------------------------------------------------------------------------------------


def test_history_says_what_was_given_when_to_which_text_and_who_ended_it(alice_now, alice, north_link, noon):
    alice_now.sends(f"/sharing/{north_link.pk}/notes/share/")
    noon.move_to(NOON + timedelta(minutes=1))
    page = alice_now.sends(f"/sharing/{north_link.pk}/end/")
    assert looked(page, "history")[:3] == [
        "North Headache Clinic, diary and notes You agreed on 17 June 2026, 12:00, to the text 2026-12. "
        "You ended it on 17 June 2026, 12:01.",
        "East Headache Clinic, diary The clinic’s own record, from 13 May 2025, 12:00. "
        "It was ended on 17 June 2026, 11:59, by the clinic.",
        "North Headache Clinic, diary The clinic’s own record, from 13 May 2025, 12:00. "
        "You ended it on 17 June 2026, 12:00.",
    ]
    assert "The text 2026-12" in page.section("history").text


def test_history_is_ones_own(as_bob, alice):
    assert "North" not in as_bob.opens("/sharing/").html


def test_sharing_sends_no_mail_by_itself(alice_now, north_link):
    alice_now.sends("/sharing/code/")
    alice_now.sends(f"/sharing/{north_link.pk}/end/")
    assert mail.outbox == []


def test_page_leads_to_it(as_alice):
    menu = as_alice.opens("/").one("div", "menu__list")
    assert "Sharing" in [link.text for link in menu.all("a")]


def test_diary_of_ones_own_is_needed(eve):
    assert visitor(eve).client.get("/sharing/")["Location"] == "/begin/"


def test_patient_without_a_code_before_can_make_one(north):
    dora = new_patient("Dora Diarist")
    assert code_on(visitor(dora.user).sends("/sharing/code/"))
