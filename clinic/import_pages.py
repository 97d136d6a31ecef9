"""A clinic's own diary file for one patient: chosen, looked at, imported."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import GET_OR_POST
from clinic import copies
from clinic.access import care_link_only
from clinic.consent import allows_copying
from clinic.import_forms import ClassesForm, DiaryFileForm
from clinic.looked_at import LISTED, Answers, order_said, say_imported, say_over, sealed, unsealed
from clinic.models import CareLink
from clinic.paper_pages import no_copying
from clinic.paper_summaries import copied_so_far
from diary.imports.storage import compared
from diary.imports.uploaded import reading


@require_http_methods(GET_OR_POST)
@care_link_only
def import_diary(request: HttpRequest, link: CareLink) -> HttpResponse:
    if not allows_copying(link):
        return no_copying(request, link)
    if "looked_at" in request.POST:
        return _looked_at(request, link)
    form = DiaryFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        return _preview(request, link, form.cleaned_data["file"], Answers())
    return _choose(request, link, form, 422 if form.errors else 200)


def _choose(request: HttpRequest, link: CareLink, form: DiaryFileForm, status: int) -> HttpResponse:
    context = {"link": link, "form": form, "batches": copied_so_far(link.patient, link.clinic)}
    return render(request, "clinic/import_diary.html", context, status=status)


def _looked_at(request: HttpRequest, link: CareLink) -> HttpResponse:
    """What was looked at is imported, or looked at again with what was said of its medicines."""
    kept = unsealed(request, link.patient)
    if kept is None:
        say_over(request)
        return _choose(request, link, DiaryFileForm(), 422)
    text, answers = kept
    found = reading(text, link.patient.date_at(timezone.now()), answers.classes, answers.order)
    form = ClassesForm(found.unknown, request.POST)
    if not form.is_valid():
        return _preview(request, link, text, answers, form)
    if form.classes or "import" not in request.POST or found.report.is_cut_short:
        said = Answers(answers.classes | form.classes, order_said(request) or answers.order)
        return _preview(request, link, text, said)
    by = request.user.pseudonym  # type: ignore[union-attr]
    done = copies.import_rows(link.patient, link.clinic, found.rows, by=by, with_notes=link.sees_notes)
    say_imported(request, done, found)
    return redirect("paper_diary", link.patient_id)


def _preview(
    request: HttpRequest,
    link: CareLink,
    text: str,
    answers: Answers,
    refused: ClassesForm | None = None,
) -> HttpResponse:
    found = reading(text, link.patient.date_at(timezone.now()), answers.classes, answers.order)
    context = {
        "link": link,
        "found": found,
        "compared": compared(link.patient, found.rows, with_notes=link.sees_notes),
        "left_out": len(found.report.bad_lines),
        "listed": LISTED,
        "listed_slice": f":{LISTED}",
        "other_name": next((one for one in found.people if one != link.reference), ""),
        "classes": refused or ClassesForm(found.unknown),
        "looked_at": sealed(request, link.patient, text, answers),
    }
    return render(request, "clinic/import_preview.html", context, status=422 if refused else 200)
