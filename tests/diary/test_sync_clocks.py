"""Whatever a phone's clock says: the diary is the same. And what two devices change at once: both where they differ."""

from datetime import timedelta

import pytest

from diary import actions
from diary.merging import HEADACHE
from diary.phone import owner_mark
from diary.rules import Headache
from tests.cast import TODAY, days_ago, medicine, signed_in, visitor
from tests.phones import Phone, buttons, doses_of, said, sends, skewed, statuses

WHEN = days_ago(1)
DAY = f"/days/{WHEN}/"
YEAR = 365.25 * 86400


@pytest.fixture
def phone(alice):
    return signed_in(alice.user)


def sent_by(alice, phone, taps, skews):
    """The same taps by a phone whose clock says something else at each, and again something else when it sends."""
    one = Phone(owner_mark(alice))
    for tap, years in zip(taps, skews, strict=False):
        one.clock_off = timedelta(days=365.25 * years)
        one.taps(WHEN, *tap)
    one.clock_off = timedelta(days=365.25 * skews[-1])
    one.hears(sends(phone, alice, *one.unsent, now=one.now))
    assert not one.unsent + one.refused
    return one


SKEWS = {
    **{f"{years} years": [years] * 4 for years in (-10, -5, -2, -1, 1, 2, 5, 10)},
    **{f"{days} days": [days / 365.25] * 4 for days in (-31, -7, -2, -1, 1, 2, 7, 31)},
    **{f"{hours} hours": [hours / 8766] * 4 for hours in (-13, -1, 1, 13)},
    "ever later": [0, 1, 5, 10],
    "ever earlier": [0, -1, -5, -10],
    "there and back": [-10, 10, -10, 10],
    "back and there": [10, -10, 10, -10],
    "put right before it is sent": [-10, -10, -10, 0],
    "put wrong before it is sent": [0, 0, 0, -10],
    "put wrong to the future": [0, 0, 0, 10],
    "a month off at the second tap": [0, 1 / 12, 0, 0],
    "year 1": [-2025.4, -2025.4, -2025.4, -2025.4],
    "before year 1": [-3000, -3000, -3000, -3000],
    "after year 9999": [9000, 9000, 9000, 9000],
    "from the end to the beginning": [9000, -3000, 9000, -3000],
}  # fmt: skip


@pytest.mark.parametrize("kind", SKEWS)
def test_day_is_the_same_and_the_clock_is_kept_beside_it(alice, phone, kind):
    triptan = medicine(alice)
    taps = [("mild",), (1, doses_of(triptan)), ("severe",)]
    sent_by(alice, phone, taps, SKEWS[kind])
    day = alice.days.get()
    assert (day.headache, day.intakes.get().doses) == ("severe", 1)
    assert WHEN <= day.recorded_on <= TODAY
    assert buttons(phone) == []
    [off] = set(alice.operations.values_list("clock_off", flat=True))
    expected = -SKEWS[kind][-1] * YEAR
    if abs(expected) < 2e9:
        assert off == pytest.approx(expected, abs=1)
    else:
        # At the ends of what a calendar holds, and of what is stored.
        assert (off > 0) is (expected > 0)
        assert abs(off) > 2e9


@pytest.mark.parametrize("days", [0, 1, 2, 3, 10, 40])
@pytest.mark.parametrize("years", [-10, 0, 10])
def test_day_of_the_tap_is_told_by_a_clock_that_is_off_all_the_time(alice, phone, days, years):
    """A clock that is wrong by the same all along says how long ago the tap was."""
    when = days_ago(days)
    moment = skewed(years - days / 365.25)
    sends(phone, alice, said(when, "mild", said_at=moment), now=skewed(years))
    assert alice.days.get().recorded_on == when


@pytest.mark.parametrize("years", [-10, 10])
def test_order_is_that_of_what_was_seen_and_never_of_a_clock(alice, phone, years):
    first = said(WHEN, "mild", said_at=skewed(years))
    then = said(WHEN, "none", "=", first["name"], said_at=skewed(-years))
    assert statuses(sends(phone, alice, then, first)) == ["saved", "older"]
    assert alice.days.get().headache == "none"


@pytest.mark.parametrize("years", [-10, 10])
def test_clock_of_one_phone_wins_over_nobody(alice, phone, years):
    sends(phone, alice, said(WHEN, "none", said_at=skewed(years)), now=skewed(years))
    sends(phone, alice, said(WHEN, "mild"))
    assert buttons(phone) == [["Mild headache", "No headache"]]


# --- Edit beside edit, deletion beside edit --------------------------------------------------------------------------


def word(value, *seen):
    return lambda of: said(WHEN, value, *seen)


def doses(value, number=0, *seen):
    return lambda of: said(WHEN, value, *seen, of=of[number])


TWO = {
    "words that differ": (word("mild"), word("none"), [["Mild headache", "No headache"]]),
    "words alike": (word("mild"), word("mild"), []),
    "a word and a dose": (word("severe"), doses(1), []),
    "doses of two medicines": (doses(1), doses(2, 1), []),
    "doses that differ": (doses(1), doses(2), [["2 doses of sumatriptan", "1 dose of sumatriptan"]]),
    "doses alike": (doses(1), doses(1), []),
    "a word and its undoing": (word("mild"), word(None), [["Mild headache", "not recorded"]]),
    "none and its undoing": (word("none"), word(None), [["No headache", "not recorded"]]),
    "a dose and the day taken away": (doses(1), word(None), [["Mild headache", "not recorded"]]),
}  # fmt: skip


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("kind", TWO)
def test_two_phones_that_know_nothing_of_each_other(alice, phone, kind, turned):
    medicines = [medicine(alice), medicine(alice, "Tea", "other")]
    of = [doses_of(one) for one in medicines]
    one, other, offered = TWO[kind]
    taps = [one(of), other(of)]
    for tap in reversed(taps) if turned else taps:
        sends(phone, alice, tap)
    assert buttons(phone) == offered
    day = alice.days.get()
    for tap in taps:
        there = {HEADACHE: day.headache} | {doses_of(i.medicine): i.doses for i in day.intakes.all()}
        is_open = any(offered) and tap["field"] in alice.operations.filter(is_contested=True).values_list(
            "field", flat=True
        )
        assert there.get(tap["field"]) == tap["value"] or is_open, tap


@pytest.mark.parametrize("who", ["page first", "phone first"])
def test_deletion_by_a_page_beside_a_tap(alice, phone, who):
    one = said(WHEN, "mild")
    sends(phone, alice, one)
    as_alice, tap = visitor(alice.user), said(WHEN, "severe", one["name"])
    if who == "phone first":
        sends(phone, alice, tap)
        as_alice.sends(f"{DAY}delete/")
        assert not alice.days.exists()
        assert alice.day_versions.latest("pk").said["headache"] == "severe"
    else:
        as_alice.sends(f"{DAY}delete/")
        assert statuses(sends(phone, alice, tap)) == ["kept"]
        assert buttons(phone) == [["Severe headache", "not recorded"]]


def test_note_and_pain_of_the_page_stay_beside_what_a_phone_says(alice, phone):
    triptan = medicine(alice)
    actions.save_day(alice, WHEN, {"headache": Headache.MILD, "note": "kept", "pain": 4}, {}, TODAY, by=None)
    sends(phone, alice, said(WHEN, 2, of=doses_of(triptan)), said(WHEN, "severe", "=mild"))
    day = alice.days.get()
    assert (day.headache, day.note, day.pain, day.intakes.get().doses) == ("severe", "kept", 4, 2)
    assert buttons(phone) == []
