"""The words of the rules in templates. Nothing is counted or compared here."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from diary.merging import Value
from diary.models import DiaryDayVersion
from diary.phone import Conflict
from diary.rules import Disability, Headache, MedicationClass, OveruseRule, Reached
from diary.summaries import Against
from diary.words import (
    CLASS_LABELS,
    DISABILITY_LABELS,
    HEADACHE_LABELS,
    REACHED_EXPLANATIONS,
    REACHED_LABELS,
    class_counts,
    counted_words,
    detail_words,
    rule_counts,
    rule_number,
)

register = template.Library()


@register.filter
def class_label(word: str) -> Any:
    return CLASS_LABELS[MedicationClass(word)]


@register.filter
def state_label(state: str) -> Any:
    return REACHED_LABELS[Reached(state)]


@register.filter
def state_explanation(state: str) -> Any:
    return REACHED_EXPLANATIONS.get(Reached(state), "")


@register.filter
def rule_label(rule: OveruseRule) -> Any:
    """The class that a rule counts, or that it counts several together."""
    if len(rule.classes) == 1:
        return class_label(next(iter(rule.classes)))
    return _("Several kinds together")


@register.filter(name="class_counts")
def class_counts_words(word: str) -> str:
    return class_counts(MedicationClass(word))


register.filter("rule_counts", rule_counts)
register.filter("rule_number", rule_number)


@register.filter
def against_words(against: Against | None) -> str:
    """One sentence beside a chart of months: how often a published number was reached. Empty without a number."""
    if against is None or not against.months:
        return ""
    words = ngettext(
        "%(published)d days or more: in %(reached)d of %(months)d month that is over.",
        "%(published)d days or more: in %(reached)d of %(months)d months that are over.",
        against.months,
    ) % {"published": against.published, "reached": against.reached, "months": against.months}
    if not against.uncertain:
        return words
    left_open = ngettext(
        "In %(n)d the days that are not recorded leave it open.",
        "In %(n)d the days that are not recorded leave it open.",
        against.uncertain,
    ) % {"n": against.uncertain}
    return f"{words} {left_open}"


@register.filter
def rule_source(rule: OveruseRule) -> str:
    """The key of the publication that a limit rests on."""
    return "lasmiditan-label" if rule.code == "ditan" else "ichd-3"


@register.filter
def said_words(version: DiaryDayVersion) -> str:
    """An earlier version in one line, without its note."""
    said = version.said
    words = counted_words(version.record.day)
    if said["hours"]:
        words.append(_("%(n)s hours") % {"n": number_format(said["hours"])})
    if said["disability"]:
        label = DISABILITY_LABELS[Disability(said["disability"])]
        words.append(_("kept from the day’s work: %(word)s") % {"word": label})
    if said["menstruation"] is not None:
        words.append(_("period") if said["menstruation"] else _("no period"))
    words += detail_words(said)
    words += [f"{medicine} ×{doses}" for medicine, doses in version.medicines]
    return " · ".join(words)


@register.filter
def headache_label(word: str) -> Any:
    return HEADACHE_LABELS[Headache(word)]


@register.filter
def value_words(conflict: Conflict, value: Value) -> str:
    """One of the values that two devices said."""
    if value is None:
        return _("not recorded")
    if isinstance(value, str):
        return str(HEADACHE_LABELS[Headache(value)])
    return ngettext("%(n)d dose of %(medicine)s", "%(n)d doses of %(medicine)s", value) % {
        "n": value,
        "medicine": conflict.medicine_name,
    }
