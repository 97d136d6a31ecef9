"""A patient's page on the one person who may log for them: who, since when, a code, and the end in one tap."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.access import recently_signed_in
from accounts.codes import grouped
from accounts.models import AuditEntry
from diary import caring
from diary.access import patient_only
from diary.models import Patient


@require_safe
@patient_only
def carer(request: HttpRequest, patient: Patient) -> HttpResponse:
    every = list(patient.carers.select_related("user").order_by("-since", "-pk"))
    code = caring.open_code(patient)
    context = {
        "carer": next((one for one in every if one.until is None), None),
        "earlier": [one for one in every if one.until],
        "code": code,
        "code_text": grouped(caring.code_of(code.seed)) if code else "",
        "spelled": ", ".join(caring.code_of(code.seed)) if code else "",
        "hours": caring.CODE_HOURS,
        "address": settings.SITE_URL + reverse("caring"),
        "zone": patient.time_zone,
        "own": request.user.pseudonym,
    }
    return render(request, "carer/carer.html", context)


@require_POST
@patient_only
@recently_signed_in
def make_code(request: HttpRequest, patient: Patient) -> HttpResponse:
    try:
        caring.make_code(patient)
    except caring.HasCarer:
        messages.warning(request, _("Somebody can log for you already. End that first."))
        return redirect("carer")
    messages.success(request, _("Your code is ready."))
    return redirect(f"{reverse('carer')}#code")


@require_POST
@patient_only
def withdraw_code(request: HttpRequest, patient: Patient) -> HttpResponse:
    with transaction.atomic():
        caring.withdraw_code(patient)
    messages.success(request, _("The code is withdrawn. Nobody can use it any more."))
    return redirect("carer")


@require_POST
@patient_only
def end_carer(request: HttpRequest, patient: Patient, carer_id: int) -> HttpResponse:
    """One tap, without a question and without a password. The carer is not told."""
    found = get_object_or_404(patient.carers, pk=carer_id)
    with transaction.atomic():
        if caring.end(found, by=request.user.pseudonym):
            line = audit.Line(AuditEntry.Action.WITHDREW, patient.pseudonym, detail="carer")
            audit.write_if_possible(request, line)
    messages.success(request, _("Nobody but you can log in your diary. This holds from now on."))
    return redirect("carer")
