"""Somebody of whom the diary knows everything it can know, each text recognisable."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry
from clinic.models import CareLink, Clinic, InjectionSessionVersion, Invitation, LinkCode
from diary.models import (
    CarerCode,
    Deletion,
    DeviceOperation,
    DiaryDayVersion,
    Patient,
    Preventive,
    PushSubscription,
    Reminder,
    SentReminder,
)
from tests.cast import TODAY, days_ago, medicine, new_user, record, session, share, staff

Action = AuditEntry.Action


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Any) -> Any:
    """The erasure ledger of a test lies in a folder of its own."""
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    return settings.DATA_DIR


def full_person(mark: str, clinic: Clinic, colleague: Any, **fields: Any) -> Patient:
    """A patient with a row in every table that can hold one, and `mark` in each text."""
    user = new_user(f"{mark} person")
    user.email, user.name = f"{mark}-mail@example.org", f"{mark}-account"
    user.save()
    patient = Patient.objects.create(user=user, name=f"{mark}-name", **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    second = EmailAddress.objects.create(user=user, email=f"{mark}-second@example.org")
    EmailConfirmation.objects.create(email_address=second, key=f"{mark}-key", sent=timezone.now())
    taken = medicine(patient, f"{mark}-medicine", "other", f"{mark}-strength")
    today = record(
        patient,
        TODAY,
        "severe",
        taken,
        note=f"{mark}-note",
        pain=8,
        hours=Decimal("7.50"),
        migraine=True,
        triggers=f"{mark}-trigger",
    )
    Preventive.objects.create(
        patient=patient,
        name=f"{mark}-preventive",
        dose=f"{mark}-daily",
        started_on=days_ago(90),
        ended_on=days_ago(3),
        reason="other",
        remark=f"{mark}-remark",
    )
    record(patient, days_ago(3), "none", note=f"{mark}-quiet", menstruation=True)
    DiaryDayVersion.objects.create(
        patient=patient,
        date=TODAY,
        said=today.fields_said | {"headache": "mild", "note": f"{mark}-earlier", "medicines": []},
        replaced_at=timezone.now(),
        replaced_on=TODAY,
        replaced_by=user.pseudonym,
    )
    DeviceOperation.objects.create(
        patient=patient,
        name=f"{mark}-tap",
        date=TODAY,
        field="headache",
        value="severe",
        seen=[f"{mark}-tap-before", "="],
        is_contested=True,
        said_at=timezone.now() - timedelta(hours=1),
        clock_off=-3600,
        received_at=timezone.now(),
    )
    given = session(
        patient,
        days_ago(30),
        clinic=clinic,
        product=f"{mark}-product",
        batch=f"{mark}-batch",
        note=f"{mark}-given",
        units=155,
        sites=31,
        expiry=date(2027, 1, 1),
        recorded_by=colleague,
    )
    InjectionSessionVersion.objects.create(
        patient=patient,
        session=given,
        said=given.said | {"note": f"{mark}-corrected"},
        replaced_at=timezone.now(),
        replaced_by=colleague.pseudonym,
    )
    leave_reminders(patient, mark)
    link = share(
        patient, clinic, f"{mark}-number", basis=CareLink.Basis.CONSENT, wording="2026-11", language="en-gb"
    )
    LinkCode.objects.create(
        patient=patient,
        seed=f"{mark}-seed",
        digest=f"{mark}-digest",
        wording="1",
        language="en-gb",
        expires_at=timezone.now() + timedelta(days=1),
    )
    CarerCode.objects.create(
        patient=patient,
        seed=f"{mark}-cseed",
        digest=f"{mark}-cdigest",
        expires_at=timezone.now() + timedelta(days=1),
    )
    for n, (email, reference) in enumerate([(user.email, ""), ("", f"{mark}-number")]):
        Invitation.objects.create(
            clinic=clinic,
            email=email,
            reference=reference,
            digest=f"{mark}-invitation-{n}",
            made_by=colleague.pseudonym,
            expires_at=timezone.now(),
        )
    audit.append(
        [audit.Line(Action.VIEWED, patient.pseudonym, clinic.pk, link.pk)],
        actor=colleague.pseudonym,
        route="patient",
    )
    return patient


def leave_reminders(patient: Patient, mark: str) -> None:
    Reminder.objects.create(patient=patient, calendar_seed=f"{mark}-seed", calendar_digest=f"{mark}-digest")
    signed_in = Session.objects.encode({"_auth_user_id": str(patient.user.pk)})
    tomorrow = timezone.now() + timedelta(days=1)
    Session.objects.create(session_key=f"{mark}-key", session_data=signed_in, expire_date=tomorrow)
    device = UserSession.objects.create(
        user=patient.user, ip="203.0.113.9", session_key=f"{mark}-key", user_agent=""
    )
    PushSubscription.objects.create(
        patient=patient,
        device=device,
        endpoint=f"https://fcm.googleapis.com/{mark}-endpoint",
        p256dh=f"{mark}-seed",
        auth=f"{mark}-key",
        server_key="key",
    )
    SentReminder.objects.create(patient=patient, date=TODAY, way="push:1", tried_at=timezone.now())


MARKED = (
    *("mail", "account", "name", "second", "key", "medicine", "strength", "note", "quiet", "earlier", "tap"),
    *("trigger", "preventive", "daily", "remark"),
    *("product", "batch", "given", "corrected", "number", "seed", "digest", "invitation", "session"),
    *("cseed", "cdigest", "endpoint"),
)
"""What `full_person` and `leave_traces` mark."""


def canaries(mark: str) -> list[str]:
    return [f"{mark}-{kind}" for kind in MARKED]


def leave_traces(patient: Patient, mark: str) -> Client:
    """What using the program leaves: a session with things in it, a half-finished sign-in, counters of tries."""
    client = Client()
    client.force_login(patient.user)
    remembered = client.session
    remembered["undo"] = {"note": f"{mark}-session"}
    remembered.save()
    stranger = Client().session
    stranger["account_login"] = {"email": patient.user.email}
    stranger.save()
    address = hashlib.sha256(patient.user.email.encode()).hexdigest()
    cache.set(f"allauth:rl:allauth.account:take_copy:x:user:{patient.user.pk}", [1], 3600)
    cache.set(f"allauth.mfa.totp.used?user={patient.user.pk}&code=1", "y", 3600)
    cache.set(f"allauth:rl:allauth.account:login_failed:x:{address}", [1], 3600)
    return client


def due(patient: Patient) -> Deletion:
    long_ago = timezone.now() - timedelta(days=8)
    return Deletion.objects.create(patient=patient, asked_at=long_ago, due_at=long_ago + timedelta(days=7))


def request_of(user: Any) -> Any:
    request = RequestFactory().post("/")
    request.user = user
    request.resolver_match = None  # type: ignore[assignment]
    return request


@pytest.fixture
def clinic(noon: Any) -> Clinic:
    return Clinic.objects.create(name="River Clinic", slug="river")


@pytest.fixture
def colleague(clinic: Clinic) -> Any:
    return staff("Cora Colleague", clinic)


@pytest.fixture
def mira(clinic: Clinic, colleague: Any) -> Patient:
    return full_person("zqmira", clinic, colleague)


@pytest.fixture
def nils(clinic: Clinic, colleague: Any) -> Patient:
    return full_person("zqnils", clinic, colleague)
