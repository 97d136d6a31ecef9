"""What a page shows of one patient's diary: dates in, frozen values out. Counts come from the rules alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from diary.details import is_past_midnight, trigger_words
from diary.models import DiaryDay, DiaryDayVersion, Intake, Medicine, Patient
from diary.rules import (
    CHRONIC_HEADACHE_DAYS,
    COUNTED_CLASSES,
    OVERUSE_RULES,
    SEVERAL_CLASSES_RULE,
    Day,
    Diary,
    Headache,
    MedicationClass,
    Month,
    OveruseRule,
    Reached,
    is_after_the_fact,
    month,
    next_month,
    rule_of,
    severity,
)

MISSED_DAYS_LISTED = 28
"""How far back Today asks for days that are not recorded."""
DAYS_ON_PHONE = 40
"""How far back Today looks: the month so far, and the days that it asks for."""
NEAR_LIMIT = 2
"""A chip says which day the next dose would make it from this many days before the published limit."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Days counted in a month beside a published number of days.

    `most` is the count if every missing day so far were such a day; `state` looks at the whole month.
    """

    rule: OveruseRule
    days: int
    most: int
    state: Reached

    @property
    def published(self) -> int:
        """Days a month."""
        return self.rule.days_per_month

    @property
    def scale(self) -> int:
        """The length of a bar that holds the published number and the count."""
        return max(self.rule.days_per_month, self.most)

    @property
    def medication_class(self) -> MedicationClass | None:
        """The one class that is counted; `None` for several together."""
        return next(iter(self.rule.classes)) if len(self.rule.classes) == 1 else None


@dataclass(frozen=True, slots=True)
class MonthSummary:
    """One calendar month as far as it has gone. `missing_so_far` leaves out today and the days to come.

    `limits`: the published limits of the classes that were taken. `unlimited`: days of classes without one.
    """

    month: Month
    missing_so_far: int
    to_come: int
    limits: list[Limit]
    unlimited: list[tuple[MedicationClass, int]]

    @property
    def headache_most(self) -> int:
        """Headache days so far if every missing day so far were one."""
        return self.month.headache_days + self.missing_so_far

    @property
    def migraine_most(self) -> int:
        """Migraine days so far if every missing day so far were one."""
        return self.month.migraine_days + self.missing_so_far

    @property
    def moderate_severe_most(self) -> int:
        """Moderate or severe days so far if every missing day so far were one."""
        return self.month.moderate_severe_days + self.missing_so_far

    @property
    def acute_medication_most(self) -> int:
        """Acute medication days so far if every missing day so far were one."""
        return self.month.acute_medication_days + self.missing_so_far


def month_summary(diary: Diary, first: date, today: date) -> MonthSummary:
    """The month that begins on `first`, seen from `today`."""
    counted = month(diary, first)
    # Today is not missed before it is over.
    last_past = min(next_month(first), today) - timedelta(days=1)
    missing = diary.window(first, last_past).missing if last_past >= first else 0
    limited = {c for rule in OVERUSE_RULES for c in rule.classes}
    return MonthSummary(
        counted,
        missing,
        counted.missing - missing,
        [
            Limit(
                rule, counted.days_under(rule), counted.days_under(rule) + missing, counted.overuse[rule.code]
            )
            for rule in OVERUSE_RULES
            if _is_shown(counted, rule)
        ],
        [(c, days) for c, days in counted.medication_days.items() if days and c not in limited],
    )


def _is_shown(counted: Month, rule: OveruseRule) -> bool:
    if rule is SEVERAL_CLASSES_RULE:
        # A union that says no more than its largest part would be one number twice.
        parts = (counted.medication_days[c] for c in rule.classes)
        return counted.overuse[rule.code] is Reached.REACHED and counted.several_classes_days > max(parts)
    return counted.days_under(rule) > 0


# --- Today ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chip:
    """One medicine to tap. `day` of `published`: which day of the month this one is for a class taken on it.

    `next_day`: which one a first dose would make it; only near the published number. Otherwise they are `None`.
    """

    medicine: Medicine
    doses: int
    day: int | None = None
    next_day: int | None = None
    published: int | None = None


def chips(
    medicines: Iterable[tuple[Medicine, int]], counted: Month, taken: frozenset[MedicationClass]
) -> list[Chip]:
    """A chip for each medicine and its doses on the day; `taken`: the classes already taken on that day."""
    return [_chip(medicine, doses, counted, taken) for medicine, doses in medicines]


def _chip(
    medicine: Medicine,
    doses: int,
    counted: Month,
    taken: frozenset[MedicationClass],
) -> Chip:
    medication_class = MedicationClass(medicine.medication_class)
    rule = rule_of(medication_class)
    if rule is None:
        return Chip(medicine, doses)
    days = counted.medication_days[medication_class]
    if medication_class in taken:
        return Chip(medicine, doses, day=days, published=rule.days_per_month)
    if days + 1 < rule.days_per_month - NEAR_LIMIT:
        return Chip(medicine, doses)
    return Chip(medicine, doses, next_day=days + 1, published=rule.days_per_month)


@dataclass(frozen=True, slots=True)
class TodaySummary:
    """What Today shows. `recorded` is today's word or `None`; `missed` are past days not recorded, latest first.

    `days`: the recorded days of the last `DAYS_ON_PHONE`, each with its doses by medicine id. `began`: the first day
    of the diary, `None` where nothing is recorded. `classes`: of all medicines of the list, by their id.
    """

    today: date
    began: date | None
    days: list[tuple[Day, dict[int, int]]]
    classes: dict[int, str]
    recorded: Headache | None
    yesterday_missed: bool
    missed: list[date]
    chips: list[Chip]
    month: MonthSummary


def first_on_phone(today: date) -> date:
    """The earliest day that Today looks at."""
    return today - timedelta(days=DAYS_ON_PHONE - 1)


def today_summary(patient: Patient, today: date) -> TodaySummary:
    """Two queries: the days of `DAYS_ON_PHONE` and the first one, with their medicines; the list."""
    recorded = patient.days.between_with_first(first_on_phone(today), today).records_with_doses()
    began = recorded[0][0].date if recorded else None
    days = [(day, doses) for day, doses in recorded if first_on_phone(today) <= day.date <= today]
    diary = Diary(day for day, _doses in days)
    summary = month_summary(diary, today.replace(day=1), today)
    own = diary.between(today, today)
    taken = own[0].classes if own else frozenset()
    medicines = list(patient.medicines.for_day(today))
    missed = _missed(began, diary, today)
    yesterday = today - timedelta(days=1)
    return TodaySummary(
        today,
        began,
        days,
        {one.pk: one.medication_class for one in medicines},
        severity(own[0]) if own else None,
        yesterday in missed,
        [day for day in missed if day != yesterday],
        chips(_offered(medicines), summary.month, taken),
        summary,
    )


def missed_days(patient: Patient, today: date) -> list[date]:
    """The past days that Today asks for, latest first."""
    since = today - timedelta(days=MISSED_DAYS_LISTED)
    diary = Diary(patient.days.between(since, today).records())
    return _missed(patient.first_day(), diary, today)


def _missed(began: date | None, diary: Diary, today: date) -> list[date]:
    """Past days without a record, latest first, none from before the diary began."""
    if began is None:
        return []
    days = (today - timedelta(days=back) for back in range(1, MISSED_DAYS_LISTED + 1))
    return [day for day in days if day >= began and not diary.between(day, day)]


# --- Month ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One cell. `severity` is `None` for a day that is not recorded."""

    date: date
    in_month: bool
    severity: Headache | None
    has_medicine: bool
    has_injection: bool
    is_today: bool
    is_future: bool
    is_late: bool = False


