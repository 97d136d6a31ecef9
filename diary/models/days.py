"""The days as they are recorded, and as they stood before."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import combinations, groupby
from operator import itemgetter
from typing import Any, NamedTuple, TypedDict

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diary.details import MOST_TRIGGERS, ONE_SIDES, TRIGGER_LENGTH, Aura, Quality, Side
from diary.models.checked import validate_text, validate_triggers
from diary.models.medicines import Medicine
from diary.models.people import Patient
from diary.rules import (
    LATE_DAYS,
    Day,
    Disability,
    EarlierDay,
    Feature,
    Headache,
    MedicationClass,
    Relief,
    is_late,
)
from diary.words import (
    disability_choices,
    headache_choices,
    quality_choices,
    relief_choices,
    side_choices,
)

NOTE_LENGTH = 2000
MOST_DOSES = 99
"""Of one medicine on one day."""
ENTERED_FIELDS = (
    "headache",
    "pain",
    "hours",
    "migraine",
    "features",
    "relief",
    "disability",
    "menstruation",
    "note",
    "start",
    "end",
    "side",
    "quality",
    "aura",
    "triggers",
)
"""What a person says of a day, besides its medicines."""
KEPT_FIELDS = (*ENTERED_FIELDS, "source", "recorded_on")
"""All that a day says, besides its medicines: what Undo brings back, and what an earlier version keeps."""


@lru_cache(maxsize=512)
def feature_set(words: str) -> frozenset[Feature]:
    """The features of a stored `;`-separated text."""
    return frozenset(Feature(word) for word in words.split(";") if word)


def feature_words(features: frozenset[Feature] | set[Feature]) -> str:
    """The stored text of some features, always in the same order."""
    return ";".join(feature.value for feature in Feature if feature in features)


@lru_cache(maxsize=64)
def aura_set(words: str) -> frozenset[Aura]:
    """The kinds of a stored `;`-separated text."""
    return frozenset(Aura(word) for word in words.split(";") if word)


def aura_words(kinds: Iterable[Aura]) -> str:
    """The stored text of some kinds of aura, always in the same order."""
    found = frozenset(kinds)
    return ";".join(kind.value for kind in Aura if kind in found)


AURA_TEXTS = [aura_words(kinds) for most in range(len(Aura) + 1) for kinds in combinations(Aura, most)]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date | time) else value


def _day(
    when: date,
    headache: str,
    pain: int | None,
    migraine: bool | None,
    features: str,
    relief: str,
    classes: Iterable[str],
) -> Day:
    return Day(
        when,
        Headache(headache),
        pain,
        migraine,
        feature_set(features),
        frozenset(map(MedicationClass, classes)),
        Relief(relief) if relief else None,
    )


class Origin(NamedTuple):
    """When a day was first recorded (`None` where that is not known) and by whom (`DiaryDay.Source`)."""

    date: date
    recorded_on: date | None
    source: str


class DiaryDayQuerySet(models.QuerySet["DiaryDay"]):
    def between(self, first: date, last: date) -> DiaryDayQuerySet:
        return self.filter(date__range=(first, last))

    def between_with_first(self, first: date, last: date) -> DiaryDayQuerySet:
        """Those of one patient between two dates, and the very first one of their diary, in one query."""
        earliest = models.Subquery(self.order_by("date").values("date")[:1])
        return self.filter(Q(date__range=(first, last)) | Q(date=earliest))

    def since(self, first: date) -> DiaryDayQuerySet:
        """From a date on, the latest first."""
        return self.filter(date__gte=first).order_by("-date")

    def late(self) -> DiaryDayQuerySet:
        """Days first recorded more than two days afterwards, as `DiaryDay.is_late`."""
        return self.annotate(
            days_after=models.ExpressionWrapper(
                F("recorded_on") - F("date"), output_field=models.DurationField()
            )
        ).filter(days_after__gt=timedelta(days=LATE_DAYS))

    def on(self, dates: Collection[date]) -> DiaryDayQuerySet:
        """Those of some dates."""
        return self.filter(date__in=list(dates))

    def records_with_origins(self) -> tuple[list[Day], list[Origin]]:
        """The same for one patient, and where each day comes from; one query, whose rows are one a medicine."""
        rows = self.order_by("date").values_list(
            "date",
            "recorded_on",
            "source",
            "headache",
            "pain",
            "migraine",
            "features",
            "relief",
            "intakes__medicine__medication_class",
        )
        days, origins = [], []
        for (when, recorded_on, source, *said), taken in groupby(rows, key=itemgetter(slice(8))):
            days.append(_day(when, *said, {row[8] for row in taken if row[8]}))
            origins.append(Origin(when, recorded_on, source))
        return days, origins

    def within(self, windows: list[tuple[int, date, date]]) -> DiaryDayQuerySet:
        """Days of several patients, each in their own windows of (patient id, first, last)."""
        wanted = Q(pk__in=())
        for patient, first, last in windows:
            wanted |= Q(patient_id=patient, date__range=(first, last))
        return self.filter(wanted)

    def records(self) -> list[Day]:
        """The one door from rows to the rules' days, in order of date; one query."""
        return [day for _patient, day, _doses in self._records()]

    def records_by_patient(self) -> dict[int, list[Day]]:
        """The same for several patients, by patient id; one query."""
        found: dict[int, list[Day]] = defaultdict(list)
        for patient, day, _doses in self._records():
            found[patient].append(day)
        return found

    def records_with_doses(self) -> list[tuple[Day, dict[int, int]]]:
        """The same for one patient, each day with its doses by medicine id; one query."""
        return [(day, doses) for _patient, day, doses in self._records()]

    def _records(self) -> Iterator[tuple[int, Day, dict[int, int]]]:
        rows = self.order_by("date", "pk").values_list(
            *("pk", "patient_id", "date", "headache", "pain", "migraine", "features", "relief"),
            *("intakes__medicine__medication_class", "intakes__medicine_id", "intakes__doses"),
        )
        # A row for each medicine that was taken on a day, and one for a day without any.
        for (_pk, patient, *said), of_day in groupby(rows, itemgetter(slice(8))):
            taken = [row[8:] for row in of_day if row[9] is not None]
            day = _day(*said, {word for word, _medicine, _doses in taken})
            yield patient, day, {medicine: doses for _word, medicine, doses in taken}


