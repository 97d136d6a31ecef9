"""What was changed after the fact, and when the baseline moved: tables of cases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.rules import (
    ChangedWindow,
    Moved,
    MovedBaseline,
    SessionEvent,
    changed_windows,
    moved_baselines,
)
from diary.rules import (
    ChangedDay,
    Day,
    EarlierDay,
    Feature,
    Headache,
    MedicationClass,
    Relief,
    changed_after_the_fact,
    is_after_the_fact,
)

DAY = date(2026, 3, 10)
FREE = Day(DAY, Headache.NONE)
MILD = Day(DAY, Headache.MILD)
SEVERE = Day(DAY, Headache.SEVERE)


def later(days):
    return DAY + timedelta(days=days)


def moment(days, second=0):
    return datetime(2026, 3, 10, 20, 0, second, tzinfo=UTC) + timedelta(days=days)


def until(days, said, recorded=0, second=0, deleted=False):
    """What was recorded until so many days after the day; first recorded `recorded` days after it."""
    recorded_on = None if recorded is None else later(recorded)
    return EarlierDay(said, recorded_on, moment(days, second), later(days), deleted)


# --- One change ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recorded", "replaced", "expected"),
    [
        (0, 0, False),
        (0, 1, False),
        (0, 2, False),
        (0, 3, True),
        (0, 400, True),
        (2, 2, False),
        (2, 3, True),
        (5, 5, False),
        (5, 6, True),
        (30, 30, False),
        (30, 31, True),
        (None, 2, False),
        (None, 3, True),
        (0, -1, False),
    ],
)
def test_a_day_stands_from_the_third_day_or_the_day_after_it_was_recorded(recorded, replaced, expected):
    recorded_on = None if recorded is None else later(recorded)
    assert is_after_the_fact(DAY, recorded_on, later(replaced)) is expected


CASES = [
    ("never changed", [], MILD, None),
    ("changed on the evening", [until(0, MILD)], SEVERE, None),
    ("changed after two days", [until(2, MILD)], SEVERE, None),
    ("changed after three days", [until(3, MILD)], SEVERE, (MILD, SEVERE, 3)),
    (
        "evening's taps, then a change",
        [until(0, FREE), until(0, MILD, second=1), until(9, SEVERE)],
        MILD,
        (SEVERE, MILD, 9),
    ),
    ("late, all taps of one day", [until(5, MILD, 5), until(5, SEVERE, 5, second=9)], FREE, None),
    ("late, changed the day after", [until(5, FREE, 5), until(6, MILD, 5)], SEVERE, (MILD, SEVERE, 6)),
    ("imported, replaced", [until(40, MILD, None)], SEVERE, (MILD, SEVERE, 40)),
    ("deleted", [until(7, MILD, deleted=True)], None, (MILD, None, 7)),
    ("deleted in time", [until(1, MILD, deleted=True)], None, None),
    ("late and undone at once", [until(5, MILD, 5, deleted=True)], None, None),
    ("deleted, recorded anew otherwise", [until(7, MILD, deleted=True)], SEVERE, (MILD, SEVERE, 7)),
    ("deleted, recorded anew alike", [until(7, MILD, deleted=True)], MILD, None),
    (
        "deleted, anew, its taps",
        [until(7, MILD, deleted=True), until(7, FREE, 7, second=5)],
        SEVERE,
        (MILD, SEVERE, 7),
    ),
    ("changed and taken back", [until(7, MILD), until(7, SEVERE, second=3)], MILD, None),
    ("changed and taken back later", [until(7, MILD), until(30, SEVERE)], MILD, None),
    ("changed twice", [until(7, MILD), until(30, FREE)], SEVERE, (MILD, SEVERE, 30)),
    ("changed, then only a note", [until(7, MILD), until(30, SEVERE)], SEVERE, (MILD, SEVERE, 7)),
    ("only a note", [until(7, MILD)], MILD, None),
    ("versions in disorder", [until(30, FREE), until(7, MILD)], SEVERE, (MILD, SEVERE, 30)),
]


@pytest.mark.parametrize(
    ("earlier", "now", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_net_change_since_the_day_stood(earlier, now, expected):
    found = changed_after_the_fact(earlier, {DAY: now} if now else {})
    assert found == ([ChangedDay(DAY, expected[0], expected[1], later(expected[2]))] if expected else [])


@pytest.mark.parametrize(
    "other",
    [
        MILD._replace(pain=3),
        MILD._replace(migraine=True),
        MILD._replace(migraine=False),
        MILD._replace(features=frozenset({Feature.NAUSEA})),
        MILD._replace(classes=frozenset({MedicationClass.TRIPTAN})),
        MILD._replace(classes=frozenset({MedicationClass.ANTIEMETIC})),
        MILD._replace(relief=Relief.FULL),
    ],
)
def test_each_counted_part_is_a_change(other):
    assert len(changed_after_the_fact([until(3, MILD)], {DAY: other})) == 1
    assert len(changed_after_the_fact([until(3, other)], {DAY: MILD})) == 1


def test_days_come_in_order_and_do_not_mix():
    second = Day(later(-1), Headache.MILD)
    earlier = [
        until(9, MILD),
        EarlierDay(second, later(-1), moment(8), later(8), True),
    ]
    found = changed_after_the_fact(earlier, {DAY: SEVERE})
    assert [(one.when, one.now) for one in found] == [(later(-1), None), (DAY, SEVERE)]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from([FREE, MILD, SEVERE])), max_size=6),
    st.sampled_from([FREE, MILD, None]),
)
def test_whatever_happened_a_day_that_says_the_same_is_not_listed(changes, now):
    earlier = [
        until(days, said, second=at) for at, (days, said) in enumerate(sorted(changes, key=lambda c: c[0]))
    ]
    stood = [version.day for version in earlier if version.replaced_on > later(2)]
    found = changed_after_the_fact(earlier, {DAY: now} if now else {})
    assert bool(found) is bool(stood and stood[0] != now)
    assert all(one.was == stood[0] and one.changed_on > later(2) for one in found)


# --- The baseline --------------------------------------------------------------------------------------------

FIRST = date(2026, 2, 3)


def window(first):
    return first - timedelta(days=28), first - timedelta(days=1)


def event(session, day, given_on, second=0):
    """On this day of March a session was recorded, or corrected, as given on a date."""
    at = datetime(2026, 3, day, 9, 0, second, tzinfo=UTC)
    return SessionEvent(session, at, at.date(), given_on)


MARCH_5 = date(2026, 3, 5)
EARLIER, LATER = date(2026, 1, 6), date(2026, 2, 10)
MOVES = [
    ("nothing", [], []),
    ("one session", [event(1, 2, FIRST)], []),
    ("a later one", [event(1, 2, FIRST), event(2, 5, LATER)], []),
    (
        "first changed to later",
        [event(1, 2, FIRST), event(1, 5, LATER)],
        [(FIRST, LATER, Moved.DATE_CHANGED)],
    ),
    (
        "first changed to earlier",
        [event(1, 2, FIRST), event(1, 5, EARLIER)],
        [(FIRST, EARLIER, Moved.DATE_CHANGED)],
    ),
    (
        "an earlier one recorded",
        [event(1, 2, FIRST), event(2, 5, EARLIER)],
        [(FIRST, EARLIER, Moved.EARLIER_RECORDED)],
    ),
    (
        "the second becomes the first",
        [event(1, 2, FIRST), event(2, 2, LATER), event(2, 5, EARLIER)],
        [(FIRST, EARLIER, Moved.DATE_CHANGED)],
    ),
    (
        "first moves behind the second",
        [event(1, 2, FIRST), event(2, 2, LATER), event(1, 5, date(2026, 3, 1))],
        [(FIRST, LATER, Moved.DATE_CHANGED)],
    ),
    ("corrected on the day it was recorded", [event(1, 5, FIRST), event(1, 5, EARLIER, 9)], []),
    ("imported in one go", [event(n, 5, LATER - timedelta(days=84 * n), n) for n in range(4)], []),
    ("there and back in a day", [event(1, 2, FIRST), event(1, 5, EARLIER), event(1, 5, FIRST, 9)], []),
    (
        "two corrections in a day",
        [event(1, 2, FIRST), event(1, 5, LATER), event(1, 5, EARLIER, 9)],
        [(FIRST, EARLIER, Moved.DATE_CHANGED)],
    ),
    (
        "recorded and corrected in a day",
        [event(1, 2, FIRST), event(2, 5, LATER), event(2, 5, EARLIER, 9)],
        [(FIRST, EARLIER, Moved.EARLIER_RECORDED)],
    ),
    ("another field changed", [event(1, 2, FIRST), event(1, 5, FIRST)], []),
    ("in disorder", [event(1, 5, LATER), event(1, 2, FIRST)], [(FIRST, LATER, Moved.DATE_CHANGED)]),
]


@pytest.mark.parametrize(("events", "moves"), [case[1:] for case in MOVES], ids=[case[0] for case in MOVES])
def test_moved_baselines(events, moves):
    assert moved_baselines(events) == [
        MovedBaseline(MARCH_5, window(was), window(now), why) for was, now, why in moves
    ]


def test_each_move_is_told():
    events = [event(1, 2, FIRST), event(1, 5, EARLIER), event(1, 9, FIRST)]
    assert [(move.on.day, move.now) for move in moved_baselines(events)] == [
        (5, window(EARLIER)),
        (9, window(FIRST)),
    ]


# --- The windows that are compared ---------------------------------------------------------------------------


def changed(day, on):
    return ChangedDay(day, MILD._replace(date=day), None, on)


def in_cycle(day):
    return FIRST + timedelta(days=day)


WINDOWS = [
    ("nothing", [], [FIRST], []),
    ("no session", [changed(in_cycle(-1), in_cycle(9))], [], []),
    ("last day of the baseline", [changed(in_cycle(-1), in_cycle(9))], [FIRST], [(0, 1, 9)]),
    ("first day of the baseline", [changed(in_cycle(-28), in_cycle(9))], [FIRST], [(0, 1, 9)]),
    ("before the baseline", [changed(in_cycle(-29), in_cycle(9))], [FIRST], []),
    ("changed before the injection", [changed(in_cycle(-20), in_cycle(-1))], [FIRST], []),
    ("changed on the day of the injection", [changed(in_cycle(-20), in_cycle(0))], [FIRST], []),
    ("changed the day after", [changed(in_cycle(-20), in_cycle(1))], [FIRST], [(0, 1, 1)]),
    ("weeks 1 to 8", [changed(in_cycle(55), in_cycle(90))], [FIRST], []),
    ("first day of weeks 9 to 12", [changed(in_cycle(56), in_cycle(90))], [FIRST], [(1, 1, 90)]),
    ("last day of weeks 9 to 12", [changed(in_cycle(83), in_cycle(90))], [FIRST], [(1, 1, 90)]),
    ("after them", [changed(in_cycle(84), in_cycle(90))], [FIRST], []),
    ("window cut away", [changed(in_cycle(57), in_cycle(90))], [FIRST, in_cycle(50)], []),
    (
        "several",
        [
            changed(in_cycle(-2), in_cycle(9)),
            changed(in_cycle(-1), in_cycle(7)),
            changed(in_cycle(60), in_cycle(70)),
        ],
        [FIRST],
        [(0, 2, 9), (1, 1, 70)],
    ),
    ("second cycle", [changed(in_cycle(84 + 56), in_cycle(200))], [in_cycle(84), FIRST], [(2, 1, 200)]),
]


@pytest.mark.parametrize(
    ("days", "sessions", "expected"), [case[1:] for case in WINDOWS], ids=[case[0] for case in WINDOWS]
)
def test_changed_windows(days, sessions, expected):
    assert changed_windows(days, sessions) == [
        ChangedWindow(cycle, n, in_cycle(last)) for cycle, n, last in expected
    ]
