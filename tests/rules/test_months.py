"""Calendar months: what is counted, what is missing, what is estimated, and medication days beside their limits."""

from __future__ import annotations

from datetime import date

import pytest

from diary.rules import Diary, Month, Reached, half_up, months
from tests.rules.cases import day, days, month_of


def overused(month: Month) -> set[str]:
    return {code for code, state in month.overuse.items() if state is Reached.REACHED}


# --- Which months, which days ---


def test_an_empty_diary_has_no_months() -> None:
    assert months(Diary([])) == []


def test_months_between_have_all_their_days_missing() -> None:
    found = months(Diary(days("2025-12", headache=20, triptan=9) + days("2026-03", headache=1)))
    assert [m.month for m in found] == [date(2025, 12, 1), *(date(2026, n, 1) for n in (1, 2, 3))]
    february = found[2]
    assert (february.days, february.recorded, february.missing, february.headache_days) == (28, 0, 28, 0)
    assert (february.headache_15, february.migraine_8) == ("uncertain", "uncertain")
    assert set(february.medication_days.values()) == {0}
    assert february.overuse["8.2.2"] == "not_reached"
    assert february.estimate_30 is None


def test_dates_before_the_first_and_after_the_last_recorded_day_are_missing() -> None:
    first, last = months(Diary(days("2026-01-20", recorded=25, headache=25)))
    assert (first.days, first.recorded, first.missing) == (31, 12, 19)
    assert (last.days, last.recorded, last.missing) == (28, 13, 15)


def test_a_month_counts_when_its_first_day_alone_is_recorded() -> None:
    found = months(Diary(days("2026-01-31", recorded=2)))
    assert [(m.month, m.recorded) for m in found] == [(date(2026, 1, 1), 1), (date(2026, 2, 1), 1)]


def test_a_month_has_its_calendar_length() -> None:
    expected = {"2026-01": 31, "2026-02": 28, "2028-02": 29, "2026-04": 30}
    assert {month: month_of(month, recorded=1).days for month in expected} == expected


def test_two_days_with_one_date_are_refused() -> None:
    with pytest.raises(ValueError, match="same date"):
        Diary([day("none"), day("severe")])


# --- Counts ---


def test_a_headache_day_is_a_recorded_day_that_is_not_none() -> None:
    words = ["none", "yes", "mild", "moderate", "severe"]
    (found,) = months(Diary(day(word, on=date(2026, 1, n)) for n, word in enumerate(words, 1)))
    assert (found.recorded, found.headache_days, found.moderate_severe_days) == (5, 4, 2)


def test_medicines_count_on_days_without_headache() -> None:
    found = month_of(headache=2, triptan=[1, 9], non_opioid=[9, 10])
    assert found.medication_days["triptan"] == found.medication_days["non_opioid"] == 2
    assert found.acute_medication_days == 3
    assert found.migraine_days == 1


def test_antiemetics_alone_are_no_medication_day() -> None:
    found = month_of(antiemetic=20, triptan=[20, 21])
    assert found.acute_medication_days == 2
    assert "antiemetic" not in found.medication_days


def test_every_class_is_listed_and_counted_as_a_medication_day() -> None:
    each = ["triptan", "ergot", "opioid", "combination", "non_opioid", "gepant", "ditan", "other"]
    found = month_of(**{name: [number] for number, name in enumerate(each, 1)})
    assert dict(found.medication_days) == dict.fromkeys(each, 1)
    assert found.acute_medication_days == 8


OF_31_DAYS = {
    "15 and 8": ({"headache": 15, "migraine": 8}, "reached", "reached"),
    "14 and 7": ({"headache": 14, "migraine": 7}, "not_reached", "not_reached"),
    "14 and 7, 1 missing": ({"headache": 14, "migraine": 7, "recorded": 30}, "uncertain", "uncertain"),
    "13 and 6, 1 missing": ({"headache": 13, "migraine": 6, "recorded": 30}, "not_reached", "not_reached"),
    "15 and 8, 16 missing": ({"headache": 15, "migraine": 8, "recorded": 15}, "reached", "reached"),
    "1 and 0, 14 missing": ({"headache": 1, "recorded": 17}, "uncertain", "uncertain"),
    "0 and 0, 14 missing": ({"recorded": 17}, "not_reached", "uncertain"),
    "0 and 0, 7 missing": ({"recorded": 24}, "not_reached", "not_reached"),
}


def test_15_headache_days_and_8_migraine_days_of_31() -> None:
    found = {what: month_of("2026-01", **said) for what, (said, *_) in OF_31_DAYS.items()}
    states = {what: (month.headache_15, month.migraine_8) for what, month in found.items()}
    assert states == {what: tuple(expected) for what, (_, *expected) in OF_31_DAYS.items()}


# --- Estimates ---


