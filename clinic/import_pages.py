"""A clinic's own diary file for one patient: chosen, looked at, imported.

Between the look and the import the file stays in the page, signed, and nowhere on the server: who turns away leaves
nothing behind, and what is imported is what was looked at.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import GET_OR_POST
from clinic import copies
from clinic.access import care_link_only
from clinic.consent import allows_copying
from clinic.import_forms import ClassesForm, DiaryFileForm
from clinic.models import CareLink
from clinic.paper_pages import no_copying
from clinic.paper_summaries import copied_so_far
from diary.imports.storage import Compared, compared
from diary.imports.uploaded import Reading, reading

SALT = "clinic.import_pages"
AN_HOUR = 3600
LISTED = 100
"""Faults and days on one page."""


@require_http_methods(GET_OR_POST)
@care_link_only
def import_diary(request: HttpRequest, link: CareLink) -> HttpResponse:
    if not allows_copying(link):
        return no_copying(request, link)
    if "looked_at" in request.POST:
        return _looked_at(request, link)
    form = DiaryFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        return _preview(request, link, form.cleaned_data["file"], {})
    return _choose(request, link, form, 422 if form.errors else 200)


def _choose(request: HttpRequest, link: CareLink, form: DiaryFileForm, status: int) -> HttpResponse:
    context = {"link": link, "form": form, "batches": copied_so_far(link)}
    return render(request, "clinic/import_diary.html", context, status=status)


def _looked_at(request: HttpRequest, link: CareLink) -> HttpResponse:
    """What was looked at is imported, or looked at again with what was said of its medicines."""
    kept = _kept(request, link)
    if kept is None:
        messages.warning(request, _("This look is over. Choose the file again; nothing was imported."))
        return _choose(request, link, DiaryFileForm(), 422)
    text, classes = kept["text"], kept["classes"]
    found = reading(text, link.patient.date_at(timezone.now()), classes)
    form = ClassesForm(found.unknown, request.POST)
    said = form.classes if form.is_valid() else {}
    if said or "import" not in request.POST or found.report.is_cut_short:
        return _preview(request, link, text, classes | said)
    done = copies.import_rows(link, found.rows, by=request.user.pseudonym)  # type: ignore[union-attr]
    _say_imported(request, done, found)
    return redirect("paper_diary", link.patient_id)


def _preview(request: HttpRequest, link: CareLink, text: str, classes: dict[str, str]) -> HttpResponse:
    found = reading(text, link.patient.date_at(timezone.now()), classes)
    context = {
        "link": link,
        "found": found,
        "compared": compared(link.patient, found.rows),
        "left_out": len(found.report.bad_lines),
        "listed": LISTED,
        "listed_slice": f":{LISTED}",
        "other_name": next((one for one in found.people if one != link.reference), ""),
        "classes": ClassesForm(found.unknown),
        "looked_at": signing.dumps(_to_keep(request, link, text, classes), salt=SALT, compress=True),
    }
    return render(request, "clinic/import_preview.html", context)


def _to_keep(request: HttpRequest, link: CareLink, text: str, classes: dict[str, str]) -> dict[str, Any]:
    whose = {"patient": link.patient_id, "by": str(request.user.pseudonym)}  # type: ignore[union-attr]
    return whose | {"text": text, "classes": classes}


def _kept(request: HttpRequest, link: CareLink) -> dict[str, Any] | None:
    """What this person looked at for this patient within the hour, as the server signed it."""
    try:
        kept: dict[str, Any] = signing.loads(request.POST["looked_at"], salt=SALT, max_age=AN_HOUR)
    except signing.BadSignature:
        return None
    return kept if kept == _to_keep(request, link, kept["text"], kept["classes"]) else None


def _say_imported(request: HttpRequest, done: Compared, found: Reading) -> None:
    added, differ, left_out = len(done.new), len(done.differing), len(found.report.bad_lines)
    parts = [ngettext("%(n)d day imported", "%(n)d days imported", added) % {"n": added}]
    if done.equal:
        parts.append(_("%(n)d recorded already and the same") % {"n": len(done.equal)})
    if differ:
        words = ngettext("%(n)d differs from what is recorded", "%(n)d differ from what is recorded", differ)
        parts.append(words % {"n": differ})
    if left_out:
        parts.append(ngettext("%(n)d row left out", "%(n)d rows left out", left_out) % {"n": left_out})
    messages.success(request, ", ".join(parts) + ".")
