"""Counts of windows and cycles as a clinician reads them. Nothing is compared with a published number here."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from django import template
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from clinic.rules import Analysis, Block, CycleResult
from clinic.summaries import Overuse, PatientSummary
from diary.rules import COUNTED_CLASSES, OVERUSE_RULES, Month, Reached, Window, half_up
from diary.templatetags.diary import class_label, rule_label

register = template.Library()
RULES = {rule.code: rule for rule in OVERUSE_RULES}


def _span(counted: int, missing: int) -> str:
    return f"{counted}–{counted + missing}" if missing else str(counted)


@register.filter
def headache_span(counted: Window | Month) -> str:
    """Headache days, as a range where days are missing."""
    return _span(counted.headache_days, counted.missing)


@register.filter
def migraine_span(counted: Window | Month) -> str:
    """Migraine days, as a range where days are missing."""
    return _span(counted.migraine_days, counted.missing)


@register.filter
def percent(value: Fraction) -> str:
    """A fall as a percentage: 30 % is fewer headache days, −5 % more."""
    number = number_format(half_up(value * 100), 1)
    return _("%(n)s %%") % {"n": number.replace("-", "−")}


@register.filter
def change_percent(value: Fraction) -> str:
    """The same as a change: a fall of 30 % reads −30 %."""
    words = percent(-value)
    return words if value >= 0 else f"+{words}"


@register.filter
def three_blocks(result: CycleResult) -> list[Block | None]:
    """Weeks 1–4, 5–8 and 9–12; `None` where the next injection came before."""
    found = {block.weeks: block for block in result.blocks}
    return [found.get(weeks) for weeks in ("1-4", "5-8", "9-12")]


@register.filter
def block_span(block: Block | None, summary: PatientSummary) -> str:
    """Headache days of a block, up to yesterday; one that has not begun or was cut off shows a dash."""
    if block is None or block.window.first >= summary.today:
        return "–"
    if block.window.last >= summary.today:
        so_far = summary.found.diary.window(block.window.first, summary.today - timedelta(days=1))
        return _("%(days)s, so far") % {"days": headache_span(so_far)}
    words = headache_span(block.window)
    if block.window.days < 28:
        return _("%(days)s in %(n)d days") % {"days": words, "n": block.window.days}
    return words


@register.filter
def fall_at_cycle(found: Analysis, number: int) -> str:
    """The fall at a cycle with its range, or why there is none."""
    if len(found.cycles) < number:
        return _("cycle %(n)d has not begun") % {"n": number}
    change = found.cycles[number - 1].reduction
    if change is None:
        return _("fewer than 20 of 28 days recorded, or no headache at baseline")
    if change.low == change.high:
        return percent(change.point)
    words = {"fall": percent(change.point), "low": percent(change.low), "high": percent(change.high)}
    return _("%(fall)s (%(low)s to %(high)s)") % words


@register.filter
def overuse_lines(reached: list[Overuse]) -> list[str]:
    """One line a published limit: the months that reached it, latest first, and the number."""
    lines = []
    for rule in OVERUSE_RULES:
        months = [f"{o.days} ({date_format(o.month, 'M')})" for o in reached if o.rule is rule]
        if months:
            words = {"class": rule_label(rule), "days": ", ".join(months), "limit": rule.days_per_month}
            lines.append(_("%(class)s: %(days)s · limit %(limit)d") % words)
    return lines


@register.filter
def code_label(code: str) -> Any:
    """A rule's words with its code."""
    return f"{rule_label(RULES[code])} ({RULES[code].source})"


@register.filter
def medication_words(month: Month) -> list[tuple[str, str]]:
    """Each class that was taken, with its days, its published limit and its state; the union of several last."""
    found = []
    for medication_class in COUNTED_CLASSES:
        if days := month.medication_days[medication_class]:
            rule = next((rule for rule in OVERUSE_RULES if rule.classes == {medication_class}), None)
            words = f"{class_label(medication_class)}: {days}"
            found.append(
                (f"{words} ({rule.days_per_month})", month.overuse[rule.code]) if rule else (words, "")
            )
    if month.overuse["8.2.6"] in (Reached.REACHED, Reached.UNCERTAIN):
        rule = RULES["8.2.6"]
        words = f"{rule_label(rule)}: {month.several_classes_days} ({rule.days_per_month})"
        found.append((words, month.overuse[rule.code]))
    return found
