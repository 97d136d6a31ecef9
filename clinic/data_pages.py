"""The patient's data: taking a copy along, and leaving."""

from __future__ import annotations

from typing import Any

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.access import GET_OR_POST, recently_signed_in, signed_in
from accounts.models import AuditEntry
from clinic import erasure, leaving, takeout
from clinic.diary_paper import diary_pdf
from clinic.fhir import bundle_text
from clinic.session_calendar import sessions_calendar
from diary.access import patient_of, patient_only
from diary.exports import json_text
from diary.imports.storage import recorded_rows
from diary.models import Patient
from diary.views import today_of

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "json": "application/json",
    "fhir.json": "application/fhir+json",
    "ics": "text/calendar; charset=utf-8",
    "zip": "application/zip",
}


@require_safe
@patient_only
def data(request: HttpRequest, patient: Patient) -> HttpResponse:
    return render(request, "data/data.html")


# --- Taking a copy along ---------------------------------------------------------------------------------------


@require_http_methods(GET_OR_POST)
@patient_only
@recently_signed_in
def copy(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The page is behind the password too, so that the file is what the last tap brings."""
    if request.method != "POST":
        return render(request, "data/copy.html")
    if not ratelimit.consume(request, action="take_copy"):
        return render(request, "data/copy.html", {"is_too_often": True}, status=429)
    kind, words, content = _copied(patient, request.POST.get("what", ""))
    audit.write(request, audit.Line(AuditEntry.Action.EXPORTED, patient.pseudonym, detail=words))
    name = f"headache-diary-{today_of(patient)}.{kind}"
    return HttpResponse(
        content,
        content_type=CONTENT_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _copied(patient: Patient, what: str) -> tuple[str, str, bytes]:
    """The kind of file, what the log calls it, and the file."""
    match what:
        case "diary":
            return "csv", "the diary as CSV", takeout.diary_text(patient).encode()
        case "paper":
            return "pdf", "the diary as PDF", diary_pdf(patient, today_of(patient))
        case "json":
            return "json", "the diary as JSON", json_text(recorded_rows(patient)).encode()
        case "fhir":
            return "fhir.json", "the diary as FHIR", bundle_text(patient, today_of(patient)).encode()
        case "injections":
            return "ics", "the injections as a calendar", sessions_calendar(patient, timezone.now())
    return "zip", "everything", takeout.archive(patient, timezone.now())


# --- Leaving ---------------------------------------------------------------------------------------------------


@require_safe
@signed_in
def delete(request: HttpRequest) -> HttpResponse:
    """Says beforehand what is deleted and what remains, to people without a diary too."""
    return render(request, "data/delete.html", _what_goes(request))


def _what_goes(request: HttpRequest) -> dict[str, Any]:
    return {
        "has_diary": patient_of(request.user) is not None,
        "account_stays": leaving.account_stays(request.user),  # type: ignore[arg-type]
        "days": leaving.COOLING_OFF.days,
        "backup_days": settings.BACKUP_DAYS,
        "years": settings.TREATMENT_RECORDS_YEARS,
    }


@require_POST
@signed_in
@recently_signed_in
def ask_deletion(request: HttpRequest) -> HttpResponse:
    """With a diary there are seven days to think again. Who has none is deleted at once: there is nothing to lose."""
    patient, user = patient_of(request.user), request.user
    if request.POST.get("understood") != "yes":
        messages.error(request, _("Nothing was deleted: tick the box first."))
        return redirect("delete_diary")
    if patient is not None:
        leaving.ask(request, patient)
        return redirect("delete_diary")
    if leaving.account_stays(user):  # type: ignore[arg-type]
        return redirect("delete_diary")
    address = user.email  # type: ignore[union-attr]
    try:
        erasure.erase_account(user)  # type: ignore[arg-type]
    except erasure.KeepsDiary:
        messages.error(request, _("Nothing was deleted: a diary was begun in the meantime."))
        return redirect("delete_diary")
    logout(request)
    leaving.tell_gone(address)
    messages.success(request, _("Your account is deleted."))
    return redirect("account_login")


@require_POST
@patient_only
def keep(request: HttpRequest, patient: Patient) -> HttpResponse:
    if leaving.keep(patient):
        messages.success(request, _("Your diary stays. Clinics no longer see it, unless you share it again."))
    else:
        messages.warning(request, _("There is nothing to take back, or the time for it is over."))
    return redirect("data")
