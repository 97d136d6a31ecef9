"""A patient's own file from elsewhere: chosen, looked at, imported, and taken back again if it was the wrong one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import GET_OR_POST
from clinic import copies
from clinic.import_forms import ClassesForm, DiaryFileForm
from clinic.looked_at import (
    LISTED,
    Answers,
    order_said,
    say_imported,
    say_over,
    say_taken_back,
    sealed,
    unsealed,
)
from clinic.paper_summaries import copied_so_far
from diary.access import patient_only
from diary.imports.storage import compared
from diary.imports.uploaded import reading
from diary.models import Patient
from diary.views import today_of


@require_http_methods(GET_OR_POST)
@patient_only
def import_own(request: HttpRequest, patient: Patient) -> HttpResponse:
    if "looked_at" in request.POST:
        return _looked_at(request, patient)
    form = DiaryFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        return _preview(request, patient, form.cleaned_data["file"], Answers())
    return _choose(request, patient, form, 422 if form.errors else 200)


def _choose(request: HttpRequest, patient: Patient, form: DiaryFileForm, status: int) -> HttpResponse:
    context = {"form": form, "batches": copied_so_far(patient, None)}
    return render(request, "data/import.html", context, status=status)


def _looked_at(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What was looked at is imported, or looked at again with what was said of its medicines."""
    kept = unsealed(request, patient)
    if kept is None:
        say_over(request)
        return _choose(request, patient, DiaryFileForm(), 422)
    text, answers = kept
    found = reading(text, today_of(patient), answers.classes, answers.order)
    form = ClassesForm(found.unknown, request.POST)
    if not form.is_valid():
        return _preview(request, patient, text, answers, form)
    if form.classes or "import" not in request.POST or found.report.is_cut_short:
        said = Answers(answers.classes | form.classes, order_said(request) or answers.order)
        return _preview(request, patient, text, said)
    by = request.user.pseudonym  # type: ignore[union-attr]
    done = copies.import_rows(patient, None, found.rows, by=by)
    say_imported(request, done, found)
    return redirect("import_own")


def _preview(
    request: HttpRequest,
    patient: Patient,
    text: str,
    answers: Answers,
    refused: ClassesForm | None = None,
) -> HttpResponse:
    found = reading(text, today_of(patient), answers.classes, answers.order)
    context = {
        "found": found,
        "compared": compared(patient, found.rows),
        "left_out": len(found.report.bad_lines),
        "listed": LISTED,
        "listed_slice": f":{LISTED}",
        "classes": refused or ClassesForm(found.unknown),
        "looked_at": sealed(request, patient, text, answers),
    }
    return render(request, "data/import_preview.html", context, status=422 if refused else 200)


@require_POST
@patient_only
def take_back_import(request: HttpRequest, patient: Patient, import_id: int) -> HttpResponse:
    batch = get_object_or_404(patient.import_batches.of(None), pk=import_id)
    say_taken_back(request, copies.take_back(batch, by=request.user.pseudonym))  # type: ignore[union-attr]
    return redirect("import_own")
