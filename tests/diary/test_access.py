"""Whose diary it is: nobody meets another person's, a stranger meets none, and looking changes nothing."""

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client

from tests.cast import TODAY, june, medicine, record, session, visitor

PAGES = [
    "/",
    f"/days/{TODAY}/",
    "/days/2026-06-03/",
    "/months/2026-06/",
    "/trends/",
    "/medicines/",
    "/begin/",
]
TAPS = [
    f"/days/{TODAY}/headache/",
    f"/days/{TODAY}/dose/",
    f"/days/{TODAY}/delete/",
    "/days/headache-free/",
    "/undo/",
    "/medicines/add/",
    "/medicines/add-own/",
    "/medicines/1/use/",
]
CANARIES = ["Archer", "canary-note", "canary-medicine", "canary-product"]


@pytest.fixture
def diary(alice):
    """Alice's diary with words that nobody else may read."""
    taken = medicine(alice, "canary-medicine")
    record(alice, TODAY, "severe", taken, note="canary-note")
    record(alice, june(3), "mild", taken, note="canary-note")
    session(alice, june(2), product="canary-product")
    return alice


def everything():
    """Every row of every table but the sessions', which remember what was said on the page before."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.label != "sessions.Session"
    }


@pytest.mark.parametrize("method", ["get", "post"])
def test_stranger_is_asked_to_sign_in(diary, method):
    before = everything()
    stranger = visitor(None).client
    for address in PAGES + TAPS:
        response = getattr(stranger, method)(address)
        back = address if method == "get" else "/welcome/"
        assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={back}")
    assert everything() == before


def test_owner_reads_it(as_alice, diary):
    for address in PAGES:
        assert "Alice Archer" in as_alice.opens(address).html


@pytest.mark.parametrize("person", ["bob", "clara", "carl", "dora", "adam", "eve"])
def test_nobody_else_meets_it_on_these_pages(request, diary, person):
    someone = request.getfixturevalue(person)
    their_browser = visitor(getattr(someone, "user", someone))
    for address in PAGES:
        page = their_browser.opens(address)
        assert [word for word in CANARIES if word in page.html] == [], address


@pytest.mark.parametrize("person", ["bob", "clara", "carl", "dora", "adam", "eve"])
def test_nobody_else_changes_it(request, diary, person):
    someone = request.getfixturevalue(person)
    pk = diary.medicines.get().pk
    before = [rows(diary), diary.sessions.count(), diary.medicines.get().is_in_use]
    client = visitor(getattr(someone, "user", someone)).client
    sent = {
        "headache": "none",
        "medicine": pk,
        "change": 1,
        "days": str(june(5)),
        "name": "x",
        "in_use": "no",
    }
    sent |= {"patient": diary.pk, "patient_id": diary.pk, "user": diary.user_id, "time_zone": "UTC"}
    for address in [*TAPS, *PAGES, f"/medicines/{pk}/use/", f"/?patient={diary.pk}"]:
        assert client.post(address, sent).status_code in (302, 404, 405, 422), address
    assert [rows(diary), diary.sessions.count(), diary.medicines.get().is_in_use] == before


def rows(patient):
    patient.refresh_from_db()
    days = patient.days.order_by("pk").values()
    return [
        patient.name,
        patient.user_id,
        list(days),
        list(patient.medicines.values_list("name", "intakes__doses")),
    ]


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(as_alice, diary, method):
    before = everything()
    for address in [*PAGES, "/months/", "/welcome/", "/help/", "/medicines/?q=maxalt"]:
        assert getattr(as_alice.client, method)(address).status_code in (200, 302), address
    assert everything() == before


@pytest.mark.parametrize("method", ["get", "head"])
def test_tap_is_no_address_to_look_at(as_alice, diary, method):
    before = everything()
    for address in TAPS:
        response = getattr(as_alice.client, method)(address)
        if address == "/medicines/add-own/":
            assert (response.status_code, response["Location"]) == (302, "/medicines/")
            continue
        assert response.status_code == 405, address
        if method == "get":
            assert "It belongs to a button on another page. Nothing was changed." in response.content.decode()
    assert everything() == before


def test_answer_sent_after_the_session_ended_is_said_to_be_unsaved(diary):
    client = visitor(diary.user).client
    Session.objects.all().delete()
    response = client.post(f"/days/{TODAY}/headache/", {"headache": "mild"}, follow=True)
    assert (
        "You were signed out, so this was not saved. Sign in and enter it again." in response.content.decode()
    )


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_other_methods_do_nothing(as_alice, diary, method):
    before = everything()
    for address in PAGES + TAPS:
        assert getattr(as_alice.client, method)(address).status_code == 405, address
    assert everything() == before


def test_tap_without_the_pages_own_token_is_refused(diary):
    client = Client(enforce_csrf_checks=True)
    client.force_login(diary.user)
    before = everything()
    for address in [*TAPS, f"/days/{TODAY}/", "/begin/"]:
        assert client.post(address, {"headache": "none"}).status_code == 403, address
    assert everything() == before


def test_pages_are_never_kept(as_alice, diary):
    for address in PAGES:
        response = as_alice.client.get(address)
        assert response["Cache-Control"] == "no-store", address
        assert "default-src 'none'" in response["Content-Security-Policy"], address
        assert "unsafe" not in response["Content-Security-Policy"], address
