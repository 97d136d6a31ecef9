"""What the demonstration's clinic wrote down besides the injections, so that every section of its list is inhabited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from clinic.models import Appointment, Clinic, Decision, Review, Tag, Tagged
from clinic.rules import due
from clinic.terms import DecisionKind
from diary.models import Patient


class Treated(NamedTuple):
    """One patient of the demonstration: which course their headache takes, and when they were injected."""

    number: int
    patient: Patient
    course: str
    sessions: Sequence[date]


START = DecisionKind.START.value
UNDECIDED = {"non-responder", "late responder"}
"""Whose second cycle is over without a decision."""
TAGS = {
    "Long-term study": {"responder", "under 15 days"},
    "Liaison with GP": {"codeine", "combination overuse"},
}
REVIEW_NOTES = ("", "Reads the diary with us at each visit.", "", "Asked to bring the paper pages along.")


def write_down(clinic: Clinic, treated: Sequence[Treated], today: date, by: object) -> None:
    """Appointments, reviews, tags and decisions, the same for the same people and day."""
    appointments(clinic, treated, today, by)
    reviews(clinic, treated, today, by)
    tags(clinic, treated)
    decisions(clinic, treated, by)


def appointments(clinic: Clinic, treated: Sequence[Treated], today: date, by: object) -> None:
    """Every second patient whose next injection lies ahead has a date for it."""
    Appointment.objects.bulk_create(
        Appointment(
            clinic=clinic,
            patient=one.patient,
            date=due(one.sessions[-1]) + timedelta(days=one.number % 5),
            made_by=by,
        )
        for one in treated
        if one.sessions and one.number % 2 and due(one.sessions[-1]) > today
    )


def reviews(clinic: Clinic, treated: Sequence[Treated], today: date, by: object) -> None:
    """At each patient's latest injection, and of every third one since."""
    rows = []
    for one in treated:
        dates = [*one.sessions[-1:], *([today - timedelta(days=one.number)] if one.number % 3 == 0 else [])]
        rows += [
            Review(
                patient=one.patient,
                clinic=clinic,
                reviewed_on=when,
                recorded_by=by,
                note=REVIEW_NOTES[one.number % 4],
            )
            for when in sorted(set(dates))
        ]
    Review.objects.bulk_create(rows)


def tags(clinic: Clinic, treated: Sequence[Treated]) -> None:
    for name, courses in TAGS.items():
        tag, _is_new = Tag.objects.get_or_create(clinic=clinic, name=name)
        Tagged.objects.bulk_create(
            Tagged(tag=tag, patient=one.patient) for one in treated if one.course in courses
        )


def decisions(clinic: Clinic, treated: Sequence[Treated], by: object) -> None:
    """To go on, at the third injection, of those who have none yet; some are left undecided."""
    decided = set(
        Decision.objects.filter(clinic=clinic).exclude(kind=START).values_list("patient_id", flat=True)
    )
    Decision.objects.bulk_create(
        Decision(
            patient=one.patient,
            clinic=clinic,
            made_on=one.sessions[2],
            kind=DecisionKind.CONTINUE.value,
            reason="Fewer headache days, wants to go on.",
            cycle=2,
            criteria="nice-ta260",
            recorded_by=by,
        )
        for one in treated
        if len(one.sessions) > 2 and one.course not in UNDECIDED and one.patient.pk not in decided
    )
