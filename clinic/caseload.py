"""The caseload: a row for each patient that somebody may see, counted by the rules alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Q, QuerySet

from clinic.models import CareLink, InjectionSession
from clinic.rules import (
    BASELINE_DAYS,
    NotCompared,
    Reduction,
    baseline,
    baseline_span,
    not_compared,
    reduction,
)
from clinic.summaries import ONE_DAY, Overuse, Position, last_28_days, overuse_noted, position
from diary.models import DiaryDay, Patient
from diary.rules import Day, Diary, Window
from diary.summaries import month_summary


@dataclass(frozen=True, slots=True)
class CaseloadRow:
    """One patient in the list. `change` compares the last 28 days with the baseline.

    `not_compared` is why there is no change; both are `None` without an injection. `overuse`: limits that this
    calendar month and the last have reached or may have.
    """

    link: CareLink
    last_recorded: date | None
    recent: Window
    baseline: Window | None
    change: Reduction | None
    not_compared: NotCompared | None
    overuse: list[Overuse]
    position: Position | None

    @property
    def patient(self) -> Patient:
        """Whose row this is."""
        return self.link.patient


def matching(links: QuerySet[CareLink], query: str) -> QuerySet[CareLink]:
    """The links whose patient's name or clinic number holds the text, by name."""
    if query:
        links = links.filter(Q(patient__name__icontains=query) | Q(reference__icontains=query))
    return links.order_by("patient__name", "pk")


def caseload(links: Sequence[CareLink], now: datetime) -> list[CaseloadRow]:
    """A row for each link: four queries, whatever their number."""
    patients = {link.patient_id: link.patient for link in links}
    sessions = _sessions_by_patient(list(patients))
    windows = [
        window for patient in patients.values() for window in _windows(patient, sessions[patient.pk], now)
    ]
    days = DiaryDay.objects.within(windows).records_by_patient()
    latest = _last_recorded(list(patients))
    return [
        _row(link, days.get(link.patient_id, []), sessions[link.patient_id], latest.get(link.patient_id), now)
        for link in links
    ]


def _sessions_by_patient(patients: list[int]) -> dict[int, list[date]]:
    found: dict[int, list[date]] = defaultdict(list)
    rows = InjectionSession.objects.filter(patient__in=patients).order_by("date")
    for patient, when in rows.values_list("patient_id", "date"):
        found[patient].append(when)
    return found


def _last_recorded(patients: list[int]) -> dict[int, date]:
    rows = DiaryDay.objects.filter(patient__in=patients).order_by().values("patient_id")
    return dict(rows.annotate(latest=Max("date")).values_list("patient_id", "latest"))


def _last_month(today: date) -> date:
    return (today.replace(day=1) - ONE_DAY).replace(day=1)


def _windows(patient: Patient, sessions: Sequence[date], now: datetime) -> list[tuple[int, date, date]]:
    """All that a row is counted from: since the last calendar month began, and the baseline."""
    today = patient.date_at(now)
    recent = (patient.pk, min(_last_month(today), today - timedelta(days=BASELINE_DAYS)), today)
    before = baseline_span(sessions)
    return [recent, (patient.pk, *before)] if before else [recent]


def _row(
    link: CareLink, days: Sequence[Day], sessions: Sequence[date], latest: date | None, now: datetime
) -> CaseloadRow:
    today = link.patient.date_at(now)
    sessions = [session for session in sessions if session <= today]
    diary = Diary(days)
    recent = last_28_days(diary, today)
    before = baseline(diary, sessions)
    why_not = _why_no_change(before, recent)
    months = [month_summary(diary, first, today) for first in (_last_month(today), today.replace(day=1))]
    return CaseloadRow(
        link,
        latest,
        recent,
        before,
        None if why_not else reduction(before, recent),
        why_not,
        overuse_noted(months),
        position(sessions, today),
    )


def _why_no_change(before: Window | None, recent: Window) -> NotCompared | None:
    if before is None:
        return None
    # Days from before the first injection would be compared with themselves.
    return NotCompared.TOO_EARLY if recent.first <= before.last else not_compared(before, recent)
