"""Who saw or changed whose record: a chain of entries to which one can only add.

Whoever has a shell on the server can rewrite the whole chain. So `manage.py verify_audit` prints its head, to be kept
elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils import timezone

from accounts.models import AuditEntry

log = logging.getLogger("diary.audit")
BEGINNING = "0" * 64
LOCK = 7_415_306_112_233
"""Any number of our own: PostgreSQL lets one transaction at a time hold it."""


class AuditUnavailable(Exception):
    """The entry could not be written, so what it is about is not shown."""


@dataclass(frozen=True)
class Line:
    """What an entry says besides who and when. `detail` holds words of ours alone, never a person's."""

    action: AuditEntry.Action
    subject: UUID | None = None
    clinic: int | None = None
    care_link: int | None = None
    detail: str = ""


def write(request: HttpRequest, *lines: Line) -> None:
    """Adds entries on what this request did. Raises `AuditUnavailable`, which is answered with 503.

    Within a transaction the entries stand or fall with it; they come last, since the chain is locked until its end.
    """
    append(
        lines,
        actor=getattr(request.user, "pseudonym", None),
        route=_route(request),
        request=str(getattr(request, "id", "")),
    )


def _route(request: HttpRequest) -> str:
    """By the address: a form that waited for the password is sent on from another one."""
    try:
        return resolve(request.path_info).url_name or ""
    except Resolver404:
        return ""


def write_if_possible(request: HttpRequest, *lines: Line) -> None:
    """For what a patient does to shut others out: it holds although the log is stuck. Its own row is the proof."""
    try:
        write(request, *lines)
    except AuditUnavailable:
        log.error("access was ended, and the audit log could not be written")


def append(
    lines: Sequence[Line],
    actor: UUID | None = None,
    route: str = "",
    request: str = "",
    at: datetime | None = None,
) -> None:
    """The same for a command, which has no request. `at` is now, but for the demonstration, which invents its past."""
    if not lines:
        return
    try:
        with transaction.atomic():
            _lock()
            last = AuditEntry.objects.order_by("-number").values_list("number", "digest").first()
            AuditEntry.objects.bulk_create(_chained(lines, last or (0, BEGINNING), actor, route, request, at))
    except DatabaseError as error:
        raise AuditUnavailable from error


def _lock() -> None:
    # On SQLite a transaction holds the only write lock from its beginning.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _chained(
    lines: Sequence[Line],
    last: tuple[int, str],
    actor: UUID | None,
    route: str,
    request: str,
    at: datetime | None,
) -> Iterator[AuditEntry]:
    number, previous = last
    now = (at or timezone.now()).astimezone(UTC)
    for number, line in enumerate(lines, number + 1):  # noqa: B020  (counts on from the last entry)
        entry = AuditEntry(
            number=number,
            at=now,
            action=line.action,
            actor=actor,
            subject=line.subject,
            clinic=line.clinic,
            care_link=line.care_link,
            route=route,
            request=request,
            detail=line.detail,
            previous=previous,
        )
        entry.digest = previous = digest(entry)
        yield entry


def digest(entry: AuditEntry) -> str:
    """SHA-256 over all that an entry says, and the digest before it."""
    said = [_plain(getattr(entry, field.attname)) for field in AuditEntry._meta.concrete_fields]
    return hashlib.sha256(json.dumps(said[:-1], ensure_ascii=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value


@dataclass(frozen=True)
class Verdict:
    """What a walk along the chain found. `head` is its last digest, `BEGINNING` for an empty chain."""

    entries: int
    head: str
    faults: tuple[str, ...]
    has_known_head: bool


def verified(known_head: str = "") -> Verdict:
    """Walks the whole chain. `known_head`: a head that was kept elsewhere, which must be on it."""
    faults: list[str] = []
    number, previous, found = 0, BEGINNING, known_head in ("", BEGINNING)
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=2000):
        if entry.number != number + 1:
            faults.append(f"entry {number + 1} is missing")
        elif entry.previous != previous:
            faults.append(f"entry {entry.number} does not follow from the one before it")
        if entry.digest != digest(entry):
            faults.append(f"entry {entry.number} was changed")
        number, previous = entry.number, entry.digest
        found = found or previous == known_head
    return Verdict(number, previous, tuple(faults), found)
