"""What a clinic writes down of a patient besides the injections: adverse events, decisions, reviews, appointments.

Adverse events and decisions are written once. A correction is a new row that names the one it `replaces`; the latest
one stands, and what it replaced stays legible.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.models.people import Clinic, name_of
from clinic.models.sessions import InjectionSession
from clinic.rules import PublishedCriteria
from clinic.terms import DecisionKind
from clinic.words import (
    adverse_terms,
    answers,
    decision_kinds,
    outcomes,
    severities,
    stop_reasons,
)
from diary.models import Patient, validate_text


class AdverseEventQuerySet(models.QuerySet["AdverseEvent"]):
    def standing(self) -> AdverseEventQuerySet:
        """Those that nothing replaced and that were not withdrawn."""
        return self.filter(replaced_with=None, is_withdrawn=False)

    def editable_by(self, clinic: Clinic) -> AdverseEventQuerySet:
        """A clinic corrects what stands and is its own."""
        return self.standing().filter(clinic=clinic)

    def with_names(self) -> AdverseEventQuerySet:
        """Each with `recorded_by_name`, empty or `None` where no name is known; the earliest record first."""
        return self.annotate(recorded_by_name=name_of("recorded_by")).order_by("recorded_at", "pk")


ADVERSE_SAID = (
    "session",
    "term",
    "words",
    "began_on",
    "ended_on",
    "severity",
    "is_serious",
    "outcome",
    "note",
)
"""What a record of an adverse event says: what its form asks."""


class AdverseEvent(models.Model):
    """Something unwanted after an injection, by the label's terms. Nothing says that the injection caused it.

    `words`: what happened where no term fits, else more about it. `is_withdrawn`: this row says that the one which it
    replaces was recorded by mistake.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="adverse_events")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="adverse_events")
    session = models.ForeignKey(
        InjectionSession, on_delete=models.CASCADE, null=True, blank=True, related_name="adverse_events"
    )
    term = models.CharField(_("what happened"), max_length=32, choices=adverse_terms)
    words = models.CharField(_("in words"), max_length=200, blank=True, validators=[validate_text])
    began_on = models.DateField(_("began on"))
    ended_on = models.DateField(_("over on"), null=True, blank=True)
    severity = models.CharField(_("severity"), max_length=8, choices=severities)
    is_serious = models.BooleanField(_("serious"), default=False)
    outcome = models.CharField(_("outcome"), max_length=16, choices=outcomes)
    note = models.TextField(_("note"), max_length=2000, blank=True, validators=[validate_text])
    replaces = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="replaced_with"
    )
    is_withdrawn = models.BooleanField(default=False)
    recorded_by = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    recorded_by_name: str | None
    """Set by `AdverseEventQuerySet.with_names` alone."""

    objects = AdverseEventQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("began_on")),
                name="adverse_event_ends_after_it_begins",
            ),
        )

    def __str__(self) -> str:
        return f"{self.began_on}: {self.term}"

    @property
    def said(self) -> dict[str, Any]:
        """`ADVERSE_SAID` by the names of columns."""
        return {name: getattr(self, self._meta.get_field(name).attname) for name in ADVERSE_SAID}


class DecisionQuerySet(models.QuerySet["Decision"]):
    def standing(self) -> DecisionQuerySet:
        """Those that nothing replaced and that were not withdrawn."""
        return self.filter(replaced_with=None, is_withdrawn=False)

    def latest_first(self) -> DecisionQuerySet:
        """Those that stand, by the day on which they were made: the first one is "the latest decision" everywhere."""
        return self.standing().order_by("-made_on", "-pk")

    def on_treatment(self) -> DecisionQuerySet:
        """Without those of the kind "other", which say nothing of whether the treatment goes on."""
        return self.exclude(kind=DecisionKind.OTHER.value)

    def stops(self) -> models.QuerySet[Decision, dict[str, Any]]:
        """Of each when it was made, where it is to stop, else `None`."""
        return self.values(stopped_on=Case(When(kind=DecisionKind.STOP.value, then="made_on")))

    def of(self, clinic: Clinic) -> DecisionQuerySet:
        """A clinic corrects its own alone."""
        return self.filter(clinic=clinic)

    def saying(self, decision: Decision) -> DecisionQuerySet:
        """Those that say the same of the same patient, for the same clinic."""
        same = {name: getattr(decision, name) for name in DECIDED}
        return self.filter(patient=decision.patient_id, clinic=decision.clinic_id, **same)

    def with_names(self) -> DecisionQuerySet:
        """Each with `recorded_by_name`, empty or `None` where no name is known; in the order of recording."""
        return self.select_related("clinic").annotate(recorded_by_name=name_of("recorded_by")).order_by("pk")


