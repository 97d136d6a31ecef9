"""What a report and a letter hold beyond the patient page: the latest decision, the last months, the last cycles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic.attention import NextVisit
from clinic.decision_summaries import RecordedDecision, next_visit, standing_decisions
from clinic.summaries import CycleRow, PatientSummary
from diary.rules import Diary, Month, months_back
from diary.summaries import MonthSummary, month_summary

CYCLES_LISTED = 8
"""The latest ones; the others are in the picture, and how many they are is said."""
MONTHS_LISTED = 4
"""The last three that are over, and the current one."""


@dataclass(frozen=True, slots=True)
class Report:
    """A patient's summary as it is filed. `made_by`: who made it."""

    summary: PatientSummary
    made_by: str
    decision: RecordedDecision | None
    months: list[MonthSummary]
    next_visit: NextVisit

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
    """Two queries at most beyond those of the summary. Another clinic's decisions and appointments are its own."""
    link = summary.link
    decisions = standing_decisions(link.patient, link.clinic)
    return Report(
        summary,
        made_by,
        next((one for one in decisions if one.is_own), None),
        last_months(summary.found.diary, summary.today),
        next_visit(summary, decisions),
    )


def last_months(diary: Diary, today: date) -> list[MonthSummary]:
    """The current month and the three before it, oldest first, as far back as the diary goes."""
    if diary.first_day is None:
        return []
    firsts = [months_back(today, number) for number in range(MONTHS_LISTED - 1, -1, -1)]
    begun = diary.first_day.replace(day=1)
    return [month_summary(diary, first, today) for first in firsts if first >= begun]
