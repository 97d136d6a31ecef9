"""Browsers that show notifications: turned on by the sign-in that uses them."""

from __future__ import annotations

from collections.abc import Mapping

from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import get_language

from diary import push
from diary.models import Patient, PushSubscription, Reminder
from diary.snapshots import locked

MOST_DEVICES = 10


class TooMany(ValueError):
    """Somebody has that many devices already."""


class SomebodyElses(ValueError):
    """The address is known with other keys: who sends it is not the browser that has it."""


def device_of(request: HttpRequest) -> UserSession:
    """The sign-in as the list of devices has it."""
    key = request.session.session_key
    if not UserSession.objects.filter(session_key=key).exists():
        UserSession.objects.create_from_request(request)
    return UserSession.objects.get(session_key=key)


def turn_on(request: HttpRequest, patient: Patient, said: Mapping[str, str]) -> None:
    """Notifications on this device, in place of those that it showed before, to whomever. Raises `TooMany` and
    `SomebodyElses`.
    """
    device = device_of(request)
    with transaction.atomic():
        locked(patient)
        known = PushSubscription.objects.filter(endpoint=said["endpoint"]).first()
        if known and (known.p256dh, known.auth) != (said["p256dh"], said["auth"]):
            raise SomebodyElses
        if known:
            known.delete()
        PushSubscription.objects.of_device(device).delete()
        if patient.push_subscriptions.count() >= MOST_DEVICES:
            raise TooMany
        try:
            with transaction.atomic():
                PushSubscription.objects.create(
                    patient=patient, device=device, server_key=push.server_key(), **said
                )
        except IntegrityError:
            raise SomebodyElses from None  # it was turned on for two people at the same moment
        Reminder.objects.get_or_create(patient=patient, defaults={"language": get_language() or ""})
        Reminder.objects.filter(patient=patient).update(by_push=True)
