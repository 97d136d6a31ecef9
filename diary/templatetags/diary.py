"""The words of the rules in templates. Nothing is counted or compared here."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from diary.models import DiaryDayVersion
from diary.rules import Disability, Headache, MedicationClass, OveruseRule, Reached
from diary.words import (
    CLASS_LABELS,
    DISABILITY_LABELS,
    HEADACHE_LABELS,
    REACHED_EXPLANATIONS,
    REACHED_LABELS,
    counted_words,
    detail_words,
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
