"""Counts of windows and cycles as a clinician reads them. Nothing is counted or compared here."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from django import template
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import AuditEntry
from clinic.attention import NextVisit
from clinic.exports import span
from clinic.looks import Look
from clinic.models import InjectionSession
from clinic.rules import BASELINE_DAYS, NotCompared, Reduction
from clinic.session_summaries import SessionChange, field_label, session_lines
from clinic.summaries import Comparison, CriteriaRow, MedicationDays, TreatmentWindow
from clinic.words import check_words, muscle_words
from diary.rules import CYCLE_DAYS_RECORDED, OVERUSE_RULES, Day, Month, Window, half_up
from diary.templatetags.diary import class_label, rule_label
from diary.words import CLASS_LABELS, counted_words

register = template.Library()
RULES = {rule.code: rule for rule in OVERUSE_RULES}

NOT_COMPARED_WORDS = {
    NotCompared.NOT_BEGUN: gettext_lazy("cycle %(cycle)d has not begun"),
    NotCompared.TOO_EARLY: gettext_lazy("first cycle has just begun"),
    NotCompared.THIN_BASELINE: gettext_lazy("fewer than %(needed)d days recorded at baseline"),
    NotCompared.NO_HEADACHE_BEFORE: gettext_lazy("no headache day at baseline"),
    NotCompared.CUT_SHORT: gettext_lazy("cut by the next injection to fewer than %(needed)d days"),
    NotCompared.NOT_OVER: gettext_lazy("weeks 9–12 are not over yet"),
    NotCompared.THIN_LATER: gettext_lazy("fewer than %(needed)d days recorded in weeks 9–12"),
}
NO_CHANGE_WORDS = NOT_COMPARED_WORDS | {
    NotCompared.THIN_LATER: gettext_lazy("fewer than %(needed)d of the last %(days)d days recorded"),
}


@register.filter
def headache_span(counted: Window | Month) -> str:
    """Headache days, as a range where days are missing."""
    return span(counted.headache_days, counted.missing, "–")


@register.filter
def migraine_span(counted: Window | Month) -> str:
    """Migraine days, as a range where days are missing."""
    return span(counted.migraine_days, counted.missing, "–")


@register.filter
def acute_medication_span(counted: Month) -> str:
    """Days with any acute medicine, as a range where days are missing."""
    return span(counted.acute_medication_days, counted.missing, "–")


def _number(value: Fraction) -> str:
    return number_format(half_up(value * 100), 1).replace("-", "−")


def _signed(value: Fraction) -> str:
    return _number(value) if value <= 0 else f"+{_number(value)}"


@register.filter
def percent(value: Fraction) -> str:
    """A reduction as a percentage: 30 % is fewer headache days, −5 % more."""
    return _("%(n)s %%") % {"n": _number(value)}


@register.filter
def change_percent(value: Fraction) -> str:
    """The same as a change: a reduction of 30 % reads −30 %."""
    return _("%(n)s %%") % {"n": _signed(-value)}


@register.filter
def change_bounds(change: Reduction) -> str:
    """What the missing days leave open of a change, the largest reduction first."""
    return _("%(high)s to %(low)s %%") % {"high": _signed(-change.high), "low": _signed(-change.low)}


@register.filter
def reduction_bounds(change: Reduction) -> str:
    """What the missing days leave open of a reduction."""
    return _("%(low)s to %(high)s") % {"low": percent(change.low), "high": percent(change.high)}


@register.filter
def due_words(visit: NextVisit) -> str:
    """When the next injection is due."""
    if visit.is_stopped:
        return _("stopped")
    if visit.due_on is None:
        return "–"
    words = [date_format(visit.due_on, "j M Y")]
    if visit.is_agreed:
        words.append(_("appointment"))
    if visit.is_overdue:
        words.append(_("overdue"))
    return " · ".join(words)


@register.filter
def months_of_run(row: CriteriaRow) -> str:
    """Which months the longest run below a number is of, and how many of the latest months are one."""
    if row.longest is None:
        return ""
    first, last = (date_format(month, "F Y") for month in row.longest)
    words = {"first": first, "last": last, "n": row.lately}
    if first == last:
        return _("%(first)s; at present %(n)d in a row") % words
    return _("%(first)s to %(last)s; at present %(n)d in a row") % words


@register.filter
def block_span(block: TreatmentWindow | None) -> str:
    """Headache days of a block, up to yesterday; one that has not begun or was cut away shows a dash."""
    if block is None:
        return "–"
    words = headache_span(block.window)
    if block.is_unfinished:
        return _("%(days)s, so far") % {"days": words}
    if block.is_cut:
        in_days = ngettext("%(days)s in %(n)d day", "%(days)s in %(n)d days", block.window.days)
        return in_days % {"days": words, "n": block.window.days}
    return words


@register.filter
def day_words(day: Day | None) -> str:
    """What is counted of a day: its words and the classes of its medicines, never their names or a note."""
    if day is None:
        return _("deleted")
    classes = [str(label) for word, label in CLASS_LABELS.items() if word in day.classes]
    return " · ".join([*counted_words(day), *classes])


@register.filter
def said_before(change: SessionChange) -> str:
    """The fields of a session as they were before a correction."""
    return session_words(change.was)


@register.filter
def session_words(said: dict[str, Any]) -> str:
    """Fields of a session by name, as an earlier version keeps them, in one line."""
    return " · ".join(f"{field_label(name)}: {_said(name, value)}" for name, value in said.items())


def _said(name: str, value: Any) -> str:
    if value in (None, "", {}, []):
        return _("not recorded")
    if name in ("date", "expiry"):
        return date_format(date.fromisoformat(value), "j M Y")
    if name == "muscles":
        return muscle_words(value)
    if name == "checks":
        return check_words(value)
    return number_format(value) if name == "diluted_ml" else str(value)


@register.filter
def session_details(session: InjectionSession) -> list[str]:
    """Where, with what and by whom, as far as it is recorded; one line each."""
    return session_lines(session.said)


@register.filter
def recorded_words(block: TreatmentWindow | None) -> str:
    """How many days of a block are recorded, of those that have passed."""
    if block is None:
        return "–"
    words = _("%(recorded)d of %(days)d") % {"recorded": block.window.recorded, "days": block.window.days}
    return _("%(days)s, so far") % {"days": words} if block.is_unfinished else words


@register.filter
def why_not_compared(compared: Comparison) -> str:
    """Why a cycle has no reduction."""
    if compared.not_compared is None:
        return ""
    return NOT_COMPARED_WORDS[compared.not_compared] % {
        "cycle": compared.cycle,
        "needed": CYCLE_DAYS_RECORDED,
    }


@register.filter
def why_no_change(reason: NotCompared) -> str:
    """Why the last 28 days are not compared with the baseline."""
    return NO_CHANGE_WORDS[reason] % {"needed": CYCLE_DAYS_RECORDED, "days": BASELINE_DAYS}


@register.filter
def code_label(code: str) -> Any:
    """A rule's words with its code."""
    return f"{rule_label(RULES[code])} ({RULES[code].source})"


@register.filter
def medication_words(taken: MedicationDays) -> str:
    """A class with its days, and its published limit where there is one."""
    rule = taken.rule
    label = class_label(taken.medication_class) if taken.medication_class else rule_label(rule)
    words = f"{label}: {span(taken.days, taken.missing, '–')}"
    return f"{words} ({rule.days_per_month})" if rule else words


LOOK_WORDS = {
    AuditEntry.Action.LISTED: gettext_lazy("saw your name in the list of patients"),
    AuditEntry.Action.VIEWED: gettext_lazy("read your diary"),
    AuditEntry.Action.CHANGED: gettext_lazy("changed your record"),
    AuditEntry.Action.EXPORTED: gettext_lazy("took a copy of your record"),
}


@register.filter
def look_words(look: Look) -> str:
    """What somebody did, in the middle of a sentence to the patient."""
    return str(LOOK_WORDS[AuditEntry.Action(look.action)])
