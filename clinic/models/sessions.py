"""The injections given, how they were corrected, and what must be kept of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.models.people import Clinic, name_of
from diary.models import Patient, validate_text


class InjectionSessionQuerySet(models.QuerySet["InjectionSession"]):
    def editable_by(self, clinic: Clinic) -> InjectionSessionQuerySet:
        """A clinic corrects its own sessions, and those that no clinic has recorded."""
        return self.filter(Q(clinic=clinic) | Q(clinic__isnull=True))

    def with_corrections(self) -> InjectionSessionQuerySet:
        """Each with `is_corrected`: it once said something else."""
        return self.annotate(
            is_corrected=Exists(InjectionSessionVersion.objects.filter(session=OuterRef("pk")))
        )

    def session_dates(self) -> list[date]:
        """The sessions' dates in order."""
        return list(self.order_by("date").values_list("date", flat=True))


SAID_FIELDS = (
    "date",
    "product",
    "units",
    "sites",
    "muscles",
    "diluted_units",
    "diluted_ml",
    "wasted_units",
    "batch",
    "expiry",
    "injector",
    "checks",
    "note",
)
"""What a session says: what its form asks, and what an earlier version keeps."""


class InjectionSession(models.Model):
    """One visit at which botulinum toxin was injected. Units are not interchangeable between products.

    `muscles`: sites by place, such as `{"temporalis:left": 4}`, empty where the places are not recorded. `units` and
    `sites` are of the whole session. `diluted_units` were dissolved in `diluted_ml` of saline; `wasted_units` were
    thrown away. `checks`: what was gone through before (`clinic.terms.Check`).
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="sessions")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="sessions", null=True)
    date = models.DateField(_("date"))
    product = models.CharField(_("product"), max_length=80, blank=True, validators=[validate_text])
    units = models.PositiveSmallIntegerField(_("units"), null=True, blank=True)
    sites = models.PositiveSmallIntegerField(_("sites"), null=True, blank=True)
    muscles = models.JSONField(_("places"), default=dict, blank=True)
    diluted_units = models.PositiveSmallIntegerField(_("units dissolved"), null=True, blank=True)
    diluted_ml = models.DecimalField(
        _("in millilitres of saline"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    wasted_units = models.PositiveSmallIntegerField(_("units thrown away"), null=True, blank=True)
    batch = models.CharField(_("batch"), max_length=40, blank=True, validators=[validate_text])
    expiry = models.DateField(_("expiry"), null=True, blank=True)
    injector = models.CharField(_("injected by"), max_length=120, blank=True, validators=[validate_text])
    checks = models.JSONField(_("checked before"), default=list, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True, validators=[validate_text])
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="recorded_sessions"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    is_corrected: bool
    """Set by `InjectionSessionQuerySet.with_corrections` alone."""

    objects = InjectionSessionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("patient", "date", name="one_session_a_date"),
            models.CheckConstraint(
                condition=Q(units__isnull=True) | Q(units__gte=1, units__lte=1000),
                name="session_units_1_to_1000",
            ),
            models.CheckConstraint(
                condition=Q(sites__isnull=True) | Q(sites__gte=1, sites__lte=100),
                name="session_sites_1_to_100",
            ),
        )

    def __str__(self) -> str:
        return f"{self.date}: {self.product or _('injection')}"

    @property
    def said(self) -> dict[str, Any]:
        """`SAID_FIELDS` by name, JSON-able."""
        values = {name: getattr(self, name) for name in SAID_FIELDS}
        return {name: _plain(value) for name, value in values.items()}

    def earlier_version(self, *, by: UUID | None) -> InjectionSessionVersion:
        """How it stands until this moment; the caller writes it together with what takes its place."""
        return InjectionSessionVersion(
            patient_id=self.patient_id,
            session=self,
            said=self.said,
            replaced_at=timezone.now(),
            replaced_by=by,
        )


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


class InjectionSessionVersionQuerySet(models.QuerySet["InjectionSessionVersion"]):
    def with_names(self) -> InjectionSessionVersionQuerySet:
        """Each with `replaced_by_name`, empty or `None` where no name is known; oldest first."""
        return self.annotate(replaced_by_name=name_of("replaced_by")).order_by("replaced_at", "pk")


class InjectionSessionVersion(models.Model):
    """How an injection session stood before it was changed. Written once.

    `said`: `InjectionSession.said`. `replaced_by`: the pseudonym of the user who did it, `None` for a command.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="session_versions")
    session = models.ForeignKey(InjectionSession, on_delete=models.CASCADE, related_name="versions")
    said = models.JSONField()
    replaced_at = models.DateTimeField()
    replaced_by = models.UUIDField(null=True)

    replaced_by_name: str | None
    """Set by `InjectionSessionVersionQuerySet.with_names` alone."""

    objects = InjectionSessionVersionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.said.get('date')} until {self.replaced_at:%Y-%m-%d %H:%M}"

    @property
    def whole(self) -> dict[str, Any]:
        """`said` with every field of today; one that a session did not have then is as if it had been left empty."""
        return InjectionSession().said | self.said


class RetainedSession(models.Model):
    """An injection session that a clinic must keep although the diary was deleted: under its own number for the
    patient, without a name, a note or a way back to the person. Only where TREATMENT_RECORDS_YEARS is set.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="retained_sessions")
    reference = models.CharField(max_length=64, blank=True)
    date = models.DateField()
    product = models.CharField(max_length=80, blank=True)
    units = models.PositiveSmallIntegerField(null=True)
    sites = models.PositiveSmallIntegerField(null=True)
    muscles = models.JSONField(default=dict)
    diluted_units = models.PositiveSmallIntegerField(null=True)
    diluted_ml = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    wasted_units = models.PositiveSmallIntegerField(null=True)
    batch = models.CharField(max_length=40, blank=True)
    expiry = models.DateField(null=True)
    injector = models.CharField(max_length=120, blank=True)
    kept_until = models.DateField()

    def __str__(self) -> str:
        return f"{self.date} of {self.reference or '?'}"
