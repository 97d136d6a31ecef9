"""Injection cycles: which windows are compared, by how much headache fell, and what the published criteria ask.

Pure functions over values, like `diary.rules`. Dosing and the twelve-week cycle: PREEMPT. The windows are our
choice where the sources are silent: the primary one is the last 28 days of a twelve-week cycle, PREEMPT's endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from diary.rules import (
    CYCLE_DAYS_RECORDED,
    ChangedDay,
    Diary,
    Month,
    Reached,
    Run,
    Window,
    chronic_migraine_run,
    longest_run,
    medication_overuse_runs,
    month,
    months,
    months_back,
    threshold,
    turned_round,
)

CYCLE_DAYS = 84
"""Twelve weeks between injections (PREEMPT)."""
BASELINE_DAYS = 28
"""Before the first injection (PREEMPT)."""
RESPONDER_PERCENT = (30, 50, 75)
"""Relative reductions that trials and criteria name; the boundary counts as reached."""


# --- Windows around the injections ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cycle:
    """The days from one injection to the day before the next; the last one is twelve weeks long."""

    number: int
    starts_on: date
    ends_on: date

    def span(self, first: int, last: int) -> tuple[date, date] | None:
        """Days `first` to `last` after the injection (which is day 0), cut at the cycle's end; `None`: no day left."""
        starts = self.starts_on + timedelta(days=first)
        ends = min(self.starts_on + timedelta(days=last), self.ends_on)
        return (starts, ends) if starts <= ends else None


def due(session: date) -> date:
    """When the next injection is due: 84 days later."""
    return session + timedelta(days=CYCLE_DAYS)


def cycles(sessions: Iterable[date]) -> list[Cycle]:
    """One cycle for each injection session, in order. Raises `ValueError` for two sessions on one date."""
    starts = sorted(sessions)
    if len(set(starts)) < len(starts):
        raise ValueError("two injection sessions have the same date")
    following = [*starts[1:], due(starts[-1])] if starts else []
    return [
        Cycle(number, start, end - timedelta(days=1))
        for number, (start, end) in enumerate(zip(starts, following, strict=True), start=1)
    ]


def baseline_span(sessions: Sequence[date]) -> tuple[date, date] | None:
    """First and last of the 28 days before the first session, the same for all cycles; `None` without a session."""
    if not sessions:
        return None
    first = min(sessions)
    return first - timedelta(days=BASELINE_DAYS), first - timedelta(days=1)


def baseline(diary: Diary, sessions: Sequence[date]) -> Window | None:
    """The counts of the baseline window; `None` without a session."""
    span = baseline_span(sessions)
    return diary.window(*span) if span else None


def windows_before(diary: Diary, sessions: Sequence[date], number: int) -> list[Window]:
    """Up to `number` 28-day windows that end before the baseline window and hold a recorded day, oldest first."""
    if not sessions or diary.first_day is None:
        return []
    ends = min(sessions) - timedelta(days=BASELINE_DAYS + 1)
    found: list[Window] = []
    while len(found) < number and ends >= diary.first_day:
        found.insert(0, diary.window(ends - timedelta(days=BASELINE_DAYS - 1), ends))
        ends -= timedelta(days=BASELINE_DAYS)
    return found


@dataclass(frozen=True, slots=True)
class Block:
    """A window named by the weeks of its cycle, such as `1-4`."""

    weeks: str
    window: Window


def blocks(diary: Diary, cycle: Cycle, length: int) -> list[Block]:
    """The cycle's twelve weeks in blocks of `length` weeks, cut at its end; blocks without a day are left out."""
    found = []
    for week in range(1, 13, length):
        span = cycle.span((week - 1) * 7, (week - 1 + length) * 7 - 1)
        if span:
            name = f"{week}-{week + length - 1}" if length > 1 else str(week)
            found.append(Block(name, diary.window(*span)))
    return found


def evaluation(diary: Diary, cycle: Cycle) -> Window | None:
    """Days 56–83 of the cycle (weeks 9–12), cut at its end; `None` when the next injection came before day 56."""
    span = cycle.span(CYCLE_DAYS - 28, CYCLE_DAYS - 1)
    return diary.window(*span) if span else None


# --- Corrections ---------------------------------------------------------------------------------------------


class SessionEvent(NamedTuple):
    """From a moment on a session was recorded as given on `date`. `on`: the patient's own date at that moment."""

    session: int
    at: datetime
    on: date
    date: date


class Moved(StrEnum):
    """Why the baseline window moved."""

    DATE_CHANGED = "date_changed"
    EARLIER_RECORDED = "earlier_recorded"


