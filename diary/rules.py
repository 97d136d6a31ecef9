"""What is counted in a headache diary, and against which published number.

Pure functions over values: the standard library, no database, no clock. A neurologist should be able to read
this file with us. Sources are named beside each rule; ICHD-3 is the International Classification of Headache
Disorders, 3rd edition (2018).

A day that was not recorded is never a headache-free day: every count travels with the days that are missing,
and every threshold answers with a `Reached`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple


class Headache(StrEnum):
    """What was said of a recorded day. `YES` is a headache whose severity was not recorded."""

    NONE = "none"
    YES = "yes"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class Feature(StrEnum):
    """What went with the headache, as ICHD-3 1.1 C and D and 1.2 name it."""

    ONE_SIDED = "one_sided"
    PULSATING = "pulsating"
    WORSE_WITH_ACTIVITY = "worse_with_activity"
    NAUSEA = "nausea"
    VOMITING = "vomiting"
    PHOTOPHOBIA = "photophobia"
    PHONOPHOBIA = "phonophobia"
    AURA = "aura"


class Relief(StrEnum):
    """Two hours after the acute medicine."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


class Disability(StrEnum):
    """How far the headache kept a person from the day's work."""

    NONE = "none"
    PARTLY = "partly"
    BED = "bed"


class MedicationClass(StrEnum):
    """The classes in which acute medicines are counted (ICHD-3 8.2); antiemetics are never a medication day."""

    TRIPTAN = "triptan"
    ERGOT = "ergot"
    OPIOID = "opioid"
    COMBINATION = "combination"
    NON_OPIOID = "non_opioid"
    GEPANT = "gepant"
    DITAN = "ditan"
    OTHER = "other"
    ANTIEMETIC = "antiemetic"


COUNTED_CLASSES = tuple(c for c in MedicationClass if c is not MedicationClass.ANTIEMETIC)


class Reached(StrEnum):
    """What every threshold answers.

    `UNCERTAIN`: the missing days could decide it either way. `CANNOT_EVALUATE`: too little is recorded, or the
    time has not come.
    """

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    UNCERTAIN = "uncertain"
    CANNOT_EVALUATE = "cannot_evaluate"
    NOT_APPLICABLE = "not_applicable"


class Day(NamedTuple):
    """One recorded calendar day in the patient's own time zone. A date without a `Day` is missing.

    `pain`: worst pain 0–10, `None` not recorded. `migraine`: the patient's own opinion, `None` not asked or not
    answered. `classes`: the classes of the medicines taken, whatever they were taken for.
    """

    date: date
    headache: Headache
    pain: int | None = None
    migraine: bool | None = None
    features: frozenset[Feature] = frozenset()
    classes: frozenset[MedicationClass] = frozenset()
    relief: Relief | None = None


# --- Corrections ---------------------------------------------------------------------------------------------

LATE_DAYS = 2
"""What is recorded, changed or deleted more than this many days after a day is said to be so (ours)."""


def is_late(when: date, recorded_on: date | None) -> bool:
    """First recorded more than two days afterwards; not where it is not known when."""
    return recorded_on is not None and (recorded_on - when).days > LATE_DAYS


class EarlierDay(NamedTuple):
    """What was recorded of a day until a change or a deletion took its place. Dates are the patient's own.

    `recorded_on`: when the day was first recorded, `None` not known.
    """

    day: Day
    recorded_on: date | None
    replaced_at: datetime
    replaced_on: date
    is_deletion: bool


def is_after_the_fact(when: date, recorded_on: date | None, replaced_on: date) -> bool:
    """Was a day changed when it stood already? Until then all taps belong to recording it.

    It stands from the third day on, and a day that was first recorded later from the day after that.
    """
    stands_until = when + timedelta(days=LATE_DAYS)
    return replaced_on > max(stands_until, recorded_on or stands_until)


@dataclass(frozen=True, slots=True)
class ChangedDay:
    """A day that counts otherwise than it did when it stood already. `now` `None`: it was deleted."""

    when: date
    was: Day
    now: Day | None
    changed_on: date


def changed_after_the_fact(earlier: Iterable[EarlierDay], standing: Mapping[date, Day]) -> list[ChangedDay]:
    """The days that now count otherwise than they did when they stood, in order of date.

    A change that was taken back leaves nothing to tell, and what is not counted (a note) tells nothing here.
    """
    by_date: dict[date, list[EarlierDay]] = defaultdict(list)
    for version in sorted(earlier, key=attrgetter("replaced_at")):
        if by_date[version.day.date] or is_after_the_fact(
            version.day.date, version.recorded_on, version.replaced_on
        ):
            by_date[version.day.date].append(version)
    found = [
        _changed_day(versions, standing.get(when)) for when, versions in sorted(by_date.items()) if versions
    ]
    return [changed for changed in found if changed.was != changed.now]


