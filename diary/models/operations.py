"""What phones sent of the days, operation by operation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import Q

from diary import merging
from diary.models.people import Patient

MOST_A_MINUTE = 600
"""Operations of one person: far more than anybody taps, and than a phone gathers in a week without a network."""
A_MINUTE = timedelta(minutes=1)


class DeviceOperationQuerySet(models.QuerySet["DeviceOperation"]):
    def around(self, when: date, name: str, moment: datetime) -> DeviceOperationQuerySet:
        """Those of one day, the one of this name, and whatever came in after a moment; one query for all."""
        return self.filter(Q(date=when) | Q(name=name) | Q(received_at__gt=moment))

    def of_day(self, when: date) -> DeviceOperationQuerySet:
        return self.filter(date=when)

    def for_phone(self, first: date) -> DeviceOperationQuerySet:
        """What stands from a date on, and on days before it on which something is contested."""
        contested = self.filter(is_contested=True).values("date")
        return self.filter(Q(date__gte=first) | Q(date__in=contested), stands=True)


class DeviceOperation(models.Model):
    """One field of one day, set by one tap on a phone; kept so that the same tap counts once, whenever it arrives.

    `name` is the phone's own, or ours for what stood there unsaid by any phone. `said_at`: when by the phone's clock;
    `clock_off`: seconds that the server's clock was ahead of it. `cleared`: what the tap took away along with it, for
    Undo. The other fields are those of `merging.Operation`.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="operations")
    name = models.CharField(max_length=64)
    date = models.DateField()
    field = models.CharField(max_length=40)
    value = models.JSONField(null=True)
    seen = models.JSONField(default=list)
    word = models.CharField(max_length=8, blank=True)
    stands = models.BooleanField(default=True)
    is_contested = models.BooleanField(default=False)
    cleared = models.JSONField(default=dict)
    said_at = models.DateTimeField(null=True)
    clock_off = models.IntegerField(default=0)
    received_at = models.DateTimeField()

    objects = DeviceOperationQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint("patient", "name", name="operation_once"),)
        indexes = (
            models.Index("patient", "date", name="operations_of_day"),
            models.Index("patient", "received_at", name="operations_lately"),
            models.Index("patient", condition=Q(is_contested=True), name="operations_contested"),
        )

    def __str__(self) -> str:
        return f"{self.date}: {self.field} = {self.value}"

    @property
    def record(self) -> merging.Operation:
        """The value that is merged."""
        return merging.Operation(
            self.name, self.field, self.value, frozenset(self.seen), self.word or None, self.stands
        )


def records(operations: Iterable[DeviceOperation]) -> list[merging.Operation]:
    """The same of several."""
    return [operation.record for operation in operations]
