"""NICE TA260 and EHF 2018: inadequate response after two or three cycles, and three months below a number."""

from __future__ import annotations

from datetime import date

import pytest

from clinic.rules import PUBLISHED_CRITERIA, analysis
from diary.rules import Diary
from tests.rules.cases import criteria, in_months, treated


def test_the_published_numbers() -> None:
    assert {
        c.key: (c.inadequate_percent, c.inadequate_cycles, c.episodic_below, c.episodic_months)
        for c in PUBLISHED_CRITERIA
    } == {"nice-ta260": (30, 2, 15, 3), "ehf-2018": (30, 3, 10, 3)}
    assert all(c.source for c in PUBLISHED_CRITERIA)


# --- Inadequate response: reached means that the criterion is met ---

UNSURE = {"headache": 13, "recorded": 26}
INADEQUATE = {
    "one cycle": ([16], "cannot_evaluate", "cannot_evaluate"),
    "35 % after the second": ([16, 13], "not_reached", "cannot_evaluate"),
    "exactly 30 % after the second": ([16, 14], "not_reached", "cannot_evaluate"),
    "25 % after the second": ([16, 15], "reached", "cannot_evaluate"),
    "a good first cycle does not count": ([5, 15], "reached", "cannot_evaluate"),
    "25 % and then 35 %": ([16, 15, 13], "reached", "not_reached"),
    "35 % and then 25 %": ([16, 13, 15], "not_reached", "reached"),
    "a rise": ([16, 22, 28], "reached", "reached"),
    "a fourth cycle changes nothing": ([16, 15, 13, 20], "reached", "not_reached"),
    "nothing recorded in the second": ([16, None, 13], "cannot_evaluate", "not_reached"),
    "missing days decide": ([16, UNSURE, UNSURE], "uncertain", "uncertain"),
}


def inadequate(*evaluations: object) -> dict[str, str]:
    windows = [{"headache": said} if isinstance(said, int) else said for said in evaluations]
    return criteria(treated({"headache": 20}, *windows), "inadequate_response")


def test_inadequate_response_from_20_days() -> None:
    found = {what: inadequate(*said) for what, (said, *_) in INADEQUATE.items()}
    assert found == {
        what: {"nice-ta260": nice, "ehf-2018": ehf} for what, (_, nice, ehf) in INADEQUATE.items()
    }


def test_without_headache_in_the_baseline_nothing_is_compared() -> None:
    found = treated({"headache": 0}, {"headache": 5}, {"headache": 5}, {"headache": 5})
    assert set(criteria(found, "inadequate_response").values()) == {"cannot_evaluate"}


# --- Three consecutive months below 15 (NICE) or 10 (EHF) ---

ONE_OPEN = {"headache": 9, "recorded": 21}  # between 9 and 19 of 30 or 31 days
EPISODIC = {
    "14, 13, 12": ([14, 13, 12], "reached", "not_reached"),
    "14, 13, 15": ([14, 13, 15], "not_reached", "not_reached"),
    "9, 9, 8": ([9, 9, 8], "reached", "reached"),
    "9, 9, 10": ([9, 9, 10], "reached", "not_reached"),
    "two months": ([5, 5], "not_reached", "not_reached"),
    "no headache at all": ([0, 0, 0], "reached", "reached"),
    "a bad month between": ([9, 9, 15, 9, 9], "not_reached", "not_reached"),
    "later": ([20, 15, 12, 12, 12], "reached", "not_reached"),
    "and worse again": ([9, 9, 9, 20], "reached", "reached"),
    "one open month": ([9, ONE_OPEN, 9], "uncertain", "uncertain"),
    "an unrecorded month": ([9, None, 9], "uncertain", "uncertain"),
    "open months but a bad one": ([ONE_OPEN, 15, ONE_OPEN], "not_reached", "not_reached"),
    "incomplete but surely below": (
        [{"headache": 3, "recorded": 25}] * 3,
        "reached",
        "reached",
    ),
    "incomplete, below 15 alone": ([{"headache": 5, "recorded": 25}] * 3, "reached", "uncertain"),
}


def episodic(session: date, *each: object) -> dict[str, str]:
    said = [{"headache": one} if isinstance(one, int) else one for one in each]
    return criteria(analysis(Diary(in_months("2026-03", *said)), [session]), "episodic")


def test_episodic() -> None:
    found = {what: episodic(date(2026, 2, 3), *each) for what, (each, *_) in EPISODIC.items()}
    assert found == {what: {"nice-ta260": nice, "ehf-2018": ehf} for what, (_, nice, ehf) in EPISODIC.items()}


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (date(2026, 2, 28), "reached"),
        (date(2026, 3, 1), "reached"),
        (date(2026, 3, 2), "not_reached"),
        (date(2026, 3, 31), "not_reached"),
    ],
)
def test_months_start_on_or_after_the_first_session(session: date, expected: str) -> None:
    assert episodic(session, 5, 5, 5) == {"nice-ta260": expected, "ehf-2018": expected}


def test_months_before_the_first_session_do_not_count() -> None:
    assert episodic(date(2026, 7, 1), 5, 5, 5, 5) == {"nice-ta260": "not_reached", "ehf-2018": "not_reached"}


def test_the_first_session_decides_not_the_last() -> None:
    sessions = [date(2026, 5, 26), date(2026, 3, 1)]
    found = analysis(Diary(in_months("2026-03", *[{"headache": 5}] * 3)), sessions)
    assert set(criteria(found, "episodic").values()) == {"reached"}
