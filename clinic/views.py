"""The clinician's pages. Each reads from top to bottom: who, what, form, save, redirect."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import GET_OR_POST, signed_in
from clinic import invitations
from clinic.access import (
    care_link_only,
    care_links_of,
    clinician_only,
    manages_staff,
    notes_seen,
    sees_diaries,
    show_listed,
)
from clinic.actions import save_session
from clinic.charts import before_and_after, weeks_of_cycles
from clinic.forms import SessionForm
from clinic.models import CareLink, InjectionSession
from clinic.rules import FIXED_SITES, FIXED_UNITS
from clinic.summaries import caseload, matching, patient_summary, recorded_sessions
from diary.access import caring_of, patient_of
from diary.charts import medication_months
from diary.summaries import classes_taken

PATIENTS_A_PAGE = 100
MONTHS_CHARTED = 18
NOTES_SHOWN = timedelta(days=90)


@require_safe
@signed_in
def front_door(request: HttpRequest) -> HttpResponse:
    """Where signing in leads: back to an invitation; to the patients for staff, or to the staff for who chooses them;
    to Today for who keeps a diary, to whom they log for for a carer, else to beginning a diary.
    """
    if invitations.held(request):
        return redirect("accept_invitation")
    if sees_diaries(request.user):
        return redirect("caseload")
    if manages_staff(request.user) and not patient_of(request.user):
        return redirect("staff")
    if patient_of(request.user):
        return redirect("today")
    return redirect("caring" if caring_of(request.user).exists() else "begin")


@require_safe
@clinician_only
def caseload_page(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "").strip()[:120]  # PostgreSQL refuses NUL
    page = Paginator(matching(care_links_of(request.user), query), PATIENTS_A_PAGE).get_page(
        request.GET.get("page")
    )
    links = list(page)
    rows = caseload(links, timezone.now())
    show_listed(request, links)
    return render(request, "clinic/caseload.html", {"rows": rows, "page": page, "query": query})


@require_safe
@care_link_only
def patient(request: HttpRequest, link: CareLink) -> HttpResponse:
    summary = patient_summary(link, timezone.now())
    months = summary.month_summaries[-MONTHS_CHARTED:]
    notes_since = summary.today - NOTES_SHOWN
    context = {
        "summary": summary,
        "chart": before_and_after(summary) if summary.windows else None,
        "notes_since": notes_since,
        "notes": notes_seen(link).since(notes_since) if link.sees_notes else None,
        "weeks_chart": weeks_of_cycles(summary) if summary.cycles else None,
        "medication_charts": [medication_months(months, c) for c in classes_taken([m.month for m in months])],
    }
    return render(request, "clinic/patient.html", context)


@require_http_methods(GET_OR_POST)
@care_link_only
def sessions(request: HttpRequest, link: CareLink) -> HttpResponse:
    """The injection sessions, and the form for one more: PREEMPT's dose, or as last time."""
    last = link.patient.sessions.order_by("-date").first()
    today = link.patient.date_at(timezone.now())
    initial = {
        "date": today,
        "product": last.product if last else "",
        "units": last.units if last and last.units else FIXED_UNITS,
        "sites": last.sites if last and last.sites else FIXED_SITES,
    }
    instance = InjectionSession(patient=link.patient, clinic=link.clinic, recorded_by=request.user)
    return _session_page(
        request, link, SessionForm(today, request.POST or None, instance=instance, initial=initial)
    )


@require_http_methods(GET_OR_POST)
@care_link_only
def session(request: HttpRequest, link: CareLink, session_id: int) -> HttpResponse:
    """One session, to be corrected."""
    instance = get_object_or_404(link.patient.sessions.editable_by(link.clinic), pk=session_id)
    today = link.patient.date_at(timezone.now())
    return _session_page(request, link, SessionForm(today, request.POST or None, instance=instance))


def _session_page(request: HttpRequest, link: CareLink, form: SessionForm) -> HttpResponse:
    if form.is_valid():
        # A second tap finds the session that the first one recorded.
        with suppress(IntegrityError):
            save_session(form.instance, by=request.user.pseudonym)
        messages.success(
            request, _("Session of %(date)s saved.") % {"date": date_format(form.instance.date, "j M Y")}
        )
        for remark in form.remarks:
            messages.warning(request, remark)
        return redirect("sessions", link.patient_id)
    context = {
        "form": form,
        "link": link,
        "rows": recorded_sessions(link.patient),
    }
    return render(request, "clinic/sessions.html", context, status=422 if form.errors else 200)
