"""Ways around that a review found, each closed: they stay closed."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import StringIO
from unittest import mock

import pytest
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts import audit
from accounts.models import AuditEntry, User
from clinic import consent, erasure, invitations, takeout
from clinic.models import CareLink, Clinic, Invitation, Membership
from diary.models import Deletion, Erasure, Patient
from tests.cast import (
    NOON,
    add_factor,
    days_ago,
    new_patient,
    new_user,
    share,
    signed_in,
    staff,
    visitor,
)
from tests.passkeys import Passkey

PASSWORD = "a pass phrase for tests"


@pytest.fixture
def north(noon):
    return Clinic.objects.create(name="North Headache Clinic", slug="north")


@pytest.fixture
def adam(north):
    return staff("Adam Administrator", north, Membership.Role.ADMINISTRATOR)


@pytest.fixture
def clara(north):
    return staff("Clara Clinician", north)


@pytest.fixture
def alice(north):
    patient = new_patient("Alice Archer")
    share(patient, north, "N-17")
    return patient


@pytest.fixture
def eve(noon):
    user = new_user("Eve Everyone")
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture(autouse=True)
def own_ledger(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def addresses_mailed():
    return [re.search(r"/join/\S+", sent.body).group() for sent in mail.outbox]


def accepts(user, address):
    client = signed_in(User.objects.get(pk=user.pk))
    client.get(address)
    client.post("/join/accept/", {"answer": "yes"})


# --- Who has left the staff stays outside ---------------------------------------------------------------------


@pytest.mark.parametrize("opened_before", [True, False])
def test_a_second_invitation_lets_nobody_back_in(adam, eve, opened_before):
    manager = signed_in(adam)
    for _ in range(1 if not opened_before else 2):
        manager.post("/clinic/staff/invite/", {"email": "Eve@Example.org", "role": "clinician"})
    accepts(eve, addresses_mailed()[0])
    assert eve.memberships.get().role == "clinician"
    if not opened_before:
        manager.post("/clinic/staff/invite/", {"email": eve.email, "role": "lead"})
    manager.post(f"/clinic/staff/{eve.memberships.get().pk}/remove/")
    accepts(eve, addresses_mailed()[-1])
    assert not eve.memberships.exists()


def test_who_is_removed_leaves_no_invitation_behind(adam, clara, eve, north):
    lea = staff("Lea Lead", north, Membership.Role.LEAD)
    signed_in(lea).post("/clinic/staff/invite/", {"email": eve.email, "role": "lead"})
    signed_in(adam).post(f"/clinic/staff/{lea.memberships.get().pk}/remove/")
    accepts(eve, addresses_mailed()[0])
    assert not eve.memberships.exists()
    assert not Invitation.objects.filter(used_at=None).exists()


def test_who_manages_the_staff_no_longer_leaves_no_invitation_behind(adam, north, eve):
    lea = staff("Lea Lead", north, Membership.Role.LEAD)
    signed_in(lea).post("/clinic/staff/invite/", {"email": eve.email, "role": "administrator"})
    signed_in(adam).post(f"/clinic/staff/{lea.memberships.get().pk}/role/", {"role": "nurse"})
    accepts(eve, addresses_mailed()[0])
    assert not eve.memberships.exists()


def test_joining_ends_other_sessions_and_asks_for_the_password(north, eve):
    address = invitations.make(north, None, email=eve.email, role="nurse")[1].partition("8000")[2]
    other = signed_in(eve)
    old = signed_in(eve, minutes_ago=16)
    old.get(address)
    assert old.post("/join/accept/", {"answer": "yes"})["Location"].startswith("/accounts/reauthenticate/")
    accepts(eve, address)
    assert eve.memberships.get().role == "nurse"
    assert other.get("/accounts/")["Location"].startswith("/accounts/login/")


def test_nobody_works_without_a_name(north, eve):
    User.objects.filter(pk=eve.pk).update(name="")
    address = invitations.make(north, None, email=eve.email, role="nurse")[1].partition("8000")[2]
    person = visitor(User.objects.get(pk=eve.pk))
    person.opens(address)
    page = person.sends("/join/accept/", status=422, answer="yes")
    assert "Your name" in page.text
    assert not eve.memberships.exists()
    person.sends("/join/accept/", answer="yes", name="Eve Everyone")
    assert (eve.memberships.get().role, User.objects.get(pk=eve.pk).name) == ("nurse", "Eve Everyone")


# --- A key without its PIN is no sign-in -----------------------------------------------------------------------


def with_key(user, passwordless):
    user.authenticator_set.all().delete()
    credential = Passkey().registration() | {"clientExtensionResults": {"credProps": {"rk": passwordless}}}
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "key", "credential": credential})


@pytest.mark.parametrize(
    ("passwordless", "flags", "gets_in"),
    [(True, 0x05, True), (True, 0x01, False), (False, 0x05, False), (False, 0x01, False)],
)
def test_a_challenge_that_asked_for_less_opens_nothing(noon, clara, eve, passwordless, flags, gets_in):
    """The challenge of somebody's own second step does not ask for the PIN; the answer alone must show it."""
    with_key(clara, passwordless)
    EmailAddress.objects.create(user=clara, email=clara.email, verified=True, primary=True)
    add_factor(eve)
    client = Client()
    answer = client.post("/accounts/login/", {"login": eve.email, "password": PASSWORD}, secure=True)
    client.get(answer["Location"], secure=True)
    challenge = client.session["mfa.webauthn.state"]["challenge"]
    noon.shift(timedelta(minutes=16))
    client.get("/help/", secure=True, headers={"accept": "text/html"})
    shown = Passkey(count=5).assertion(challenge, user_pk_to_url_str(clara), flags=flags)
    client.post("/accounts/2fa/webauthn/login/", {"credential": json.dumps(shown)}, secure=True)
    assert (client.get("/clinic/", secure=True).status_code == 200) == gets_in


