"""Published numbers of days, what is said while days are missing, and rounding."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from clinic.dosing import dosing_remarks
from diary.rules import OVERUSE_RULES, Reached, half_up, threshold

COUNTED_AND_MISSING = {
    (15, 0): "reached",
    (14, 0): "not_reached",
    (15, 10): "reached",
    (14, 1): "uncertain",
    (13, 1): "not_reached",
    (13, 2): "uncertain",
    (0, 15): "uncertain",
    (0, 14): "not_reached",
    (0, 0): "not_reached",
    (31, 0): "reached",
}


def test_threshold_of_15() -> None:
    found = {(counted, missing): threshold(counted, missing, 15) for counted, missing in COUNTED_AND_MISSING}
    assert found == COUNTED_AND_MISSING


# --- What is said for sure stays true, however the missing days turn out ---


def contradictions(answer: Callable[[int, int, int], Reached], days: int = 31) -> list[tuple[int, int, int]]:
    """Counts for which a sure answer is not the answer of a complete month that is still possible."""
    return [
        (counted, missing, published)
        for published in (8, 15)
        for counted in range(days + 1)
        for missing in range(days + 1 - counted)
        for turned_out in (0, missing)
        if answer(counted, missing, published) is not Reached.UNCERTAIN
        and answer(counted, missing, published)
        is not (Reached.REACHED if counted + turned_out >= published else Reached.NOT_REACHED)
    ]


def missing_as_zero(counted: int, missing: int, published: int) -> Reached:
    return Reached.REACHED if counted >= published else Reached.NOT_REACHED


def prorated(counted: int, missing: int, published: int) -> Reached:
    recorded = max(31 - missing, 1)
    return Reached.REACHED if counted * 31 >= published * recorded else Reached.NOT_REACHED


def always_uncertain(counted: int, missing: int, published: int) -> Reached:
    return Reached.UNCERTAIN


def test_sure_answers_hold_however_the_missing_days_turn_out() -> None:
    assert contradictions(threshold) == []


@pytest.mark.parametrize("broken", [missing_as_zero, prorated])
def test_the_check_reports_a_threshold_that_guesses(broken: Callable[[int, int, int], Reached]) -> None:
    assert contradictions(broken)


def needlessly_uncertain(answer: Callable[[int, int, int], Reached]) -> list[tuple[int, int]]:
    return [
        (counted, missing)
        for counted in range(32)
        for missing in range(32 - counted)
        if answer(counted, missing, 15) is Reached.UNCERTAIN and not counted < 15 <= counted + missing
    ]


def test_uncertain_only_where_missing_days_decide() -> None:
    assert needlessly_uncertain(threshold) == []
    assert needlessly_uncertain(always_uncertain)


# --- The published numbers ---


def test_published_days_of_medication_a_month() -> None:
    assert {rule.code: rule.days_per_month for rule in OVERUSE_RULES} == {
        "8.2.1": 10,
        "8.2.2": 10,
        "8.2.3": 15,
        "8.2.4": 10,
        "8.2.5": 10,
        "8.2.6": 10,
        "ditan": 10,
    }
    assert all(rule.source for rule in OVERUSE_RULES)


UNITS_AND_SITES = {
    (155, 31): [],
    (195, 39): [],
    (175, 35): [],
    (150, 30): ["units", "sites"],
    (200, 40): ["units", "sites"],
    (154, 31): ["units", "units_per_site"],
    (155, 30): ["sites", "units_per_site"],
    (160, 31): ["units_per_site"],
    (0, 0): ["units", "sites"],
    (None, None): [],
    (155, None): [],
    (196, None): ["units"],
    (None, 39): [],
    (None, 40): ["sites"],
}


def test_dosing_outside_preempt() -> None:
    assert {said: dosing_remarks(*said) for said in UNITS_AND_SITES} == UNITS_AND_SITES


# --- Rounding ---


SHOWN = {
    Fraction(16 * 30, 28): "17.1",
    Fraction(5, 4): "1.3",
    Fraction(25, 4): "6.3",
    Fraction(1, 20): "0.1",
    Fraction(49, 1000): "0.0",
    Fraction(-5, 4): "-1.3",
    Fraction(-49, 1000): "0.0",
    Fraction(9995, 100): "100.0",
    Fraction(0): "0.0",
}


def test_half_up_to_one_decimal() -> None:
    assert {value: str(half_up(value)) for value in SHOWN} == SHOWN


def wrongly_rounded(rounded: Callable[[Fraction], float]) -> list[Fraction]:
    """Values for which the decimal module's ROUND_HALF_UP says something else."""
    values = [Fraction(top, bottom) for bottom in (3, 20, 28) for top in range(-60, 60)]
    tenth = Decimal("0.1")
    exact = {v: Decimal(v.numerator) / Decimal(v.denominator) for v in values}
    return [v for v, decimal in exact.items() if rounded(v) != float(decimal.quantize(tenth, ROUND_HALF_UP))]


def test_half_up_is_the_decimal_module_s() -> None:
    assert wrongly_rounded(half_up) == []


def test_the_check_reports_halves_to_even() -> None:
    assert wrongly_rounded(lambda value: float(round(value, 1)))
