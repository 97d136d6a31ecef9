"""One world for each file of tests: eighteen kinds of people, and records full of words that others must never read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any
from unittest import mock

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.models import User
from clinic import clinic_feed, invitations, programs
from clinic import consent as consents
from clinic.actions import save_session
from clinic.models import CareLink, Clinic, CriteriaSet, Membership
from diary import actions, calendar_feed, caring
from diary.models import Carer, Patient, PushSubscription, Reminder
from tests.cast import (
    NOON,
    TODAY,
    add_factor,
    add_passkey,
    adverse_event,
    days_ago,
    june,
    medicine,
    new_user,
    record,
    session,
    share,
    signed_in,
    staff,
    with_password,
)
from tests.security import authz_matrix as matrix

NORTH = (matrix.OWNER, matrix.SAME_CLINIC)
LISTED = {
    matrix.LINKED: NORTH,
    matrix.NURSE: NORTH,
    matrix.LEAD: NORTH,
    matrix.BOTH: NORTH,
    matrix.ELSEWHERE: (matrix.OTHER_CLINIC,),
}
"""Whose names and references stand in whose list of patients."""
NEVER_OF_THE_CLINIC = (
    *("zz-note", "zz-past-note", "zz-medicine", "zz-past-medicine"),
    *("zz-trigger", "zz-preventive", "zz-dose", "zz-remark"),
)
"""A patient's own words: pages of the clinic show what is counted, not these."""
EARLIER = "2026-11"
"""The owner agreed to this text: there is another one to agree to. Here it lets the clinic copy days in too."""
NOWHERE = 987_654_321
"""The number of no row."""


@dataclass
class World:
    users: dict[str, User]
    cookies: dict[str, str]
    owner: Patient
    others: dict[str, Patient]
    ids: dict[str, Any]
    """What stands in an address, by the name that urls.py gives it: the owner's rows, and a day and a month."""
    canaries: dict[str, set[str]]
    """Whose words may be read by whom: keys are people, values what only they and their clinicians may read."""

    clients: dict[str, Client] = field(default_factory=dict)

    def client(self, role: str, **options: Any) -> Client:
        """This person's browser as it was when they had just signed in."""
        key = f"{role} {options}"
        if key not in self.clients:
            self.clients[key] = Client(**options)
        client = self.clients[key]
        client.cookies.clear()
        if role in self.cookies:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[role]
        return client

    def address(self, name: str, **changed: Any) -> str:
        """The address of a route, with the owner's rows in it unless said otherwise."""
        rows = self.ids | changed
        if name == "withdraw_staff_invitation":
            rows["invitation_id"] = rows["staff_invitation_id"]
        if name in ("calendar_feed", "clinic_feed"):
            rows["token"] = rows[name.replace("feed", "token")]
        addresses = {found: address for found, address, _ in matrix.routes(get_resolver().url_patterns)}
        words = re.findall(r"<(?:\w+:)?(\w+)>", addresses[name])
        return reverse(name, kwargs={word: rows[word] for word in words})

    def nowhere(self, name: str) -> str:
        """A route-alike address that nothing is behind, or any such address where the route has no number."""
        numbers = {word: NOWHERE for word, value in self.ids.items() if isinstance(value, int)}
        address = self.address(name, **numbers)
        return address if str(NOWHERE) in address else "/no-such-page/"

    def forbidden(self, role: str, name: str) -> set[str]:
        """The words that nothing at this address may show this person."""
        may = {role}
        if role in matrix.READS_THE_OWNER and name in pages_on_one_patient():
            may.add(matrix.OWNER)
        if role == matrix.OWNER and name == "take_copy":
            # A copy says under which number each clinic has ever kept the person.
            may |= {"other clinics of the owner", "tags of North"}
        words = {word for person, theirs in self.canaries.items() if person not in may for word in theirs}
        if role != matrix.OWNER:
            words |= {word for word in self.canaries[matrix.OWNER] if word.startswith(NEVER_OF_THE_CLINIC)}
            # The owner shares the diary with North, and no note of it.
            words.add(canary("note", matrix.OWNER))
        if role in matrix.READS_THE_OWNER and name in ("patient", "decisions", "decision"):
            # Medicines are shared, by the text that was agreed to; what she remarks about them is not.
            words -= {canary("preventive", matrix.OWNER), canary("dose", matrix.OWNER)}
        if role in matrix.READS_THE_OWNER and name in ("paper_month", "patient_days"):
            # A sheet has a column for each medicine in use; a month says what was taken.
            words.discard(canary("medicine", matrix.OWNER))
        if role == matrix.CARER and name in ("caring", "caring_log"):
            # The least that logging needs: whose diary it is, and the buttons of the medicines.
            words.discard(canary("list", matrix.OWNER))
            if name == "caring_log":
                words.discard(canary("medicine", matrix.OWNER))
        if role in matrix.MANAGES_STAFF and name == "staff":
            # Who works here stands on the page with the address they sign in with, and nothing of their own diary.
            words -= {canary("list", matrix.BOTH), canary("email", matrix.BOTH), INVITED_STAFF}
        if name == "clinic_feed":
            # Whoever has the address reads the clinic's own numbers, and no name.
            words -= {canary("list-reference", person) for person in NORTH}
        if role in matrix.AT_NORTH and name in ("tags", "rename_tag", "delete_tag"):
            words -= {TAG}
        if role in matrix.READS_THE_OWNER and name in ("caseload", *VISITS):
            words -= {TAG}
        if role in matrix.AT_NORTH and name == "invite":
            words -= {INVITED}
        if name in ("caseload", "visits"):
            words -= {
                word for person in LISTED.get(role, ()) for word in self.canaries[person] if "-list-" in word
            }
        return words


