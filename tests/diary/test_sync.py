"""What phones send to /sync/: what the server answers, and what the person reads afterwards."""

import json
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from diary import actions
from diary.merging import HEADACHE
from diary.models import DeviceOperation, DiaryDay, Patient
from diary.models.operations import MOST_A_MINUTE
from diary.phone import moment_text, owner_mark
from diary.rules import Headache
from tests.cast import NOON, TODAY, at_most, days_ago, medicine, record, record_all, signed_in, staff
from tests.phones import ADDRESS, doses_of, message_of, post, said, sends, statuses

WHEN = days_ago(1)
DAY = f"/days/{WHEN}/"


@pytest.fixture
def phone(alice):
    return signed_in(alice.user)


@pytest.fixture
def triptan(alice):
    return medicine(alice)


def word(patient, when=WHEN):
    return patient.days.filter(date=when).values_list("headache", flat=True).first()


def doses(patient, when=WHEN):
    found = DiaryDay.objects.get(patient=patient, date=when).intakes
    return dict(found.values_list("medicine__name", "doses"))


def answer(page):
    """What a day's own page says of the headache."""
    return page.filled("headache")


# --- The message and its answers -----------------------------------------------------------------------------
def test_tap_is_saved_and_read_on_the_days_page(alice, phone, as_alice):
    one = said(WHEN, "severe")
    reply = sends(phone, alice, one)
    assert reply["answers"] == [{"name": one["name"], "status": "saved", "why": ""}]
    assert reply["days"] == [[WHEN.isoformat(), "severe", {}, {HEADACHE: [one["name"]]}]]
    assert answer(as_alice.opens(DAY)) == ["severe"]


def test_same_tap_again_is_known_and_changes_nothing(alice, phone):
    one, later = said(WHEN, "mild"), said(WHEN, "severe", "=mild")
    sends(phone, alice, one)
    later["seen"] = [one["name"]]
    sends(phone, alice, later)
    versions = alice.day_versions.count()
    assert statuses(sends(phone, alice, one, later)) == ["known", "known"]
    assert (word(alice), alice.day_versions.count(), alice.operations.count()) == ("severe", versions, 2)


def test_tap_that_something_newer_had_seen_is_older(alice, phone):
    first = said(WHEN, "mild")
    then = said(WHEN, "none", "=", first["name"])
    assert statuses(sends(phone, alice, then)) == ["saved"]
    reply = sends(phone, alice, first)
    assert statuses(reply) == ["older"]
    assert reply["days"][0][1] == "none"
    assert word(alice) == "none"


def test_what_another_phone_had_not_seen_stands_beside_it(alice, phone, as_alice):
    sends(phone, alice, said(WHEN, "none"))
    assert statuses(sends(phone, alice, said(WHEN, "severe"))) == ["kept"]
    assert word(alice) == "severe"
    assert "“Severe headache” is counted until you choose. What is right?" in as_alice.opens("/").text


def test_two_phones_that_say_the_same_agree(alice, phone, as_alice):
    sends(phone, alice, said(WHEN, "mild"))
    assert statuses(sends(phone, alice, said(WHEN, "mild"))) == ["saved"]
    assert "What is right?" not in as_alice.opens("/").text


def test_batch_of_a_day_and_its_doses_in_any_order(alice, phone, triptan):
    tea = medicine(alice, "Tea", "other")
    taps = [
        said(WHEN, "mild"),
        said(WHEN, 1, of=doses_of(triptan)),
        said(WHEN, 2, of=doses_of(tea)),
        said(days_ago(2), "none"),
    ]
    reply = sends(phone, alice, *reversed(taps))
    assert statuses(reply) == ["saved"] * 4
    assert (word(alice), doses(alice), word(alice, days_ago(2))) == (
        "mild",
        {"sumatriptan": 1, "Tea": 2},
        "none",
    )
    assert [day[0] for day in reply["days"]] == [days_ago(2).isoformat(), WHEN.isoformat()]


