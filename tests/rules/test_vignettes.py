"""The twelve worked cases by which a clinician checks the rules. A month has 30 days unless said otherwise."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from clinic.rules import analysis, reduction, responder
from diary.catalogue import medication_class
from diary.rules import (
    Diary,
    Month,
    Reached,
    Window,
    chronic_migraine_run,
    estimate,
    half_up,
    medication_overuse_runs,
    months,
)
from tests.rules.cases import criteria, days, in_months, month_of, treated, window

MONTH = "2026-04"  # 30 days


def reached(month: Month) -> set[str]:
    """The published limits of medication days that are reached."""
    return {code for code, state in month.overuse.items() if state is Reached.REACHED}


def test_vignette_1_triptans_on_11_days_with_two_days_missing() -> None:
    found = month_of(
        MONTH,
        recorded=28,
        headache=16,
        migraine=9,
        taking={"sumatriptan": [*range(1, 10), 17, 18], "ibuprofen": [16, 17, 18]},
    )
    assert (found.headache_days, found.migraine_days, found.missing) == (16, 9, 2)
    assert (found.headache_15, found.migraine_8) == ("reached", "reached")
    assert reached(found) == {"8.2.2"}
    assert (found.overuse["8.2.3"], found.overuse["8.2.6"]) == ("not_reached", "not_applicable")
    assert half_up(found.estimate_30 or Fraction()) == 17.1
    assert half_up(estimate(16, 28, 28)) == 16.0


def test_vignette_1_one_month_is_no_pattern() -> None:
    one = months(Diary(days(MONTH, recorded=28, headache=16, migraine=9, triptan=11)))
    assert chronic_migraine_run(one).state == "not_reached"
    assert {run.state for run in medication_overuse_runs(one).values()} == {"not_reached"}


@pytest.mark.parametrize(("migraine", "migraine_8"), [(8, "reached"), (7, "not_reached")])
def test_vignette_2_complete_15_headache_days(migraine: int, migraine_8: str) -> None:
    found = month_of(MONTH, headache=15, migraine=migraine)
    assert (found.headache_15, found.migraine_8) == ("reached", migraine_8)


def test_vignette_3_five_missing_days_leave_14_to_19_open() -> None:
    found = month_of(MONTH, recorded=25, headache=14)
    assert (found.headache_days, found.headache_days + found.missing) == (14, 19)
    assert found.headache_15 == "uncertain"
    assert half_up(found.estimate_30 or Fraction()) == 16.8
    assert reached(found) == set()


def test_vignette_4_too_few_days_for_an_estimate() -> None:
    found = month_of("2026-01", recorded=12, headache=6)
    assert (found.headache_days, found.headache_days + found.missing) == (6, 25)
    assert found.headache_15 == "uncertain"
    assert found.estimate_30 is None


def test_vignette_4_more_headache_days_than_recorded_days_are_refused() -> None:
    with pytest.raises(ValueError, match="impossible counts"):
        Window(date(2026, 1, 1), date(2026, 1, 31), recorded=12, headache_days=13, migraine_days=0)


def test_vignette_5_union_of_10_days() -> None:
    found = month_of(
        MONTH, taking={"sumatriptan": [1, 3, 5, 7, 9, 11], "paracetamol": [1, 3, 5, 13, 15, 17, 19]}
    )
    assert (found.medication_days["triptan"], found.medication_days["non_opioid"]) == (6, 7)
    assert found.acute_medication_days == 10
    assert reached(found) == {"8.2.6"}


def test_vignette_6_union_of_9_days() -> None:
    found = month_of(MONTH, taking={"naproxen": 9, "sumatriptan": 5})
    assert found.acute_medication_days == 9
    assert reached(found) == set()


def test_vignette_7_excedrin_is_a_combination_and_never_its_ingredients() -> None:
    found = month_of(MONTH, taking={"Excedrin": 10})
    assert (found.medication_days["combination"], found.medication_days["non_opioid"]) == (10, 0)
    assert reached(found) == {"8.2.5"}


@pytest.mark.parametrize(("taken", "codes"), [(14, set()), (15, {"8.2.3"})])
def test_vignette_7_aspirin_with_paracetamol_is_non_opioid(taken: int, codes: set[str]) -> None:
    assert reached(month_of(MONTH, taking={"aspirin": taken, "paracetamol": taken})) == codes
    assert medication_class(["aspirin", "paracetamol"]) == "non_opioid"


def test_vignette_8_non_opioids_pool() -> None:
    found = month_of(MONTH, taking={"paracetamol": 8, "ibuprofen": range(8, 17)})
    assert found.medication_days["non_opioid"] == 16
    assert reached(found) == {"8.2.3"}
    assert found.overuse["8.2.6"] == "not_applicable"


def test_vignette_9_co_codamol_and_paracetamol() -> None:
    found = month_of(MONTH, taking={"co-codamol 8": 6, "paracetamol": range(7, 16)})
    assert (found.medication_days["combination"], found.medication_days["non_opioid"]) == (6, 9)
    assert found.acute_medication_days == 15
    assert reached(found) == {"8.2.6"}


def test_vignette_9_rimegepant_and_triptans() -> None:
    assert reached(month_of(MONTH, taking={"rimegepant": 12, "sumatriptan": range(13, 17)})) == set()


def test_vignette_10_an_attack_over_the_turn_of_the_month() -> None:
    january, february = months(Diary(days("2026-01-28", recorded=7, headache=7)))
    assert (january.headache_days, february.headache_days) == (4, 3)


def test_vignette_10_past_midnight_is_two_days() -> None:
    (found,) = months(Diary(days("2026-04-10", recorded=2, headache=2)))
    assert found.headache_days == 2


def test_vignette_10_february_is_counted_and_not_prorated() -> None:
    found = month_of("2026-02", headache=14)
    assert found.headache_15 == "not_reached"
    assert found.estimate_30 == 15


@pytest.mark.parametrize(
    ("second", "percent", "expected"),
    [
        (13, 35, ["reached", "not_reached", "not_reached"]),
        (14, 30, ["reached", "not_reached", "not_reached"]),
        (15, 25, ["not_reached", "not_reached", "not_reached"]),
    ],
)
def test_vignette_11_from_20_days(second: int, percent: int, expected: list[str]) -> None:
    found = treated({"headache": 20}, {"headache": 16}, {"headache": second})
    changes = [result.reduction.point * 100 if result.reduction else None for result in found.cycles]
    assert changes == [20, percent]
    assert list(found.cycles[1].responder.values()) == expected


@pytest.mark.parametrize(
    ("each", "nice", "ehf"),
    [
        ((14, 13, 15), "not_reached", "not_reached"),
        ((14, 13, 12), "reached", "not_reached"),
        ((9, 9, 8), "reached", "reached"),
    ],
)
def test_vignette_11_three_later_months(each: tuple[int, ...], nice: str, ehf: str) -> None:
    diary = Diary(in_months("2026-03", *({"headache": number} for number in each)))
    found = criteria(analysis(diary, [date(2026, 2, 3)]), "episodic")
    assert found == {"nice-ta260": nice, "ehf-2018": ehf}


def test_vignette_12_a_fall_of_just_under_30_percent() -> None:
    before, after = window(headache=18, recorded=22), window(headache=15, recorded=26)
    found = reduction(before, after)
    assert found is not None
    shown = [before.estimate_28, after.estimate_28, found.point * 100, found.low * 100, found.high * 100]
    assert [f"{float(value or 0):.2f}" for value in shown] == ["22.91", "16.15", "29.49", "5.56", "37.50"]
    assert responder(found, 30) == "uncertain"


@pytest.mark.parametrize(
    ("taken", "codes"), [({"sumatriptan": 10}, {"8.2.2"}), ({"naproxen": 14}, set())], ids=str
)
def test_vignette_12_complete_month(taken: dict[str, int], codes: set[str]) -> None:
    assert reached(month_of(MONTH, taking=taken)) == codes


def test_vignette_12_overuse_alone_is_no_pattern() -> None:
    found = months(Diary(in_months("2026-01", *[{"headache": 9, "triptan": 12}] * 4)))
    assert [reached(month) for month in found] == [{"8.2.2"}] * 4
    assert medication_overuse_runs(found) == {}
