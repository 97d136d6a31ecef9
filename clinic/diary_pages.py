"""The patient's own pages that show injections too. They live here, since the diary knows nothing of clinics."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import get_format
from django.views.decorators.http import require_safe

from clinic.summaries import patient_cycles, position
from diary.access import patient_only
from diary.charts import headache_months, medication_months
from diary.models import Patient
from diary.rules import Diary, next_month
from diary.summaries import (
    calendar,
    class_against,
    classes_taken,
    headache_against,
    late_days,
    month_summary,
    trend,
)
from diary.views import today_of


def _week_start() -> int:
    """Monday is 0 here; in Django's formats Sunday is."""
    return (int(get_format("FIRST_DAY_OF_WEEK")) - 1) % 7


@require_safe
@patient_only
def months(request: HttpRequest, patient: Patient) -> HttpResponse:
    return redirect("month", today_of(patient))


@require_safe
@patient_only
def month(request: HttpRequest, patient: Patient, first: date) -> HttpResponse:
    today = today_of(patient)
    if first > today or first.year < 1900:
        raise Http404
    last = min(next_month(first) - timedelta(days=1), today)
    diary = Diary(patient.days.between(first, last).records())
    injections = patient.sessions.session_dates()
    late = late_days(patient, first, last)
    context = {
        "first": first,
        "last": last,
        "is_this_month": last == today,
        "day_before": first - timedelta(days=1),
        "next": next_month(first) if next_month(first) <= today else None,
        "weeks": calendar(diary, first, today, frozenset(injections), _week_start(), late),
        "summary": month_summary(diary, first, today),
        "position": position(injections, last),
    }
    return render(request, "diary/month.html", context)


@require_safe
@patient_only
def trends(request: HttpRequest, patient: Patient) -> HttpResponse:
    today = today_of(patient)
    summaries = trend(patient, today)
    taken = classes_taken([summary.month for summary in summaries])
    injections = patient.sessions.session_dates()
    context = {
        "headache_chart": headache_months(summaries) if summaries else None,
        "headache_against": headache_against(summaries, today),
        "medication_charts": [
            (medication_months(summaries, c), class_against(summaries, c, today)) for c in taken
        ],
        "position": position(injections, today),
        "cycles": patient_cycles(injections, today),
    }
    return render(request, "diary/trends.html", context)