def _changed_day(versions: Sequence[EarlierDay], now: Day | None) -> ChangedDay:
    following = [*(version.day for version in versions[1:]), now]
    changed_on = [
        version.replaced_on
        for version, then in zip(versions, following, strict=True)
        if version.is_deletion or version.day != then
    ]
    first = versions[0]
    return ChangedDay(first.day.date, first.day, now, max(changed_on, default=first.replaced_on))


# --- One day -------------------------------------------------------------------------------------------------


def severity(day: Day) -> Headache:
    """The word given, or what the 0–10 pain says where the word is a bare yes: 1–3, 4–6, 7–10.

    `Headache.YES` when neither was recorded.
    """
    if day.headache is not Headache.YES or not day.pain:
        return day.headache
    if day.pain <= 3:
        return Headache.MILD
    return Headache.MODERATE if day.pain <= 6 else Headache.SEVERE


def is_moderate_or_severe(day: Day) -> bool:
    """Peak pain moderate or severe."""
    return severity(day) in (Headache.MODERATE, Headache.SEVERE)


def has_migraine_features(day: Day) -> bool:
    """ICHD-3 1.1 C (two of four characteristics) and D (nausea or vomiting, or light and sound)."""
    characteristics = {Feature.ONE_SIDED, Feature.PULSATING, Feature.WORSE_WITH_ACTIVITY} & day.features
    criterion_c = len(characteristics) + is_moderate_or_severe(day) >= 2
    criterion_d = bool({Feature.NAUSEA, Feature.VOMITING} & day.features) or (
        {Feature.PHOTOPHOBIA, Feature.PHONOPHOBIA} <= day.features
    )
    return criterion_c and criterion_d


MIGRAINE_SPECIFIC = frozenset(
    {MedicationClass.TRIPTAN, MedicationClass.ERGOT, MedicationClass.GEPANT, MedicationClass.DITAN}
)


def _is_pragmatic_migraine_day(day: Day) -> bool:
    return day.headache is not Headache.NONE and (
        day.migraine is True
        or bool(MIGRAINE_SPECIFIC & day.classes)
        or Feature.AURA in day.features
        or has_migraine_features(day)
    )


def _is_ichd3_migraine_day(day: Day) -> bool:
    relieved = bool({MedicationClass.TRIPTAN, MedicationClass.ERGOT} & day.classes) and (
        day.relief in (Relief.PARTIAL, Relief.FULL)
    )
    return day.headache is not Headache.NONE and (
        has_migraine_features(day) or Feature.AURA in day.features or (day.migraine is True and relieved)
    )


@dataclass(frozen=True, slots=True, eq=False)
class MigraineDay:
    """A definition of the migraine day. The sources differ, so the definition used is printed with the count."""

    key: str
    source: str
    holds: Callable[[Day], bool]


PRAGMATIC = MigraineDay(
    "pragmatic",
    "van der Arend and colleagues (e-diary study): migraine features, aura, or a migraine-specific medicine "
    "whatever its effect; or the patient's own opinion",
    _is_pragmatic_migraine_day,
)
ICHD3 = MigraineDay(
    "ichd3",
    "ICHD-3 1.3 C: features of 1.1 C and D, aura, or believed to be migraine and relieved by a triptan or ergot",
    _is_ichd3_migraine_day,
)
MIGRAINE_DAYS = {definition.key: definition for definition in (PRAGMATIC, ICHD3)}


class DayKind(NamedTuple):
    """All that counting asks of a day. Few differ, so a window is counted by kind rather than day by day."""

    headache: bool
    migraine: bool
    moderate_severe: bool
    medicated: bool
    """Any counted class was taken."""
    several_classes: bool
    """A class that ICHD-3 8.2.6 adds up was taken."""
    classes: frozenset[MedicationClass]


@lru_cache(maxsize=65_536)
def _kind(definition: MigraineDay, said: tuple[Any, ...]) -> DayKind:
    day = Day(date.min, *said)
    classes = day.classes - {MedicationClass.ANTIEMETIC}
    return DayKind(
        day.headache is not Headache.NONE,
        definition.holds(day),
        is_moderate_or_severe(day),
        bool(classes),
        bool(classes & SEVERAL_CLASSES_RULE.classes),
        classes,
    )


