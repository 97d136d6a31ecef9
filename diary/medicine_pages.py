"""A patient's own medicines: those to tap, and those that are taken regularly."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import GET_OR_POST
from diary import catalogue
from diary.access import patient_only
from diary.medicine_forms import CatalogueMedicineForm, DefaultDoseForm, OwnMedicineForm, PreventiveForm
from diary.models import MOST_AT_A_TAP, Medicine, Patient, Preventive
from diary.summaries import classes_with_rule
from diary.views import today_of


@require_safe
@patient_only
def medicines(request: HttpRequest, patient: Patient) -> HttpResponse:
    return _medicines_page(request, patient)


def _medicines_page(
    request: HttpRequest,
    patient: Patient,
    own_form: OwnMedicineForm | None = None,
    preventive_form: PreventiveForm | None = None,
    status: int = 200,
) -> HttpResponse:
    query = request.GET.get("q", "")[:120]
    context: dict[str, Any] = {
        "query": query,
        "matches": catalogue.search(query, 12),
        "medicines": patient.medicines.for_day(today_of(patient)),
        "own_form": own_form or OwnMedicineForm(),
        "preventives": patient.preventives.running_first(),
        "preventive_form": preventive_form or PreventiveForm(today=today_of(patient)),
        "known_preventives": catalogue.PREVENTIVES,
        "doses_at_a_tap": range(1, MOST_AT_A_TAP + 1),
        "limits": classes_with_rule(),
    }
    return render(request, "diary/medicines.html", context, status=status)


@require_POST
@patient_only
def add_medicine(request: HttpRequest, patient: Patient) -> HttpResponse:
    form = CatalogueMedicineForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(form.errors["name"]))
        return redirect("medicines")
    match = form.cleaned_data["name"]
    medicine = Medicine.objects.put_on_list(
        patient, match.product.key, match.name, match.strength, match.product.medication_class
    )
    messages.success(request, _("%(medicine)s is on your list") % {"medicine": medicine})
    return redirect("medicines")


@require_http_methods(GET_OR_POST)
@patient_only
def add_own_medicine(request: HttpRequest, patient: Patient) -> HttpResponse:
    if request.method != "POST":
        # A refused form leaves its address behind, and people reload it.
        return redirect("medicines")
    form = OwnMedicineForm(request.POST, instance=Medicine(patient=patient))
    if not form.is_valid():
        return _medicines_page(request, patient, form, status=422)
    named = form.cleaned_data
    medicine = Medicine.objects.put_on_list(patient, "", named["name"], "", named["medication_class"])
    messages.success(request, _("%(medicine)s is on your list") % {"medicine": medicine})
    return redirect("medicines")


@require_POST
@patient_only
def use_medicine(request: HttpRequest, patient: Patient, medicine_id: int) -> HttpResponse:
    medicine = get_object_or_404(patient.medicines, pk=medicine_id)
    medicine.is_in_use = request.POST.get("in_use") == "yes"
    medicine.save(update_fields=["is_in_use"])
    words = (
        _("%(medicine)s is offered again") if medicine.is_in_use else _("%(medicine)s is no longer offered")
    )
    messages.success(request, words % {"medicine": medicine})
    return redirect("medicines")


@require_POST
@patient_only
def default_dose(request: HttpRequest, patient: Patient, medicine_id: int) -> HttpResponse:
    medicine = get_object_or_404(patient.medicines, pk=medicine_id)
    form = DefaultDoseForm(request.POST, instance=medicine)
    if form.is_valid():
        medicine.save(update_fields=["default_dose"])
        words = {"medicine": medicine, "n": medicine.default_dose}
        messages.success(request, _("%(medicine)s: one tap adds %(n)d") % words)
    else:
        messages.error(request, _("Nothing was saved: one tap adds 1 to 9."))
    return redirect("medicines")


@require_http_methods(GET_OR_POST)
@patient_only
def add_preventive(request: HttpRequest, patient: Patient) -> HttpResponse:
    if request.method != "POST":
        return redirect("medicines")
    form = PreventiveForm(request.POST, instance=Preventive(patient=patient), today=today_of(patient))
    if not form.is_valid():
        return _medicines_page(request, patient, preventive_form=form, status=422)
    # A second tap finds what the first one added.
    added, _is_new = patient.preventives.get_or_create(**form.cleaned_data)
    messages.success(request, _("%(medicine)s is on your list of preventives") % {"medicine": added})
    return redirect("medicines")


@require_http_methods(GET_OR_POST)
@patient_only
def preventive(request: HttpRequest, patient: Patient, preventive_id: int) -> HttpResponse:
    """What was said of a preventive medicine, to be changed or ended."""
    standing = get_object_or_404(patient.preventives, pk=preventive_id)
    named = str(standing)
    form = PreventiveForm(request.POST or None, instance=standing, today=today_of(patient))
    if form.is_valid():
        messages.success(request, _("%(medicine)s saved") % {"medicine": form.save()})
        return redirect("medicines")
    context = {
        "named": named,
        "preventive_id": preventive_id,
        "form": form,
        "known_preventives": catalogue.PREVENTIVES,
    }
    return render(request, "diary/preventive.html", context, status=422 if form.errors else 200)


@require_POST
@patient_only
def delete_preventive(request: HttpRequest, patient: Patient, preventive_id: int) -> HttpResponse:
    standing = get_object_or_404(patient.preventives, pk=preventive_id)
    standing.delete()
    messages.success(request, _("%(medicine)s is deleted") % {"medicine": standing})
    return redirect("medicines")
