"""What programs may read over HTTP with a patient's token, and how a token is made, found and ended."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from clinic import takeout
from clinic.fhir import bundle_text
from clinic.models import AccessToken
from clinic.session_calendar import sessions_calendar
from diary.exports import json_text
from diary.imports.storage import recorded_rows
from diary.models import Patient
from diary.snapshots import locked

SCOPES = {
    "diary": _("the days of the diary"),
    "sessions": _("the injections"),
}
DAYS = (30, 90, 365)
MOST = 10
"""Tokens of one patient that open something at the same time."""
TOKEN = re.compile(r"hd_[A-Za-z0-9_-]{32}")
ROUTE = "api_"
"""How the names of all addresses for programs begin, in the audit log too."""


@dataclass(frozen=True)
class Export:
    """One thing to read. `scopes`: all that a token needs for it; `words`: for the description and the log."""

    scopes: frozenset[str]
    content_type: str
    words: str
    content: Callable[[Patient, datetime], bytes]


DIARY, SESSIONS = frozenset({"diary"}), frozenset({"sessions"})
EXPORTS = {
    "diary.csv": Export(
        DIARY,
        "text/csv; charset=utf-8",
        "The recorded days as the diary CSV",
        lambda patient, _now: takeout.diary_text(patient).encode(),
    ),
    "diary.json": Export(
        DIARY,
        "application/json",
        "The recorded days as JSON, as diary.schema.json describes them",
        lambda patient, _now: json_text(recorded_rows(patient)).encode(),
    ),
    "fhir.json": Export(
        DIARY | SESSIONS,
        "application/fhir+json",
        "Days, medicines, injections and monthly counts as an HL7 FHIR R4 Bundle",
        lambda patient, now: bundle_text(patient, patient.date_at(now)).encode(),
    ),
    "sessions.csv": Export(
        SESSIONS,
        "text/csv; charset=utf-8",
        "The injection sessions as CSV",
        lambda patient, _now: takeout.sessions_text(patient).encode(),
    ),
    "sessions.ics": Export(
        SESSIONS,
        "text/calendar; charset=utf-8",
        "The dates of the injections as a calendar",
        sessions_calendar,
    ),
}


def digest(token: str) -> str:
    """What the database finds a token by; without the secret key nobody can work it out."""
    return salted_hmac("clinic.programs.digest", token, algorithm="sha256").hexdigest()


@transaction.atomic
def make(
    patient: Patient, name: str, scopes: Iterable[str], days: int, now: datetime
) -> tuple[AccessToken, str] | None:
    """A row and its token, which is told this once; `None` where there are too many."""
    locked(patient)
    if patient.access_tokens.standing(now).count() >= MOST:
        return None
    token = "hd_" + secrets.token_urlsafe(24)
    row = patient.access_tokens.create(
        name=name,
        scopes=" ".join(scope for scope in SCOPES if scope in set(scopes)),
        digest=digest(token),
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    return row, token


def end(row: AccessToken, now: datetime) -> bool:
    """Whether it opened something until now."""
    return bool(AccessToken.objects.standing(now).filter(pk=row.pk).update(ended_at=now))


def presented(request: HttpRequest, now: datetime) -> AccessToken | None:
    """The token that a program shows in its header; `None` for every kind of wrong one."""
    word, _space, token = request.headers.get("Authorization", "").partition(" ")
    if word.lower() != "bearer" or not TOKEN.fullmatch(token):
        return None
    return AccessToken.objects.open_diary(digest(token), now)


def detail(row: AccessToken, name: str) -> str:
    """What the audit log says of a use."""
    return f"program {row.pk}: {name}"


def program_of(said: str) -> int | None:
    """The token of a use, from what the audit log says."""
    found = re.match(r"program (\d+):", said)
    return int(found[1]) if found else None
