"""What a phone keeps of a diary so that its owner can go on without a network: no more than Today needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from diary import merging
from diary.merging import HEADACHE, Value, doses_field, medicine_of
from diary.models import DeviceOperation, DiaryDay, Medicine, Patient
from diary.models.operations import records
from diary.receiving import StandingDay, standing_day
from diary.rules import COUNTED_CLASSES, Day, rule_of
from diary.summaries import MISSED_DAYS_LISTED, NEAR_LIMIT, TodaySummary, first_on_phone
from diary.words import CLASS_LABELS, HEADACHE_LABELS


def owner_mark(patient: Patient) -> str:
    """Stands for the owner on a phone: it says nothing to anybody else, and is the same on each of their phones."""
    return salted_hmac("diary.phone.owner", str(patient.pseudonym), algorithm="sha256").hexdigest()[:32]


def standing_days(
    days: Iterable[tuple[Day, dict[int, int]]], operations: Iterable[DeviceOperation]
) -> list[StandingDay]:
    """Days as a phone needs them, in order of date: those recorded, and those of which something was taken back."""
    said: dict[date, dict[str, Value]] = {}
    for day, doses in days:
        said[day.date] = {HEADACHE: day.headache.value} | {doses_field(pk): n for pk, n in doses.items()}
    by_date = _by_date(operations)
    return [
        standing_day(when, said.get(when, {}), records(by_date[when]))
        for when in sorted(said.keys() | by_date)
    ]


def _by_date(operations: Iterable[DeviceOperation]) -> dict[date, list[DeviceOperation]]:
    found: dict[date, list[DeviceOperation]] = defaultdict(list)
    for operation in operations:
        found[operation.date].append(operation)
    return found


@dataclass(frozen=True, slots=True)
class Conflict:
    """What two phones said differently of a day. `values`: what can be chosen; `stands`: what is counted so far."""

    date: date
    field: str
    values: list[Value]
    stands: Value
    medicine_name: str


def conflicts(operations: Iterable[DeviceOperation], medicines: Iterable[Medicine]) -> list[Conflict]:
    """What is open for the person to choose, the latest day first. No query where nothing is."""
    by_day = _by_date(one for one in operations if one.stands)
    contested = {when: theirs for when, theirs in by_day.items() if any(one.is_contested for one in theirs)}
    recorded = _recorded(contested)
    found = []
    for when, theirs in sorted(contested.items(), reverse=True):
        said = records(theirs)
        for field in sorted({one.field for one in theirs if one.is_contested}):
            values, stands = merging.choices(said, field), merging.value_of(said, field)
            # What a page of the site said since is no longer open.
            if len(values) > 1 and recorded[when].get(field) == stands:
                found.append(Conflict(when, field, values, stands, ""))
    return _named(found, medicines)


def _recorded(contested: Mapping[date, list[DeviceOperation]]) -> dict[date, dict[str, Value]]:
    """What the rows of these days say; one query."""
    found: dict[date, dict[str, Value]] = defaultdict(dict)
    if contested:
        patient = next(iter(contested.values()))[0].patient_id
        days = DiaryDay.objects.filter(patient=patient, date__in=contested)
        rows = days.values_list("date", "headache", "intakes__medicine", "intakes__doses")
        for when, word, medicine, doses in rows:
            found[when] |= {HEADACHE: word, doses_field(medicine): doses}
    return found


def _named(found: list[Conflict], medicines: Iterable[Medicine]) -> list[Conflict]:
    """With the names of the medicines; one query where one of them is not among those that are in use."""
    names = {doses_field(medicine.pk): str(medicine) for medicine in medicines}
    others = {one.field for one in found if one.field != HEADACHE} - names.keys()
    if others:
        out_of_use = Medicine.objects.in_bulk(map(medicine_of, others))
        names |= {doses_field(pk): str(medicine) for pk, medicine in out_of_use.items()}
    return [replace(one, medicine_name=names.get(one.field, "")) for one in found]


def day_payload(day: StandingDay) -> list[Any]:
    """`[date, word or null, {medicine: doses}, {field: names seen}]`."""
    doses = {str(medicine): number for medicine, number in day.doses.items()}
    return [day.date.isoformat(), day.word, doses, day.seen]


def payload(
    patient: Patient, summary: TodaySummary, operations: Iterable[DeviceOperation], now: datetime
) -> dict[str, Any]:
    """All that a phone keeps, JSON-able. Notes and details are not among it."""
    shown = [chip.medicine for chip in summary.chips]
    first = first_on_phone(summary.today)
    recent = [operation for operation in operations if operation.date >= first]
    return {
        "owner": owner_mark(patient),
        "now": moment_text(now),
        "zone": patient.time_zone,
        "began": summary.began.isoformat() if summary.began else None,
        "days": [day_payload(day) for day in standing_days(summary.days, recent)],
        "medicines": [
            [one.pk, one.shown_name, one.strength, one.medication_class, one.default_dose] for one in shown
        ],
        "rules": _rules(),
        "classes": summary.classes,
        "near": NEAR_LIMIT,
        "listed": MISSED_DAYS_LISTED,
    }


def _rules() -> list[list[Any]]:
    """What is counted: `[label, class, published days a month or null, source]`, the headache days first."""
    headache = _("Published number: 15 (ICHD-3 1.3), about more than three months.")
    found: list[list[Any]] = [[_("Headache days"), "", None, headache]]
    for counted in COUNTED_CLASSES:
        rule = rule_of(counted)
        published = [rule.days_per_month, rule.source] if rule else [None, ""]
        found.append([str(CLASS_LABELS[counted]), counted.value, *published])
    return found


def moment_text(moment: datetime) -> str:
    """As JavaScript writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _forms(word: Any) -> dict[str, str]:
    """One text for each plural of the language, found by a number that takes it; `{n}` stands for the number."""
    other = str(word(PLURALS["other"]))
    forms = {name: str(word(n)) for name, n in PLURALS.items()}
    return {name: text for name, text in forms.items() if text != other} | {"other": other}