def kind_of(day: Day, definition: MigraineDay = PRAGMATIC) -> DayKind:
    """What counting asks of one day."""
    return _kind(definition, day[1:])


# --- Thresholds ----------------------------------------------------------------------------------------------

CHRONIC_HEADACHE_DAYS = 15
"""Headache days a month. ICHD-3 1.3 A."""
CHRONIC_MIGRAINE_DAYS = 8
"""Migraine days a month. ICHD-3 1.3 C."""
CHRONIC_MONTHS = 4
"""ICHD-3 1.3 and 8.2 ask for more than 3 months: the fourth consecutive one."""
CYCLE_DAYS_RECORDED = 20
"""Days recorded of 28 below which nothing is estimated or compared (PREEMPT's screening diary asked the same)."""


def threshold(counted: int, missing: int, published: int) -> Reached:
    """Has a count of days reached a published number of days, with `missing` days that could be either?"""
    if counted >= published:
        return Reached.REACHED
    return Reached.NOT_REACHED if counted + missing < published else Reached.UNCERTAIN


def half_up(value: Fraction) -> float:
    """Rounded to one decimal, halves away from zero: for showing, never for comparing."""
    tenths = (abs(value.numerator) * 20 + value.denominator) // (2 * value.denominator) / 10
    return -tenths if value < 0 and tenths else tenths


def estimate(counted: int, recorded: int, per: int) -> Fraction:
    """Days in `per` days at the rate of the recorded ones. `recorded` must not be 0."""
    return Fraction(counted * per, recorded)


@dataclass(frozen=True, slots=True)
class OveruseRule:
    """One published limit: days a month on which any of the classes was taken (each for more than 3 months)."""

    code: str
    classes: frozenset[MedicationClass]
    days_per_month: int
    source: str


def _rule(code: str, days: int, *classes: MedicationClass, source: str = "") -> OveruseRule:
    return OveruseRule(code, frozenset(classes), days, source or f"ICHD-3 {code}")


SINGLE_CLASS_RULES = (
    _rule("8.2.1", 10, MedicationClass.ERGOT),
    _rule("8.2.2", 10, MedicationClass.TRIPTAN),
    _rule("8.2.3", 15, MedicationClass.NON_OPIOID),
    _rule("8.2.4", 10, MedicationClass.OPIOID),
    _rule("8.2.5", 10, MedicationClass.COMBINATION),
)
SEVERAL_CLASSES_RULE = _rule("8.2.6", 10, *(c for rule in SINGLE_CLASS_RULES for c in rule.classes))
"""Days on which any of them was taken, as a union of dates; only where none of 8.2.1–8.2.5 is reached. That
combination analgesics join the union is our reading."""
DITAN_RULE = _rule("ditan", 10, MedicationClass.DITAN, source="lasmiditan's label; ICHD-3 names no number")
OVERUSE_RULES = (*SINGLE_CLASS_RULES, SEVERAL_CLASSES_RULE, DITAN_RULE)
_OWN_RULES = {c: rule for rule in (*SINGLE_CLASS_RULES, DITAN_RULE) for c in rule.classes}


def rule_of(medication_class: MedicationClass) -> OveruseRule | None:
    """The published limit of one class alone; `None`: no source names a number."""
    return _OWN_RULES.get(medication_class)


# --- Windows of days -----------------------------------------------------------------------------------------


class Diary:
    """A person's recorded days in order of date, whatever order they came in, read under one migraine-day definition.

    Raises `ValueError` when two days have one date.
    """

    __slots__ = ("_dates", "_headache", "_kinds", "_migraine", "days", "definition")

    def __init__(self, days: Iterable[Day], definition: MigraineDay = PRAGMATIC) -> None:
        self.days = sorted(days, key=itemgetter(0))
        self.definition = definition
        self._dates = [day[0] for day in self.days]
        if len(set(self._dates)) < len(self._dates):
            raise ValueError("two days of one diary have the same date")
        self._kinds = [_kind(definition, day[1:]) for day in self.days]
        # Running totals: the many windows of a cycle are counted by one subtraction each.
        self._headache = list(accumulate([kind[0] for kind in self._kinds], initial=0))
        self._migraine = list(accumulate([kind[1] for kind in self._kinds], initial=0))

    def _places(self, first: date, last: date) -> tuple[int, int]:
        return bisect_left(self._dates, first), bisect_right(self._dates, last)

    def between(self, first: date, last: date) -> Sequence[Day]:
        """The recorded days from `first` to `last`, both included."""
        start, end = self._places(first, last)
        return self.days[start:end]

    def kinds(self, first: date, last: date) -> Counter[DayKind]:
        """How many of the days from `first` to `last` are of which kind."""
        start, end = self._places(first, last)
        return Counter(self._kinds[start:end])

    def window(self, first: date, last: date) -> Window:
        """The counts from `first` to `last`, both included."""
        start, end = self._places(first, last)
        return Window(
            first,
            last,
            end - start,
            self._headache[end] - self._headache[start],
            self._migraine[end] - self._migraine[start],
        )

    @property
    def first_day(self) -> date | None:
        """The first recorded date; `None` for an empty diary."""
        return self._dates[0] if self._dates else None

    @property
    def last_day(self) -> date | None:
        """The last recorded date; `None` for an empty diary."""
        return self._dates[-1] if self._dates else None


