"""The caseload reads counted months. Here its numbers are compared with the rules on whole diaries."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import floor
from random import Random

import pytest
import time_machine

from clinic.access import care_links_of
from clinic.caseload import caseload, entries
from clinic.models import CareLink, Clinic, InjectionSession
from clinic.rules import NotCompared, analysis, due, reduction
from diary.models import DiaryDay, Intake, Medicine, Patient
from diary.rules import Diary, MedicationClass, Reached, overuse, rule_of
from tests.cast import share, staff, visitor

ZONES = ("UTC", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Kiritimati")
MOMENTS = [
    datetime(2026, 6, 17, 12, tzinfo=UTC),
    datetime(2026, 3, 1, 0, 30, tzinfo=UTC),
    datetime(2026, 1, 1, 11, 59, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, tzinfo=UTC),
]
CLASSES = [
    MedicationClass.TRIPTAN,
    MedicationClass.NON_OPIOID,
    MedicationClass.OPIOID,
    MedicationClass.ANTIEMETIC,
]
PATIENTS = 24


def invented(chance, clinic, number, now):
    """A patient with any kind of diary: none, thin or full, long or short, treated or not, late for the next."""
    patient = Patient.objects.create(name=f"Patient {number:02}", time_zone=chance.choice(ZONES))
    share(patient, clinic, f"C-{number}")
    today = patient.date_at(now)
    medicines = [Medicine.objects.create(patient=patient, name=c.value, medication_class=c) for c in CLASSES]
    length = chance.choice([0, 10, 28, 29, 60, 120, 300, 300])
    recorded, bad = chance.choice([0.3, 0.72, 0.9, 1.0]), chance.choice([0.0, 0.2, 0.5, 0.9])
    offset = chance.choice([0, 0, 0, 1, 5, 40])
    days = DiaryDay.objects.bulk_create(
        DiaryDay(
            patient=patient,
            date=today - timedelta(days=offset + back),
            headache=chance.choice(["yes", "mild", "severe"]) if chance.random() < bad else "none",
            migraine=chance.choice([None, True, False]),
        )
        for back in range(length)
        if chance.random() < recorded
    )
    Intake.objects.bulk_create(
        Intake(day=day, medicine=medicine)
        for day in days
        for medicine in medicines
        if chance.random() < chance.choice([0.05, 0.5])
    )
    last = chance.choice([0, 1, 30, 83, 84, 85, 200])
    InjectionSession.objects.bulk_create(
        InjectionSession(patient=patient, date=today - timedelta(days=last + 84 * earlier))
        for earlier in range(chance.choice([0, 1, 2, 3]))
    )


@pytest.fixture(params=range(len(MOMENTS)), ids=lambda number: f"{MOMENTS[number]:%Y-%m-%d}")
def invented_clinic(db, request):
    with time_machine.travel(MOMENTS[request.param], tick=False):
        clinic = Clinic.objects.create(name="Invented", slug="invented")
        chance = Random(f"fast path {request.param}")
        for number in range(PATIENTS):
            invented(chance, clinic, number, MOMENTS[request.param])
        yield staff("Ina Inventor", clinic)


def by_the_rules(link, now):
    """The row's numbers, counted from the whole diary."""
    today = link.patient.date_at(now)
    diary = Diary(link.patient.days.records())
    sessions = link.patient.sessions.session_dates()
    found = analysis(diary, sessions)
    recent = diary.window(today - timedelta(days=28), today - timedelta(days=1))
    this_month = today.replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    taken = {
        (month.month, medication_class): (
            days,
            rule_of(medication_class) and states_so_far(diary, month, today)[rule_of(medication_class).code],
        )
        for month in found.months
        if month.month in (last_month, this_month)
        for medication_class, days in month.medication_days.items()
        if days
    }
    cycle = found.cycles[-1].cycle if found.cycles else None
    return {
        "last recorded": diary.last_day,
        "recent": recent,
        "baseline": found.baseline,
        "change": reduction(found.baseline, recent) if is_after_the_baseline(found, recent) else None,
        "taken": taken,
        "trend": [
            diary.window(today - timedelta(days=28 * back), today - timedelta(days=28 * back - 27))
            for back in range(6, 0, -1)
        ],
        "cycle": cycle and cycle.number,
        "week": cycle and (today - cycle.starts_on).days // 7 + 1,
        "due": cycle and due(cycle.starts_on),
    }


