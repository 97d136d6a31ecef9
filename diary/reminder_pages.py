"""The page of reminders, and the calendar that it hands out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import GET_OR_POST, public
from diary import calendar_feed, devices, push
from diary.access import patient_only
from diary.models import Patient, Reminder
from diary.reminder_forms import DeviceForm, ReminderForm


@require_http_methods(GET_OR_POST)
@patient_only
def reminders(request: HttpRequest, patient: Patient) -> HttpResponse:
    reminder = reminder_of(patient)
    form = ReminderForm(request.POST or None, instance=reminder)
    if form.is_valid():
        form.instance.language = translation.get_language() or ""
        form.instance.changed_at = timezone.now()
        form.save()
        messages.success(request, _("Saved."))
        return redirect("reminders")
    now = timezone.now()
    key = request.session.session_key
    server_key = push.server_key()
    mine = patient.push_subscriptions.signed_in(now).for_server(server_key).in_order()
    context: dict[str, Any] = {
        "form": form,
        "server_key": server_key,
        "devices": [(one, one.device.session_key == key) for one in mine],
        "calendar": address_of(reminder),
    }
    return render(request, "diary/reminders.html", context, status=422 if form.errors else 200)


def reminder_of(patient: Patient) -> Reminder:
    """As it stands, or as it would be by default: looking at the page writes nothing."""
    return getattr(patient, "reminder", None) or Reminder(patient=patient)


def address_of(reminder: Reminder) -> str:
    """The calendar's whole address, empty where there is none."""
    seed = reminder.calendar_seed
    path = reverse("calendar_feed", args=[calendar_feed.token_of(seed)]) if seed else ""
    return settings.SITE_URL + path if path else ""


@require_POST
@patient_only
def add_device(request: HttpRequest, patient: Patient) -> HttpResponse:
    form = DeviceForm(request.POST)
    if not push.is_set_up() or not form.is_valid():
        messages.error(
            request, _("Notifications are not on: this browser’s push service is not one that we use.")
        )
        return redirect("reminders")
    try:
        devices.turn_on(request, patient, form.cleaned_data)
        messages.success(request, _("This device shows your reminder."))
    except devices.TooMany:
        messages.error(request, _("Notifications are on for ten devices. Remove one first."))
    except devices.SomebodyElses:
        messages.error(request, _("Notifications are not on. Please try again."))
    return redirect("reminders")


@require_POST
@patient_only
def remove_device(request: HttpRequest, patient: Patient, device_id: int) -> HttpResponse:
    get_object_or_404(patient.push_subscriptions, pk=device_id).delete()
    messages.success(request, _("The device shows no reminders any more."))
    return redirect("reminders")


@require_POST
@patient_only
def make_calendar(request: HttpRequest, patient: Patient) -> HttpResponse:
    seed = calendar_feed.new_seed()
    reminder, _is_new = Reminder.objects.get_or_create(patient=patient)
    reminder.calendar_seed = seed
    reminder.calendar_digest = calendar_feed.digest(calendar_feed.token_of(seed))
    reminder.language = reminder.language or translation.get_language() or ""
    reminder.save(update_fields=["calendar_seed", "calendar_digest", "language"])
    messages.success(request, _("The calendar has a new address."))
    return redirect("reminders")


@require_POST
@patient_only
def end_calendar(request: HttpRequest, patient: Patient) -> HttpResponse:
    reminder = reminder_of(patient)
    if reminder.pk:
        reminder.calendar_seed, reminder.calendar_digest = "", None
        reminder.save(update_fields=["calendar_seed", "calendar_digest"])
    messages.success(request, _("The calendar is off. Its address opens nothing any more."))
    return redirect("reminders")


@require_safe
@public
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """For calendar programs, which cannot sign in: whoever has the address reads when somebody is reminded."""
    found = Reminder.objects.with_calendar(calendar_feed.digest(token)).select_related("patient").first()
    if found is None:
        raise Http404
    with translation.override(found.language or settings.LANGUAGE_CODE):
        said = calendar_feed.calendar(found, timezone.now())
    return HttpResponse(said, content_type="text/calendar; charset=utf-8")
