"""One day with all its details: what was said stands there, and what is wrong is said without losing anything."""

from datetime import time, timedelta
from decimal import Decimal

import pytest

from diary.models import Intake
from tests.cast import NOON, TODAY, at_most, days_ago, june, medicine, record, record_all

DAY = f"/days/{TODAY}/"
ALL = {
    "headache": "severe",
    "pain": "8",
    "hours": "6.5",
    "migraine": "true",
    "features": ["nausea", "one_sided", "aura"],
    "relief": "partial",
    "disability": "bed",
    "menstruation": "false",
    "note": "Woke with it.\r\nStorm outside.",
    "start": "07:30",
    "end": "15:00",
    "side": "left",
    "quality": "pressing",
    "aura": ["visual", "other"],
    "triggers": "storm, little sleep",
}


def test_day_that_is_not_recorded_says_so(as_alice):
    page = as_alice.opens(DAY)
    assert page.one("h1").text == "Wednesday 17 June"
    assert "This day is not recorded. Nothing is counted for it until you save." in page.text
    assert page.filled("headache") == []
    assert "Delete this day" not in page.text


def test_all_details_are_saved_and_shown_again(as_alice, alice):
    taken = medicine(alice, strength="50 mg")
    page = as_alice.sends(DAY, **ALL, **{f"doses_{taken.pk}": "2"})
    assert page.path == "/"
    assert page.messages == "Saved: Wednesday 17 June saved Undo"
    page = as_alice.opens(DAY)
    said = {name: page.filled(name) for name in [*ALL, "earlier_triggers"]}
    assert said == {name: shown(name, value) for name, value in ALL.items()} | {
        "note": "Woke with it.\nStorm outside.",
        # What was named once is offered from then on.
        "triggers": "",
        "earlier_triggers": ["storm", "little sleep"],
    }
    assert page.filled(f"doses_{taken.pk}") == "2"
    day = alice.days.get()
    assert (day.start, day.end, day.side, day.quality) == (time(7, 30), time(15), "left", "pressing")
    assert (day.aura, day.triggers) == ("visual;other", "storm;little sleep")
    assert (day.features, day.hours, day.migraine, day.menstruation) == (
        "one_sided;nausea;aura",
        Decimal("6.5"),
        True,
        False,
    )
    assert (day.source, day.recorded_on) == ("own", TODAY)


def test_details_may_be_left_out(as_alice, alice):
    as_alice.sends(DAY, headache="mild")
    day = alice.days.get()
    assert as_alice.opens(DAY).filled("migraine") == ["unknown"]
    said = (
        day.pain,
        day.hours,
        day.migraine,
        day.features,
        day.relief,
        day.disability,
        day.menstruation,
        day.note,
    )
    assert said == (None, None, None, "", "", "", None, "")


def test_saving_again_what_the_page_shows_changes_nothing(as_alice, alice):
    taken = medicine(alice)
    record(
        *(alice, TODAY, "severe", taken),
        **{"pain": 8, "hours": "6.25", "migraine": True, "features": "nausea;aura", "relief": "full"},
        **{"disability": "partly", "menstruation": False, "note": "two\nlines"},
        **{
            "start": "22:30",
            "end": "02:00",
            "quality": "stabbing",
            "aura": "speech",
            "triggers": "wine;storm",
        },
    )
    before = alice.days.values().get()
    page = as_alice.opens(DAY)
    as_alice.sends(
        DAY, **{name: page.filled(name) for name in [*ALL, "earlier_triggers", f"doses_{taken.pk}"]}
    )
    assert alice.days.values().get() | {"updated_at": None} == before | {"updated_at": None}
    assert Intake.objects.get().doses == 1


def test_details_that_are_taken_out_are_gone(as_alice, alice):
    taken = medicine(alice)
    record(alice, TODAY, "severe", taken, pain=8, features="nausea", migraine=True, note="x")
    as_alice.sends(DAY, headache="severe", **{f"doses_{taken.pk}": ""})
    day = alice.days.get()
    assert (day.pain, day.features, day.migraine, day.note) == (None, "", None, "")
    assert not Intake.objects.exists()


def test_another_day_leads_back_to_itself(as_alice, alice):
    page = as_alice.sends("/days/2026-06-12/", headache="mild")
    assert page.path == "/days/2026-06-12/"
    assert page.messages == "Saved: Friday 12 June saved Undo"


def test_saving_twice_saves_once(as_alice, alice):
    as_alice.sends(DAY, **ALL)
    as_alice.sends(DAY, **ALL)
    assert alice.days.count() == 1