INVITED = "zz-invited@example.org"
TAG = "zz-tag of North"
VISITS = ("patient_visits", "save_appointment", "add_review", "save_tags")
INVITED_STAFF = "zz-invited-staff@example.org"


@cache
def pages_on_one_patient() -> set[str]:
    names = [name for name in get_resolver().reverse_dict if isinstance(name, str)]
    return {name for name in names if address_of(name).startswith("clinic/patients/")}


def address_of(name: str) -> str:
    ((address, _parameters), *_rest) = get_resolver().reverse_dict.getlist(name)[0][0]
    return str(address)


def canary(kind: str, role: str) -> str:
    return f"zz-{kind}-{role.replace(' ', '-')}"


def diary_of(
    role: str, clinic: Clinic | None = None, consent: dict[str, str] | None = None, **injection: Any
) -> tuple[Patient, set[str]]:
    """A patient with a diary in which every text is theirs alone, and these texts."""
    kinds = (
        "list",
        "note",
        "medicine",
        "batch",
        "given",
        "email",
        "past-note",
        "past-medicine",
        "past-given",
        "trigger",
        "preventive",
        "dose",
        "remark",
        "decision",
    )
    words = {kind: canary(kind, role) for kind in kinds}
    user = User.objects.create_user(f"{words['email']}@example.org", name=words["list"])
    patient = Patient.objects.create(user=user, name=words["list"])
    taken = medicine(patient, words["medicine"])
    record(patient, TODAY, "severe", taken, note=words["note"], triggers=words["trigger"])
    patient.preventives.create(
        name=words["preventive"], dose=words["dose"], ended_on=TODAY, reason="other", remark=words["remark"]
    )
    # What stood there before is no less theirs.
    gone = medicine(patient, words["past-medicine"])
    record(patient, june(3), "mild", gone, note=words["past-note"])
    doses = {gone.pk: 0, taken.pk: 1}
    actions.save_day(patient, june(3), {"note": words["note"]}, doses, TODAY, by=user.pseudonym)
    gone.delete()
    fields = {"batch": words["batch"], "clinic": clinic} | injection
    given = session(patient, days_ago(30), note=words["past-given"], **fields)
    given.note = words["given"]
    save_session(given, by=None)
    if clinic:
        words["event"] = canary("event", role)
        adverse_event(patient, clinic, note=words["event"])
        words["reference"] = canary("list-reference", role)
        share(patient, clinic, words["reference"], **(consent or {}))
        patient.decisions.create(
            clinic=clinic, made_on=days_ago(3), kind="continue", reason=words["decision"]
        )
    return patient, set(words.values())