@dataclass(frozen=True, slots=True)
class MovedBaseline:
    """The baseline window was another one until this date. First and last day of each."""

    on: date
    was: tuple[date, date]
    now: tuple[date, date]
    why: Moved


def moved_baselines(events: Iterable[SessionEvent]) -> list[MovedBaseline]:
    """Each date on which the first session's date, and with it the baseline window, became another one (ours).

    What is recorded or corrected on one date counts as one: the sessions of the day on which the first one was
    recorded, such as an import of them all, set the window and do not move it.
    """
    dates: dict[int, date] = {}
    found = []
    ordered = sorted(events, key=attrgetter("at"))
    for on, together in groupby(ordered, key=attrgetter("on")):
        known, was = set(dates), baseline_span(list(dates.values()))
        dates |= {event.session: event.date for event in together}
        now = baseline_span(list(dates.values()))
        if was and now and was != now:
            first = min(dates, key=lambda session: dates[session])
            why = Moved.DATE_CHANGED if first in known else Moved.EARLIER_RECORDED
            found.append(MovedBaseline(on, was, now, why))
    return found


@dataclass(frozen=True, slots=True)
class ChangedWindow:
    """Days of a window that is compared were changed. `cycle` 0: the baseline; else weeks 9-12 of that cycle."""

    cycle: int
    days: int
    last_on: date


def changed_windows(changed: Sequence[ChangedDay], sessions: Sequence[date]) -> list[ChangedWindow]:
    """The windows with days changed after the fact; of the baseline only those changed after the first injection."""
    spans = [(0, baseline_span(sessions))]
    spans += [(cycle.number, cycle.span(CYCLE_DAYS - 28, CYCLE_DAYS - 1)) for cycle in cycles(sessions)]
    found = []
    for number, span in spans:
        if span is None:
            continue
        inside = [
            day.changed_on
            for day in changed
            if span[0] <= day.when <= span[1] and (number or day.changed_on > min(sessions))
        ]
        if inside:
            found.append(ChangedWindow(number, len(inside), max(inside)))
    return found


# --- Reduction -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reduction:
    """The fall in headache days from baseline as exact fractions of it: 3/10 is 30 %; negative is a rise.

    `point` compares rates per recorded day; `low` and `high` bound it by counting the missing days all one way.
    """

    point: Fraction
    low: Fraction
    high: Fraction

    @property
    def is_exact(self) -> bool:
        """No missing day leaves anything open."""
        return self.low == self.high


class NotCompared(StrEnum):
    """Why two windows give no reduction.

    `TOO_EARLY`: the later window begins before the first injection. `CUT_SHORT`: the next injection left fewer than
    20 days of it. `THIN_BASELINE`, `THIN_LATER`: fewer than 20 days are recorded in that window.
    """

    NOT_BEGUN = "not_begun"
    TOO_EARLY = "too_early"
    THIN_BASELINE = "thin_baseline"
    NO_HEADACHE_BEFORE = "no_headache_before"
    CUT_SHORT = "cut_short"
    NOT_OVER = "not_over"
    THIN_LATER = "thin_later"


def not_compared(before: Window, after: Window | None) -> NotCompared | None:
    """Why two windows cannot be compared, what nothing can mend first; `None`: they can. `after` may be cut away."""
    if before.recorded < CYCLE_DAYS_RECORDED:
        return NotCompared.THIN_BASELINE
    if before.headache_days == 0:
        return NotCompared.NO_HEADACHE_BEFORE
    if after is None or after.days < CYCLE_DAYS_RECORDED:
        return NotCompared.CUT_SHORT
    return NotCompared.THIN_LATER if after.recorded < CYCLE_DAYS_RECORDED else None


def reduction(before: Window | None, after: Window | None) -> Reduction | None:
    """`None` when either window has fewer than 20 recorded days, or the baseline has no headache day."""
    if before is None or after is None or not_compared(before, after):
        return None
    return Reduction(
        point=1
        - Fraction(after.headache_days, after.recorded) / Fraction(before.headache_days, before.recorded),
        low=1
        - Fraction(after.headache_days + after.missing, after.days)
        / Fraction(before.headache_days, before.days),
        high=1
        - Fraction(after.headache_days, after.days)
        / Fraction(before.headache_days + before.missing, before.days),
    )


def responder(change: Reduction | None, percent: int) -> Reached:
    """Did headache days fall by at least `percent`? Compared before rounding; the missing days may leave it open."""
    if change is None:
        return Reached.CANNOT_EVALUATE
    published = Fraction(percent, 100)
    if change.low >= published:
        return Reached.REACHED
    return Reached.NOT_REACHED if change.high < published else Reached.UNCERTAIN


