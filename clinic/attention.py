"""What in a clinic's caseload needs attention: in which section a patient stands, and with which marks besides.

Pure: the standard library and the rules. Each section is a count beside a published number, or a date that has come;
none is a verdict. A count that days not recorded could decide either way is said to be uncertain; where so few days
are recorded that everything is open, the section "diary too thin" says so in place of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from clinic.rules import BASELINE_DAYS, CYCLE_DAYS, Cycle, cycles, due
from clinic.tallies import Tally
from diary.rules import (
    CHRONIC_HEADACHE_DAYS,
    CHRONIC_MONTHS,
    CYCLE_DAYS_RECORDED,
    OVERUSE_RULES,
    Month,
    OveruseRule,
    Reached,
    Run,
    Window,
    longest_run,
    medication_overuse_runs,
    months_back,
    threshold,
    turned_round,
)

EPISODIC_MONTHS = 3
"""NICE TA260: fewer than 15 headache days a month for three consecutive months."""
SILENT_DAYS = 14
"""Days without a record after which a diary is called silent (ours)."""
ONE_DAY = timedelta(days=1)


class Section(StrEnum):
    """In order: a patient stands in the first one that fits."""

    DECISION = "decision"
    INJECTION = "injection"
    OVERUSE = "overuse"
    UNTREATED = "untreated"
    EPISODIC = "episodic"
    THIN = "thin"
    SILENT = "silent"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class NextVisit:
    """When the next injection is due, as the list, the page, the report and the letter say it.

    `sessions`: the injections given up to `today`, in order. `stopped_on`: when the clinic's latest decision on the
    treatment was made, where that was to stop.
    """

    today: date
    sessions: Sequence[date] = ()
    appointment: date | None = None
    stopped_on: date | None = None

    @property
    def is_stopped(self) -> bool:
        """The latest decision on the treatment was to stop, and no injection came after it."""
        return self.stopped_on is not None and (not self.sessions or self.sessions[-1] <= self.stopped_on)

    @property
    def agreed_on(self) -> date | None:
        """The appointment, unless an injection on or after it has ended it."""
        if self.appointment and self.sessions and self.sessions[-1] >= self.appointment:
            return None
        return self.appointment

    @property
    def due_on(self) -> date | None:
        """As agreed, else 84 days after the last; `None` after a stop, and without an injection or an appointment."""
        if self.is_stopped:
            return None
        return self.agreed_on or (due(self.sessions[-1]) if self.sessions else None)

    @property
    def is_agreed(self) -> bool:
        """The date is an appointment, not 84 days after the last injection."""
        return self.due_on is not None and self.due_on == self.agreed_on

    @property
    def is_overdue(self) -> bool:
        """The date has passed."""
        return self.due_on is not None and self.today > self.due_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(NextVisit):
    """What is known of one patient on `today`, their own date.

    `decided_on`: the latest decision of any kind; `cycle_decided`: the cycle it is about, `None` where it names none.
    `decision_cycles`: after how many cycles the clinic's criteria ask. `last_recorded`: `None`, the diary is empty.
    `tally`: the days since the fourth calendar month before this one began, at the least.
    """

    tally: Tally
    last_recorded: date | None
    decided_on: date | None = None
    cycle_decided: int | None = None
    decision_cycles: int = 2

    @property
    def recent(self) -> Window:
        """The 28 days that ended yesterday: today is not over."""
        return self.tally.window(self.today - timedelta(days=BASELINE_DAYS), self.today - ONE_DAY)


@dataclass(frozen=True, slots=True)
class Mark:
    """Why a patient stands in a section. `state`: reached, or uncertain by days that were not recorded.

    `since`: the date that has come, or the last recorded one. `months`: those that were counted; `rules`: the limits.
    """

    section: Section
    state: Reached = Reached.REACHED
    since: date | None = None
    months: tuple[Month, ...] = ()
    rules: tuple[OveruseRule, ...] = ()


def is_thin(month: Month) -> bool:
    """Fewer than 70 % of the month's days are recorded: what is uncertain then is not told."""
    return month.recorded * 10 < month.days * 7


def marks(facts: Facts, recent: Window | None = None) -> list[Mark]:
    """Every section that fits, in order; empty for all others. `recent`: `facts.recent` where it is counted already."""
    found = [_decision(facts), _injection(facts), _overuse(facts), _untreated(facts), _episodic(facts)]
    return [mark for mark in (*found, _diary(facts, recent or facts.recent)) if mark]


