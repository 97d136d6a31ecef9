"""What the service audit is counted from: the cycles of a clinic's patients, read in bulk.

The windows come from the rules; their days are counted by the database, since no page could read so many. A test holds
every state equal to what `clinic.rules` says of the whole diary.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, QuerySet
from django.utils import timezone

from clinic.models import AdverseEvent, CareLink, Clinic, Decision, InjectionSession
from clinic.rules import CYCLE_DAYS, Cycle, baseline_span, cycles
from clinic.terms import DecisionKind
from diary.rules import CYCLE_DAYS_RECORDED, Headache, Reached

CYCLES_COUNTED = 6
BLOCK_DAYS = 28
BLOCK_STARTS = (0, 28, 56)
"""Weeks 1–4, 5–8 and 9–12; the last one is the evaluation window."""
PATIENTS_TOGETHER = 2000
"""Whose windows are counted in one statement."""

Span = tuple[date, date]
ONE_DAY = timedelta(days=1)


class Counted(NamedTuple):
    """A window's calendar days, the recorded ones and the headache days among them."""

    days: int
    recorded: int
    headache_days: int

    @property
    def missing(self) -> int:
        return self.days - self.recorded


NO_DAYS = Counted(0, 0, 0)
"""The next injection left nothing of the window."""


@dataclass(slots=True)
class Course:
    """One patient's treatment. `cycles`: the blocks of those of the first six whose weeks 9–12 are over or cut away.

    `ended_on` and `stop_reason`: a decision to stop with no injection after it.
    """

    sessions: list[date]
    product: str
    today: date
    baseline: Counted
    cycles: list[list[Counted]]
    ended_on: date | None = None
    stop_reason: str = ""


# --- States, as the rules have them --------------------------------------------------------------------------


def can_compare(before: Counted, after: Counted) -> bool:
    """As `clinic.rules.not_compared`: 20 recorded days in both, and a headache day before."""
    return (
        before.recorded >= CYCLE_DAYS_RECORDED
        and before.headache_days > 0
        and after.recorded >= CYCLE_DAYS_RECORDED
    )


def response(before: Counted, after: Counted, percent: int) -> Reached:
    """As `clinic.rules.responder` of `reduction`, in whole numbers: both sides times all denominators."""
    if not can_compare(before, after):
        return Reached.CANNOT_EVALUATE
    left = 100 - percent
    most = (after.headache_days + after.missing) * before.days * 100
    if most <= left * after.days * before.headache_days:
        return Reached.REACHED
    least = after.headache_days * before.days * 100
    if least > left * after.days * (before.headache_days + before.missing):
        return Reached.NOT_REACHED
    return Reached.UNCERTAIN


# --- Reading -------------------------------------------------------------------------------------------------


def courses(
    clinic: Clinic, now: datetime, since: date | None = None, until: date | None = None, product: str = ""
) -> dict[int, Course]:
    """By patient id: those who share their diary with the clinic now and had their first injection in the period."""
    links = CareLink.objects.open_at(now).filter(clinic=clinic)
    todays = {
        patient: _today(zone, now) for patient, zone in links.values_list("patient", "patient__time_zone")
    }
    given = _sessions(links, todays)
    found = {}
    for patient, sessions in given.items():
        first, first_product = sessions[0]
        if (since and first < since) or (until and first > until) or (product and first_product != product):
            continue
        dates = [when for when, _ in sessions]
        found[patient] = Course(dates, first_product, todays[patient], NO_DAYS, [])
    _count(found)
    _add_ends(found, clinic, links)
    return found


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _today(zone: str, now: datetime) -> date:
    return now.astimezone(_zone(zone)).date()


def _sessions(links: QuerySet[CareLink], todays: dict[int, date]) -> dict[int, list[tuple[date, str]]]:
    found: dict[int, list[tuple[date, str]]] = defaultdict(list)
    rows = InjectionSession.objects.filter(patient__in=links.values("patient")).order_by("patient", "date")
    for patient, when, product in rows.values_list("patient", "date", "product"):
        if when <= todays[patient]:
            found[patient].append((when, product))
    return found


def _add_ends(found: dict[int, Course], clinic: Clinic, links: QuerySet[CareLink]) -> None:
    """The latest standing decision on the treatment, where it is to stop and no injection came after it."""
    made = Decision.objects.filter(clinic=clinic, patient__in=links.values("patient"))
    rows = made.latest_first().on_treatment().reverse()
    latest = {
        patient: (kind, on, why)
        for patient, kind, on, why in rows.values_list("patient", "kind", "made_on", "stop_reason")
    }
    for patient, (kind, on, why) in latest.items():
        course = found.get(patient)
        if course and kind == DecisionKind.STOP.value and course.sessions[-1] <= on:
            course.ended_on, course.stop_reason = on, why or "other"


