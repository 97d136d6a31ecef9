"""Adverse events: recorded, seen, corrected and taken back. Each view reads from top to bottom."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import GET_OR_POST
from clinic.access import care_link_only
from clinic.actions import correct_adverse_event, record_adverse_event
from clinic.adverse_forms import AdverseEventForm
from clinic.adverse_summaries import published_terms, recorded_events, term_words
from clinic.models import AdverseEvent, CareLink
from clinic.terms import EMERGENCIES

CHANGED_MEANWHILE = gettext_lazy(
    "Nothing was saved: somebody else corrected this record a moment ago. It stands below."
)


@require_http_methods(GET_OR_POST)
@care_link_only
def adverse_events(request: HttpRequest, link: CareLink) -> HttpResponse:
    """What was recorded, and the form for one more."""
    form = _form(request, link)
    if form.is_valid():
        event = AdverseEvent(patient=link.patient, clinic=link.clinic, **form.said)
        record_adverse_event(event, by=request.user.pseudonym)
        return _saved(request, link, form)
    return _page(request, link, form)


@require_http_methods(GET_OR_POST)
@care_link_only
def adverse_event(request: HttpRequest, link: CareLink, event_id: int) -> HttpResponse:
    """One of them, to be corrected or taken back."""
    standing = get_object_or_404(link.patient.adverse_events.editable_by(link.clinic), pk=event_id)
    form = _form(request, link, instance=AdverseEvent.objects.get(pk=standing.pk))
    if form.is_valid():
        return _corrected(request, link, standing, form)
    return _page(request, link, form, standing=standing)


@require_POST
@care_link_only
def withdraw_adverse_event(request: HttpRequest, link: CareLink, event_id: int) -> HttpResponse:
    """It was recorded by mistake. What it said stays legible."""
    standing = get_object_or_404(link.patient.adverse_events.editable_by(link.clinic), pk=event_id)
    try:
        correct_adverse_event(standing, {}, by=request.user.pseudonym, is_withdrawn=True)
    except IntegrityError:
        messages.warning(request, CHANGED_MEANWHILE)
    else:
        words = {"what": term_words(standing.term, standing.words)}
        messages.success(request, _("Taken back: %(what)s. What it said stays below.") % words)
    return redirect("adverse_events", link.patient_id)


def _form(request: HttpRequest, link: CareLink, **options: Any) -> AdverseEventForm:
    return AdverseEventForm(
        link.patient, link.patient.date_at(timezone.now()), request.POST or None, **options
    )


def _corrected(
    request: HttpRequest, link: CareLink, standing: AdverseEvent, form: AdverseEventForm
) -> HttpResponse:
    try:
        correct_adverse_event(standing, form.said, by=request.user.pseudonym)
    except IntegrityError:
        messages.warning(request, CHANGED_MEANWHILE)
        return redirect("adverse_events", link.patient_id)
    return _saved(request, link, form)


def _saved(request: HttpRequest, link: CareLink, form: AdverseEventForm) -> HttpResponse:
    said = form.said
    words = {"what": term_words(said["term"], said["words"])}
    messages.success(request, _("Adverse event saved: %(what)s.") % words)
    if said["term"] in EMERGENCIES:
        messages.warning(
            request, _("After injections, trouble swallowing, speaking or breathing is an emergency.")
        )
    return redirect("adverse_events", link.patient_id)


def _page(
    request: HttpRequest, link: CareLink, form: AdverseEventForm, standing: AdverseEvent | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "link": link,
        "standing": standing,
        "rows": recorded_events(link.patient, link.clinic),
        "published": published_terms(),
    }
    return render(request, "clinic/adverse_events.html", context, status=422 if form.errors else 200)
