"""Injection sessions: recorded, seen and corrected. Each view reads from top to bottom."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import GET_OR_POST
from clinic.access import care_link_only
from clinic.actions import save_session
from clinic.models import CareLink, InjectionSession
from clinic.session_forms import SessionForm, first_values
from clinic.session_summaries import drawn_sites, recorded_sessions

PREEMPT = "preempt"
"""In the address: begin with PREEMPT's pattern although there is a session to copy."""


@require_http_methods(GET_OR_POST)
@care_link_only
def sessions(request: HttpRequest, link: CareLink) -> HttpResponse:
    """The injection sessions, and the form for one more: as last time, or PREEMPT's pattern."""
    last = link.patient.sessions.order_by("-date").first()
    copied = None if request.GET.get("from") == PREEMPT else last
    today = link.patient.date_at(timezone.now())
    initial = first_values(copied) | {"date": today, "injector": request.user.name}
    instance = InjectionSession(patient=link.patient, clinic=link.clinic, recorded_by=request.user)
    form = SessionForm(today, request.POST or None, instance=instance, initial=initial)
    return _session_page(request, link, form, last=last, copied=copied)


@require_http_methods(GET_OR_POST)
@care_link_only
def session(request: HttpRequest, link: CareLink, session_id: int) -> HttpResponse:
    """One session, to be corrected."""
    instance = get_object_or_404(link.patient.sessions.editable_by(link.clinic), pk=session_id)
    today = link.patient.date_at(timezone.now())
    return _session_page(request, link, SessionForm(today, request.POST or None, instance=instance))


def _session_page(
    request: HttpRequest,
    link: CareLink,
    form: SessionForm,
    last: InjectionSession | None = None,
    copied: InjectionSession | None = None,
) -> HttpResponse:
    if form.is_valid():
        said = form.instance.said
        try:
            save_session(form.instance, by=request.user.pseudonym)
        except IntegrityError:
            # A second tap finds the session that the first one recorded; a colleague's is not this one.
            standing = link.patient.sessions.get(date=form.instance.date)
            if standing.said != said:
                form.add_error("date", _("A session of this date was recorded meanwhile. Correct that one."))
                return _session_page(request, link, form, last, copied)
        messages.success(
            request, _("Session of %(date)s saved.") % {"date": date_format(form.instance.date, "j M Y")}
        )
        for remark in form.remarks:
            messages.warning(request, remark)
        return redirect("sessions", link.patient_id)
    context = {
        "form": form,
        "link": link,
        "last": last,
        "copied": copied,
        "drawn": drawn_sites(form.muscles),
        "rows": recorded_sessions(link.patient, link.clinic),
    }
    return render(request, "clinic/sessions.html", context, status=422 if form.errors else 200)
