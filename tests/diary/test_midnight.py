"""A headache that touches two days: the page offers the other one, and records nothing by itself."""

from datetime import time

import pytest

from tests.cast import TODAY, days_ago, record

DAY = f"/days/{TODAY}/"
YESTERDAY = f"/days/{days_ago(1)}/"
BEFORE = f"/days/{days_ago(2)}/"
ASKED = "Did yesterday’s headache go on after midnight?"
OVER = {"start": "23:30", "end": "00:45"}


def offered(page):
    """What can be recorded with one tap: for which day, and the words on the button."""
    return [
        (form["action"], button.text)
        for section in page.main.all("section", "card")
        for form in section.all("form")
        for button in form.all("button")
    ]


# --- From yesterday ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["mild", "moderate", "severe", "yes"])
def test_yesterdays_headache_may_be_taken_over_with_one_tap(as_alice, alice, word):
    record(alice, days_ago(1), word)
    page = as_alice.opens(DAY)
    assert ASKED in page.text
    [(address, _words)] = offered(page)
    assert alice.days.count() == 1
    page = as_alice.sends(address, headache=word)
    assert page.path == "/"
    today = alice.days.get(date=TODAY)
    assert (today.headache, today.recorded_on, today.source) == (word, TODAY, "own")
    assert page.one("div", "saved").one("button").text == "Undo"
    as_alice.sends("/undo/")
    assert not alice.days.filter(date=TODAY).exists()


@pytest.mark.parametrize(
    ("yesterday", "today"),
    [
        (None, None),
        ({"headache": "none"}, None),
        ({"headache": "severe"}, "none"),
        ({"headache": "severe"}, "mild"),
        ({"headache": "severe", "start": time(8), "end": time(20)}, None),
        ({"headache": "severe", "start": time(20), "end": time(0)}, None),
    ],
)
def test_nothing_is_asked_where_the_answer_is_known(as_alice, alice, yesterday, today):
    if yesterday:
        record(alice, days_ago(1), **yesterday)
    if today:
        record(alice, TODAY, today)
    page = as_alice.opens(DAY)
    assert ASKED not in page.text
    assert offered(page) == []


@pytest.mark.parametrize("times", [{}, {"start": time(23)}, {"start": time(23), "end": time(3)}])
def test_it_is_asked_while_the_end_is_not_known(as_alice, alice, times):
    record(alice, days_ago(1), "mild", **times)
    assert offered(as_alice.opens(DAY)) == [(f"{DAY}headache/", "Yes: mild headache")]


def test_any_day_asks_about_the_one_before(as_alice, alice):
    record(alice, days_ago(2), "moderate")
    page = as_alice.opens(YESTERDAY)
    assert "Did the headache of 15 June go on after midnight?" in page.text
    assert offered(page) == [(f"{YESTERDAY}headache/", "Yes: moderate headache")]


# --- Into the next day ---------------------------------------------------------------------------------------


def test_times_past_midnight_offer_the_next_day(as_alice, alice):
    page = as_alice.sends(BEFORE, headache="severe", **OVER)
    assert "It went past midnight, and Tuesday 16 June is not recorded" in page.text
    assert offered(page) == [(f"{YESTERDAY}headache/", "16 June: severe headache too")]
    # Nothing is filled in before the tap, and nothing special afterwards.
    assert alice.days.count() == 1
    as_alice.sends(f"{YESTERDAY}headache/", headache="severe")
    day = alice.days.get(date=days_ago(1))
    assert (day.headache, day.start, day.end, day.hours, day.features) == ("severe", None, None, None, "")
    assert offered(as_alice.opens(BEFORE)) == []


def test_hours_are_those_before_midnight(as_alice, alice):
    """23:30 to 0:45: half an hour on the first day."""
    as_alice.sends(BEFORE, headache="severe", **OVER)
    assert str(alice.days.get().hours) == "0.50"


def test_tick_offers_the_next_day_too(as_alice, alice):
    assert as_alice.opens(BEFORE).all("input", name="went_on")
    page = as_alice.sends(BEFORE, headache="moderate", went_on="on")
    assert page.path == BEFORE
    assert offered(page) == [(f"{YESTERDAY}headache/", "16 June: moderate headache too")]
    assert alice.days.count() == 1


def test_tick_on_a_headache_free_day_says_nothing(as_alice, alice):
    page = as_alice.sends(BEFORE, headache="none", went_on="on")
    assert offered(page) == []


def test_yesterday_offers_today(as_alice, alice):
    page = as_alice.sends(YESTERDAY, headache="mild", **OVER)
    assert offered(page) == [(f"{DAY}headache/", "17 June: mild headache too")]
    assert as_alice.sends(f"{DAY}headache/", headache="mild").path == "/"


def test_day_that_has_not_come_is_not_offered(as_alice, alice):
    page = as_alice.sends(DAY, headache="mild", went_on="on", **OVER)
    assert page.path == f"{DAY}"
    assert offered(page) == []
    assert not as_alice.opens(DAY).all("input", name="went_on")


@pytest.mark.parametrize("word", ["mild", "severe", "yes"])
def test_day_that_is_recorded_with_a_headache_needs_nothing(as_alice, alice, word):
    record(alice, days_ago(1), word)
    page = as_alice.sends(BEFORE, headache="severe", **OVER)
    assert offered(page) == []
    assert "recorded as headache-free" not in page.text
    assert not page.all("input", name="went_on")


def test_day_that_is_recorded_as_headache_free_is_pointed_out(as_alice, alice):
    record(alice, days_ago(1), "none")
    page = as_alice.sends(BEFORE, headache="severe", **OVER)
    assert "This headache went past midnight, and 16 June is recorded as headache-free." in page.text
    assert alice.days.get(date=days_ago(1)).headache == "none"


def test_both_days_count(as_alice, alice):
    as_alice.sends("/days/2026-05-31/", headache="mild", **OVER)
    as_alice.sends("/days/2026-06-01/headache/", headache="mild")
    for month in ("2026-05", "2026-06"):
        count = as_alice.opens(f"/months/{month}/").count("Headache days")
        assert count.one("p", "count__number").text.startswith("1")
