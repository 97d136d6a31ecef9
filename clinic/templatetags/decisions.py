"""Decisions, and what is asked before a start, in words. Nothing is counted or compared here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from clinic.exports import span
from clinic.rules import NotCompared, StartingCriteria
from clinic.summaries import MedicationDays
from clinic.templatetags.clinic import NOT_COMPARED_WORDS
from clinic.terms import Answer, DecisionKind, StopReason
from clinic.words import ANSWER_LABELS, DECISION_LABELS, STOP_REASON_LABELS
from diary.rules import CYCLE_DAYS_RECORDED, MedicationClass, Month
from diary.words import CLASS_LABELS

register = template.Library()


@register.filter
def decision_label(kind: str) -> Any:
    return DECISION_LABELS[DecisionKind(kind)]


@register.filter
def stop_reason_label(reason: str) -> Any:
    return STOP_REASON_LABELS[StopReason(reason)]


@register.filter
def answer_label(answer: str) -> Any:
    return ANSWER_LABELS[Answer(answer)]


@register.filter
def migraine_days(month: Month) -> str:
    return span(month.migraine_days, month.missing, "–")


@register.filter
def noted(medication: list[MedicationDays]) -> list[MedicationDays]:
    """Those with a published limit that is reached, or may be."""
    return [taken for taken in medication if taken.is_noted]


@register.filter
def preventives_asked(criteria: StartingCriteria) -> str:
    """How many preventives a guideline asks for."""
    words = {"least": criteria.preventives, "most": criteria.most_preventives}
    if criteria.preventives == criteria.most_preventives:
        return _("%(least)d preventives tried or unsuitable") % words
    return _("%(least)d to %(most)d preventives tried") % words


# --- What was counted when it was decided --------------------------------------------------------------------


@register.filter
def as_date(text: str) -> date:
    return date.fromisoformat(text)


@register.filter
def counted_span(counted: Mapping[str, int], what: str = "headache_days") -> str:
    """Days of a window or a month as they were counted then, a range where days were missing."""
    return span(counted[what], counted["days"] - counted["recorded"], "–")


@register.filter
def counted_reduction(criteria: Mapping[str, Any]) -> str:
    """The reduction as it was shown then, or why there was none."""
    change = criteria["reduction"]
    if change is None:
        why = NOT_COMPARED_WORDS[NotCompared(criteria["not_compared"])]
        return str(why % {"cycle": criteria["cycles"], "needed": CYCLE_DAYS_RECORDED})
    point, low, high = (_percent(change[name]) for name in ("point", "low", "high"))
    bounds = _(" (%(low)s to %(high)s)") % {"low": low, "high": high} if low != high else ""
    return f"{point}{bounds}"


@register.filter
def counted_medication(month: Mapping[str, Any]) -> str:
    """Medication days by class as they were counted then, a range where days were missing."""
    missing = month["days"] - month["recorded"]
    return " · ".join(
        f"{CLASS_LABELS[MedicationClass(word)]}: {span(n, missing, '–')}"
        for word, n in month["medication_days"].items()
    )


def _percent(value: float) -> str:
    return _("%(n)s %%") % {"n": number_format(value, 1).replace("-", "−")}
