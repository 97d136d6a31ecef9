"""A clinic's own diary file for one patient: chosen, looked at, imported."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import limits
from accounts.access import GET_OR_POST
from clinic import copies
from clinic.access import care_link_only
from clinic.consent import allows_copying
from clinic.import_forms import DiaryFileForm
from clinic.looked_at import Look, first_look, look_again, look_context, say_imported
from clinic.models import CareLink
from clinic.paper_pages import no_copying
from clinic.paper_summaries import copied_so_far


@require_http_methods(GET_OR_POST)
@care_link_only
def import_diary(request: HttpRequest, link: CareLink) -> HttpResponse:
    if not allows_copying(link):
        return no_copying(request, link)
    if "looked_at" in request.POST:
        return _looked_at(request, link)
    if request.method == "POST" and not limits.count(request, "import"):
        return render(request, "429.html", status=429)
    form = DiaryFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        return _preview(request, link, first_look(link.patient, form.text))
    return _choose(request, link, form, 422 if form.errors else 200)


def _choose(request: HttpRequest, link: CareLink, form: DiaryFileForm, status: int) -> HttpResponse:
    context = {"link": link, "form": form, "batches": copied_so_far(link.patient, link.clinic)}
    return render(request, "clinic/import_diary.html", context, status=status)


def _looked_at(request: HttpRequest, link: CareLink) -> HttpResponse:
    """What was looked at is imported, or looked at again with what was said of it."""
    look = look_again(request, link.patient)
    if look is None:
        return _choose(request, link, DiaryFileForm(), 422)
    if not look.is_confirmed:
        return _preview(request, link, look)
    by, with_notes = request.user.pseudonym, link.sees_notes  # type: ignore[union-attr]
    done = copies.import_rows(link.patient, link.clinic, look.found.rows, by=by, with_notes=with_notes)
    say_imported(request, done, look.found)
    return redirect("paper_diary", link.patient_id)


def _preview(request: HttpRequest, link: CareLink, look: Look) -> HttpResponse:
    context = look_context(request, link.patient, look, with_notes=link.sees_notes) | {
        "link": link,
        "other_name": next((one for one in look.found.people if one != link.reference), ""),
    }
    return render(request, "clinic/import_preview.html", context, status=look.status)
