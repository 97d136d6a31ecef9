"""Numbers of other people's rows, in the address, the form and the query: nothing of theirs ever changes."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q

from accounts.models import User
from clinic.models import (
    CareLink,
    Clinic,
    CriteriaSet,
    Decision,
    InjectionSession,
    Invitation,
    LinkCode,
    Membership,
)
from diary.models import Carer, CarerCode, DiaryDay, Intake, Medicine, Patient
from tests.cast import NOON, TODAY, days_ago
from tests.security import authz_matrix as matrix
from tests.security.conftest import NOWHERE, fields, fingerprint, masked

DIARY_WRITES = (
    "day",
    "headache",
    "dose",
    "delete_day",
    "headache_free",
    "undo",
    "add_medicine",
    "add_own_medicine",
    "use_medicine",
    "begin",
    "make_code",
    "withdraw_code",
    "end_access",
    "keep_notes",
    "share_notes",
    "agree_again",
    "make_carer_code",
)
CLINIC_WRITES = ("sessions", "session", "decisions", "decision")
OTHERS = (matrix.SAME_CLINIC, matrix.OTHER_CLINIC, matrix.NO_CLINIC, matrix.BOTH)


def foreign_rows(patient: Patient) -> dict[str, list[Any]]:
    """All rows but one patient's own; a dose counts as foreign when either its day or its medicine is."""
    own_dose = Q(day__patient=patient, medicine__patient=patient)
    querysets = (
        User.objects.all(),
        Clinic.objects.all(),
        Membership.objects.all(),
        CareLink.objects.exclude(patient=patient),
        LinkCode.objects.exclude(patient=patient),
        Carer.objects.exclude(patient=patient),
        CarerCode.objects.exclude(patient=patient),
        Invitation.objects.all(),
        Patient.objects.exclude(pk=patient.pk),
        Medicine.objects.exclude(patient=patient),
        DiaryDay.objects.exclude(patient=patient),
        Intake.objects.exclude(own_dose),
        InjectionSession.objects.exclude(patient=patient),
        Decision.objects.exclude(patient=patient),
        CriteriaSet.objects.all(),
    )
    return {rows.model.__name__: list(rows.order_by("pk").values()) for rows in querysets}


def shapes(pk: int) -> list[Any]:
    """One number, written in many ways."""
    return [
        pk,
        str(pk),
        f" {pk} ",
        f"0{pk}",
        [str(pk), str(pk)],
        [pk, NOWHERE],
        f"[{pk}]",
        f"{pk},{pk}",
        f"{pk} OR 1=1",
        "9" * 40,
        f"-{pk}",
        f"{pk}.0",
        str(uuid.UUID(int=pk)),
        "",
        "null",
        "٣",
        f"{pk}\x00",
    ]


SHAPES = range(len(shapes(1)))


@pytest.fixture
def theirs(world):
    """Another patient, whose rows the owner reaches for."""
    return world.others[matrix.SAME_CLINIC]


@pytest.mark.parametrize("shape", SHAPES)
def test_dose_of_anothers_medicine_is_a_dose_of_none(world, theirs, shape):
    owner = world.client(matrix.OWNER)
    wanted = shapes(theirs.medicines.get().pk)[shape]
    before = fingerprint()
    for change in ("1", "-1"):
        sent = owner.post(world.address("dose"), {"medicine": wanted, "change": change})
        missing = owner.post(world.address("dose"), {"medicine": NOWHERE, "change": change})
        assert sent.status_code == 404
        assert masked(sent) == masked(missing)
    assert fingerprint() == before


@pytest.mark.parametrize("in_use", ["yes", "no"])
@pytest.mark.parametrize("role", OTHERS)
def test_anothers_medicine_is_not_taken_off_their_list(world, role, in_use):
    client = world.client(role)
    before = fingerprint()
    sent = client.post(world.address("use_medicine"), {"in_use": in_use})
    assert sent.status_code == 404
    assert masked(sent) == masked(client.post(world.nowhere("use_medicine"), {"in_use": in_use}))
    assert fingerprint() == before


@pytest.mark.parametrize("doses", ["1", "0", "", "99", "-1", "x", ["1", "2"]])
@pytest.mark.parametrize("role", OTHERS)
def test_day_form_takes_no_doses_of_anothers_medicine(world, role, doses):
    """A field the form does not offer is not looked at; the own day is saved as without it."""
    foreign = f"doses_{world.others[role].medicines.get().pk}"
    owner = world.client(matrix.OWNER)
    before = foreign_rows(world.owner)
    sent = owner.post(
        world.address("day"), {**fields(world, "day"), foreign: doses, f"doses_{NOWHERE}": doses}
    )
    assert sent.status_code == 302
    assert foreign_rows(world.owner) == before
    assert world.owner.days.get(date=TODAY).headache == "mild"


