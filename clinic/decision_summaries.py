"""Decisions about the treatment with what was counted then, and what is counted before the first injection.

`standing_decisions` is what other pages read; `decision_history` has corrections and withdrawn ones too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from clinic.attention import NextVisit
from clinic.criteria import names_of
from clinic.models import Clinic, Decision
from clinic.rules import (
    STARTING_CRITERIA,
    Reduction,
    StartingState,
    months_before,
    starting_state,
)
from clinic.summaries import (
    CriteriaRow,
    MedicationDays,
    PatientSummary,
    medication_days,
)
from clinic.terms import Answer, DecisionKind, StopReason
from diary.models import Patient, Preventive
from diary.rules import Month, Reached, Window, half_up

# --- What was decided ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """A decision as one row says it. Of another clinic's decision its words, criteria and counts are left out.

    `cycle`: after which injection, `None` before the first. `criteria_name`: what was looked at, empty for nothing.
    `counted`: what `counted_now` made when it was recorded. `recorded_by`: a name, empty where none is known.
    """

    number: int
    made_on: date
    kind: DecisionKind
    stop_reason: StopReason | None
    reason: str
    cycle: int | None
    criteria: str
    criteria_name: str
    overuse_managed: Answer | None
    preventives_tried: int | None
    counted: Mapping[str, Any]
    clinic: str
    is_own: bool
    recorded_by: str
    recorded_on: date


@dataclass(frozen=True, slots=True)
class DecisionHistory:
    """A decision as it stands, or stood until it was withdrawn, and what it said before, the latest first."""

    latest: RecordedDecision
    is_withdrawn: bool
    earlier: list[RecordedDecision]

    @property
    def can_be_corrected(self) -> bool:
        """It stands, and is this clinic's own."""
        return self.latest.is_own and not self.is_withdrawn


def decision_history(patient: Patient, clinic: Clinic) -> list[DecisionHistory]:
    """All decisions as a clinic may read them, the latest first; one query, and one where own criteria are named."""
    rows = list(Decision.objects.filter(patient=patient).with_names())
    names = names_of({row.criteria for row in rows})
    by_number = {row.pk: row for row in rows}
    replaced = {row.replaces_id for row in rows}
    found = []
    for row in rows:
        if row.pk in replaced:
            continue
        chain = [row]
        while (before := chain[-1].replaces_id) is not None:
            chain.append(by_number[before])
        said = [_recorded(one, patient, clinic, names) for one in chain]
        found.append(DecisionHistory(said[0], row.is_withdrawn, said[1:]))
    return sorted(found, key=lambda one: (one.latest.made_on, one.latest.number), reverse=True)


def standing_decisions(patient: Patient, clinic: Clinic) -> list[RecordedDecision]:
    """Those that nothing replaced and nobody withdrew, the latest first."""
    return [one.latest for one in decision_history(patient, clinic) if not one.is_withdrawn]


def stopped_on(decisions: Sequence[RecordedDecision]) -> date | None:
    """When a clinic's latest decision on the treatment was made, where it was to stop; as `DecisionQuerySet` says it.

    `decisions`: those that stand, the latest first. Another clinic's stop is its own.
    """
    own = (one for one in decisions if one.is_own and one.kind is not DecisionKind.OTHER)
    latest = next(own, None)
    return latest.made_on if latest and latest.kind is DecisionKind.STOP else None


def _recorded(row: Decision, patient: Patient, clinic: Clinic, names: Mapping[str, str]) -> RecordedDecision:
    is_own = row.clinic_id == clinic.pk
    return RecordedDecision(
        row.pk,
        row.made_on,
        DecisionKind(row.kind),
        StopReason(row.stop_reason) if row.stop_reason else None,
        row.reason if is_own else "",
        row.cycle,
        row.criteria if is_own else "",
        names.get(row.criteria, "") if is_own else "",
        Answer(row.overuse_managed) if row.overuse_managed else None,
        row.preventives_tried,
        row.counted if is_own else {},
        row.clinic.name,
        is_own,
        (row.recorded_by_name or "") if is_own else "",
        patient.date_at(row.recorded_at),
    )


def next_visit(summary: PatientSummary, decisions: Sequence[RecordedDecision]) -> NextVisit:
    """When the next injection is due. `decisions`: those that stand, the latest first."""
    return NextVisit(summary.today, summary.given, summary.link.booked_on, stopped_on(decisions))


# --- Before the first injection ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StartMonth:
    """A complete calendar month before the first injection, with its medication days."""

    month: Month
    medication: list[MedicationDays]


@dataclass(frozen=True, slots=True)
class Start:
    """What is counted before treatment begins, beside what guidelines ask then.

    `preventives`: those that the diary lists. `preventives_tried` and `overuse_managed`: what the clinician recorded
    with a decision, `None` before that. `is_followed` names the guideline that the clinic follows.
    `is_treated`: an injection was given before today; on the day of the first one treatment is about to begin.
    """

    months: list[StartMonth]
    states: list[StartingState]
    preventives: list[Preventive]
    preventives_tried: int | None
    overuse_managed: Answer | None
    followed: str
    is_treated: bool