DECIDED = (
    "made_on",
    "kind",
    "stop_reason",
    "reason",
    "cycle",
    "criteria",
    "overuse_managed",
    "preventives_tried",
)
"""What a decision says, and what its form asks."""


class Decision(models.Model):
    """What a clinician decided about the treatment, when and why. The counts of that day are kept beside it.

    `cycle`: after which injection, counted from 1; `None` before the first. `criteria`: the key of the published
    criteria or of the clinic's own (`CriteriaSet.key`) that was looked at, empty for none. `counted`: what the page
    showed then, JSON-able; it is shown with the decision and never compared with anything.
    `overuse_managed`, `preventives_tried`: asked before a start alone.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="decisions")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="decisions")
    made_on = models.DateField(_("date"))
    kind = models.CharField(_("decision"), max_length=16, choices=decision_kinds)
    stop_reason = models.CharField(_("why it ends"), max_length=16, blank=True, choices=stop_reasons)
    reason = models.TextField(_("reason"), max_length=2000, blank=True, validators=[validate_text])
    cycle = models.PositiveSmallIntegerField(null=True, blank=True)
    criteria = models.CharField(_("criteria looked at"), max_length=32, blank=True)
    overuse_managed = models.CharField(
        _("medication overuse managed"), max_length=16, blank=True, choices=answers
    )
    preventives_tried = models.PositiveSmallIntegerField(
        _("preventives tried or unsuitable"), null=True, blank=True
    )
    counted = models.JSONField(default=dict, blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="replaced_with"
    )
    is_withdrawn = models.BooleanField(default=False)
    recorded_by = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    recorded_by_name: str | None
    """Set by `DecisionQuerySet.with_names` alone."""

    objects = DecisionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.made_on}: {self.kind}"


class ReviewQuerySet(models.QuerySet["Review"]):
    def at(self, clinic: Clinic) -> ReviewQuerySet:
        """Those of one clinic, the latest first."""
        return self.filter(clinic=clinic).order_by("-reviewed_on", "-pk")


class Review(models.Model):
    """Somebody of the clinic went through this diary, and perhaps noted something for the next time."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="reviews")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="reviews")
    reviewed_on = models.DateField(_("date"))
    note = models.TextField(_("note"), max_length=2000, blank=True, validators=[validate_text])
    recorded_by = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = ReviewQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.reviewed_on}"


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def of(self, patient: Patient) -> Appointment | None:
        return self.filter(patient=patient).first()


class Appointment(models.Model):
    """When a patient comes for the next injection: one at a time for a clinic. A session on or after it ends it."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="appointments")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="appointments")
    date = models.DateField(_("next injection"))
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField(default=timezone.now)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint("clinic", "patient", name="one_appointment_a_patient"),)

    def __str__(self) -> str:
        return f"{self.date}"


class TagQuerySet(models.QuerySet["Tag"]):
    def of(self, clinic: Clinic) -> TagQuerySet:
        return self.filter(clinic=clinic)


class Tag(models.Model):
    """A clinic's own word to sort its patients by, such as a study or a ward."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(_("tag"), max_length=40, validators=[validate_text])
    patients = models.ManyToManyField(Patient, related_name="tags", through="Tagged")

    objects = TagQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(F("clinic"), Lower("name"), name="one_tag_a_name"),)

    def __str__(self) -> str:
        return self.name