@pytest.mark.parametrize(
    "spelling", ["doses_{}", "doses_0{}", "doses_ {}", "doses_{}.0", "Doses_{}", "doses_[{}]"]
)
def test_day_form_is_not_fooled_by_the_name_of_a_field(world, theirs, spelling):
    before = foreign_rows(world.owner)
    name = spelling.format(theirs.medicines.get().pk)
    world.client(matrix.OWNER).post(world.address("day"), {**fields(world, "day"), name: "3"})
    assert foreign_rows(world.owner) == before


FOREIGN_FIELDS = (
    "id",
    "pk",
    "patient",
    "patient_id",
    "user",
    "user_id",
    "day",
    "day_id",
    "medicine",
    "medicine_id",
    "session",
    "session_id",
    "replaces",
    "clinic",
    "clinic_id",
    "recorded_by",
    "link",
)


def foreign_numbers(world: Any, patient: Patient) -> dict[str, Any]:
    """Every field that could mean somebody else's row, with the number of such a row."""
    clinic = Clinic.objects.get(slug="south").pk
    numbers = {
        "patient": patient.pk,
        "user": patient.user_id,
        "day": patient.days.earliest("date").pk,
        "medicine": patient.medicines.get().pk,
        "session": patient.sessions.get().pk,
        "replaces": Decision.objects.exclude(patient=world.owner).earliest("pk").pk,
        "clinic": clinic,
        "link": CareLink.objects.exclude(patient=world.owner).earliest("pk").pk,
        "recorded_by": world.users[matrix.ELSEWHERE].pk,
        "id": patient.pk,
        "pk": patient.pk,
    }
    return {name: numbers[name.removesuffix("_id")] for name in FOREIGN_FIELDS}


@pytest.mark.parametrize("place", ["body", "query", "twice"])
@pytest.mark.parametrize("role", OTHERS)
@pytest.mark.parametrize("name", DIARY_WRITES)
def test_no_number_in_a_form_or_query_leads_to_anothers_diary(world, name, role, place):
    numbers = foreign_numbers(world, world.others[role])
    form = fields(world, name)
    extra = {word: number for word, number in numbers.items() if word not in form}
    doubled = {word: [number, number] for word, number in extra.items()}
    body = {"body": extra, "query": {}, "twice": doubled}[place]
    query = numbers if place == "query" else {}
    before = foreign_rows(world.owner)
    sent = world.client(matrix.OWNER).post(world.address(name), {**form, **body}, query_params=query)
    assert sent.status_code == 302
    assert foreign_rows(world.owner) == before


@pytest.mark.parametrize("place", ["body", "query"])
@pytest.mark.parametrize("role", [matrix.SAME_CLINIC, matrix.OTHER_CLINIC, matrix.NO_CLINIC])
@pytest.mark.parametrize("name", CLINIC_WRITES)
def test_no_number_leads_a_clinician_to_another_patient(world, name, role, place):
    """The session is the patient's whose page it is, at the clinician's clinic, recorded by the clinician."""
    numbers = foreign_numbers(world, world.others[role])
    before = foreign_rows(world.owner)
    known = set(InjectionSession.objects.values_list("pk", flat=True))
    form = fields(world, name)
    body = {**form, **numbers} if place == "body" else form
    sent = world.client(matrix.LINKED).post(
        world.address(name), body, query_params=numbers if place == "query" else {}
    )
    assert sent.status_code == 302
    assert foreign_rows(world.owner) == before
    for added in InjectionSession.objects.exclude(pk__in=known):
        assert (added.patient, added.clinic.slug) == (world.owner, "north")
        assert added.recorded_by == world.users[matrix.LINKED]
    for decided in Decision.objects.exclude(pk=world.ids["decision_id"]).filter(patient=world.owner):
        assert decided.clinic.slug == "north"
        assert decided.recorded_by == world.users[matrix.LINKED].pseudonym


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", OTHERS)
def test_session_of_another_patient_is_not_reached_through_a_linked_one(world, role, method):
    clara = world.client(matrix.LINKED)
    theirs = world.others[role].sessions.get().pk
    form = fields(world, "session")
    before = fingerprint()
    sent = getattr(clara, method)(world.address("session", session_id=theirs), form)
    missing = getattr(clara, method)(world.address("session", session_id=NOWHERE), form)
    assert sent.status_code == 404
    assert masked(sent) == masked(missing)
    assert fingerprint() == before


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", [matrix.OTHER_CLINIC, matrix.NO_CLINIC, matrix.BOTH])
@pytest.mark.parametrize("name", ["patient", *CLINIC_WRITES])
def test_patient_who_is_not_linked_is_not_reached_with_a_session_of_one_who_is(world, name, role, method):
    if (name, method) == ("patient", "post"):
        method = "head"
    clara = world.client(matrix.LINKED)
    form = fields(world, "session")
    before = fingerprint()
    sent = getattr(clara, method)(world.address(name, patient_id=world.others[role].pk), form)
    missing = getattr(clara, method)(world.address(name, patient_id=NOWHERE), form)
    assert sent.status_code == 404
    assert masked(sent) == masked(missing)
    assert fingerprint() == before


