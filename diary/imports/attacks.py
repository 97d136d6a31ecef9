"""Attacks of other diaries, folded into days: what a diary of days can hold, and nothing that was not said.

An attack past midnight is recorded on each of its days. What was taken, and the note, belong to the day on which it
began. Of several attacks on one day the worst pain stands, and what was noticed is united. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from diary.details import MOST_TRIGGERS, BadTrigger, Quality, Side, trigger_words
from diary.imports.diary_csv import NOTE_LENGTH, BadValue, Dose, Other, Place, Report, Row, added_up, at, dose
from diary.rules import Day, Feature, Headache

LONGEST = timedelta(days=31)
"""Of one attack. A longer one is more likely a date gone wrong, and is asked about."""
ONE_DAY = timedelta(days=1)
WHOLE_DAY = Decimal(24)
SEVERITIES = (Headache.YES, Headache.MILD, Headache.MODERATE, Headache.SEVERE)

T = TypeVar("T")


class Unanswered(ValueError):
    """Something that cannot be seen from the file, and that somebody has to say. `question`: which."""

    def __init__(self, question: str) -> None:
        super().__init__(question)
        self.question = question


@dataclass(frozen=True)
class Told:
    """What is known beside the file. `named`: a medicine's name as the column `medicines` of a diary CSV says it.

    `zone`: of the diary, for moments. `order`: "day" or "month", whichever comes first in a date; `yellow`: what a day
    means that was bad without being called a headache: "free", "headache" or "leave". Empty where nobody said it.
    """

    named: Callable[[str], str]
    zone: tzinfo
    order: str = ""
    yellow: str = ""

    def dose(self, name: str, doses: int = 1) -> Dose:
        """Raises `BadValue` for a medicine whose class nobody has said."""
        return dose(self.named(name))._replace(doses=doses)


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack by the clock of the person. `ended`: `None`, it is not known when; then it is on its first day alone.

    `pain`: 1 to 10 on each of its days, `None` not said; `pains`: by day instead, where the file says it so. `severity`
    is a word of the file for it, YES where there is none. `migraine`: the person's own opinion. `line`: its place.
    """

    line: Place
    began: datetime
    ended: datetime | None = None
    pain: int | None = None
    migraine: bool | None = None
    features: frozenset[Feature] = frozenset()
    side: Side | None = None
    medicines: tuple[Dose, ...] = ()
    triggers: tuple[str, ...] = ()
    note: str = ""
    severity: Headache = Headache.YES
    quality: Quality | None = None
    menstruation: bool | None = None
    pains: tuple[tuple[date, int], ...] = ()

    @property
    def dates(self) -> list[date]:
        """The days it was on. One that ends at midnight was not on the day that begins then."""
        return dates_between(self.began, self.ended)

    def pain_on(self, when: date) -> int | None:
        """The worst of a day."""
        if not self.pains:
            return self.pain
        return max((pain for day, pain in self.pains if day == when), default=None)