def test_undone_tap_leaves_the_day_not_recorded(alice, phone, as_alice):
    one = said(WHEN, "mild")
    sends(phone, alice, one, said(WHEN, None, "=", one["name"], undoes=one["name"]))
    assert "This day is not recorded." in as_alice.opens(DAY).text
    assert [version.is_deletion for version in alice.day_versions.all()] == [True]


def test_dose_that_was_taken_back_is_gone(alice, phone, triptan):
    one = said(WHEN, "mild")
    dose = said(WHEN, 1, of=doses_of(triptan))
    sends(phone, alice, one, dose, said(WHEN, 0, "=", dose["name"], of=doses_of(triptan)))
    assert (word(alice), doses(alice)) == ("mild", {})


def test_empty_message_is_answered(alice, phone):
    assert sends(phone, alice) == {"answers": [], "days": [], "now": moment_text(NOON)}


def test_one_bad_entry_does_not_block_the_rest(alice, phone, triptan):
    bad = said(WHEN, "awful")
    reply = sends(
        phone, alice, said(days_ago(3), "none"), bad, said(WHEN, 1, of="doses:987654321"), said(WHEN, "mild")
    )
    assert statuses(reply) == ["saved", "refused", "refused", "saved"]
    assert reply["answers"][1]["name"] == bad["name"]
    assert reply["answers"][1]["why"].startswith("This entry cannot be read.")
    assert (word(alice, days_ago(3)), word(alice)) == ("none", "mild")
    assert alice.operations.count() == 2


def test_name_is_taken_once_even_on_another_day(alice, phone):
    """A phone that names two taps alike hears of it; nothing of the first is lost."""
    one = said(WHEN, "mild")
    again = said(days_ago(2), "severe", name=one["name"])
    other = said(WHEN, "severe", name=one["name"])
    reply = sends(phone, alice, one, again, other)
    assert statuses(reply) == ["saved", "refused", "refused"]
    assert (word(alice), word(alice, days_ago(2))) == ("mild", None)


def test_name_that_somebody_else_used_is_free(alice, phone, bob):
    one = said(WHEN, "mild")
    sends(phone, alice, one)
    assert statuses(sends(signed_in(bob.user), bob, said(WHEN, "none", name=one["name"]))) == ["saved"]
    assert (word(alice), word(bob)) == ("mild", "none")


@pytest.mark.parametrize("whose", ["somebody else's", "deleted"])
def test_medicine_that_is_not_on_the_list(alice, bob, phone, whose):
    taken = medicine(bob if whose == "somebody else's" else alice, "Secret tea")
    one = said(WHEN, 1, of=doses_of(taken))
    if whose == "deleted":
        taken.delete()
    reply = sends(phone, alice, one)
    assert reply["answers"][0]["status"] == "refused"
    assert reply["answers"][0]["why"] == "This medicine is not on your list any more."
    assert "Secret" not in json.dumps(reply)
    assert not DiaryDay.objects.exists()


def test_medicine_that_is_out_of_use_still_takes_what_was_tapped_before(alice, phone, triptan):
    triptan.is_in_use = False
    triptan.save()
    sends(phone, alice, said(WHEN, "mild"), said(WHEN, 1, of=doses_of(triptan)))
    assert doses(alice) == {"sumatriptan": 1}


# --- Who sends -----------------------------------------------------------------------------------------------
def test_owner_and_a_token_for_what_is_sent_next(alice):
    careful = signed_in(alice.user, Client(enforce_csrf_checks=True))
    body = message_of(alice, [said(WHEN, "mild")])
    assert post(careful, body).status_code == 403
    here = careful.get(ADDRESS).json()
    assert here == {"owner": owner_mark(alice), "token": here["token"], "now": moment_text(NOON)}
    assert post(careful, body, HTTP_X_CSRFTOKEN="x" * 64).status_code == 403
    assert not DiaryDay.objects.exists()
    assert post(careful, body, HTTP_X_CSRFTOKEN=here["token"]).status_code == 200
    assert word(alice) == "mild"


