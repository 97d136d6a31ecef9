"""The pages of somebody who logs for another: whom they log for, and the least that logging needs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit, limits
from accounts.access import GET_OR_POST, signed_in
from accounts.models import AuditEntry
from diary import caring
from diary.access import carer_only, caring_of
from diary.carer_summaries import CARER_DAYS, log_summary
from diary.forms import NO_ANSWER, CarerCodeForm, DoseForm, HeadacheForm
from diary.models import Carer, Patient
from diary.views import ONE_DAY, today_of
from diary.words import ANSWERS, dose_saved, headache_said

UNDO = "undo_as_carer"
"""Apart from the way back in one's own diary: what is undone here is never looked for there."""


@require_http_methods(GET_OR_POST)
@signed_in
def caring_page(request: HttpRequest) -> HttpResponse:
    """For whom somebody logs, and where a code is entered."""
    works_at_clinic = request.user.works_at_clinic  # type: ignore[union-attr]
    form = CarerCodeForm(request.user.name, request.POST or None)  # type: ignore[union-attr]
    if form.is_valid() and works_at_clinic:
        form.add_error(None, _("This account works at a clinic. Use one of your own to log for somebody."))
    if form.is_valid() and not limits.may_try(request, "carer_code"):
        form.add_error(None, _("Those were many codes that did not fit. Please wait a quarter of an hour."))
    begun = _begun(request, form) if form.is_valid() else None
    if begun:
        return redirect("caring_log", begun.pk)
    context = {"form": form, "caring": caring_of(request.user), "works_at_clinic": works_at_clinic}
    return render(request, "carer/caring.html", context, status=422 if form.errors else 200)


def _begun(request: HttpRequest, form: CarerCodeForm) -> Carer | None:
    said, user = form.cleaned_data, request.user
    try:
        with transaction.atomic():
            carer = caring.begin(said["code"], user)
            if name := said.get("name"):
                user.name = name  # type: ignore[union-attr]
                user.save(update_fields=["name"])
            line = audit.Line(AuditEntry.Action.CONSENTED, carer.patient.pseudonym, detail="carer, by a code")
            audit.write(request, line)
    except caring.UnknownCode:
        limits.count(request, "carer_code")
        form.add_error("code", _("This code opens nothing. It works once, for one day: ask for a new one."))
        return None
    except caring.OwnCode:
        form.add_error("code", _("This is your own code. It is for the person who is to log for you."))
        return None
    _tell(carer.patient)
    messages.success(request, _("You can log for %(name)s now.") % {"name": carer.patient.name})
    return carer


def _tell(patient: Patient) -> None:
    """A mail without a name and without a word on health."""
    if patient.user:
        text = _(
            "Somebody can now enter days for you. Who it is, and how to end it with one tap, stands here once you are "
            "signed in:\n\n%(address)s\n\nIf this was not you, end it there and change your password.\n"
        )
        address = settings.SITE_URL + reverse("carer")
        to = [patient.user.email]
        send_mail(_("Your sharing has changed"), text % {"address": address}, None, to, fail_silently=True)


@require_safe
@carer_only
def log(request: HttpRequest, carer: Carer) -> HttpResponse:
    summary = log_summary(carer.patient, today_of(carer.patient))
    context = {
        "carer": carer,
        "name": carer.patient.name,
        "summary": summary,
        "answers": ANSWERS,
        "undo": _fresh_undo(request, carer),
    }
    return render(request, "carer/log.html", context)


def _fresh_undo(request: HttpRequest, carer: Carer) -> str:
    """The token of a tap that was saved just now. Shown once; it can be undone as long as nothing else was saved."""
    kept = request.session.get(UNDO)
    if not kept or kept["tap"]["carer"] != carer.pk or not kept["fresh"]:
        return ""
    request.session[UNDO] = kept | {"fresh": False}
    return str(kept["token"])


def _today(carer: Carer, when: date, back: int) -> date:
    """The patient's today. Raises `Http404` for a day that a carer does not write: it is another, or too long ago."""
    today = today_of(carer.patient)
    if not today - timedelta(days=back) <= when <= today:
        raise Http404
    return today


def _saved(request: HttpRequest, tap: caring.Tap | None, words: str) -> None:
    if tap:
        request.session[UNDO] = {"token": get_random_string(8), "fresh": True, "tap": tap}
    messages.success(request, _("Saved: %(words)s") % {"words": words})


@require_POST
@carer_only
def headache(request: HttpRequest, carer: Carer, when: date) -> HttpResponse:
    today = _today(carer, when, CARER_DAYS)
    form = HeadacheForm(request.POST)
    if not form.is_valid():
        messages.error(request, NO_ANSWER)
        return redirect("caring_log", carer.pk)
    word = form.cleaned_data["headache"]
    only_missing = when < today - ONE_DAY
    tap = _unless_ended(caring.record_headache, carer, when, word, today, only_missing=only_missing)
    if only_missing and tap is None:
        messages.info(request, _("This day is recorded already. Nothing was changed."))
    else:
        _saved(request, tap, headache_said(when, word, today))
    return redirect("caring_log", carer.pk)


@require_POST
@carer_only
def dose(request: HttpRequest, carer: Carer, when: date) -> HttpResponse:
    _today(carer, when, 1)
    form = DoseForm(carer.patient, request.POST)
    if not form.is_valid():
        raise Http404
    medicine, step = form.cleaned_data["medicine"], form.cleaned_data["change"]
    tap = _unless_ended(caring.change_doses, carer, when, medicine, step)
    if tap is None:
        messages.info(request, _("%(medicine)s: nothing to change") % {"medicine": medicine})
    else:
        _saved(request, tap, dose_saved(medicine, step))
    return redirect("caring_log", carer.pk)


def _unless_ended(write: Any, *args: Any, **kwargs: Any) -> Any:
    """Access that ended while this was on its way is access that ended before."""
    try:
        return write(*args, **kwargs)
    except caring.Ended:
        raise Http404 from None


@require_POST
@carer_only
def undo(request: HttpRequest, carer: Carer) -> HttpResponse:
    kept = request.session.get(UNDO)
    is_this = kept and kept["tap"]["carer"] == carer.pk and kept["token"] == request.POST.get("undo")
    if not is_this:
        messages.info(request, _("There is nothing left to undo here."))
        return redirect("caring_log", carer.pk)
    del request.session[UNDO]
    if _unless_ended(caring.take_back, carer, kept["tap"], today_of(carer.patient)):
        messages.info(request, _("Undone."))
    else:
        messages.warning(request, _("Not undone: the day was changed since."))
    return redirect("caring_log", carer.pk)


@require_POST
@carer_only
def stop(request: HttpRequest, carer: Carer) -> HttpResponse:
    """The carer's own end of it."""
    with transaction.atomic():
        if caring.end(carer, by=carer.user.pseudonym):
            line = audit.Line(AuditEntry.Action.WITHDREW, carer.patient.pseudonym, detail="carer")
            audit.write_if_possible(request, line)
    messages.success(request, _("You no longer log for %(name)s.") % {"name": carer.patient.name})
    return redirect("caring")