def test_an_estimate_needs_70_percent_of_the_month() -> None:
    for month, enough in {"2026-02": 20, "2028-02": 21, "2026-04": 21, "2026-01": 22}.items():
        assert month_of(month, recorded=enough).estimate_30 == 0
        assert month_of(month, recorded=enough - 1).estimate_30 is None


HEADACHE_OF_RECORDED = {
    (16, 28): 17.1,
    (14, 25): 16.8,
    (1, 24): 1.3,
    (5, 24): 6.3,
    (31, 31): 30.0,
    (0, 31): 0.0,
}


def test_estimate_30_is_rounded_half_up() -> None:
    estimates = {
        (headache, recorded): month_of("2026-01", headache=headache, recorded=recorded).estimate_30
        for headache, recorded in HEADACHE_OF_RECORDED
    }
    assert {
        said: half_up(found) for said, found in estimates.items() if found is not None
    } == HEADACHE_OF_RECORDED


def test_an_estimate_is_never_compared_with_a_threshold() -> None:
    found = month_of("2026-02", headache=14)
    assert found.estimate_30 == 15
    assert found.headache_15 == "not_reached"


# --- Each limit of medication days ---

CODES = [
    ("8.2.1", "ergot", 10),
    ("8.2.2", "triptan", 10),
    ("8.2.3", "non_opioid", 15),
    ("8.2.4", "opioid", 10),
    ("8.2.5", "combination", 10),
    ("ditan", "ditan", 10),
]


@pytest.mark.parametrize(("code", "medicine", "limit"), CODES)
def test_overuse_counts_days_of_the_class(code: str, medicine: str, limit: int) -> None:
    assert overused(month_of(**{medicine: limit})) == {code}
    below = month_of(**{medicine: limit - 1})
    assert (below.overuse[code], overused(below)) == ("not_reached", set())
    one_missing = month_of(**{medicine: limit - 1}, recorded=30)
    assert one_missing.overuse[code] == "uncertain"
    two_short = month_of(**{medicine: limit - 2}, recorded=30)
    assert two_short.overuse[code] == "not_reached"


def test_a_class_without_a_recorded_day_is_not_reached_whatever_is_missing() -> None:
    found = month_of(recorded=1, triptan=1)
    states = {code: str(state) for code, state in found.overuse.items()}
    assert states == {
        "8.2.1": "not_reached",
        "8.2.2": "uncertain",
        "8.2.3": "not_reached",
        "8.2.4": "not_reached",
        "8.2.5": "not_reached",
        "8.2.6": "not_applicable",
        "ditan": "not_reached",
    }


def test_gepants_and_others_have_no_limit() -> None:
    found = month_of(gepant=31, other=31)
    assert overused(found) == set()
    assert found.overuse["8.2.6"] == "not_applicable"
    assert found.acute_medication_days == 31


SEVERAL = {
    "a sum would be 14": ({"triptan": 5, "non_opioid": 9}, "not_reached"),
    "the union is 10": ({"triptan": 5, "non_opioid": range(4, 11)}, "reached"),
    "the union is 9": ({"triptan": 5, "non_opioid": range(4, 10)}, "not_reached"),
    "9 and a missing day": ({"triptan": 5, "opioid": range(4, 10), "recorded": 30}, "uncertain"),
    "8 and a missing day": ({"triptan": 5, "opioid": range(4, 9), "recorded": 30}, "not_reached"),
    "combinations belong to it": ({"combination": 6, "non_opioid": range(7, 16)}, "reached"),
    "all five classes": (
        {
            "ergot": [1, 2],
            "triptan": [3, 4],
            "non_opioid": [5, 6],
            "opioid": [7, 8],
            "combination": [9, 10],
        },
        "reached",
    ),
    "14 days of one class and one of another": ({"non_opioid": 14, "triptan": [1]}, "reached"),
    "one class alone": ({"non_opioid": 14}, "not_applicable"),
    "no class": ({}, "not_applicable"),
    "gepants are not among them": ({"gepant": range(10, 20), "triptan": 4}, "not_applicable"),
    "ditans are not among them": ({"ditan": range(10, 19), "triptan": 4}, "not_applicable"),
    "others are not in the union": ({"other": range(10, 20), "triptan": 4, "ergot": 4}, "not_reached"),
    "one class is overused": ({"triptan": 10, "non_opioid": 5}, "not_applicable"),
    "non-opioids are overused": ({"non_opioid": 15, "triptan": 3}, "not_applicable"),
    "ditans overused change nothing": ({"ditan": 10, "triptan": 5, "opioid": range(6, 11)}, "reached"),
    "one class is only uncertain": (
        {"triptan": 9, "non_opioid": range(8, 13), "recorded": 30},
        "reached",
    ),
}


def test_several_classes_8_2_6() -> None:
    found = {what: month_of("2026-01", **said).overuse["8.2.6"] for what, (said, _) in SEVERAL.items()}
    assert found == {what: expected for what, (_, expected) in SEVERAL.items()}
