"""What may be said of a day besides: times that give the hours, what a detail ticks too, words of one's own."""

from datetime import time
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from diary.models import DiaryDay
from diary.rules import Diary, month
from tests.cast import TODAY, at_most, days_ago, june, medicine, new_patient, record, visitor

DAY = f"/days/{TODAY}/"
EARLIER = "/days/2026-06-12/"


# --- Times ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "hours", "kept"),
    [
        ("08:00", "14:30", "", "6.5"),
        ("08:00", "14:30", "3", "3"),
        ("22:00", "02:00", "", "2"),
        ("18:00", "00:00", "", "6"),
        ("08:00:59", "14:30", "", "6.5"),
        ("08:00", "", "", None),
        ("", "14:30", "", None),
        ("08:00", "", "4", "4"),
    ],
)
def test_hours_follow_from_the_times_where_none_are_said(as_alice, alice, start, end, hours, kept):
    as_alice.sends(EARLIER, headache="mild", start=start, end=end, hours=hours)
    assert alice.days.get().hours == (Decimal(kept) if kept else None)


def test_hours_go_on_following_the_times(as_alice, alice):
    as_alice.sends(EARLIER, headache="mild", start="08:00", end="14:30")
    page = as_alice.opens(EARLIER)
    assert (page.filled("hours"), page.field("hours")["placeholder"]) == ("", "6.5")
    names = ("headache", "start", "end", "hours", "seen")
    as_alice.sends(EARLIER, **{name: page.filled(name) for name in names} | {"end": "10:00"})
    assert alice.days.get().hours == 2
    as_alice.sends(EARLIER, headache="mild", start="08:00", end="", hours="")
    assert alice.days.get().hours is None


def test_hours_are_those_of_the_persons_own_clock(noon):
    """In the night on which the clocks go forward."""
    person = new_patient("Berta Berlin", time_zone="Europe/Berlin")
    visitor(person.user).sends("/days/2026-03-29/", headache="mild", start="01:00", end="04:00")
    assert person.days.get().hours == 2


def test_times_of_a_headache_free_day_are_refused(as_alice, alice):
    page = as_alice.sends(DAY, status=422, headache="none", start="08:00", end="09:00")
    for name in ("start", "end"):
        assert page.error(name) == "This day is headache-free: leave the times empty."
    assert not alice.days.exists()


# --- What a detail ticks too ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "features", "words"),
    [
        ({"side": "left"}, "one_sided", "On one side"),
        ({"side": "right", "features": ["one_sided"]}, "one_sided", ""),
        ({"side": "both"}, "", ""),
        ({"side": "varies"}, "", ""),
        # One way only: what was ticked stays ticked.
        ({"side": "both", "features": ["one_sided"]}, "one_sided", ""),
        ({"quality": "pulsating"}, "pulsating", "Throbbing"),
        ({"quality": "pressing", "features": ["pulsating"]}, "pulsating", ""),
        ({"aura": ["visual"]}, "aura", "Aura before or with it"),
        ({"aura": ["other", "speech"], "features": ["aura", "nausea"]}, "nausea;aura", ""),
        (
            {"side": "left", "quality": "pulsating", "aura": ["visual"]},
            "one_sided;pulsating;aura",
            "On one side, Throbbing, Aura before or with it",
        ),
    ],
)
def test_detail_that_says_a_feature_ticks_it_and_says_so(as_alice, alice, said, features, words):
    page = as_alice.sends(DAY, headache="mild", **said)
    assert alice.days.get().features == features
    ticked = f"; ticked too: {words}" if words else ""
    assert page.messages == f"Saved: Wednesday 17 June saved{ticked} Undo"


def test_kinds_of_aura_are_kept_in_one_order(as_alice, alice):
    as_alice.sends(DAY, headache="mild", aura=["other", "visual"])
    assert alice.days.get().aura == "visual;other"
    assert as_alice.opens(DAY).filled("aura") == ["visual", "other"]


