"""The patient's pages. Each reads from top to bottom: who, what, form, save, redirect."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import GET_OR_POST, signed_in
from diary import actions, phone, receiving
from diary.access import patient_of, patient_only
from diary.carer_summaries import carers_part
from diary.day_form import DayForm
from diary.forms import (
    NO_ANSWER,
    ChoiceForm,
    DoseForm,
    HeadacheForm,
    MissedDaysForm,
    PatientForm,
    ReliefForm,
)
from diary.models import Patient
from diary.rules import Headache
from diary.summaries import (
    day_summary,
    earlier_triggers,
    earlier_versions,
    first_on_phone,
    missed_days,
    offered_medicines,
    relief_asked,
    today_summary,
)
from diary.words import ANSWERS, RELIEF_LABELS, day_saved, days_saved, dose_saved, headache_said

UNDO = "undo"
NOT_NOW = "relief_not_now"
WENT_ON = "went-on"
ONE_DAY = timedelta(days=1)


def today_of(patient: Patient) -> date:
    """The date that it is for this patient now."""
    return patient.date_at(timezone.now())


def _past_or_today(patient: Patient, when: date) -> date:
    """The patient's today. Raises `Http404` for a day that has not come, or lies before any diary."""
    today = today_of(patient)
    if when > today or when.year < 1900:
        raise Http404
    return today


def _saved(request: HttpRequest, words: str, changes: Sequence[actions.Change]) -> None:
    """Says what was saved, with the way back. A second tap changes nothing, and the first one's way back stays."""
    real = [change for change in changes if change["before"] != change["after"]]
    if real:
        request.session[UNDO] = {"token": get_random_string(8), "changes": real}
    kept = request.session.get(UNDO, {"changes": []})["changes"]
    same_days = [change["date"] for change in kept] == [change["date"] for change in changes]
    messages.success(request, words, extra_tags="undo" if same_days else "")


def _back(request: HttpRequest, when: date, today: date) -> HttpResponse:
    """To Today for today and for what was said there, else to the day's own page."""
    return redirect("today") if when == today or "today" in request.POST else redirect("day", when)


def declined(request: HttpRequest) -> list[date]:
    """Days of which this device does not ask again whether the medicine helped."""
    return [date.fromisoformat(text) for text in request.session.get(NOT_NOW, ())]


@require_safe
@patient_only
def today(request: HttpRequest, patient: Patient) -> HttpResponse:
    now = timezone.now()
    summary = today_summary(patient, patient.date_at(now))
    operations = list(patient.operations.for_phone(first_on_phone(summary.today)))
    context = {
        "patient": patient,
        "phone": phone.payload(patient, summary, operations, now),
        "parts": phone.parts(),
        "conflicts": phone.conflicts(operations, [chip.medicine for chip in summary.chips]),
        "summary": summary,
        "relief": relief_asked(patient, now, declined(request), [day for day, _doses in summary.days]),
        "answers": ANSWERS,
        "yesterday": summary.today - ONE_DAY,
    }
    return render(request, "diary/today.html", context)


@require_POST
@patient_only
def headache(request: HttpRequest, patient: Patient, when: date) -> HttpResponse:
    today = _past_or_today(patient, when)
    form = HeadacheForm(request.POST)
    if not form.is_valid():
        messages.error(request, NO_ANSWER)
        return _back(request, when, today)
    word = form.cleaned_data["headache"]
    change = actions.record_headache(patient, when, word, today, by=request.user.pseudonym)
    _saved(request, headache_said(when, word, today), [change])
    return _back(request, when, today)


@require_POST
@patient_only
def dose(request: HttpRequest, patient: Patient, when: date) -> HttpResponse:
    today = _past_or_today(patient, when)
    form = DoseForm(patient, request.POST)
    if not form.is_valid():
        raise Http404
    medicine, step = form.cleaned_data["medicine"], form.cleaned_data["change"]
    change = actions.change_doses(patient, when, medicine, step, by=request.user.pseudonym)
    if change is None:
        messages.error(request, _("First say how your head is on this day; then add what you took."))
    elif change["before"] == change["after"]:
        messages.info(request, _("%(medicine)s: nothing to change") % {"medicine": medicine})
    else:
        _saved(request, dose_saved(medicine, step), [change])
    return _back(request, when, today)


@require_POST
@patient_only
def headache_free(request: HttpRequest, patient: Patient) -> HttpResponse:
    today = today_of(patient)
    form = MissedDaysForm(missed_days(patient, today), request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(form.errors["days"]))
        return redirect("today")
    changes = actions.record_headache_free(patient, form.cleaned_data["days"], today)
    _saved(request, days_saved(len(changes)), changes)
    return redirect("today")


@require_POST
@patient_only
def choose(request: HttpRequest, patient: Patient, when: date) -> HttpResponse:
    """The person's word on what two of their devices said differently."""
    form = ChoiceForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nothing was saved: that is not one of the answers."))
        return redirect("today")
    field, value = form.cleaned_data["field"], form.cleaned_data["value"]
    change = receiving.choose(patient, when, field, value, by=request.user.pseudonym)
    if change is None:
        messages.info(request, _("There is nothing left to choose here."))
    else:
        _saved(request, day_saved(when, ()), [change])
    return redirect("today")


