"""Invents a diary: what a person with a given course of headache would have written down.

Pure: the same person, dates and random numbers give the same diary. Headache days follow an expected rate
per day that is never left far behind, so that a course shows in every window of four weeks, and come in
attacks of one to three days.
"""

from __future__ import annotations

from datetime import date, timedelta
from math import sin
from random import Random
from typing import NamedTuple

from clinic.demonstration.people import COURSES, KITS, Course, Person
from clinic.rules import CYCLE_DAYS
from diary.rules import Disability, Feature, Headache, Relief

DAYS_BEFORE_TREATMENT = 120
OWN_GAPS = (0, 1, 9, 18)
"""Days ago that the account's diary lacks in its last four weeks: there is something left to do today."""

NOTES = (
    "Slept badly",
    "Woke up with it",
    "Long day at the screen",
    "Stayed in a dark room",
    "Stressful day at work",
    "Started in the neck",
    "Went for a walk, that helped a little",
    "Skipped lunch",
    "Thunderstorm in the afternoon",
    "Had to leave work early",
    "Long drive",
    "Came back in the evening",
)
FREE_NOTES = (
    "Good day",
    "Clear head all day",
    "Went swimming",
    "First free weekend in a while",
    "A bit tired",
)

WORDS = (Headache.MILD, Headache.MODERATE, Headache.SEVERE)
PAIN = {Headache.MILD: (1, 3), Headache.MODERATE: (4, 6), Headache.SEVERE: (7, 9)}
HOURS = {Headache.MILD: (2, 10), Headache.MODERATE: (6, 30), Headache.SEVERE: (12, 48)}
"""In half hours."""
THINKS_MIGRAINE = {Headache.MILD: 0.08, Headache.MODERATE: 0.45, Headache.SEVERE: 0.85}
DISABILITY = {
    Headache.MILD: (0.9, 0.1, 0.0),
    Headache.MODERATE: (0.5, 0.45, 0.05),
    Headache.SEVERE: (0.1, 0.5, 0.4),
}
FEATURES = {
    Headache.MILD: ((), (Feature.ONE_SIDED,), (Feature.PHONOPHOBIA,)),
    Headache.MODERATE: (
        (Feature.ONE_SIDED, Feature.PHOTOPHOBIA),
        (Feature.ONE_SIDED, Feature.PULSATING, Feature.NAUSEA),
        (Feature.PULSATING, Feature.PHOTOPHOBIA, Feature.PHONOPHOBIA),
        (Feature.WORSE_WITH_ACTIVITY,),
    ),
    Headache.SEVERE: (
        (Feature.ONE_SIDED, Feature.PULSATING, Feature.WORSE_WITH_ACTIVITY, Feature.NAUSEA),
        (Feature.PULSATING, Feature.NAUSEA, Feature.VOMITING, Feature.PHOTOPHOBIA, Feature.PHONOPHOBIA),
        (Feature.ONE_SIDED, Feature.WORSE_WITH_ACTIVITY, Feature.PHOTOPHOBIA, Feature.PHONOPHOBIA),
        (Feature.ONE_SIDED, Feature.PULSATING, Feature.NAUSEA, Feature.AURA),
    ),
}


class Told(NamedTuple):
    """One recorded day. `taken`: doses by the medicine's place in the person's kit."""

    date: date
    recorded_on: date | None
    headache: Headache
    pain: int | None
    hours: float | None
    migraine: bool | None
    features: tuple[Feature, ...]
    relief: Relief | None
    disability: Disability | None
    menstruation: bool | None
    note: str
    taken: dict[int, int]


class Story(NamedTuple):
    """A person's first diary date, injection dates and recorded days."""

    starts_on: date
    sessions: list[date]
    days: list[Told]


def story(person: Person, today: date, history: int, chance: Random) -> Story:
    """The last `history` days of a person, as far as the person's course reaches back."""
    course = COURSES[person.course]
    starts_on = today - timedelta(days=min(history, course.diary_days or history))
    sessions = _sessions(person, course, starts_on, today, chance)
    length = (today - starts_on).days + 1
    periods = _periods(length, chance) if person.has_periods else set()
    headaches = _headaches(_rates(course, starts_on, length, sessions, periods, chance), chance)
    days = []
    for offset, has_headache in enumerate(headaches):
        when = starts_on + timedelta(days=offset)
        if _is_recorded(person, course, (today - when).days, chance):
            told = _headache_day(when, course, chance) if has_headache else _free_day(when, chance)
            recorded_on = None if course.on_paper else _recorded_on(when, today, chance)
            days.append(
                told._replace(recorded_on=recorded_on, menstruation=True if offset in periods else None)
            )
    if person.is_account:
        days = _near_the_limit(days, today, course, chance)
    return Story(starts_on, sessions, days)


# --- What happens -------------------------------------------------------------------------------------------


def _sessions(person: Person, course: Course, starts_on: date, today: date, chance: Random) -> list[date]:
    """Injections about every twelve weeks, backwards from the last one, with a baseline before the first."""
    # A short diary that begins treatment keeps what it has before the injection as its baseline.
    earliest = starts_on + timedelta(days=28 if course.diary_days else DAYS_BEFORE_TREATMENT - 28)
    found: list[date] = []
    when = today - timedelta(days=person.last_session)
    while when >= earliest and (course.sessions is None or len(found) < course.sessions):
        found.insert(0, when)
        interval = chance.choice(course.intervals)
        when -= timedelta(days=course.early if course.early and len(found) == 1 else interval)
    return found


