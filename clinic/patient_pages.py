"""One patient, as a clinician reads of them."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import care_link_only, notes_seen
from clinic.charts import before_and_after, weeks_of_cycles
from clinic.decision_summaries import latest_decision
from clinic.models import CareLink
from clinic.summaries import patient_summary
from diary.charts import medication_months
from diary.summaries import classes_taken

MONTHS_CHARTED = 18
NOTES_SHOWN = timedelta(days=90)


@require_safe
@care_link_only
def patient(request: HttpRequest, link: CareLink) -> HttpResponse:
    summary = patient_summary(link, timezone.now())
    months = summary.month_summaries[-MONTHS_CHARTED:]
    notes_since = summary.today - NOTES_SHOWN
    context = {
        "summary": summary,
        "decision": latest_decision(link.patient, link.clinic),
        "chart": before_and_after(summary) if summary.windows else None,
        "notes_since": notes_since,
        "notes": notes_seen(link).since(notes_since) if link.sees_notes else None,
        "weeks_chart": weeks_of_cycles(summary) if summary.cycles else None,
        "medication_charts": [medication_months(months, c) for c in classes_taken([m.month for m in months])],
    }
    return render(request, "clinic/patient.html", context)
