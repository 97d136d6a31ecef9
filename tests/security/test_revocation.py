"""Access that was ended is gone from the very next request on, whatever the clinician's browser has kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.http import http_date

from accounts.models import AuditEntry
from clinic import consent
from clinic.models import Clinic
from tests.cast import NOON, share
from tests.papers import readable
from tests.security import authz_matrix as matrix
from tests.security.conftest import canary, fields

OF_A_PATIENT = [name for name, row in matrix.TABLE.items() if row.get[matrix.LINKED] != row.get[matrix.ENDED]]
"""Every route that shows a patient to who may, and nothing to who no longer may: new ones come in by themselves."""
READERS = (matrix.LINKED, matrix.NURSE, matrix.LEAD, matrix.BOTH)


def ends(world, **more):
    """Alice taps, in a browser of her own."""
    link = world.owner.care_links.lasting().get(clinic__slug="north")
    answer = world.client(matrix.OWNER).post(world.address("end_access", link_id=link.pk), **more)
    assert answer.status_code == 302


def asks(client, address, way, answer):
    """The same page again, in one of the ways a browser does."""
    kept = {
        "etag": {"if-none-match": answer.get("ETag", "*")},
        "date": {"if-modified-since": http_date(NOON.timestamp())},
        "prefetch": {"purpose": "prefetch", "sec-purpose": "prefetch"},
        "part": {"range": "bytes=0-99"},
    }
    if way == "head":
        return client.head(address)
    return client.get(address, headers=kept.get(way, {}))


def test_routes_of_a_patient_are_found():
    assert {"patient", "sessions", "session", "decisions", "decision"} <= set(OF_A_PATIENT)


@pytest.mark.parametrize("way", ["again", "etag", "date", "head", "prefetch", "part"])
@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("name", OF_A_PATIENT)
def test_page_that_was_open_is_gone_at_the_next_request(world, name, role, way):
    client, address = world.client(role), world.address(name)
    before = client.get(address)
    assert before.status_code == 200
    ends(world)
    after = asks(world.client(role), address, way, before)
    assert after.status_code == 404
    text = after.content.decode()
    assert not [word for word in world.canaries[matrix.OWNER] if word in text]


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize(
    "name", [name for name in OF_A_PATIENT if matrix.FORM in matrix.TABLE[name].post.values()]
)
def test_form_that_was_open_saves_nothing(world, name, role):
    client, address = world.client(role), world.address(name)
    assert client.get(address).status_code == 200
    ends(world)
    before = list(world.owner.sessions.values())
    assert world.client(role).post(address, fields(world, name)).status_code == 404
    assert list(world.owner.sessions.values()) == before


@pytest.mark.parametrize("role", READERS)
def test_list_and_search_hold_the_patient_no_longer(world, role):
    for query in ("", "?q=zz-list-owner", "?q=zz-list-reference-owner"):
        assert canary("list", matrix.OWNER) in world.client(role).get(f"/clinic/{query}").content.decode()
    ends(world)
    for query in ("", "?q=zz-list-owner", "?q=zz-list-reference-owner"):
        page = (
            world.client(role).get(f"/clinic/{query}").content.decode().replace(query.partition("=")[2], "")
            if query
            else (world.client(role).get("/clinic/").content.decode())
        )
        assert f"/clinic/patients/{world.owner.pk}/" not in page


@pytest.mark.parametrize("role", READERS)
def test_look_after_the_end_is_logged_as_refused(world, role):
    ends(world)
    world.client(role).get(world.address("patient"))
    last = AuditEntry.objects.order_by("-number").first()
    assert (last.action, last.subject, last.care_link) == ("denied", world.owner.pseudonym, None)


def test_other_clinics_and_other_patients_keep_theirs(world):
    south = Clinic.objects.get(slug="south")
    consent.agree(world.owner, south, sees_notes=False)
    ends(world)
    assert world.client(matrix.ELSEWHERE).get(world.address("patient")).status_code == 200
    other = world.others[matrix.SAME_CLINIC]
    assert world.client(matrix.LINKED).get(world.address("patient", patient_id=other.pk)).status_code == 200


def test_giving_again_is_a_new_row_and_opens_again(world):
    ends(world)
    north = Clinic.objects.get(slug="north")
    old = set(world.owner.care_links.values_list("pk", flat=True))
    again = consent.agree(world.owner, north, sees_notes=False)
    assert again.pk not in old
    assert world.client(matrix.LINKED).get(world.address("patient")).status_code == 200


@pytest.mark.parametrize("sees_notes", [False, True])
@pytest.mark.parametrize("name", [*OF_A_PATIENT, "caseload", "link", "invite"])
def test_note_of_the_diary_is_nowhere_unless_notes_are_shared(world, name, sees_notes):
    """They were shared once and are no longer, or never were. A later page is looked at here by itself."""
    if sees_notes:
        link = world.owner.care_links.lasting().get(clinic__slug="north")
        consent.agree(world.owner, link.clinic, sees_notes=True)
        page = world.client(matrix.LINKED).get(world.address("patient")).content.decode()
        assert canary("note", matrix.OWNER) in page
        world.client(matrix.OWNER).post(
            world.address("keep_notes", link_id=world.owner.care_links.lasting().get(clinic__slug="north").pk)
        )
    for role in READERS:
        page = readable(world.client(role).get(world.address(name)))
        assert canary("note", matrix.OWNER) not in page


def test_guard_sees_a_note_on_a_page(world, monkeypatch):
    from clinic import patient_pages

    shown = patient_pages.render

    def careless(request: Any, template: str, context: Any, **more: Any) -> Any:
        answer = shown(request, template, context, **more)
        answer.content += context["summary"].link.patient.days.exclude(note="").first().note.encode()
        return answer

    monkeypatch.setattr(patient_pages, "render", careless)
    page = world.client(matrix.LINKED).get(world.address("patient")).content.decode()
    assert canary("note", matrix.OWNER) in page


def test_guard_sees_access_that_goes_on(world, monkeypatch):
    monkeypatch.setattr(consent, "end", lambda *args, **more: False)
    ends(world)
    assert world.client(matrix.LINKED).get(world.address("patient")).status_code == 200


def test_link_that_ends_later_still_ends_then(world):
    """An end in the future, which no page sets, is an end all the same."""
    patient = world.others[matrix.NO_CLINIC]
    share(patient, Clinic.objects.get(slug="north"), ends_at=NOON + timedelta(seconds=1))
    assert world.client(matrix.LINKED).get(world.address("patient", patient_id=patient.pk)).status_code == 200