def test_session_that_another_clinic_recorded_is_not_corrected(world):
    elsewhere = InjectionSession.objects.create(
        patient=world.owner, clinic=Clinic.objects.get(slug="east"), date=days_ago(200)
    )
    clara = world.client(matrix.LINKED)
    before = fingerprint()
    address = world.address("session", session_id=elsewhere.pk)
    sent = clara.post(address, fields(world, "session"))
    missing = clara.post(world.address("session", session_id=NOWHERE), fields(world, "session"))
    assert masked(sent) == masked(missing)
    assert fingerprint() == before


UNADDRESSES = (
    "0",
    "-1",
    "abc",
    "1.5",
    "9" * 18,
    "9" * 19,
    "9" * 400,
    "%00",
    "1%20or%201=1",
    "1%2f..%2f2",
    "٣",
    str(uuid.UUID(int=1)),
    "[1]",
    "1,2",
    "null",
    "+1",
    "1e3",
    "0x1",
)


@pytest.mark.parametrize("number", UNADDRESSES)
@pytest.mark.parametrize(
    ("role", "address"),
    [
        (matrix.OWNER, "/medicines/{number}/use/"),
        (matrix.LINKED, "/clinic/patients/{number}/"),
        (matrix.LINKED, "/clinic/patients/{number}/sessions/"),
        (matrix.LINKED, "/clinic/patients/{patient}/sessions/{number}/"),
        (matrix.LINKED, "/clinic/patients/{patient}/decisions/{number}/"),
    ],
)
def test_what_is_no_number_of_a_row_does_not_exist(world, role, address, number):
    client = world.client(role)
    before = fingerprint()
    address = address.format(number=number, patient=world.owner.pk)
    for method in ("get", "post"):
        # Only a button leads to this address, so that looking at it is refused before anything is looked up.
        refused = (
            405 if method == "get" and number.isascii() and number.isdigit() and len(number) < 19 else 404
        )
        expected = (404, refused) if address.startswith("/medicines/") else (404,)
        if method == "post" and address.endswith(f"patients/{number}/"):
            expected = (404, 405)
        response = getattr(client, method)(address, fields(world, "session"))
        assert response.status_code in expected
    assert fingerprint() == before


@pytest.mark.parametrize("tap", ["end_access", "keep_notes", "share_notes", "agree_again", "end_carer"])
@pytest.mark.parametrize("role", OTHERS)
def test_link_of_another_patient_is_neither_ended_nor_widened(world, role, tap):
    client = world.client(role)
    before = fingerprint()
    sent = client.post(world.address(tap))
    assert sent.status_code == 404
    assert masked(sent) == masked(client.post(world.nowhere(tap)))
    assert fingerprint() == before


@pytest.mark.parametrize(
    "tap", ["change_role", "remove_staff", "withdraw_staff_invitation", "withdraw_invitation"]
)
def test_staff_and_invitations_of_another_clinic_are_not_reached(world, tap):
    south = Clinic.objects.get(slug="south")
    theirs = {
        "membership_id": south.memberships.get().pk,
        "invitation_id": Invitation.objects.create(
            clinic=south,
            digest="x",
            expires_at=NOON + timedelta(days=1),
            role="lead" if "staff" in tap else "",
        ).pk,
    }
    theirs["staff_invitation_id"] = theirs["invitation_id"]
    before = fingerprint()
    client = world.client(matrix.LEAD)
    sent = client.post(world.address(tap, **theirs), {"role": "nurse"})
    assert sent.status_code == 404
    assert masked(sent) == masked(client.post(world.nowhere(tap), {"role": "nurse"}))
    assert fingerprint() == before


def test_undo_puts_back_only_what_the_same_person_did(world, theirs):
    """What one person saved stays undoable for them alone, whatever mark another sends."""
    owner = world.client(matrix.OWNER)
    owner.post(world.address("headache"), {"headache": "mild"})
    token = owner.session["undo"]["token"]
    before = fingerprint()
    world.client(matrix.SAME_CLINIC).post(world.address("undo"), {"undo": token})
    assert fingerprint() == before


def test_guard_sees_a_foreign_dose(world, theirs):
    before = foreign_rows(world.owner)
    Intake.objects.create(day=world.owner.days.get(date=TODAY), medicine=theirs.medicines.get())
    assert foreign_rows(world.owner) != before