PLURALS = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def words() -> dict[str, Any]:
    """What the phone's own script says, in the language of the page. It holds no words of its own."""
    return _words(get_language())


@lru_cache(maxsize=64)
def _words(language: str | None) -> dict[str, Any]:
    return {
        "answers": {word.value: str(label) for word, label in HEADACHE_LABELS.items()},
        "saved": _("Saved: {what}"),
        "undone": _("Undone: {what}"),
        "added": _("{medicine} added"),
        "taken_back": _("{medicine}: one dose taken back"),
        "nothing_ticked": _("Tick the days that were headache-free."),
        "free_days": _forms(
            lambda n: ngettext("{n} day saved as headache-free", "{n} days saved as headache-free", n)
        ),
        "refused": _("Not saved: {what}. {why}"),
        "full": _("This device has no room left: the entry could not be kept. Try again with a network."),
        "missing": _forms(
            lambda n: ngettext(
                "{n} day not recorded, so the count could be higher.",
                "{n} days not recorded, so the count could be higher.",
                n,
            )
        ),
        "none_missing": _("No day missing so far."),
        "to": _("to {most}"),
        "days": _forms(lambda n: ngettext("day", "days", n)),
        "published": _("published limit {limit}"),
        "day_of": _("day {n} · published limit {limit}"),
        "would_be": _("would be day {n} · published limit {limit}"),
        "missed": _forms(
            lambda n: ngettext(
                "{n} more day not recorded in the last four weeks",
                "{n} more days not recorded in the last four weeks",
                n,
            )
        ),
        "a_tap": _("+{n} a tap"),
        "less": _("Take back one dose of {medicine}"),
        "doses": _forms(lambda n: ngettext("{n} dose of {medicine}", "{n} doses of {medicine}", n)),
        "some_medicine": _("a medicine"),
        "not_recorded": _("not recorded"),
    }


def parts() -> str:
    """What that script copies and fills in, with its words."""
    return _parts(get_language())


@lru_cache(maxsize=64)
def _parts(language: str | None) -> str:
    return render_to_string("diary/_phone_parts.html", {"words": words()})


def frame_words() -> dict[str, Any]:
    """The same for what stands on every page: how much was not sent."""
    return _frame_words(get_language())


@lru_cache(maxsize=64)
def _frame_words(language: str | None) -> dict[str, Any]:
    return {
        "unsent": _forms(lambda n: ngettext("{n} not sent", "{n} not sent", n)),
        "sign_in": _("Sign in to send what is kept on this device."),
        "others": _(
            "Entries of somebody else are kept on this device. They are sent once that person signs in."
        ),
        "lost": _forms(
            lambda n: ngettext(
                "This device threw away {n} entry that was not sent. Please record it again.",
                "This device threw away {n} entries that were not sent. Please record them again.",
                n,
            )
        ),
        "leaving": _forms(
            lambda n: ngettext(
                "{n} entry is not sent yet. Signing out now loses it.",
                "{n} entries are not sent yet. Signing out now loses them.",
                n,
            )
        ),
    }
