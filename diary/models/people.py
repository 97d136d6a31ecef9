"""Who keeps a diary, and that somebody wants to be forgotten."""

from __future__ import annotations

import uuid
import zoneinfo
from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diary.models.checked import validate_text, validate_time_zone


class Patient(models.Model):
    """A person with a diary, with or without a sign-in of their own.

    `pseudonym` stands for the person where a record must outlive the diary; nothing else leads from it to them.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="patient"
    )
    name = models.CharField(_("name"), max_length=120, validators=[validate_text])
    date_of_birth = models.DateField(_("date of birth"), null=True, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    pseudonym = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = (models.Index(Lower("name"), name="patient_name"),)

    def __str__(self) -> str:
        return self.name

    def first_day(self) -> date | None:
        """The first recorded date; `None` when nothing is recorded yet."""
        return self.days.aggregate(first=models.Min("date"))["first"]

    def date_at(self, moment: datetime) -> date:
        """The calendar date that it is for this person at a moment."""
        return moment.astimezone(zoneinfo.ZoneInfo(self.time_zone)).date()


class Deletion(models.Model):
    """A person's wish that their diary and account be deleted; until `due_at` they can take it back."""

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="deletion")
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.patient} on {self.due_at:%Y-%m-%d}"


class Erasure(models.Model):
    """The ledger of erased diaries: it names nobody, and is applied again to a backup that is older. Written once.

    `number` was the patient's row. The row is written before anything is deleted.
    """

    pseudonym = models.UUIDField(unique=True)
    user_pseudonym = models.UUIDField(null=True)
    number = models.BigIntegerField()
    erased_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.pseudonym} on {self.erased_at:%Y-%m-%d}"
