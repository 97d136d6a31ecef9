"""A patient's sharing: who can read, who looked, a code for the visit, and the end of it in one tap."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.access import recently_signed_in
from accounts.codes import grouped
from accounts.models import AuditEntry
from clinic import consent
from clinic.access import seen
from clinic.looks import all_looks, consents, looked
from clinic.models import CareLink
from diary.access import patient_only
from diary.models import Patient

Action = AuditEntry.Action


@require_safe
@patient_only
def sharing(request: HttpRequest, patient: Patient) -> HttpResponse:
    history = consents(patient, consent.WORDING)
    code = consent.open_code(patient)
    wordings = {one.link.wording for one in history}
    context = {
        "open": [one for one in history if one.is_open],
        "history": history,
        "earlier_wordings": {name: text for name, text in consent.WORDINGS.items() if name in wordings},
        "wording": consent.WORDINGS[consent.WORDING],
        "code": code,
        "code_text": grouped(consent.code_of(code.seed)) if code else "",
        "spelled": ", ".join(consent.code_of(code.seed)) if code else "",
        "looked": looked(patient, timezone.now()),
        "zone": patient.time_zone,
    }
    return render(request, "sharing/sharing.html", context)


@require_safe
@patient_only
def looks(request: HttpRequest, patient: Patient) -> HttpResponse:
    page = all_looks(patient, request.GET.get("page"))
    return render(request, "sharing/looks.html", {"page": page, "zone": patient.time_zone})


@require_POST
@patient_only
@recently_signed_in
def make_code(request: HttpRequest, patient: Patient) -> HttpResponse:
    consent.make_code(patient, sees_notes=request.POST.get("notes") == "yes")
    messages.success(request, _("Your code is ready. Read it out at your visit."))
    return redirect(f"{reverse('sharing')}#code")


@require_POST
@patient_only
def withdraw_code(request: HttpRequest, patient: Patient) -> HttpResponse:
    with transaction.atomic():
        consent.withdraw_code(patient)
    messages.success(request, _("The code is withdrawn. Nobody can use it any more."))
    return redirect("sharing")


@require_POST
@patient_only
def end_access(request: HttpRequest, patient: Patient, link_id: int) -> HttpResponse:
    """One tap, without a question and without a password: what was given in one step is taken back in one."""
    clinic = get_object_or_404(patient.care_links.select_related("clinic"), pk=link_id).clinic
    with transaction.atomic():
        link = _lasting(patient, link_id)
        if link and consent.end(link, by=request.user.pseudonym):  # type: ignore[union-attr]
            audit.write_if_possible(request, seen(Action.WITHDREW, link))
    words = _("%(clinic)s can no longer read your diary. This holds from now on.")
    messages.success(request, words % {"clinic": clinic})
    return redirect("sharing")


@require_POST
@patient_only
def keep_notes(request: HttpRequest, patient: Patient, link_id: int) -> HttpResponse:
    clinic = get_object_or_404(patient.care_links.select_related("clinic"), pk=link_id).clinic
    with transaction.atomic():
        link = _lasting(patient, link_id)
        if link and link.sees_notes:
            now = consent.keep_notes(link, by=request.user.pseudonym)  # type: ignore[union-attr]
            audit.write_if_possible(request, _scope(Action.WITHDREW, now))
    messages.success(request, _("%(clinic)s no longer sees the notes of your diary.") % {"clinic": clinic})
    return redirect("sharing")


@require_POST
@patient_only
@recently_signed_in
def share_notes(request: HttpRequest, patient: Patient, link_id: int) -> HttpResponse:
    return _agreed(request, patient, link_id, sees_notes=True)


@require_POST
@patient_only
@recently_signed_in
def agree_again(request: HttpRequest, patient: Patient, link_id: int) -> HttpResponse:
    return _agreed(request, patient, link_id, sees_notes=None)


def _lasting(patient: Patient, link_id: int) -> CareLink | None:
    """The access as it is now: the page with the button may be older than the last change."""
    links = patient.care_links.lasting().with_clinic_of(link_id)
    return links.select_related("clinic", "patient").select_for_update(of=("self",)).first()


def _agreed(request: HttpRequest, patient: Patient, link_id: int, sees_notes: bool | None) -> HttpResponse:
    """Agrees to the text of today, for the notes as they stand unless said otherwise."""
    get_object_or_404(patient.care_links, pk=link_id)
    with transaction.atomic():
        link = _lasting(patient, link_id)
        if link is None:
            messages.warning(
                request, _("This access has ended meanwhile. A new code opens your diary again.")
            )
            return redirect("sharing")
        wanted = link.sees_notes if sees_notes is None else sees_notes
        with suppress(consent.AlreadyLinked):  # a second tap
            given = consent.agree(patient, link.clinic, wanted)
            audit.write(request, _scope(Action.CONSENTED, given))
    words = (
        _("%(clinic)s can read your diary and its notes.")
        if wanted
        else _("%(clinic)s can read your diary, without its notes.")
    )
    messages.success(request, words % {"clinic": link.clinic})
    return redirect("sharing")


def _scope(action: AuditEntry.Action, link: CareLink) -> audit.Line:
    detail = "diary and notes" if link.sees_notes else "diary"
    return audit.Line(action, link.patient.pseudonym, link.clinic_id, link.pk, detail)
