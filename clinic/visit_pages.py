"""When patients come, when somebody read their diary, and the clinic's tags. Each view reads from top to bottom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit, limits
from accounts.access import public, recently_signed_in
from accounts.models import AuditEntry
from clinic import actions
from clinic import clinic_feed as feeds
from clinic.access import care_link_only, care_links_of, clinician_only, clinics_read_by, show_listed
from clinic.caseload import tags_of, visits
from clinic.models import Appointment, CareLink, Clinic, Review, Tag
from clinic.rules import due
from clinic.visit_forms import AppointmentForm, ReviewForm, TagForm, TagsForm

WEEKS_AHEAD = 4
ONE_DAY = 24 * 3600
"""In seconds."""

# --- The clinic's visits ---------------------------------------------------------------------------------------


@require_safe
@clinician_only
def visits_page(request: HttpRequest) -> HttpResponse:
    """Who is overdue, due, and next."""
    now = timezone.now()
    found = visits(care_links_of(request.user), now)
    until = timezone.localdate(now) + timedelta(weeks=WEEKS_AHEAD)
    listed = [visit for visit in found if visit.due_on <= until]
    show_listed(request, [visit.link for visit in listed])
    context = {
        "visits": listed,
        "later": len(found) - len(listed),
        "weeks": WEEKS_AHEAD,
        "until": until,
        "feeds": [(clinic, _address(clinic, request.user)) for clinic in clinics_read_by(request.user)],
    }
    return render(request, "clinic/visits.html", context)


def _address(clinic: Clinic, user: Any) -> str:
    feed = clinic.feeds.of(user)
    return feeds.address(feed) if feed else ""


@require_POST
@clinician_only
def make_clinic_feed(request: HttpRequest, clinic_id: int) -> HttpResponse:
    show_listed(request, [])
    return _new_address(request, clinic_id)


@recently_signed_in
def _new_address(request: HttpRequest, clinic_id: int) -> HttpResponse:
    clinic = get_object_or_404(clinics_read_by(request.user), pk=clinic_id)
    feeds.make(clinic, request.user)
    _write(request, clinic, "calendar address made")
    messages.success(request, _("The calendar has a new address."))
    return redirect("visits")


@require_POST
@clinician_only
def end_clinic_feed(request: HttpRequest, clinic_id: int) -> HttpResponse:
    show_listed(request, [])
    clinic = get_object_or_404(clinics_read_by(request.user), pk=clinic_id)
    if feeds.end(clinic, request.user):
        _write(request, clinic, "calendar address ended")
    messages.success(request, _("The calendar is off. Its address opens nothing any more."))
    return redirect("visits")


def _write(request: HttpRequest, clinic: Clinic, detail: str) -> None:
    audit.write(request, audit.Line(AuditEntry.Action.EXPORTED, clinic=clinic.pk, detail=detail))


@require_safe
@public
def clinic_feed(request: HttpRequest, token: str) -> HttpResponse:
    """For calendar programs, which cannot sign in: whoever has the address reads dates and clinic numbers."""
    if not limits.count(request, "clinic_feed"):
        return render(request, "429.html", status=429)
    feed = feeds.feed_at(token)
    if feed is None:
        raise Http404
    said = feeds.calendar(feed, timezone.now())
    # Programs ask every quarter of an hour: the first time on a day is written down.
    today = f"clinic_feed:{feed.pk}:{timezone.localdate()}"
    if not cache.get(today):
        line = audit.Line(AuditEntry.Action.EXPORTED, clinic=feed.clinic_id, detail="calendar fetched")
        audit.append([line], actor=feed.user.pseudonym, route="clinic_feed")
        cache.set(today, True, ONE_DAY)
    return HttpResponse(said, content_type="text/calendar; charset=utf-8")


# --- One patient's -----------------------------------------------------------------------------------------------


@require_safe
@care_link_only
def patient_visits(request: HttpRequest, link: CareLink) -> HttpResponse:
    return _patient_page(request, link)


def _patient_page(request: HttpRequest, link: CareLink, **sent: Any) -> HttpResponse:
    """The page with its three forms; `sent` is the one that was filled in wrongly."""
    today = link.patient.date_at(timezone.now())
    given = [when for when in link.patient.sessions.session_dates() if when <= today]
    agreed = link.clinic.appointments.of(link.patient)
    by_weeks = due(given[-1]) if given else None
    proposed = agreed.date if agreed else max(by_weeks, today) if by_weeks else None
    forms = {
        "appointment": AppointmentForm(today, initial={"date": proposed}),
        "review": ReviewForm(),
        "tagged": TagsForm(link.clinic, initial={"tags": link.patient.tags.of(link.clinic)}),
    }
    context = {
        "link": link,
        **forms,
        **sent,
        "agreed": agreed,
        "by_weeks": by_weeks,
        "last": given[-1] if given else None,
        "reviews": link.patient.reviews.at(link.clinic),
    }
    return render(request, "clinic/patient_visits.html", context, status=422 if sent else 200)


@require_POST
@care_link_only
def save_appointment(request: HttpRequest, link: CareLink) -> HttpResponse:
    """A date, or none any more."""
    agreed = link.clinic.appointments.of(link.patient)
    if "remove" in request.POST:
        if agreed:
            agreed.delete()
        messages.success(request, _("No appointment any more."))
        return redirect("patient_visits", link.patient_id)
    instance = agreed or Appointment(clinic=link.clinic, patient=link.patient)
    form = AppointmentForm(link.patient.date_at(timezone.now()), request.POST, instance=instance)
    if not form.is_valid():
        return _patient_page(request, link, appointment=form)
    actions.save_appointment(form.instance, by=request.user.pseudonym)
    words = _("Next injection on %(date)s.")
    messages.success(request, words % {"date": date_format(form.instance.date, "j M Y")})
    return redirect("patient_visits", link.patient_id)


@require_POST
@care_link_only
def add_review(request: HttpRequest, link: CareLink) -> HttpResponse:
    today = link.patient.date_at(timezone.now())
    review = Review(
        patient=link.patient, clinic=link.clinic, reviewed_on=today, recorded_by=request.user.pseudonym
    )
    form = ReviewForm(request.POST, instance=review)
    if not form.is_valid():
        return _patient_page(request, link, review=form)
    actions.add_review(form.instance)
    messages.success(request, _("Reviewed today."))
    return redirect("patient_visits", link.patient_id)


@require_POST
@care_link_only
def save_tags(request: HttpRequest, link: CareLink) -> HttpResponse:
    form = TagsForm(link.clinic, request.POST)
    if not form.is_valid():
        return _patient_page(request, link, tagged=form)
    said = form.cleaned_data
    actions.save_tags(link.clinic, link.patient, said.get("tags", ()), said["shown"], said["new"])
    messages.success(request, _("Tags saved."))
    return redirect("patient_visits", link.patient_id)


# --- The clinic's tags -------------------------------------------------------------------------------------------


@require_safe
@clinician_only
def tags_page(request: HttpRequest) -> HttpResponse:
    show_listed(request, [])
    return _tags_page(request)


def _tags_page(request: HttpRequest, form: TagForm | None = None) -> HttpResponse:
    context = {"tags": tags_of(clinics_read_by(request.user)), "form": form}
    return render(request, "clinic/tags.html", context, status=422 if form else 200)


def _write_tag(request: HttpRequest, tag: Tag, words: str) -> None:
    """`words` never name the tag, which is the clinic's own word."""
    audit.write(request, audit.Line(AuditEntry.Action.CHANGED, clinic=tag.clinic_id, detail=words))


@require_POST
@clinician_only
def rename_tag(request: HttpRequest, tag_id: int) -> HttpResponse:
    show_listed(request, [])
    tag = get_object_or_404(tags_of(clinics_read_by(request.user)), pk=tag_id)
    form = TagForm(request.POST, instance=tag)
    if not form.is_valid():
        return _tags_page(request, form)
    form.save()
    _write_tag(request, tag, "tag renamed")
    messages.success(request, _("The tag is called “%(name)s” now.") % {"name": form.instance.name})
    return redirect("tags")


@require_POST
@clinician_only
def delete_tag(request: HttpRequest, tag_id: int) -> HttpResponse:
    show_listed(request, [])
    tag = get_object_or_404(tags_of(clinics_read_by(request.user)), pk=tag_id)
    name = tag.name
    _write_tag(request, tag, "tag deleted from every patient")
    tag.delete()
    messages.success(request, _("The tag “%(name)s” is deleted, from every patient.") % {"name": name})
    return redirect("tags")