def reminders_of(owner: Patient, session_key: str) -> dict[str, Any]:
    """A device and a calendar, each with its secret."""
    seed = calendar_feed.new_seed()
    token = calendar_feed.token_of(seed)
    Reminder.objects.create(
        patient=owner, by_push=True, calendar_seed=seed, calendar_digest=calendar_feed.digest(token)
    )
    device = UserSession.objects.create(user=owner.user, ip="203.0.113.9", session_key=session_key)
    subscription = PushSubscription.objects.create(
        patient=owner,
        device=device,
        endpoint=f"https://fcm.googleapis.com/{canary('endpoint', matrix.OWNER)}",
        p256dh="",
        auth="",
        server_key="",
    )
    return {"device_id": subscription.pk, "calendar_token": token}


def people() -> World:
    north, east, south, west = (
        Clinic.objects.create(name=f"{name} Headache Clinic", slug=name.lower())
        for name in ("North", "East", "South", "West")
    )
    owner, words = diary_of(matrix.OWNER, north, {"basis": CareLink.Basis.CONSENT, "wording": EARLIER})
    canaries = {matrix.OWNER: words}
    ended = share(owner, east, "zz-ended-reference")
    CareLink.objects.filter(pk=ended.pk).update(ends_at=NOON - timedelta(seconds=1))
    share(owner, west, "zz-early-reference", starts_at=NOON + timedelta(seconds=1))
    canaries["other clinics of the owner"] = {"zz-ended-reference", "zz-early-reference"}

    others: dict[str, Patient] = {}
    clinics = {
        matrix.SAME_CLINIC: north,
        matrix.OTHER_CLINIC: south,
        matrix.NO_CLINIC: None,
        matrix.BOTH: None,
    }
    for role, clinic in clinics.items():
        others[role], canaries[role] = diary_of(role, clinic)

    owner.import_batches.create(clinic=north, kind="paper", added=1, dates=["2026-05-01"])
    owner.import_batches.create(kind="file", added=1, dates=["2026-05-02"])

    users = {
        matrix.OWNER: owner.user,
        **{role: patient.user for role, patient in others.items()},
        matrix.NO_DIARY: new_user("Eve Everyone"),
        matrix.LINKED: staff("Clara Clinician", north),
        matrix.ENDED: staff("Carl Colleague", east),
        matrix.NOT_YET: staff("Wanda West", west),
        matrix.ELSEWHERE: staff("Dora Doctor", south),
        matrix.NURSE: staff("Nora Nurse", north, Membership.Role.NURSE),
        matrix.LEAD: staff("Lea Lead", north, Membership.Role.LEAD),
        matrix.ADMINISTRATOR: staff("Adam Administrator", north, Membership.Role.ADMINISTRATOR),
        matrix.SUPERUSER: User.objects.create_superuser("root@example.org", name="Ruth Root"),
        matrix.DEACTIVATED: staff("Dan Departed", north),
        matrix.NO_FACTOR: staff("Nell New", north, second_factor=False),
        matrix.CARER: new_user("Cora Carer"),
        matrix.FORMER: new_user("Fred Former"),
    }
    for role in (matrix.SUPERUSER, matrix.BOTH):
        add_factor(users[role])
    Membership.objects.create(clinic=north, user=users[matrix.BOTH], role=Membership.Role.CLINICIAN)
    cookies = {}
    for role, user in users.items():
        client = signed_in(with_password(user))
        cookies[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
    User.objects.filter(pk=users[matrix.DEACTIVATED].pk).update(is_active=False)
    passkey = add_passkey(owner.user, canary("passkey", matrix.OWNER))
    canaries[matrix.OWNER] |= {passkey.data["name"], canary("endpoint", matrix.OWNER)}
    invitation, address = invitations.make(north, None, email=INVITED)
    work, _address = invitations.make(north, None, email=INVITED_STAFF, role=Membership.Role.NURSE)
    canaries["open invitations"] = {INVITED, INVITED_STAFF}
    tag = north.tags.create(name=TAG)
    tag.tagged.create(patient=owner)
    canaries["tags of North"] = {TAG}
    feed = clinic_feed.make(north, users[matrix.LINKED])
    former = Carer.objects.create(patient=owner, user=users[matrix.FORMER], since=NOON - timedelta(days=9))
    caring.end(former, by=owner.user.pseudonym)
    carer = Carer.objects.create(patient=owner, user=users[matrix.CARER])
    ids = {
        "carer_id": carer.pk,
        "pk": passkey.pk,
        "link_id": owner.care_links.get(clinic=north).pk,
        "membership_id": Membership.objects.get(clinic=north, user=users[matrix.LINKED]).pk,
        "invitation_id": invitation.pk,
        "staff_invitation_id": work.pk,
        "token": address.rstrip("/").rpartition("/")[2],
        **reminders_of(owner, cookies[matrix.OWNER]),
        "patient_id": owner.pk,
        "clinic_id": north.pk,
        "tag_id": tag.pk,
        "clinic_token": calendar_feed.token_of(feed.seed),
        "session_id": owner.sessions.get().pk,
        "event_id": owner.adverse_events.get().pk,
        "batch_id": owner.import_batches.get(kind="paper").pk,
        "import_id": owner.import_batches.get(kind="file").pk,
        "token_id": programs.make(owner, "zz-program", ["diary"], 30, timezone.now())[0].pk,
        "medicine_id": owner.medicines.get().pk,
        "preventive_id": owner.preventives.get().pk,
        "decision_id": owner.decisions.get().pk,
        "set_id": own_numbers(north, "zz-criteria").pk,
        "when": TODAY,
        "first": TODAY.replace(day=1),
        "topic": "numbers",
    }
    return World(users, cookies, owner, others, ids, canaries)


def own_numbers(clinic: Clinic, name: str) -> CriteriaSet:
    """The same numbers as NICE TA260."""
    return CriteriaSet.objects.create(
        clinic=clinic,
        name=name,
        source="the clinic",
        inadequate_percent=30,
        inadequate_cycles=2,
        episodic_below=15,
        episodic_months=3,
    )


def keep_nothing(store: Any, **rendered: Any) -> None:
    pass


@pytest.fixture(scope="module")
def populated(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    # Django's test client copies the context of every template it meets, which nobody asks for here.
    lean = mock.patch("django.test.client.store_rendered_templates", keep_nothing)
    still = time_machine.travel(NOON, tick=False)
    copying = mock.patch.object(consents, "COPYING", consents.COPYING | {EARLIER})
    with django_db_blocker.unblock(), lean, still, copying, transaction.atomic():
        yield people()
        transaction.set_rollback(True)
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture
def db(populated: World) -> Iterator[None]:
    """In place of pytest-django's: the world is built once a file, and each test's changes are taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def world(db: None, populated: World) -> World:
    return populated


# --- What the checks have in common --------------------------------------------------------------------------

TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]+')


DECIDED = {
    "kind": "stop",
    "reason": "agreed with the patient",
    "stop_reason": "no_response",
    "made_on": days_ago(1),
    "cycle": "1",
    "criteria": "nice-ta260",
    "preventives_tried": "",
    "overuse_managed": "",
}
OWN_NUMBERS = {
    "name": "North 2026",
    "source": "a meeting",
    "inadequate_percent": "50",
    "inadequate_cycles": "3",
    "episodic_below": "10",
    "episodic_months": "3",
}


def fields(world: World, name: str, role: str = matrix.OWNER) -> dict[str, Any]:
    """A valid form for an address, as this person would send it; empty where the form needs nothing."""
    taken = world.ids["medicine_id"]
    adverse = {
        "term": "neck_pain",
        "began_on": days_ago(1),
        "severity": "mild",
        "outcome": "recovering",
        "session": "none",
        "note": "x",
    }
    injection = {"date": days_ago(2), "product": "Botox", "units": 155, "sites": 31, "note": "", "batch": ""}
    return {
        "day": {
            "headache": "mild",
            "pain": "4",
            "migraine": "unknown",
            "menstruation": "unknown",
            "note": "x",
            "start": "22:00",
            "end": "02:00",
            "side": "left",
            "quality": "pulsating",
            "aura": ["visual"],
            "triggers": "storm",
        },
        "relief": {"relief": "partial"},
        "default_dose": {"default_dose": "2"},
        "add_preventive": {"preventive-name": "candesartan", "preventive-dose": "8 mg"},
        "preventive": {"preventive-name": "candesartan", "preventive-dose": "16 mg"},
        "headache": {"headache": "mild"},
        "caring": {"code": "0000-0000"},
        "caring_headache": {"headache": "mild"},
        "caring_dose": {"medicine": taken, "change": "1"},
        "dose": {"medicine": taken, "change": "1"},
        "headache_free": {"days": [days_ago(1).isoformat()]},
        "add_medicine": {"name": "Maxalt"},
        "add_own_medicine": {"name": "Ginger tea", "medication_class": "other"},
        "use_medicine": {"in_use": "no"},
        "begin": {"name": "Renamed Person", "time_zone": "UTC", "date_of_birth": ""},
        "save_appointment": {"date": (TODAY + timedelta(days=30)).isoformat()},
        "add_review": {"note": "zz"},
        "save_tags": {"new": "another"},
        "rename_tag": {"name": "renamed"},
        "sessions": injection,
        "session": injection,
        "adverse_events": adverse,
        "adverse_event": adverse,
        "decisions": DECIDED,
        "decision": DECIDED,
        "follow_criteria": {"criteria": "ehf-2018"},
        "add_criteria": OWN_NUMBERS,
        "letter_file": {"sentence": "Bring your list of medicines."},
        "make_code": {"notes": "yes"},
        "paper_month": {f"word-{days_ago(4).day}": "mild", f"doses-{days_ago(4).day}-{taken}": "1"},
        "import_diary": {"looked_at": "no look of ours"},
        "programs": {"name": "my program", "scopes": ["diary"], "days": "30"},
        "import_own": {"looked_at": "no look of ours"},
        "link": {"code": "0000-0000", "reference": ""},
        "reminders": {"time": "20:30", "weekdays": ["1", "7"], "by_email": "on"},
        "invite": {"how": "sheet", "email": "", "reference": ""},
        "invite_staff": {"email": "new@example.org", "role": "nurse"},
        "change_role": {"role": "nurse"},
        "theme": {"theme": "dark", "next": "/help/"},
        "account_login": {"login": "nobody@example.org", "password": "wrong password"},
        "account_signup": {"email": "new@example.org", "password1": "a long new pass phrase"},
        "account_email": {"email": "second@example.org", "action_add": ""},
        "account_reset_password": {"email": "nobody@example.org"},
        "account_request_login_code": {"email": "nobody@example.org"},
        "account": {"name": "Renamed Person"},
        "mfa_edit_webauthn": {"name": "Renamed passkey"},
    }.get(name, {})


RECORDS = ("accounts_user", "account_emailaddress", "clinic_", "diary_")
"""The tables, or how their names begin, that a form of a diary, a clinic or an account could write to."""


def fingerprint(
    leave_out: tuple[str, ...] = ("django_session", "cache", "accounts_auditentry", "clinic_countedmonth"),
    of: tuple[str, ...] = ("",),
) -> dict[str, list[str]]:
    """Every row of every table, but what a session remembers, how often somebody tried something, who looked, and the
    counts of months, which are made anew from the days when somebody looks.
    """
    rows = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table not in leave_out and table.startswith(of):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
                rows[table] = sorted(repr(row) for row in cursor.fetchall())
    return rows


def masked(response: Any) -> tuple[int, dict[str, str], bytes]:
    """An answer without what differs from one request to the next."""
    changing = ("Content-Length", "X-Request-ID")
    headers = {name: value for name, value in response.headers.items() if name not in changing}
    return response.status_code, headers, TOKEN.sub(rb"\1", response.content)
