"""Consecutive months: chronic migraine, medication overuse with 15 headache days, and what missing days leave open."""

from __future__ import annotations

from diary.rules import (
    Diary,
    Reached,
    Run,
    chronic_migraine_run,
    longest_run,
    medication_overuse_runs,
    months,
)
from tests.rules.cases import in_months

LETTERS = {
    "R": Reached.REACHED,
    "n": Reached.NOT_REACHED,
    "?": Reached.UNCERTAIN,
    "-": Reached.NOT_APPLICABLE,
}


RUNS_OF_FOUR = {
    "": ("not_reached", 0),
    "nnnnn": ("not_reached", 0),
    "RRR": ("not_reached", 3),
    "RRRR": ("reached", 4),
    "RRRRR": ("reached", 5),
    "RRnRR": ("not_reached", 2),
    "RR-RR": ("not_reached", 2),
    "nRRRRn?": ("reached", 4),
    "RRR?": ("uncertain", 3),
    "?RRR": ("uncertain", 3),
    "R?RR": ("uncertain", 2),
    "????": ("uncertain", 0),
    "???": ("not_reached", 0),
    "RRRn?": ("not_reached", 3),
    "RRn???R": ("uncertain", 2),
    "RRRRn????R": ("reached", 4),
}


def test_longest_run_of_four() -> None:
    runs = {states: longest_run([LETTERS[letter] for letter in states], 4) for states in RUNS_OF_FOUR}
    assert {states: (run.state, run.months) for states, run in runs.items()} == RUNS_OF_FOUR
    assert {run.required for run in runs.values()} == {4}


# --- Chronic migraine: more than three months, so four ---

BOTH = {"headache": 15, "migraine": 8}


def chronic_migraine(*each: dict[str, object] | None) -> tuple[str, int, int]:
    run = chronic_migraine_run(months(Diary(in_months("2026-01", *each))))
    return str(run.state), run.months, run.required


CHRONIC = {
    "four months": ([BOTH] * 4, ("reached", 4, 4)),
    "three months": ([BOTH] * 3, ("not_reached", 3, 4)),
    "7 migraine days in the fourth": ([BOTH] * 3 + [{"headache": 15, "migraine": 7}], ("not_reached", 3, 4)),
    "14 headache days in the fourth": (
        [BOTH] * 3 + [{"headache": 14, "migraine": 14}],
        ("not_reached", 3, 4),
    ),
    "the fourth lacks a day": (
        [BOTH] * 3 + [{"headache": 14, "migraine": 8, "recorded": 29}],
        ("uncertain", 3, 4),
    ),
    "headache and migraine in different months": (
        [BOTH, BOTH, {"headache": 20}, BOTH, BOTH],
        ("not_reached", 2, 4),
    ),
    "an unrecorded month between": ([BOTH, BOTH, None, BOTH], ("uncertain", 2, 4)),
    "two unrecorded months between": ([BOTH, None, None, BOTH], ("uncertain", 1, 4)),
    "reached although incomplete": ([BOTH | {"recorded": 15}] * 4, ("reached", 4, 4)),
    "two runs of two": ([BOTH, BOTH, {}, BOTH, BOTH], ("not_reached", 2, 4)),
}


def test_chronic_migraine() -> None:
    found = {what: chronic_migraine(*each) for what, (each, _) in CHRONIC.items()}
    assert found == {what: expected for what, (_, expected) in CHRONIC.items()}


# --- Medication overuse with 15 headache days ---


def overuse(*each: dict[str, object] | None) -> dict[str, tuple[str, int]]:
    runs: dict[str, Run] = medication_overuse_runs(months(Diary(in_months("2026-01", *each))))
    assert {run.required for run in runs.values()} <= {4}
    return {code: (str(run.state), run.months) for code, run in runs.items()}


TRIPTANS = {"headache": 15, "triptan": 10}
UNSURE = {"headache": 14, "triptan": 9, "recorded": 27}

OVERUSE = {
    "four months": ([TRIPTANS] * 4, {"8.2.2": ("reached", 4)}),
    "three months": ([TRIPTANS] * 3, {"8.2.2": ("not_reached", 3)}),
    "overuse without headache": ([{"headache": 9, "triptan": 12}] * 4, {}),
    "headache without overuse": ([{"headache": 20, "triptan": 9}] * 4, {}),
    "overuse and headache in different months": ([{"headache": 20}, {"triptan": 12}], {}),
    "one month that may be": ([UNSURE], {"8.2.2": ("not_reached", 0)}),
    "four months that may be": ([UNSURE] * 4, {"8.2.2": ("uncertain", 0)}),
    "three and one that may be": ([TRIPTANS, UNSURE, TRIPTANS, TRIPTANS], {"8.2.2": ("uncertain", 2)}),
    # A class that was not recorded in a month is not reached there, so it breaks the run.
    "an unrecorded month between": (
        [TRIPTANS, TRIPTANS, None, TRIPTANS, TRIPTANS],
        {"8.2.2": ("not_reached", 2)},
    ),
    "two codes at once": (
        [{"headache": 16, "triptan": 10, "non_opioid": 15}] * 4,
        {"8.2.2": ("reached", 4), "8.2.3": ("reached", 4)},
    ),
    "several classes": (
        [{"headache": 16, "triptan": 5, "non_opioid": range(6, 11)}] * 4,
        {"8.2.6": ("reached", 4)},
    ),
    "ditans": ([{"headache": 16, "ditan": 10}] * 4, {"ditan": ("reached", 4)}),
    "gepants are never listed": ([{"headache": 28, "gepant": 28}] * 4, {}),
}


def test_medication_overuse_headache() -> None:
    found = {what: overuse(*each) for what, (each, _) in OVERUSE.items()}
    assert found == {what: expected for what, (_, expected) in OVERUSE.items()}
