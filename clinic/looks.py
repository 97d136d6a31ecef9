"""Who looked at a patient's diary, from the audit log, in the patient's own time. Refused attempts are not shown: they
saw nothing, and a mistyped number would only frighten.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, Max, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import AuditEntry, User
from clinic.models import AccessToken, CareLink, Clinic
from clinic.programs import ROUTE, program_of
from diary.models import Patient

DAYS = 90
GROUPS = 12
"""Shown on the page of sharing; the others are one tap away."""
A_PAGE = 50
Action = AuditEntry.Action
LOOKED = (Action.VIEWED, Action.CHANGED, Action.EXPORTED)


@dataclass(frozen=True)
class Look:
    """What one person did for one clinic on one day, or one `program` for the patient. Names are `None` where nobody of
    that name is left.
    """

    action: str
    person: str | None
    clinic: str | None
    day: date | None
    times: int
    last: datetime
    program: str | None = None


@dataclass(frozen=True)
class Looked:
    """`real`: the diary was opened. `listed`: only the name stood in a list. `is_all`: nothing more is in the log."""

    real: Sequence[Look]
    listed: Sequence[Look]
    is_all: bool


def looked(patient: Patient, now: datetime) -> Looked:
    """The last 90 days, the latest first."""
    since = now - timedelta(days=DAYS)
    recent = _entries(patient).filter(at__gt=since)
    real = list(_by_day(recent, patient)[: GROUPS + 1])
    listed = list(
        recent.filter(action=Action.LISTED)
        .values("action", "actor", "clinic")
        .annotate(times=Count("pk"), last=Max("at"))
        .order_by("-last")
    )
    shown = _named([*real[:GROUPS], *listed])
    number = len(real[:GROUPS])
    return Looked(shown[:number], shown[number:], len(real) <= GROUPS)


def all_looks(patient: Patient, number: str | None) -> Page[Any]:
    """One page of all that the log holds."""
    page = Paginator(_by_day(_entries(patient), patient), A_PAGE).get_page(number)
    page.object_list = _named(list(page.object_list))
    return page


def _entries(patient: Patient) -> QuerySet[AuditEntry]:
    # What the person did themself carries no clinic, and what their programs read has an address of its own.
    others = Q(clinic__isnull=False) | Q(route__startswith=ROUTE)
    return AuditEntry.objects.filter(others, subject=patient.pseudonym)


def _by_day(entries: QuerySet[AuditEntry], patient: Patient) -> QuerySet[AuditEntry, dict[str, Any]]:
    zone = zoneinfo.ZoneInfo(patient.time_zone)
    return (
        entries.filter(action__in=LOOKED)
        .annotate(
            day=TruncDate("at", tzinfo=zone),
            program=Case(When(route__startswith=ROUTE, then=F("detail")), default=Value("")),
        )
        .values("action", "actor", "clinic", "day", "program")
        .annotate(times=Count("pk"), last=Max("at"))
        .order_by("-last", "action", "actor")
    )


def _named(rows: Sequence[dict[str, Any]]) -> list[Look]:
    people = names_of(row["actor"] for row in rows)
    used = {row["program"]: program_of(row["program"]) for row in rows if row.get("program")}
    programs = (
        dict(AccessToken.objects.filter(pk__in=used.values()).values_list("pk", "name")) if used else {}
    )
    clinics = dict(Clinic.objects.filter(pk__in={row["clinic"] for row in rows}).values_list("pk", "name"))
    return [
        Look(
            action=row["action"],
            person=people.get(row["actor"]),
            clinic=clinics.get(row["clinic"]),
            day=row.get("day"),
            times=row["times"],
            last=row["last"],
            program=programs.get(used.get(row.get("program", ""))),
        )
        for row in rows
    ]


def names_of(pseudonyms: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """An account without a name is called by nothing: its address is not for patients."""
    found = User.objects.filter(pseudonym__in={one for one in pseudonyms if one})
    return {pseudonym: name for pseudonym, name in found.values_list("pseudonym", "name") if name}


# --- Consents ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Consent:
    """A care link as its patient reads of it. `ended_by` is "own", "clinic" or empty while it lasts."""

    link: CareLink
    is_open: bool
    asks_again: bool
    ended_by: str


def consents(patient: Patient, wording: str) -> list[Consent]:
    """All that ever was, the latest first."""
    now = timezone.now()
    own = patient.user.pseudonym if patient.user else None
    links = patient.care_links.select_related("clinic").order_by("-starts_at", "-pk")
    return [_consent(link, now, own, wording) for link in links]


def _consent(link: CareLink, now: datetime, own: UUID | None, wording: str) -> Consent:
    is_open = link.ends_at is None or link.ends_at > now
    given = link.basis == CareLink.Basis.CONSENT
    by = "" if is_open else "own" if link.ended_by and link.ended_by == own else "clinic"
    return Consent(link, is_open, is_open and given and link.wording != wording, by)
