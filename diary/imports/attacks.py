"""Attacks of other diaries, folded into days: what a diary of days can hold, and nothing that was not said.

An attack past midnight is recorded on each of its days. What was taken, and the note, belong to the day on which it
began. Of several attacks on one day the worst pain stands, and what was noticed is united.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from diary.details import MOST_TRIGGERS, Side
from diary.imports.diary_csv import NOTE_LENGTH, BadValue, Dose, Other, Report, Row, added_up
from diary.rules import Day, Feature, Headache

LONGEST = timedelta(days=31)
"""Of one attack. A longer one is more likely a date gone wrong, and is asked about."""
ONE_DAY = timedelta(days=1)
WHOLE_DAY = Decimal(24)


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack by the clock of the person. `ended`: `None`, it is not known when; then it is on its first day alone.

    `pain`: 1 to 10, `None` not said. `migraine`: the person's own opinion. `line`: where it stands in the file.
    """

    line: int
    began: datetime
    ended: datetime | None = None
    pain: int | None = None
    migraine: bool | None = None
    features: frozenset[Feature] = frozenset()
    side: Side | None = None
    medicines: tuple[Dose, ...] = ()
    triggers: tuple[str, ...] = ()
    note: str = ""

    @property
    def dates(self) -> list[date]:
        """The days it was on. One that ends at midnight was not on the day that begins then."""
        last = self.began
        if self.ended and self.ended > self.began:
            last = self.ended - timedelta(microseconds=1)
        return [
            self.began.date() + number * ONE_DAY
            for number in range((last.date() - self.began.date()).days + 1)
        ]


def days_of(attacks: Iterable[Attack], report: Report) -> list[Row]:
    """One row a date, in order. An attack that cannot be meant so is a problem."""
    together: dict[date, list[Attack]] = {}
    seen: dict[Attack, int] = {}
    for attack in attacks:
        if (earlier := seen.setdefault(replace(attack, line=0), attack.line)) != attack.line:
            report.notice(f"line {attack.line}: the same as line {earlier}, counted once")
            continue
        if attack.ended and not timedelta(0) <= attack.ended - attack.began <= LONGEST:
            report.problem(attack.line, "", f"it lasts longer than {LONGEST.days} days; put the end right")
            continue
        for when in attack.dates:
            together.setdefault(when, []).append(attack)
    rows = []
    for when in sorted(together):
        try:
            rows.append(_row(when, together[when], report))
        except BadValue as error:
            report.problem(together[when][0].line, error.column, str(error))
    return rows


def _row(when: date, attacks: list[Attack], report: Report) -> Row:
    begun = [attack for attack in attacks if attack.began.date() == when]
    doses = added_up(dose for attack in begun for dose in attack.medicines)
    features = frozenset(feature for attack in attacks for feature in attack.features)
    pains = [attack.pain for attack in attacks if attack.pain is not None]
    opinions = {attack.migraine for attack in attacks} - {None}
    day = Day(
        when,
        Headache.YES,
        max(pains, default=None),
        True in opinions if opinions else None,
        features,
        frozenset(dose.medication_class for dose in doses),
    )
    return Row(attacks[0].line, "", day, doses, _other(when, attacks, begun, report), _note(begun))


def _other(when: date, attacks: list[Attack], begun: list[Attack], report: Report) -> Other:
    sides = {attack.side for attack in attacks} - {None}
    triggers = list(dict.fromkeys(word for attack in begun for word in attack.triggers))
    if len(triggers) > MOST_TRIGGERS:
        report.notice(f"{when}: the first {MOST_TRIGGERS} triggers of {len(triggers)} are taken over")
    start = end = None
    if len(attacks) == 1 and attacks[0].ended and attacks[0].dates == [when]:
        start, end = (moment.time().replace(second=0) for moment in (attacks[0].began, attacks[0].ended))
    return Other(
        _hours(when, attacks),
        None,
        None,
        start if start != end else None,
        end if start != end else None,
        side=sides.pop() if len(sides) == 1 else Side.VARIES if sides else None,
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


def _note(begun: list[Attack]) -> str:
    """All of it or nothing: a note that is too long for one day is a problem. Raises `BadValue`."""
    note = "\n".join(attack.note for attack in begun if attack.note)
    if len(note) > NOTE_LENGTH:
        raise BadValue("Notes", f"{len(note)} characters are too many; {NOTE_LENGTH} are the most on one day")
    return note