def _periods(length: int, chance: Random) -> set[int]:
    found: set[int] = set()
    begins = chance.randrange(28)
    while begins < length:
        found.update(range(begins, begins + chance.choice((4, 5, 5))))
        begins += chance.randint(26, 30)
    return found


def _rates(
    course: Course, starts_on: date, length: int, sessions: list[date], periods: set[int], chance: Random
) -> list[float]:
    """Headache days expected on each day."""
    phase = chance.random() * 6
    starts = [(session - starts_on).days for session in sessions]
    found, cycle = [], -1
    for offset in range(length):
        if cycle + 1 < len(starts) and starts[cycle + 1] <= offset:
            cycle += 1
        benefit = _benefit(course, cycle, offset - starts[cycle]) if cycle >= 0 else 0.0
        rate = course.headache_days / 28 * (1 - benefit) * (1 + 0.04 * sin(offset / 40 + phase))
        found.append(min(0.97, rate + (0.12 if offset in periods else 0)))
    return found


def _benefit(course: Course, cycle: int, day: int) -> float:
    """The share of headache days that the treatment takes away on a day of a cycle."""
    full = course.effect[min(cycle, len(course.effect) - 1)]
    onset = min(1.0, (0.3 if cycle == 0 else 0.7) + day / 21)
    if day < 56:
        return full * onset
    worn = course.fading * min(1.0, (day - 56) / 14)
    gone = min(1.0, max(0, day - CYCLE_DAYS) / 60)
    return full * (1 - worn) * (1 - gone)


def _headaches(rates: list[float], chance: Random) -> list[bool]:
    found, owed, left, start_at = [], chance.random(), 0, 0.5
    for rate in rates:
        owed += rate
        if not left and owed > start_at:
            left, start_at = chance.choice((1, 1, 2, 2, 3)), chance.uniform(0.1, 1.2)
        found.append(left > 0)
        if left:
            left -= 1
            owed -= 1
    return found


# --- What is written down -----------------------------------------------------------------------------------


def _is_recorded(person: Person, course: Course, days_ago: int, chance: Random) -> bool:
    if person.is_account and days_ago < 28:
        return days_ago not in OWN_GAPS
    recorded = chance.random() < (0.5 if days_ago == 0 else course.recorded)
    return recorded and days_ago >= course.silent_days


def _recorded_on(when: date, today: date, chance: Random) -> date:
    late = chance.choices((0, 1, 2, 3, 5, 8), (80, 12, 3, 2, 2, 1))[0]
    return min(today, when + timedelta(days=late))


def _free_day(when: date, chance: Random) -> Told:
    note = chance.choice(FREE_NOTES) if chance.random() < 0.015 else ""
    return Told(when, None, Headache.NONE, None, None, None, (), None, None, None, note, {})


def _headache_day(when: date, course: Course, chance: Random) -> Told:
    word = chance.choices(WORDS, (0.3, 0.42, 0.28))[0]
    asked = chance.random() < 0.7
    taken = _taken(course, word, chance)
    relief = (Relief.NONE, Relief.PARTIAL, Relief.PARTIAL, Relief.FULL)
    return Told(
        when,
        None,
        Headache.YES if chance.random() < 0.04 else word,
        chance.randint(*PAIN[word]) if chance.random() < 0.85 else None,
        chance.randint(*HOURS[word]) / 2 if chance.random() < 0.75 else None,
        chance.random() < THINKS_MIGRAINE[word] if asked else None,
        chance.choice(FEATURES[word]) if asked else (),
        chance.choice(relief) if taken and chance.random() < 0.85 else None,
        chance.choices(tuple(Disability), DISABILITY[word])[0] if chance.random() < 0.8 else None,
        None,
        chance.choice(NOTES) if chance.random() < 0.06 else "",
        taken,
    )


def _taken(course: Course, word: Headache, chance: Random) -> dict[int, int]:
    place = WORDS.index(word)
    return {
        number: chance.choice((1, 1, chance.randint(1, use.most_doses)))
        for number, use in enumerate(KITS[course.kit])
        if chance.random() < (use.mild, use.moderate, use.severe)[place]
    }


def _near_the_limit(days: list[Told], today: date, course: Course, chance: Random) -> list[Told]:
    """The account's diary with eight triptan days by the third week of this month: close to the limit of ten.

    The triptan is the first medicine of the kit.
    """
    wanted = min(8, round(today.day * 0.38))
    places = [place for place, told in enumerate(days) if told.date >= today.replace(day=1)]
    chance.shuffle(places)
    places.sort(key=lambda place: (0 not in days[place].taken, days[place].headache is Headache.NONE))
    for place in places[:wanted]:
        if days[place].headache is Headache.NONE:
            fresh = _headache_day(days[place].date, course, chance)
            days[place] = fresh._replace(
                recorded_on=days[place].recorded_on, menstruation=days[place].menstruation
            )
        days[place] = days[place]._replace(taken={0: 1} | days[place].taken)
    for place in places[wanted:]:
        days[place].taken.pop(0, None)
        if not days[place].taken:
            days[place] = days[place]._replace(relief=None)
    return days
