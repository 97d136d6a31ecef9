"""The caseload: a row for each patient that somebody may see, counted by the rules alone.

Where a patient stands is asked of everybody who matches, from counted months; what else a row shows, of one page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from clinic.attention import Facts, Mark, Section, marks, section
from clinic.counting import tallies
from clinic.models import (
    Appointment,
    CareLink,
    Clinic,
    CountedMonth,
    CriteriaSet,
    Decision,
    InjectionSession,
    Review,
    Tag,
    Tagged,
)
from clinic.rules import (
    BASELINE_DAYS,
    NICE_TA260,
    PUBLISHED_CRITERIA,
    NotCompared,
    Reduction,
    baseline_span,
    not_compared,
    reduction,
)
from clinic.summaries import NOTED, ONE_DAY, Position, position
from clinic.tallies import Tally
from diary.models import DiaryDay, Patient
from diary.rules import (
    COUNTED_CLASSES,
    SEVERAL_CLASSES_RULE,
    MedicationClass,
    Month,
    OveruseRule,
    Reached,
    Window,
    first_of,
    month_number,
    months_back,
    next_month,
    overuse,
    rule_of,
)

MONTHS_ASKED = 5
"""Calendar months before this one that the sections may look at, with one to spare for another time zone."""
TREND_WINDOWS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """Where one patient stands. `found`: every section that fits, in order."""

    link: int
    clinic: int
    patient: int
    pseudonym: UUID
    name: str
    reference: str
    facts: Facts
    recent: Window
    last_reviewed: date | None
    found: list[Mark]

    @property
    def section(self) -> Section:
        """The first one that fits."""
        return section(self.found)


class Taken(NamedTuple):
    """Days of one class, or of several together, in one month so far. `state` looks at the days that have passed."""

    month: date
    medication_class: MedicationClass | None
    rule: OveruseRule | None
    days: int
    missing: int
    state: Reached | None


@dataclass(frozen=True, slots=True)
class CaseloadRow:
    """One patient in the list. `change` compares the last 28 days with the baseline.

    `not_compared` is why there is no change; both are `None` without an injection. `taken`: the classes of this
    calendar month and the last. `trend`: 28-day windows up to yesterday, oldest first.
    """

    link: CareLink
    entry: Entry
    baseline: Window | None
    change: Reduction | None
    not_compared: NotCompared | None
    taken: list[Taken]
    position: Position | None
    trend: list[Window]
    tags: list[str]

    @property
    def patient(self) -> Patient:
        """Whose row this is."""
        return self.link.patient

    @property
    def recent(self) -> Window:
        """The 28 days that ended yesterday."""
        return self.entry.recent

    @property
    def last_recorded(self) -> date | None:
        """The last recorded date; `None` for an empty diary."""
        return self.entry.facts.last_recorded

    @property
    def due_on(self) -> date | None:
        """When the next injection is due."""
        return self.entry.facts.due_on

    @property
    def is_agreed(self) -> bool:
        """The next date is an appointment, not 84 days after the last injection."""
        return self.entry.facts.is_agreed

    @property
    def is_overdue(self) -> bool:
        """The date has passed."""
        return self.entry.facts.is_overdue

    @property
    def last_reviewed(self) -> date | None:
        """When somebody of the clinic went through the diary last."""
        return self.entry.last_reviewed

    @property
    def is_stopped(self) -> bool:
        """The latest decision was to stop."""
        return self.entry.facts.is_stopped

    @property
    def other_marks(self) -> list[Mark]:
        """The sections that fit besides the first."""
        return self.entry.found[1:]

    @property
    def mark(self) -> Mark | None:
        """Why the patient stands in this section."""
        return self.entry.found[0] if self.entry.found else None


def matching(links: QuerySet[CareLink], query: str = "", tag: int | None = None) -> QuerySet[CareLink]:
    """The links whose patient's name or clinic number holds the text, and who carry the tag, by name."""
    if query:
        links = links.filter(Q(patient__name__icontains=query) | Q(reference__icontains=query))
    if tag is not None:
        # The clinic whose link it is gave the tag: another clinic's means nothing here.
        carried = Tagged.objects.filter(tag=tag, tag__clinic=OuterRef("clinic"), patient=OuterRef("patient"))
        links = links.filter(patient__in=carried.values("patient"))
    return links.order_by("patient__name", "pk")


