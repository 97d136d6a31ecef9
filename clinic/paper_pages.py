"""A paper diary copied in by the clinic: the months, one month from the keyboard, and taking it back."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.access import GET_OR_POST
from accounts.models import AuditEntry
from clinic import copies
from clinic.access import care_link_only, seen
from clinic.consent import allows_copying
from clinic.looked_at import say_taken_back
from clinic.models import CareLink, ImportBatch
from clinic.paper_forms import PaperMedicineForm, PaperMonthForm
from clinic.paper_summaries import Sheet, SheetRow, copied_so_far, paper_months, paper_sheet
from diary.catalogue import PRODUCTS
from diary.copying import Copied, PaperDay
from diary.models import Medicine
from diary.words import HEADACHE_LABELS


@require_safe
@care_link_only
def paper_diary(request: HttpRequest, link: CareLink) -> HttpResponse:
    context = {
        "link": link,
        "may_copy": allows_copying(link),
        "months": paper_months(link.patient, link.patient.date_at(timezone.now())),
        "batches": copied_so_far(link.patient, link.clinic),
    }
    return render(request, "clinic/paper_diary.html", context)


@require_http_methods(GET_OR_POST)
@care_link_only
def paper_month(request: HttpRequest, link: CareLink, first: date) -> HttpResponse:
    """A sheet to fill in. What is recorded stands beside it; what the paper says otherwise is told, never saved."""
    today = link.patient.date_at(timezone.now())
    if first > today or first.year < 1900:
        raise Http404
    if not allows_copying(link):
        return no_copying(request, link)
    if "add" in request.POST:
        return _with_medicine(request, link, first, today)
    sheet = paper_sheet(link.patient, first, today)
    form = PaperMonthForm(sheet, request.POST or None)
    if not form.is_valid():
        return _month_page(request, link, sheet, form, PaperMedicineForm())
    copied = copies.enter_paper(link, form.days(form.cleaned_data), by=request.user.pseudonym)  # type: ignore[union-attr]
    _say_copied(request, copied, paper_sheet(link.patient, first, today))
    address = reverse("paper_month", args=[link.patient_id, first])
    return redirect(f"{address}?saved=yes" if copied.added else address)


def no_copying(request: HttpRequest, link: CareLink) -> HttpResponse:
    """Why this diary cannot be written into."""
    status = 422 if request.method == "POST" else 200
    return render(request, "clinic/no_copying.html", {"link": link}, status=status)


def _month_page(
    request: HttpRequest, link: CareLink, sheet: Sheet, form: PaperMonthForm, new: PaperMedicineForm
) -> HttpResponse:
    batches = copied_so_far(link.patient, link.clinic)
    context = {
        "link": link,
        "just_saved": batches[0] if batches and "saved" in request.GET else None,
        "sheet": sheet,
        "form": form,
        "new": new,
        "is_begun": bool(request.POST),
        "products": sorted({product.generic for product in PRODUCTS}),
        "batches": batches,
    }
    return render(
        request, "clinic/paper_month.html", context, status=422 if form.errors or new.errors else 200
    )


def _with_medicine(request: HttpRequest, link: CareLink, first: date, today: date) -> HttpResponse:
    """Puts a medicine on the patient's list; what was filled in comes back with the page, not saved yet."""
    new = PaperMedicineForm(request.POST)
    if new.is_valid():
        medicine = Medicine.objects.put_on_list(link.patient, *new.cleaned_data["named"])
        # The page is shown again, which is no redirect: that something changed is said here.
        audit.write(request, seen(AuditEntry.Action.CHANGED, link))
        messages.success(request, _("%(medicine)s has a column now.") % {"medicine": medicine})
        new = PaperMedicineForm()
    sheet = paper_sheet(link.patient, first, today)
    return _month_page(request, link, sheet, PaperMonthForm(sheet, initial=_filled_in(request)), new)


def _filled_in(request: HttpRequest) -> dict[str, Any]:
    return {name: value for name, value in request.POST.items() if value}


def _say_copied(request: HttpRequest, copied: Copied, sheet: Sheet) -> None:
    """What became of the month, and each day on which the paper differs."""
    added, equal, differ = len(copied.added), len(copied.equal), len(copied.differing)
    parts = [ngettext("%(n)d day recorded", "%(n)d days recorded", added) % {"n": added}]
    if equal:
        parts.append(_("%(n)d recorded already and the same") % {"n": equal})
    if differ:
        words = ngettext("%(n)d differs from what is recorded", "%(n)d differ from what is recorded", differ)
        parts.append(words % {"n": differ})
    parts.append(_("%(n)d not recorded") % {"n": sheet.missing})
    messages.success(request, ", ".join(parts) + ".")
    names = {medicine.pk: str(medicine) for _key, medicine in sheet.columns}
    for paper in copied.differing:
        messages.warning(request, _difference(paper, sheet.by_date[paper.date], names))


def _difference(paper: PaperDay, row: SheetRow, names: dict[int, str]) -> str:
    said = [str(HEADACHE_LABELS[paper.headache])]
    said += [f"{names[pk]} ×{number}" for pk, number in paper.doses.items()]
    if paper.period:
        said.append(_("period"))
    words = {"day": date_format(paper.date, "j F"), "paper": ", ".join(said), "diary": ", ".join(row.words)}
    return _("%(day)s: the paper says %(paper)s. The diary says %(diary)s, and stands.") % words


@require_POST
@care_link_only
def take_back_copies(request: HttpRequest, link: CareLink, batch_id: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.of(link.clinic), pk=batch_id, patient=link.patient)
    found = copies.take_back(batch, by=request.user.pseudonym)  # type: ignore[union-attr]
    say_taken_back(request, found)
    return redirect("paper_diary", link.patient_id)
