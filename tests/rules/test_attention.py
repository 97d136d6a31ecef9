"""In which section of the caseload a patient stands: tables, without a database."""

from datetime import date, timedelta

import pytest

from clinic.attention import Facts, Section, marks, section
from clinic.tallies import tally
from diary.rules import Day, Headache, MedicationClass, Reached

TODAY = date(2026, 6, 17)
S = Section


def ago(days):
    return TODAY - timedelta(days=days)


def days(first, number, headaches, classes=()):
    """So many days from a date on, the first of them with a headache."""
    return [
        Day(
            first + timedelta(days=place),
            Headache.MILD if place < headaches else Headache.NONE,
            classes=frozenset(classes) if place < headaches else frozenset(),
        )
        for place in range(number)
    ]


def facts(recorded=(), sessions=(), **more):
    last = max((day.date for day in recorded), default=None)
    said = {"today": TODAY, "tally": tally(recorded, date(2026, 1, 1)), "last_recorded": last} | more
    return Facts(sessions=tuple(sessions), **said)


def found(given):
    return [(mark.section, mark.state.value) for mark in marks(given)]


FULL = days(date(2026, 1, 1), 167, 0)
"""Every day until yesterday, without headache."""


def months(*counts, recorded=None, classes=()):
    """Headache days of January to May, each month whole unless told otherwise, and a full June without any."""
    lengths = (31, 28, 31, 30, 31)
    told = [
        day
        for month, (length, headaches) in enumerate(zip(lengths, counts, strict=True), start=1)
        for day in days(date(2026, month, 1), (recorded or {}).get(month, length), headaches, classes)
    ]
    return told + days(date(2026, 6, 1), 16, 0)


# --- Decision ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sessions", "more", "is_due"),
    [
        ([ago(168), ago(84)], {}, True),  # the second twelve weeks ended yesterday
        ([ago(167), ago(83)], {}, False),  # their last day is today
        ([ago(84)], {}, False),
        ([ago(140), ago(70), ago(1)], {}, True),  # an earlier third injection ended the second cycle
        ([ago(140), ago(70), TODAY], {}, True),
        ([ago(400), ago(300)], {"decided_on": ago(217)}, False),  # on its last day
        ([ago(400), ago(300)], {"decided_on": ago(218)}, True),  # the day before
        ([ago(400), ago(300)], {"decided_on": ago(230), "cycle_decided": 2}, False),  # in weeks 9 to 12 of it
        ([ago(400), ago(300)], {"decided_on": ago(230), "cycle_decided": 1}, True),
        ([ago(400), ago(300)], {"decided_on": ago(250), "stopped_on": ago(250)}, False),
        (
            [ago(400), ago(300), ago(100)],
            {"decided_on": ago(250), "stopped_on": ago(250)},
            True,
        ),  # began again
        ([ago(168), ago(84)], {"decision_cycles": 3}, False),
        ([ago(252), ago(168), ago(84)], {"decision_cycles": 3}, True),
    ],
)
def test_decision_due(sessions, more, is_due):
    assert (section(marks(facts(FULL, sessions, **more))) is S.DECISION) is is_due


# --- Injection -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sessions", "more", "is_due"),
    [
        ([ago(84)], {}, True),
        ([ago(83)], {}, False),
        ([ago(83)], {"appointment": TODAY}, True),
        ([ago(90)], {"appointment": ago(-1)}, False),  # the agreed day has not come
        ([ago(90)], {"appointment": ago(90)}, True),  # a session on it ended the appointment
        ([ago(10)], {"appointment": ago(12)}, False),
        ([], {"appointment": TODAY}, True),
        ([], {}, False),
        ([ago(90)], {"decided_on": ago(90), "stopped_on": ago(90)}, False),
        ([ago(90)], {"decided_on": ago(91), "stopped_on": ago(91)}, True),
        ([ago(90)], {"decided_on": ago(1)}, True),
    ],
)
def test_injection_due(sessions, more, is_due):
    assert ((S.INJECTION, "reached") in found(facts(FULL, sessions, **more))) is is_due


# --- Overuse -------------------------------------------------------------------------------------------------

TRIPTAN, OPIOID = MedicationClass.TRIPTAN, MedicationClass.OPIOID


