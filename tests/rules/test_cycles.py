"""Injection cycles: where they end, and which days each window holds when the next injection is early or late."""

from __future__ import annotations

from datetime import date

import pytest

from clinic.rules import CycleResult, analysis, baseline, cycle_results, cycles, due, windows_before
from diary.rules import Diary
from tests.rules.cases import FIRST_SESSION, after, days

EVERY_DAY = Diary(days("2025-12-01", recorded=400, headache=range(1, 401, 2)))


def first_cycle(next_after: int | None = None) -> CycleResult:
    """The first cycle when the next injection came so many days later."""
    following = [] if next_after is None else [after(FIRST_SESSION, next_after)]
    return cycle_results(EVERY_DAY, [FIRST_SESSION, *following])[0]


def lengths(result: CycleResult) -> tuple[dict[str, int], list[int]]:
    return {b.weeks: b.window.days for b in result.blocks}, [w.window.days for w in result.weeks]


def test_without_a_session_there_is_nothing() -> None:
    found = analysis(EVERY_DAY, [])
    assert (found.baseline, found.cycles) == (None, [])
    assert {s.inadequate_response for s in found.criteria} == {"not_applicable"}
    assert {s.episodic.state for s in found.criteria} == {"not_applicable"}


def test_two_sessions_on_one_date_are_an_error() -> None:
    with pytest.raises(ValueError, match="same date"):
        analysis(EVERY_DAY, [FIRST_SESSION, date(2026, 5, 1), FIRST_SESSION])


def test_the_last_cycle_has_84_days() -> None:
    (only,) = cycles([FIRST_SESSION])
    assert (only.number, only.starts_on, only.ends_on) == (1, date(2026, 2, 3), date(2026, 4, 27))
    assert due(FIRST_SESSION) == date(2026, 4, 28)


def test_a_cycle_ends_the_day_before_the_next_in_whatever_order_they_came() -> None:
    found = cycles([date(2026, 7, 30), FIRST_SESSION, date(2026, 4, 20)])
    assert [(c.number, c.starts_on, c.ends_on) for c in found] == [
        (1, date(2026, 2, 3), date(2026, 4, 19)),
        (2, date(2026, 4, 20), date(2026, 7, 29)),
        (3, date(2026, 7, 30), date(2026, 10, 21)),
    ]


def test_baseline_is_the_28_days_before_the_first_session_for_all_cycles() -> None:
    before = baseline(EVERY_DAY, [date(2026, 4, 28), FIRST_SESSION])
    assert before is not None
    assert (before.first, before.last, before.days) == (date(2026, 1, 6), date(2026, 2, 2), 28)
    assert before == analysis(EVERY_DAY, [FIRST_SESSION]).baseline


def test_the_day_of_the_injection_belongs_to_its_cycle() -> None:
    diary = Diary(days("2026-02-03", recorded=1, headache=1))
    found = analysis(diary, [FIRST_SESSION])
    assert found.baseline is not None
    assert found.baseline.recorded == 0
    assert found.cycles[0].weeks[0].window.headache_days == 1


# --- The evaluation window: days 56 to 83, cut at the cycle's end ---


EVALUATED_DAYS = {
    None: (56, 83),
    84: (56, 83),
    120: (56, 83),
    83: (56, 82),
    76: (56, 75),
    57: (56, 56),
    56: None,
    20: None,
}


def test_evaluation_window() -> None:
    windows = {next_after: first_cycle(next_after).evaluation for next_after in EVALUATED_DAYS}
    found = {
        next_after: window and ((window.first - FIRST_SESSION).days, (window.last - FIRST_SESSION).days)
        for next_after, window in windows.items()
    }
    assert found == EVALUATED_DAYS


def test_a_cut_that_leaves_fewer_than_20_days_cannot_be_evaluated() -> None:
    for next_after, evaluated in {84: True, 77: True, 76: True, 75: False, 57: False, 56: False}.items():
        found = first_cycle(next_after)
        assert (found.reduction is not None) == evaluated
        assert (set(found.responder.values()) == {"cannot_evaluate"}) == (not evaluated)


# --- Blocks and weeks ---


@pytest.mark.parametrize("next_after", [None, 84, 120])
def test_three_blocks_and_twelve_weeks(next_after: int | None) -> None:
    found = first_cycle(next_after)
    assert lengths(found) == ({"1-4": 28, "5-8": 28, "9-12": 28}, [7] * 12)
    assert found.blocks[0].window.first == FIRST_SESSION
    assert found.blocks[2].window == found.evaluation
    assert [week.weeks for week in found.weeks] == [str(n) for n in range(1, 13)]


@pytest.mark.parametrize(
    ("next_after", "blocks", "weeks"),
    [
        (70, {"1-4": 28, "5-8": 28, "9-12": 14}, [7] * 10),
        (57, {"1-4": 28, "5-8": 28, "9-12": 1}, [7] * 8 + [1]),
        (56, {"1-4": 28, "5-8": 28}, [7] * 8),
        (30, {"1-4": 28, "5-8": 2}, [7] * 4 + [2]),
        (3, {"1-4": 3}, [3]),
        (1, {"1-4": 1}, [1]),
    ],
)
def test_blocks_and_weeks_are_cut_and_those_without_a_day_left_out(
    next_after: int, blocks: dict[str, int], weeks: list[int]
) -> None:
    assert lengths(first_cycle(next_after)) == (blocks, weeks)


def test_earlier_windows_end_before_the_baseline_and_hold_a_recorded_day() -> None:
    diary = Diary(days("2025-12-01", recorded=60))
    found = windows_before(diary, [FIRST_SESSION], 3)
    assert [(w.first, w.last, w.recorded) for w in found] == [
        (date(2025, 11, 11), date(2025, 12, 8), 8),
        (date(2025, 12, 9), date(2026, 1, 5), 28),
    ]
    assert windows_before(diary, [FIRST_SESSION], 1) == found[1:]
    assert windows_before(diary, [], 3) == windows_before(Diary([]), [FIRST_SESSION], 3) == []
