"""Clinics, who works there, whose diary they may see, and the injections given."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.codes import Handed
from diary.models import Patient, validate_text


def name_of(field: str) -> Subquery:
    """The name of the user whose pseudonym stands in a field, to be annotated; `None` where nobody has it any more."""
    return Subquery(get_user_model().objects.filter(pseudonym=OuterRef(field)).values("name")[:1])


class Clinic(models.Model):
    """A headache service. Each is closed to the others. `follows`: the key of published criteria, or of its own."""

    name = models.CharField(_("name"), max_length=120, validators=[validate_text])
    slug = models.SlugField(max_length=60, unique=True)
    follows = models.CharField(_("criteria that the clinic follows"), max_length=32, default="nice-ta260")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's work at a clinic. An administrator manages staff and sees no diary."""

    class Role(models.TextChoices):
        CLINICIAN = "clinician", _("Clinician")
        NURSE = "nurse", _("Nurse")
        LEAD = "lead", _("Clinic lead")
        ADMINISTRATOR = "administrator", _("Administrator")

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)

    class Meta:
        constraints = (
            models.UniqueConstraint("clinic", "user", name="one_membership_a_clinic"),
            models.CheckConstraint(
                condition=Q(role__in=["clinician", "nurse", "lead", "administrator"]),
                name="membership_role_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} · {self.clinic}"


class CareLinkQuerySet(models.QuerySet["CareLink"]):
    def open_at(self, moment: datetime) -> CareLinkQuerySet:
        """The links that let a clinic look at a moment."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=moment), starts_at__lte=moment)

    def lasting(self) -> CareLinkQuerySet:
        """The links that have no end yet, begun or not: those that can still be ended."""
        return self.filter(ends_at__isnull=True)

    def with_reference(self, reference: str) -> CareLinkQuerySet:
        return self.filter(reference=reference)

    def with_clinic_of(self, link_id: int) -> CareLinkQuerySet:
        """The links between the same patient and clinic as this one, which may have ended long ago."""
        same = CareLink.objects.filter(pk=link_id)
        return self.filter(patient__in=same.values("patient"), clinic__in=same.values("clinic"))


class CareLink(models.Model):
    """A clinic may see a patient's diary from a moment on, until the link ends. A new consent is a new row.

    `reference`: the clinic's own number or pseudonym for the patient. `wording` is the version of the text that the
    patient agreed to, in `language`; both empty where the clinic keeps the record itself. `given_by` and `ended_by`
    are pseudonyms of users. Once ended, the row is never changed again: the database refuses it.
    """

    class Basis(models.TextChoices):
        CONSENT = "consent", _("the patient's own consent")
        CLINIC = "clinic", _("a record that the clinic keeps itself")

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="care_links")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="care_links")
    reference = models.CharField(_("clinic number"), max_length=64, blank=True, validators=[validate_text])
    basis = models.CharField(max_length=8, choices=Basis.choices, default=Basis.CLINIC)
    sees_notes = models.BooleanField(_("notes too"), default=False)
    wording = models.CharField(max_length=16, blank=True)
    language = models.CharField(max_length=16, blank=True)
    given_by = models.UUIDField(null=True, blank=True)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.UUIDField(null=True, blank=True)

    objects = CareLinkQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                "clinic", "patient", condition=Q(ends_at__isnull=True), name="one_open_care_link"
            ),
            models.UniqueConstraint(
                "clinic",
                "reference",
                condition=Q(ends_at__isnull=True) & ~Q(reference=""),
                name="one_patient_a_reference",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")),
                name="care_link_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return f"{self.clinic} · {self.patient}"

    @property
    def booked_on(self) -> date | None:
        """The appointment at this clinic: the link of a patient's page knows; for others it is asked."""
        if hasattr(self, "appointment"):
            return self.appointment
        return self.patient.appointments.filter(clinic=self.clinic_id).values_list("date", flat=True).first()

    @property
    def has_own_criteria(self) -> bool:
        """Whether the clinic has sets of its own in use: the link of a patient's page knows; others may have some."""
        return getattr(self, "own_criteria", True)


class InvitationQuerySet(Handed):
    def for_staff(self) -> InvitationQuerySet:
        return self.exclude(role="")

    def open_to_work_by(self, user: Any) -> InvitationQuerySet:
        """Unused ones to the staff that this person made."""
        return self.for_staff().filter(used_at=None, made_by=user.pseudonym)

    def open_to_work_for(self, addresses: Iterable[str]) -> InvitationQuerySet:
        """Unused ones to the staff that were sent to one of these addresses, which are in small letters."""
        return self.for_staff().filter(used_at=None, email__in=list(addresses))

    def for_patients(self) -> InvitationQuerySet:
        return self.filter(role="")

    def of_clinics(self, clinics: models.QuerySet[Clinic]) -> InvitationQuerySet:
        """In the order in which they were made."""
        return self.filter(clinic__in=clinics).select_related("clinic").order_by("made_at", "pk")


class LinkCode(models.Model):
    """A code that a patient hands over at a visit: whoever enters it for a clinic opens the diary to that clinic, once.

    The code itself is not stored: `digest` finds it, and it is worked out from `seed` and the secret key to be shown
    again. What is shared, and the text that was agreed to, are fixed when it is made.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="link_codes")
    seed = models.CharField(max_length=32, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    sees_notes = models.BooleanField(default=False)
    wording = models.CharField(max_length=16)
    language = models.CharField(max_length=16)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = Handed.as_manager()

    def __str__(self) -> str:
        return f"code of {self.patient}"


class Invitation(models.Model):
    """An address that lets one person in: as a patient of a clinic, or to work there (`role`). The address itself is
    not stored, only its digest.

    `email` is empty for a printed sheet. `reference` is the clinic's own number for the patient.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=16, choices=Membership.Role.choices, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    reference = models.CharField(_("clinic number"), max_length=64, blank=True, validators=[validate_text])
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"invitation of {self.clinic}"
