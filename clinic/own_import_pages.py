"""A patient's own file from elsewhere: chosen, looked at, imported, and taken back again if it was the wrong one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import limits
from accounts.access import GET_OR_POST
from clinic import copies
from clinic.import_forms import DiaryFileForm
from clinic.looked_at import Look, first_look, look_again, look_context, say_imported, say_taken_back
from clinic.paper_summaries import copied_so_far
from diary.access import patient_only
from diary.models import Patient


@require_http_methods(GET_OR_POST)
@patient_only
def import_own(request: HttpRequest, patient: Patient) -> HttpResponse:
    if "looked_at" in request.POST:
        return _looked_at(request, patient)
    if request.method == "POST" and not limits.count(request, "import"):
        return render(request, "429.html", status=429)
    form = DiaryFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        return _preview(request, patient, first_look(patient, form.text))
    return _choose(request, patient, form, 422 if form.errors else 200)


def _choose(request: HttpRequest, patient: Patient, form: DiaryFileForm, status: int) -> HttpResponse:
    context = {"form": form, "batches": copied_so_far(patient, None)}
    return render(request, "data/import.html", context, status=status)


def _looked_at(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What was looked at is imported, or looked at again with what was said of it."""
    look = look_again(request, patient)
    if look is None:
        return _choose(request, patient, DiaryFileForm(), 422)
    if not look.is_confirmed:
        return _preview(request, patient, look)
    by = request.user.pseudonym  # type: ignore[union-attr]
    done = copies.import_rows(patient, None, look.found.rows, by=by)
    say_imported(request, done, look.found)
    return redirect("import_own")


def _preview(request: HttpRequest, patient: Patient, look: Look) -> HttpResponse:
    context = look_context(request, patient, look)
    return render(request, "data/import_preview.html", context, status=look.status)


@require_POST
@patient_only
def take_back_import(request: HttpRequest, patient: Patient, import_id: int) -> HttpResponse:
    batch = get_object_or_404(patient.import_batches.of(None), pk=import_id)
    say_taken_back(request, copies.take_back(batch, by=request.user.pseudonym))  # type: ignore[union-attr]
    return redirect("import_own")
