"""What a clinician's page shows: the moment in, frozen values out. Counts come from the rules alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count, groupby

from clinic.criteria import criteria_of
from clinic.models import CareLink, Clinic, InjectionSession, InjectionSessionVersion
from clinic.rules import (
    BASELINE_DAYS,
    CYCLE_DAYS,
    RESPONDER_PERCENT,
    Analysis,
    Block,
    ChangedWindow,
    CriteriaState,
    Cycle,
    CycleResult,
    MovedBaseline,
    NotCompared,
    Reduction,
    SessionEvent,
    analysis,
    changed_windows,
    cycles,
    due,
    months_below,
    moved_baselines,
    not_compared,
    windows_before,
)
from diary.models import DiaryDay, Origin, Patient
from diary.rules import (
    CHRONIC_HEADACHE_DAYS,
    CHRONIC_MIGRAINE_DAYS,
    COUNTED_CLASSES,
    CYCLE_DAYS_RECORDED,
    LATE_DAYS,
    SEVERAL_CLASSES_RULE,
    ChangedDay,
    Diary,
    MedicationClass,
    Month,
    OveruseRule,
    Reached,
    Window,
    changed_after_the_fact,
    is_late,
    months_back,
    rule_of,
)
from diary.summaries import MonthSummary, month_summary

PRIOR_WINDOWS = 2
"""28-day windows shown before the baseline, where the diary goes back that far."""
BLOCKS = ("1-4", "5-8", "9-12")
EVALUATION_BLOCK = BLOCKS[-1]
NOTED = (Reached.REACHED, Reached.UNCERTAIN)
"""States of a medication limit that a clinician is told of."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a patient stands between injections. `week` counts from 1 and may pass 12 when the next one is late."""

    cycle: Cycle
    week: int
    due: date
    is_overdue: bool

    @property
    def is_beyond_cycle(self) -> bool:
        """The twelve weeks are over; on the first day of that the next injection is due and not overdue yet."""
        return self.week > CYCLE_DAYS // 7


