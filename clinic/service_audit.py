"""The service audit: what is shown of a clinic's results, with every small group hidden once and for all.

The page, its charts and its CSV are all written from a `ServiceAudit`, in which `None` stands for a hidden number.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from itertools import pairwise
from math import ceil, fsum
from statistics import quantiles
from typing import Any

from clinic.audit_counts import (
    BLOCK_DAYS,
    CYCLES_COUNTED,
    Counted,
    Course,
    adverse_sessions,
    can_compare,
    courses,
    response,
)
from clinic.disclosure import SMALLEST, Group, Kind, is_small, shown
from clinic.models import Clinic
from clinic.rules import PUBLISHED_CRITERIA, RESPONDER_PERCENT
from clinic.terms import AdverseTerm, StopReason
from diary.rules import CYCLE_DAYS_RECORDED, Reached, half_up

MOST_BARS = 40
SEVERITIES = {"under 15": (0, 14), "15-19": (15, 19), "20-24": (20, 24), "25 and more": (25, 28)}
"""Headache days in the 28 days of the baseline (ours)."""
OPEN = "open"
"""The missing days of the baseline leave open which of them."""
MONTHS = {"under 6": (0, 5), "6-11": (6, 11), "12-23": (12, 23), "24 and more": (24, 10_000)}
STATES = (Reached.REACHED, Reached.UNCERTAIN, Reached.NOT_REACHED)
COMPARED, CANNOT, NOT_OVER = "compared", "cannot be compared", "not over"
SMALLEST_QUARTERS = 4 * SMALLEST
"""A quartile parts the patients into quarters, and none of them may be a group too small to be shown."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A reduction in percent that somebody asks for after so many cycles: published, or a clinic's own."""

    key: str
    name: str
    source: str
    percent: int
    cycles: int


