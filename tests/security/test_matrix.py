"""Every address, every kind of person, every method: the answer is the one that authz_matrix.py names."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.test import Client
from django.urls import get_resolver, path, resolve, reverse

from config import urls
from diary.models import Medicine
from tests import papers
from tests.security import authz_matrix as matrix
from tests.security.conftest import NOWHERE, fields, fingerprint, masked

# --- The checks, which the broken twins below must not pass -------------------------------------------------


def wrong_answer(response: Any, expected: matrix.Outcome) -> list[str]:
    """What differs from the outcome that the table names."""
    if response.status_code not in expected.statuses:
        return [f"{response.status_code} {response.get('Location', '')} instead of {expected}"]
    place = response.get("Location", "").partition("?")[0]
    asks_to_sign_in = place == reverse("account_login")
    if expected is matrix.SIGN_IN and not asks_to_sign_in:
        return [f"a redirect to {place} instead of the sign-in"]
    if expected is matrix.FORM and asks_to_sign_in:
        return ["a redirect to the sign-in instead of an answer"]
    if expected.place and resolve(place).url_name != expected.place:
        return [f"a redirect to {place} instead of {expected.place}"]
    return []


def readable(response: Any) -> str:
    """What is in an answer; of a ZIP, what is in its files; of a PDF, what stands on its pages."""
    if response.get("Content-Type") != "application/zip" or not response.content:
        return papers.readable(response)
    with zipfile.ZipFile(io.BytesIO(response.content)) as zipped:
        return "\n".join(zipped.read(name).decode() for name in zipped.namelist())


def leaked(response: Any, forbidden: Collection[str]) -> list[str]:
    """Words in the answer, its redirect included, that this person may not read."""
    text = f"{readable(response)} {response.get('Location', '')}"
    return [f"shows {word!r}" for word in sorted(forbidden) if word in text]


def tells_apart(response: Any, nothing_there: Any, route_alike: bool) -> list[str]:
    """Whether "not yours" can be told from "does not exist"."""
    mine, nobodys = masked(response), masked(nothing_there)
    # That the route exists is no secret. An address that leads nowhere is answered before anybody looks who asks.
    same = mine == nobodys if route_alike else (mine[0], mine[2]) == (nobodys[0], nobodys[2])
    return [] if same else ["differs from what a missing row answers"]


def problems(
    send: Any,
    address: str,
    nowhere: str,
    row: matrix.Row,
    role: str,
    forbidden: Collection[str],
    form: Any,
) -> list[str]:
    """All that is wrong with the answers one person gets at one address. `send` is a fresh request each time."""
    found = []
    shown = None
    for method in matrix.METHODS:
        expected = row.expected(method, role)
        data = form if method in ("POST", "PUT", "PATCH") else None
        response = send(method, address, data)
        wrong = wrong_answer(response, expected) + leaked(response, forbidden)
        if expected is matrix.NOTHING:
            wrong += tells_apart(response, send(method, nowhere, data), str(NOWHERE) in nowhere)
        if method == "GET":
            shown = masked(response)[:2]
        if method == "HEAD":
            wrong += [] if masked(response)[:2] == shown else ["differs from GET"]
            wrong += ["has a body"] if response.content else []
        found += [f"{method} {address} as {role}: {words}" for words in wrong]
    return found


def sender(world: Any, role: str) -> Any:
    """Sends requests one by one: whatever one of them changed is taken back before the next."""

    def send(method: str, address: str, data: Any) -> Any:
        client: Client = world.client(role)
        with transaction.atomic():
            response = (
                client.post(address, data or {}) if method == "POST" else client.generic(method, address)
            )
            transaction.set_rollback(True)
        return response

    return send


# --- The table and the addresses ----------------------------------------------------------------------------


def test_every_address_has_a_row_and_every_row_an_address():
    assert matrix.differences(get_resolver().url_patterns, matrix.TABLE) == []


@pytest.mark.parametrize("role", matrix.ROLES)
@pytest.mark.parametrize("name", matrix.TABLE)
def test_answers_are_those_of_the_table(world, name, role):
    row = matrix.TABLE[name]
    forbidden = world.forbidden(role, name)
    form = fields(world, name, role)
    addresses = world.address(name), world.nowhere(name)
    assert problems(sender(world, role), *addresses, row, role, forbidden, form) == []


@pytest.mark.parametrize("role", matrix.ROLES)
def test_looking_writes_nothing(world, role):
    before = fingerprint()
    for name in matrix.TABLE:
        world.client(role).get(world.address(name))
    assert fingerprint() == before


# --- Broken twins: the same checks report them --------------------------------------------------------------


def undecorated(request: Any) -> HttpResponse:
    return HttpResponse("open to whoever signs in")


def unscoped(request: Any, medicine_id: int) -> HttpResponse:
    return HttpResponse(get_object_or_404(Medicine, pk=medicine_id))


def telling(request: Any, medicine_id: int) -> HttpResponse:
    """Says that a row exists, though not what is in it."""
    is_there = Medicine.objects.filter(pk=medicine_id).exists()
    return HttpResponse("not yours" if is_there else "no such medicine", status=404)


def careless(request: Any) -> HttpResponse:
    Medicine.objects.update(is_in_use=False)
    return HttpResponse()


urlpatterns = [
    *urls.urlpatterns,
    path("twins/undecorated/", undecorated, name="undecorated"),
    path("twins/<row:medicine_id>/unscoped/", unscoped, name="unscoped"),
    path("twins/<row:medicine_id>/telling/", telling, name="telling"),
    path("twins/careless/", careless, name="careless"),
]
handler404 = urls.handler404
ALIKE = {
    "undecorated": matrix.DIARY_PAGE,
    "unscoped": matrix.PATIENT_FORM,
    "telling": matrix.PATIENT_FORM,
}


def problems_of_twin(world: Any, name: str, role: str) -> str:
    addresses = world.address(name), world.nowhere(name)
    forbidden = world.forbidden(role, name)
    return "\n".join(problems(sender(world, role), *addresses, ALIKE[name], role, forbidden, {}))


def test_guard_reports_address_without_row():
    added = matrix.differences(urlpatterns[-4:-3], matrix.TABLE)
    assert added[0] == (
        "/twins/undecorated/ (undecorated) has no row: say in TABLE of authz_matrix.py who gets what."
    )


def test_guard_reports_row_without_address_and_role_without_answer():
    row = matrix.Row({}, matrix.everybody(matrix.PAGE))
    found = matrix.differences([], {"gone": row})
    assert found[0] == "The row 'gone' has no route any more: take it out of TABLE."
    assert "The row 'gone' does not say what 'owner' gets at GET: add it." in found


@pytest.mark.urls(__name__)
def test_guard_reports_view_without_decorator(world):
    found = problems_of_twin(world, "undecorated", matrix.NO_DIARY)
    assert "GET /twins/undecorated/ as user without a diary: 200  instead of elsewhere begin" in found
    assert "OPTIONS /twins/undecorated/ as user without a diary: 200  instead of not allowed" in found


@pytest.mark.urls(__name__)
def test_guard_reports_view_without_scope(world):
    found = problems_of_twin(world, "unscoped", matrix.SAME_CLINIC)
    assert "200  instead of nothing" in found
    assert "shows 'zz-medicine-owner'" in found


@pytest.mark.urls(__name__)
def test_guard_reports_view_that_tells_what_exists(world):
    assert "differs from what a missing row answers" in problems_of_twin(world, "telling", matrix.ELSEWHERE)


@pytest.mark.urls(__name__)
def test_guard_reports_view_that_writes_when_looked_at(world):
    before = fingerprint()
    world.client(matrix.NO_DIARY).get("/twins/careless/")
    assert fingerprint() != before