def is_after_the_baseline(found, recent):
    return found.baseline is not None and recent.first > found.baseline.last


def states_so_far(diary, month, today):
    """The states of a month's limits, where a day to come is no missing one."""
    recorded = {day.date for day in diary.days}
    days = [month.month + timedelta(days=number) for number in range(month.days)]
    missing = sum(day < today and day not in recorded for day in days)
    return overuse(month.medication_days, month.several_classes_days, missing)


def as_listed(row):
    return {
        "last recorded": row.last_recorded,
        "recent": row.recent,
        "baseline": row.baseline,
        "change": row.change,
        "taken": {
            (one.month, one.medication_class): (one.days, one.state)
            for one in row.taken
            if one.medication_class
        },
        "trend": row.trend,
        "cycle": row.position and row.position.cycle.number,
        "week": row.position and row.position.week,
        "due": row.due_on,
    }


def test_rows_say_what_the_rules_say_of_the_whole_diary(invented_clinic):
    now = datetime.now(UTC)
    links = care_links_of(invented_clinic).order_by("patient__name")
    assert len(links) == PATIENTS
    rows = caseload(entries(links, now))
    assert [as_listed(row) for row in rows] == [by_the_rules(link, now) for link in links]


def test_page_shows_what_the_rules_say_of_the_whole_diary(invented_clinic):
    now = datetime.now(UTC)
    headings, *rows = visitor(invented_clinic).opens("/clinic/").caseload()
    read = [dict(zip(headings, row, strict=True)) for row in rows]
    by_name = {row["Name"]: row for row in read}
    assert len(by_name) == PATIENTS
    for link in CareLink.objects.all():
        row = by_name[f"{link.patient.name} {link.reference}"]
        expected = in_words(link, by_the_rules(link, now))
        assert {heading: row[heading] for heading in expected} == expected


def test_invented_clinic_is_varied_enough(invented_clinic):
    """A comparison of empty rows would prove nothing."""
    rows = caseload(entries(care_links_of(invented_clinic), datetime.now(UTC)))
    assert any(row.change for row in rows)
    assert any(row.baseline and not row.change for row in rows)
    assert {one.state for row in rows for one in row.taken} >= {Reached.REACHED, Reached.UNCERTAIN}
    assert {row.not_compared for row in rows} >= {None, NotCompared.THIN_BASELINE}
    assert any(row.position is None for row in rows)
    assert any(row.recent.missing for row in rows)


def in_words(link, said):
    recent, before = said["recent"], said["baseline"]
    change = change_in_words(said["change"]) if said["change"] else why_none(before, recent)
    return {
        "Name": f"{link.patient.name} {link.reference}",
        "Last recorded": day(said["last recorded"]) or "nothing recorded",
        "Recorded of 28 days": str(recent.recorded),
        "Headache days, last 28": span(recent.headache_days, recent.missing),
        "Change from baseline": (
            f"{change} from {span(before.headache_days, before.missing)}" if before else "–"
        ),
        "Migraine days": span(recent.migraine_days, recent.missing),
        "Cycle": f"{said['cycle']}, week {said['week']}" if said["cycle"] else "not treated",
    }


def day(when: date | None) -> str:
    return f"{when.day} {when:%b %Y}" if when else ""


def span(counted: int, missing: int) -> str:
    return f"{counted}–{counted + missing}" if missing else str(counted)


def why_none(before, recent) -> str:
    if before is None:
        return ""
    if recent.first <= before.last:
        return "– first cycle has just begun"
    if before.recorded < 20:
        return "– fewer than 20 days recorded at baseline"
    if before.headache_days == 0:
        return "– no headache day at baseline"
    return "– fewer than 20 of the last 28 days recorded"


def change_in_words(change) -> str:
    if change.low == change.high:
        return f"{percent(change.point)} %"
    return f"{percent(change.point)} % {percent(change.high)} to {percent(change.low)} %"


def percent(value: Fraction) -> str:
    """Fewer headache days read as a minus, to one decimal, halves away from zero."""
    tenths = floor(abs(value) * 1000 + Fraction(1, 2))
    sign = "+" if value < 0 else "−" if tenths else ""
    return f"{sign}{tenths // 10}.{tenths % 10}"
