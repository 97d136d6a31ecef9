"""Erasing a person: first into the ledger, then all that leads to them, in one transaction.

Whatever interrupts it, to run it again finishes it. What stays: the audit log's entries under a pseudonym that then
leads to nobody and, where TREATMENT_RECORDS_YEARS says so, the treatment record under the clinic's own number.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry, User
from clinic import leaving, ledger
from clinic.models import InjectionSession, Invitation, RetainedSession
from diary.models import Deletion, Erasure, Patient

NO_DIARY = 0
"""The `number` of an account that was erased and had no diary: no patient's row has it."""


# --- One person ------------------------------------------------------------------------------------------------


def erase(patient: Patient) -> bool:
    """Erases a diary and, unless the person works at a clinic, their account. False: somebody else has done so."""
    with transaction.atomic():
        standing = _locked(patient)
        if standing is None:
            return False
        _write_down(standing.pseudonym, _account_that_goes(standing), standing.pk)
    with transaction.atomic():
        standing = _locked(patient)
        if standing is None:
            return False
        _delete_all_of(standing)
        audit.append([audit.Line(AuditEntry.Action.ERASED, standing.pseudonym)])
    _empty_the_log_of_sqlite()
    return True


class KeepsDiary(ValueError):
    """The diary goes first, with its days to think again."""


def erase_account(user: User) -> None:
    """Erases the account of somebody who keeps no diary. Raises `KeepsDiary`, and nothing is written down."""
    with transaction.atomic():
        _without_diary(user)
        _write_down(user.pseudonym, user, NO_DIARY)
    _erase_account(user)


def _without_diary(user: User) -> None:
    """Holds the account, so that no diary is begun meanwhile: that needs it too."""
    User.objects.select_for_update().filter(pk=user.pk).first()
    if Patient.objects.filter(user=user).exists():
        raise KeepsDiary


def _locked(patient: Patient) -> Patient | None:
    return Patient.objects.select_for_update().filter(pk=patient.pk).first()


def _account_that_goes(patient: Patient) -> User | None:
    return patient.user if patient.user and not leaving.account_stays(patient.user) else None


def _write_down(pseudonym: Any, user: User | None, number: int) -> None:
    """The line in the file is on the disk before the row counts; a row without a line is mended by housekeeping."""
    row, _ = Erasure.objects.get_or_create(
        pseudonym=pseudonym,
        defaults={
            "user_pseudonym": user.pseudonym if user else None,
            "number": number,
            "erased_at": timezone.now(),
        },
    )
    ledger.add([entry_of(row)])


def entry_of(row: Erasure) -> ledger.Entry:
    return ledger.Entry(row.pseudonym, row.user_pseudonym, row.number, row.erased_at)


def _delete_all_of(patient: Patient) -> None:
    _retain_treatment(patient)
    _invitations_of(patient).delete()
    user = patient.user
    # A medicine is protected by the days on which it was taken.
    patient.days.all().delete()
    patient.delete()
    if user and Erasure.objects.filter(user_pseudonym=user.pseudonym).exists():
        _forget(user)


def _invitations_of(patient: Patient) -> Any:
    wanted = Q(email__in=patient.user.addresses() if patient.user else [])
    for clinic, reference in patient.care_links.exclude(reference="").values_list("clinic", "reference"):
        wanted |= Q(clinic=clinic, reference=reference)
    return Invitation.objects.filter(wanted)


def _retain_treatment(patient: Patient) -> None:
    """What a clinic must keep of the treatments that it gave: without name, notes or anything that the diary says."""
    years = settings.TREATMENT_RECORDS_YEARS
    if not years:
        return
    for clinic in set(patient.sessions.exclude(clinic=None).values_list("clinic", flat=True)):
        sessions = list(patient.sessions.filter(clinic=clinic).order_by("date"))
        kept_until = years_after(sessions[-1].date, years)
        if kept_until < timezone.localdate():
            continue
        numbers = patient.care_links.filter(clinic=clinic).exclude(reference="").order_by("-starts_at")
        reference = numbers.values_list("reference", flat=True).first() or ""
        RetainedSession.objects.bulk_create(
            RetainedSession(
                clinic_id=clinic,
                reference=reference,
                kept_until=kept_until,
                **{name: getattr(session, name) for name in RETAINED},
            )
            for session in sessions
        )


RETAINED = (
    "date",
    "product",
    "units",
    "sites",
    "muscles",
    "diluted_units",
    "diluted_ml",
    "wasted_units",
    "batch",
    "expiry",
    "injector",
)


def years_after(when: date, years: int) -> date:
    try:
        return when.replace(year=when.year + years)
    except ValueError:
        return when.replace(year=when.year + years, day=28)


# --- The account -----------------------------------------------------------------------------------------------


def _forget(user: User) -> None:
    """The account, its addresses, factors, sessions and counters of tries."""
    addresses = user.addresses()
    Invitation.objects.filter(email__in=addresses).delete()
    InjectionSession.objects.filter(recorded_by=user).update(recorded_by=None)
    _forget_tries(user.pk, addresses, _places_of(user))
    _end_sessions(user.pk, addresses)
    user.delete()


