"""The adverse events of a patient as pages show them. Nothing here says that an injection caused one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from clinic.models import AdverseEvent, Clinic
from clinic.terms import PUBLISHED_FREQUENCIES, AdverseTerm, Frequency
from clinic.words import ADVERSE_LABELS, OUTCOME_LABELS, SEVERITY_LABELS
from diary.models import Patient


@dataclass(frozen=True, slots=True)
class StandingEvent:
    """What stands of an adverse event. `term`: the word that is stored; `what`: what people read.

    `session_on`: of the session that it was recorded with, `days_after` that session it began; `None` without one.
    """

    number: int
    term: str
    what: str
    words: str
    began_on: date
    ended_on: date | None
    severity: str
    is_serious: bool
    outcome: str
    note: str
    session_on: date | None
    days_after: int | None
    clinic: str
    clinic_number: int


@dataclass(frozen=True, slots=True)
class EventState:
    """One record of an event: what it said, who recorded it and on which day, and whether it took it back."""

    event: StandingEvent
    on: date
    by: str
    is_withdrawal: bool


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event with its past: `latest` is what stands or what took it back, `earlier` what was before, latest first."""

    latest: EventState
    earlier: list[EventState]


@dataclass(frozen=True, slots=True)
class PublishedTerm:
    what: Any
    frequencies: list[Frequency]


def standing_events(patient: Patient, clinic: Clinic) -> list[StandingEvent]:
    """Those that stand, by the day on which they began, as a clinic may read them; one query."""
    found = patient.adverse_events.standing().select_related("session", "clinic")
    return [_read_by(clinic, _said(event)) for event in found.order_by("began_on", "pk")]


def recorded_events(patient: Patient, clinic: Clinic) -> list[RecordedEvent]:
    """All of them, the latest onset first, with what was corrected and taken back; one query.

    Of another clinic's events the facts are told: its notes, its staff and what it corrected stay with it.
    """
    rows = {one.pk: one for one in patient.adverse_events.with_names().select_related("session", "clinic")}
    replaced = {one.replaces_id for one in rows.values()}
    found = [
        RecordedEvent(latest, earlier)
        for latest, *earlier in (
            [_state(patient, one) for one in _chain(rows, number)]
            for number in rows
            if number not in replaced
        )
    ]
    found = [
        one if one.latest.event.clinic_number == clinic.pk else _of_another(one, clinic) for one in found
    ]
    return sorted(found, key=lambda one: (one.latest.event.began_on, one.latest.event.number), reverse=True)


def _of_another(one: RecordedEvent, clinic: Clinic) -> RecordedEvent:
    return RecordedEvent(replace(one.latest, event=_read_by(clinic, one.latest.event), by=""), [])


def _read_by(clinic: Clinic, event: StandingEvent) -> StandingEvent:
    """Of another clinic's event the facts alone: what was said of it besides stays there."""
    if event.clinic_number == clinic.pk:
        return event
    words = event.words if event.term == AdverseTerm.OTHER else ""
    return replace(event, note="", words=words, what=term_words(event.term, words))


def _chain(rows: dict[int, AdverseEvent], number: int | None) -> Iterator[AdverseEvent]:
    """A record and those that it replaced, one by one."""
    while number is not None:
        yield rows[number]
        number = rows[number].replaces_id


def _state(patient: Patient, event: AdverseEvent) -> EventState:
    on = patient.date_at(event.recorded_at)
    return EventState(_said(event), on, event.recorded_by_name or "", event.is_withdrawn)


def _said(event: AdverseEvent) -> StandingEvent:
    session_on = event.session.date if event.session else None
    return StandingEvent(
        number=event.pk,
        term=event.term,
        what=term_words(event.term, event.words),
        words=event.words,
        began_on=event.began_on,
        ended_on=event.ended_on,
        severity=_label(SEVERITY_LABELS, event.severity),
        is_serious=event.is_serious,
        outcome=_label(OUTCOME_LABELS, event.outcome),
        note=event.note,
        session_on=session_on,
        days_after=None if session_on is None else (event.began_on - session_on).days,
        clinic=event.clinic.name,
        clinic_number=event.clinic_id,
    )


def term_words(term: str, words: str) -> str:
    """The label's term, with what was said besides; of `other` the words alone."""
    if term == AdverseTerm.OTHER and words:
        return words
    label = _label(ADVERSE_LABELS, term)
    return f"{label}: {words}" if words else label


def _label(labels: dict[Any, Any], word: str) -> str:
    return str(next((label for key, label in labels.items() if key == word), word))


def published_terms() -> list[PublishedTerm]:
    """The label's terms with how often each was reported, as far as that is published."""
    return [
        PublishedTerm(label, found)
        for term, label in ADVERSE_LABELS.items()
        if (found := [one for one in PUBLISHED_FREQUENCIES if one.term is term])
    ]
