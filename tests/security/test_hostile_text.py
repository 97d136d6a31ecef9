"""What people write is shown as they wrote it and never becomes part of the page, whoever reads it."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from typing import Any

import pytest
from django.http import HttpResponse

from accounts.models import User
from clinic.models import CareLink, Clinic, CriteriaSet
from diary.models import Patient
from tests.cast import TODAY, days_ago
from tests.security import authz_matrix as matrix
from tests.security.hostile import PAYLOADS

PAGES_OF = {
    matrix.OWNER: (
        "today",
        "day",
        "month",
        "trends",
        "medicines",
        "preventive",
        "begin",
        "carer",
        "paper",
    ),
    matrix.CARER: ("caring", "caring_log"),
    matrix.LINKED: (
        "caseload",
        "patient",
        "sessions",
        "session",
        "decisions",
        "decision",
        "criteria",
        "report",
        "letter",
    ),
}
SCRIPT = re.compile(r"<script[^>]*type=.application/json.[^>]*>(.*?)</script>", re.DOTALL)


def shorter(length: int) -> list[str]:
    return [payload for payload in PAYLOADS if len(payload) <= length]


def without_breaks(payload: str) -> bool:
    return not any(ord(sign) < 32 for sign in payload) and ";" not in payload and payload == payload.strip()


FIELDS: dict[str, tuple[list[str], Any]] = {
    "name of a patient": (
        shorter(120),
        lambda w, text: Patient.objects.filter(pk=w.owner.pk).update(name=text),
    ),
    "name of a user": (
        list(PAYLOADS),
        lambda w, text: User.objects.filter(pk=w.users[matrix.LINKED].pk).update(name=text),
    ),
    "name of a carer": (
        shorter(150),
        lambda w, text: User.objects.filter(pk=w.users[matrix.CARER].pk).update(name=text),
    ),
    "name of a clinic": (shorter(120), lambda w, text: Clinic.objects.filter(slug="north").update(name=text)),
    "note of a day": (list(PAYLOADS), lambda w, text: w.owner.days.filter(date=TODAY).update(note=text)),
    "own medicine": (
        [payload for payload in shorter(80) if without_breaks(payload)],
        lambda w, text: w.owner.medicines.update(name=text),
    ),
    "strength": (
        [payload for payload in shorter(32) if without_breaks(payload)],
        lambda w, text: w.owner.medicines.update(strength=text),
    ),
    "what may have played a part": (
        [payload for payload in shorter(40) if without_breaks(payload) and "," not in payload],
        lambda w, text: w.owner.days.filter(date=TODAY).update(triggers=text),
    ),
    "name of a preventive": (
        [payload for payload in shorter(80) if without_breaks(payload)],
        lambda w, text: w.owner.preventives.update(name=text),
    ),
    "dose of a preventive": (shorter(80), lambda w, text: w.owner.preventives.update(dose=text)),
    "remark on a preventive": (list(PAYLOADS), lambda w, text: w.owner.preventives.update(remark=text)),
    "clinic number": (
        shorter(64),
        lambda w, text: CareLink.objects.filter(patient=w.owner, clinic__slug="north").update(reference=text),
    ),
    "product of a session": (shorter(80), lambda w, text: w.owner.sessions.update(product=text)),
    "batch": (shorter(40), lambda w, text: w.owner.sessions.update(batch=text)),
    "reason of a decision": (
        list(PAYLOADS),
        lambda w, text: w.owner.decisions.create(
            clinic=Clinic.objects.get(slug="north"), made_on=TODAY, kind="other", reason=text
        ),
    ),
    "name of a clinic's own criteria": (shorter(80), lambda w, text: CriteriaSet.objects.update(name=text)),
    "source of a clinic's own criteria": (
        list(PAYLOADS),
        lambda w, text: CriteriaSet.objects.update(source=text),
    ),
    "note of a session": (list(PAYLOADS), lambda w, text: w.owner.sessions.update(note=text)),
}


def escaped_badly(page: Any, text: str) -> list[str]:
    """Where the text stands in a page as markup, be it in the page itself or in the data of a chart."""
    html = page.content.decode()
    outside = SCRIPT.sub("", html)
    faults = [f"raw: {text}"] if text in outside and text != escape(text) else []
    for payload in SCRIPT.findall(html):
        json.loads(payload)
        faults += [f"in the data: {text}" for sign in "<>&" if sign in payload]
    return faults


def shown(page: Any, text: str) -> bool:
    return " ".join(text.split()) in " ".join(unescape(page.content.decode()).split())


CASES = [(field, payload) for field, (payloads, _store) in FIELDS.items() for payload in payloads]


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_shown_somewhere(world, field):
    FIELDS[field][1](world, "a plain word")
    pages = (
        world.client(role).get(world.address(name)) for role, names in PAGES_OF.items() for name in names
    )
    assert any(shown(page, "a plain word") for page in pages)


@pytest.mark.parametrize("text", PAYLOADS)
def test_text_stays_text_on_every_page(world, text):
    for payloads, store in FIELDS.values():
        if text in payloads:
            store(world, text)
    for role, names in PAGES_OF.items():
        for name in names:
            page = world.client(role).get(world.address(name))
            assert page.status_code == 200
            assert escaped_badly(page, text) == []


@pytest.mark.parametrize("text", PAYLOADS)
def test_what_is_searched_for_and_sent_comes_back_as_text(world, text):
    owner, clinician = world.client(matrix.OWNER), world.client(matrix.LINKED)
    pages = [
        owner.get(world.address("medicines"), {"q": text}),
        clinician.get(world.address("caseload"), {"q": text}),
        owner.post(world.address("day"), {"headache": text, "pain": text, "note": text}),
        owner.post(
            world.address("day"),
            {"headache": "mild", "start": text, "side": text, "aura": [text], "earlier_triggers": [text]},
        ),
        owner.post(
            world.address("preventive"),
            {"preventive-name": text, "preventive-started_on": text, "preventive-reason": text},
        ),
        owner.post(world.address("add_own_medicine"), {"name": text, "medication_class": text}),
        clinician.post(
            world.address("sessions"), {"date": text, "product": text, "units": text, "note": text}
        ),
        world.client(matrix.STRANGER).post(world.address("account_login"), {"login": text, "password": text}),
        world.client(matrix.STRANGER).post(
            world.address("account_signup"), {"email": text, "password1": text}
        ),
    ]
    assert [page.status_code for page in pages] == [200, 200, 422, 422, 422, 422, 422, 200, 200]
    assert [fault for page in pages for fault in escaped_badly(page, text)] == []


def test_the_corpus_is_as_large_as_promised():
    assert len(set(PAYLOADS)) >= 60
    assert len(CASES) >= 500


@pytest.mark.parametrize("text", ["<b>bold</b>", "a & b", 'x" onclick="y'])
def test_the_check_sees_text_that_became_markup(text):
    assert escaped_badly(HttpResponse(f"<p>{text}</p>"), text)
    assert not escaped_badly(HttpResponse(f"<p>{escape(text)}</p>"), text)


def test_the_check_sees_data_that_could_end_its_script():
    page = HttpResponse('<script type="application/json">{"a": "<b>"}</script>')
    assert escaped_badly(page, "<b>")


def test_an_earlier_day_shows_nothing_of_it(world):
    """The pages are of one day: what the check sees on them was written there."""
    page = world.client(matrix.OWNER).get(world.address("day", when=days_ago(5)))
    assert not shown(page, world.owner.days.get(date=TODAY).note)