def _places_of(user: User) -> set[str]:
    """The network addresses from which somebody signed in, where they are kept."""
    devices = UserSession.objects.filter(user_id=user.pk)
    return {str(address) for address in devices.values_list("ip", flat=True)}


def _end_sessions(user_id: int, addresses: Iterable[str]) -> None:
    """Also those of somebody who was about to sign in or up with the address."""
    keys = []
    for session in Session.objects.iterator(chunk_size=2000):
        said = session.get_decoded()
        text = json.dumps(said, default=str).lower()
        if said.get("_auth_user_id") == str(user_id) or any(f'"{address}"' in text for address in addresses):
            keys.append(session.pk)
    Session.objects.filter(pk__in=keys).delete()


def _forget_tries(user_id: int, addresses: Iterable[str], places: Iterable[str]) -> None:
    """Counters in the cache name a person by number or by a hash of the address, or the place they came from."""
    hashes = [hashlib.sha256(address.encode()).hexdigest() for address in addresses]
    names = "|".join(re.escape(name) for name in [*hashes, *places])
    theirs = re.compile(rf"\buser[:=]{user_id}\b" + (f"|:({names})$" if names else ""))
    for table in cache_tables():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT cache_key FROM {table}")  # noqa: S608
            keys = [key for (key,) in cursor.fetchall() if theirs.search(key)]
            cursor.executemany(f"DELETE FROM {table} WHERE cache_key = %s", [(key,) for key in keys])  # noqa: S608


def cache_tables() -> list[str]:
    databases = [c for c in settings.CACHES.values() if str(c["BACKEND"]).endswith("DatabaseCache")]
    return [connection.ops.quote_name(str(cache["LOCATION"])) for cache in databases]


def _empty_the_log_of_sqlite() -> None:
    """In WAL mode the log would hold the old pages for a while. Elsewhere there is nothing to do."""
    if connection.vendor == "sqlite" and settings.WAL_IS_SAFE and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# --- Everybody whom the ledger names ---------------------------------------------------------------------------


@dataclass
class Applied:
    """How many people came back with a backup and were erased again, and lines of a ledger that are damaged."""

    erased: int = 0
    unreadable: int = 0


def apply(*others: Any) -> Applied:
    """Makes the table and the file say the same, with further files, and erases whom they name and who is there."""
    applied = Applied()
    for file in [ledger.place(), *others]:
        if not file.exists() and file == ledger.place():
            continue
        found, unreadable = ledger.entries(file)
        applied.unreadable += unreadable
        known = set(Erasure.objects.values_list("pseudonym", flat=True))
        Erasure.objects.bulk_create(
            [Erasure(**vars(entry)) for entry in found if entry.pseudonym not in known], ignore_conflicts=True
        )
    ledger.add(entry_of(row) for row in Erasure.objects.order_by("pk"))
    patients = Patient.objects.filter(pseudonym__in=Erasure.objects.values("pseudonym"))
    applied.erased += _one_by_one(patients, erase)
    users = User.objects.filter(pseudonym__in=Erasure.objects.values("user_pseudonym"))
    applied.erased += _one_by_one(users, _erase_with_diary)
    return applied


def _erase_with_diary(user: User) -> bool:
    for patient in Patient.objects.filter(user=user):
        erase(patient)
    if User.objects.filter(pk=user.pk).exists():
        _erase_account(user)
    return True


def _one_by_one(people: Iterable[Any], erased: Callable[[Any], bool]) -> int:
    """How many were erased. One who cannot be stops nobody else; the first error is raised in the end."""
    number, errors = 0, []
    for person in people:
        try:
            number += erased(person)
        except DatabaseError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return number


def _erase_account(user: User) -> None:
    """An account whose diary is not there, or never was."""
    with transaction.atomic():
        _without_diary(user)
        _forget(user)
        audit.append([audit.Line(AuditEntry.Action.ERASED, user.pseudonym, detail="account without a diary")])
    _empty_the_log_of_sqlite()


def erase_due() -> int:
    """Erases whose seven days are over, and tells them by mail, for the last time."""
    due = Deletion.objects.filter(due_at__lte=timezone.now()).select_related("patient__user")
    return _one_by_one(due, _erase_as_asked)


def _erase_as_asked(deletion: Deletion) -> bool:
    user = _account_that_goes(deletion.patient)
    is_erased = erase(deletion.patient)
    if is_erased and user:
        leaving.tell_gone(user.email)
    return is_erased


def give_no_number_twice() -> None:
    """The next diary gets a number above all that were ever given: the guards open for the numbers of the erased."""
    erased = Erasure.objects.order_by("-number").values_list("number", flat=True).first() or 0
    standing = Patient.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    if erased <= standing:
        return
    table = Patient._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, erased])
            return
        cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
        cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, erased])
