"""Who may log for a patient, and the codes by which they come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.codes import Handed
from diary.models.people import Patient


class CarerQuerySet(models.QuerySet["Carer"]):
    def lasting(self) -> CarerQuerySet:
        """Those who can log now."""
        return self.filter(until__isnull=True)

    def of(self, user: Any) -> CarerQuerySet:
        """For whom a person can log now, in the order of their names."""
        return (
            self.lasting().filter(user=user).select_related("patient", "user").order_by("patient__name", "pk")
        )

    def end(self, moment: datetime, by: Any) -> int:
        """Ends those of them that last; how many did."""
        return self.lasting().update(until=moment, ended_by=by)


class Carer(models.Model):
    """A person who logs for a patient from a moment on, until it ends: by a code that the patient made for them.

    `ended_by` is the pseudonym of the user who ended it. Beginning and end stand in the audit log too. The row goes
    with either account.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="carers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="caring")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    ended_by = models.UUIDField(null=True, blank=True)

    objects = CarerQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("patient", condition=Q(until__isnull=True), name="one_carer_a_patient"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="carer_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} for {self.patient}"


class CarerCode(models.Model):
    """A code that a patient gives to one person: whoever enters it logs for the patient. Used once.

    The code itself is not stored: `digest` finds it, and it is worked out from `seed` and the secret key to be shown
    again.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="carer_codes")
    seed = models.CharField(max_length=32, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = Handed.as_manager()

    def __str__(self) -> str:
        return f"code for a carer of {self.patient}"
