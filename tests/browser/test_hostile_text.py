"""Text that tries to run, stored in every field and opened on every page in a real browser. Nothing runs."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import User
from clinic.models import Clinic, Membership
from diary.models import Patient
from tests.browser.steps import ZONE
from tests.cast import medicine, record, session, share, staff
from tests.security.hostile import MARK, PAYLOADS

pytestmark = pytest.mark.browser


def fits(length: int) -> list[str]:
    return [payload for payload in PAYLOADS if len(payload) <= length]


@pytest.fixture
def today() -> date:
    return timezone.localdate(timezone=ZoneInfo(ZONE))


@pytest.fixture
def owner(transactional_db, today):
    """Somebody whose diary is nothing but such text, among others who are called by it."""
    clinic = Clinic.objects.create(name=max(fits(120), key=len), slug="hostile")
    names = fits(120)
    user = User.objects.create_user("owner@example.org", name=names[0])
    patient = Patient.objects.create(user=user, name=names[0], time_zone=ZONE)
    references = iter(fits(64))
    share(patient, clinic, next(references), sees_notes=True)
    for name in names[1:]:
        share(Patient.objects.create(name=name), clinic, next(references, ""))
    words = {word.lower(): word for word in fits(80) if ";" not in word and word == word.strip()}.values()
    taken = [medicine(patient, word) for word in words]
    for number, payload in enumerate(PAYLOADS):
        record(patient, today - timedelta(days=number), "severe", taken[number % len(taken)], note=payload)
    for number, payload in enumerate(fits(40)):
        given = {"batch": payload, "product": payload, "note": PAYLOADS[number]}
        session(patient, today - timedelta(days=7 * number + 1), clinic=clinic, **given)
    return patient


@pytest.fixture
def clinician(owner):
    found = staff("Clara Clinician", Clinic.objects.get(), Membership.Role.LEAD)
    for number, name in enumerate(PAYLOADS[:20]):
        colleague = User.objects.create_user(f"colleague{number}@example.org", name=name)
        Membership.objects.create(clinic=Clinic.objects.get(), user=colleague, role=Membership.Role.NURSE)
    return found


def opened(page: Page, address: str) -> str:
    """The text of a page on which nothing ran; what a page refuses or asks for elsewhere fails the test by itself."""
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    answer = page.goto(address, wait_until="load")
    assert answer is not None
    assert answer.status == 200
    page.mouse.move(100, 300)
    page.keyboard.press("Tab")
    assert page.evaluate(f"window.{MARK}") is None
    assert dialogs == []
    return " ".join(page.locator("body").inner_text().split())


def shown(payload: str, text: str) -> bool:
    return " ".join(payload.split()) in text


def test_nothing_runs_on_the_patients_pages(phone, owner, enter, today):
    enter(phone, owner.user)
    month = f"{today:%Y-%m}"
    for address in (
        "/",
        f"/months/{month}/",
        "/trends/",
        "/medicines/",
        "/sharing/",
        "/data/",
        "/begin/",
        "/help/",
    ):
        opened(phone, address)
    assert shown(max(fits(120), key=len), opened(phone, "/sharing/"))
    for number, payload in enumerate(PAYLOADS[::6]):
        opened(phone, f"/days/{today - timedelta(days=6 * number)}/")
        assert phone.get_by_label("Note").input_value().split() == payload.split()


def test_nothing_runs_on_the_clinics_pages(desktop, owner, clinician, enter):
    enter(desktop, clinician)
    text = "".join(opened(desktop, f"/clinic/?page={page}") for page in (1, 2))
    assert [name for name in fits(120) if not shown(name, text)] == []
    opened(desktop, f"/clinic/patients/{owner.pk}/")
    text = opened(desktop, f"/clinic/patients/{owner.pk}/sessions/")
    assert [batch for batch in fits(40) if not shown(batch, text)] == []
    for injected in owner.sessions.all()[:5]:
        opened(desktop, f"/clinic/patients/{owner.pk}/sessions/{injected.pk}/")
    for page in ("adverse-events", "decisions", "visits", "paper", "import", "report", "letter"):
        opened(desktop, f"/clinic/patients/{owner.pk}/{page}/")
    for address in ("/clinic/staff/", "/clinic/invite/", "/clinic/link/", "/clinic/visits/", "/clinic/tags/"):
        opened(desktop, address)


@pytest.mark.parametrize(
    "payload", [payload for payload in PAYLOADS if payload.startswith(("<script", "<svg on"))]
)
def test_the_check_sees_text_that_runs(desktop, payload):
    """The twin: the same text as markup, on a page without our headers."""
    desktop.route("**/help/", lambda route: route.fulfill(body=payload, content_type="text/html"))
    with pytest.raises(AssertionError):
        opened(desktop, "/help/")
