"""A patient's tokens for programs, and what a program reads with one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit, limits
from accounts.access import GET_OR_POST, public, recently_signed_in
from accounts.models import AuditEntry
from clinic import programs
from clinic.openapi import document
from clinic.program_forms import ProgramForm
from diary.access import patient_only
from diary.models import Patient

# --- The patient's page ----------------------------------------------------------------------------------------


@require_http_methods(GET_OR_POST)
@patient_only
@recently_signed_in
@never_cache
def program_list(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The token stands in this one answer and nowhere else."""
    form = ProgramForm(request.POST or None)
    token, status = "", 200
    if form.is_valid():
        said = form.cleaned_data
        made = _let_in(request, patient, said["name"], said["scopes"], int(said["days"]))
        if made is None:
            form.add_error(None, _("There are %(n)d tokens already. End one first.") % {"n": programs.MOST})
        else:
            form, token = ProgramForm(), made
    if form.errors:
        status = 422
    return render(request, "data/programs.html", _listed(patient, form, token), status=status)


@transaction.atomic
def _let_in(request: HttpRequest, patient: Patient, name: str, scopes: list[str], days: int) -> str | None:
    """The token, once it is written down who made it; `None` where there are too many."""
    made = programs.make(patient, name, scopes, days, timezone.now())
    if made is None:
        return None
    row, token = made
    line = audit.Line(AuditEntry.Action.CONSENTED, patient.pseudonym, detail=f"program {row.pk} let in")
    audit.write(request, line)
    return token


def _listed(patient: Patient, form: ProgramForm, token: str) -> dict[str, Any]:
    now = timezone.now()
    return {
        "form": form,
        "token": token,
        "standing": [
            (row, [programs.SCOPES[scope] for scope in row.scopes.split()])
            for row in patient.access_tokens.standing(now).order_by("-made_at", "-pk")
        ],
        "address": f"{settings.SITE_URL}/api/v1/diary.json",
        "zone": patient.time_zone,
    }


@require_POST
@patient_only
def end_program(request: HttpRequest, patient: Patient, token_id: int) -> HttpResponse:
    row = get_object_or_404(patient.access_tokens, pk=token_id)
    if programs.end(row, timezone.now()):
        line = audit.Line(AuditEntry.Action.WITHDREW, patient.pseudonym, detail=f"program {row.pk} ended")
        audit.write_if_possible(request, line)
    return redirect("programs")


# --- For programs ----------------------------------------------------------------------------------------------


@require_safe
@public
@never_cache
def export(request: HttpRequest, name: str) -> HttpResponse:
    """Whoever shows a token of the right scope reads that patient's export. No session is asked or begun."""
    if not limits.may_try(request, "api_refused") or not limits.count(request, "api"):
        return _refused(429, "Too many requests. Try again in an hour.")
    now = timezone.now()
    row = programs.presented(request, now)
    if row is None:
        limits.count(request, "api_refused")
        return _refused(401, "Send a token that is valid: Authorization: Bearer hd_…")
    wanted = programs.EXPORTS[name]
    if not wanted.scopes <= set(row.scopes.split()):
        return _refused(403, f"This token may not read that. It needs: {', '.join(sorted(wanted.scopes))}.")
    content = wanted.content(row.patient, now)
    # The log is written before anything goes out. No log, no data.
    line = audit.Line(AuditEntry.Action.EXPORTED, row.patient.pseudonym, detail=programs.detail(row, name))
    audit.append([line], route=f"{programs.ROUTE}{name}", request=str(getattr(request, "id", "")))
    return HttpResponse(content, content_type=wanted.content_type)


def _refused(status: int, words: str) -> HttpResponse:
    answer = JsonResponse({"error": words}, status=status)
    if status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


@require_safe
@public
def openapi(request: HttpRequest) -> HttpResponse:
    """What can be read, for programs and for who writes them."""
    return JsonResponse(document())
