"""The medicines on a person's own list."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from diary import catalogue
from diary.models.checked import validate_medicine_name, validate_strength, validate_text
from diary.models.people import Patient
from diary.rules import MedicationClass
from diary.words import CLASS_LABELS, class_choices

MOST_AT_A_TAP = 9


class MedicineQuerySet(models.QuerySet["Medicine"]):
    def put_on_list(
        self, patient: Patient, product: str, name: str, strength: str, medication_class: str
    ) -> Medicine:
        """The patient's medicine of this name and strength, in use from now on; made where it is new."""
        found, is_new = self.get_or_create(
            patient=patient,
            name__iexact=name,
            strength__iexact=strength,
            medication_class=medication_class,
            defaults={"product": product, "name": name, "strength": strength},
        )
        if not is_new:
            found.is_in_use = True
            found.save(update_fields=["is_in_use"])
        return found

    def for_day(self, day: date) -> MedicineQuerySet:
        """Most used in the last 90 days first; each with `doses_on_day`, `None` when not taken on that day."""
        lately = Q(intakes__day__date__range=(day - timedelta(days=90), day))
        return self.annotate(
            days_taken=models.Count("intakes", filter=lately),
            doses_on_day=models.Sum("intakes__doses", filter=Q(intakes__day__date=day)),
        ).order_by("-days_taken", "name", "strength", "pk")


class Medicine(models.Model):
    """One medicine on a patient's own list.

    `product` is a key of the catalogue, empty for a medicine of the patient's own naming. An empty `name` stands
    for a class of which nothing more was said.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="medicines")
    product = models.CharField(max_length=80, blank=True)
    name = models.CharField(_("name"), max_length=80, blank=True, validators=[validate_medicine_name])
    strength = models.CharField(_("strength"), max_length=32, blank=True, validators=[validate_strength])
    medication_class = models.CharField(_("kind"), max_length=16, choices=class_choices)
    is_in_use = models.BooleanField(_("in use"), default=True)
    default_dose = models.PositiveSmallIntegerField(
        _("doses at a tap"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_AT_A_TAP)],
    )

    doses_on_day: int | None
    """Set by `MedicineQuerySet.for_day` alone."""

    objects = MedicineQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                F("patient"), Lower("name"), Lower("strength"), F("medication_class"), name="medicine_once"
            ),
            models.CheckConstraint(
                condition=Q(default_dose__gte=1, default_dose__lte=MOST_AT_A_TAP),
                name="medicine_1_to_9_doses_at_a_tap",
            ),
        )

    def __str__(self) -> str:
        return f"{self.shown_name} {self.strength}".strip()

    @property
    def shown_name(self) -> str:
        """The name with its form where that is not a tablet, or the class where no name is known."""
        product = catalogue.PRODUCT_BY_KEY.get(self.product)
        form = product.form if product and product.form not in ("", "tablet") else ""
        is_said = form in self.name.casefold()
        return self.name + ("" if is_said else f" {form}") if self.name else self.class_label

    @property
    def class_label(self) -> str:
        return str(CLASS_LABELS[MedicationClass(self.medication_class)])


class PreventiveQuerySet(models.QuerySet["Preventive"]):
    def running_first(self) -> PreventiveQuerySet:
        """Those that are taken still, then those that ended, the latest first."""
        return self.order_by(
            F("ended_on").desc(nulls_first=True), F("started_on").desc(nulls_last=True), "name", "pk"
        )


class Preventive(models.Model):
    """A medicine that is taken every day, or every few weeks, so that there are fewer headaches.

    It stands on no list of acute medicines: a day on which it is taken is no medication day.
    """

    class Reason(models.TextChoices):
        NO_EFFECT = "no_effect", _("it did not help")
        SIDE_EFFECTS = "side_effects", _("side effects")
        NOT_NEEDED = "not_needed", _("no longer needed")
        OTHER = "other", _("another reason")

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="preventives")
    name = models.CharField(_("name"), max_length=80, validators=[validate_medicine_name])
    dose = models.CharField(_("dose"), max_length=80, blank=True, validators=[validate_text])
    started_on = models.DateField(_("taken since"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    reason = models.CharField(_("why it ended"), max_length=16, blank=True, choices=Reason.choices)
    remark = models.CharField(_("in your own words"), max_length=200, blank=True, validators=[validate_text])

    objects = PreventiveQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(started_on__isnull=True)
                | Q(ended_on__isnull=True)
                | Q(ended_on__gte=F("started_on")),
                name="preventive_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(reason="")
                | Q(
                    ended_on__isnull=False,
                    reason__in=["no_effect", "side_effects", "not_needed", "other"],
                ),
                name="preventive_reason_of_an_end",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.dose}".strip()