class DiaryDay(models.Model):
    """One recorded calendar day in the patient's own time zone; `None` and empty text are 'not recorded'.

    `recorded_on` is the patient's date when the day was first recorded, `None` where that is not known (imports).
    """

    class Source(models.TextChoices):
        OWN = "own", _("entered by the patient")
        IMPORT = "import", _("imported from a file")
        PAPER = "paper", _("copied from a paper diary")
        CARER = "carer", _("entered by a carer")

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="days")
    date = models.DateField(_("date"))
    headache = models.CharField(_("headache"), max_length=8, choices=headache_choices)
    pain = models.PositiveSmallIntegerField(
        _("worst pain, 0 to 10"), null=True, blank=True, validators=[MaxValueValidator(10)]
    )
    hours = models.DecimalField(
        _("hours of headache"),
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(24)],
    )
    migraine = models.BooleanField(_("I think it was migraine"), null=True, blank=True)
    features = models.CharField(max_length=120, blank=True)
    relief = models.CharField(
        _("relief two hours after the medicine"), max_length=8, blank=True, choices=relief_choices
    )
    disability = models.CharField(
        _("kept from the day's work"), max_length=8, blank=True, choices=disability_choices
    )
    menstruation = models.BooleanField(_("period"), null=True, blank=True)
    note = models.TextField(_("note"), max_length=NOTE_LENGTH, blank=True, validators=[validate_text])
    start = models.TimeField(_("it began at"), null=True, blank=True)
    end = models.TimeField(_("it ended at"), null=True, blank=True)
    side = models.CharField(_("side"), max_length=8, blank=True, choices=side_choices)
    quality = models.CharField(_("what it felt like"), max_length=12, blank=True, choices=quality_choices)
    aura = models.CharField(_("kinds of aura"), max_length=40, blank=True)
    triggers = models.CharField(
        _("what may have played a part"),
        max_length=MOST_TRIGGERS * (TRIGGER_LENGTH + 1),
        blank=True,
        validators=[validate_triggers],
    )
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.OWN)
    recorded_on = models.DateField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DiaryDayQuerySet.as_manager()

    class Meta:
        # All that a count of headache days asks: windows are counted without a look at the rows themselves.
        indexes = (models.Index("patient", "date", "headache", name="days_counted"),)
        constraints = (
            models.UniqueConstraint("patient", "date", name="one_day_a_date"),
            models.CheckConstraint(
                condition=Q(headache__in=[word.value for word in Headache]), name="day_headache_known"
            ),
            models.CheckConstraint(condition=Q(pain__isnull=True) | Q(pain__lte=10), name="day_pain_0_to_10"),
            models.CheckConstraint(
                condition=Q(pain__isnull=True)
                | Q(headache="none", pain=0)
                | (~Q(headache="none") & Q(pain__gte=1)),
                name="day_pain_0_only_without_headache",
            ),
            models.CheckConstraint(
                condition=Q(hours__isnull=True) | Q(hours__gte=0, hours__lte=24), name="day_hours_0_to_24"
            ),
            models.CheckConstraint(
                condition=Q(relief__in=["", *(word.value for word in Relief)]), name="day_relief_known"
            ),
            models.CheckConstraint(
                condition=Q(disability__in=["", *(word.value for word in Disability)]),
                name="day_disability_known",
            ),
            models.CheckConstraint(
                condition=Q(side__in=["", *(word.value for word in Side)]), name="day_side_known"
            ),
            models.CheckConstraint(
                condition=Q(quality__in=["", *(word.value for word in Quality)]), name="day_quality_known"
            ),
            models.CheckConstraint(condition=Q(aura__in=AURA_TEXTS), name="day_aura_known"),
            # What a detail says already, the features say too: `details.implied_features`.
            models.CheckConstraint(
                condition=~Q(side__in=sorted(side.value for side in ONE_SIDES))
                | Q(features__contains=Feature.ONE_SIDED.value),
                name="day_side_is_a_feature",
            ),
            models.CheckConstraint(
                condition=~Q(quality=Quality.PULSATING.value) | Q(features__contains=Feature.PULSATING.value),
                name="day_quality_is_a_feature",
            ),
            models.CheckConstraint(
                condition=Q(aura="") | Q(features__contains=Feature.AURA.value), name="day_aura_is_a_feature"
            ),
        )

    def __str__(self) -> str:
        return f"{self.date}: {self.headache}"

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Left to the database when it saves: asking it beforehand takes a query and a write lock for each. The form
        says them in words.
        """

    @property
    def feature_set(self) -> frozenset[Feature]:
        return feature_set(self.features)

    @property
    def aura_set(self) -> frozenset[Aura]:
        return aura_set(self.aura)

    @property
    def fields_said(self) -> dict[str, Any]:
        """What it says without its medicines, JSON-able."""
        return {name: _plain(getattr(self, name)) for name in KEPT_FIELDS}

    @property
    def says_more(self) -> bool:
        """More than the headache and what was taken, which is all that a tap on a phone says."""
        return self.source != self.Source.OWN or any(
            getattr(self, name) not in (None, "") for name in ENTERED_FIELDS if name != "headache"
        )

    @property
    def is_copied(self) -> bool:
        """First recorded from a file or a sheet of paper."""
        return self.source in (self.Source.IMPORT, self.Source.PAPER)

    @property
    def is_late(self) -> bool:
        """First recorded more than two days afterwards."""
        return is_late(self.date, self.recorded_on)


class Taken(TypedDict):
    """Doses of one medicine in words: they can be read when the list of medicines is gone."""

    product: str
    name: str
    strength: str
    medication_class: str
    doses: int


class IntakeQuerySet(models.QuerySet["Intake"]):
    def awaiting_relief(self, patient: Patient, days: Iterable[date], now: datetime) -> IntakeQuerySet:
        """Acute medicines recorded two to 24 hours ago on headache days without a word of relief, latest first."""
        return (
            self.filter(
                day__patient=patient,
                day__date__in=list(days),
                day__relief="",
                created_at__range=(now - timedelta(hours=24), now - timedelta(hours=2)),
            )
            .exclude(day__headache=Headache.NONE.value)
            .exclude(medicine__medication_class=MedicationClass.ANTIEMETIC.value)
            .select_related("day", "medicine")
            .order_by("-day__date", "-created_at", "-pk")
        )


class Intake(models.Model):
    """Doses of one medicine on one day. Criteria count days, so doses never enter a count."""

    day = models.ForeignKey(DiaryDay, on_delete=models.CASCADE, related_name="intakes")
    medicine = models.ForeignKey(Medicine, on_delete=models.PROTECT, related_name="intakes")
    doses = models.PositiveSmallIntegerField(_("doses"), default=1)
    created_at = models.DateTimeField(null=True, default=timezone.now, editable=False)
    """When the first of them was recorded; `None` where that is not known (imports)."""

    objects = IntakeQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("day", "medicine", name="one_intake_a_medicine"),
            models.CheckConstraint(
                condition=Q(doses__gte=1, doses__lte=MOST_DOSES), name="intake_1_to_99_doses"
            ),
        )

    def __str__(self) -> str:
        return f"{self.medicine} x{self.doses}"

    @property
    def taken(self) -> Taken:
        """What an earlier version keeps of it."""
        one = self.medicine
        return Taken(
            product=one.product,
            name=one.name,
            strength=one.strength,
            medication_class=one.medication_class,
            doses=self.doses,
        )


class DiaryDayVersionQuerySet(models.QuerySet["DiaryDayVersion"]):
    def after_two_days(self) -> DiaryDayVersionQuerySet:
        """Without those of the days on which a diary day is usually recorded, which are many and tell little."""
        return self.annotate(
            days_after=models.ExpressionWrapper(
                F("replaced_on") - F("date"), output_field=models.DurationField()
            )
        ).filter(days_after__gt=timedelta(days=LATE_DAYS))

    def replaced_since(self, moment: datetime) -> DiaryDayVersionQuerySet:
        """Those of days that were changed or deleted from a moment on."""
        return self.filter(replaced_at__gte=moment)

    def records(self) -> list[EarlierDay]:
        """As the rules' values; one query."""
        return [version.record for version in self.order_by("replaced_at", "pk")]