def refused(response, status, where):
    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    assert "Location" not in response
    said = response.json()
    assert said.keys() == {"where", "why"}
    assert said["where"] == where
    assert not DiaryDay.objects.exists()
    assert not DeviceOperation.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_is_signed_in(alice, method):
    client = Client()
    response = (
        client.get(ADDRESS) if method == "get" else post(client, message_of(alice, [said(WHEN, "mild")]))
    )
    refused(response, 401, "session")
    assert not response.cookies


def test_session_that_ended(alice, phone):
    phone.session.flush()
    refused(post(phone, message_of(alice, [said(WHEN, "mild")])), 401, "session")


def test_account_that_was_closed(alice, phone):
    alice.user.is_active = False
    alice.user.save()
    refused(post(phone, message_of(alice, [said(WHEN, "mild")])), 401, "session")


def test_account_without_a_diary(alice, eve):
    refused(signed_in(eve).get(ADDRESS), 403, "session")
    refused(post(signed_in(eve), message_of(alice, [said(WHEN, "mild")])), 403, "session")


def test_clinician_without_a_diary(alice, clara):
    refused(post(signed_in(clara), message_of(alice, [said(WHEN, "mild")])), 403, "session")


def test_staff_without_a_second_factor_reach_nothing(alice, north, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    new = staff("Nell New", north, second_factor=False)
    Patient.objects.create(user=new, name="Nell")
    response = post(signed_in(new), message_of(new.patient, [said(WHEN, "mild")]))
    assert response.status_code == 403
    assert response.json()["where"] == "session"
    assert not DiaryDay.objects.exists()


def test_message_for_somebody_else(alice, as_bob):
    refused(post(as_bob.client, message_of(alice, [said(WHEN, "mild")])), 409, "owner")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_another_kind_of_message(alice, phone, kind):
    body = json.dumps(message_of(alice, [said(WHEN, "mild")])).encode()
    refused(phone.generic("POST", ADDRESS, body, kind), 415, "message")


def test_message_that_is_too_long(alice, phone):
    one = said(WHEN, "mild")
    refused(post(phone, message_of(alice, [one], padding="x" * 300_000)), 413, "message")


def test_other_methods(phone):
    for method in ("put", "patch", "delete"):
        assert getattr(phone, method)(ADDRESS).status_code == 405


def test_answer_is_kept_by_no_cache(alice, phone):
    for response in (
        phone.get(ADDRESS),
        post(phone, message_of(alice, [said(WHEN, "mild")])),
        Client().get(ADDRESS),
    ):
        assert response["Cache-Control"] == "no-store"


# --- A phone that two people use -----------------------------------------------------------------------------
def test_queue_of_one_is_never_sent_into_the_diary_of_another(alice, bob):
    """Alice's session ends, Bob signs in on the same browser, and the queue is sent."""
    browser = signed_in(alice.user)
    queue = message_of(alice, [said(WHEN, "mild"), said(days_ago(2), "none")])
    browser = signed_in(bob.user, browser)
    response = post(browser, queue)
    assert (response.status_code, response.json()["where"]) == (409, "owner")
    assert not DiaryDay.objects.exists()
    assert not DeviceOperation.objects.exists()
    # Once Alice is back it is sent as it was.
    assert statuses(post(signed_in(alice.user, browser), queue).json()) == ["saved", "saved"]
    assert set(DiaryDay.objects.values_list("patient_id", flat=True)) == {alice.pk}


def test_mark_of_the_owner_is_the_same_on_each_phone_and_says_nothing(alice, bob, as_alice):
    marks = [signed_in(alice.user).get(ADDRESS).json()["owner"] for _ in range(3)]
    other = signed_in(bob.user).get(ADDRESS).json()["owner"]
    assert len({*marks, other}) == 2
    assert len(other) == 32
    for known in (alice.pseudonym.hex, alice.user.pseudonym.hex, str(alice.pk)):
        assert known not in (marks[0], str(marks[0][: len(known)]))
    for address in ("/medicines/", "/trends/", DAY, "/help/", "/months/2026-06/"):
        assert other not in as_alice.opens(address).html, address


def test_owner_of_no_secret_cannot_make_the_mark(alice, settings):
    before = owner_mark(alice)
    settings.SECRET_KEY = "another key of fifty characters and a few more of them"
    assert owner_mark(alice) != before


# --- Days ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("when", "zone", "why"),
    [
        (TODAY, "UTC", ""),
        (TODAY + timedelta(days=1), "UTC", ""),
        (TODAY + timedelta(days=2), "UTC", "This day has not come yet. Look at the date of your device."),
        (TODAY + timedelta(days=2), "Pacific/Kiritimati", ""),
        (
            TODAY + timedelta(days=3),
            "Pacific/Kiritimati",
            "This day has not come yet. Look at the date of your device.",
        ),
        (TODAY + timedelta(days=1), "Pacific/Pago_Pago", ""),
        (date(9999, 12, 31), "UTC", "This day has not come yet. Look at the date of your device."),
        (date(1900, 1, 1), "UTC", ""),
        (date(1899, 12, 31), "UTC", "This day lies before any diary."),
        (date(1, 1, 1), "America/New_York", "This day lies before any diary."),
        (date(2024, 2, 29), "UTC", ""),
        ("2025-02-29", "UTC", "This entry cannot be read. It was not saved; say it again on its day."),
        ("2026-06-31", "UTC", "This entry cannot be read. It was not saved; say it again on its day."),
    ],
)  # fmt: skip
def test_dates(alice, phone, when, zone, why):
    alice.time_zone = zone
    alice.save()
    reply = sends(phone, alice, said(when, "mild"))
    assert reply["answers"][0]["why"] == why
    assert statuses(reply) == ["refused" if why else "saved"]
    assert list(alice.days.values_list("date", flat=True)) == ([] if why else [when])