class Tagged(models.Model):
    """A patient carries a clinic's tag."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="tagged")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="tagged")

    class Meta:
        constraints = (models.UniqueConstraint("tag", "patient", name="tagged_once"),)

    def __str__(self) -> str:
        return f"{self.tag}"


class CriteriaSetQuerySet(models.QuerySet["CriteriaSet"]):
    def in_use(self) -> CriteriaSetQuerySet:
        """In the order in which they were made."""
        return self.filter(is_in_use=True).order_by("pk")

    def retired(self) -> CriteriaSetQuerySet:
        return self.filter(is_in_use=False).order_by("pk")

    def of(self, clinics: models.QuerySet[Clinic]) -> CriteriaSetQuerySet:
        return self.filter(clinic__in=clinics).select_related("clinic")

    def named(self, name: str) -> CriteriaSetQuerySet:
        return self.filter(name__iexact=name)

    def saying(self, made: CriteriaSet) -> CriteriaSetQuerySet:
        """Those with the same name, source and numbers."""
        return self.filter(**{name: getattr(made, name) for name in CRITERIA_NUMBERS})

    def with_keys(self, keys: Iterable[str]) -> CriteriaSetQuerySet:
        """Those that these keys name, retired or not."""
        numbers = [key.removeprefix(OWN) for key in keys if key.startswith(OWN)]
        return self.filter(pk__in=[number for number in numbers if number.isdecimal()])


CRITERIA_NUMBERS = (
    "name",
    "source",
    "inadequate_percent",
    "inadequate_cycles",
    "episodic_below",
    "episodic_months",
)
"""What a set says, and what its form asks."""
OWN = "own-"
"""How the key of a clinic's own criteria begins."""


class CriteriaSet(models.Model):
    """A clinic's own numbers beside the published ones, with their source. Never edited: another set is another row.

    Less than `inadequate_percent` after `inadequate_cycles` cycles; fewer than `episodic_below` headache days in each
    of `episodic_months` calendar months.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="criteria_sets")
    name = models.CharField(_("name"), max_length=80, validators=[validate_text])
    source = models.CharField(_("source"), max_length=300, validators=[validate_text])
    inadequate_percent = models.PositiveSmallIntegerField(_("reduction in percent"))
    inadequate_cycles = models.PositiveSmallIntegerField(_("after how many cycles"))
    episodic_below = models.PositiveSmallIntegerField(_("headache days a month"))
    episodic_months = models.PositiveSmallIntegerField(_("for how many months"))
    is_in_use = models.BooleanField(default=True)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField(default=timezone.now)

    objects = CriteriaSetQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    inadequate_percent__gte=1,
                    inadequate_percent__lte=100,
                    inadequate_cycles__gte=1,
                    inadequate_cycles__lte=8,
                    episodic_below__gte=1,
                    episodic_below__lte=28,
                    episodic_months__gte=1,
                    episodic_months__lte=12,
                ),
                name="criteria_set_in_range",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """How a decision and the clinic name it; published ones have keys of their own."""
        return f"{OWN}{self.pk}"

    @property
    def numbers(self) -> PublishedCriteria:
        """As the rules count beside it."""
        return PublishedCriteria(self.key, **{name: getattr(self, name) for name in CRITERIA_NUMBERS})


class ClinicFeedQuerySet(models.QuerySet["ClinicFeed"]):
    def of(self, user: Any) -> ClinicFeed | None:
        return self.filter(user=user).first()


class ClinicFeed(models.Model):
    """A clinic's appointments as a calendar at a secret address, for one person who works there.

    `digest` finds it; the address is worked out from `seed` and the secret key. It holds dates and clinic numbers, no
    names.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="feeds")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="clinic_feeds")
    seed = models.CharField(max_length=32)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)

    objects = ClinicFeedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint("clinic", "user", name="one_feed_a_person"),)

    def __str__(self) -> str:
        return f"feed of {self.clinic}"


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def of(self, clinic: Clinic | None) -> ImportBatchQuerySet:
        """Those of one clinic, or with `None` those that the patients made themselves; the latest first."""
        return self.filter(clinic=clinic).order_by("-made_at", "-pk")

    def standing(self) -> ImportBatchQuerySet:
        """Those that were not taken back."""
        return self.filter(taken_back_at=None)


class ImportBatch(models.Model):
    """Days that were taken over from a file or from paper in one go, so that they can be taken back.

    `clinic`: who copied them, `None` where the patient did.
    `added`: how many days were new. `taken_back_at`: when it was undone.
    """

    class Kind(models.TextChoices):
        PAPER = "paper", _("copied from a paper diary")
        FILE = "file", _("imported from a file")

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="import_batches")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, null=True, related_name="import_batches")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    added = models.PositiveIntegerField(default=0)
    dates = models.JSONField(default=list)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField(default=timezone.now)
    taken_back_at = models.DateTimeField(null=True)

    objects = ImportBatchQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.kind} {self.made_at:%Y-%m-%d}"