def test_medicines_of_that_day_are_offered_also_when_stopped_since(as_alice, alice):
    stopped, unused = (medicine(alice, name) for name in ("eletriptan", "almotriptan"))
    record(alice, june(3), "mild", stopped)
    alice.medicines.update(is_in_use=False)
    page = as_alice.opens("/days/2026-06-03/")
    assert page.filled(f"doses_{stopped.pk}") == "1"
    assert page.one("label", **{"for": f"id_doses_{stopped.pk}"}).text == "eletriptan"
    assert not page.all("input", name=f"doses_{unused.pk}")


def test_another_patients_medicine_is_not_taken(as_alice, bob):
    theirs = medicine(bob)
    as_alice.sends(DAY, headache="mild", **{f"doses_{theirs.pk}": "3"})
    assert not Intake.objects.exists()


@pytest.mark.parametrize("field", ["patient", "source", "recorded_on", "date", "id", "created_at"])
def test_what_the_form_does_not_ask_cannot_be_set(as_alice, alice, bob, field):
    as_alice.sends(DAY, **{"headache": "mild", field: str(bob.pk)})
    day = alice.days.get()
    assert (day.patient, day.source, day.recorded_on, day.date) == (alice, "own", TODAY, TODAY)


# --- Late ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "late"), [(0, False), (1, False), (2, False), (3, True), (30, True)])
def test_day_recorded_more_than_two_days_afterwards_is_marked(as_alice, days, late):
    address = f"/days/{days_ago(days)}/"
    as_alice.sends(address, headache="mild")
    assert ("entered late, on 17 June 2026" in as_alice.opens(address).text) is late


def test_late_day_stays_marked(as_alice, alice, noon):
    as_alice.sends("/days/2026-06-10/", headache="mild")
    noon.move_to(NOON + timedelta(days=5))
    as_alice.sends("/days/2026-06-10/", headache="severe", note="now with details")
    as_alice.sends("/days/2026-06-10/headache/", headache="none")
    assert "entered late, on 17 June 2026" in as_alice.opens("/days/2026-06-10/").text


def test_day_recorded_in_time_does_not_become_late_by_a_change(as_alice, alice, noon):
    as_alice.sends(DAY, headache="mild")
    noon.move_to(NOON + timedelta(days=30))
    as_alice.sends(DAY, headache="severe")
    assert "entered late" not in as_alice.opens(DAY).text


def test_days_saved_together_afterwards_are_late(as_alice, alice):
    record(alice, days_ago(9), "mild")
    as_alice.sends("/days/headache-free/", days="2026-06-11")
    assert "entered late, on 17 June 2026" in as_alice.opens("/days/2026-06-11/").text


# --- What is wrong -------------------------------------------------------------------------------------------

WRONG = [
    ("headache", "", "This field is required."),
    ("headache", "terrible", "Select a valid choice. terrible is not one of the available choices."),
    ("pain", "11", "Select a valid choice. 11 is not one of the available choices."),
    ("pain", "-1", "Select a valid choice. -1 is not one of the available choices."),
    ("pain", "0", "0 means no pain: choose 1 to 10, or “No headache” above."),
    ("hours", "25", "Ensure this value is less than or equal to 24."),
    ("hours", "-1", "Ensure this value is greater than or equal to 0."),
    ("hours", "all day", "Enter a number."),
    ("hours", "NaN", "Enter a number."),
    ("hours", "Infinity", "Enter a number."),
    ("hours", "1.125", "Ensure that there are no more than 2 decimal places."),
    ("features", "hiccups", "Select a valid choice. hiccups is not one of the available choices."),
    ("relief", "some", "Select a valid choice. some is not one of the available choices."),
    ("disability", "yes", "Select a valid choice. yes is not one of the available choices."),
    ("start", "7 o'clock", "Enter a valid time."),
    ("start", "24:00", "Enter a valid time."),
    ("end", "07:60", "Enter a valid time."),
    ("end", "07:30", "It began and ended at the same time: leave one of them empty."),
    ("side", "top", "Select a valid choice. top is not one of the available choices."),
    ("quality", "sharp", "Select a valid choice. sharp is not one of the available choices."),
    ("aura", "smell", "Select a valid choice. smell is not one of the available choices."),
    ("triggers", "x" * 41, "Each of these has at most 40 characters and no line break."),
    ("triggers", "a\x07b", "Each of these has at most 40 characters and no line break."),
    ("triggers", "a\x00b", "Null characters are not allowed."),
    ("triggers", ",".join("abcdefghijk"), "At most 10 of these fit on one day."),
    ("note", "x" * 2001, "Ensure this value has at most 2000 characters (it has 2001)."),
    ("note", "a\x00b", "Null characters are not allowed."),
    ("doses", "-1", "Ensure this value is greater than or equal to 0."),
    ("doses", "100", "Ensure this value is less than or equal to 99."),
    ("doses", "two", "Enter a whole number."),
]


