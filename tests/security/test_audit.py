"""Every look and every change by staff is written down before it is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.http import HttpResponse
from django.urls import get_resolver

from accounts.models import AuditEntry
from clinic.access import clinician_only
from clinic.models import CareLink, Decision, InjectionSession
from config.append_only import AUDIT
from diary.models import Patient
from tests.cast import NOON, days_ago, visitor
from tests.papers import readable
from tests.security import authz_matrix as matrix
from tests.security.conftest import canary, fields

Action = AuditEntry.Action
CLINICIANS_ROUTES = {
    name: address
    for name, address, pattern in matrix.routes(get_resolver().url_patterns)
    if getattr(pattern.callback, "audience", "") == "clinician"
}
PAGES = sorted(name for name in CLINICIANS_ROUTES if matrix.TABLE[name].get[matrix.LINKED] is matrix.PAGE)
FILES = ["letter_file", "report_file"]
"""What comes as a file is a copy that is taken."""
OF_ONE_PATIENT = [name for name in PAGES if "patient_id" in CLINICIANS_ROUTES[name]]
WITHOUT_PATIENTS = ["criteria", "invite", "link", "tags", "visits"]
"""Pages for clinicians on which no patient stands."""
WRITES = ["sessions", "session", "decisions", "decision"]
READERS = sorted(matrix.READS_THE_OWNER)
REFUSED = sorted(set(matrix.ROLES) - matrix.SIGNED_OUT - matrix.READS_THE_OWNER - {matrix.NO_FACTOR})


def entries_after(number: int) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(number__gt=number).order_by("number"))


def latest() -> int:
    return AuditEntry.objects.count()


def shown_on(page: Any, reader: Any = None) -> set[UUID]:
    """The pseudonyms of the patients whose names a page shows; readers may see their own in the frame."""
    text = readable(page)
    others = Patient.objects.exclude(user=reader) if reader else Patient.objects.all()
    return {pseudonym for name, pseudonym in others.values_list("name", "pseudonym") if name in text}


def not_written_down(page: Any, entries: list[AuditEntry], reader: Any = None) -> list[str]:
    """Patients whom a page shows and the log does not name exactly once, or the other way round."""
    named = sorted(str(entry.subject) for entry in entries)
    shown = sorted(str(subject) for subject in shown_on(page, reader))
    return [] if named == shown else [f"shows {shown}, the log says {named}"]


def looking_at(name: str) -> str:
    return Action.EXPORTED if name in FILES else Action.VIEWED if name in OF_ONE_PATIENT else Action.LISTED


# --- What is written -----------------------------------------------------------------------------------------


def test_the_routes_are_known():
    assert {"caseload", *WITHOUT_PATIENTS} == set(PAGES) - set(OF_ONE_PATIENT)
    assert {"patient", "sessions", "session", *FILES} <= set(OF_ONE_PATIENT)


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_one_entry_for_each_patient_on_it(world, name, role):
    before = latest()
    page = world.client(role).get(world.address(name))
    found = entries_after(before)
    assert page.status_code == 200
    user = world.users[role]
    assert not_written_down(page, found, user) == []
    action = looking_at(name)
    written = {(entry.actor, entry.route, entry.at, entry.action) for entry in found}
    assert written == (set() if name in WITHOUT_PATIENTS else {(user.pseudonym, name, NOON, action)})
    links = {link.pk: link for link in CareLink.objects.filter(patient__in=Patient.objects.all())}
    for entry in found:
        link = links[entry.care_link]
        assert (link.patient.pseudonym, link.clinic_id) == (entry.subject, entry.clinic)
        assert link.ends_at is None


@pytest.mark.parametrize("name", OF_ONE_PATIENT)
def test_a_look_at_the_head_alone_is_a_look(world, name):
    before = latest()
    world.client(matrix.LINKED).head(world.address(name))
    assert [entry.action for entry in entries_after(before)] == [looking_at(name)]


def test_a_letter_with_a_sentence_is_a_copy_and_one_that_is_refused_a_look(world):
    before = latest()
    clara = world.client(matrix.LINKED)
    assert (
        clara.post(world.address("letter_file"), {"sentence": "Well."})["Content-Type"] == "application/pdf"
    )
    assert clara.post(world.address("letter_file"), {"sentence": "x" * 601}).status_code == 422
    assert [entry.action for entry in entries_after(before)] == [Action.EXPORTED, Action.VIEWED]


@pytest.mark.parametrize("name", WRITES)
def test_a_change_is_written_as_a_change(world, name):
    before = latest()
    answer = world.client(matrix.LINKED).post(world.address(name), fields(world, name))
    assert answer.status_code == 302
    assert [(e.action, e.subject, e.route) for e in entries_after(before)] == [
        (Action.CHANGED, world.owner.pseudonym, name)
    ]


@pytest.mark.parametrize("name", WRITES)
def test_a_refused_form_has_shown_the_page(world, name):
    before = latest()
    answer = world.client(matrix.LINKED).post(world.address(name), {"date": "no date"})
    assert answer.status_code == 422
    assert [entry.action for entry in entries_after(before)] == [Action.VIEWED]


@pytest.mark.parametrize("role", REFUSED)
@pytest.mark.parametrize("name", OF_ONE_PATIENT)
def test_a_refused_attempt_is_written(world, name, role):
    before = latest()
    answer = world.client(role).get(world.address(name))
    assert answer.status_code == 404
    assert [(e.action, e.actor, e.subject) for e in entries_after(before)] == [
        (Action.DENIED, world.users[role].pseudonym, world.owner.pseudonym)
    ]


@pytest.mark.parametrize("role", REFUSED)
def test_a_patient_who_does_not_exist_is_refused_as_nobody(world, role):
    before = latest()
    world.client(role).get(world.nowhere("patient"))
    assert [(e.action, e.subject) for e in entries_after(before)] == [(Action.DENIED, None)]


def test_somebody_without_a_clinic_who_asks_for_the_list_is_refused(world):
    before = latest()
    world.client(matrix.NO_CLINIC).get(world.address("caseload"))
    assert [(e.action, e.subject) for e in entries_after(before)] == [(Action.DENIED, None)]


def test_a_caseload_of_twenty_is_twenty_entries(world):
    clinic = CareLink.objects.filter(patient=world.owner).earliest("pk").clinic
    standing = CareLink.objects.filter(clinic=clinic, ends_at=None).count()
    more = [Patient.objects.create(name=f"Person {number}") for number in range(20 - standing)]
    CareLink.objects.bulk_create(
        CareLink(clinic=clinic, patient=patient, starts_at=NOON - timedelta(days=1)) for patient in more
    )
    before = latest()
    page = world.client(matrix.LINKED).get("/clinic/")
    found = entries_after(before)
    assert len({entry.subject for entry in found}) == len(found) == 20
    assert not_written_down(page, found) == []


def test_a_search_names_only_whom_it_found(world):
    before = latest()
    world.client(matrix.LINKED).get("/clinic/", {"q": canary("list", matrix.SAME_CLINIC)})
    assert [e.subject for e in entries_after(before)] == [world.others[matrix.SAME_CLINIC].pseudonym]


def test_no_word_of_a_patient_is_in_the_log(world):
    client = world.client(matrix.LINKED)
    for name in PAGES:
        client.get(world.address(name), {"q": canary("list", matrix.OWNER)})
        if name in WRITES:
            said = dict.fromkeys(("note", "reason"), canary("note", "audit"))
            client.post(world.address(name), fields(world, name) | said)
    said = repr(list(AuditEntry.objects.values_list()))
    words = {word for theirs in world.canaries.values() for word in theirs} | {canary("note", "audit")}
    assert [word for word in words if word in said] == []


def test_the_patients_own_pages_write_nothing(world):
    before = latest()
    visitor(world.users[matrix.OWNER]).opens("/")
    assert entries_after(before) == []


def test_a_list_that_does_not_say_whom_it_shows_fails(world, rf):
    request = rf.get("/")
    request.user = world.users[matrix.LINKED]
    with pytest.raises(RuntimeError, match="does not say whom it lists"):
        clinician_only(lambda request: HttpResponse("Alice"))(request)


def test_the_check_sees_a_page_that_shows_more_than_is_written(world):
    names = " ".join(Patient.objects.values_list("name", flat=True)[:2])
    assert not_written_down(HttpResponse(names), [])


# --- When it cannot be written -------------------------------------------------------------------------------


@pytest.fixture
def log_is_stuck(world):
    """The database takes everything but an entry of the log."""
    table = AUDIT.table
    statements = (
        [
            f'CREATE TRIGGER stuck BEFORE INSERT ON "{table}" '
            "BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"
        ]
        if connection.vendor == "sqlite"
        else [
            "CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'disk I/O error'; END $$",
            f'CREATE TRIGGER stuck BEFORE INSERT ON "{table}" FOR EACH ROW EXECUTE FUNCTION stuck()',
        ]
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.usefixtures("log_is_stuck")
@pytest.mark.parametrize("role", [*READERS, matrix.ELSEWHERE, matrix.NO_CLINIC])
@pytest.mark.parametrize(
    ("name", "method"),
    [(name, method) for name in PAGES if name not in WITHOUT_PATIENTS for method in ("get", "head")]
    + [(name, "post") for name in WRITES],
)
def test_nothing_is_shown_or_saved(world, name, role, method):
    before = [list(model.objects.order_by("pk").values()) for model in (InjectionSession, Decision)]
    answer = getattr(world.client(role), method)(world.address(name), fields(world, name))
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert not [
        word for theirs in world.canaries.values() for word in theirs if word in answer.content.decode()
    ]
    assert before == [list(model.objects.order_by("pk").values()) for model in (InjectionSession, Decision)]


@pytest.mark.usefixtures("log_is_stuck")
def test_the_patient_goes_on_writing(world):
    person = visitor(world.users[matrix.OWNER])
    person.opens("/")
    person.sends(f"/days/{days_ago(1)}/headache/", headache="mild")
    assert world.owner.days.get(date=days_ago(1)).headache == "mild"
