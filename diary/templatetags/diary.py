"""The words of the rules in templates. Nothing is counted or compared here."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from diary.rules import Headache, MedicationClass, OveruseRule, Reached
from diary.words import CLASS_LABELS, HEADACHE_LABELS, REACHED_EXPLANATIONS, REACHED_LABELS

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
def headache_label(word: str) -> Any:
    return HEADACHE_LABELS[Headache(word)]