# --- Where everybody stands ------------------------------------------------------------------------------------


def entries(links: QuerySet[CareLink], now: datetime, *, whole: bool = False) -> list[Entry]:
    """Where each stands, in the order of the links: four queries, whatever their number.

    `whole`: with the baseline's days too, however long ago that was.
    """
    rows = list(_asked(links))
    ids = links.order_by().values("patient")
    sessions = _sessions(ids)
    since = _since(now.date(), sessions.values() if whole else ())
    counted = _tallies(ids, since)
    cycles_asked = _cycles_asked({row["clinic__follows"] for row in rows})
    today = _dates(now)
    nothing = Tally(first_of(since))
    return [
        _entry(
            row,
            _facts(
                row,
                today(row["patient__time_zone"]),
                sessions.get(row["patient_id"], ()),
                counted.get(row["patient_id"], nothing),
                cycles_asked,
            ),
        )
        for row in rows
    ]


def _tallies(patients: Any, since: int) -> dict[int, Tally]:
    return tallies(CountedMonth.objects.filter(patient__in=patients), since)


def _since(today: date, sessions: Iterable[Sequence[date]]) -> int:
    """The first month that is needed: for the sections, and for the baselines of these sessions."""
    baselines = [span[0] for span in map(baseline_span, sessions) if span]
    return min(month_number(day) for day in (months_back(today - ONE_DAY, MONTHS_ASKED), *baselines))


def _asked(links: QuerySet[CareLink]) -> Iterable[Mapping[str, Any]]:
    same = {"patient": OuterRef("patient"), "clinic": OuterRef("clinic")}
    latest = Decision.objects.filter(**same).latest_first()
    reviewed = Review.objects.filter(**same).order_by("-reviewed_on")
    recorded = DiaryDay.objects.filter(patient=OuterRef("patient")).order_by("-date")
    return links.annotate(
        last_recorded=Subquery(recorded.values("date")[:1]),
        last_reviewed=Subquery(reviewed.values("reviewed_on")[:1]),
        appointment=Subquery(Appointment.objects.filter(**same).values("date")[:1]),
        decided_on=Subquery(latest.values("made_on")[:1]),
        stopped_on=Subquery(latest.on_treatment().stops()[:1]),
        cycle_decided=Subquery(latest.values("cycle")[:1]),
    ).values(
        "pk",
        "clinic_id",
        "patient_id",
        "patient__pseudonym",
        "patient__name",
        "patient__time_zone",
        "reference",
        "clinic__follows",
        "last_recorded",
        "last_reviewed",
        "appointment",
        "decided_on",
        "stopped_on",
        "cycle_decided",
    )


def _sessions(patients: Any) -> dict[int, list[date]]:
    found: dict[int, list[date]] = defaultdict(list)
    rows = InjectionSession.objects.filter(patient__in=patients).order_by("date")
    for patient, when in rows.values_list("patient_id", "date"):
        found[patient].append(when)
    return found


def _cycles_asked(follows: set[str]) -> dict[str, int]:
    """After how many cycles the criteria ask that the clinics follow; what is not known asks as NICE does."""
    asked = {one.key: one.inadequate_cycles for one in PUBLISHED_CRITERIA}
    if follows - asked.keys():
        asked |= {one.key: one.inadequate_cycles for one in CriteriaSet.objects.all()}
    return {key: asked.get(key, NICE_TA260.inadequate_cycles) for key in follows}


def _dates(now: datetime) -> Callable[[str], date]:
    @cache
    def date_in(zone: str) -> date:
        return now.astimezone(ZoneInfo(zone)).date()

    return date_in


def _facts(
    row: Mapping[str, Any],
    today: date,
    sessions: Sequence[date],
    counted: Tally,
    cycles_asked: Mapping[str, int],
) -> Facts:
    given = sessions if not sessions or sessions[-1] <= today else [day for day in sessions if day <= today]
    return Facts(
        today,
        given,
        row["appointment"],
        row["stopped_on"],
        tally=counted,
        last_recorded=row["last_recorded"],
        decided_on=row["decided_on"],
        cycle_decided=row["cycle_decided"],
        decision_cycles=cycles_asked[row["clinic__follows"]],
    )


