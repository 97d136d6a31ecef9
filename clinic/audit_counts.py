"""What the service audit is counted from: the cycles of a clinic's patients, read in bulk.

The windows come from the rules; their days are counted by the database, since no page could read so many. A test holds
every state equal to what `clinic.rules` says of the whole diary.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q, QuerySet

from clinic.models import AdverseEvent, CareLink, Clinic, Decision, InjectionSession
from clinic.rules import CYCLE_DAYS, baseline_span, cycles
from clinic.terms import DecisionKind
from diary.rules import CYCLE_DAYS_RECORDED, Headache, Reached

CYCLES_COUNTED = 6
BLOCK_DAYS = 28
BLOCK_STARTS = (0, 28, 56)
"""Weeks 1–4, 5–8 and 9–12; the last one is the evaluation window."""
PATIENTS_TOGETHER = 2000
"""Whose windows are counted in one statement."""

Span = tuple[date, date]


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
    others = Q(kind=DecisionKind.OTHER.value)
    made = Decision.objects.standing().filter(clinic=clinic, patient__in=links.values("patient"))
    rows = made.exclude(others).order_by("patient", "made_on", "pk")
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
        session__isnull=False, session__date__lte=now.date(), patient__in=links.values("patient")
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
        spans = [list(_spans(course)) for _, course in together]
        wanted = [
            (patient, *span)
            for (patient, _), theirs in zip(together, spans, strict=True)
            for span in theirs
            if span
        ]
        counts = iter(_counted(wanted))
        for (_, course), theirs in zip(together, spans, strict=True):
            before, *after = [next(counts) if span else NO_DAYS for span in theirs]
            course.baseline = before
            course.cycles = [after[place : place + 3] for place in range(0, len(after), 3)]


def _spans(course: Course) -> Iterator[Span | None]:
    """The baseline, and three blocks of each of the first six cycles whose last block is over or was cut away."""
    yield baseline_span(course.sessions)
    # The date after the sixth ends its cycle; later ones change nothing that is counted here.
    for cycle in cycles(course.sessions[: CYCLES_COUNTED + 1])[:CYCLES_COUNTED]:
        evaluation = cycle.span(CYCLE_DAYS - BLOCK_DAYS, CYCLE_DAYS - 1)
        if evaluation and evaluation[1] >= course.today:
            return
        yield from (cycle.span(start, start + BLOCK_DAYS - 1) for start in BLOCK_STARTS)


WINDOWS = {
    "postgresql": """
        SELECT place, patient, first, last
        FROM unnest(%s::bigint[], %s::date[], %s::date[]) WITH ORDINALITY AS given (patient, first, last, place)
    """,
    "sqlite": """
        SELECT key AS place, value ->> 0 AS patient, value ->> 1 AS first, value ->> 2 AS last FROM json_each(%s)
    """,
}
COUNT = """
    SELECT (
        SELECT count(*) * 100 + coalesce(sum(CASE WHEN headache <> %s THEN 1 ELSE 0 END), 0)
        FROM diary_diaryday
        WHERE patient_id = patient AND date BETWEEN first AND last
    )
    FROM ({windows}) AS windows ORDER BY place
"""


def _counted(windows: Sequence[tuple[int, date, date]]) -> Iterable[Counted]:
    """In the order of the windows, in one statement: a row for each day would be millions."""
    if not windows:
        return []
    if connection.vendor == "postgresql":
        asked: list[object] = [list(column) for column in zip(*windows, strict=True)]
    else:
        asked = [
            json.dumps([(patient, first.isoformat(), last.isoformat()) for patient, first, last in windows])
        ]
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(windows=WINDOWS[connection.vendor]), [Headache.NONE.value, *asked])
        packed = [row[0] for row in cursor.fetchall()]
    return [
        Counted((last - first).days + 1, *divmod(number, 100))
        for (_, first, last), number in zip(windows, packed, strict=True)
    ]
