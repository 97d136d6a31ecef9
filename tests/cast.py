"""The people of the page tests, and how they go about.

Alice keeps a diary and shares it with clinic North. Bob keeps one and shares it with nobody. Clara works at North.
Carl works at East, with which Alice shared her diary once. Dora works at South, which never had to do with Alice.
Adam manages North's staff. Eve has an account and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import factors
from accounts.models import User
from clinic.models import AdverseEvent, CareLink, Clinic, InjectionSession, Membership
from diary.models import DiaryDay, Intake, Medicine, Patient
from tests.passkeys import Passkey
from tests.reading import Page

TODAY = date(2026, 6, 17)
"""A Wednesday; sixteen days of the month are over."""
NOON = datetime(2026, 6, 17, 12, tzinfo=UTC)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def june(day: int) -> date:
    return TODAY.replace(day=day)


# --- What they have ------------------------------------------------------------------------------------------


def record(patient: Patient, when: date, headache: str = "none", *taken: Medicine, **said: Any) -> DiaryDay:
    """A day recorded on the same evening, with one dose of each medicine."""
    day = DiaryDay.objects.create(
        **{"patient": patient, "date": when, "headache": headache, "recorded_on": when} | said
    )
    Intake.objects.bulk_create(Intake(day=day, medicine=medicine) for medicine in taken)
    return day


def record_all(patient: Patient, days: Iterable[date], headache: str = "none", *taken: Medicine) -> None:
    """Many days alike, in two statements."""
    rows = DiaryDay.objects.bulk_create(
        DiaryDay(patient=patient, date=when, headache=headache, recorded_on=when) for when in days
    )
    Intake.objects.bulk_create(Intake(day=row, medicine=medicine) for row in rows for medicine in taken)


def fill(patient: Patient, first: date, headaches: int, free: int, *taken: Medicine) -> None:
    """From a day on so many headache days, then so many without."""
    days = [first + timedelta(days=day) for day in range(headaches + free)]
    record_all(patient, days[:headaches], "moderate", *taken)
    record_all(patient, days[headaches:], "none")


def medicine(
    patient: Patient, name: str = "sumatriptan", word: str = "triptan", strength: str = ""
) -> Medicine:
    return Medicine.objects.create(patient=patient, name=name, strength=strength, medication_class=word)


def session(patient: Patient, when: date, **given: Any) -> InjectionSession:
    return InjectionSession.objects.create(patient=patient, date=when, **given)


def adverse_event(patient: Patient, clinic: Clinic, **said: Any) -> AdverseEvent:
    given = {"term": "neck_pain", "began_on": days_ago(10), "severity": "mild", "outcome": "recovering"}
    return AdverseEvent.objects.create(**{"patient": patient, "clinic": clinic} | given | said)


def share(patient: Patient, clinic: Clinic, reference: str = "", **fields: Any) -> CareLink:
    since = timezone.now() - timedelta(days=400)
    return CareLink.objects.create(
        **{"clinic": clinic, "patient": patient, "reference": reference, "starts_at": since} | fields
    )


def new_user(name: str) -> User:
    return User.objects.create_user(f"{name.split()[0].lower()}@example.org", name=name)


def new_patient(name: str, **fields: Any) -> Patient:
    return Patient.objects.create(user=new_user(name), name=name, **fields)


def staff(
    name: str, clinic: Clinic, role: str = Membership.Role.CLINICIAN, second_factor: bool = True
) -> User:
    user = new_user(name)
    Membership.objects.create(clinic=clinic, user=user, role=role)
    if second_factor:
        add_factor(user)
    return user


PASSWORD = "violet kettle under snow"


def with_password(user: User) -> User:
    """Who signs in with `PASSWORD`, at an address that was confirmed."""
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.get_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
    return user


SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def add_factor(user: User) -> Authenticator:
    """The codes of an app, whose seed is `SEED`."""
    return Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": factors.sealed(SEED)}
    )


def code_at(moment: datetime = NOON, seed: str = SEED, steps: int = 0) -> str:
    """What the app shows at a moment, or some steps of half a minute later."""
    return str(format_hotp_value(hotp_value(seed, int(moment.timestamp()) // 30 + steps)))


def add_passkey(user: User, name: str) -> Authenticator:
    """The one of tests/passkeys.py."""
    data = {"name": name, "credential": Passkey().registration()}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)


# --- How they go about ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Visitor:
    """A person with the site open, who reads pages and sends forms."""

    client: Client

    def opens(self, address: str, status: int = 200) -> Page:
        response = self.client.get(address, follow=True)
        assert response.status_code == status, f"{address}: {response.status_code}"
        return Page(response)

    def sends(self, address: str, status: int = 200, **fields: Any) -> Page:
        """What the person reads in the end."""
        response = self.client.post(address, fields, follow=True)
        assert response.status_code == status, f"{address}: {response.status_code}"
        return Page(response)


@contextmanager
def at_most(queries: int) -> Iterator[None]:
    """Reads and writes together; what only opens or closes a transaction is left out."""
    with CaptureQueriesContext(connection) as captured:
        yield
    brackets = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    asked = [query["sql"][:100] for query in captured if not query["sql"].startswith(brackets)]
    assert len(asked) <= queries, "\n".join([f"{len(asked)} queries:", *asked])


def signed_in(user: User, client: Client | None = None, minutes_ago: int = 0) -> Client:
    """A browser in which somebody has just signed in with their password, or some time ago."""
    client = client or Client()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - 60 * minutes_ago}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def visitor(user: User | None, minutes_ago: int = 0) -> Visitor:
    return Visitor(signed_in(user, minutes_ago=minutes_ago) if user else Client())


# --- Who they are --------------------------------------------------------------------------------------------


@pytest.fixture
def noon(db: None) -> Iterator[time_machine.Traveller]:
    """Time stands still at noon of `TODAY`; `noon.move_to` goes on."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def north(noon: Any) -> Clinic:
    return Clinic.objects.create(name="North Headache Clinic", slug="north")


@pytest.fixture
def east(noon: Any) -> Clinic:
    return Clinic.objects.create(name="East Headache Clinic", slug="east")


@pytest.fixture
def south(noon: Any) -> Clinic:
    return Clinic.objects.create(name="South Headache Clinic", slug="south")


@pytest.fixture
def alice(north: Clinic, east: Clinic) -> Patient:
    patient = new_patient("Alice Archer", date_of_birth=date(1984, 2, 29))
    share(patient, north, "N-17")
    ended = share(patient, east, "E-4")
    ended.ends_at = NOON - timedelta(seconds=1)
    ended.save()
    return patient


@pytest.fixture
def bob(noon: Any) -> Patient:
    return new_patient("Bob Baker")


@pytest.fixture
def clara(north: Clinic) -> User:
    return staff("Clara Clinician", north)


@pytest.fixture
def carl(east: Clinic) -> User:
    return staff("Carl Colleague", east)


@pytest.fixture
def dora(south: Clinic) -> User:
    return staff("Dora Doctor", south)


@pytest.fixture
def adam(north: Clinic) -> User:
    return staff("Adam Administrator", north, Membership.Role.ADMINISTRATOR)


@pytest.fixture
def eve(noon: Any) -> User:
    return new_user("Eve Everyone")


@pytest.fixture
def as_alice(alice: Patient) -> Visitor:
    return visitor(alice.user)


@pytest.fixture
def as_bob(bob: Patient) -> Visitor:
    return visitor(bob.user)


@pytest.fixture
def as_clara(clara: User) -> Visitor:
    return visitor(clara)
