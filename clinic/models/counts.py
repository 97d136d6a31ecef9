"""What is counted of a diary, kept by month so that a long list needs no days: nothing that is not in the days."""

from __future__ import annotations

from django.db import models
from django.db.models import F

from diary.models import Patient


class CountedMonthQuerySet(models.QuerySet["CountedMonth"]):
    def changed(self) -> CountedMonthQuerySet:
        """Months whose days were written since they were counted."""
        return self.exclude(counted=F("version"))


class CountedMonth(models.Model):
    """A calendar month of a diary as `clinic.tallies.MonthBits`.

    `version`: one more with every write of a day of it or of what was taken then; the database itself counts, by the
    triggers of `config.month_versions`. `counted`: the version whose days the bits say. Where the two differ, the bits
    are not read: `clinic.counting` counts the month anew.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="counted_months")
    month = models.IntegerField()
    version = models.IntegerField(default=1)
    counted = models.IntegerField(default=0)
    recorded = models.BigIntegerField(default=0)
    headache = models.BigIntegerField(default=0)
    migraine = models.BigIntegerField(default=0)
    moderate_severe = models.BigIntegerField(default=0)
    medicines = models.CharField(max_length=200, default="", blank=True)

    objects = CountedMonthQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint("patient", "month", name="one_count_a_month"),)

    def __str__(self) -> str:
        return f"{self.month // 12}-{self.month % 12 + 1:02}"