# --- Nobody stops the erasing of others ------------------------------------------------------------------------


def test_a_diary_begun_meanwhile_stops_the_deletion_of_the_account(eve):
    client = signed_in(eve, minutes_ago=16)
    there = client.post("/data/delete/ask/", {"understood": "yes"})["Location"]
    check = User.check_password

    def slow(self, password):
        right = check(self, password)
        Patient.objects.get_or_create(user_id=self.pk, defaults={"name": "Eve"})
        return right

    with mock.patch.object(User, "check_password", slow):
        answer = client.post(there, {"password": PASSWORD, "next": "/data/delete/ask/"}, follow=True)
    assert answer.status_code == 200
    assert User.objects.filter(pk=eve.pk).exists()
    assert not Erasure.objects.exists()
    call_command("housekeeping", stdout=StringIO())


def test_one_who_cannot_be_erased_stops_nobody_else(alice, noon, monkeypatch):
    bob = new_patient("Bob Baker")
    for patient in (alice, bob):
        Deletion.objects.create(patient=patient, due_at=NOON - timedelta(seconds=1))
    forget = erasure._forget

    def stuck(user):
        if user == alice.user:
            with connection.cursor() as cursor:
                cursor.execute("SELECT no_such_column FROM diary_patient")
        forget(user)

    monkeypatch.setattr(erasure, "_forget", stuck)
    with pytest.raises(CommandError, match="tried again next time"):
        call_command("housekeeping", stdout=StringIO())
    assert list(Patient.objects.values_list("name", flat=True)) == ["Alice Archer"]
    monkeypatch.undo()


def test_an_address_within_another_ones_session_is_not_touched(north):
    ann, jan = (Patient.objects.create(user=new_user(name), name=name) for name in ("An X", "Jan X"))
    User.objects.filter(pk=ann.user_id).update(email="an@x.example")
    visitor(jan.user).opens("/")
    session = Session.objects.get()
    store = Client().session.__class__(session.session_key)
    store["seen"] = "jan@x.example"
    store.save()
    erasure.erase(Patient.objects.get(pk=ann.pk))
    assert Session.objects.filter(pk=session.pk).exists()


