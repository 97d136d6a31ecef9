"""Between the rows of a diary CSV and a patient's diary in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from diary.details import Quality, Side, trigger_words
from diary.imports.diary_csv import MOST_DOSES, Dose, Other, Report, Row, shown
from diary.models import (
    ENTERED_FIELDS,
    DiaryDay,
    DiaryDayVersion,
    Intake,
    Medicine,
    Patient,
    Taken,
    aura_set,
    aura_words,
    earlier_version,
    feature_set,
    feature_words,
)
from diary.rules import Day, Disability, Headache, MedicationClass, Relief

_Key = tuple[str, str, str]


@dataclass(frozen=True)
class Compared:
    """The rows of a file beside a diary: days to add, days that say the same already, and days that differ."""

    new: list[Row]
    equal: list[Row]
    differing: list[Row]


def compared(patient: Patient, rows: Iterable[Row], *, with_notes: bool = True) -> Compared:
    """Where each row of a file, one a date, stands in the diary as it is now; two queries.

    `with_notes`: for whom the notes and triggers are not, a day that differs in nothing else says the same.
    """
    content = _content if with_notes else _content_without_notes
    standing = {row.date: content(row) for row in recorded_rows(patient)}
    found = Compared([], [], [])
    for row in rows:
        if row.date not in standing:
            found.new.append(row)
        elif standing[row.date] == content(row):
            found.equal.append(row)
        else:
            found.differing.append(row)
    return found


@dataclass
class Outcome:
    """How many days of a file were added, stood in the diary already, or took the place of others."""

    added: int = 0
    unchanged: int = 0
    replaced: int = 0

    def __iadd__(self, other: Outcome) -> Outcome:
        self.added += other.added
        self.unchanged += other.unchanged
        self.replaced += other.replaced
        return self


def recorded_rows(patient: Patient) -> list[Row]:
    """A patient's recorded days in order of date, as rows of the diary CSV; two queries."""
    taken = _taken(patient)
    days = patient.days.order_by("date").values_list("pk", "date", *ENTERED_FIELDS)
    return [_row(taken.get(pk, ()), *said) for pk, *said in days]


def _row(  # in the order of `ENTERED_FIELDS`
    doses: Iterable[Dose],
    when: date,
    headache: str,
    pain: int | None,
    hours: Decimal | None,
    migraine: bool | None,
    features: str,
    relief: str,
    disability: str,
    menstruation: bool | None,
    note: str,
    start: time | None,
    end: time | None,
    side: str,
    quality: str,
    aura: str,
    triggers: str,
) -> Row:
    classes = frozenset(dose.medication_class for dose in doses)
    found_relief = Relief(relief) if relief else None
    day = Day(when, Headache(headache), pain, migraine, feature_set(features), classes, found_relief)
    other = Other(
        hours,
        Disability(disability) if disability else None,
        menstruation,
        start,
        end,
        Side(side) if side else None,
        Quality(quality) if quality else None,
        aura_set(aura),
        trigger_words(triggers),
    )
    return Row(0, "", day, tuple(doses), other, note)


def _taken(patient: Patient) -> dict[int, list[Dose]]:
    found: dict[int, list[Dose]] = defaultdict(list)
    intakes = Intake.objects.filter(day__patient=patient).order_by("pk")
    for day, product, name, strength, word, doses in intakes.values_list(
        "day_id",
        "medicine__product",
        "medicine__name",
        "medicine__strength",
        "medicine__medication_class",
        "doses",
    ):
        found[day].append(Dose(product, name, strength, MedicationClass(word), doses))
    return found


def not_after(rows: Iterable[Row], latest: date, report: Report) -> Iterator[Row]:
    """The rows up to a date; later ones are problems, because nobody has lived them yet."""
    for row in rows:
        if row.date > latest:
            report.problem(row.line, "date", f"{row.date} is in the future")
        else:
            yield row


