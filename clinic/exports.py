"""The analysis as JSON-able dictionaries, rows and text: names and shapes that other programs rely on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

from clinic.rules import RESPONDER_PERCENT, Analysis, Block, CycleResult, Reduction
from diary.rules import COUNTED_CLASSES, OVERUSE_RULES, Month, Reached, Run, Window, half_up

SCHEMA = 1


def _rounded(value: Fraction | None) -> float | None:
    return None if value is None else half_up(value)


def _percent(value: Fraction | None) -> float | None:
    return None if value is None else half_up(value * 100)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def month_json(month: Month) -> dict[str, Any]:
    """One calendar month."""
    return {
        "month": month.month.isoformat()[:7],
        "days": month.days,
        "recorded": month.recorded,
        "missing": month.missing,
        "headache_days": month.headache_days,
        "migraine_days": month.migraine_days,
        "moderate_severe_days": month.moderate_severe_days,
        "acute_medication_days": month.acute_medication_days,
        "medication_days": {c.value: month.medication_days[c] for c in COUNTED_CLASSES},
        "headache_15": month.headache_15.value,
        "migraine_8": month.migraine_8.value,
        "overuse": {code: state.value for code, state in month.overuse.items()},
        "estimate_30": _rounded(month.estimate_30),
    }


def _run(run: Run) -> dict[str, Any]:
    return {"state": run.state.value, "months": run.months, "required": run.required}


def window_json(window: Window | None) -> dict[str, Any] | None:
    """A window with its dates and its estimate."""
    if window is None:
        return None
    return {
        "first": window.first.isoformat(),
        "last": window.last.isoformat(),
        "days": window.days,
        "recorded": window.recorded,
        "headache_days": window.headache_days,
        "migraine_days": window.migraine_days,
        "estimate_28": _rounded(window.estimate_28),
    }


def _counts(window: Window) -> dict[str, int]:
    return {
        "days": window.days,
        "recorded": window.recorded,
        "headache_days": window.headache_days,
        "migraine_days": window.migraine_days,
    }


def _block(block: Block) -> dict[str, Any]:
    return {"weeks": block.weeks, **_counts(block.window)}


def _week(block: Block) -> dict[str, Any]:
    return {"week": int(block.weeks), **_counts(block.window)}


def _reduction(change: Reduction | None) -> dict[str, float | None]:
    return {
        "reduction": _percent(change and change.point),
        "reduction_low": _percent(change and change.low),
        "reduction_high": _percent(change and change.high),
    }


def cycle_json(result: CycleResult) -> dict[str, Any]:
    """One injection cycle."""
    return {
        "number": result.cycle.number,
        "starts_on": result.cycle.starts_on.isoformat(),
        "ends_on": result.cycle.ends_on.isoformat(),
        "evaluation": window_json(result.evaluation),
        "blocks": [_block(block) for block in result.blocks],
        "weeks": [_week(block) for block in result.weeks],
        **_reduction(result.reduction),
        "responder": {str(percent): state.value for percent, state in result.responder.items()},
    }


def analysis_json(patient: str, found: Analysis) -> dict[str, Any]:
    """One person's whole analysis; `patient` is the pseudonym, empty where the file is one person's."""
    return {
        "patient": patient,
        "first_day": _iso(found.diary.first_day),
        "last_day": _iso(found.diary.last_day),
        "recorded": len(found.diary.days),
        "months": [month_json(month) for month in found.months],
        "patterns": {
            "chronic_migraine": _run(found.chronic_migraine),
            "medication_overuse_headache": {
                code: _run(run) for code, run in found.medication_overuse.items()
            },
        },
        "baseline": window_json(found.baseline),
        "cycles": [cycle_json(result) for result in found.cycles],
        "criteria": {
            state.criteria.key: {
                "inadequate_response": state.inadequate_response.value,
                "episodic": state.episodic.state.value,
            }
            for state in found.criteria
        },
    }


# --- A row a month -------------------------------------------------------------------------------------------

MONTH_COLUMNS = (
    "patient",
    "month",
    "days",
    "recorded",
    "missing",
    "headache_days",
    "migraine_days",
    "moderate_severe_days",
    "acute_medication_days",
    *(f"{c.value}_days" for c in COUNTED_CLASSES),
    "headache_15",
    "migraine_8",
    *(f"overuse_{rule.code}" for rule in OVERUSE_RULES),
    "estimate_30",
)


def month_rows(patient: str, found: Analysis) -> Iterator[list[Any]]:
    """One row of `MONTH_COLUMNS` a month; an estimate that cannot be made is empty."""
    for month in found.months:
        cells = month_json(month)
        classes, overuse = cells.pop("medication_days"), cells.pop("overuse")
        yield [
            patient,
            *(cells[column] for column in MONTH_COLUMNS[1:9]),
            *classes.values(),
            cells["headache_15"],
            cells["migraine_8"],
            *overuse.values(),
            "" if cells["estimate_30"] is None else cells["estimate_30"],
        ]


# --- For a person at a terminal ------------------------------------------------------------------------------

STATE_WORDS = {
    Reached.REACHED: "reached",
    Reached.NOT_REACHED: "not reached",
    Reached.UNCERTAIN: "uncertain",
    Reached.CANNOT_EVALUATE: "cannot evaluate",
    Reached.NOT_APPLICABLE: "not applicable",
}


def span(counted: int, missing: int, dash: str = "-") -> str:
    """A count, as a range where missing days could be such days too."""
    return f"{counted}{dash}{counted + missing}" if missing else str(counted)


def _overuse_words(month: Month) -> str:
    noted = (Reached.REACHED, Reached.UNCERTAIN)
    words = [
        f"{rule.code}: {span(month.days_under(rule), month.missing)}/{rule.days_per_month} {STATE_WORDS[state]}"
        for rule in OVERUSE_RULES
        if (state := month.overuse[rule.code]) in noted
    ]
    return "; ".join(words) or "-"


def _month_line(month: Month) -> str:
    return (
        f"  {month.month:%Y-%m}  {month.recorded:>3}/{month.days}"
        f"  {span(month.headache_days, month.missing):>8}  {STATE_WORDS[month.headache_15]:<11}"
        f"  {span(month.migraine_days, month.missing):>8}  {STATE_WORDS[month.migraine_8]:<11}"
        f"  {span(month.acute_medication_days, month.missing):>10}  {_overuse_words(month)}"
    )


def _cycle_line(result: CycleResult) -> str:
    window, change = result.evaluation, result.reduction
    counts = (
        f"{span(window.headache_days, window.missing)} of {window.days} days"
        if window
        else "no evaluation window"
    )
    compared = (
        f"reduction {_percent(change.point)} % ({_percent(change.low)} to {_percent(change.high)})"
        if change
        else "reduction: cannot evaluate"
    )
    states = ", ".join(
        f"{percent} %: {STATE_WORDS[result.responder[percent]]}" for percent in RESPONDER_PERCENT
    )
    return f"  cycle {result.cycle.number} from {result.cycle.starts_on}: weeks 9-12: {counts}; {compared}; {states}"


def text_lines(patient: str, found: Analysis) -> Iterator[str]:
    """What was counted beside the published numbers. A range counts the days that were not recorded either way."""
    diary = found.diary
    yield f"{patient or 'Diary'}: {len(diary.days)} days recorded from {diary.first_day} to {diary.last_day}"
    yield "  month    recorded  headache  15 days (ICHD-3 1.3)  migraine  8 days  medication  limits (ICHD-3 8.2)"
    yield from map(_month_line, found.months)
    run = found.chronic_migraine
    yield f"  15 and 8 days in consecutive months: {run.months} of {run.required}, {STATE_WORDS[run.state]}"
    for code, run in found.medication_overuse.items():
        yield f"  15 days and {code} in consecutive months: {run.months} of {run.required}, {STATE_WORDS[run.state]}"
    if found.baseline:
        window = found.baseline
        counts = f"{span(window.headache_days, window.missing)} headache days of {window.days}"
        yield f"  baseline {window.first} to {window.last}: {counts}"
    yield from map(_cycle_line, found.cycles)
    for state in found.criteria if found.cycles else ():
        named = state.criteria
        yield (
            f"  {named.name}: reduction below {named.inadequate_percent} % after cycle {named.inadequate_cycles}: "
            f"{STATE_WORDS[state.inadequate_response]}; under {named.episodic_below} days in {named.episodic_months} "
            f"consecutive months: {STATE_WORDS[state.episodic.state]}"
        )
    yield ""
