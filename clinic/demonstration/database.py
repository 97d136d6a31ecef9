"""Writes the demonstration into an empty database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from itertools import islice
from random import Random
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts import audit
from accounts.demonstration import ACCOUNTS, PASSWORD
from accounts.models import AuditEntry, User
from clinic.consent import WORDING
from clinic.demonstration import records
from clinic.demonstration.decisions import decide
from clinic.demonstration.diaries import Story, Told, story
from clinic.demonstration.people import CAST, COURSES, KITS, Person, people
from clinic.dosing import FIXED_SITES, MOST_SITES, UNITS_PER_SITE, preempt_sites
from clinic.models import AdverseEvent, CareLink, Clinic, InjectionSession, Membership
from clinic.terms import AdverseTerm, Check, Outcome, Severity
from diary.imports.diary_csv import dose
from diary.models import DiaryDay, Intake, Medicine, Patient, feature_words

CLINIC_NAME, CLINIC_SLUG = "Riverside Headache Clinic", "riverside"
PRODUCT = "onabotulinumtoxinA (Botox)"
SEED = 7
YEARS = 1.5
PATIENTS = len(CAST)
VIAL, VIAL_ML = 200, Decimal(4)
FOLLOWED = (
    *("temporalis:left", "trapezius:left", "trapezius:right", "occipitalis:left"),
    *("temporalis:right", "trapezius:left", "trapezius:right", "occipitalis:right"),
)
"""Where the pain is followed to, one site at a time."""
ADVERSE = (
    (AdverseTerm.NECK_PAIN, Severity.MILD, 3, 9),
    (AdverseTerm.EYELID_PTOSIS, Severity.MODERATE, 7, 24),
    (AdverseTerm.INJECTION_SITE_PAIN, Severity.MILD, 0, 2),
    (AdverseTerm.MUSCULOSKELETAL_STIFFNESS, Severity.MILD, 4, 14),
)
"""Term, severity, days after the injection, days that it lasted."""
TOGETHER = 25
"""Patients written at a time: enough for few statements, little enough for memory."""


def is_empty() -> bool:
    """No user and no patient: nothing that the demonstration could be mixed up with."""
    return not (User.objects.exists() or Patient.objects.exists())


@transaction.atomic
def create(
    today: date,
    patients: int = PATIENTS,
    years: float = YEARS,
    seed: int = SEED,
    progress: Callable[[int], None] = lambda number: None,
) -> None:
    """The clinic, its staff and its patients as they would be on `today`; the same for the same arguments."""
    clinic = Clinic.objects.create(name=CLINIC_NAME, slug=CLINIC_SLUG)
    began = _noon(today - timedelta(days=round(years * 365.25)))
    patient_account, clinician, admin = _accounts(began)
    # A lead sees all that a clinician sees, and the service's results too.
    Membership.objects.create(clinic=clinic, user=clinician, role=Membership.Role.LEAD)
    Membership.objects.create(clinic=clinic, user=admin, role=Membership.Role.ADMINISTRATOR)
    batch = Batch(clinic, clinician, today)
    for number, person in enumerate(people(patients, seed), start=1):
        chance = Random(f"{seed}: patient {number}")  # noqa: S311  (invented diaries, no secrets)
        told = story(person, today, round(years * 365.25), chance)
        batch.add(number, person, told, patient_account if person.is_account else None, chance)
        if number % TOGETHER == 0:
            batch.write()
            progress(number)
    batch.write()
    decide(clinic, clinician, today, _noon)
    records.write_down(clinic, batch.treated, today, clinician.pseudonym)
    _look(clinic, clinician, today)


def _look(clinic: Clinic, clinician: User, today: date) -> None:
    """What the patient of the open account reads on the page of sharing: a visit a week ago, and one before."""
    link = clinic.care_links.select_related("patient").order_by("pk").first()
    if link is None:
        return
    Action = AuditEntry.Action
    acts = [(40, Action.LISTED), (40, Action.VIEWED), (40, Action.CHANGED)]
    acts += [(7, Action.LISTED), (7, Action.VIEWED), (7, Action.VIEWED)]
    for number, (days, action) in enumerate(acts):
        moment = _noon(today - timedelta(days=days)) + timedelta(minutes=7 * number)
        line = audit.Line(action, link.patient.pseudonym, clinic.pk, link.pk)
        audit.append([line], actor=clinician.pseudonym, at=moment)


@cache
def _noon(when: date) -> datetime:
    return timezone.make_aware(datetime.combine(when, time(12)))


def _accounts(began: datetime) -> list[User]:
    """The three accounts that people sign in with; their addresses count as confirmed."""
    names = (CAST[0].name, "Dr Ingrid Solberg", "Robin Pemberton")
    found = [
        User.objects.create_user(email, PASSWORD, name=name, date_joined=began)
        for email, name in zip(ACCOUNTS, names, strict=True)
    ]
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in found
    )
    return found


@dataclass
class Batch:
    """Some patients with all that belongs to them, written table by table."""

    clinic: Clinic
    clinician: User
    today: date
    users: list[User] = field(default_factory=list)
    patients: list[Patient] = field(default_factory=list)
    links: list[CareLink] = field(default_factory=list)
    sessions: list[InjectionSession] = field(default_factory=list)
    adverse_events: list[AdverseEvent] = field(default_factory=list)
    medicines: list[Medicine] = field(default_factory=list)
    days: list[DiaryDay] = field(default_factory=list)
    intakes: list[Intake] = field(default_factory=list)
    treated: list[records.Treated] = field(default_factory=list)

    def add(self, number: int, person: Person, told: Story, account: User | None, chance: Random) -> None:
        """One patient, whose rows wait for `write`."""
        course = COURSES[person.course]
        user = account or (None if course.on_paper else self._sign_in(number, person, told))
        patient = Patient(
            user=user,
            name=person.name,
            date_of_birth=self.today - timedelta(days=round(person.age * 365.25) + chance.randrange(365)),
            time_zone=settings.TIME_ZONE,
            created_at=_noon(told.starts_on),
        )
        reference = f"RHC-{1000 + number}"
        since = _noon(told.starts_on)
        self.patients.append(patient)
        consented = self._consent(user, number) if user else {}
        self.links.append(
            CareLink(clinic=self.clinic, patient=patient, reference=reference, starts_at=since, **consented)
        )
        sessions = [self._session(patient, when, chance) for when in told.sessions]
        self.sessions += sessions
        self._adverse_events(patient, number, sessions)
        self.treated.append(records.Treated(number, patient, person.course, told.sessions))
        medicines = [_medicine(patient, use.medicine) for use in KITS[course.kit]]
        self.medicines += medicines
        source = DiaryDay.Source.PAPER if course.on_paper else DiaryDay.Source.OWN
        for one in told.days:
            day = _day(patient, one, source)
            self.days.append(day)
            self.intakes += [Intake(day=day, medicine=medicines[at], doses=n) for at, n in one.taken.items()]

    def _consent(self, user: User, number: int) -> dict[str, Any]:
        """Who has a sign-in agreed to be read; the first of them, whose account is open to visitors, with notes."""
        return {
            "basis": CareLink.Basis.CONSENT,
            "wording": WORDING,
            "language": settings.LANGUAGE_CODE,
            "given_by": user.pseudonym,
            "sees_notes": number == 1,
        }

    def _sign_in(self, number: int, person: Person, told: Story) -> User:
        """An account that nobody can sign in to: only the demonstration accounts have a password."""
        address = f"{slugify(person.name).replace('-', '.')}.{number}@example.org"
        user = User(
            email=address, name=person.name, password=make_password(None), date_joined=_noon(told.starts_on)
        )
        self.users.append(user)
        return user

    def _session(self, patient: Patient, when: date, chance: Random) -> InjectionSession:
        sites = chance.choice((FIXED_SITES, FIXED_SITES, 33, 35, 37, MOST_SITES))
        units = sites * UNITS_PER_SITE
        return InjectionSession(
            patient=patient,
            clinic=self.clinic,
            date=when,
            product=PRODUCT,
            units=units,
            sites=sites,
            muscles=_muscles(sites),
            diluted_units=VIAL,
            diluted_ml=VIAL_ML,
            wasted_units=VIAL - units,
            injector=self.clinician.name,
            checks=[check.value for check in Check],
            batch=f"C{chance.randint(6000, 8999)}C{chance.randint(2, 4)}",
            expiry=(when + timedelta(days=chance.randint(200, 700))).replace(day=1),
            recorded_by=self.clinician,
            created_at=_noon(when),
        )

    def _adverse_events(self, patient: Patient, number: int, sessions: list[InjectionSession]) -> None:
        """After the first injection of every third patient, and after the second of every ninth."""
        for session, often in zip(sessions, (3, 9), strict=False):
            if number % often == 0:
                self.adverse_events.append(self._adverse_event(patient, session, number // 3))

    def _adverse_event(self, patient: Patient, session: InjectionSession, number: int) -> AdverseEvent:
        term, severity, after, days = ADVERSE[number % len(ADVERSE)]
        began = min(session.date + timedelta(days=after), self.today)
        ended = began + timedelta(days=days)
        is_over = ended < self.today
        return AdverseEvent(
            patient=patient,
            clinic=self.clinic,
            session=session,
            term=term,
            began_on=began,
            ended_on=ended if is_over else None,
            severity=severity,
            outcome=Outcome.RECOVERED if is_over else Outcome.RECOVERING,
            recorded_by=self.clinician.pseudonym,
            recorded_at=_noon(min(ended, self.today)),
        )

    def write(self) -> None:
        """All waiting rows, parents first."""
        for model, rows in (
            (User, self.users),
            (Patient, self.patients),
            (CareLink, self.links),
            (InjectionSession, self.sessions),
            (AdverseEvent, self.adverse_events),
            (Medicine, self.medicines),
            (DiaryDay, self.days),
            (Intake, self.intakes),
        ):
            model._default_manager.bulk_create(rows, batch_size=5000)
            rows.clear()


def _muscles(sites: int) -> dict[str, int]:
    """PREEMPT's pattern, and what there is more of where the pain is followed to."""
    muscles = preempt_sites()
    for place in islice(FOLLOWED, sites - FIXED_SITES):
        muscles[place] += 1
    return muscles


def _medicine(patient: Patient, text: str) -> Medicine:
    found = dose(text)
    return Medicine(
        patient=patient,
        product=found.product,
        name=found.name,
        strength=found.strength,
        medication_class=found.medication_class.value,
    )


def _day(patient: Patient, told: Told, source: str) -> DiaryDay:
    return DiaryDay(
        patient=patient,
        date=told.date,
        headache=told.headache.value,
        pain=told.pain,
        hours=None if told.hours is None else Decimal(str(told.hours)),
        migraine=told.migraine,
        features=feature_words(set(told.features)),
        relief=told.relief.value if told.relief else "",
        disability=told.disability.value if told.disability else "",
        menstruation=told.menstruation,
        note=told.note,
        source=source,
        recorded_on=told.recorded_on,
        created_at=_noon(told.recorded_on or told.date),
    )
