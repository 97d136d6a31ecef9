"""What a clinician's page shows: the moment in, frozen values out. Counts come from the rules alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Q, QuerySet

from clinic.models import CareLink, InjectionSession
from clinic.rules import (
    BASELINE_DAYS,
    Analysis,
    Block,
    Cycle,
    Reduction,
    analysis,
    cycles,
    due,
    reduction,
    windows_before,
)
from diary.models import DiaryDay, Patient
from diary.rules import OVERUSE_RULES, Day, Diary, Month, OveruseRule, Reached, Window, month

PRIOR_WINDOWS = 2
"""28-day windows shown before the baseline, where the diary goes back that far."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a patient stands between injections. `week` counts from 1 and may pass 12 when the next one is late."""

    cycle: Cycle
    week: int
    due: date
    is_overdue: bool


def position(sessions: Sequence[date], today: date) -> Position | None:
    """`None` before the first session."""
    given = [cycle for cycle in cycles(sessions) if cycle.starts_on <= today]
    if not given:
        return None
    latest = given[-1]
    next_due = due(latest.starts_on)
    return Position(latest, (today - latest.starts_on).days // 7 + 1, next_due, today > next_due)


def last_28_days(diary: Diary, today: date) -> Window:
    """The 28 days that ended yesterday: today is not over."""
    return diary.window(today - timedelta(days=28), today - ONE_DAY)


@dataclass(frozen=True, slots=True)
class Overuse:
    """A published medication limit that a calendar month reached."""

    month: date
    rule: OveruseRule
    days: int


def overuse_reached(months: Sequence[Month]) -> list[Overuse]:
    """Each limit reached in any of the months, the latest month first."""
    return [
        Overuse(counted.month, rule, counted.days_under(rule))
        for counted in reversed(months)
        for rule in OVERUSE_RULES
        if counted.overuse[rule.code] is Reached.REACHED
    ]


# --- Caseload ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseloadRow:
    """One patient in the list. `change` compares the last 28 days with the baseline; `None`: cannot be compared.

    `overuse`: limits reached in this calendar month or the last.
    """

    link: CareLink
    last_recorded: date | None
    recent: Window
    baseline: Window | None
    change: Reduction | None
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
    recent = (patient.pk, min(_last_month(today), today - timedelta(days=28)), today)
    if not sessions:
        return [recent]
    return [recent, (patient.pk, sessions[0] - timedelta(days=BASELINE_DAYS), sessions[0] - ONE_DAY)]


def _row(
    link: CareLink, days: Sequence[Day], sessions: Sequence[date], latest: date | None, now: datetime
) -> CaseloadRow:
    today = link.patient.date_at(now)
    sessions = [session for session in sessions if session <= today]
    diary = Diary(days)
    recent = last_28_days(diary, today)
    first = sessions[0] if sessions else None
    before = diary.window(first - timedelta(days=BASELINE_DAYS), first - ONE_DAY) if first else None
    months = [month(diary, _last_month(today)), month(diary, today.replace(day=1))]
    return CaseloadRow(
        link,
        latest,
        recent,
        before,
        reduction(before, recent),
        overuse_reached(months),
        position(sessions, today),
    )


# --- One patient ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TreatmentWindow:
    """A 28-day window around the injections. `cycle` 0 is before the first; `weeks` are counted from it.

    `window` is cut at yesterday: what has not come is neither recorded nor missing.
    """

    cycle: int
    weeks: str
    window: Window
    is_baseline: bool
    is_evaluation: bool
    is_unfinished: bool


@dataclass(frozen=True, slots=True)
class PatientSummary:
    """All that the patient page shows. `found` is counted over the whole diary, days to come included as missing."""

    link: CareLink
    today: date
    found: Analysis
    recent: Window
    sessions: list[InjectionSession]
    position: Position | None
    windows: list[TreatmentWindow]
    late_days: int

    @property
    def patient(self) -> Patient:
        """Whose page this is."""
        return self.link.patient

    @property
    def months(self) -> list[Month]:
        """The calendar months, the latest first."""
        return self.found.months[::-1]

    @property
    def overuse(self) -> list[Overuse]:
        """Limits reached in the last six calendar months."""
        return overuse_reached(self.found.months[-6:])


def patient_summary(link: CareLink, now: datetime) -> PatientSummary:
    """Four queries, whatever the length of the diary."""
    today = link.patient.date_at(now)
    sessions = list(link.patient.sessions.order_by("date"))
    dates = [session.date for session in sessions if session.date <= today]
    diary = Diary(link.patient.days.between(date.min, today).records())
    found = analysis(diary, dates)
    return PatientSummary(
        link,
        today,
        found,
        last_28_days(diary, today),
        sessions,
        position(dates, today),
        treatment_windows(found, dates, today),
        link.patient.days.late().count(),
    )


def treatment_windows(found: Analysis, sessions: Sequence[date], today: date) -> list[TreatmentWindow]:
    """The windows of the before-and-after picture, oldest first; those that have not begun are left out."""
    prior = windows_before(found.diary, sessions, PRIOR_WINDOWS)
    before = [*prior, *([found.baseline] if found.baseline else [])]
    shown = [
        TreatmentWindow(
            0,
            _weeks_before(len(before) - place),
            window,
            window is found.baseline,
            False,
            False,
        )
        for place, window in enumerate(before)
    ]
    for result in found.cycles:
        for block in result.blocks:
            if block.window.first < today:
                shown.append(_treatment_window(found.diary, result.cycle.number, block, today))
    return shown


def _weeks_before(windows: int) -> str:
    """Weeks counted back from the first injection: one window back is −4 to −1."""
    return f"−{4 * windows}…−{4 * windows - 3}"


def _treatment_window(diary: Diary, cycle: int, block: Block, today: date) -> TreatmentWindow:
    unfinished = block.window.last >= today
    window = diary.window(block.window.first, today - ONE_DAY) if unfinished else block.window
    return TreatmentWindow(
        cycle, block.weeks.replace("-", "–"), window, False, block.weeks == "9-12", unfinished
    )
