"""The days of one month as a clinician reads them: all that was said of each. Frozen values.

What somebody wrote in their own words, notes and triggers, comes only where notes are shared.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from clinic.access import notes_seen
from clinic.models import CareLink, InjectionSession
from diary.models import DiaryDay
from diary.rules import Day, Headache, is_after_the_fact, severity


@dataclass(frozen=True, slots=True)
class SaidDay:
    """One date. `day` is `None` where nothing is recorded; `versions`: how often it was changed after the fact."""

    date: date
    day: DiaryDay | None
    triggers: str
    note: str
    versions: int
    injection: InjectionSession | None
    is_today: bool

    @property
    def severity(self) -> Headache | None:
        """As it is drawn: by the word, or by the pain where the word says nothing of it."""
        return severity(Day(self.date, Headache(self.day.headache), self.day.pain)) if self.day else None

    @property
    def medicines(self) -> list[tuple[str, int]]:
        """What was taken, with its doses."""
        return [(str(intake.medicine), intake.doses) for intake in self.day.intakes.all()] if self.day else []


def said_days(link: CareLink, first: date, now: datetime) -> list[SaidDay]:
    """The days of a month up to today, the latest first; five queries, and one for notes."""
    patient, today = link.patient, link.patient.date_at(now)
    last = min(first.replace(day=monthrange(first.year, first.month)[1]), today)
    within = patient.days.between(first, last).defer("note").prefetch_related("intakes__medicine")
    days = {day.date: day for day in within}
    notes = dict(notes_seen(link).between(first, last).values_list("date", "note")) if link.sees_notes else {}
    versions = Counter(
        version.date
        for version in patient.day_versions.after_two_days().filter(date__range=(first, last))
        if is_after_the_fact(version.date, version.record.recorded_on, version.replaced_on)
    )
    injections = {one.date: one for one in patient.sessions.filter(date__range=(first, last))}
    found = []
    for number in range(last.day, 0, -1):
        when = first.replace(day=number)
        day = days.get(when)
        triggers = day.triggers if day and link.sees_notes else ""
        note = notes.get(when, "")
        found.append(SaidDay(when, day, triggers, note, versions[when], injections.get(when), when == today))
    return found