@dataclass(frozen=True, slots=True)
class CycleResult:
    """A cycle with what was counted in it. `evaluation` and `reduction` are `None` where they do not exist."""

    cycle: Cycle
    evaluation: Window | None
    blocks: list[Block]
    weeks: list[Block]
    reduction: Reduction | None

    @property
    def responder(self) -> dict[int, Reached]:
        """The state of each published reduction, by percent."""
        return {percent: responder(self.reduction, percent) for percent in RESPONDER_PERCENT}


def cycle_results(diary: Diary, sessions: Sequence[date]) -> list[CycleResult]:
    """Each cycle's counts against the one baseline."""
    before = baseline(diary, sessions)
    return [_cycle_result(diary, cycle, before) for cycle in cycles(sessions)]


def _cycle_result(diary: Diary, cycle: Cycle, before: Window | None) -> CycleResult:
    after = evaluation(diary, cycle)
    return CycleResult(
        cycle,
        after,
        blocks(diary, cycle, 4),
        blocks(diary, cycle, 1),
        reduction(before, after),
    )


# --- Criteria for starting -----------------------------------------------------------------------------------

MONTHS_BEFORE_START = 3
"""Complete calendar months shown before the first injection (ours; the guidelines name days a month)."""


@dataclass(frozen=True, slots=True)
class StartingCriteria:
    """What a guideline asks before treatment begins. `headache_days`, `migraine_days`: a month, `None` where it names
    no number. `preventives` tried or unsuitable, up to `most_preventives` where it names a range: the lower number is
    compared. `overuse_first`: overuse is to be withdrawn first if feasible; else it is to have been managed.
    """

    key: str
    name: str
    source: str
    headache_days: int | None
    migraine_days: int | None
    preventives: int
    most_preventives: int
    overuse_first: bool


STARTING_CRITERIA = (
    StartingCriteria("nice-ta260", "NICE TA260", "NICE technology appraisal 260 (2012)", 15, 8, 3, 3, False),
    StartingCriteria(
        "ehf-2018",
        "EHF 2018",
        "European Headache Federation guideline on onabotulinumtoxinA (J Headache Pain 2018;19:91); "
        "it asks for 2 to 3 preventives, the second is counted here",
        None,
        None,
        2,
        3,
        True,
    ),
)


@dataclass(frozen=True, slots=True)
class StartingMonth:
    """A complete calendar month before the first injection, beside one guideline's numbers. `None`: it names none."""

    month: Month
    headache: Reached | None
    migraine: Reached | None


@dataclass(frozen=True, slots=True)
class StartingState:
    """Counts beside one guideline's numbers for starting. `preventives` and `overuse` rest on what the clinician
    recorded, and cannot be evaluated before that.
    """

    criteria: StartingCriteria
    months: list[StartingMonth]
    preventives: Reached
    overuse: Reached


def months_before(diary: Diary, day: date) -> list[Month]:
    """The last complete calendar months before a day, oldest first, whether or not anything is recorded in them."""
    return [month(diary, months_back(day, number)) for number in range(MONTHS_BEFORE_START, 0, -1)]


def starting_state(
    criteria: StartingCriteria, counted: Sequence[Month], preventives: int | None, overuse: Reached | None
) -> StartingState:
    """`preventives` and `overuse` as the clinician recorded them, `None` before that."""
    return StartingState(
        criteria,
        [
            StartingMonth(
                one,
                _in_month(one, one.headache_days, criteria.headache_days),
                _in_month(one, one.migraine_days, criteria.migraine_days),
            )
            for one in counted
        ],
        Reached.CANNOT_EVALUATE if preventives is None else threshold(preventives, 0, criteria.preventives),
        overuse or Reached.CANNOT_EVALUATE,
    )


def _in_month(counted: Month, days: int, published: int | None) -> Reached | None:
    if published is None:
        return None
    return threshold(days, counted.missing, published) if counted.recorded else Reached.CANNOT_EVALUATE


# --- Wearing-off ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mean:
    """Headache days on average over some cycles; `high` counts every missing day as one."""

    low: Fraction
    high: Fraction


def compared_blocks(result: CycleResult, today: date) -> list[Window] | None:
    """A cycle's three blocks, where all are over, none was cut and each has 20 recorded days; else `None` (ours)."""
    windows = [block.window for block in result.blocks]
    is_whole = len(windows) == 3 and all(
        window.days == 28 and window.last < today and window.recorded >= CYCLE_DAYS_RECORDED
        for window in windows
    )
    return windows if is_whole else None


def block_means(compared: Sequence[Sequence[Window]]) -> list[Mean]:
    """Over the same cycles in each of weeks 1–4, 5–8 and 9–12, so that they can be laid side by side (ours)."""
    return [
        Mean(
            Fraction(sum(window.headache_days for window in windows), len(windows)),
            Fraction(sum(window.headache_days + window.missing for window in windows), len(windows)),
        )
        for windows in zip(*compared, strict=True)
    ]


