"""The service audit as rows of a table that holds no person: groups of at least five, or the word `hidden`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clinic.service_audit import Mean, ServiceAudit

COLUMNS = ("table", "group", "measure", "value")
HIDDEN = "hidden"
Row = tuple[str, str, str, Any]


def _value(number: Any) -> Any:
    return HIDDEN if number is None else number


def audit_rows(found: ServiceAudit) -> Iterator[Row]:
    """What was asked for first, then one row for each number on the page."""
    question = found.question
    yield "asked", "", "clinic", question.clinic.name
    yield "asked", "", "criteria", question.measure.name
    yield "asked", "", "first injection from", question.since.isoformat() if question.since else ""
    yield "asked", "", "first injection until", question.until.isoformat() if question.until else ""
    yield "asked", "", "product of the first injection", question.product
    yield "patients", "", "patients", _value(found.patients)
    if found.is_empty:
        return
    yield "patients", "", "at least", found.at_least
    yield from _treatment(found)
    yield from _cycles(found)
    for place, bar in enumerate(found.bars, start=1):
        yield from _mean("change", f"cycle {question.cycle}, bar {place}", bar)
    for row in found.severities:
        group = f"cycle {question.cycle}, baseline {row.key} of 28 days"
        yield "severity", group, "patients", _value(row.patients)
        if row.left:
            yield from _mean("severity", group, row.left)
    wearing = found.wearing_off
    yield "wearing-off", "", "cycles", _value(wearing.cycles)
    yield "wearing-off", "", "more headache days in weeks 9-12 than in weeks 5-8", _value(wearing.more)
    yield "wearing-off", "", "uncertain", _value(wearing.uncertain)
    yield "wearing-off", "", "not more", _value(wearing.not_more)
    yield "adverse events", "", "sessions", found.sessions
    for term, number in found.adverse.items():
        yield "adverse events", term, "sessions", _value(number)
    yield from _completeness(found)


def _treatment(found: ServiceAudit) -> Iterator[Row]:
    for number, patients in enumerate(found.completed):
        more = " or more" if number == len(found.completed) - 1 else ""
        yield "completed cycles", f"{number}{more}", "patients", _value(patients)
    for row in found.times:
        yield "time on treatment", f"{row.key} months", "no end recorded", _value(row.going_on)
        yield "time on treatment", f"{row.key} months", "ended", _value(row.ended)
    yield "ended", "", "patients", _value(found.ended)
    for why, patients in found.reasons.items():
        yield "ended", why, "patients", _value(patients)


def _cycles(found: ServiceAudit) -> Iterator[Row]:
    for row in found.cycles:
        group = f"cycle {row.number}"
        yield "responders", group, "weeks 9-12 over", _value(row.over)
        yield "responders", group, "evaluated", _value(row.evaluated)
        yield "responders", group, "cannot evaluate", _value(row.cannot_evaluate)
        for one in row.responders:
            yield "responders", group, f"{one.percent} % reached", _value(one.reached)
            yield "responders", group, f"{one.percent} % uncertain", _value(one.uncertain)
            yield "responders", group, f"{one.percent} % not reached", _value(one.not_reached)


def _mean(table: str, group: str, mean: Mean) -> Iterator[Row]:
    yield table, group, "percent of the baseline left", mean.point
    yield table, group, "at least", mean.least
    yield table, group, "at most", mean.most


def _completeness(found: ServiceAudit) -> Iterator[Row]:
    for row in found.completeness:
        group = f"cycle {row.cycle}, weeks 9-12" if row.cycle else "baseline"
        names = ("lower quartile", "median", "upper quartile")
        for name, days in zip(names, row.quartiles or (None, None, None), strict=True):
            yield "completeness", group, f"recorded days of 28, {name}", _value(days)