def position(sessions: Sequence[date], today: date) -> Position | None:
    """`None` before the first session."""
    given = [cycle for cycle in cycles(sessions) if cycle.starts_on <= today]
    if not given:
        return None
    latest = given[-1]
    next_due = due(latest.starts_on)
    return Position(latest, (today - latest.starts_on).days // 7 + 1, next_due, today > next_due)


@dataclass(frozen=True, slots=True)
class PatientCycle:
    """An injection as its patient reads of it. `weeks` and `days` until the next one, or until today for the last."""

    number: int
    given_on: date
    weeks: int
    days: int
    is_running: bool


def patient_cycles(sessions: Sequence[date], today: date) -> list[PatientCycle]:
    """The injections given so far, the latest first."""
    given = sorted(day for day in sessions if day <= today)
    ends = [*given[1:], today][: len(given)]
    return [
        PatientCycle(number, start, *divmod((end - start).days, 7), number == len(given))
        for number, (start, end) in enumerate(zip(given, ends, strict=True), start=1)
    ][::-1]


def last_28_days(diary: Diary, today: date) -> Window:
    """The 28 days that ended yesterday: today is not over."""
    return diary.window(today - timedelta(days=BASELINE_DAYS), today - ONE_DAY)


# --- One patient ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TreatmentWindow:
    """A 28-day window around the injections. `cycle` 0 is before the first; `weeks` are counted from it.

    `window` is cut at yesterday: what has not come is neither recorded nor missing. `is_compared`: the baseline, and
    weeks 9–12 of a cycle unless the next injection left too few days of them.
    """

    cycle: int
    weeks: str
    window: Window
    is_baseline: bool
    is_compared: bool
    is_unfinished: bool

    @property
    def is_cut(self) -> bool:
        """The next injection came before its 28 days were over."""
        return self.window.days < BASELINE_DAYS and not self.is_unfinished


@dataclass(frozen=True, slots=True)
class Comparison:
    """Weeks 9–12 of one cycle beside the baseline. `not_compared` is why there is no reduction.

    `is_so_far`: these weeks are not over, and their days to come count as missing.
    """

    cycle: int
    reduction: Reduction | None
    not_compared: NotCompared | None
    is_so_far: bool


def comparison(found: Analysis, number: int, today: date) -> Comparison:
    """The comparison at the cycle of that number, begun or not."""
    if found.baseline is None or len(found.cycles) < number:
        return Comparison(number, None, NotCompared.NOT_BEGUN, False)
    result = found.cycles[number - 1]
    is_so_far = result.evaluation is not None and result.evaluation.last >= today
    why_not = not_compared(found.baseline, result.evaluation)
    if why_not is NotCompared.THIN_LATER and is_so_far:
        why_not = NotCompared.NOT_OVER
    return Comparison(number, result.reduction, why_not, is_so_far)


@dataclass(frozen=True, slots=True)
class CycleRow:
    """A cycle as far as it has gone. `blocks`: weeks 1–4, 5–8 and 9–12; `None` has not begun or was cut away."""

    result: CycleResult
    blocks: list[TreatmentWindow | None]
    comparison: Comparison

    @property
    def evaluation(self) -> TreatmentWindow | None:
        """Weeks 9–12."""
        return self.blocks[-1]


@dataclass(frozen=True, slots=True)
class CriteriaRow:
    """One guideline's numbers, or a clinic's own, with the comparison that its criterion asks for.

    `longest`: the first and the last month of the longest run below the number, the latest of them where several are
    as long; `None` without such a month. `lately`: how many of the latest months that are over are such a run.
    """

    state: CriteriaState
    comparison: Comparison
    is_followed: bool
    longest: tuple[date, date] | None
    lately: int


@dataclass(frozen=True, slots=True)
class MedicationDays:
    """Days of one month on which a class was taken; `medication_class` `None`: several classes together.

    `missing` days of the whole month could be such days too. `rule` and `state` are `None` without a published limit.
    """

    medication_class: MedicationClass | None
    days: int
    missing: int
    rule: OveruseRule | None
    state: Reached | None

    @property
    def is_noted(self) -> bool:
        """The limit is reached, or may be."""
        return self.state in NOTED


def medication_days(counted: Month) -> list[MedicationDays]:
    """Each class that was taken in the month; several together last, where that says more than each of them."""
    found = [
        _medication_days(counted, medication_class, rule_of(medication_class))
        for medication_class in COUNTED_CLASSES
        if counted.medication_days[medication_class]
    ]
    if counted.overuse[SEVERAL_CLASSES_RULE.code] in NOTED:
        found.append(_medication_days(counted, None, SEVERAL_CLASSES_RULE))
    return found


def _medication_days(
    counted: Month, medication_class: MedicationClass | None, rule: OveruseRule | None
) -> MedicationDays:
    days = counted.medication_days[medication_class] if medication_class else counted.several_classes_days
    state = counted.overuse[rule.code] if rule else None
    return MedicationDays(medication_class, days, counted.missing, rule, state)


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One calendar month in the table."""

    month: Month
    medication: list[MedicationDays]


def month_rows(months: Sequence[Month]) -> list[MonthRow]:
    """The latest first."""
    return [MonthRow(counted, medication_days(counted)) for counted in reversed(months)]


@dataclass(frozen=True, slots=True)
class PatientSummary:
    """All that the patient page shows. `found` is counted over the whole diary, days to come included as missing.

    `origins`: where each recorded day comes from.
    """

    link: CareLink
    today: date
    found: Analysis
    recent: Window
    sessions: list[InjectionSession]
    position: Position | None
    windows: list[TreatmentWindow]
    cycles: list[CycleRow]
    criteria: list[CriteriaRow]
    origins: list[Origin]
    changed_days: list[ChangedDay]
    changed_windows: list[ChangedWindow]
    moved_baselines: list[MovedBaseline]

    @property
    def patient(self) -> Patient:
        """Whose page this is."""
        return self.link.patient

    @property
    def given(self) -> list[date]:
        """The dates of the injections up to today, in order."""
        return [session.date for session in self.sessions if session.date <= self.today]

    @property
    def late_days(self) -> int:
        """Days first recorded more than two days afterwards."""
        return sum(is_late(origin.date, origin.recorded_on) for origin in self.origins)

    def _from(self, source: str) -> int:
        return sum(origin.source == source for origin in self.origins)

    @property
    def carer_days(self) -> int:
        """Days that a carer recorded first."""
        return self._from(DiaryDay.Source.CARER)

    @property
    def paper_days(self) -> int:
        """Days copied from a paper diary."""
        return self._from(DiaryDay.Source.PAPER)

    @property
    def file_days(self) -> int:
        """Days imported from a file."""
        return self._from(DiaryDay.Source.IMPORT)

    def months_seen(self, firsts: Iterable[date]) -> list[MonthSummary]:
        """The calendar months that begin on these days, as far as they have gone, in this order."""
        return [month_summary(self.found.diary, first, self.today) for first in firsts]

    @property
    def month_summaries(self) -> list[MonthSummary]:
        """The calendar months as far as they have gone, oldest first."""
        return self.months_seen(counted.month for counted in self.found.months)

    @property
    def months(self) -> list[MonthRow]:
        """The calendar months, the latest first."""
        return month_rows(self.found.months)

    @property
    def published_headache_days(self) -> int:
        """15 days a month (ICHD-3 1.3 A)."""
        return CHRONIC_HEADACHE_DAYS

    @property
    def published_migraine_days(self) -> int:
        """8 days a month (ICHD-3 1.3 C)."""
        return CHRONIC_MIGRAINE_DAYS

    @property
    def late_after(self) -> int:
        """Days after which a change is one after the fact."""
        return LATE_DAYS

    @property
    def responder_percents(self) -> tuple[int, ...]:
        """The published reductions, in percent."""
        return RESPONDER_PERCENT

    @property
    def days_needed(self) -> int:
        """Recorded days of 28 below which nothing is compared."""
        return CYCLE_DAYS_RECORDED


def patient_summary(link: CareLink, now: datetime) -> PatientSummary:
    """Three queries, whatever the length of the diary; one more for corrected sessions, and one for own criteria."""
    today = link.patient.date_at(now)
    sessions = list(link.patient.sessions.with_corrections().order_by("date"))
    dates = [session.date for session in sessions if session.date <= today]
    days, origins = link.patient.days.between(date.min, today).records_with_origins()
    diary = Diary(days)
    found = analysis(diary, dates, criteria_of(link.clinic, has_own=link.has_own_criteria))
    rows = cycle_rows(found, today)
    changed = _changed_days(link.patient, diary, today)
    return PatientSummary(
        link,
        today,
        found,
        last_28_days(diary, today),
        sessions,
        position(dates, today),
        [*windows_until_baseline(found, dates), *(shown for row in rows for shown in row.blocks if shown)],
        rows,
        [_criteria_row(link.clinic, found, state, today) for state in found.criteria],
        origins,
        changed[::-1],
        changed_windows(changed, dates),
        moved_baselines(_session_events(link.patient, sessions, today)),
    )


def _changed_days(patient: Patient, diary: Diary, today: date) -> list[ChangedDay]:
    earlier = patient.day_versions.after_two_days().filter(date__lte=today).records()
    return changed_after_the_fact(earlier, {day.date: day for day in diary.days}) if earlier else []


def _session_events(
    patient: Patient, sessions: Sequence[InjectionSession], today: date
) -> Iterator[SessionEvent]:
    """When each session that has been given was recorded, and each moment at which it was changed."""
    versions: dict[int, list[InjectionSessionVersion]] = defaultdict(list)
    if any(session.is_corrected for session in sessions):
        for version in patient.session_versions.order_by("replaced_at", "pk"):
            versions[version.session_id].append(version)
    for session in sessions:
        earlier = versions[session.pk]
        moments = [session.created_at, *(version.replaced_at for version in earlier)]
        dates = [*(date.fromisoformat(version.said["date"]) for version in earlier), session.date]
        for moment, when in zip(moments, dates, strict=True):
            if when <= today:
                yield SessionEvent(session.pk, moment, patient.date_at(moment), when)


def _criteria_row(clinic: Clinic, found: Analysis, state: CriteriaState, today: date) -> CriteriaRow:
    asked_for = comparison(found, state.criteria.inadequate_cycles, today)
    below = months_below(state.criteria, found.cycles, found.months)
    is_followed = state.criteria.key == clinic.follows
    return CriteriaRow(state, asked_for, is_followed, _longest_span(below), _months_lately(below, today))


def _longest_span(below: Sequence[tuple[date, Reached]]) -> tuple[date, date] | None:
    runs = [list(run) for is_below, run in groupby(below, lambda one: one[1] is Reached.REACHED) if is_below]
    longest = max(reversed(runs), key=len, default=None)
    return (longest[0][0], longest[-1][0]) if longest else None


def _months_lately(below: Sequence[tuple[date, Reached]], today: date) -> int:
    """A month after the last recorded day does not stand here, and is no month below the number."""
    found = {month for month, state in below if state is Reached.REACHED}
    return next(number for number in count() if months_back(today, number + 1) not in found)


def cycle_rows(found: Analysis, today: date) -> list[CycleRow]:
    """Each cycle as far as it has gone, oldest first."""
    return [
        CycleRow(result, _blocks(found.diary, result, today), comparison(found, result.cycle.number, today))
        for result in found.cycles
    ]


def _blocks(diary: Diary, result: CycleResult, today: date) -> list[TreatmentWindow | None]:
    begun = {block.weeks: block for block in result.blocks if block.window.first < today}
    return [
        _treatment_window(diary, result.cycle.number, begun[weeks], today) if weeks in begun else None
        for weeks in BLOCKS
    ]


def windows_until_baseline(found: Analysis, sessions: Sequence[date]) -> list[TreatmentWindow]:
    """The windows before the first injection, oldest first; the baseline is the last of them."""
    prior = windows_before(found.diary, sessions, PRIOR_WINDOWS)
    before = [*prior, *([found.baseline] if found.baseline else [])]
    return [
        TreatmentWindow(
            0,
            _weeks_before(len(before) - place),
            window,
            is_baseline=window is found.baseline,
            is_compared=window is found.baseline,
            is_unfinished=False,
        )
        for place, window in enumerate(before)
    ]


def _weeks_before(windows: int) -> str:
    """Weeks counted back from the first injection: one window back is −4 to −1."""
    return f"−{4 * windows}…−{4 * windows - 3}"


def _treatment_window(diary: Diary, cycle: int, block: Block, today: date) -> TreatmentWindow:
    unfinished = block.window.last >= today
    return TreatmentWindow(
        cycle,
        block.weeks.replace("-", "–"),
        diary.window(block.window.first, today - ONE_DAY) if unfinished else block.window,
        is_baseline=False,
        is_compared=block.weeks == EVALUATION_BLOCK and block.window.days >= CYCLE_DAYS_RECORDED,
        is_unfinished=unfinished,
    )
