"""Decisions as they are written down: once. A correction, or taking one back, is a row of its own."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from clinic.models import DECIDED, Decision
from diary.models import Patient


class Overtaken(ValueError):
    """Somebody else corrected or withdrew it meanwhile."""


@transaction.atomic
def record(decision: Decision) -> None:
    """A new decision, or one that replaces another. A second tap finds what the first one recorded.

    Raises `Overtaken`.
    """
    # Whoever decides on the same patient at this moment waits here.
    Patient.objects.select_for_update().get(pk=decision.patient_id)
    standing = Decision.objects.filter(patient=decision.patient_id).standing()
    same = standing.saying(decision)
    # A correction into the words of another decision is not that decision, and is written down.
    if decision.replaces_id:
        same = same.filter(Q(pk=decision.replaces_id) | Q(replaces=decision.replaces_id))
    if same.exists():
        return
    if decision.replaces_id and not standing.filter(pk=decision.replaces_id).exists():
        raise Overtaken
    decision.save()


@transaction.atomic
def withdraw(decision: Decision, *, by: UUID) -> None:
    """It was recorded by mistake: it no longer stands, and stays legible. Raises `Overtaken`."""
    Patient.objects.select_for_update().get(pk=decision.patient_id)
    if not Decision.objects.standing().filter(pk=decision.pk).exists():
        raise Overtaken
    replacement(decision, by=by, is_withdrawn=True).save()


def replacement(decision: Decision, *, by: UUID, is_withdrawn: bool = False) -> Decision:
    """An unsaved row that says the same in place of another. What was counted stays what was counted then."""
    return Decision(
        patient=decision.patient,
        clinic=decision.clinic,
        counted=decision.counted,
        replaces=decision,
        recorded_by=by,
        is_withdrawn=is_withdrawn,
        **{name: getattr(decision, name) for name in DECIDED},
    )
