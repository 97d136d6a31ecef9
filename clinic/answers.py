"""The four questions of a visit, each with its count, the published number and the days that are missing.

Is it working, is it wearing off, is there overuse, can the diary be trusted? Counts, never verdicts. Frozen values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from clinic.quality import Quality
from clinic.rules import RESPONDER_PERCENT, Mean, block_means, compared_blocks
from clinic.summaries import CycleRow, PatientSummary
from diary.rules import (
    CHRONIC_HEADACHE_DAYS,
    OVERUSE_RULES,
    SEVERAL_CLASSES_RULE,
    Month,
    OveruseRule,
    Reached,
    Run,
    Window,
    next_month,
)
from diary.summaries import MonthSummary


@dataclass(frozen=True, slots=True)
class Working:
    """The latest cycle whose weeks 9–12 were compared with the baseline, so far or for good.

    `row` `None`: none was; `waiting` is then the latest cycle with the reason, `None` before the first injection.
    `later`: how many cycles began since.
    """

    baseline: Window | None
    row: CycleRow | None
    waiting: CycleRow | None
    later: int
    recent: Window

    @property
    def percents(self) -> tuple[int, ...]:
        """The published reductions."""
        return RESPONDER_PERCENT

    @property
    def published(self) -> int:
        """Headache days a month of chronic migraine (ICHD-3 1.3 A)."""
        return CHRONIC_HEADACHE_DAYS


@dataclass(frozen=True, slots=True)
class WearingOff:
    """Weeks 1–4, 5–8 and 9–12: of the latest cycle that is whole, and on average over the `cycles` that are."""

    number: int | None
    blocks: list[Window]
    cycles: int
    means: list[Mean]

    @property
    def missing(self) -> int:
        """Days of the latest cycle that were not recorded."""
        return sum(window.missing for window in self.blocks)


@dataclass(frozen=True, slots=True)
class LimitOverMonths:
    """One published limit over some finished months; `days` and `missing` are of the latest of them."""

    rule: OveruseRule
    days: int
    missing: int
    reached: int
    uncertain: int


@dataclass(frozen=True, slots=True)
class MedicationAnswer:
    """Finished calendar months of the period. `latest` is the last of them, `None`: none is over.

    `nearest`: the limit of which the latest month holds the largest share, `None`: no such medicine was taken.
    `run`: consecutive months of the whole diary in which a limit and 15 headache days were reached, the longest.
    """

    months: int
    latest: Month | None
    nearest: LimitOverMonths | None
    limits: list[LimitOverMonths]
    missing: int
    run: tuple[OveruseRule, Run] | None


@dataclass(frozen=True, slots=True)
class Answers:
    """The panel at the top of a patient's page. `trust` is `None` where no day of the period is over."""

    working: Working
    wearing_off: WearingOff
    medication: MedicationAnswer
    trust: Quality | None


def answers(summary: PatientSummary, months: Sequence[MonthSummary], trust: Quality | None) -> Answers:
    """The first two are of the whole diary; the others of the period whose months these are."""
    return Answers(
        _working(summary), wearing_off(summary), _medication(summary, [m.month for m in months]), trust
    )


def _working(summary: PatientSummary) -> Working:
    rows = summary.cycles
    compared = [place for place, row in enumerate(rows) if row.comparison.reduction]
    # Of a cycle under way the days to come would stand among the missing ones: the last that is over comes first.
    over = [place for place in compared if not rows[place].comparison.is_so_far]
    latest = max(over or compared, default=None)
    return Working(
        summary.found.baseline,
        rows[latest] if latest is not None else None,
        rows[-1] if rows else None,
        len(rows) - 1 - latest if latest is not None else 0,
        summary.recent,
    )


def wearing_off(summary: PatientSummary) -> WearingOff:
    """Over all cycles of the diary."""
    compared = {
        row.result.cycle.number: windows
        for row in summary.cycles
        if (windows := compared_blocks(row.result, summary.today))
    }
    number = max(compared, default=None)
    return WearingOff(
        number, compared[number] if number else [], len(compared), block_means(list(compared.values()))
    )


def _medication(summary: PatientSummary, months: Sequence[Month]) -> MedicationAnswer:
    over = [month for month in months if next_month(month.month) <= summary.today]
    limits = [_limit(rule, over) for rule in OVERUSE_RULES if _was_taken(rule, over)]
    limits.sort(key=lambda limit: (-limit.reached, -limit.uncertain, -_share(limit)))
    # Several classes together say less than one of them, unless they reach what none of them does.
    single = [limit for limit in limits if limit.rule is not SEVERAL_CLASSES_RULE or _share(limit) >= 1]
    runs = [(rule, run) for rule in OVERUSE_RULES if (run := summary.found.medication_overuse.get(rule.code))]
    return MedicationAnswer(
        len(over),
        over[-1] if over else None,
        max(single, key=_share, default=None),
        limits,
        sum(month.missing for month in over),
        max(runs, key=lambda found: (found[1].months, found[1].possible_months), default=None),
    )


def _was_taken(rule: OveruseRule, months: Sequence[Month]) -> bool:
    if rule is SEVERAL_CLASSES_RULE:
        # Where it says no more than one of its classes, it would be one number twice.
        return any(month.overuse[rule.code] in (Reached.REACHED, Reached.UNCERTAIN) for month in months)
    return any(month.days_under(rule) for month in months)


def _limit(rule: OveruseRule, months: Sequence[Month]) -> LimitOverMonths:
    states = [month.overuse[rule.code] for month in months]
    return LimitOverMonths(
        rule,
        months[-1].days_under(rule),
        months[-1].missing,
        states.count(Reached.REACHED),
        states.count(Reached.UNCERTAIN),
    )


def _share(limit: LimitOverMonths) -> Fraction:
    return Fraction(limit.days, limit.rule.days_per_month)