@pytest.mark.parametrize(
    ("counts", "recorded", "classes", "state"),
    [
        ((0, 15, 15, 15, 15), {}, {TRIPTAN}, "reached"),
        ((31, 14, 15, 15, 15), {}, {TRIPTAN}, None),  # one of the last four months is short of it
        ((0, 15, 15, 15, 15), {}, {MedicationClass.GEPANT}, None),  # no published limit
        ((0, 15, 15, 15, 15), {}, {MedicationClass.ANTIEMETIC}, None),
        ((0, 15, 15, 14, 15), {4: 29}, {TRIPTAN}, "uncertain"),
        ((0, 15, 15, 14, 15), {4: 21}, {TRIPTAN}, "uncertain"),  # 70 % of thirty days
        ((0, 15, 15, 14, 15), {4: 20}, {TRIPTAN}, None),  # too little is recorded to say even that
        ((0, 15, 15, 15, 15), {4: 15}, {TRIPTAN}, "reached"),  # what is counted is counted
    ],
)
def test_overuse_pattern(counts, recorded, classes, state):
    told = dict(found(facts(months(*counts, recorded=recorded, classes=classes), [ago(30)])))
    assert told.get(S.OVERUSE) == state


def test_overuse_names_every_limit_that_is_reached():
    [mark] = [
        one
        for one in marks(facts(months(0, 15, 15, 15, 15, classes={TRIPTAN, OPIOID}), [ago(30)]))
        if one.section is S.OVERUSE
    ]
    assert [rule.code for rule in mark.rules] == ["8.2.2", "8.2.4"]
    assert [month.headache_days for month in mark.months] == [15, 15, 15, 15]


# --- Not yet treated, fewer than 15 ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("may", "recorded", "sessions", "state"),
    [
        (15, {}, [], "reached"),
        (14, {}, [], None),
        (14, {5: 30}, [], "uncertain"),
        (14, {5: 22}, [], "uncertain"),
        (14, {5: 21}, [], None),
        (15, {5: 15}, [], "reached"),
        (31, {}, [ago(100)], None),
    ],
)
def test_not_yet_treated(may, recorded, sessions, state):
    assert dict(found(facts(months(0, 0, 0, 0, may, recorded=recorded), sessions))).get(S.UNTREATED) == state


def test_not_yet_treated_in_this_month_already():
    told = [*months(0, 0, 0, 0, 0)[:151], *days(date(2026, 6, 1), 16, 15)]
    [mark] = marks(facts(told))
    assert (mark.section, mark.months[0].month) == (S.UNTREATED, date(2026, 6, 1))


@pytest.mark.parametrize(
    ("counts", "recorded", "first", "state"),
    [
        ((31, 28, 14, 14, 14), {}, date(2026, 3, 1), "reached"),
        ((31, 28, 14, 14, 14), {}, date(2026, 3, 2), None),  # March began before the treatment
        ((31, 28, 14, 14, 15), {}, date(2026, 2, 1), None),
        ((31, 28, 14, 14, 14), {5: 30}, date(2026, 2, 1), "uncertain"),
        (
            (31, 28, 14, 13, 14),
            {4: 29},
            date(2026, 2, 1),
            "reached",
        ),  # the missing day cannot make it fifteen
        ((31, 28, 14, 14, 14), {5: 21}, date(2026, 2, 1), None),
    ],
)
def test_fewer_than_15_for_3_months(counts, recorded, first, state):
    told = found(facts(months(*counts, recorded=recorded), [first, ago(30)]))
    assert dict(told).get(S.EPISODIC) == state


def test_who_was_stopped_is_asked_nothing_of_the_treatment():
    sessions = [date(2026, 1, 2), date(2026, 3, 1)]
    given = facts(months(31, 28, 0, 0, 0), sessions, decided_on=date(2026, 3, 1), stopped_on=date(2026, 3, 1))
    assert section(marks(given)) is S.OTHERS


# --- The diary -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ([], S.SILENT),
        (days(ago(28), 14, 0), S.SILENT),  # the last one 15 days ago
        (days(ago(28), 15, 0), S.THIN),  # 14 days ago
        (days(ago(28), 19, 0), S.THIN),
        (days(ago(28), 20, 0), S.OTHERS),
        (days(ago(200), 172, 0), S.SILENT),
        ([Day(TODAY, Headache.NONE)], S.THIN),
    ],
)
def test_thin_and_silent_diaries(recorded, expected):
    assert section(marks(facts(recorded))) is expected


def test_first_section_that_fits_and_marks_for_the_others():
    given = facts(months(0, 15, 15, 15, 15, classes={TRIPTAN})[:150], [ago(168), ago(84)])
    assert found(given) == [
        (S.DECISION, "reached"),
        (S.INJECTION, "reached"),
        (S.OVERUSE, "reached"),
        (S.SILENT, "reached"),
    ]
    assert marks(given)[2].state is Reached.REACHED


def test_nobody_is_called_treated_or_not_by_a_diary_alone():
    assert marks(facts(FULL)) == []
    assert section([]) is S.OTHERS
