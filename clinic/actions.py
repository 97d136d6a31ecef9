"""Writes that touch more than one row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from clinic.models import (
    ADVERSE_SAID,
    AdverseEvent,
    Appointment,
    Clinic,
    InjectionSession,
    Review,
    Tag,
    Tagged,
)
from diary.models import Patient


@transaction.atomic
def save_session(session: InjectionSession, *, by: UUID | None) -> None:
    """Saves a new session, or a correction together with what stood there before. `by`: a user's pseudonym.

    Raises `IntegrityError` when another session of the patient has this date.
    """
    if session.pk is not None:
        # What stands there now may be somebody else's correction of a moment ago.
        standing = InjectionSession.objects.select_for_update().get(pk=session.pk)
        if standing.said == session.said:
            return
        standing.earlier_version(by=by).save()
    session.save()


@transaction.atomic
def record_adverse_event(event: AdverseEvent, *, by: UUID | None) -> None:
    """Writes a new one down; sent twice, it is one. `by`: a user's pseudonym."""
    # Whoever sends the same at this moment waits here.
    Patient.objects.select_for_update().get(pk=event.patient_id)
    standing = AdverseEvent.objects.editable_by(event.clinic).filter(patient=event.patient)
    if not any(one.said == event.said for one in standing):
        event.recorded_by = by
        event.save()


@transaction.atomic
def correct_adverse_event(
    standing: AdverseEvent, said: dict[str, Any], *, by: UUID | None, is_withdrawn: bool = False
) -> None:
    """Another row takes its place; what stood there stays as it was. Saying the same again writes nothing.

    Raises `IntegrityError` when another row took its place meanwhile.
    """
    event = AdverseEvent(
        patient=standing.patient,
        clinic=standing.clinic,
        replaces=standing,
        is_withdrawn=is_withdrawn,
        recorded_by=by,
        **{name: said.get(name, getattr(standing, name)) for name in ADVERSE_SAID},
    )
    if is_withdrawn or event.said != standing.said:
        event.save()


@transaction.atomic
def save_appointment(appointment: Appointment, *, by: UUID | None) -> None:
    """One date a patient and clinic: a second tap, or a colleague's, changes the one that there is."""
    Appointment.objects.update_or_create(
        clinic=appointment.clinic,
        patient=appointment.patient,
        defaults={"date": appointment.date, "made_by": by, "made_at": timezone.now()},
    )


@transaction.atomic
def add_review(review: Review) -> None:
    """A second tap on the same day with the same note adds nothing."""
    Patient.objects.select_for_update().get(pk=review.patient_id)
    said = {"patient": review.patient, "clinic": review.clinic, "reviewed_on": review.reviewed_on}
    if not Review.objects.filter(**said, note=review.note, recorded_by=review.recorded_by).exists():
        review.save()


@transaction.atomic
def save_tags(clinic: Clinic, patient: Patient, tags: Iterable[Tag], shown: set[int], new: str) -> None:
    """Gives and takes what was ticked and unticked on a page that showed the tags `shown`, and gives a new one.

    What a colleague changed since then stands.
    """
    chosen = {tag.pk for tag in tags}
    given = chosen - shown
    if new:
        given.add(Tag.objects.get_or_create(clinic=clinic, name__iexact=new, defaults={"name": new})[0].pk)
    Tagged.objects.filter(patient=patient, tag__clinic=clinic, tag__in=shown - chosen).delete()
    Tagged.objects.bulk_create([Tagged(tag_id=tag, patient=patient) for tag in given], ignore_conflicts=True)