def test_an_invitation_is_found_whatever_its_spelling(alice, north):
    address = "Alice@Example.org"
    assert alice.user.email == address.lower()
    invitations.make(north, None, email=address)
    assert [one.email for one in takeout.invitations_of(alice.user)] == [address.lower()]
    erasure.erase(alice)
    assert not Invitation.objects.exists()


# --- The log neither stops a patient nor is filled by anybody --------------------------------------------------


@pytest.mark.parametrize("way", ["end", "delete"])
def test_access_ends_although_the_log_is_stuck(alice, clara, monkeypatch, way):
    link = alice.care_links.get()
    monkeypatch.setattr(audit, "write", mock.Mock(side_effect=audit.AuditUnavailable))
    person = visitor(alice.user)
    if way == "end":
        person.sends(f"/sharing/{link.pk}/end/")
    else:
        person.sends("/data/delete/ask/", understood="yes")
    monkeypatch.undo()
    link.refresh_from_db()
    assert (link.ends_at, link.ended_by) == (NOON, alice.user.pseudonym)
    assert signed_in(clara).get(f"/clinic/patients/{alice.pk}/").status_code == 404


def test_refused_attempts_are_counted_and_then_slowed_down(alice, eve):
    client = signed_in(eve)
    answers = [client.get(f"/clinic/patients/{alice.pk}/").status_code for _ in range(62)]
    assert answers == [404] * 60 + [429] * 2
    assert client.get("/clinic/patients/987654/").status_code == 429
    assert AuditEntry.objects.filter(action="denied").count() == 60
    assert takeout.everything(alice, NOON)["who_looked"] == []


def test_a_form_that_waited_for_the_password_is_written_under_its_own_name(alice):
    alice.user.set_password(PASSWORD)
    alice.user.save()
    client = signed_in(alice.user, minutes_ago=16)
    there = client.post("/data/copy/", {})["Location"]
    client.post(there, {"password": PASSWORD, "next": "/data/copy/"})
    client.post("/data/copy/", {})
    assert set(AuditEntry.objects.filter(action="exported").values_list("route", flat=True)) == {"take_copy"}


def test_the_commands_that_copy_a_diary_are_written_down(alice):
    call_command("export_diary", "--patient", alice.user.email, stdout=StringIO())
    [entry] = AuditEntry.objects.all()
    assert (entry.action, entry.subject, entry.actor) == ("exported", alice.pseudonym, None)


# --- Smaller ones ----------------------------------------------------------------------------------------------


def test_a_code_counts_at_the_moment_when_the_patient_is_not_busy(alice, north, noon):
    """Whoever waits for a lock learns what holds afterwards, not what held before."""
    south = Clinic.objects.create(name="South", slug="south")
    code = consent.code_of(consent.make_code(alice, sees_notes=False).seed)
    wait = Patient.objects.select_for_update

    def waited(*given):
        noon.shift(timedelta(hours=49))
        return wait(*given)

    with mock.patch.object(Patient.objects, "select_for_update", waited), pytest.raises(consent.UnknownCode):
        consent.use_code(code, south)
    assert not CareLink.objects.filter(clinic=south).exists()


def test_strangers_who_post_leave_no_session_behind(noon):
    client = Client()
    for _ in range(5):
        client.post(f"/days/{days_ago(0)}/headache/", {"headache": "mild"})
    assert not Session.objects.exists()


@pytest.mark.parametrize("form", ["/clinic/invite/", "/clinic/staff/invite/"])
def test_an_address_that_no_table_holds_is_refused(north, form):
    lea = staff("Lea Lead", north, Membership.Role.LEAD)
    address = f"{'x' * 60}@{'.'.join(['y' * 60] * 4)}.example"
    answer = signed_in(lea).post(form, {"how": "mail", "email": address, "role": "nurse"})
    assert answer.status_code == 422
    assert not Invitation.objects.exists()
