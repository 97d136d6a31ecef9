"""What is asked before treatment begins: counts of the last complete months, preventives, overuse."""

from __future__ import annotations

from datetime import date

import pytest

from clinic.rules import (
    PUBLISHED_CRITERIA,
    STARTING_CRITERIA,
    PublishedCriteria,
    analysis,
    criteria_state,
    in_order,
    months_before,
    starting_state,
)
from diary.rules import Diary, Reached
from tests.rules.cases import in_months, treated

NICE, EHF = STARTING_CRITERIA


def test_the_published_numbers() -> None:
    assert [
        (c.key, c.headache_days, c.migraine_days, c.preventives, c.most_preventives)
        for c in STARTING_CRITERIA
    ] == [
        ("nice-ta260", 15, 8, 3, 3),
        ("ehf-2018", None, None, 2, 3),
    ]
    assert [c.overuse_first for c in STARTING_CRITERIA] == [False, True]
    assert all(c.source for c in STARTING_CRITERIA)


# --- Months ---

MONTHS = {
    "15 and 8": ({"headache": 15, "migraine": 8}, "reached", "reached"),
    "15 and 7": ({"headache": 15, "migraine": 7}, "reached", "not_reached"),
    "14 and 8": ({"headache": 14, "migraine": 8}, "not_reached", "reached"),
    "14 of 25 days": ({"headache": 14, "recorded": 25}, "uncertain", "not_reached"),
    "vignette 1: 16 of 28 days, 9 migraine": (
        {"headache": 16, "migraine": 9, "recorded": 28},
        "reached",
        "reached",
    ),
    "vignette 4: 6 of 12 days": ({"headache": 6, "recorded": 12}, "uncertain", "uncertain"),
    "sure in spite of missing days": ({"headache": 5, "recorded": 22}, "not_reached", "uncertain"),
    "nothing recorded": (None, "cannot_evaluate", "cannot_evaluate"),
}


@pytest.mark.parametrize("what", MONTHS)
def test_a_month_before_the_start(what: str) -> None:
    said, headache, migraine = MONTHS[what]
    diary = Diary(in_months("2026-04", {"headache": 0}, {"headache": 0}, said))
    state = starting_state(NICE, months_before(diary, date(2026, 7, 1)), None, None)
    assert (state.months[-1].headache, state.months[-1].migraine) == (headache, migraine)
    assert [one.headache for one in state.months[:2]] == ["not_reached"] * 2


def test_a_guideline_without_a_number_has_no_state() -> None:
    diary = Diary(in_months("2026-04", *[{"headache": 20}] * 3))
    state = starting_state(EHF, months_before(diary, date(2026, 7, 1)), None, None)
    assert [(one.headache, one.migraine) for one in state.months] == [(None, None)] * 3


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 7, 1), ["2026-04", "2026-05", "2026-06"]),
        (date(2026, 6, 30), ["2026-03", "2026-04", "2026-05"]),
        (date(2026, 1, 15), ["2025-10", "2025-11", "2025-12"]),
    ],
)
def test_only_complete_months_before_the_first_injection_count(day: date, expected: list[str]) -> None:
    diary = Diary(in_months("2026-05", {"headache": 20}, {"headache": 20}))
    assert [f"{one.month:%Y-%m}" for one in months_before(diary, day)] == expected


def test_without_a_diary_nothing_can_be_evaluated() -> None:
    state = starting_state(NICE, months_before(Diary([]), date(2026, 7, 1)), None, None)
    assert {one.headache for one in state.months} == {Reached.CANNOT_EVALUATE}


# --- What the clinician recorded ---


@pytest.mark.parametrize(
    ("tried", "nice", "ehf"),
    [
        (None, "cannot_evaluate", "cannot_evaluate"),
        (0, "not_reached", "not_reached"),
        (1, "not_reached", "not_reached"),
        (2, "not_reached", "reached"),
        (3, "reached", "reached"),
    ],
)
def test_preventives(tried: int | None, nice: str, ehf: str) -> None:
    assert [starting_state(c, [], tried, None).preventives for c in STARTING_CRITERIA] == [nice, ehf]


