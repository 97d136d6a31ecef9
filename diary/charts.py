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

from diary.rules import CHRONIC_HEADACHE_DAYS, MedicationClass, OveruseRule, rule_of
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
            "Bars of headache days in each month, with days not recorded on top, beside the number %(days)d."
        )
        % {"days": CHRONIC_HEADACHE_DAYS},
        unit=_("days"),
        most=31,
        labels=[short_month(summary.month.month) for summary in summaries],
        series=counted_and_missing(
            _("Headache days"),
            [known(s.month.recorded, s.month.headache_days) for s in summaries],
            [s.missing_so_far for s in summaries],
        ),
        levels=[
            Level(key="published", label=_("Published number (ICHD-3 1.3)"), value=CHRONIC_HEADACHE_DAYS)
        ],
        markers=[],
        emphasis=[],
    )


def known(recorded: int, counted: int) -> int | None:
    """A count, and no number where not one day is recorded: that would look like days without."""
    return counted if recorded else None


def counted_and_missing(label: str, counted: Sequence[int | None], missing: Sequence[int]) -> list[Series]:
    """What was counted, and on top of it the days that could be either."""
    return [
        Series(key="counted", label=label, values=list(counted)),
        Series(key="missing", label=_("Not recorded: could be either"), values=list(missing)),
    ]


def medication_months(summaries: Sequence[MonthSummary], medication_class: MedicationClass) -> Chart:
    """Days a month on which one class was taken, with the part that missing days leave open.

    Beside its published limit where there is one.
    """
    months = [summary.month for summary in summaries]
    label = str(CLASS_LABELS[medication_class])
    rule = rule_of(medication_class)
    days = [counted.medication_days[medication_class] for counted in months]
    missing = [summary.missing_so_far for summary in summaries]
    return Chart(
        kind="bars",
        title=_("%(medicines)s: days a month") % {"medicines": label},
        description=_(
            "Bars of the days in each month on which %(medicines)s were taken, with days not recorded on top."
        )
        % {"medicines": label},
        unit=_("days"),
        most=max(_room(rule), *map(sum, zip(days, missing, strict=True))),
        labels=[short_month(counted.month) for counted in months],
        series=counted_and_missing(
            label,
            [known(counted.recorded, taken) for counted, taken in zip(months, days, strict=True)],
            missing,
        ),
        levels=[_limit_level(rule)] if rule else [],
        markers=[],
        emphasis=[],
    )


def _room(rule: OveruseRule | None) -> int:
    """How far an axis of medication days goes at least, so that few days look few."""
    return rule.days_per_month + 5 if rule else 10


def _limit_level(rule: OveruseRule) -> Level:
    words = _("Published limit (%(source)s)") % {"source": rule.source}
    return Level(key="published", label=words, value=rule.days_per_month)
