"""What a report and a letter hold beyond the patient page: the latest decision, the last months, the last cycles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic.models import CareLink, CriteriaSet, Decision
from clinic.rules import PUBLISHED_CRITERIA
from clinic.summaries import CycleRow, PatientSummary
from clinic.terms import DecisionKind
from diary.rules import Diary, Month, months_back
from diary.summaries import MonthSummary, month_summary

CYCLES_LISTED = 8
"""The latest ones; the others are in the picture, and how many they are is said."""
MONTHS_LISTED = 4
"""The last three that are over, and the current one."""


@dataclass(frozen=True, slots=True)
class Report:
    """A patient's summary as it is filed. `made_by`: who made it. `looked_at`: the name of the decision's criteria."""

    summary: PatientSummary
    made_by: str
    decision: Decision | None
    looked_at: str
    months: list[MonthSummary]
    appointment: date | None

    @property
    def is_stopped(self) -> bool:
        """The latest decision of this clinic is to stop, and no injection was given since."""
        if self.decision is None or self.decision.kind != DecisionKind.STOP:
            return False
        position = self.summary.position
        return position is None or self.decision.made_on >= position.cycle.starts_on

    @property
    def cycles(self) -> list[CycleRow]:
        """The latest ones, oldest first."""
        return self.summary.cycles[-CYCLES_LISTED:]

    @property
    def cycles_left_out(self) -> int:
        """How many earlier ones have no row."""
        return len(self.summary.cycles) - len(self.cycles)

    @property
    def months_over(self) -> list[Month]:
        """The listed months whose last day has passed, oldest first."""
        this = self.summary.today.replace(day=1)
        return [listed.month for listed in self.months if listed.month.month < this]


def report_of(summary: PatientSummary, made_by: str) -> Report:
    """Three queries at most beyond those of the summary. Another clinic's decisions and appointments are its own."""
    link = summary.link
    decision = (
        link.patient.decisions.standing().filter(clinic=link.clinic_id).order_by("-made_on", "-pk").first()
    )
    booked = link.patient.appointments.filter(clinic=link.clinic_id, date__gte=summary.today).first()
    return Report(
        summary,
        made_by,
        decision,
        _criteria_name(link, decision.criteria) if decision else "",
        last_months(summary.found.diary, summary.today),
        booked.date if booked else None,
    )


def _criteria_name(link: CareLink, key: str) -> str:
    published = {criteria.key: criteria.name for criteria in PUBLISHED_CRITERIA}
    own = {f.key: f.name for f in CriteriaSet.objects.filter(clinic=link.clinic_id)} if "own-" in key else {}
    return (published | own).get(key, "")


def last_months(diary: Diary, today: date) -> list[MonthSummary]:
    """The current month and the three before it, oldest first, as far back as the diary goes."""
    if diary.first_day is None:
        return []
    firsts = [months_back(today, number) for number in range(MONTHS_LISTED - 1, -1, -1)]
    begun = diary.first_day.replace(day=1)
    return [month_summary(diary, first, today) for first in firsts if first >= begun]