@pytest.mark.parametrize(("field", "value", "message"), WRONG, ids=lambda text: repr(text[:12]))
def test_wrong_value_is_named_and_nothing_is_lost(as_alice, alice, field, value, message):
    taken = f"doses_{medicine(alice).pk}"
    field = taken if field == "doses" else field
    sent = ALL | {taken: "2", field: value}
    page = as_alice.sends(DAY, status=422, **sent)
    assert message in page.error(field)
    assert not alice.days.exists()
    assert not Intake.objects.exists()
    kept = {name: page.filled(name) for name in sent if name != field}
    assert kept == {name: shown(name, said) for name, said in sent.items() if name != field}
    if page.is_typed(field):
        assert page.filled(field) == value
    assert page.wrong_fields() == {field}


def shown(name, said):
    """Ticked fields come back as the page orders them."""
    if name in RADIOS:
        return [said]
    return {"features": ["one_sided", "nausea", "aura"]}.get(name, said)


RADIOS = {"headache", "pain", "migraine", "relief", "disability", "menstruation", "side", "quality"}


def test_pain_on_a_headache_free_day_is_refused(as_alice, alice):
    page = as_alice.sends(DAY, status=422, headache="none", pain="5", note="only tired")
    assert "This day is headache-free: choose 0, or say how bad the headache was above." in page.error("pain")
    assert page.filled("note") == "only tired"
    assert not alice.days.exists()


def test_pain_of_zero_on_a_headache_free_day_is_kept(as_alice, alice):
    as_alice.sends(DAY, headache="none", pain="0")
    assert alice.days.get().pain == 0


def test_recorded_day_stays_as_it_was_when_the_form_is_wrong(as_alice, alice):
    record(alice, TODAY, "mild", note="as it was")
    page = as_alice.sends(DAY, status=422, headache="severe", hours="99", note="typed just now")
    assert page.filled("note") == "typed just now"
    day = alice.days.get()
    assert (day.headache, day.note) == ("mild", "as it was")


def test_longest_note_is_kept_whole(as_alice, alice):
    note = "🤕" * 2000
    as_alice.sends(DAY, headache="mild", note=note)
    assert alice.days.get().note == note
    assert as_alice.opens(DAY).filled("note") == note


def test_line_breaks_of_a_long_note_count_once(as_alice, alice):
    """A browser counts a line break as one character and sends it as two."""
    note = "\r\n".join(["ten chars."] * 181)
    assert len(note) > 2000 > len(note.replace("\r\n", "\n"))
    as_alice.sends(DAY, headache="mild", note=note)
    assert alice.days.get().note.count("ten chars.") == 181