ANSWERED = {
    Answer.YES: Reached.REACHED,
    Answer.NO: Reached.NOT_REACHED,
    Answer.NOT_APPLICABLE: Reached.NOT_APPLICABLE,
}
"""The clinician's answer as the state of what is asked."""


def start(
    summary: PatientSummary,
    preventives: Sequence[Preventive],
    preventives_tried: int | None,
    overuse_managed: Answer | None,
) -> Start:
    """The months before the first injection, or before today where there was none."""
    dates = summary.given
    counted = months_before(summary.found.diary, min(dates, default=summary.today))
    followed = summary.link.clinic.follows
    overuse = ANSWERED[overuse_managed] if overuse_managed else None
    return Start(
        [StartMonth(one, medication_days(one)) for one in counted],
        [
            starting_state(criteria, counted, preventives_tried, overuse)
            for criteria in sorted(STARTING_CRITERIA, key=lambda one: one.key != followed)
        ],
        list(preventives),
        preventives_tried,
        overuse_managed,
        followed,
        any(when < summary.today for when in dates),
    )


def recorded_start(
    summary: PatientSummary, preventives: Sequence[Preventive], decisions: Sequence[RecordedDecision]
) -> Start:
    """With what the latest decision that says it has recorded."""
    tried = next((one.preventives_tried for one in decisions if one.preventives_tried is not None), None)
    managed = next((one.overuse_managed for one in decisions if one.overuse_managed), None)
    return start(summary, preventives, tried, managed)


# --- What is kept of the counts ------------------------------------------------------------------------------


def counted_now(summary: PatientSummary, before: Start) -> dict[str, Any]:
    """What the page shows at this moment, to be kept with a decision: numbers as shown, never to be compared."""
    counted = before.months if not before.is_treated else _months_until(summary)
    return {
        "on": summary.today.isoformat(),
        "baseline": _window(summary.found.baseline),
        "evaluation": _window(_last_over(summary)),
        "starting": [] if before.is_treated else [_starting(state) for state in before.states],
        "criteria": [_criteria(row) for row in summary.criteria] if before.is_treated else [],
        "months": [_month(one) for one in counted],
        "preventives": len(before.preventives),
    }


def _last_over(summary: PatientSummary) -> Window | None:
    """The latest weeks 9–12 that are over: of a cycle that has just begun, days to come would count as missing."""
    windows = [row.result.evaluation for row in summary.cycles]
    return next((one for one in reversed(windows) if one and one.last < summary.today), None)


def _months_until(summary: PatientSummary) -> list[StartMonth]:
    return [
        StartMonth(one, medication_days(one)) for one in months_before(summary.found.diary, summary.today)
    ]


def _window(window: Window | None) -> dict[str, Any] | None:
    if window is None:
        return None
    return {
        "first": window.first.isoformat(),
        "last": window.last.isoformat(),
        "days": window.days,
        "recorded": window.recorded,
        "headache_days": window.headache_days,
    }


def _month(one: StartMonth) -> dict[str, Any]:
    return {
        "month": one.month.month.isoformat(),
        "days": one.month.days,
        "recorded": one.month.recorded,
        "headache_days": one.month.headache_days,
        "migraine_days": one.month.migraine_days,
        "medication_days": {
            taken.medication_class.value: taken.days for taken in one.medication if taken.medication_class
        },
    }


def _starting(state: StartingState) -> dict[str, Any]:
    asked = state.criteria
    return {
        "key": asked.key,
        "name": asked.name,
        "headache_days": asked.headache_days,
        "migraine_days": asked.migraine_days,
        "headache": [one.headache.value for one in state.months if one.headache],
        "migraine": [one.migraine.value for one in state.months if one.migraine],
        "preventives": state.preventives.value,
        "overuse": state.overuse.value,
    }


def _criteria(row: CriteriaRow) -> dict[str, Any]:
    asked, compared = row.state.criteria, row.comparison
    return {
        "key": asked.key,
        "name": asked.name,
        "percent": asked.inadequate_percent,
        "cycles": asked.inadequate_cycles,
        "below": asked.episodic_below,
        "months": asked.episodic_months,
        "reduction": _reduction(compared.reduction),
        "not_compared": compared.not_compared.value if compared.not_compared else None,
        "is_so_far": compared.is_so_far,
        "inadequate_response": row.state.inadequate_response.value,
        "episodic": row.state.episodic.state.value,
        "in_a_row": row.state.episodic.months,
    }


def _reduction(change: Reduction | None) -> dict[str, float] | None:
    if change is None:
        return None
    return {"point": _percent(change.point), "low": _percent(change.low), "high": _percent(change.high)}


def _percent(value: Fraction) -> float:
    return half_up(value * 100)
