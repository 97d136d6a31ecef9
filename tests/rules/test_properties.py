"""What holds for every diary: generated ones, with days missing anywhere and injections at any distance."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clinic.rules
import diary.rules
from clinic.exports import analysis_json
from clinic.rules import Analysis, CycleResult, Reduction, analysis
from diary.rules import ICHD3, PRAGMATIC, SEVERAL_CLASSES_RULE, Day, Diary, Month, Reached, Window, next_month
from tests.rules.cases import FIRST_SESSION, day, days, in_months

START = date(2026, 1, 10)
KINDS = [
    day("none"),
    day("none", took="triptan"),
    day("none", took="antiemetic"),
    day("yes"),
    day("mild", "aura"),
    day("severe", "one_sided nausea", "non_opioid"),
    day("yes", took="triptan", migraine=True, relief="full"),
    day("moderate", took="triptan non_opioid"),
    day("yes", took="non_opioid", pain=8),
    day("yes", took="combination opioid"),
    day("mild", took="ergot ditan", migraine=False),
    day("severe", took="gepant other", migraine=True),
]
WITHOUT, WITH = KINDS[:3], KINDS[3:]


@dataclass(frozen=True)
class Person:
    """A diary, what is recorded later of the days that were missing at first, and the injections."""

    days: list[Day]
    later: list[Day]
    sessions: list[date]


def said(dates: Iterable[date], codes: bytes, kept: int, at_first: int, then: int) -> Iterator[Day]:
    """Of 16 days `kept` are recorded; of 16 recorded days so many are headache days in the first 12 weeks and then."""
    for on, code in zip(dates, codes, strict=False):
        if code % 16 < kept:
            headache = at_first if on < START + timedelta(weeks=12) else then
            kinds = WITH if code // 16 < headache else WITHOUT
            yield kinds[code % len(kinds)]._replace(date=on)


def person(
    codes: bytes, more: bytes, densities: tuple[int, int, int, int, int], sessions: frozenset[int]
) -> Person:
    kept, at_first, then, kept_later, headache_later = densities
    dates = [START + timedelta(days=n) for n in range(len(codes))]
    # The first and last day are recorded, so that what comes later leaves the months as they are.
    ends = [KINDS[3]._replace(date=dates[0]), KINDS[0]._replace(date=dates[-1])]
    first = [*ends, *said(dates[1:-1], codes, kept, at_first, then)]
    missing = sorted(set(dates) - {one.date for one in first})
    return Person(
        first,
        list(said(missing, more, kept_later, headache_later, headache_later)),
        [START + timedelta(days=n) for n in sessions],
    )


density = st.integers(0, 16)
people = st.builds(
    person,
    st.binary(min_size=250, max_size=250),
    st.binary(min_size=100, max_size=100),
    st.tuples(st.integers(8, 16), density, density, density, density),
    st.frozensets(st.sampled_from([0, 27, 28, 60, 84, 90, 112, 150, 168, 180, 196, 240, 270]), max_size=4),
)


def analysed(days: Iterable[Day], sessions: Iterable[date]) -> Analysis:
    return analysis(Diary(days), list(sessions))


# --- Recording a missing day never contradicts what was sure -------------------------------------------------


def states(found: Analysis) -> Iterator[tuple[str, Reached]]:
    """Every state by a name, except where a class has no recorded day: it is not reached, whatever is missing."""
    for month in found.months:
        yield f"{month.month} headache_15", month.headache_15
        yield f"{month.month} migraine_8", month.migraine_8
        for rule in diary.rules.OVERUSE_RULES:
            if rule is SEVERAL_CLASSES_RULE or month.days_under(rule):
                yield f"{month.month} {rule.code}", month.overuse[rule.code]
    yield "chronic migraine", found.chronic_migraine.state
    for result in found.cycles:
        for percent, state in result.responder.items():
            yield f"cycle {result.cycle.number} {percent} %", state
    for asked in found.criteria:
        yield f"{asked.criteria.key} inadequate response", asked.inadequate_response
        yield f"{asked.criteria.key} episodic", asked.episodic.state
    for code, run in found.medication_overuse.items():
        if code != SEVERAL_CLASSES_RULE.code and run.state is Reached.REACHED:
            yield f"overuse with headache {code}", run.state


def contradictions(before: Analysis, later: Analysis) -> list[str]:
    """What was reached or not reached for sure, and is something else once more days are recorded."""
    now = dict(states(later))
    return [
        f"{name}: {state} became {now.get(name)}"
        for name, state in states(before)
        if state in (Reached.REACHED, Reached.NOT_REACHED)
        and now.get(name) is not state
        # 8.2.6 applies only while none of 8.2.1 to 8.2.5 is reached.
        and not (name.endswith("8.2.6") and now.get(name) is Reached.NOT_APPLICABLE)
    ]


@given(people)
def test_recording_missing_days_never_contradicts_a_sure_state_and_narrows_the_bounds(who: Person) -> None:
    before, later = (analysed(days, who.sessions) for days in (who.days, who.days + who.later))
    assert contradictions(before, later) == []
    changes = [(was.reduction, now.reduction) for was, now in zip(before.cycles, later.cycles, strict=True)]
    assert [(was, now) for was, now in changes if was and not (now and narrower(now, was))] == []


def narrower(inner: Reduction, outer: Reduction) -> bool:
    return outer.low <= inner.low <= inner.high <= outer.high


def missing_as_zero(counted: int, missing: int, published: int) -> Reached:
    return Reached.REACHED if counted >= published else Reached.NOT_REACHED


def point_alone(before: Window | None, after: Window | None) -> Reduction | None:
    found = REDUCTION(before, after)
    return found and Reduction(found.point, found.point, found.point)


REDUCTION = clinic.rules.reduction
TWENTY_MISSING = Person(
    in_months("2026-03", *[{"headache": 5, "triptan": 5, "recorded": range(1, 12)}] * 4)[:-1],
    in_months(
        "2026-03", *[{"headache": range(13, 25), "migraine": range(13, 22), "recorded": range(13, 25)}] * 4
    ),
    [date(2026, 2, 1)],
)
# The fall is 36 % of what is recorded and a rise once the six missing days of weeks 9–12 were headache days.
SIX_MISSING = Person(
    [
        *days("2026-01-06", recorded=28, headache=10),
        *days("2026-03-31", recorded=[*range(1, 22), 28], headache=5),
    ],
    days("2026-03-31", recorded=range(22, 28), headache=range(22, 28)),
    [FIRST_SESSION],
)


@pytest.mark.parametrize(
    ("module", "name", "broken", "who", "example"),
    [
        (diary.rules, "threshold", missing_as_zero, TWENTY_MISSING, "2026-03-01 headache_15"),
        (clinic.rules, "threshold", missing_as_zero, TWENTY_MISSING, "ehf-2018 episodic"),
        (clinic.rules, "reduction", point_alone, SIX_MISSING, "cycle 1 30 %"),
    ],
    ids=["months that read missing as zero", "criteria that read missing as zero", "no bounds"],
)
def test_the_check_reports_rules_that_guess(
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    name: str,
    broken: Callable[..., Any],
    who: Person,
    example: str,
) -> None:
    def found() -> list[str]:
        return contradictions(analysed(who.days, who.sessions), analysed(who.days + who.later, who.sessions))

    assert found() == []
    monkeypatch.setattr(module, name, broken)
    assert example in {line.split(":")[0] for line in found()}


# --- Counts --------------------------------------------------------------------------------------------------


def impossible(counts: Month | Window) -> bool:
    return not 0 <= counts.migraine_days <= counts.headache_days <= counts.recorded <= counts.days


@given(people)
def test_counts_never_exceed_days_and_each_recorded_day_counts_once(who: Person) -> None:
    found = analysed(who.days, who.sessions)
    check_months(found.months, len(who.days))
    for result in found.cycles:
        check_windows(result)
        if change := result.reduction:
            assert change.low <= change.point <= change.high <= 1


def check_months(found: list[Month], recorded: int) -> None:
    assert [month for month in found if impossible(month)] == []
    assert sum(month.recorded for month in found) == recorded
    assert [month.month for month in found[1:]] == [next_month(month.month) for month in found[:-1]]
    for month in found:
        classes = month.medication_days.values()
        assert month.recorded + month.missing == month.days
        assert month.moderate_severe_days <= month.headache_days
        assert max(classes) <= month.acute_medication_days <= min(month.recorded, sum(classes))
        assert month.several_classes_days <= month.acute_medication_days


def check_windows(result: CycleResult) -> None:
    assert [block for block in (*result.blocks, *result.weeks) if impossible(block.window)] == []
    length = min(84, (result.cycle.ends_on - result.cycle.starts_on).days + 1)
    assert total(result, "days") == (length, length)
    for counted in ("recorded", "headache_days", "migraine_days"):
        in_blocks, in_weeks = total(result, counted)
        assert in_blocks == in_weeks
    assert result.evaluation == next((b.window for b in result.blocks if b.weeks == "9-12"), None)


def total(result: CycleResult, counted: str) -> tuple[int, int]:
    in_blocks, in_weeks = (
        sum(getattr(block.window, counted) for block in blocks) for blocks in (result.blocks, result.weeks)
    )
    return in_blocks, in_weeks


@given(people, st.sampled_from([PRAGMATIC, ICHD3]))
def test_a_window_is_what_counting_day_by_day_says(who: Person, definition: diary.rules.MigraineDay) -> None:
    for result in analysis(Diary(who.days, definition), who.sessions).cycles:
        for window in [block.window for block in result.blocks]:
            inside = [one for one in who.days if window.first <= one.date <= window.last]
            assert (window.recorded, window.headache_days, window.migraine_days) == (
                len(inside),
                sum(one.headache != "none" for one in inside),
                sum(definition.holds(one) for one in inside),
            )


@given(people)
def test_the_order_of_rows_and_sessions_changes_nothing(who: Person) -> None:
    shuffled = random.Random(len(who.days))
    rows = shuffled.sample(who.days, len(who.days))
    sessions = shuffled.sample(who.sessions, len(who.sessions))
    assert analysis_json("P1", analysed(rows, sessions)) == analysis_json(
        "P1", analysed(who.days, sorted(who.sessions))
    )