@dataclass(frozen=True, slots=True)
class Window:
    """Days counted from `first` to `last`, both included. Raises `ValueError` on more days than there are."""

    first: date
    last: date
    recorded: int
    headache_days: int
    migraine_days: int

    def __post_init__(self) -> None:
        if not 0 <= self.migraine_days <= self.headache_days <= self.recorded <= self.days:
            raise ValueError(f"impossible counts: {self}")

    @property
    def days(self) -> int:
        """Calendar days in the window."""
        return (self.last - self.first).days + 1

    @property
    def missing(self) -> int:
        """Days in the window that were not recorded."""
        return self.days - self.recorded

    @property
    def estimate_28(self) -> Fraction | None:
        """Headache days in 28 days; `None` when fewer than 20 days are recorded."""
        if self.recorded < CYCLE_DAYS_RECORDED:
            return None
        return estimate(self.headache_days, self.recorded, 28)


# --- Calendar months -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month's counts. `month` is its first day; every date of it that has no `Day` is missing.

    `medication_days`: days per class. `several_classes_days`: the union that ICHD-3 8.2.6 asks for. `overuse`: the
    state of each published limit by its code. Raises `ValueError` on more days than there are.
    """

    month: date
    days: int
    recorded: int
    headache_days: int
    migraine_days: int
    moderate_severe_days: int
    acute_medication_days: int
    several_classes_days: int
    medication_days: Mapping[MedicationClass, int]
    overuse: Mapping[str, Reached]

    def __post_init__(self) -> None:
        counts = (self.headache_days, self.acute_medication_days, *self.medication_days.values())
        if (
            self.recorded > self.days
            or max(counts) > self.recorded
            or self.migraine_days > self.headache_days
        ):
            raise ValueError(f"impossible counts: {self}")

    @property
    def missing(self) -> int:
        """Days of the month that were not recorded, also those still to come."""
        return self.days - self.recorded

    @property
    def headache_15(self) -> Reached:
        """15 headache days (ICHD-3 1.3 A) in this month alone: one month is no diagnosis."""
        return threshold(self.headache_days, self.missing, CHRONIC_HEADACHE_DAYS)

    @property
    def migraine_8(self) -> Reached:
        """8 migraine days (ICHD-3 1.3 C) in this month alone."""
        return threshold(self.migraine_days, self.missing, CHRONIC_MIGRAINE_DAYS)

    @property
    def estimate_30(self) -> Fraction | None:
        """Headache days in 30 days; `None` when fewer than 70 % of the month's days are recorded."""
        if self.recorded * 10 < self.days * 7:
            return None
        return estimate(self.headache_days, self.recorded, 30)

    def days_under(self, rule: OveruseRule) -> int:
        """Days of this month that count towards the rule."""
        if rule is SEVERAL_CLASSES_RULE:
            return self.several_classes_days
        return sum([self.medication_days[c] for c in rule.classes])


def overuse(
    medication_days: Mapping[MedicationClass, int], several_classes_days: int, missing: int
) -> dict[str, Reached]:
    """The state of each published limit by its code, counting days and never doses (ICHD-3 8.2).

    A class that was not recorded at all is not reached, whatever is missing: nobody's unused medicine is held
    uncertain.
    """

    def single(rule: OveruseRule) -> Reached:
        (medication_class,) = rule.classes
        counted = medication_days[medication_class]
        return threshold(counted, missing, rule.days_per_month) if counted else Reached.NOT_REACHED

    states = {rule.code: single(rule) for rule in SINGLE_CLASS_RULES}
    used = sum([1 for c in SEVERAL_CLASSES_RULE.classes if medication_days[c]])
    if used < 2 or Reached.REACHED in states.values():
        states[SEVERAL_CLASSES_RULE.code] = Reached.NOT_APPLICABLE
    else:
        states[SEVERAL_CLASSES_RULE.code] = threshold(
            several_classes_days, missing, SEVERAL_CLASSES_RULE.days_per_month
        )
    states[DITAN_RULE.code] = single(DITAN_RULE)
    return states


