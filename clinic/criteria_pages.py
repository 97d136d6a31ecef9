"""Which criteria a clinic looks at: read by its staff, chosen by its lead."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import AuditEntry
from clinic import criteria as choosing
from clinic.access import clinician_only, clinics_led_by, clinics_read_by, lead_only, show_listed
from clinic.decision_forms import CriteriaForm
from clinic.models import Clinic, CriteriaSet
from clinic.rules import STARTING_CRITERIA


@require_safe
@clinician_only
def criteria(request: HttpRequest) -> HttpResponse:
    """Nobody's diary stands here."""
    show_listed(request, [])
    return _page(request)


def _page(request: HttpRequest, refused: CriteriaForm | None = None) -> HttpResponse:
    led = set(clinics_led_by(request.user))
    context = {
        "clinics": [
            {
                "clinic": clinic,
                "in_use": choosing.criteria_of(clinic),
                "own": clinic.criteria_sets.in_use(),
                "retired": clinic.criteria_sets.retired(),
                "is_led": clinic in led,
                "form": refused if refused and refused.instance.clinic == clinic else _form(clinic),
            }
            for clinic in clinics_read_by(request.user)
        ],
        "starting": STARTING_CRITERIA,
    }
    return render(request, "clinic/criteria.html", context, status=422 if refused else 200)


def _form(clinic: Clinic, *said: Any) -> CriteriaForm:
    return CriteriaForm(*said, instance=CriteriaSet(clinic=clinic), auto_id=f"id_{clinic.pk}_%s")


@require_POST
@lead_only
def follow_criteria(request: HttpRequest, clinic_id: int) -> HttpResponse:
    clinic = get_object_or_404(clinics_led_by(request.user), pk=clinic_id)
    key = request.POST.get("criteria", "")
    try:
        with transaction.atomic():
            choosing.follow(clinic, key)
            _write(request, clinic, f"follows {key}")
    except choosing.NotInUse:
        messages.error(request, _("Choose one of the criteria in use."))
    else:
        messages.success(request, _("Saved. What the clinic follows now stands first on every page."))
    return redirect("criteria")


@require_POST
@lead_only
def add_criteria(request: HttpRequest, clinic_id: int) -> HttpResponse:
    clinic = get_object_or_404(clinics_led_by(request.user), pk=clinic_id)
    form = _form(clinic, request.POST)
    if not form.is_valid():
        return _page(request, form)
    with transaction.atomic():
        added = choosing.add(form.instance, by=request.user.pseudonym)  # type: ignore[union-attr]
        _write(request, clinic, f"added {added.key}")
    messages.success(request, _("%(name)s is added.") % {"name": added.name})
    return redirect("criteria")


@require_POST
@lead_only
def retire_criteria(request: HttpRequest, set_id: int) -> HttpResponse:
    made = get_object_or_404(CriteriaSet.objects.in_use().of(clinics_led_by(request.user)), pk=set_id)
    try:
        with transaction.atomic():
            choosing.retire(made)
            _write(request, made.clinic, f"retired {made.key}")
    except choosing.Followed:
        messages.error(request, _("The clinic follows these. Choose others first."))
    else:
        messages.success(
            request, _("%(name)s is retired. Decisions that looked at it keep it.") % {"name": made.name}
        )
    return redirect("criteria")


def _write(request: HttpRequest, clinic: Clinic, words: str) -> None:
    """`words` name criteria by their keys."""
    audit.write(request, audit.Line(AuditEntry.Action.CHANGED, clinic=clinic.pk, detail=f"criteria: {words}"))