@dataclass(frozen=True, slots=True)
class Free:
    """A day that the file calls free of headache, in so many words."""

    line: Place
    date: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A dose with a day of its own."""

    line: Place
    date: date
    dose: Dose


@dataclass
class Found:
    """What a file says, before it is folded into days. `left_out`: what the diary has no place for, how often.

    `spoilt`: days of which a dose cannot be read. They are left out whole, or they would say that it was not taken.
    """

    attacks: list[Attack] = field(default_factory=list)
    free: list[Free] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    spoilt: set[date] = field(default_factory=set)

    @contextmanager
    def doses_of(self, when: date) -> Iterator[None]:
        """A dose within that cannot be read spoils its day."""
        try:
            yield
        except BadValue:
            self.spoilt.add(when)
            raise

    def rows(self, report: Report) -> list[Row]:
        """One row a date, in order."""
        for what, number in self.left_out.items():
            report.notice(f"not taken over, the diary has no place for it: {what} ({number}×)")
        found = []
        for row in days_of(self.attacks, report, free=self.free, taken=self.taken):
            if row.date in self.spoilt:
                words = f"{row.date} is left out whole: a medicine of that day cannot be read"
                report.problem(row.line, "", words)
            else:
                found.append(row)
        return found


def dates_between(began: datetime, ended: datetime | None) -> list[date]:
    """The days from one moment to another, the first alone where the other is not known or not later."""
    last = began
    if ended and ended > began:
        last = ended - timedelta(microseconds=1)
    return [began.date() + number * ONE_DAY for number in range((last.date() - began.date()).days + 1)]


def only(values: Iterable[T | None]) -> T | None:
    """The one value that all agree on who say something."""
    said = set(values) - {None}
    return said.pop() if len(said) == 1 else None


def side_of(words: Iterable[str]) -> Side | None:
    """Of places of pain that begin with their side, as in "Left temple" or "left_eye"."""
    sides = {word.casefold().replace("_", " ").partition(" ")[0] for word in words} & {"left", "right"}
    return Side(sides.pop()) if len(sides) == 1 else Side.BOTH if sides else None


def triggers_of(words: Iterable[str], left_out: Counter[str]) -> tuple[str, ...]:
    """As many as a day can hold; all or none."""
    try:
        return trigger_words(";".join(words))
    except BadTrigger:
        left_out["triggers that are too many or too long"] += 1
        return ()


def days_of(
    attacks: Iterable[Attack], report: Report, *, free: Iterable[Free] = (), taken: Iterable[Taken] = ()
) -> list[Row]:
    """One row a date, in order. An attack that cannot be meant so is a problem."""
    together = _by_day(attacks, report)
    free_days: dict[date, Free] = {}
    for one in free:
        if one.date in together:
            report.notice(
                f"{at(one.line)}: {one.date} is called free and has a headache too; the headache stands"
            )
        else:
            free_days.setdefault(one.date, one)
    doses: dict[date, list[Dose]] = {}
    for dose_ in taken:
        if dose_.date in together or dose_.date in free_days:
            doses.setdefault(dose_.date, []).append(dose_.dose)
        else:
            report.notice(
                f"{at(dose_.line)}: not taken over: {dose_.dose.name} on {dose_.date}, a day of which "
                "nothing says whether there was a headache"
            )
    rows = []
    for when in sorted(together.keys() | free_days.keys()):
        taken_then = doses.get(when, ())
        if when in together:
            with report.refusing(together[when][0].line):
                rows.append(_row(when, together[when], taken_then, report))
        else:
            with report.refusing(free_days[when].line):
                rows.append(_free_row(free_days[when], taken_then))
    return rows


def _by_day(attacks: Iterable[Attack], report: Report) -> Mapping[date, list[Attack]]:
    together: dict[date, list[Attack]] = {}
    seen: dict[Attack, Place] = {}
    for attack in attacks:
        if (earlier := seen.setdefault(replace(attack, line=0), attack.line)) != attack.line:
            report.notice(f"{at(attack.line)}: the same as {at(earlier)}, counted once")
            continue
        if attack.ended and not timedelta(0) <= attack.ended - attack.began <= LONGEST:
            words = f"it lasts longer than {LONGEST.days} days; put the end right"
            if attack.ended < attack.began:
                words = "it ends before it begins; put the end right"
            report.problem(attack.line, "", words)
            continue
        for when in attack.dates:
            together.setdefault(when, []).append(attack)
    return together


def _free_row(free: Free, doses: Iterable[Dose]) -> Row:
    taken = added_up(doses)
    day = Day(
        free.date,
        Headache.NONE,
        None,
        None,
        frozenset(),
        frozenset(one.medication_class for one in taken),
    )
    return Row(free.line, "", day, taken, Other(None, None, None), _note([free.note]))


def _row(when: date, attacks: list[Attack], taken: Iterable[Dose], report: Report) -> Row:
    begun = [attack for attack in attacks if attack.began.date() == when]
    doses = added_up([*(one for attack in begun for one in attack.medicines), *taken])
    features = frozenset(feature for attack in attacks for feature in attack.features)
    pains = [pain for attack in attacks if (pain := attack.pain_on(when)) is not None]
    opinions = {attack.migraine for attack in attacks} - {None}
    day = Day(
        when,
        max((attack.severity for attack in attacks), key=SEVERITIES.index),
        max(pains, default=None),
        True in opinions if opinions else None,
        features,
        frozenset(one.medication_class for one in doses),
    )
    note = _note([attack.note for attack in begun])
    return Row(attacks[0].line, "", day, doses, _other(when, attacks, begun, report), note)


def _other(when: date, attacks: list[Attack], begun: list[Attack], report: Report) -> Other:
    sides = {attack.side for attack in attacks} - {None}
    triggers = list(dict.fromkeys(word for attack in begun for word in attack.triggers))
    if len(triggers) > MOST_TRIGGERS:
        report.notice(f"{when}: the first {MOST_TRIGGERS} triggers of {len(triggers)} are taken over")
    start = end = None
    if len(attacks) == 1 and attacks[0].ended and attacks[0].dates == [when]:
        start, end = (
            moment.time().replace(second=0, microsecond=0) for moment in (attacks[0].began, attacks[0].ended)
        )
    return Other(
        _hours(when, attacks),
        None,
        True if any(attack.menstruation for attack in attacks) else None,
        start if start != end else None,
        end if start != end else None,
        side=sides.pop() if len(sides) == 1 else Side.VARIES if sides else None,
        quality=only(attack.quality for attack in attacks),
        triggers=tuple(triggers[:MOST_TRIGGERS]),
    )


def _hours(when: date, attacks: list[Attack]) -> Decimal | None:
    """Hours of headache on the day; attacks at the same time count once. `None` where one of them has no end."""
    midnight = datetime.combine(when, time(0))
    spans = []
    for attack in attacks:
        if attack.ended is None:
            return None
        spans.append((max(attack.began, midnight), min(attack.ended, midnight + ONE_DAY)))
    counted, until = timedelta(0), midnight
    for begins, ends in sorted(spans):
        counted += max(ends - max(begins, until), timedelta(0))
        until = max(until, ends)
    hours = Decimal(int(counted.total_seconds())) / 3600
    return min(hours, WHOLE_DAY).quantize(Decimal("0.01"), ROUND_HALF_UP) if counted else None


def _note(notes: Iterable[str]) -> str:
    """All of it or nothing: a note that is too long for one day is a problem. Raises `BadValue`."""
    note = "\n".join(filter(None, notes))
    if len(note) > NOTE_LENGTH:
        raise BadValue("Notes", f"{len(note)} characters are too many; {NOTE_LENGTH} are the most on one day")
    return note
