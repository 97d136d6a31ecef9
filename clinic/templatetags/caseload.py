"""The words of the caseload. Nothing is counted or compared here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from clinic.attention import Mark, Section
from clinic.caseload import CaseloadRow, Taken
from clinic.exports import span
from clinic.sparklines import sparkline as shape
from clinic.summaries import NOTED, Position
from clinic.templatetags.clinic import headache_span
from clinic.words import SECTION_DEFINITIONS, SECTION_LABELS
from diary.rules import COUNTED_CLASSES, CYCLE_DAYS_RECORDED, Month, Reached, Window
from diary.templatetags.diary import class_label, rule_label, state_label

register = template.Library()


@register.filter
def section_label(section: Section) -> Any:
    """A section's heading."""
    return SECTION_LABELS[section]


@register.filter
def section_definition(section: Section) -> Any:
    """What stands in a section, with the published number and its source."""
    return SECTION_DEFINITIONS[section]


@register.filter
def mark_words(mark: Mark) -> str:
    """Why somebody stands in a section: the date that has come, or what was counted."""
    words = _counted(mark)
    return f"{words} · {state_label(mark.state)}" if mark.state is Reached.UNCERTAIN else words


def _counted(mark: Mark) -> str:
    when = date_format(mark.since, "j M Y") if mark.since else ""
    if mark.section is Section.DECISION:
        return _("cycle ended %(date)s") % {"date": when}
    if mark.section is Section.INJECTION:
        return _("since %(date)s") % {"date": when}
    if mark.section is Section.THIN:
        return _("fewer than %(needed)d of 28 days") % {"needed": CYCLE_DAYS_RECORDED}
    if mark.section is Section.SILENT:
        return _("last on %(date)s") % {"date": when} if when else _("nothing recorded")
    days = _months_words(mark.months)
    if not mark.rules:
        return days
    limits = ", ".join(str(rule_label(rule)) for rule in mark.rules)
    return _("%(limits)s, with headache on %(days)s") % {"limits": limits, "days": days}


def _months_words(months: Sequence[Month]) -> str:
    counted = ", ".join(headache_span(month) for month in months)
    first, last = (date_format(month.month, "M") for month in (months[0], months[-1]))
    return _("%(days)s days (%(months)s)") % {
        "days": counted,
        "months": first if len(months) == 1 else f"{first}–{last}",
    }


@register.filter
def taken_lines(taken: Sequence[Taken]) -> list[str]:
    """One line for each class: its days in each month, latest first, and the published limit where there is one."""
    there = {one.medication_class for one in taken}
    keys = [key for key in (*COUNTED_CLASSES, None) if key in there]
    return [_taken_line([one for one in taken if one.medication_class is key]) for key in keys]


def _taken_line(taken: Sequence[Taken]) -> str:
    rule, medication_class = taken[0].rule, taken[0].medication_class
    label = class_label(medication_class) if medication_class else rule_label(rule)
    days = ", ".join(f"{span(one.days, one.missing, '–')} ({_month_state(one)})" for one in taken)
    line = f"{label}: {days}"
    told = rule and any(one.state in NOTED for one in taken)
    return _("%(line)s · limit %(limit)d") % {"line": line, "limit": rule.days_per_month} if told else line


def _month_state(taken: Taken) -> str:
    month = date_format(taken.month, "M")
    return f"{month}, {state_label(taken.state)}" if taken.state in NOTED else month


@register.simple_tag
def sparkline(windows: Sequence[Window]) -> str:
    """The trend as a small drawing, with the same in words for who cannot see it."""
    line = shape(windows)
    lines = format_html_join("", '<polyline points="{}"/>', ((points,) for points in line.lines))
    dots = format_html_join("", '<circle cx="{}" cy="{}" r="2"/>', ((str(x), str(y)) for x, y in line.dots))
    return format_html(
        '<svg class="sparkline" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">'
        '<line x1="0" x2="{0}" y1="{3}" y2="{3}"/>{4}{5}</svg>',
        str(line.width),
        str(line.height),
        trend_words(windows),
        str(line.published),
        lines,
        dots,
    )


def trend_words(windows: Sequence[Window]) -> str:
    """The same as the line, for who cannot see it: counts as they are, as ranges where days are missing."""
    counts = [
        headache_span(window) if window.estimate_28 is not None else _("too few recorded")
        for window in windows
    ]
    return _("Headache days in each 28 days, oldest first: %(counts)s") % {"counts": ", ".join(counts)}


@register.filter
def recent_period(row: CaseloadRow) -> str:
    """The last 28 days, as the address of a patient's page names a period."""
    return f"?from={row.recent.first.isoformat()}&until={row.recent.last.isoformat()}"


@register.filter
def cycle_words(place: Position) -> str:
    """Which cycle, and which week of it."""
    return _("%(cycle)d, week %(week)d") % {"cycle": place.cycle.number, "week": place.week}


@register.filter
def from_baseline(window: Window) -> str:
    """What the change is counted from."""
    return _("from %(days)s") % {"days": headache_span(window)}


@register.filter
def also_words(mark: Mark) -> str:
    """A section that fits besides."""
    return _("also %(section)s: %(why)s") % {
        "section": SECTION_LABELS[mark.section],
        "why": mark_words(mark),
    }


@register.simple_block_tag
def heading(content: str, headings: dict[str, tuple[str, str]], name: str, css: str = "") -> str:
    """A column's heading, by which the list can be sorted."""
    address, state = headings[name]
    classes = format_html(' class="{}"', css) if css else ""
    sort = format_html(' aria-sort="{}"', state) if state else ""
    return format_html('<th scope="col"{}{}><a href="{}">{}</a></th>', classes, sort, address, content)