@pytest.mark.parametrize(
    "body",
    [
        b"headache=mild&note=%ED%A0%80",
        b"headache=mild&note=%FF%FE%00",
        b"headache=%ED%A0%80",
        b"headache=mild&pain=%D9%A3",
        b"headache=mild&hours=%D9%A3",
        b"headache=mild&hours=1e309",
        b"headache=mild&hours=" + b"9" * 5000,
        b"headache=mild&headache=severe",
        b"&&&===",
        b"headache=mild&note=" + b"x" * 200_000,
        b"headache=mild&note=" + b"x" * 300_000,
        b"&".join(b"f%d=1" % n for n in range(300)),
    ],
    ids=lambda body: body[:32].decode("latin-1"),
)
def test_no_input_breaks_the_page(as_alice, body):
    response = as_alice.client.post(DAY, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code in (302, 400, 422)


def test_lone_surrogate_is_stored_as_a_sign_for_what_cannot_be_stored(as_alice, alice):
    body = b"headache=mild&note=a%ED%A0%80b"
    as_alice.client.post(DAY, body, content_type="application/x-www-form-urlencoded")
    note = alice.days.get().note
    assert (note[0], note[-1]) == ("a", "b")
    assert set(note[1:-1]) == {"\ufffd"}


def test_note_is_shown_as_it_was_written(as_alice, alice):
    note = "</textarea><script>alert(1)</script> & {{ note }} <b>"
    as_alice.sends(DAY, headache="mild", note=note)
    page = as_alice.opens(DAY)
    assert page.filled("note") == note
    assert "<script>alert" not in page.html


# --- Deleting ------------------------------------------------------------------------------------------------


def test_deleting_is_asked_once_and_leaves_a_missing_day(as_alice, alice):
    record(alice, june(12), "severe", medicine(alice))
    page = as_alice.opens("/days/2026-06-12/")
    asked = "The day becomes “not recorded”. What it says now is kept as an earlier version. Are you sure?"
    assert asked in page.text
    page = as_alice.sends("/days/2026-06-12/delete/")
    assert page.path == "/months/2026-06/"
    assert page.messages == "Saved: Friday 12 June is deleted Undo"
    assert not alice.days.exists()
    assert "This day is not recorded." in as_alice.opens("/days/2026-06-12/").text


def test_deleting_what_is_not_recorded_says_nothing(as_alice, alice):
    assert as_alice.sends("/days/2026-06-12/delete/").messages == ""


# --- From day to day -----------------------------------------------------------------------------------------


def test_arrows_lead_to_the_days_before_and_after(as_alice):
    arrows = as_alice.opens("/days/2026-03-01/").one("div", "pager").all("a")
    assert [(arrow.text, arrow["href"]) for arrow in arrows] == [
        ("Saturday 28 February", "/days/2026-02-28/"),
        ("Monday 2 March", "/days/2026-03-02/"),
    ]


def test_no_arrow_leads_past_today(as_alice):
    arrows = as_alice.opens(DAY).one("div", "pager").all("a")
    assert [arrow["href"] for arrow in arrows] == ["/days/2026-06-16/"]


@pytest.mark.parametrize(
    "date",
    [
        "2026-06-18",
        "2027-01-01",
        "9999-12-31",
        "2026-02-29",
        "2026-02-30",
        "2026-06-31",
        "2026-13-01",
        "2026-00-10",
        "0000-01-01",
        "0001-01-01",
        "1899-12-31",
        "2026-6-1",
        "20260601",
        "2026-W25-3",
        "26-06-01",
        "٢٠٢٦-٠٦-٠١",
        "today",
    ],
)
def test_date_to_come_or_of_no_calendar_does_not_exist(as_alice, alice, date):
    as_alice.opens(f"/days/{date}/", status=404)
    as_alice.sends(f"/days/{date}/", status=404, headache="mild")
    as_alice.sends(f"/days/{date}/headache/", status=404, headache="mild")
    as_alice.sends(f"/days/{date}/delete/", status=404)
    assert not alice.days.exists()


def test_leap_day_exists(as_alice):
    assert as_alice.opens("/days/2024-02-29/").one("h1").text == "Thursday 29 February"


@pytest.mark.parametrize("days", [30, 400])
def test_queries_do_not_grow_with_the_diary(as_alice, alice, days):
    taken = [medicine(alice, name) for name in ("rizatriptan", "eletriptan", "almotriptan")]
    record_all(alice, [days_ago(back) for back in range(1, days * 2, 2)], "mild", *taken)
    with at_most(8):
        as_alice.client.get(DAY)
    doses = {f"doses_{one.pk}": "2" for one in taken}
    with at_most(10):
        as_alice.client.post(DAY, ALL | doses)
    with at_most(10):
        as_alice.client.post(DAY, ALL | doses | {"headache": "mild", f"doses_{taken[0].pk}": "3"})
    fewer = {f"doses_{taken[0].pk}": "1", f"doses_{taken[1].pk}": "0"}
    with at_most(10):
        as_alice.client.post(DAY, ALL | doses | fewer)


def test_medicine_that_the_form_did_not_offer_keeps_its_doses(as_alice, alice):
    record(alice, TODAY, "severe", medicine(alice))
    as_alice.sends(DAY, headache="mild")
    assert [intake.doses for intake in Intake.objects.all()] == [1]


def test_day_changed_meanwhile_is_said_and_nothing_is_lost(as_alice, alice):
    record(alice, TODAY, "mild")
    seen = as_alice.opens(DAY).filled("seen")
    alice.days.update(note="from the other phone")
    page = as_alice.sends(DAY, status=422, headache="severe", note="typed here", seen=seen)
    assert "This day was changed meanwhile, here or on another device." in page.text
    assert alice.days.get().note == "from the other phone"
    assert page.filled("note") == "typed here"
    again = page.filled("seen")
    as_alice.sends(DAY, headache="severe", note="typed here", seen=again)
    assert alice.days.get().note == "typed here"


def test_hours_of_a_headache_free_day_are_refused(as_alice, alice):
    page = as_alice.sends(DAY, status=422, headache="none", hours="5")
    assert "This day is headache-free: leave the hours empty." in page.text
    assert not alice.days.exists()