def test_entry_made_three_days_ago_without_a_network_is_not_late(alice, phone, as_clara):
    """Of the day on which it was tapped, not of the day on which it arrived."""
    when = days_ago(3)
    sends(phone, alice, said(when, "mild", said_at=moment_text(NOON - timedelta(days=3))))
    assert alice.days.get().recorded_on == when
    assert not alice.days.get().is_late


def test_entry_of_today_about_a_day_weeks_ago_is_late(alice, phone):
    sends(phone, alice, said(days_ago(30), "mild"))
    assert alice.days.get().recorded_on == TODAY
    assert alice.days.get().is_late


def test_phones_clock_is_put_right_by_the_servers(alice, phone):
    """The phone is two years behind; three days ago it said so too."""
    behind = NOON - timedelta(days=730)
    one = said(days_ago(3), "mild", said_at=moment_text(behind - timedelta(days=3)))
    sends(phone, alice, one, now=moment_text(behind))
    assert alice.days.get().recorded_on == days_ago(3)
    assert alice.operations.get().clock_off == 730 * 86400


def test_travellers_date_is_their_own(alice, phone):
    alice.time_zone = "Pacific/Kiritimati"
    alice.save()
    sends(phone, alice, said(TODAY + timedelta(days=1), "mild"))
    assert alice.days.get().recorded_on == TODAY + timedelta(days=1)


# --- What a tap takes along ----------------------------------------------------------------------------------
def test_what_no_headache_cleared_comes_back_with_undo(alice, phone, as_alice):
    record(alice, WHEN, "severe", pain=8, hours="3.5", note="kept")
    free = said(WHEN, "none", "=severe")
    sends(phone, alice, free)
    day = alice.days.get()
    assert (day.pain, day.hours, day.note) == (None, None, "kept")
    sends(phone, alice, said(WHEN, "severe", "=severe", free["name"], undoes=free["name"]))
    page = as_alice.opens(DAY)
    assert (answer(page), page.filled("pain"), page.filled("hours"), page.filled("note")) == (
        ["severe"],
        ["8"],
        "3.5",
        "kept",
    )


