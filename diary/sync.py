"""Where a phone sends what was tapped on it, with or without a network at the time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import GET_OR_POST
from diary.access import patients_phone
from diary.decoding import UNREADABLE, Malformed, Message, Refused, message
from diary.merging import HEADACHE, doses_field
from diary.models import Patient
from diary.phone import day_payload, moment_text, owner_mark
from diary.receiving import Answer, NameTaken, Sent, StandingDay, TooMany, receive

REFUSED = "refused"
A_DAY = timedelta(days=1)
RETRY_AFTER_SECONDS = "60"


@require_http_methods(GET_OR_POST)
@patients_phone
def sync(request: HttpRequest, patient: Patient) -> HttpResponse:
    """GET: who is signed in here, and a token for what is sent next. POST: an answer for each operation."""
    now = timezone.now()
    if request.method != "POST":
        return JsonResponse(
            {"owner": owner_mark(patient), "token": get_token(request), "now": moment_text(now)}
        )
    if request.content_type != "application/json" or "Content-Encoding" in request.headers:
        return _refusal(415, "message", "not application/json")
    try:
        received = message(request.body)
    except RequestDataTooBig:
        return _refusal(413, "message", "too long")
    except Malformed as fault:
        return _refusal(400, fault.where, fault.why)
    if received.owner != owner_mark(patient):
        return _refusal(409, "owner", "somebody else is signed in here")
    try:
        answers, days = _taken_in(request, patient, received, now)
    except TooMany:
        response = _refusal(429, "operations", "too many in a minute")
        response["Retry-After"] = RETRY_AFTER_SECONDS
        return response
    said = [{"name": one.name, "status": one.status, "why": one.why} for one in answers]
    return JsonResponse(
        {"answers": said, "days": [day_payload(day) for day in days], "now": moment_text(now)}
    )


def _taken_in(
    request: HttpRequest, patient: Patient, received: Message, now: datetime
) -> tuple[list[Answer], list[StandingDay]]:
    answers, days = [], {}
    own = _own_medicines(patient, received)
    by: Any = request.user
    for one in received.operations:
        why = one.why if isinstance(one, Refused) else _why_not(patient, one, own, now)
        if isinstance(one, Refused) or why:
            name = one.name if isinstance(one, Refused) else one.operation.id
            answers.append(Answer(name, REFUSED, why))
            continue
        try:
            status, day = receive(patient, one, now, now - received.now, by=by.pseudonym)
        except NameTaken:
            answers.append(Answer(one.operation.id, REFUSED, str(UNREADABLE)))
            continue
        answers.append(Answer(one.operation.id, status))
        days[day.date] = day
    return answers, list(days.values())


def _own_medicines(patient: Patient, received: Message) -> set[str]:
    """The fields for doses that this person has; asked only where doses were sent."""
    sent = [one for one in received.operations if isinstance(one, Sent)]
    if all(one.operation.field == HEADACHE for one in sent):
        return set()
    return set(map(doses_field, patient.medicines.values_list("pk", flat=True)))


def _why_not(patient: Patient, one: Sent, own: set[str], now: datetime) -> str:
    """In words for the person; empty where nothing speaks against it."""
    if one.date > patient.date_at(now) + A_DAY:
        return _("This day has not come yet. Look at the date of your device.")
    if one.date.year < 1900:
        return _("This day lies before any diary.")
    if one.operation.field != HEADACHE and one.operation.field not in own:
        return _("This medicine is not on your list any more.")
    return ""


def _refusal(status: int, where: str, why: str) -> JsonResponse:
    return JsonResponse({"where": where, "why": why}, status=status)
