"""How long a session lasts. Staff read other people's diaries on shared computers; a patient's phone is their own."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


@dataclass(frozen=True)
class Limits:
    """In seconds. `saved`: how much time passes before it is written down again that somebody was there."""

    idle: int
    absolute: int | None
    saved: int


STAFF = Limits(idle=15 * MINUTE, absolute=10 * HOUR, saved=1)
PATIENTS = Limits(idle=30 * DAY, absolute=None, saved=HOUR)


def limits_of(user: Any) -> Limits:
    return STAFF if user.works_at_clinic else PATIENTS


def asks_by_itself(request: HttpRequest) -> bool:
    """A page marks the requests that nobody asked for by a tap; they prove nobody's presence."""
    return request.headers.get("X-Background", "").lower() == "yes"


class SessionLimits:
    """Signs out whose time is over. Stands before the sign-in is asked for, which then says the rest."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if not request.user.is_authenticated:
            return
        limits, now = limits_of(request.user), int(time.time())
        begun = request.session.setdefault("signed_in_at", now)
        seen = request.session.get("last_seen", begun)
        if limits.absolute and now - begun >= limits.absolute:
            end(request, _("You were signed in for ten hours. For safety, please sign in again."))
        elif now - seen >= limits.idle:
            end(request, _("You were away for a while, so you were signed out. Please sign in again."))
        elif not asks_by_itself(request) and (
            "last_seen" not in request.session or now - seen >= limits.saved
        ):
            request.session["last_seen"] = now


def end(request: HttpRequest, why: str) -> None:
    logout(request)
    # To what was sent, SignInRequired says that it was not saved.
    if request.method == "GET" and not asks_by_itself(request):
        messages.info(request, why)
