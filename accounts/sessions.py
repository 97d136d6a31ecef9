"""Ending sessions: all devices of a person at once, however they were signed in."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.db.models import F
from django.http import HttpRequest

from accounts.models import User


def end_all(user: Any, but: HttpRequest | None = None) -> None:
    """Signs a person out everywhere, but for the session of the request given.

    To be called whenever what a person may do changes: a role, a membership, a factor.
    """
    User.objects.filter(pk=user.pk).update(session_generation=F("session_generation") + 1)
    user.refresh_from_db(fields=["session_generation"])
    kept = but.session.session_key if but and but.user == user else None
    for device in UserSession.objects.filter(user_id=user.pk).exclude(session_key=kept or ""):
        device.end()
    if but and kept:
        update_session_auth_hash(but, user)
        moved(but, kept)


def moved(request: HttpRequest, old_key: str | None) -> None:
    """The list of devices follows a session to its new key."""
    UserSession.objects.filter(session_key=old_key).update(session_key=request.session.session_key)


# The library says these things by signal alone.


def factor_changed(request: HttpRequest, user: Any, **rest: Any) -> None:
    end_all(user, but=request)


def password_changed(request: HttpRequest, **rest: Any) -> None:
    """What hangs on the device, such as its notifications, stays with it."""
    moved(request, getattr(request, "former_session_key", None))


def step_completed(request: HttpRequest, reauthenticated: bool = False, **rest: Any) -> None:
    """A session that has just become stronger gets a new key: an old copy of the cookie stays behind."""
    if reauthenticated:
        old_key = request.session.session_key
        request.session.cycle_key()
        moved(request, old_key)