def adverse_sessions(clinic: Clinic, now: datetime) -> Iterable[tuple[int, int, str]]:
    """Patient, session and term of what stands recorded after an injection, whoever recorded it."""
    links = CareLink.objects.open_at(now).filter(clinic=clinic)
    events = AdverseEvent.objects.standing().filter(
        session__isnull=False, session__date__lte=timezone.localdate(now), patient__in=links.values("patient")
    )
    return events.values_list("patient_id", "session_id", "term").iterator()


def products(clinic: Clinic, now: datetime, fewest: int) -> list[str]:
    """The products that at least so many of the clinic's patients were given."""
    links = CareLink.objects.open_at(now).filter(clinic=clinic)
    sessions = InjectionSession.objects.filter(patient__in=links.values("patient")).exclude(product="")
    given = sessions.order_by().values("product").annotate(patients=Count("patient", distinct=True))
    return sorted(given.filter(patients__gte=fewest).values_list("product", flat=True))


# --- Counting ------------------------------------------------------------------------------------------------


def _count(found: dict[int, Course]) -> None:
    people = iter(found.items())
    while together := list(islice(people, PATIENTS_TOGETHER)):
        wanted = [(patient, spans) for patient, course in together for spans in _stretches(course)]
        counts = iter(_counted(wanted))
        for _, course in together:
            course.baseline, *_nothing = next(counts)
            course.cycles = [next(counts) for _ in range(_cycles_over(course))]


Spans = list[Span | None]
"""Up to three spans that follow each other without a gap; `None`: cut away."""


def _stretches(course: Course) -> Iterator[Spans]:
    """The baseline, and the blocks of each of the first six cycles whose last block is over or was cut away."""
    yield [baseline_span(course.sessions)]
    for cycle in _first_cycles(course)[: _cycles_over(course)]:
        yield [cycle.span(start, start + BLOCK_DAYS - 1) for start in BLOCK_STARTS]


def _first_cycles(course: Course) -> list[Cycle]:
    # The date after the sixth ends its cycle; later ones change nothing that is counted here.
    return cycles(course.sessions[: CYCLES_COUNTED + 1])[:CYCLES_COUNTED]


def _cycles_over(course: Course) -> int:
    """All but the last one are: the next injection has been given."""
    last = _first_cycles(course)[-1]
    evaluation = last.span(CYCLE_DAYS - BLOCK_DAYS, CYCLE_DAYS - 1)
    is_over = evaluation is None or evaluation[1] < course.today
    return last.number if is_over else last.number - 1


WINDOWS = {
    "postgresql": """
        SELECT place, patient, first, second, third, last
        FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::date[], %s::date[])
        WITH ORDINALITY AS given (patient, first, second, third, last, place)
    """,
    "sqlite": """
        SELECT key AS place, value ->> 0 AS patient, value ->> 1 AS first, value ->> 2 AS second,
            value ->> 3 AS third, value ->> 4 AS last
        FROM json_each(%s)
    """,
}
COUNT = """
    SELECT (
        SELECT sum(
            CASE WHEN date < second THEN 1 WHEN date < third THEN 1024 ELSE 1048576 END
            * CASE WHEN headache = %s THEN 1 ELSE 33 END
        )
        FROM diary_diaryday
        WHERE patient_id = patient AND date BETWEEN first AND last
    )
    FROM ({windows}) AS windows ORDER BY place
"""
"""Three blocks in one number: five bits each for their recorded days and for their headache days."""


def _counted(wanted: Sequence[tuple[int, Spans]]) -> Iterator[list[Counted]]:
    """In the order of what is wanted, in one statement: a row for each day would be millions."""
    windows = [(patient, *_edges(spans)) for patient, spans in wanted]
    if not windows:
        return
    if connection.vendor == "postgresql":
        asked: list[Any] = [list(column) for column in zip(*windows, strict=True)]
    else:
        asked = [json.dumps(windows, default=date.isoformat)]
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(windows=WINDOWS[connection.vendor]), [Headache.NONE.value, *asked])
        packed = [row[0] or 0 for row in cursor.fetchall()]
    for (_, spans), number in zip(wanted, packed, strict=True):
        yield [_unpacked(span, number >> 10 * place) for place, span in enumerate(spans)]


def _edges(spans: Spans) -> tuple[date, date, date, date]:
    """Where the first three spans begin, and the last day of all; what is cut away begins after it."""
    there = [span for span in spans if span]
    first, last = there[0][0], there[-1][1]
    begins = [span[0] for span in there] + [last + ONE_DAY] * 2
    return first, begins[1], begins[2], last


def _unpacked(span: Span | None, number: int) -> Counted:
    if span is None:
        return NO_DAYS
    recorded, headache_days = number & 31, number >> 5 & 31
    return Counted((span[1] - span[0]).days + 1, recorded, headache_days)
