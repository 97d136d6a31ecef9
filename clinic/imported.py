"""Writes what files say of a clinic's people: pseudonymous patients and their injection sessions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone

from clinic.imports import SessionRow
from clinic.models import CareLink, Clinic, InjectionSession
from diary.imports.diary_csv import Report, shown
from diary.models import Patient

SESSION_FIELDS = ("product", "units", "sites", "batch", "expiry", "note")


class HasSignIn(ValueError):
    """A file's pseudonym is the clinic's number of somebody who keeps their own diary."""


@dataclass
class Pseudonyms:
    """The patients of a clinic by its own reference for them, found again or made new."""

    clinic: Clinic
    known: dict[str, Patient] = field(init=False)

    def __post_init__(self) -> None:
        links = CareLink.objects.open_at(timezone.now()).filter(clinic=self.clinic).exclude(reference="")
        self.known = {link.reference: link.patient for link in links.select_related("patient")}

    def patient(self, reference: str) -> Patient:
        """Raises `HasSignIn`: a clinic's file must not write into a diary that a patient keeps."""
        if reference not in self.known:
            patient = Patient.objects.create(name=reference, time_zone=settings.TIME_ZONE)
            CareLink.objects.create(clinic=self.clinic, patient=patient, reference=reference, sees_notes=True)
            self.known[reference] = patient
        if self.known[reference].user_id is not None:
            raise HasSignIn(f"{shown(reference)} keeps a diary with a sign-in; import it with --patient")
        return self.known[reference]


def clinic_of(patient: Patient) -> Clinic | None:
    """The one clinic that cares for a patient at present; `None` where that is not one."""
    links = CareLink.objects.open_at(timezone.now()).filter(patient=patient).select_related("clinic")[:2]
    return links[0].clinic if len(links) == 1 else None


def store_sessions(
    patient: Patient,
    clinic: Clinic | None,
    rows: Iterable[SessionRow],
    latest: date,
    report: Report,
    replace: bool = False,
) -> int:
    """Adds injection sessions and returns how many. One that stands there and differs is a problem, unless
    `replace`: then what stood there is kept as an earlier version. Nobody is known to have recorded them.
    """
    standing = {session.date: session for session in patient.sessions.all()}
    new: list[InjectionSession] = []
    for row in rows:
        said = {name: getattr(row, name) for name in SESSION_FIELDS}
        if row.date > latest:
            report.problem(row.line, "date", f"{row.date} is in the future")
        elif row.date not in standing:
            new.append(InjectionSession(patient=patient, clinic=clinic, date=row.date, **said))
        elif _differs(standing[row.date], said):
            _replace(standing[row.date], said, row, report, replace)
    return len(InjectionSession.objects.bulk_create(new))


def _differs(session: InjectionSession, said: dict[str, Any]) -> bool:
    return any(getattr(session, name) != value for name, value in said.items())


def _replace(
    session: InjectionSession, said: dict[str, Any], row: SessionRow, report: Report, replace: bool
) -> None:
    if not replace:
        whose = f" of {shown(row.patient)}" if row.patient else ""
        report.problem(row.line, "date", f"{row.date}{whose} has a session already that differs")
        return
    session.earlier_version(by=None).save()
    for name, value in said.items():
        setattr(session, name, value)
    session.save(update_fields=list(said))