def measures(clinic: Clinic) -> list[Measure]:
    """The published criteria, and the clinic's own that are in use."""
    published = [
        Measure(one.key, one.name, one.source, one.inadequate_percent, one.inadequate_cycles)
        for one in PUBLISHED_CRITERIA
    ]
    own = [
        Measure(one.key, one.name, one.source, one.inadequate_percent, one.inadequate_cycles)
        for one in clinic.criteria_sets.filter(is_in_use=True).order_by("pk")
    ]
    return published + own


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked for: first injections of a period and with a product, and at which cycle to look closely."""

    clinic: Clinic
    measure: Measure
    cycle: int
    since: date | None = None
    until: date | None = None
    product: str = ""

    @property
    def percents(self) -> list[int]:
        """The published reductions, and the one that the chosen criteria ask for."""
        return sorted({*RESPONDER_PERCENT, self.measure.percent})


# --- What is shown -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Responders:
    """Patients at one cycle whose headache days fell by at least `percent`, surely, perhaps or surely not."""

    percent: int
    reached: int | None
    uncertain: int | None
    not_reached: int | None
    evaluated: int | None
    """The denominator: all three together."""

    @property
    def rate(self) -> tuple[Fraction | None, Fraction | None]:
        """The share that surely reached it, and the share that may have; `None` where hidden numbers leave it open."""
        if not self.evaluated:
            return None, None
        low = None if self.reached is None else Fraction(self.reached, self.evaluated)
        high = None if self.not_reached is None else 1 - Fraction(self.not_reached, self.evaluated)
        # "At least nobody" and "at most all" say nothing.
        return low or (low if high is not None else None), high if high != 1 or low is not None else None


@dataclass(frozen=True, slots=True)
class CycleRow:
    """`over`: patients whose weeks 9–12 of this cycle are over. `cannot_evaluate`: those among them without a state."""

    number: int
    over: int | None
    evaluated: int | None
    cannot_evaluate: int | None
    responders: list[Responders]


@dataclass(frozen=True, slots=True)
class Mean:
    """Headache days left, in percent of the baseline, as the mean of at least five people. `None`: hidden.

    `least` and `most` count their missing days all one way.
    """

    point: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class SeverityRow:
    key: str
    patients: int | None
    left: Mean | None


@dataclass(frozen=True, slots=True)
class TimeRow:
    """Months from the first injection to the decision to stop, or until today where none is recorded."""

    key: str
    going_on: int | None
    ended: int | None


@dataclass(frozen=True, slots=True)
class WearingOff:
    """Cycles with 20 recorded days in each block: has the last block more headache days than the middle one?"""

    cycles: int | None
    more: int | None
    uncertain: int | None
    not_more: int | None


@dataclass(frozen=True, slots=True)
class Completeness:
    """Recorded days of 28: of the baseline (cycle 0) or of weeks 9–12 of a cycle.

    `quartiles`: `None` below twenty patients: of five, each would be one patient's own number.
    """

    cycle: int
    quartiles: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class ServiceAudit:
    """`is_too_small`: fewer than five patients, and nothing else is shown.

    `patients` may be hidden for the sake of the numbers of each cycle; then there are `at_least` so many.
    """

    question: Question
    is_too_small: bool
    patients: int | None
    at_least: int
    completed: list[int | None]
    """Patients by completed cycles: 0, 1, … 5, 6 and more."""
    cycles: list[CycleRow]
    bars: list[Mean]
    severities: list[SeverityRow]
    times: list[TimeRow]
    ended: int | None
    reasons: dict[str, int | None]
    wearing_off: WearingOff
    sessions: int
    adverse: dict[str, int | None]
    completeness: list[Completeness]

    @property
    def is_empty(self) -> bool:
        return self.is_too_small or self.patients == 0

    @property
    def smallest(self) -> int:
        return SMALLEST

    @property
    def days_needed(self) -> int:
        return CYCLE_DAYS_RECORDED


def service_audit(question: Question, now: datetime) -> ServiceAudit:
    """Five queries and one statement for each 2,000 patients."""
    found = courses(question.clinic, now, question.since, question.until, question.product)
    people = list(found.values())
    if len(people) < SMALLEST:
        return _nothing(question, len(people))
    hides_all = _hides_all(people)
    treatment = _treatment(people, question, hides_all)
    at_cycles = {
        number: _at_cycle(people, number, question, treatment.over[number], hides_all)
        for number in range(1, CYCLES_COUNTED + 1)
    }
    rows = [
        _cycle_row(number, counts, question, treatment.over[number]) for number, counts in at_cycles.items()
    ]
    return ServiceAudit(
        question,
        False,
        None if hides_all else len(people),
        max(SMALLEST, *(number or 0 for row in rows for number in (row.over, row.evaluated))),
        **treatment.cells,
        cycles=rows,
        bars=_bars(_compared(people, question.cycle)),
        severities=_severities(people, question, at_cycles[question.cycle]),
        wearing_off=_wearing_off(people),
        sessions=sum(len(course.sessions) for course in people),
        adverse=_adverse(question, now, found),
        completeness=_completeness(people),
    )


def _nothing(question: Question, number: int) -> ServiceAudit:
    no_cells = WearingOff(None, None, None, None)
    is_too_small = number > 0
    return ServiceAudit(
        question,
        is_too_small,
        None if is_too_small else 0,
        *(0, [], [], [], [], [], None, {}, no_cells, 0, {}, []),
    )


# --- Counting under the eyes of `disclosure` -----------------------------------------------------------------


class Counts:
    """How many people there are of each kind, and which of their sums may be shown."""

    def __init__(self, kinds: Iterable[Any], hides_all: bool) -> None:
        self.people = Counter(kinds)
        self.everybody = frozenset(self.people)
        self.hides_all = hides_all
        self.allowed: set[Group] = set()

    def where(self, place: int, value: object) -> Group:
        """The kinds that say this at a place; those of fewer words say nothing there."""
        return frozenset(kind for kind in self.people if len(kind) > place and kind[place] == value)

    def number(self, group: Group) -> int:
        return sum(self.people[kind] for kind in group)

    def choose(
        self,
        wanted: Sequence[Group],
        rows: Collection[Sequence[Group]],
        known: Sequence[Group] = (),
        secret: Sequence[Group] = (),
    ) -> None:
        everybody = [self.everybody]
        known, secret = (known, [*secret, *everybody]) if self.hides_all else ([*known, *everybody], secret)
        self.allowed = shown(self.people, known, wanted, rows, secret)

    def cell(self, group: Group) -> int | None:
        return self.number(group) if group in self.allowed else None


def _evaluated(people: Iterable[Course], number: int) -> int:
    return sum(
        len(course.cycles) >= number and can_compare(course.baseline, course.cycles[number - 1][-1])
        for course in people
    )


def _over(people: Iterable[Course], number: int) -> int:
    return sum(len(course.cycles) >= number for course in people)


def _hides_all(people: Sequence[Course]) -> bool:
    """Is the number of all patients hidden? What is evaluated says more, and the rest of them must not be small."""
    some = (count(people, number) for count in (_over, _evaluated) for number in range(1, CYCLES_COUNTED + 1))
    return any(is_small(len(people) - number) for number in some)


@dataclass(frozen=True, slots=True)
class Treatment:
    """`over`: for each cycle, how many patients have its weeks 9–12 behind them; `None`: hidden."""

    cells: dict[str, Any]
    over: dict[int, int | None]


def _treatment(people: Sequence[Course], question: Question, hides_all: bool) -> Treatment:
    counts = Counts(
        ((len(course.cycles), _months(course), course.stop_reason) for course in people), hides_all
    )
    numbers = range(CYCLES_COUNTED + 1)
    completed = [counts.where(0, number) for number in numbers]
    over = {number: frozenset[Kind]().union(*completed[number:]) for number in numbers[1:]}
    going_on = counts.where(2, "")
    ended = counts.everybody - going_on
    reasons = {why.value: counts.where(2, why.value) for why in StopReason}
    months = {key: counts.where(1, key) for key in MONTHS}
    cells = [group & part for group in months.values() for part in (going_on, ended)]
    # Where few of a cycle cannot be evaluated, those evaluated are shown rather than all.
    secret = [over[n] for n in over if is_small(_over(people, n) - _evaluated(people, n))]
    counts.choose(
        [over[question.cycle], *over.values(), *completed, ended, *reasons.values(), *cells],
        rows=[completed, [*reasons.values(), going_on], cells],
        secret=secret,
    )
    return Treatment(
        {
            "completed": [counts.cell(group) for group in completed],
            "times": [
                TimeRow(key, counts.cell(group & going_on), counts.cell(group & ended))
                for key, group in months.items()
            ],
            "ended": counts.cell(ended),
            "reasons": {why: counts.cell(group) for why, group in reasons.items()},
        },
        {number: counts.cell(group) for number, group in over.items()},
    )


def _months(course: Course) -> str:
    first, last = course.sessions[0], course.ended_on or course.today
    months = 12 * (last.year - first.year) + last.month - first.month - (last.day < first.day)
    return next(key for key, (_, most) in MONTHS.items() if months <= most)


def _kind(course: Course, number: int, percents: Sequence[int]) -> tuple[Any, ...]:
    if len(course.cycles) < number:
        return (NOT_OVER,)
    after = course.cycles[number - 1][-1]
    if not can_compare(course.baseline, after):
        return (CANNOT,)
    return COMPARED, _severity(course.baseline), *(response(course.baseline, after, p) for p in percents)


def _severity(baseline: Counted) -> str:
    most = baseline.headache_days + baseline.missing
    bands = (key for key, (low, high) in SEVERITIES.items() if low <= baseline.headache_days and most <= high)
    return next(bands, OPEN)


def _percents(question: Question) -> list[int]:
    """The one that the criteria ask for comes first: its numbers are shown if any."""
    return sorted(question.percents, key=lambda percent: percent != question.measure.percent)


def _at_cycle(
    people: Sequence[Course], number: int, question: Question, over: int | None, hides_all: bool
) -> Counts:
    """Which numbers of one cycle may stand there together; the severities only at the cycle looked at closely."""
    percents = _percents(question)
    counts = Counts((_kind(course, number, percents) for course in people), hides_all)
    evaluated, cannot, not_over = (counts.where(0, word) for word in (COMPARED, CANNOT, NOT_OVER))
    rows = [[_responders(counts, place, state) for state in STATES] for place in range(len(percents))]
    bands = [_of_severity(counts, key) for key in (*SEVERITIES, OPEN)] if number == question.cycle else []
    by_state = [row[place] for place in (0, 2, 1) for row in rows]
    is_over = evaluated | cannot
    counts.choose(
        [evaluated, *by_state, cannot, *bands],
        rows=[[*row, cannot, not_over] for row in (*rows, bands)],
        known=[] if over is None else [is_over],
        secret=[is_over] if over is None else [],
    )
    return counts


def _responders(counts: Counts, place: int, state: Reached) -> Group:
    return counts.where(2 + place, state)


def _of_severity(counts: Counts, key: str) -> Group:
    return counts.where(1, key)


def _cycle_row(number: int, counts: Counts, question: Question, over: int | None) -> CycleRow:
    evaluated = counts.cell(counts.where(0, COMPARED))
    rows = [
        Responders(percent, reached, uncertain, not_reached, evaluated)
        for place, percent in enumerate(_percents(question))
        for reached, uncertain, not_reached in [
            [counts.cell(_responders(counts, place, state)) for state in STATES]
        ]
    ]
    cannot = counts.cell(counts.where(0, CANNOT))
    return CycleRow(number, over, evaluated, cannot, sorted(rows, key=lambda row: row.percent))


# --- How much is left ----------------------------------------------------------------------------------------

Left = tuple[float, float, float]
"""Headache days in percent of the baseline: the point, the least and the most that the missing days allow."""


def _compared(people: Sequence[Course], number: int) -> list[tuple[Counted, Left]]:
    return [
        (course.baseline, _left(course.baseline, after))
        for course in people
        if len(course.cycles) >= number
        and can_compare(course.baseline, after := course.cycles[number - 1][-1])
    ]


def _left(before: Counted, after: Counted) -> Left:
    """One less the reductions of `clinic.rules.Reduction`, in percent."""
    rate = before.headache_days / before.recorded
    return (
        100 * after.headache_days / after.recorded / rate,
        100 * after.headache_days / after.days * before.days / (before.headache_days + before.missing),
        100 * (after.headache_days + after.missing) / after.days * before.days / before.headache_days,
    )


def _mean(some: Sequence[Left]) -> Mean:
    return Mean(*(half_up(Fraction(fsum(column) / len(some))) for column in zip(*some, strict=True)))


def _bars(compared: Sequence[tuple[Counted, Left]]) -> list[Mean]:
    """From the largest fall to the largest rise, neighbours together: no bar is one person, or fewer than five."""
    ordered = sorted(left for _, left in compared)
    bars = len(ordered) // max(SMALLEST, ceil(len(ordered) / MOST_BARS))
    edges = [place * len(ordered) // bars for place in range(bars + 1)] if bars else [0]
    return [_mean(ordered[start:end]) for start, end in pairwise(edges)]


def _severities(people: Sequence[Course], question: Question, counts: Counts) -> list[SeverityRow]:
    by_severity: dict[str, list[Left]] = defaultdict(list)
    for baseline, left in _compared(people, question.cycle):
        by_severity[_severity(baseline)].append(left)
    return [
        SeverityRow(key, number, _mean(by_severity[key]) if number else None)
        for key in (*SEVERITIES, OPEN)
        for number in [counts.cell(_of_severity(counts, key))]
    ]


# --- Wearing-off, adverse events, completeness ---------------------------------------------------------------


def wears_off(blocks: Sequence[Counted]) -> Reached | None:
    """Has the last block more headache days than the middle one? `None` where a block has too few recorded days.

    Days that are missing or were cut away could be either (ours).
    """
    if min(block.recorded for block in blocks) < CYCLE_DAYS_RECORDED:
        return None
    _, middle, last = blocks
    if last.headache_days > middle.headache_days + BLOCK_DAYS - middle.recorded:
        return Reached.REACHED
    most = last.headache_days + BLOCK_DAYS - last.recorded
    return Reached.NOT_REACHED if most <= middle.headache_days else Reached.UNCERTAIN


def _wearing_off(people: Sequence[Course]) -> WearingOff:
    cycles: Counter[Reached] = Counter()
    whose: dict[Reached, set[int]] = defaultdict(set)
    for place, course in enumerate(people):
        for blocks in course.cycles:
            if state := wears_off(blocks):
                cycles[state] += 1
                whose[state].add(place)
    everybody = set().union(*whose.values())
    # One patient may stand in all three: where one of them is few people, all three are hidden.
    is_hidden = any(is_small(len(those)) for those in whose.values())
    cells = [None if is_hidden else cycles[state] for state in STATES]
    return WearingOff(None if is_small(len(everybody)) else cycles.total(), *cells)


def _adverse(question: Question, now: datetime, found: Mapping[int, Course]) -> dict[str, int | None]:
    """Sessions after which each term was recorded. A session may stand under several, and nothing adds them up."""
    sessions: dict[str, set[int]] = defaultdict(set)
    patients: dict[str, set[int]] = defaultdict(set)
    for patient, session, term in adverse_sessions(question.clinic, now):
        if patient in found:
            sessions[term].add(session)
            patients[term].add(patient)
    return {
        term.value: None if is_small(len(patients[term])) else len(sessions[term]) for term in AdverseTerm
    }


def _completeness(people: Sequence[Course]) -> list[Completeness]:
    recorded = [[course.baseline.recorded for course in people]]
    for number in range(1, CYCLES_COUNTED + 1):
        evaluated = [course.cycles[number - 1][-1] for course in people if len(course.cycles) >= number]
        recorded.append([window.recorded for window in evaluated if window.days == BLOCK_DAYS])
    return [
        Completeness(number, _quartiles(days) if len(days) >= SMALLEST_QUARTERS else None)
        for number, days in enumerate(recorded)
    ]


def _quartiles(numbers: Sequence[int]) -> tuple[float, float, float]:
    low, middle, high = (half_up(Fraction(one)) for one in quantiles(numbers, n=4, method="inclusive"))
    return low, middle, high