def calendar(
    diary: Diary,
    first: date,
    today: date,
    injections: frozenset[date] = frozenset(),
    week_start: int = 0,
    late: frozenset[date] = frozenset(),
) -> list[list[CalendarDay]]:
    """The weeks of the month that begins on `first`; a week begins on `week_start` (0 is Monday).

    `late`: the days that were entered late.
    """
    start = first - timedelta(days=(first.weekday() - week_start) % 7)
    last = next_month(first) - timedelta(days=1)
    by_date = {day.date: day for day in diary.between(first, last)}
    weeks: list[list[CalendarDay]] = []
    while start <= last:
        week = [start + timedelta(days=offset) for offset in range(7)]
        weeks.append([_cell(day, by_date.get(day), first, today, injections, late) for day in week])
        start += timedelta(days=7)
    return weeks


def _cell(
    when: date,
    day: Day | None,
    first: date,
    today: date,
    injections: frozenset[date],
    late: frozenset[date],
) -> CalendarDay:
    return CalendarDay(
        when,
        (when.year, when.month) == (first.year, first.month),
        severity(day) if day else None,
        bool(day and day.classes - {MedicationClass.ANTIEMETIC}),
        when in injections,
        when == today,
        when > today,
        day is not None and when in late,
    )


def late_days(patient: Patient, first: date, last: date) -> frozenset[date]:
    """The days from `first` to `last` that were entered late; one query."""
    return frozenset(patient.days.between(first, last).late().values_list("date", flat=True))