def test_undo_puts_back_nothing_that_was_said_anew(alice, phone):
    record(alice, WHEN, "severe", pain=8)
    free = said(WHEN, "none", "=severe")
    sends(phone, alice, free)
    by = alice.user.pseudonym
    actions.save_day(alice, WHEN, {"headache": Headache.MILD, "pain": 2}, {}, TODAY, by=by)
    sends(phone, alice, said(WHEN, "severe", "=severe", free["name"], undoes=free["name"]))
    assert alice.days.get().pain == 2


def test_undo_of_somebody_elses_tap_puts_nothing_back(alice, bob, phone):
    record(bob, WHEN, "severe", pain=8)
    free = said(WHEN, "none", "=severe")
    sends(signed_in(bob.user), bob, free)
    sends(phone, alice, said(WHEN, "severe", undoes=free["name"]))
    assert alice.days.get().pain is None


# --- A page and a phone at the same time ---------------------------------------------------------------------
def form(**said):
    return {"headache": "mild", "migraine": "unknown", "menstruation": "unknown", "note": "", **said}


def test_note_of_the_page_and_word_of_the_phone_are_both_kept(alice, phone, as_alice):
    one = said(WHEN, "mild")
    sends(phone, alice, one)
    as_alice.sends(DAY, **form(note="from the page"))
    assert statuses(sends(phone, alice, said(WHEN, "severe", one["name"]))) == ["saved"]
    page = as_alice.opens(DAY)
    assert (answer(page), page.filled("note")) == (["severe"], "from the page")


def test_open_form_does_not_overwrite_a_tap(alice, phone, as_alice):
    seen = as_alice.opens(DAY).filled("seen")
    sends(phone, alice, said(WHEN, "severe"))
    page = as_alice.sends(DAY, 422, **form(seen=seen))
    assert word(alice) == "severe"
    assert page.status == 422


def test_word_of_the_page_that_the_phone_had_not_seen(alice, phone, as_alice):
    one = said(WHEN, "mild")
    sends(phone, alice, one)
    as_alice.sends(f"{DAY}headache/", headache="moderate")
    assert statuses(sends(phone, alice, said(WHEN, "none", one["name"]))) == ["kept"]
    assert as_alice.opens("/").section("conflicts").all("button")[0].text == "Moderate headache"
    assert word(alice) == "moderate"


def test_phone_that_heard_of_the_page_goes_on_from_there(alice, phone, as_alice):
    sends(phone, alice, said(WHEN, "mild"))
    as_alice.sends(f"{DAY}headache/", headache="severe")
    assert statuses(sends(phone, alice, said(WHEN, "none", "=severe"))) == ["saved"]
    assert "What is right?" not in as_alice.opens("/").text


@pytest.mark.parametrize("seen", ["the tap", "nothing, then the tap"])
def test_change_of_a_day_that_a_page_deleted_is_kept_and_asked(alice, phone, as_alice, seen):
    """Also by a phone that never heard that its first tap had arrived."""
    one = said(WHEN, "mild")
    sends(phone, alice, one)
    as_alice.sends(f"{DAY}delete/")
    marks = [one["name"]] if seen == "the tap" else ["=", one["name"]]
    assert statuses(sends(phone, alice, said(WHEN, "severe", *marks))) == ["kept"]
    assert word(alice) == "severe"
    assert buttons(as_alice) == [["Severe headache", "not recorded"]]