def test_aura_of_which_a_kind_is_said_makes_a_migraine_day(as_alice, alice):
    as_alice.sends(DAY, headache="mild", aura=["visual"])
    assert month(Diary(alice.days.all().records()), june(1)).migraine_days == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"side": "top"},
        {"quality": "sharp"},
        {"aura": "smell", "features": "aura"},
        {"aura": "speech;visual", "features": "aura"},
        {"side": "left"},
        {"side": "right", "features": "nausea"},
        {"quality": "pulsating", "features": "one_sided"},
        {"aura": "visual"},
    ],
)
def test_database_refuses_what_no_form_would_save(alice, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        DiaryDay.objects.create(patient=alice, date=TODAY, headache="mild", **fields)


# --- What may have played a part -----------------------------------------------------------------------------


def test_words_are_parted_and_kept_once(as_alice, alice):
    as_alice.sends(DAY, headache="mild", triggers=" Storm; little sleep , storm,")
    assert alice.days.get().triggers == "Storm;little sleep"


def test_nothing_is_concluded_from_them(as_alice):
    page = as_alice.opens(DAY)
    assert "Nothing is concluded from them." in page.text


def test_own_earlier_words_are_offered_most_used_first(as_alice, alice, bob):
    for day, words in ((3, "wine;storm"), (4, "Storm"), (5, "skipped a meal;storm"), (6, "")):
        record(alice, june(day), "mild", triggers=words)
    record(bob, june(7), "mild", triggers="their own")
    page = as_alice.opens(DAY)
    offered = [tick["value"] for tick in page.all("input", name="earlier_triggers")]
    assert offered[0] == "storm"
    assert sorted(offered) == ["skipped a meal", "storm", "wine"]
    as_alice.sends(DAY, headache="mild", earlier_triggers=["storm", "wine"], triggers="cold, Storm")
    assert alice.days.get(date=TODAY).triggers == "storm;wine;cold"


def test_at_most_eight_are_offered_and_no_word_is_lost(as_alice, alice):
    for number in range(1, 12):
        record(alice, june(number), "mild", triggers=f"word {number}")
    record(alice, TODAY, "mild", triggers="word 1;word 2;word 11")
    page = as_alice.opens(DAY)
    assert len(page.all("input", name="earlier_triggers")) == 8
    names = ("headache", "triggers", "earlier_triggers")
    as_alice.sends(DAY, **{name: page.filled(name) for name in names})
    assert set(alice.days.get(date=TODAY).triggers.split(";")) == {"word 1", "word 2", "word 11"}


def test_word_that_is_no_longer_offered_is_kept_all_the_same(as_alice, alice):
    as_alice.sends(DAY, headache="mild", earlier_triggers=["gone since"])
    assert alice.days.get().triggers == "gone since"


def test_words_of_a_refused_form_come_back(as_alice, alice):
    record(alice, june(3), "mild", triggers="storm")
    page = as_alice.sends(
        DAY, status=422, headache="mild", earlier_triggers=["storm"], triggers="x" * 41, note="kept"
    )
    assert page.filled("earlier_triggers") == ["storm"]
    assert page.filled("triggers") == "x" * 41
    assert page.filled("note") == "kept"


# --- The page ------------------------------------------------------------------------------------------------


def folds(page):
    return {fold.one("summary").text: "open" in fold.attributes for fold in page.all("details", "fold")}


@pytest.mark.parametrize(
    ("said", "opened"),
    [
        ({}, None),
        ({"hours": "3"}, "When it began and ended"),
        ({"start": time(8)}, "When it began and ended"),
        ({"side": "both"}, "Where it was and what it felt like"),
        ({"aura": "visual", "features": "aura"}, "Where it was and what it felt like"),
        ({"disability": "bed"}, "The day around it"),
        ({"menstruation": False}, "The day around it"),
        ({"triggers": "storm"}, "The day around it"),
    ],
)
def test_what_is_rarely_used_folds_and_what_is_said_is_in_sight(as_alice, alice, said, opened):
    record(alice, TODAY, "mild", **said)
    found = folds(as_alice.opens(DAY))
    assert list(found) == [
        "When it began and ended",
        "Where it was and what it felt like",
        "The day around it",
    ]
    assert [name for name, is_open in found.items() if is_open] == ([opened] if opened else [])


@pytest.mark.parametrize("field", ["start", "side", "triggers"])
def test_fold_with_a_mistake_is_open(as_alice, field):
    page = as_alice.sends(DAY, status=422, headache="mild", **{field: "x" * 41})
    assert list(folds(page).values()).count(True) == 1
    assert page.error(field)


def test_each_group_of_choices_has_its_question(as_alice):
    page = as_alice.opens(DAY)
    groups = {group.one("legend").text: len(group.all("input")) for group in page.all("fieldset", "choices")}
    assert groups == {
        "Headache": 5,
        "Relief two hours after the medicine": 4,
        "Worst pain, 0 to 10": 12,
        "I think it was migraine": 3,
        "What came with it": 8,
        "Side": 5,
        "What it felt like": 5,
        "What kind of aura": 4,
        "Kept from the day's work": 4,
        "Period": 3,
    }
    for group in page.all("fieldset", "choices"):
        labelled = {label["for"] for label in group.all("label")}
        assert labelled == {box["id"] for box in group.all("input")}


def test_dose_without_a_headache_is_told_to_count(as_alice, alice):

    taken = medicine(alice)
    page = as_alice.opens(DAY)
    assert "Counted on every day on which you took it, with a headache or without." in page.text
    as_alice.sends(DAY, headache="none", **{f"doses_{taken.pk}": "1"})
    page = as_alice.opens("/")
    assert page.count("Triptans").one("p", "count__number").text.startswith("1")
    assert "A medicine can be recorded without a headache too." in page.text
    as_alice.sends(f"/days/{TODAY}/headache/", headache="mild")
    assert "A medicine can be recorded without a headache too." not in as_alice.opens("/").text


def test_queries_do_not_grow_with_the_words(as_alice, alice):
    for back in range(1, 140):
        record(alice, days_ago(back), "mild", triggers=f"word {back % 30};storm")
    with at_most(8):
        as_alice.client.get(DAY)
    with at_most(10):
        as_alice.client.post(DAY, {"headache": "mild", "triggers": "storm", "start": "08:00", "end": "02:00"})