def _entry(row: Mapping[str, Any], facts: Facts) -> Entry:
    recent = facts.recent
    return Entry(
        row["pk"],
        row["clinic_id"],
        row["patient_id"],
        row["patient__pseudonym"],
        row["patient__name"],
        row["reference"],
        facts,
        recent,
        row["last_reviewed"],
        marks(facts, recent),
    )


@dataclass(frozen=True, slots=True)
class Visit:
    """When one patient is due. `is_agreed`: by appointment, else 84 days after the last injection."""

    link: CareLink
    due_on: date
    is_agreed: bool
    is_overdue: bool
    sessions: int
    last_session: date | None


def visits(links: QuerySet[CareLink], now: datetime) -> list[Visit]:
    """Who is due when, the first date first: three queries. Nobody whose treatment was stopped."""
    here = {link.pk: link for link in links}
    sessions = _sessions(links.order_by().values("patient"))
    today = _dates(now)
    follows: defaultdict[str, int] = defaultdict(int)  # nobody's cycles are asked here
    nothing = Tally(now.date())
    found = []
    for row in _asked(links):
        facts = _facts(
            row, today(row["patient__time_zone"]), sessions.get(row["patient_id"], ()), nothing, follows
        )
        if row["pk"] in here and (when := facts.due_on):
            last = facts.sessions[-1] if facts.sessions else None
            found.append(
                Visit(here[row["pk"]], when, facts.is_agreed, facts.is_overdue, len(facts.sessions), last)
            )
    return sorted(found, key=lambda visit: (visit.due_on, visit.link.patient.name, visit.link.pk))


def section_counts(found: Iterable[Entry]) -> dict[Section, int]:
    """How many stand in each section, in order."""
    counts = dict.fromkeys(Section, 0)
    for entry in found:
        counts[entry.section] += 1
    return counts


# --- In which order --------------------------------------------------------------------------------------------


def _change(entry: Entry) -> Any:
    before, change, _why_not = compared(entry)
    return None if before is None or change is None else -change.point


SORTS: dict[str, Callable[[Entry], Any]] = {
    "name": lambda entry: entry.name.casefold(),
    "recorded": lambda entry: entry.facts.last_recorded,
    "complete": lambda entry: entry.recent.recorded,
    "headache": lambda entry: entry.recent.headache_days if entry.recent.recorded else None,
    "change": _change,
    "migraine": lambda entry: entry.recent.migraine_days if entry.recent.recorded else None,
    "cycle": lambda entry: (
        (len(entry.facts.sessions), entry.facts.sessions[-1]) if entry.facts.sessions else None
    ),
    "due": lambda entry: entry.facts.due_on,
    "reviewed": lambda entry: entry.last_reviewed,
}
"""What the columns sort by. What is not known stands last."""
WHOLE = {"change"}
"""Needs days from before the first injection."""


def ordered(found: Sequence[Entry], by: str, *, descending: bool) -> list[Entry]:
    """By section, then by a column; who is equal there stays in order of the name."""
    key = SORTS[by]
    keyed = [(key(entry), entry) for entry in found]
    known = [pair for pair in keyed if pair[0] is not None]
    known.sort(key=lambda pair: pair[0], reverse=descending)
    in_order = [entry for _, entry in known] + [entry for value, entry in keyed if value is None]
    places = {one: place for place, one in enumerate(Section)}
    return sorted(in_order, key=lambda entry: places[entry.section])


# --- The rows of a page ----------------------------------------------------------------------------------------


def caseload(found: Sequence[Entry]) -> list[CaseloadRow]:
    """A row for each entry: two queries, whatever their number."""
    today = min((entry.facts.today for entry in found), default=date.max)
    since = min(
        _since(today, [entry.facts.sessions for entry in found]),
        month_number(today - timedelta(days=BASELINE_DAYS * TREND_WINDOWS)),
    )
    days = _tallies([entry.patient for entry in found], since)
    tags = _tags(found)
    return [_row(entry, days.get(entry.patient, Tally(first_of(since))), tags[entry.link]) for entry in found]