def week_means(results: Sequence[CycleResult]) -> list[Fraction | None]:
    """Headache days in each week of the cycle on average, over the cycles whose week is wholly recorded (ours)."""
    whole: dict[str, list[int]] = {str(week): [] for week in range(1, CYCLE_DAYS // 7 + 1)}
    for result in results:
        for week in result.weeks:
            if week.window.recorded == 7:
                whole[week.weeks].append(week.window.headache_days)
    return [Fraction(sum(days), len(days)) if days else None for days in whole.values()]


# --- Criteria for going on -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublishedCriteria:
    """What a guideline, or a clinic's own set, asks before treatment goes on. We count; clinicians decide.

    `inadequate_percent` less than which is an inadequate response after `inadequate_cycles` cycles;
    `episodic_below` headache days in each of `episodic_months` consecutive calendar months.
    """

    key: str
    name: str
    source: str
    inadequate_percent: int
    inadequate_cycles: int
    episodic_below: int
    episodic_months: int


NICE_TA260 = PublishedCriteria(
    "nice-ta260", "NICE TA260", "NICE technology appraisal 260 (2012)", 30, 2, 15, 3
)
EHF_2018 = PublishedCriteria(
    "ehf-2018",
    "EHF 2018",
    "European Headache Federation guideline on onabotulinumtoxinA (J Headache Pain 2018;19:91); "
    "it asks after 2 to 3 cycles, the third is counted here",
    30,
    3,
    10,
    3,
)
PUBLISHED_CRITERIA = (NICE_TA260, EHF_2018)


def in_order(own: Iterable[PublishedCriteria], followed: str) -> list[PublishedCriteria]:
    """The published criteria and a clinic's own, those with the key `followed` first."""
    return sorted([*PUBLISHED_CRITERIA, *own], key=lambda criteria: criteria.key != followed)


@dataclass(frozen=True, slots=True)
class CriteriaState:
    """`inadequate_response` reached means that the *criterion* is met. `episodic`: the months below the number."""

    criteria: PublishedCriteria
    inadequate_response: Reached
    episodic: Run


def criteria_state(
    criteria: PublishedCriteria, results: Sequence[CycleResult], counted: Sequence[Month]
) -> CriteriaState:
    """Counts beside one guideline's numbers. `counted` are consecutive months, as `diary.rules.months` returns them."""
    if not results:
        run = Run(Reached.NOT_APPLICABLE, 0, 0, criteria.episodic_months)
        return CriteriaState(criteria, Reached.NOT_APPLICABLE, run)
    return CriteriaState(criteria, _inadequate(criteria, results), _episodic(criteria, results, counted))


def _inadequate(criteria: PublishedCriteria, results: Sequence[CycleResult]) -> Reached:
    if len(results) < criteria.inadequate_cycles:
        return Reached.CANNOT_EVALUATE
    change = results[criteria.inadequate_cycles - 1].reduction
    return turned_round(responder(change, criteria.inadequate_percent))


def _episodic(criteria: PublishedCriteria, results: Sequence[CycleResult], counted: Sequence[Month]) -> Run:
    below = [state for _month, state in months_below(criteria, results, counted)]
    return longest_run(below, criteria.episodic_months)


def months_below(
    criteria: PublishedCriteria, results: Sequence[CycleResult], counted: Sequence[Month]
) -> list[tuple[date, Reached]]:
    """Each calendar month since the first session, and whether it stays below the criteria's number of days."""
    treated = [m for m in counted if results and m.month >= results[0].cycle.starts_on]
    return [
        (m.month, turned_round(threshold(m.headache_days, m.missing, criteria.episodic_below)))
        for m in treated
    ]


# --- One person's analysis -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that is counted of one person's diary and sessions. `baseline` is `None` without a session."""

    diary: Diary
    months: list[Month]
    baseline: Window | None
    cycles: list[CycleResult]
    chronic_migraine: Run
    medication_overuse: dict[str, Run]
    criteria: list[CriteriaState]


def analysis(
    diary: Diary, sessions: Sequence[date], criteria: Iterable[PublishedCriteria] = PUBLISHED_CRITERIA
) -> Analysis:
    """Months, patterns, baseline, cycles and criteria. Raises `ValueError` for two sessions on one date."""
    counted = months(diary)
    results = cycle_results(diary, sessions)
    return Analysis(
        diary,
        counted,
        baseline(diary, sessions),
        results,
        chronic_migraine_run(counted),
        medication_overuse_runs(counted),
        [criteria_state(one, results, counted) for one in criteria],
    )
