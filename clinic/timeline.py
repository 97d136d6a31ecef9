"""What happened besides headache in one line of time: injections, preventives, events, decisions, reviews, notes.

What another clinic wrote in its own words stays with it: of its adverse events and decisions the facts are shown, of
its reviews nothing. The patient's own words come only where notes are shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Any

from clinic.access import notes_seen
from clinic.adverse_summaries import standing_events
from clinic.decision_summaries import RecordedDecision
from clinic.models import CareLink, InjectionSession, Review
from clinic.periods import Period
from diary.models import DiaryDay, Preventive

NOTES_SHOWN = 60
"""The latest notes of a period; older ones need a shorter period."""
BAR_WIDTH = 1000


class What(StrEnum):
    """Kinds of what happened, in the order of one day."""

    INJECTION = "injection"
    DECISION = "decision"
    REVIEW = "review"
    ADVERSE_EVENT = "adverse_event"
    PREVENTIVE_STARTED = "preventive_started"
    PREVENTIVE_ENDED = "preventive_ended"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing on one date. `said` is the row that says it; `is_ours`: the reader's clinic wrote it.

    `number`: of an injection, which one it was.
    """

    date: date
    what: What
    said: Any
    is_ours: bool = True
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Year:
    """The latest first."""

    year: int
    happenings: list[Happening]


@dataclass(frozen=True, slots=True)
class Course:
    """A preventive's stretch within the period, in thousandths of its width; `is_open`: when it began is not known."""

    preventive: Preventive
    x: int
    width: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class TimeLine:
    """A period. `injections`: where they lie, in thousandths. `notes`: how many are shown, `None` where none may be.

    `more_notes`: there are older ones in the period that are not shown.
    """

    years: list[Year]
    courses: list[Course]
    injections: list[int]
    notes: int | None
    more_notes: bool


def time_line(
    link: CareLink,
    sessions: Sequence[InjectionSession],
    decisions: Iterable[RecordedDecision],
    period: Period,
) -> TimeLine:
    """`decisions`: those that stand. Three queries, and one for notes where they are shared."""
    patient = link.patient
    preventives = list(patient.preventives.running_first())
    notes = _notes(link, period)
    found = [
        *_injections(link, sessions, period),
        *_preventives(preventives, period),
        *(
            Happening(event.began_on, What.ADVERSE_EVENT, event, event.clinic_number == link.clinic_id)
            for event in standing_events(patient, link.clinic)
            if period.touches(event.began_on, event.ended_on or event.began_on)
        ),
        *(
            Happening(made.made_on, What.DECISION, made, made.is_own)
            for made in decisions
            if period.holds(made.made_on)
        ),
        *(
            Happening(review.reviewed_on, What.REVIEW, review)
            for review in Review.objects.filter(patient=patient, clinic=link.clinic)
            if period.holds(review.reviewed_on)
        ),
        *(Happening(day.date, What.NOTE, day) for day in notes[:NOTES_SHOWN]),
    ]
    order = list(What)
    found.sort(key=lambda happening: (-happening.date.toordinal(), order.index(happening.what)))
    return TimeLine(
        [Year(year, list(together)) for year, together in groupby(found, key=lambda one: one.date.year)],
        [course for preventive in preventives if (course := _course(preventive, period))],
        [_place(given.date, period) for given in sessions if period.first <= given.date <= period.last],
        min(len(notes), NOTES_SHOWN) if link.sees_notes else None,
        len(notes) > NOTES_SHOWN,
    )


def _notes(link: CareLink, period: Period) -> list[DiaryDay]:
    if not link.sees_notes:
        return []
    within = notes_seen(link).between(period.first, period.last)
    return list(within.only("patient", "date", "note").order_by("-date")[: NOTES_SHOWN + 1])


def _injections(link: CareLink, sessions: Iterable[InjectionSession], period: Period) -> list[Happening]:
    ordered = sorted(sessions, key=lambda given: given.date)
    return [
        Happening(given.date, What.INJECTION, given, given.clinic_id in (None, link.clinic_id), number)
        for number, given in enumerate(ordered, start=1)
        if period.holds(given.date)
    ]


def _preventives(preventives: Iterable[Preventive], period: Period) -> list[Happening]:
    found = []
    for one in preventives:
        for when, what in ((one.started_on, What.PREVENTIVE_STARTED), (one.ended_on, What.PREVENTIVE_ENDED)):
            if when and period.holds(when):
                found.append(Happening(when, what, one))
    return found


def _course(preventive: Preventive, period: Period) -> Course | None:
    since, until = preventive.started_on, preventive.ended_on
    if (since and since > period.last) or (until and until < period.first):
        return None
    left = _place(max(since or period.first, period.first), period)
    right = _place(min(until or period.last, period.last), period)
    return Course(preventive, left, max(right - left, 4), since is None)


def _place(when: date, period: Period) -> int:
    days = (period.last - period.first).days or 1
    return (when - period.first).days * BAR_WIDTH // days
