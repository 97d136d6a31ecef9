"""A patient's injections as a calendar file (RFC 5545): whole days, nothing but what the patient may know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.utils.translation import gettext as _

from clinic.models import InjectionSession
from diary.calendar_feed import escaped, folded
from diary.models import Patient


def sessions_calendar(patient: Patient, now: datetime) -> bytes:
    """One event a session, in order of date; the same session has the same name in every file. One query."""
    host = urlsplit(settings.SITE_URL).hostname or ""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{host}//injections//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]
    for session in patient.sessions.order_by("date"):
        lines += _event(session, now, host)
    return b"".join(map(folded, [*lines, "END:VCALENDAR"]))


def _event(session: InjectionSession, now: datetime, host: str) -> Iterator[str]:
    details = [session.product]
    if session.units:
        details.append(_("%(units)d units") % {"units": session.units})
    if session.sites:
        details.append(_("%(sites)d sites") % {"sites": session.sites})
    uid = uuid5(NAMESPACE_URL, f"{session.patient.pseudonym}/injections/{session.pk}")
    yield from (
        "BEGIN:VEVENT",
        f"UID:{uid}@{host}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{session.date:%Y%m%d}",
        f"DTEND;VALUE=DATE:{session.date + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escaped(_('Injections'))}",
        f"DESCRIPTION:{escaped(', '.join(filter(None, details)))}",
        "CLASS:PRIVATE",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    )
