"""Programs that read a patient's diary for the patient, each with a token of its own."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diary.models import Patient, validate_text


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def standing(self, now: datetime) -> AccessTokenQuerySet:
        """Those that open something at a moment."""
        return self.filter(ended_at=None, expires_at__gt=now)

    def open_diary(self, digest: str, now: datetime) -> AccessToken | None:
        """The one behind a digest, unless its patient cannot sign in, or asked for the diary to be deleted."""
        found = self.standing(now).filter(
            digest=digest, patient__user__is_active=True, patient__deletion=None
        )
        return found.select_related("patient").first()


class AccessToken(models.Model):
    """What one program may read, and until when. The token itself is nowhere: `digest` is keyed and finds it.

    `scopes`: words of `clinic.programs.SCOPES` with a space between them.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="access_tokens")
    name = models.CharField(_("name of the program"), max_length=60, validators=[validate_text])
    scopes = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = AccessTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
