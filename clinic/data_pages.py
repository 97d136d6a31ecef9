"""The patient's data: taking a copy along, and leaving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
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
from clinic.programs import EXPORTS
from diary.access import patient_of, patient_only
from diary.models import Patient
from diary.views import today_of


@dataclass(frozen=True)
class Copy:
    """A file to take along: how its name ends, and what the log calls it."""

    ending: str
    words: str
    content_type: str
    content: Callable[[Patient, datetime], bytes]


def _exported(name: str, ending: str, words: str) -> Copy:
    """What programs read too."""
    export = EXPORTS[name]
    return Copy(ending, words, export.content_type, export.content)


COPIES = {
    "diary": _exported("diary.csv", "csv", "the diary as CSV"),
    "json": _exported("diary.json", "json", "the diary as JSON"),
    "fhir": _exported("fhir.json", "fhir.json", "the diary as FHIR"),
    "injections": _exported("sessions.ics", "ics", "the injections as a calendar"),
    "paper": Copy(
        "pdf",
        "the diary as PDF",
        "application/pdf",
        lambda patient, now: diary_pdf(patient, patient.date_at(now)),
    ),
}
EVERYTHING = Copy("zip", "everything", "application/zip", takeout.archive)


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
    copied = COPIES.get(request.POST.get("what", ""), EVERYTHING)
    content = copied.content(patient, timezone.now())
    audit.write(request, audit.Line(AuditEntry.Action.EXPORTED, patient.pseudonym, detail=copied.words))
    name = f"headache-diary-{today_of(patient)}.{copied.ending}"
    return HttpResponse(
        content,
        content_type=copied.content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


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
