"""What several devices say of one day becomes one day, in whatever order it arrives."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.merging import (
    HEADACHE,
    KEPT,
    KNOWN,
    OLDER,
    SAVED,
    Operation,
    merged,
    nothing,
    seen_now,
    standing,
    value_of,
    weight,
    written,
)

TRIPTAN = "doses:1"


def said(id, value, *seen, field=HEADACHE, **more):
    return Operation(id, field, value, frozenset(seen or {"="}), **more)


def dose(id, value, *seen, word="mild"):
    return said(id, value, *seen, field=TRIPTAN, word=word)


def day(*operations, row=None, says_more=False):
    """The day after these, in this order: operations, row, the statuses and what is contested in the end."""
    known, row, statuses, contested = (), dict(row or {}), [], frozenset()
    for one in operations:
        result = merged(known, one, row, says_more)
        known, contested = result.operations, result.contested
        row |= result.values
        statuses.append(result.status)
    return known, row, statuses, contested


@pytest.mark.parametrize(
    ("operations", "row", "headache", "statuses", "contested"),
    [
        pytest.param([said("a", "none")], {}, "none", [SAVED], False, id="the first word"),
        pytest.param([said("a", "none")] * 2, {}, "none", [SAVED, KNOWN], False, id="sent twice"),
        pytest.param(
            [said("a", "mild"), said("b", "severe", "a")],
            {},
            "severe",
            [SAVED, SAVED],
            False,
            id="a correction",
        ),
        pytest.param(
            [said("b", "mild", "=", "a"), said("a", "severe")],
            {},
            "mild",
            [SAVED, OLDER],
            False,
            id="a correction that overtakes",
        ),
        pytest.param(
            [said("a", "severe"), said("b", "none")],
            {},
            "severe",
            [SAVED, KEPT],
            True,
            id="two devices, two words",
        ),
        pytest.param(
            [said("a", "mild"), said("b", "mild")],
            {},
            "mild",
            [SAVED, SAVED],
            False,
            id="two devices, one word",
        ),
        pytest.param(
            [said("a", "mild"), said("b", "none"), said("c", "none", "a", "b")],
            {},
            "none",
            [SAVED, KEPT, SAVED],
            False,
            id="the person chooses",
        ),
        pytest.param(
            [said("a", None, "=mild")],
            {HEADACHE: "mild"},
            None,
            [SAVED],
            False,
            id="taken back where it stood",
        ),
        pytest.param(
            [said("a", "severe", "=mild")],
            {HEADACHE: "none"},
            "severe",
            [KEPT],
            True,
            id="a page said otherwise",
        ),
        pytest.param(
            [said("a", "severe", "=mild")],
            {},
            "severe",
            [KEPT],
            True,
            id="deleted on a page, changed on a phone",
        ),
        pytest.param(
            [said("a", "none"), said("b", None, "=", "a")], {}, None, [SAVED, SAVED], False, id="undone"
        ),
        pytest.param(
            [said("b", None, "=", "a"), said("a", "none")],
            {},
            None,
            [SAVED, OLDER],
            False,
            id="undone before it came",
        ),
    ],
)
def test_headache(operations, row, headache, statuses, contested):
    _, after, found, open_fields = day(*operations, row=row)
    assert after.get(HEADACHE) == headache
    assert found == statuses
    assert (HEADACHE in open_fields) is contested


def test_what_counts_more_stands_until_the_person_chooses():
    for order in permutations([said("a", "none"), said("b", "severe"), said("c", "mild")]):
        known, after, _, _ = day(*order)
        assert after[HEADACHE] == "severe"
        assert {one.value for one in standing(known, HEADACHE)} == {"none", "mild", "severe"}


def test_dose_on_a_day_that_was_taken_away_meanwhile_keeps_it_recorded():
    tapped, taken_away = dose("d", 1, "="), said("z", None, "=", "a")
    for order in permutations([said("a", "mild"), tapped, taken_away]):
        _, after, _, contested = day(*order)
        assert (after[HEADACHE], after[TRIPTAN], contested) == ("mild", 1, {HEADACHE}), [o.id for o in order]


def test_dose_that_overtakes_its_day_brings_the_word_along():
    known, after, _, contested = day(dose("d", 1, "="), said("a", "mild"))
    assert (after[HEADACHE], after[TRIPTAN], contested) == ("mild", 1, frozenset())
    assert [one.id for one in standing(known, HEADACHE)] == ["a"]


def test_dose_for_a_day_that_a_page_deleted_meanwhile():
    known = day(said("a", "mild"))[0]
    result = merged(known, dose("d", 1, "="), {})
    assert (dict(result.values), result.contested, result.status) == (
        {TRIPTAN: 1, HEADACHE: "mild"},
        {HEADACHE},
        KEPT,
    )


def test_two_medicines_are_two_fields():
    other = Operation("e", "doses:2", 2, frozenset({"="}), "mild")
    _, after, statuses, contested = day(said("a", "mild"), dose("d", 1, "="), other)
    assert (after[TRIPTAN], after["doses:2"], contested) == (1, 2, frozenset())
    assert statuses == [SAVED, SAVED, SAVED]


def test_day_with_a_note_is_not_taken_away_by_who_had_not_seen_it():
    _, after, statuses, _ = day(said("a", "mild"))
    assert statuses == [SAVED]
    result = merged((said("a", "mild"),), said("z", None, "=", "a"), after, says_more=True)
    assert (result.values, result.status) == ({HEADACHE: "mild"}, KEPT)


def test_a_device_has_seen_what_a_page_wrote_last():
    known = day(said("a", "mild"))[0]
    assert seen_now(known, HEADACHE, "mild") == ["a"]
    assert seen_now(known, HEADACHE, "severe") == ["=severe"]
    assert seen_now((), HEADACHE, None) == ["="]
    assert written(0) == written(None)
    # A change on top of what the page wrote is no conflict with what the page replaced.
    result = merged(known, said("b", "none", "=severe"), {HEADACHE: "severe"})
    assert (result.values, result.contested) == ({HEADACHE: "none"}, frozenset())


# --- Any order -----------------------------------------------------------------------------------------------


@st.composite
def histories(draw):
    """What two phones say of a day: each sees all of its own, and now and then all that the other one saw."""
    operations, views = [], [[], []]
    for number in range(draw(st.integers(1, 6))):
        view = views[draw(st.integers(0, 1))]
        if draw(st.booleans()):
            view.extend(one for one in views[0] + views[1] if one not in view)
        headache = day(*view)[1].get(HEADACHE)
        words = {"=", *(one.id for one in view if one.field == HEADACHE)}
        if headache is None or draw(st.booleans()):
            one = said(f"o{number}", draw(st.sampled_from(["none", "mild", "severe", None])), *words)
        else:
            seen = ("=", *(one.id for one in view if one.field == TRIPTAN))
            one = dose(f"o{number}", draw(st.integers(0, 2)), *seen, word=headache)
        view.append(one)
        operations.append(one)
    return operations


@given(histories(), st.randoms(use_true_random=False))
def test_the_day_is_the_same_in_any_order_and_with_anything_sent_twice(history, random):
    _, expected, _, contested = day(*history)
    shuffled = [*history, *random.choices(history, k=2)]
    random.shuffle(shuffled)
    known, after, _, found = day(*shuffled)
    assert {k: v for k, v in after.items() if v} == {k: v for k, v in expected.items() if v}
    assert found == contested
    # What nobody had seen still stands.
    unseen = [one for one in history if not any(one.id in other.seen for other in history)]
    assert {(one.field, one.value) for one in unseen} <= {
        (one.field, one.value) for one in known if one.stands
    }
    assert all(weight(value_of(known, one.field)) >= weight(one.value) for one in unseen)
    assert nothing(TRIPTAN) == 0