def section(found: Sequence[Mark]) -> Section:
    """The first one that fits."""
    return found[0].section if found else Section.OTHERS


def _decision(facts: Facts) -> Mark | None:
    """The cycle after which the criteria ask is over, its twelve weeks or until an earlier injection.

    A decision since then ends it, and one that names this cycle or a later one, also when it was made in weeks 9–12.
    """
    if facts.is_stopped or len(facts.sessions) < facts.decision_cycles:
        return None
    ended = ended_on(cycles(facts.sessions[: facts.decision_cycles + 1])[facts.decision_cycles - 1])
    decided = facts.decided_on is not None and facts.decided_on >= ended
    decided |= (facts.cycle_decided or 0) >= facts.decision_cycles
    return None if decided or facts.today <= ended else Mark(Section.DECISION, since=ended)


def ended_on(cycle: Cycle) -> date:
    """The last day of its twelve weeks, or the day before the next injection where that came earlier."""
    return min(cycle.ends_on, cycle.starts_on + timedelta(days=CYCLE_DAYS - 1))


def _injection(facts: Facts) -> Mark | None:
    when = facts.due_on
    return Mark(Section.INJECTION, since=when) if when and facts.today >= when else None


def _complete_months(facts: Facts, number: int) -> Iterator[Month]:
    """The calendar months before this one, oldest first."""
    for back in range(number, 0, -1):
        yield facts.tally.month(months_back(facts.today, back))


def _state(run: Run, counted: Sequence[Month]) -> Reached | None:
    """What is told of a run: reached, or uncertain in months that are recorded well enough to ask."""
    if run.state is Reached.UNCERTAIN and any(is_thin(month) for month in counted):
        return None
    return run.state if run.state in (Reached.REACHED, Reached.UNCERTAIN) else None


def _overuse(facts: Facts) -> Mark | None:
    """ICHD-3 8.2: a limit and 15 headache days in each of the last four calendar months."""
    if not facts.tally.medicines:
        return None
    counted: list[Month] = []
    for month in _complete_months(facts, CHRONIC_MONTHS):
        if month.headache_15 is Reached.NOT_REACHED or not month.acute_medication_days:
            return None
        counted.append(month)
    runs = medication_overuse_runs(counted)
    for state in (Reached.REACHED, Reached.UNCERTAIN):
        rules = tuple(
            rule for rule in OVERUSE_RULES if rule.code in runs and _state(runs[rule.code], counted) is state
        )
        if rules:
            return Mark(Section.OVERUSE, state, months=tuple(counted), rules=rules)
    return None


def _untreated(facts: Facts) -> Mark | None:
    """15 headache days in the last calendar month, or in this one already, and no injection yet."""
    if facts.sessions or facts.is_stopped:
        return None
    last, this = facts.tally.month(months_back(facts.today, 1)), facts.tally.month(facts.today.replace(day=1))
    for month in (this, last):
        if month.headache_days >= CHRONIC_HEADACHE_DAYS:
            return Mark(Section.UNTREATED, months=(month,))
    open_still = last.headache_15 is Reached.UNCERTAIN and not is_thin(last)
    return Mark(Section.UNTREATED, Reached.UNCERTAIN, months=(last,)) if open_still else None


def _episodic(facts: Facts) -> Mark | None:
    """NICE TA260: fewer than 15 headache days in each of the last three calendar months, all since treatment began."""
    if not facts.sessions or facts.is_stopped:
        return None
    if months_back(facts.today, EPISODIC_MONTHS) < facts.sessions[0]:
        return None
    counted = []
    for month in _complete_months(facts, EPISODIC_MONTHS):
        if month.headache_days >= CHRONIC_HEADACHE_DAYS:
            return None
        counted.append(month)
    below = [turned_round(threshold(m.headache_days, m.missing, CHRONIC_HEADACHE_DAYS)) for m in counted]
    state = _state(longest_run(below, EPISODIC_MONTHS), counted)
    return Mark(Section.EPISODIC, state, months=tuple(counted)) if state else None


def _diary(facts: Facts, recent: Window) -> Mark | None:
    """Nothing for 14 days, else fewer than 70 % of the last 28: who is silent is not called thin as well."""
    if facts.last_recorded is None or facts.last_recorded < facts.today - timedelta(days=SILENT_DAYS):
        return Mark(Section.SILENT, since=facts.last_recorded)
    return Mark(Section.THIN) if recent.recorded < CYCLE_DAYS_RECORDED else None