def test_dose_on_a_day_that_a_page_deleted_is_kept_and_asked(alice, phone, as_alice, triptan):
    sends(phone, alice, said(WHEN, "mild"))
    as_alice.sends(f"{DAY}delete/")
    assert statuses(sends(phone, alice, said(WHEN, 1, of=doses_of(triptan)))) == ["kept"]
    assert (word(alice), doses(alice)) == ("mild", {"sumatriptan": 1})
    assert buttons(as_alice) == [["Mild headache", "not recorded"]]


def test_undone_day_on_which_a_page_took_a_medicine_down(alice, phone, as_alice, triptan):
    """The phone took its first tap back and knew nothing of the doses; they stay, and it is asked."""
    one, dose = said(WHEN, "mild"), said(WHEN, 1, of=doses_of(triptan))
    back = said(WHEN, 0, "=", dose["name"], of=doses_of(triptan))
    sends(phone, alice, one, dose, back)
    as_alice.sends(DAY, **form(), **{f"doses_{triptan.pk}": "2"})
    reply = sends(phone, alice, said(WHEN, None, "=", one["name"], undoes=one["name"]))
    assert statuses(reply) == ["kept"]
    assert doses(alice) == {"sumatriptan": 2}
    assert buttons(as_alice) == [["Mild headache", "not recorded"]]


def test_dose_of_a_deleted_day_does_not_come_back(alice, phone, as_alice, triptan):
    sends(phone, alice, said(WHEN, "mild"), said(WHEN, 1, of=doses_of(triptan), word="mild"))
    as_alice.sends(f"{DAY}delete/")
    free = said(WHEN, "none")
    sends(phone, alice, free, said(WHEN, None, "=", free["name"], undoes=free["name"]))
    assert "This day is not recorded." in as_alice.opens(DAY).text
    assert "What is right?" not in as_alice.opens("/").text


def test_word_of_a_page_is_not_forgotten_behind_a_dose(alice, phone, as_alice, triptan):
    """One phone took a medicine on the page's word, another one knew nothing of either."""
    as_alice.sends(f"{DAY}headache/", headache="mild")
    assert statuses(sends(phone, alice, said(WHEN, 1, of=doses_of(triptan)))) == ["saved"]
    assert statuses(sends(phone, alice, said(WHEN, "severe"))) == ["kept"]
    assert buttons(as_alice) == [["Severe headache", "Mild headache"]]


def test_word_of_a_page_that_was_seen_is_corrected_behind_a_dose(alice, phone, as_alice, triptan):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    sends(phone, alice, said(WHEN, 1, of=doses_of(triptan)))
    assert statuses(sends(phone, alice, said(WHEN, "severe", "=mild"))) == ["saved"]
    assert buttons(as_alice) == []


def test_import_that_replaced_the_day(alice, phone, as_alice):
    one = said(WHEN, "mild")
    sends(phone, alice, one)
    actions.save_day(alice, WHEN, {"headache": Headache.NONE, "source": "import"}, {}, TODAY, by=None)
    assert statuses(sends(phone, alice, said(WHEN, "severe", one["name"]))) == ["kept"]
    assert buttons(as_alice) == [["Severe headache", "No headache"]]


def test_undo_of_the_page_does_not_undo_a_tap(alice, phone, as_alice):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    sends(phone, alice, said(WHEN, "severe", "=mild"))
    assert "Not undone" in as_alice.sends("/undo/").text
    assert word(alice) == "severe"


# --- What two phones said differently ------------------------------------------------------------------------
def buttons(visitor):
    """What Today offers to choose from, one list for each field of a day."""
    page = visitor.opens("/")
    return [
        [button.text for button in one.all("button")]
        for section in page.all("section", **{"aria-labelledby": "conflicts"})
        for one in section.all("form")
    ]


@pytest.fixture
def contested(alice, phone):
    sends(phone, alice, said(WHEN, "none"))
    sends(phone, alice, said(WHEN, "severe"), said(WHEN, "mild"))


