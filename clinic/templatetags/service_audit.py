"""Numbers of the service audit as people read them. A hidden number is the word, never a blank or a nought."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.service_audit import OPEN, Mean, Responders, ServiceAudit
from clinic.terms import AdverseTerm, StopReason
from clinic.words import ADVERSE_LABELS, STOP_REASON_LABELS
from diary.rules import half_up

register = template.Library()

BANDS = {
    "under 15": gettext_lazy("under 15"),
    "15-19": "15–19",
    "20-24": "20–24",
    "25 and more": gettext_lazy("25 and more"),
    OPEN: gettext_lazy("left open by missing days"),
}


@register.filter
def or_hidden(number: int | None) -> str:
    """A number of people, sessions or cycles."""
    return _("hidden") if number is None else number_format(number, force_grouping=True)


@register.filter
def band(key: str) -> Any:
    return BANDS[key]


@register.filter
def rate_words(row: Responders) -> str:
    """The share that surely reached it, to the share that may have; what hidden numbers leave open stays so."""
    if row.rate == (None, None):
        return "–"
    low, high = ("" if share is None else number_format(half_up(share * 100), 1) for share in row.rate)
    words = {"low": low, "high": high, "n": or_hidden(row.evaluated)}
    if not high:
        return _("at least %(low)s %% of %(n)s") % words
    if not low:
        return _("at most %(high)s %% of %(n)s") % words
    if low == high:
        return _("%(low)s %% of %(n)s") % words
    return _("%(low)s to %(high)s %% of %(n)s") % words


@register.filter
def fall(mean: Mean | None) -> str:
    """A mean of what is left, said as the reduction that it leaves."""
    return "–" if mean is None else _("%(n)s %%") % {"n": _reduction(mean.point)}


@register.filter
def fall_bounds(mean: Mean | None) -> str:
    if mean is None:
        return "–"
    return _("%(low)s to %(high)s %%") % {"low": _reduction(mean.most), "high": _reduction(mean.least)}


def _reduction(left: float) -> str:
    return number_format(round(100 - left, 1), 1).replace("-", "−")


@register.filter
def per_hundred(number: int | None, sessions: int) -> str:
    """How many of a hundred sessions."""
    return "–" if number is None or not sessions else number_format(round(100 * number / sessions, 1), 1)


@register.filter
def term_label(term: str) -> Any:
    return ADVERSE_LABELS[AdverseTerm(term)]


@register.filter
def reason_label(why: str) -> Any:
    return STOP_REASON_LABELS[StopReason(why)]


@register.filter
def quartile_words(quartiles: tuple[float, float, float] | None) -> str:
    """The median, and the quartiles beside it."""
    if quartiles is None:
        return _("hidden")
    low, middle, high = (number_format(days, 1) for days in quartiles)
    return _("%(median)s (%(low)s to %(high)s)") % {"median": middle, "low": low, "high": high}


@register.filter
def completed_label(number: int, found: ServiceAudit) -> str:
    last = len(found.completed) - 1
    return _("%(n)d and more") % {"n": number} if number == last else str(number)