# --- Trends --------------------------------------------------------------------------------------------------


def trend(patient: Patient, today: date) -> list[MonthSummary]:
    """The last twelve months up to this one, oldest first, also those without a record; none from before the diary."""
    began = patient.first_day()
    if began is None or began > today:
        return []
    # 320 days before a month's first day always lie in the month eleven months back.
    first = max((today.replace(day=1) - timedelta(days=320)).replace(day=1), began.replace(day=1))
    diary = Diary(patient.days.between(first, today).records())
    found = []
    while first <= today:
        found.append(month_summary(diary, first, today))
        first = next_month(first)
    return found


@dataclass(frozen=True, slots=True)
class Against:
    """How many of some finished months reached a published number of days, and how many may have by missing days."""

    published: int
    months: int
    reached: int
    uncertain: int


def _against(published: int, states: Sequence[Reached]) -> Against:
    return Against(published, len(states), states.count(Reached.REACHED), states.count(Reached.UNCERTAIN))


def _finished(summaries: Sequence[MonthSummary], today: date) -> list[Month]:
    return [summary.month for summary in summaries if next_month(summary.month.month) <= today]


def headache_against(summaries: Sequence[MonthSummary], today: date) -> Against:
    """Headache days against the published 15, in the months that are over."""
    return _against(CHRONIC_HEADACHE_DAYS, [m.headache_15 for m in _finished(summaries, today)])


def class_against(
    summaries: Sequence[MonthSummary], medication_class: MedicationClass, today: date
) -> Against | None:
    """Days of one class against its published limit, in the months that are over; `None`: it has none."""
    rule = rule_of(medication_class)
    if rule is None:
        return None
    return _against(rule.days_per_month, [m.overuse[rule.code] for m in _finished(summaries, today)])


def classes_taken(months: Sequence[Month]) -> list[MedicationClass]:
    """The classes with at least one day in any of the months, in their published order."""
    return [c for c in COUNTED_CLASSES if any(m.medication_days[c] for m in months)]


# --- One day -------------------------------------------------------------------------------------------------


def offered_medicines(patient: Patient, when: date) -> list[tuple[Medicine, int]]:
    """The medicines in use, or taken on that day, with their doses on it; most used first."""
    return _offered(patient.medicines.for_day(when))


def _offered(medicines: Iterable[Medicine]) -> list[tuple[Medicine, int]]:
    taken = [(m, m.doses_on_day or 0) for m in medicines]
    return [(m, doses) for m, doses in taken if m.is_in_use or doses]


TRIGGERS_OFFERED = 8


