"""A summary in, a JSON-able payload out: what is drawn, in words and numbers, without colours or pixels.

The same payload feeds Chart.js on screen, the server's own SVG for print and for pages without JavaScript, and the
table that stands beside both.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypedDict

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from diary.rules import CHRONIC_HEADACHE_DAYS, OVERUSE_RULES, MedicationClass, Month
from diary.summaries import MonthSummary
from diary.words import CLASS_LABELS


class Series(TypedDict):
    """Numbers for each label; `None` is no number, never zero. `key` says how it looks, `label` what it is."""

    key: str
    label: str
    values: list[float | None]


class Level(TypedDict):
    """A horizontal line with its meaning, such as a published number of days."""

    key: str
    label: str
    value: float


class Marker(TypedDict):
    """A vertical line before the label at `before`, such as an injection."""

    before: int
    label: str


class Chart(TypedDict):
    """One chart. `kind`: `bars` (series stacked on each label) or `lines` (one line a series).

    `labels`: lines of text for each place on the axis. `emphasis`: the places that matter most. `most`: the top of
    the axis, in days. `description`: one sentence for those who cannot see it.
    """

    kind: str
    title: str
    description: str
    unit: str
    most: int
    labels: list[list[str]]
    series: list[Series]
    levels: list[Level]
    markers: list[Marker]
    emphasis: list[int]


def short_month(first: date) -> list[str]:
    """Two lines for the axis: the month, and the year under each January."""
    return [date_format(first, "M"), date_format(first, "Y")]


def headache_months(summaries: Sequence[MonthSummary]) -> Chart:
    """Headache days a calendar month with the part that missing days leave open, beside the published 15."""
    return Chart(
        kind="bars",
        title=_("Headache days a month"),
        description=_(
            "Bars of headache days in each month, with days not recorded on top, beside the number 15."
        ),
        unit=_("days"),
        most=31,
        labels=[short_month(summary.month.month) for summary in summaries],
        series=counted_and_missing(
            _("Headache days"),
            [summary.month.headache_days for summary in summaries],
            [summary.missing_so_far for summary in summaries],
        ),
        levels=[
            Level(key="published", label=_("Published number (ICHD-3 1.3)"), value=CHRONIC_HEADACHE_DAYS)
        ],
        markers=[],
        emphasis=[],
    )


def counted_and_missing(label: str, counted: Sequence[int], missing: Sequence[int]) -> list[Series]:
    """What was counted, and on top of it the days that could be either."""
    return [
        Series(key="counted", label=label, values=list(counted)),
        Series(key="missing", label=_("Not recorded: could be either"), values=list(missing)),
    ]


def medication_months(months: Sequence[Month], medication_class: MedicationClass) -> Chart:
    """Days a month on which one class was taken, beside its published limit where there is one."""
    label = str(CLASS_LABELS[medication_class])
    rules = [rule for rule in OVERUSE_RULES if rule.classes == {medication_class}]
    words = _("Published limit (%(source)s)")
    return Chart(
        kind="bars",
        title=_("%(medicines)s: days a month") % {"medicines": label},
        description=_("Bars of the days in each month on which %(medicines)s were taken.")
        % {"medicines": label},
        unit=_("days"),
        most=max(
            [
                rules[0].days_per_month + 5 if rules else 10,
                *(m.medication_days[medication_class] for m in months),
            ]
        ),
        labels=[short_month(m.month) for m in months],
        series=[
            Series(key="counted", label=label, values=[m.medication_days[medication_class] for m in months])
        ],
        levels=[
            Level(
                key="published",
                label=words % {"source": rule.source},
                value=rule.days_per_month,
            )
            for rule in rules
        ],
        markers=[],
        emphasis=[],
    )