def chooses(visitor, value, field=HEADACHE, when=WHEN, status=200):
    return visitor.sends(reverse("choose", args=[when]), status, field=field, value=value)


def test_conflict_is_shown_with_what_is_counted(as_alice, contested):
    section = as_alice.opens("/").section("conflicts")
    assert section.one("h2").text == "Two of your devices said different things"
    assert "Tuesday 16 June: “Severe headache” is counted until you choose." in section.text
    assert buttons(as_alice) == [["Severe headache", "Mild headache", "No headache"]]


@pytest.mark.parametrize("value", ["severe", "mild", "none"])
def test_each_value_can_be_chosen(alice, as_alice, contested, value):
    chooses(as_alice, value)
    assert word(alice) == value
    assert buttons(as_alice) == []
    assert answer(as_alice.opens(DAY)) == [value]


def test_choosing_again_finds_nothing_open(alice, as_alice, contested):
    chooses(as_alice, "mild")
    assert "There is nothing left to choose here." in chooses(as_alice, "severe").text
    assert word(alice) == "mild"


def test_choosing_that_the_day_is_not_recorded(alice, phone, as_alice, triptan):
    one, dose = said(WHEN, "mild"), said(WHEN, 1, of=doses_of(triptan))
    sends(phone, alice, one, dose, said(WHEN, None, "=", one["name"]))
    assert buttons(as_alice) == [["Mild headache", "not recorded"]]
    chooses(as_alice, "")
    assert not alice.days.exists()
    assert buttons(as_alice) == []
    assert alice.day_versions.latest("pk").is_deletion


def test_choosing_between_doses(alice, phone, as_alice, triptan):
    field = doses_of(triptan)
    sends(phone, alice, said(WHEN, "mild"), said(WHEN, 1, of=field), said(WHEN, 3, of=field))
    assert buttons(as_alice) == [["3 doses of sumatriptan", "1 dose of sumatriptan"]]
    chooses(as_alice, "1", field)
    assert doses(alice) == {"sumatriptan": 1}
    assert buttons(as_alice) == []


def test_conflict_about_a_medicine_out_of_use_still_names_it(alice, phone, as_alice, triptan):
    field = doses_of(triptan)
    sends(phone, alice, said(WHEN, "mild"), said(WHEN, 1, of=field), said(WHEN, 3, of=field))
    triptan.is_in_use = False
    triptan.save()
    assert buttons(as_alice) == [["3 doses of sumatriptan", "1 dose of sumatriptan"]]


def test_what_was_never_said_cannot_be_chosen(alice, as_alice, contested):
    for value in ("moderate", "yes", ""):
        assert "There is nothing left to choose here." in chooses(as_alice, value).text
    assert word(alice) == "severe"
    assert len(buttons(as_alice)) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("note", "x"), ("doses:0", "1"), ("doses:1", "٣"), ("doses:1", ""), ("", "")]
)
def test_malformed_choice(alice, as_alice, contested, field, value):
    assert "Nothing was saved" in chooses(as_alice, value, field).text
    assert len(buttons(as_alice)) == 1


def test_nobody_else_sees_or_chooses(alice, as_bob, contested):
    assert buttons(as_bob) == []
    assert "There is nothing left to choose here." in chooses(as_bob, "mild").text
    assert word(alice) == "severe"
    assert alice.operations.filter(is_contested=True).count() == 3


def test_choice_can_be_undone_and_leaves_the_chosen_behind(alice, as_alice, contested):
    chooses(as_alice, "none")
    as_alice.sends("/undo/")
    assert word(alice) == "severe"


def test_word_of_a_page_settles_it(alice, as_alice, contested):
    """Who says on the day itself what is right need not say it again."""
    as_alice.sends(f"{DAY}headache/", headache="moderate")
    assert buttons(as_alice) == []
    assert "There is nothing left to choose here." in chooses(as_alice, "mild").text
    assert word(alice) == "moderate"