@require_POST
@patient_only
def undo(request: HttpRequest, patient: Patient) -> HttpResponse:
    kept = request.session.get(UNDO)
    if not kept or request.POST.get("undo", kept["token"]) != kept["token"]:
        messages.info(request, _("There is nothing left to undo here."))
        return redirect("today")
    del request.session[UNDO]
    days = [date.fromisoformat(change["date"]) for change in kept["changes"]]
    named = {"days": ", ".join(date_format(day, "j F") for day in days)}
    if actions.put_back(patient, kept["changes"], by=request.user.pseudonym):
        messages.info(request, _("Undone: %(days)s") % named)
    else:
        words = ngettext(
            "Not undone: %(days)s was changed since, here or on another device.",
            "Not undone: one of these days was changed since, here or on another device: %(days)s.",
            len(days),
        )
        messages.warning(request, words % named)
    return _back(request, days[-1], today_of(patient))


@require_http_methods(GET_OR_POST)
@patient_only
def day(request: HttpRequest, patient: Patient, when: date) -> HttpResponse:
    today = _past_or_today(patient, when)
    # What is sent says all that a day says; only a page that is shown needs what stands there.
    said_to_go_on = request.GET.get(WENT_ON) == "yes"
    summary = None if request.POST else day_summary(patient, when, today, said_to_go_on)
    recorded = summary and summary.recorded
    medicines = offered_medicines(patient, when)
    form = DayForm(
        medicines,
        request.POST or None,
        instance=recorded,
        initial={"seen": actions.mark_of(recorded, {one.pk: doses for one, doses in medicines})},
        when=when,
        zone=ZoneInfo(patient.time_zone),
        earlier_triggers=partial(earlier_triggers, patient),
    )
    if form.is_valid():
        was_seen, by = form.cleaned_data["seen"], request.user.pseudonym
        change = actions.save_day(patient, when, form.said, form.doses, today, was_seen, by=by)
        if change:
            _saved(request, day_saved(when, form.ticked_too), [change])
            if form.cleaned_data["went_on"] and form.said["headache"] != Headache.NONE:
                return redirect(f"{reverse('day', args=[when])}?{WENT_ON}=yes")
            return _back(request, when, today)
        form.was_changed_meanwhile(actions.seen(patient, when))
    shown = summary or day_summary(patient, when, today)
    context = {
        "when": when,
        "summary": shown,
        "earlier": earlier_versions(patient, when),
        "carers_part": carers_part(patient, shown.recorded),
        "form": form,
        "previous": when - ONE_DAY,
        "next": when + ONE_DAY if when < today else None,
        "is_today": when == today,
    }
    return render(request, "diary/day.html", context, status=422 if form.errors else 200)


@require_POST
@patient_only
def relief(request: HttpRequest, patient: Patient, when: date) -> HttpResponse:
    today = _past_or_today(patient, when)
    form = ReliefForm(request.POST)
    if not form.is_valid():
        messages.error(request, NO_ANSWER)
        return _back(request, when, today)
    word = form.cleaned_data["relief"]
    if word is None:
        recent = [day for day in declined(request) if day != when and day >= today - ONE_DAY]
        request.session[NOT_NOW] = [day.isoformat() for day in [*recent, when]]
        messages.info(request, _("Not asked again for this day. It can be said on the day’s own page."))
        return _back(request, when, today)
    change = actions.say_relief(patient, when, word, by=request.user.pseudonym)
    if change is None:
        messages.error(
            request, _("First say how your head is on this day; then whether the medicine helped.")
        )
    else:
        words = {"day": date_format(when, "l j F"), "word": RELIEF_LABELS[word]}
        _saved(request, _("%(day)s: relief after two hours: %(word)s") % words, [change])
    return _back(request, when, today)


@require_POST
@patient_only
def delete_day(request: HttpRequest, patient: Patient, when: date) -> HttpResponse:
    _past_or_today(patient, when)
    change = actions.delete_day(patient, when, by=request.user.pseudonym)
    if change["before"]["fields"]:
        _saved(request, _("%(day)s is deleted") % {"day": date_format(when, "l j F")}, [change])
    return redirect("month", when)


@require_http_methods(GET_OR_POST)
@signed_in
def begin(request: HttpRequest) -> HttpResponse:
    """A diary of one's own, for whoever has signed up; later the same page changes what was said here."""
    patient = patient_of(request.user)
    instance = patient or Patient(time_zone=settings.TIME_ZONE, name=request.user.name)  # type: ignore[union-attr]
    form = PatientForm(request.POST or None, instance=instance)
    if form.is_valid():
        form.instance.user = request.user
        # A second tap finds the diary that the first one began.
        with suppress(IntegrityError), transaction.atomic():
            form.save()
        messages.success(request, _("Saved.") if patient else _("Your diary is ready."))
        return redirect("today" if patient else "medicines")
    context = {"form": form, "patient": patient}
    return render(request, "diary/begin.html", context, status=422 if form.errors else 200)