class DiaryDayVersion(models.Model):
    """How a day stood before it was changed or deleted. Written once.

    `said`: `DiaryDay.fields_said`, and what was `Taken` as its `medicines`. `replaced_on`: the patient's date then.
    `replaced_by`: the pseudonym of the user who did it, `None` for a command. `is_deletion`: nothing took its place.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="day_versions")
    date = models.DateField()
    said = models.JSONField()
    is_deletion = models.BooleanField(default=False)
    replaced_at = models.DateTimeField()
    replaced_on = models.DateField()
    replaced_by = models.UUIDField(null=True)

    objects = DiaryDayVersionQuerySet.as_manager()

    class Meta:
        indexes = (models.Index("patient", "date", name="version_of_day"),)

    def __str__(self) -> str:
        return f"{self.date} until {self.replaced_at:%Y-%m-%d %H:%M}"

    @property
    def record(self) -> EarlierDay:
        """The part of it that is counted."""
        said = self.said
        day = Day(
            self.date,
            Headache(said["headache"]),
            said["pain"],
            said["migraine"],
            feature_set(said["features"]),
            frozenset(MedicationClass(taken["medication_class"]) for taken in said["medicines"]),
            Relief(said["relief"]) if said["relief"] else None,
        )
        recorded_on = date.fromisoformat(said["recorded_on"]) if said["recorded_on"] else None
        return EarlierDay(day, recorded_on, self.replaced_at, self.replaced_on, self.is_deletion)

    @property
    def medicines(self) -> list[tuple[Medicine, int]]:
        """What was taken, with doses. The medicines are no rows: they may stand on no list any more."""
        return [
            (Medicine(**{name: said for name, said in taken.items() if name != "doses"}), taken["doses"])
            for taken in self.said["medicines"]
        ]


def earlier_version(
    patient: Patient,
    when: date,
    fields: dict[str, Any],
    taken: Iterable[Taken],
    *,
    by: uuid.UUID | None,
    is_deletion: bool = False,
) -> DiaryDayVersion:
    """How a day stands until this moment; the caller writes it together with what takes its place."""
    now = timezone.now()
    return DiaryDayVersion(
        patient=patient,
        date=when,
        said=fields | {"medicines": list(taken)},
        is_deletion=is_deletion,
        replaced_at=now,
        replaced_on=patient.date_at(now),
        replaced_by=by,
    )