def _tags(found: Iterable[Entry]) -> dict[int, list[str]]:
    carried: dict[int, list[str]] = defaultdict(list)
    places = {(entry.patient, entry.clinic): entry.link for entry in found}
    rows = Tagged.objects.filter(patient__in={patient for patient, _ in places}).order_by("tag__name")
    for patient, clinic, name in rows.values_list("patient_id", "tag__clinic_id", "tag__name"):
        if (patient, clinic) in places:
            carried[places[patient, clinic]].append(name)
    return carried


def _link(entry: Entry) -> CareLink:
    """What a row and the audit log say of it, without asking for it again."""
    patient = Patient(pk=entry.patient, name=entry.name, pseudonym=entry.pseudonym)
    return CareLink(pk=entry.link, clinic_id=entry.clinic, patient=patient, reference=entry.reference)


def _row(entry: Entry, whole: Tally, tags: list[str]) -> CaseloadRow:
    before, change, why_not = compared(entry, whole)
    today = entry.facts.today
    months = [(whole.month(first), _missing_so_far(whole, first, today)) for first in _two_months(today)]
    return CaseloadRow(
        _link(entry),
        entry,
        before,
        change,
        why_not,
        [taken for counted, missing in months for taken in _taken(counted, missing)],
        position(entry.facts.sessions, today),
        trend(whole, today),
        tags,
    )


def compared(
    entry: Entry, days: Tally | None = None
) -> tuple[Window | None, Reduction | None, NotCompared | None]:
    """The baseline, the change from it, and why there is none. `days` reach back to the baseline."""
    span = baseline_span(entry.facts.sessions)
    if span is None:
        return None, None, None
    before = (days or entry.facts.tally).window(*span)
    # Days from before the first injection would be compared with themselves.
    too_early = entry.recent.first <= before.last
    why_not = NotCompared.TOO_EARLY if too_early else not_compared(before, entry.recent)
    return before, None if why_not else reduction(before, entry.recent), why_not


def trend(days: Tally, today: date) -> list[Window]:
    """Windows of 28 days, one after the other, the last of which ended yesterday; oldest first."""
    ends = [today - ONE_DAY - timedelta(days=BASELINE_DAYS * back) for back in range(TREND_WINDOWS)]
    return [days.window(end - timedelta(days=BASELINE_DAYS - 1), end) for end in reversed(ends)]


def _two_months(today: date) -> tuple[date, date]:
    """This calendar month and the last one."""
    return today.replace(day=1), months_back(today, 1)


def _missing_so_far(days: Tally, first: date, today: date) -> int:
    # Today is not missed before it is over.
    last = min(next_month(first), today) - ONE_DAY
    return days.window(first, last).missing if last >= first else 0


def _taken(counted: Month, missing: int) -> list[Taken]:
    # The month's own states leave open what the days to come may bring: that is no news of what was taken.
    states = overuse(counted.medication_days, counted.several_classes_days, missing)
    found = []
    for medication_class in COUNTED_CLASSES:
        if days := counted.medication_days[medication_class]:
            rule = rule_of(medication_class)
            state = states[rule.code] if rule else None
            found.append(Taken(counted.month, medication_class, rule, days, missing, state))
    several = states[SEVERAL_CLASSES_RULE.code]
    if several in NOTED:
        days = counted.several_classes_days
        found.append(Taken(counted.month, None, SEVERAL_CLASSES_RULE, days, missing, several))
    return found


# --- Tags ------------------------------------------------------------------------------------------------------


def tags_of(clinics: QuerySet[Clinic]) -> QuerySet[Tag]:
    """The tags of these clinics by name, with how many carry them."""
    links = "tagged__patient__care_links"
    read_still = Q(**{f"{links}__clinic": F("clinic"), f"{links}__ends_at__isnull": True})
    return (
        Tag.objects.filter(clinic__in=clinics.order_by().values("pk"))
        .annotate(carried=Count("tagged", filter=read_still, distinct=True))
        .select_related("clinic")
        .order_by("name", "pk")
    )