def earlier_triggers(patient: Patient) -> list[str]:
    """What the person named most often on the last hundred days that name something; one query."""
    texts = patient.days.exclude(triggers="").order_by("-date").values_list("triggers", flat=True)[:100]
    # The latest spelling of a word stands for the others.
    spelt: dict[str, str] = {}
    times: Counter[str] = Counter()
    for text in texts:
        for word in trigger_words(text):
            times[spelt.setdefault(word.casefold(), word)] += 1
    return [word for word, _times in times.most_common(TRIGGERS_OFFERED)]


@dataclass(frozen=True, slots=True)
class DaySummary:
    """One date as it is recorded, with what the days beside it leave to be asked. `None`: not recorded, not asked.

    `came_over`: how bad yesterday's headache was, where it may have gone on after midnight into a day that is not
    recorded. `goes_on`: the same of this day and the next one, once the person says that it went past midnight.
    `contradicts`: the next day is recorded as headache-free then.
    """

    recorded: DiaryDay | None
    came_over: Headache | None
    goes_on: Headache | None
    contradicts: bool
    may_go_on: bool


def day_summary(patient: Patient, when: date, today: date, is_said_to_go_on: bool = False) -> DaySummary:
    """One query, also where nothing is recorded."""
    one_day = timedelta(days=1)
    days = {day.date: day for day in patient.days.between(when - one_day, when + one_day)}
    before, recorded, after = (days.get(when + one_day * back) for back in (-1, 0, 1))
    has_next = when < today
    over = is_said_to_go_on or bool(recorded and is_past_midnight(recorded.start, recorded.end))
    word = _headache_of(recorded)
    return DaySummary(
        recorded,
        None if recorded or _ended_before_midnight(before) else _headache_of(before),
        word if over and has_next and not after else None,
        bool(over and word and after and after.headache == Headache.NONE),
        has_next and not after,
    )


def _headache_of(day: DiaryDay | None) -> Headache | None:
    return Headache(day.headache) if day and day.headache != Headache.NONE else None


def _ended_before_midnight(day: DiaryDay | None) -> bool:
    """Both times are said, and the headache ended on its day."""
    if day is None or day.start is None or day.end is None:
        return False
    return not is_past_midnight(day.start, day.end)


@dataclass(frozen=True, slots=True)
class ReliefAsked:
    """A medicine of which it may be said now whether it helped."""

    date: date
    medicine: Medicine
    is_today: bool


def relief_asked(
    patient: Patient,
    now: datetime,
    declined: Collection[date] = frozenset(),
    recorded: Iterable[Day] | None = None,
) -> ReliefAsked | None:
    """The medicine recorded last on today's or yesterday's headache, two to 24 hours ago, of which nothing is said.

    `declined`: days of which the person does not want to be asked. One query; none where the days that are `recorded`
    are known already, and none of them leaves anything to ask.
    """
    today = patient.date_at(now)
    days = {today, today - timedelta(days=1)} - set(declined)
    if recorded is not None:
        days &= {day.date for day in recorded if _is_relief_open(day)}
    if not days:
        return None
    intake = Intake.objects.awaiting_relief(patient, days, now).first()
    if intake is None:
        return None
    return ReliefAsked(intake.day.date, intake.medicine, intake.day.date == today)


def _is_relief_open(day: Day) -> bool:
    acute = day.classes - {MedicationClass.ANTIEMETIC}
    return day.headache is not Headache.NONE and day.relief is None and bool(acute)


def earlier_versions(patient: Patient, when: date) -> list[DiaryDayVersion]:
    """What a day said before it was changed after the fact, the latest first; one query."""
    versions = patient.day_versions.filter(date=when).order_by("-replaced_at", "-pk")
    return [
        version
        for version in versions
        if is_after_the_fact(when, version.record.recorded_on, version.replaced_on)
    ]


def classes_with_rule() -> list[OveruseRule]:
    """The published limits, for the page that explains what counts."""
    return list(OVERUSE_RULES)
