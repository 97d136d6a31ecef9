"""What a carer sees of somebody's diary, and what a patient's page says of a carer's part in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from diary.models import Carer, DiaryDay, Medicine, Patient
from diary.rules import Headache
from diary.summaries import offered_medicines

CARER_DAYS = 7
"""How far back a carer is asked for days that are not recorded, and may record them."""


@dataclass(frozen=True, slots=True)
class LoggedDay:
    """All that a carer sees of a day: its word, `None` for a day that is not recorded, and doses."""

    date: date
    recorded: Headache | None
    medicines: list[tuple[Medicine, int]]


@dataclass(frozen=True, slots=True)
class LogSummary:
    """The least that logging for somebody needs. `missed`: earlier days not recorded, latest first."""

    today: LoggedDay
    yesterday: LoggedDay
    missed: list[date]


def log_summary(patient: Patient, today: date) -> LogSummary:
    """Four queries: the words of a week, the first day, and the medicines with their doses on either day."""
    since = today - timedelta(days=CARER_DAYS)
    words = dict(patient.days.between(since, today).values_list("date", "headache"))
    began = patient.first_day() or today

    def logged(day: date) -> LoggedDay:
        word = Headache(words[day]) if day in words else None
        return LoggedDay(day, word, offered_medicines(patient, day))

    earlier = (today - timedelta(days=back) for back in range(2, CARER_DAYS + 1))
    return LogSummary(
        logged(today),
        logged(today - timedelta(days=1)),
        [day for day in earlier if day >= began and day not in words],
    )


@dataclass(frozen=True, slots=True)
class CarersPart:
    """What a carer has to do with a day. `name` is empty where it is not known who."""

    entered: bool
    changed_on: date | None
    name: str


def carers_part(patient: Patient, day: DiaryDay | None) -> CarersPart | None:
    """`None`: nothing. Who entered it is who could on that date, where that is one person."""
    if day is None:
        return None
    entered = day.source == DiaryDay.Source.CARER
    carers = list(patient.carers.select_related("user"))
    by = [carer.user.pseudonym for carer in carers]
    changes = patient.day_versions.filter(date=day.date, replaced_by__in=by).order_by("-replaced_at", "-pk")
    changed = changes.first() if carers else None
    if not entered and changed is None:
        return None
    could = {carer.user for carer in carers if day.recorded_on and _could(carer, patient, day.recorded_on)}
    if not entered and changed:
        could = {carer.user for carer in carers if carer.user.pseudonym == changed.replaced_by}
    name = could.pop().name if len(could) == 1 else ""
    return CarersPart(entered, changed.replaced_on if changed else None, name)


def _could(carer: Carer, patient: Patient, when: date) -> bool:
    until = patient.date_at(carer.until) if carer.until else when
    return patient.date_at(carer.since) <= when <= until
