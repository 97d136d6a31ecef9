"""The JSON that other programs rely on: every name, how they nest, and the numbers of a small diary done by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clinic.exports import MONTH_COLUMNS, analysis_json, month_rows
from clinic.rules import analysis
from diary.rules import ICHD3, PRAGMATIC, Diary
from tests.rules.cases import FIRST_SESSION, after, day, days, treated

CLASSES = ["triptan", "ergot", "opioid", "combination", "non_opioid", "gepant", "ditan", "other"]
CODES = ["8.2.1", "8.2.2", "8.2.3", "8.2.4", "8.2.5", "8.2.6", "ditan"]

# The baseline is 6 January to 2 February; 20 and 21 January are missing.
JANUARY = days(
    "2026-01",
    recorded=[*range(1, 20), *range(22, 31)],
    headache=[*range(1, 6), 7, 8, *range(10, 19)],
    migraine=[*range(1, 6), 7, 8, 10, 11],
    triptan=[*range(1, 6), 7, 8, 10, 11, 28, 29],
    non_opioid=[28, 29, 30],
)
REST = [
    *days("2026-01-31", recorded=3, headache=3, migraine=1),
    *days("2026-02-03", recorded=7, headache=5, migraine=3),
    *days(after(FIRST_SESSION, 56).isoformat(), recorded=28, headache=16, migraine=8),
]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return analysis_json("P1", analysis(Diary(JANUARY + REST), [FIRST_SESSION]))


def test_it_is_plain_json(found: dict[str, Any]) -> None:
    assert json.loads(json.dumps(found)) == found


def test_a_patient(found: dict[str, Any]) -> None:
    assert list(found) == [
        *["patient", "first_day", "last_day", "recorded", "months"],
        *["patterns", "baseline", "cycles", "criteria"],
    ]
    assert (found["patient"], found["recorded"]) == ("P1", 28 + 3 + 7 + 28)
    assert (found["first_day"], found["last_day"]) == ("2026-01-01", "2026-04-27")
    assert [month["month"] for month in found["months"]] == ["2026-01", "2026-02", "2026-03", "2026-04"]


def test_a_month(found: dict[str, Any]) -> None:
    assert found["months"][0] == {
        "month": "2026-01",
        "days": 31,
        "recorded": 29,
        "missing": 2,
        "headache_days": 17,
        "migraine_days": 10,
        "moderate_severe_days": 0,
        "acute_medication_days": 12,
        "medication_days": dict.fromkeys(CLASSES, 0) | {"triptan": 11, "non_opioid": 3},
        "headache_15": "reached",
        "migraine_8": "reached",
        "overuse": dict.fromkeys(CODES, "not_reached") | {"8.2.2": "reached", "8.2.6": "not_applicable"},
        "estimate_30": 17.6,
    }


def test_a_month_with_little_recorded(found: dict[str, Any]) -> None:
    march = found["months"][2]
    assert (march["recorded"], march["missing"], march["headache_15"]) == (1, 30, "uncertain")
    assert march["estimate_30"] is None


def test_patterns(found: dict[str, Any]) -> None:
    assert found["patterns"] == {
        # January is sure and the missing days of the other three could do it; only January has a triptan.
        "chronic_migraine": {"state": "uncertain", "months": 1, "required": 4},
        "medication_overuse_headache": {"8.2.2": {"state": "not_reached", "months": 1, "required": 4}},
    }


def test_baseline(found: dict[str, Any]) -> None:
    assert found["baseline"] == {
        "first": "2026-01-06",
        "last": "2026-02-02",
        "days": 28,
        "recorded": 26,
        "headache_days": 14,
        "migraine_days": 5,
        "estimate_28": 15.1,
    }


def test_a_cycle(found: dict[str, Any]) -> None:
    (cycle,) = found["cycles"]
    weeks, blocks = cycle.pop("weeks"), cycle.pop("blocks")
    assert cycle == {
        "number": 1,
        "starts_on": "2026-02-03",
        "ends_on": "2026-04-27",
        "evaluation": {
            "first": "2026-03-31",
            "last": "2026-04-27",
            "days": 28,
            "recorded": 28,
            "headache_days": 16,
            "migraine_days": 8,
            "estimate_28": 16.0,
        },
        "reduction": -6.1,
        "reduction_low": -14.3,
        "reduction_high": 0.0,
        "responder": {"30": "not_reached", "50": "not_reached", "75": "not_reached"},
    }
    assert blocks == [
        {"weeks": "1-4", "days": 28, "recorded": 7, "headache_days": 5, "migraine_days": 3},
        {"weeks": "5-8", "days": 28, "recorded": 0, "headache_days": 0, "migraine_days": 0},
        {"weeks": "9-12", "days": 28, "recorded": 28, "headache_days": 16, "migraine_days": 8},
    ]
    assert [week["week"] for week in weeks] == list(range(1, 13))
    assert weeks[0] == {"week": 1, "days": 7, "recorded": 7, "headache_days": 5, "migraine_days": 3}
    assert [week["headache_days"] for week in weeks] == [5, 0, 0, 0, 0, 0, 0, 0, 7, 7, 2, 0]


def test_criteria(found: dict[str, Any]) -> None:
    neither = {"inadequate_response": "cannot_evaluate", "episodic": "not_reached"}
    assert found["criteria"] == {"nice-ta260": neither, "ehf-2018": neither}


def test_the_published_example_of_a_reduction() -> None:
    diary = [
        *days("2026-01-06", recorded=26, headache=20),
        *days("2026-03-31", recorded=28, headache=16),
    ]
    (cycle,) = analysis_json("", analysis(Diary(diary), [FIRST_SESSION]))["cycles"]
    shown = (cycle["reduction"], cycle["reduction_low"], cycle["reduction_high"])
    assert shown == (25.7, 20.0, 27.3)


def test_halves_are_rounded_up() -> None:
    found = analysis_json("", treated({"headache": 16}, {"headache": 15}))
    assert found["cycles"][0]["reduction"] == 6.3  # 6.25
    month = analysis_json("", analysis(Diary(days("2026-01", recorded=24, headache=1)), []))["months"][0]
    assert month["estimate_30"] == 1.3  # 1.25


def test_what_does_not_exist_is_null() -> None:
    early = [FIRST_SESSION, after(FIRST_SESSION, 50)]
    first = analysis_json("", analysis(Diary(days("2026-01-06", recorded=28)), early))["cycles"][0]
    assert first["evaluation"] is None
    assert first["reduction"] is first["reduction_low"] is first["reduction_high"] is None
    assert set(first["responder"].values()) == {"cannot_evaluate"}


def test_a_patient_without_a_session() -> None:
    found = analysis_json("", analysis(Diary([day(on=FIRST_SESSION)]), []))
    nothing = {"inadequate_response": "not_applicable", "episodic": "not_applicable"}
    assert (found["patient"], found["baseline"], found["cycles"]) == ("", None, [])
    assert found["criteria"] == {"nice-ta260": nothing, "ehf-2018": nothing}


def test_the_migraine_day_is_the_diary_s() -> None:
    said = [day("mild", migraine=True)]
    assert [
        analysis_json("", analysis(Diary(said, definition), []))["months"][0]["migraine_days"]
        for definition in (PRAGMATIC, ICHD3)
    ] == [1, 0]


def test_a_row_a_month_has_a_cell_for_every_column() -> None:
    rows = list(month_rows("P1", analysis(Diary(JANUARY + REST), [])))
    january = dict(zip(MONTH_COLUMNS, rows[0], strict=True))
    assert (january["patient"], january["month"], january["triptan_days"]) == ("P1", "2026-01", 11)
    assert (january["overuse_8.2.2"], january["estimate_30"]) == ("reached", 17.6)
    assert dict(zip(MONTH_COLUMNS, rows[2], strict=True))["estimate_30"] == ""