def month(diary: Diary, first: date) -> Month:
    """The counts of the calendar month that begins on `first`."""
    days = monthrange(first.year, first.month)[1]
    tally = diary.kinds(first, first.replace(day=days))
    headache = migraine = moderate_severe = medicated = several = 0
    per_class: dict[MedicationClass, int] = dict.fromkeys(COUNTED_CLASSES, 0)
    for (is_headache, is_migraine, is_bad, is_medicated, is_of_several, classes), number in tally.items():
        headache += number * is_headache
        migraine += number * is_migraine
        moderate_severe += number * is_bad
        medicated += number * is_medicated
        several += number * is_of_several
        for medication_class in classes:
            per_class[medication_class] += number
    recorded = tally.total()
    return Month(
        month=first,
        days=days,
        recorded=recorded,
        headache_days=headache,
        migraine_days=migraine,
        moderate_severe_days=moderate_severe,
        acute_medication_days=medicated,
        several_classes_days=several,
        medication_days=per_class,
        overuse=overuse(per_class, several, days - recorded),
    )


def next_month(first: date) -> date:
    """The first day of the month after the one that holds `first`."""
    return (first.replace(day=1) + timedelta(days=31)).replace(day=1)


def month_number(day: date) -> int:
    """Calendar months since the year 0, so that they can be subtracted."""
    return day.year * 12 + day.month - 1


def first_of(number: int) -> date:
    """The first day of a month by its number."""
    return date(number // 12, number % 12 + 1, 1)


def months_back(day: date, number: int) -> date:
    """The first day of the month that lies so many months before the one that holds `day`."""
    return first_of(month_number(day) - number)


def months(diary: Diary) -> list[Month]:
    """Every calendar month from the first to the last recorded day, also those without a record between them."""
    if diary.first_day is None or diary.last_day is None:
        return []
    found = [month(diary, diary.first_day.replace(day=1))]
    while (following := next_month(found[-1].month)) <= diary.last_day:
        found.append(month(diary, following))
    return found


# --- Runs of months ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """The longest run of consecutive months in a state. `months`: those surely in it; `required`: published."""

    state: Reached
    months: int
    possible_months: int
    required: int


def _longest(states: Iterable[Reached], *counted: Reached) -> int:
    runs = groupby(states, lambda state: state in counted)
    return max((len(list(run)) for inside, run in runs if inside), default=0)


def longest_run(states: Sequence[Reached], required: int) -> Run:
    """Whether `required` consecutive months are reached: surely, only if uncertain months count too, or not."""
    sure = _longest(states, Reached.REACHED)
    possible = _longest(states, Reached.REACHED, Reached.UNCERTAIN)
    # Reached when the sure run is long enough; open when it could be with the uncertain months.
    return Run(threshold(sure, possible - sure, required), sure, possible, required)


def both(one: Reached, other: Reached) -> Reached:
    """Two thresholds that must both be reached. What does not apply is not reached."""
    if one is other is Reached.REACHED:
        return Reached.REACHED
    possible = (Reached.REACHED, Reached.UNCERTAIN)
    return Reached.UNCERTAIN if one in possible and other in possible else Reached.NOT_REACHED


def turned_round(state: Reached) -> Reached:
    """The state of staying below a number, from the state of reaching it."""
    opposite = {Reached.REACHED: Reached.NOT_REACHED, Reached.NOT_REACHED: Reached.REACHED}
    return opposite.get(state, state)


def chronic_migraine_run(months: Iterable[Month]) -> Run:
    """Consecutive months with 15 headache days and 8 migraine days (ICHD-3 1.3 A and C; B and D are not counted).

    The months must be consecutive, as `months` returns them.
    """
    return longest_run([both(m.headache_15, m.migraine_8) for m in months], CHRONIC_MONTHS)


def medication_overuse_runs(months: Sequence[Month]) -> dict[str, Run]:
    """Consecutive months with 15 headache days and a medicine's limit reached (ICHD-3 8.2 A and B), by code.

    Only codes with a month that reached or could have reached both. Overuse alone is no such pattern.
    """
    headache = [m.headache_15 for m in months]
    runs = {
        rule.code: longest_run(
            [both(h, m.overuse[rule.code]) for h, m in zip(headache, months, strict=True)], CHRONIC_MONTHS
        )
        for rule in OVERUSE_RULES
    }
    return {code: run for code, run in runs.items() if run.possible_months}