@pytest.mark.parametrize("answer", [None, Reached.REACHED, Reached.NOT_REACHED, Reached.NOT_APPLICABLE])
def test_overuse_is_what_the_clinician_recorded(answer: Reached | None) -> None:
    assert starting_state(NICE, [], 3, answer).overuse is (answer or Reached.CANNOT_EVALUATE)


# --- A clinic's own numbers for going on ---


def own(percent: int = 30, cycles: int = 2, below: int = 15, months: int = 3) -> PublishedCriteria:
    return PublishedCriteria("own-1", "Ours", "a meeting", percent, cycles, below, months)


SAID = [[16], [16, 13], [16, 14], [16, 15], [16, None, 13], [16, {"headache": 13, "recorded": 26}]]


@pytest.mark.parametrize("said", SAID, ids=str)
@pytest.mark.parametrize("published", PUBLISHED_CRITERIA, ids=lambda one: one.key)
def test_own_set_with_published_numbers_says_the_same(
    published: PublishedCriteria, said: list[object]
) -> None:
    windows = [{"headache": one} if isinstance(one, int) else one for one in said]
    found = treated({"headache": 20}, *windows)
    ours = own(
        published.inadequate_percent,
        published.inadequate_cycles,
        published.episodic_below,
        published.episodic_months,
    )
    same = criteria_state(published, found.cycles, found.months)
    state = criteria_state(ours, found.cycles, found.months)
    assert (state.inadequate_response, state.episodic) == (same.inadequate_response, same.episodic)


@pytest.mark.parametrize(
    ("ours", "inadequate", "episodic"),
    [
        (own(), "not_reached", "reached"),  # vignette 11: 20, then 16, then 13; months 14, 13, 12
        (own(percent=35), "not_reached", "reached"),  # exactly 35 % is met
        (own(percent=36), "reached", "reached"),
        (own(percent=20, cycles=1), "not_reached", "reached"),
        (own(percent=21, cycles=1), "reached", "reached"),
        (own(cycles=3), "cannot_evaluate", "reached"),
        (own(below=13), "not_reached", "not_reached"),
        (own(below=13, months=1), "not_reached", "reached"),
        (own(months=4), "not_reached", "not_reached"),
    ],
)
def test_own_numbers_are_the_ones_compared(ours: PublishedCriteria, inadequate: str, episodic: str) -> None:
    cycles = treated({"headache": 20}, {"headache": 16}, {"headache": 13}).cycles
    later = Diary(in_months("2026-03", {"headache": 14}, {"headache": 13}, {"headache": 12}))
    state = criteria_state(ours, cycles, analysis(later, [date(2026, 2, 3)]).months)
    assert (state.inadequate_response, state.episodic.state) == (inadequate, episodic)


def test_vignette_12_is_uncertain_for_an_own_set_too() -> None:
    found = treated({"headache": 18, "recorded": 22}, {"headache": 15}, {"headache": 15, "recorded": 26})
    assert criteria_state(own(), found.cycles, found.months).inadequate_response == "uncertain"


@pytest.mark.parametrize(
    ("followed", "expected"),
    [
        ("nice-ta260", ["nice-ta260", "ehf-2018", "own-1"]),
        ("ehf-2018", ["ehf-2018", "nice-ta260", "own-1"]),
        ("own-1", ["own-1", "nice-ta260", "ehf-2018"]),
        ("own-9", ["nice-ta260", "ehf-2018", "own-1"]),
    ],
)
def test_what_the_clinic_follows_stands_first(followed: str, expected: list[str]) -> None:
    assert [one.key for one in in_order([own()], followed)] == expected


def test_analyse_knows_the_published_ones_alone() -> None:
    found = treated({"headache": 20}, {"headache": 16})
    assert tuple(state.criteria for state in found.criteria) == PUBLISHED_CRITERIA
