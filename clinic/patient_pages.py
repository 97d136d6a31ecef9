"""One patient, as a clinician reads of them."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import care_link_only
from clinic.answers import answers
from clinic.charts import before_and_after, weeks_of_cycles
from clinic.day_summaries import said_days
from clinic.decision_summaries import next_visit, standing_decisions
from clinic.models import CareLink
from clinic.periods import ONE_DAY, chosen_period
from clinic.quality import quality
from clinic.strips import strips
from clinic.summaries import month_rows, patient_summary
from clinic.timeline import time_line
from diary.charts import medication_months
from diary.rules import next_month
from diary.summaries import classes_taken


@require_safe
@care_link_only
def patient(request: HttpRequest, link: CareLink) -> HttpResponse:
    """The cycles are of the whole diary, whatever period is chosen; the rest is of the period in the address."""
    summary = patient_summary(link, timezone.now())
    diary, injections = summary.found.diary, [session.date for session in summary.sessions]
    period = chosen_period(request.GET, diary.first_day, min(injections, default=None), summary.today)
    months = summary.months_seen(period.months)
    counted = [one.month for one in months]
    trust = quality(diary, summary.origins, summary.changed_days, period)
    decisions = standing_decisions(link.patient, link.clinic)
    context = {
        "summary": summary,
        "decision": next(iter(decisions), None),
        "next_visit": next_visit(summary, decisions),
        "period": period,
        "answers": answers(summary, months, trust),
        "chart": before_and_after(summary) if summary.windows else None,
        "weeks_chart": weeks_of_cycles(summary) if summary.cycles else None,
        "seen": diary.window(*period.past) if period.past else None,
        "month_rows": month_rows(counted) if diary.days else [],
        "medication_charts": [medication_months(months, c) for c in classes_taken(counted)],
        "strips": strips(diary, injections, period.months, summary.today, period.began),
        "time_line": time_line(link, summary.sessions, decisions, period),
    }
    return render(request, "clinic/patient.html", context)


@require_safe
@care_link_only
def days(request: HttpRequest, link: CareLink, first: date) -> HttpResponse:
    """The days of one month with all their details."""
    now = timezone.now()
    today = link.patient.date_at(now)
    if first > today or first.year < 1900:
        raise Http404
    following = next_month(first)
    context = {
        "link": link,
        "first": first,
        "days": said_days(link, first, now),
        "day_before": first - ONE_DAY,
        "following": following if following <= today else None,
    }
    return render(request, "clinic/days.html", context)