def store(
    patient: Patient, rows: Iterable[Row], report: Report, replace: bool = False, *, by: UUID | None = None
) -> Outcome:
    """Adds days to a diary, one row a date. One that stands there and differs is a problem, unless `replace`: then what
    stood there is kept as an earlier version. `by`: the pseudonym of a user, `None` for a command.

    What is added counts as imported; when it was recorded is not known. Call it within a transaction.
    """
    found = compared(patient, rows)
    added, replaced = found.new, found.differing if replace else []
    for row in [] if replace else found.differing:
        whose = f" of {shown(row.patient)}" if row.patient else ""
        report.problem(row.line, "date", f"{row.date}{whose} stands in the diary already and differs")
    outcome = Outcome(len(added), len(found.equal), len(replaced))
    medicines = _medicines(patient, [*added, *replaced])
    days = DiaryDay.objects.bulk_create([DiaryDay(patient=patient, **_fields(row)) for row in added])
    days += _replaced_days(patient, replaced, by)
    _store_intakes(days, [*added, *replaced], medicines)
    return outcome


def _key(dose: Dose) -> _Key:
    """By this a medicine is one on a patient's list."""
    return dose.name.lower(), dose.strength.lower(), dose.medication_class.value


def _doses(row: Row) -> dict[_Key, int]:
    found: dict[_Key, int] = {}
    for dose in row.medicines:
        found[_key(dose)] = min(MOST_DOSES, found.get(_key(dose), 0) + dose.doses)
    return found


def _content(row: Row) -> tuple[object, ...]:
    return row.day, row.other, row.note, _doses(row)


def _content_without_notes(row: Row) -> tuple[object, ...]:
    return row.day, row.other._replace(triggers=()), _doses(row)


def _fields(row: Row) -> dict[str, Any]:
    day, other = row.day, row.other
    return {
        "date": day.date,
        "headache": day.headache.value,
        "pain": day.pain,
        "hours": other.hours,
        "migraine": day.migraine,
        "features": feature_words(day.features),
        "relief": day.relief.value if day.relief else "",
        "disability": other.disability.value if other.disability else "",
        "menstruation": other.menstruation,
        "note": row.note,
        "start": other.start,
        "end": other.end,
        "side": other.side or "",
        "quality": other.quality or "",
        "aura": aura_words(other.aura),
        "triggers": ";".join(other.triggers),
        "source": DiaryDay.Source.IMPORT,
    }


def _replaced_days(patient: Patient, rows: list[Row], by: UUID | None) -> list[DiaryDay]:
    """The standing days with what the rows say, in the rows' order, without their intakes."""
    if not rows:
        return []
    standing = {day.date: day for day in patient.days.all()}
    days = [standing[row.date] for row in rows]
    keep_days(patient, days, by)
    for day, row in zip(days, rows, strict=True):
        for name, value in _fields(row).items():
            setattr(day, name, value)
    DiaryDay.objects.bulk_update(days, list(_fields(rows[0])), batch_size=500)
    Intake.objects.filter(day__in=[day.pk for day in days]).delete()
    return days


def keep_days(patient: Patient, days: list[DiaryDay], by: UUID | None, *, is_deletion: bool = False) -> None:
    """Writes down how these days stand, before something takes their place; two queries."""
    taken: dict[int, list[Taken]] = defaultdict(list)
    intakes = Intake.objects.filter(day__in=[day.pk for day in days]).select_related("medicine")
    for intake in intakes.order_by("medicine_id"):
        taken[intake.day_id].append(intake.taken)
    DiaryDayVersion.objects.bulk_create(
        [
            earlier_version(patient, day.date, day.fields_said, taken[day.pk], by=by, is_deletion=is_deletion)
            for day in days
        ],
        batch_size=500,
    )


def _medicines(patient: Patient, rows: list[Row]) -> dict[_Key, Medicine]:
    """The patient's medicines, with those added that only the rows name."""
    found = {
        (one.name.lower(), one.strength.lower(), one.medication_class): one for one in patient.medicines.all()
    }
    new: dict[_Key, Medicine] = {}
    for row in rows:
        for dose in row.medicines:
            if (key := _key(dose)) not in found and key not in new:
                new[key] = Medicine(
                    patient=patient,
                    product=dose.product,
                    name=dose.name,
                    strength=dose.strength,
                    medication_class=dose.medication_class.value,
                )
    Medicine.objects.bulk_create(new.values())
    return found | new


def _store_intakes(days: list[DiaryDay], rows: list[Row], medicines: dict[_Key, Medicine]) -> None:
    Intake.objects.bulk_create(
        [
            # When they were taken is not in a file.
            Intake(day=day, medicine=medicines[key], doses=doses, created_at=None)
            for day, row in zip(days, rows, strict=True)
            for key, doses in _doses(row).items()
        ]
    )