def test_deletion_by_a_page_settles_it(alice, as_alice, contested):
    as_alice.sends(f"{DAY}delete/")
    assert buttons(as_alice) == []


def test_tap_of_a_phone_that_has_seen_both_settles_it(alice, phone, as_alice, contested):
    names = list(alice.operations.values_list("name", flat=True))
    sends(phone, alice, said(WHEN, "none", *names))
    assert (word(alice), buttons(as_alice)) == ("none", [])


def test_conflict_about_a_day_long_ago_is_still_shown(alice, phone, as_alice, triptan):
    when = days_ago(200)
    one, dose = said(when, "mild"), said(when, 1, of=doses_of(triptan))
    sends(phone, alice, one, dose, said(when, None, "=", one["name"]))
    sends(phone, alice, said(days_ago(300), "mild"), said(days_ago(300), "none"))
    assert buttons(as_alice) == [["Mild headache", "not recorded"], ["Mild headache", "No headache"]]
    # A phone keeps no days that Today does not look at.
    assert as_alice.opens("/").payload("phone")["days"] == []


def test_each_of_several_conflicts_is_chosen_by_itself(alice, phone, as_alice, triptan):
    field = doses_of(triptan)
    sends(phone, alice, said(WHEN, "mild"), said(WHEN, 1, of=field), said(WHEN, 3, of=field))
    sends(phone, alice, said(WHEN, "none"), said(days_ago(2), "mild"), said(days_ago(2), "none"))
    assert len(buttons(as_alice)) == 3
    chooses(as_alice, "none")
    assert (word(alice), doses(alice), len(buttons(as_alice))) == ("none", {"sumatriptan": 3}, 2)


# --- How much is asked of the database -----------------------------------------------------------------------
def lots(alice, phone):
    """A year of days, a hundred operations and forty conflicts."""
    record_all(alice, [days_ago(back) for back in range(60, 400)], "mild")
    taps = [said(days_ago(back), value) for back in range(2, 42) for value in ("none", "mild")]
    sends(phone, alice, *taps)


@pytest.mark.parametrize("much", [False, True])
def test_queries_for_one_saved_tap(alice, phone, triptan, much):
    if much:
        lots(alice, phone)
    one = said(WHEN, "mild")
    for tap in (one, said(WHEN, 1, of=doses_of(triptan)), said(WHEN, "severe", one["name"])):
        with at_most(10):
            sends(phone, alice, tap)


@pytest.mark.parametrize("much", [False, True])
def test_queries_of_today(alice, phone, triptan, much):
    if much:
        lots(alice, phone)
    with at_most(8):
        phone.get("/")


# --- Too many ------------------------------------------------------------------------------------------------
def test_minute_with_more_taps_than_anybody_makes(alice, phone, noon):
    taps = [said(days_ago(number), "mild") for number in range(3)]
    DeviceOperation.objects.bulk_create(
        DeviceOperation(
            patient=alice,
            name=f"tap {number}",
            date=days_ago(number % 300 + 10),
            field=HEADACHE,
            value="mild",
            received_at=NOON,
        )
        for number in range(MOST_A_MINUTE - 2)
    )
    sends(phone, alice, *taps[:-1])
    response = post(phone, message_of(alice, taps[-1:]))
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert response.json()["where"] == "operations"
    assert alice.operations.count() == MOST_A_MINUTE
    noon.shift(60)
    assert statuses(sends(phone, alice, taps[-1])) == ["saved"]


def test_limit_is_each_persons_own_and_what_was_taken_stays(alice, bob, phone, monkeypatch):
    monkeypatch.setattr("diary.receiving.MOST_A_MINUTE", 2)
    response = post(phone, message_of(alice, [said(days_ago(back), "mild") for back in range(5)]))
    assert response.status_code == 429
    assert (alice.days.count(), alice.operations.count()) == (2, 2)
    assert statuses(sends(signed_in(bob.user), bob, said(WHEN, "none"))) == ["saved"]
