"""A patient's injections as a calendar file (RFC 5545): whole days, nothing but what the patient may know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from django.utils.translation import gettext as _

from clinic.models import InjectionSession
from diary.calendar_feed import file_of, whole_day
from diary.models import Patient


def sessions_calendar(patient: Patient, now: datetime) -> bytes:
    """One event a session, in order of date; the same session has the same name in every file. One query."""
    lines = (line for session in patient.sessions.order_by("date") for line in _event(patient, session, now))
    return file_of("injections", lines)


def _event(patient: Patient, session: InjectionSession, now: datetime) -> Iterator[str]:
    details = [session.product]
    if session.units:
        details.append(_("%(units)d units") % {"units": session.units})
    if session.sites:
        details.append(_("%(sites)d sites") % {"sites": session.sites})
    uid = uuid5(NAMESPACE_URL, f"{patient.pseudonym}/injections/{session.pk}")
    return whole_day(str(uid), session.date, now, _("Injections"), ", ".join(filter(None, details)))
