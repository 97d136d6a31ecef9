"""The fall in headache days: exact fractions, what missing days leave open, and when nothing is compared."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from clinic.rules import RESPONDER_PERCENT, Reduction, reduction, responder
from diary.rules import Reached, Window
from tests.rules.cases import window


def compared(before: Window | None, after: Window | None) -> Reduction:
    found = reduction(before, after)
    assert found is not None
    return found


PERCENT = {
    (20, 16): 20,
    (20, 15): 25,
    (20, 14): 30,
    (20, 13): 35,
    (20, 10): 50,
    (20, 5): 75,
    (20, 0): 100,
    (10, 10): 0,
    (10, 20): -100,
    (3, 2): Fraction(100, 3),
}


def test_complete_windows_leave_nothing_open() -> None:
    for (before, after), percent in PERCENT.items():
        found = compared(window(headache=before), window(headache=after))
        assert [found.point * 100, found.low * 100, found.high * 100] == [percent] * 3


def test_missing_days_are_counted_all_one_way_for_each_bound() -> None:
    found = compared(window(headache=12, recorded=24), window(headache=6, recorded=21))
    assert found.point == 1 - Fraction(6, 21) / Fraction(12, 24) == Fraction(3, 7)
    assert found.low == 1 - Fraction(6 + 7, 28) / Fraction(12, 28) == Fraction(-1, 12)
    assert found.high == 1 - Fraction(6, 28) / Fraction(12 + 4, 28) == Fraction(5, 8)


def test_a_cut_window_is_compared_by_its_own_length() -> None:
    found = compared(window(headache=8), window(headache=5, recorded=25, of=25))
    assert found.point == found.low == found.high == Fraction(3, 10)


CANNOT = {
    "no baseline": (None, window(headache=5)),
    "no evaluation": (window(headache=5), None),
    "19 days of the baseline": (window(headache=5, recorded=19), window(headache=5)),
    "19 days of the evaluation": (window(headache=5), window(headache=5, recorded=19)),
    "a cut that leaves 19 days": (window(headache=5), window(headache=5, recorded=19, of=19)),
    "no headache in the baseline": (window(headache=0), window(headache=5)),
    "no headache in either": (window(headache=0, recorded=20), window(headache=0)),
}


def test_cannot_evaluate() -> None:
    assert {what: reduction(*windows) for what, windows in CANNOT.items()} == dict.fromkeys(CANNOT)
    assert {responder(None, percent) for percent in RESPONDER_PERCENT} == {Reached.CANNOT_EVALUATE}


def test_20_recorded_days_are_enough() -> None:
    found = compared(window(headache=10, recorded=20), window(headache=4, recorded=20))
    assert found.point == Fraction(3, 5)


def test_estimate_28_needs_20_recorded_days() -> None:
    assert window(headache=16, recorded=20).estimate_28 == Fraction(16 * 28, 20)
    assert window(headache=16, recorded=19).estimate_28 is None


# --- Responders: the boundary counts, and is compared before rounding ---


def test_responders_of_30_50_and_75_percent() -> None:
    assert RESPONDER_PERCENT == (30, 50, 75)


RESPONDERS = {
    "20 to 14": (30, window(headache=20), window(headache=14), "reached"),
    "20 to 15": (30, window(headache=20), window(headache=15), "not_reached"),
    "20 to 10": (50, window(headache=20), window(headache=10), "reached"),
    "20 to 11": (50, window(headache=20), window(headache=11), "not_reached"),
    "20 to 5": (75, window(headache=20), window(headache=5), "reached"),
    "20 to 6": (75, window(headache=20), window(headache=6), "not_reached"),
    "low is exactly 30 %": (30, window(headache=20), window(headache=13, recorded=27), "reached"),
    "high is exactly 30 %": (30, window(headache=20), window(headache=14, recorded=27), "uncertain"),
    "high is 25 %": (30, window(headache=20), window(headache=15, recorded=27), "not_reached"),
    "high is 29.17 %": (30, window(headache=20, recorded=24), window(headache=17), "not_reached"),
    "5.6 to 37.5 %": (30, window(headache=18, recorded=22), window(headache=15, recorded=26), "uncertain"),
}


def test_responder() -> None:
    found = {what: responder(reduction(*two), percent) for what, (percent, *two, _) in RESPONDERS.items()}
    assert found == {what: expected for what, (*_, expected) in RESPONDERS.items()}


def wrong_at_the_boundary(state: Callable[[Reduction | None, int], Reached]) -> list[tuple[int, int, int]]:
    """Complete windows for which a state differs from whole-number arithmetic: 30 % is 10 C ≤ 7 B."""
    return [
        (before, after, percent)
        for before in (7, 10, 20)
        for after in range(29)
        for percent in RESPONDER_PERCENT
        if state(reduction(window(headache=before), window(headache=after)), percent)
        is not (Reached.REACHED if 100 * after <= (100 - percent) * before else Reached.NOT_REACHED)
    ]


def rounded_first(change: Reduction | None, percent: int) -> Reached:
    assert change is not None
    return Reached.REACHED if round(change.low * 10) * 10 >= percent else Reached.NOT_REACHED


def boundary_left_out(change: Reduction | None, percent: int) -> Reached:
    assert change is not None
    return Reached.REACHED if change.low > Fraction(percent, 100) else Reached.NOT_REACHED


def test_the_boundary_is_exact() -> None:
    assert wrong_at_the_boundary(responder) == []


@pytest.mark.parametrize("broken", [rounded_first, boundary_left_out])
def test_the_check_reports_a_boundary_that_is_off(
    broken: Callable[[Reduction | None, int], Reached],
) -> None:
    assert wrong_at_the_boundary(broken)
