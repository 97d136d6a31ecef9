"""What was changed after the fact, opened in a real browser by the patient and by the clinic."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from accounts.themes import COOKIE, THEMES
from clinic.actions import save_session
from clinic.models import Clinic
from diary import actions
from tests.browser.steps import ZONE, assert_fits
from tests.cast import medicine, new_patient, record, session, share, staff
from tests.conftest import assert_accessible

pytestmark = pytest.mark.browser


@pytest.fixture
def corrected(transactional_db):
    """A patient with a deleted and a changed day in her baseline, and a first session whose date was changed."""
    patient = new_patient("Anna Example", time_zone=ZONE)
    clinic = Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")
    share(patient, clinic, "R-1")
    clinician = staff("Dr Ingrid Example", clinic)
    now = datetime.now(UTC)
    today = patient.date_at(now)
    given = session(patient, today - timedelta(days=60), units=155, created_at=now - timedelta(days=60))
    given.date -= timedelta(days=2)
    save_session(given, by=clinician.pseudonym)
    for back in (70, 71):
        when = today - timedelta(days=back)
        record(patient, when, "severe", medicine(patient, f"medicine {back}"), note="a long note " * 30)
    actions.delete_day(patient, today - timedelta(days=70), by=patient.user.pseudonym)
    actions.save_day(patient, when, {"headache": "none"}, {}, today, by=patient.user.pseudonym)
    return patient, clinician, when


def look(page, address):
    page.goto(address)
    for summary in page.locator("main details > summary").all():
        summary.click()
    for width in (320, 360, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        assert_fits(page)
    assert_accessible(page)


@pytest.mark.parametrize("theme", THEMES)
def test_corrections_fit_and_are_accessible(phone, corrected, enter, remember, theme):
    patient, clinician, when = corrected
    remember(phone, COOKIE, theme)
    enter(phone, patient.user)
    look(phone, f"/days/{when}/")
    expect(phone.get_by_text("it said before:")).to_be_visible()
    expect(phone.get_by_text("a long note").last).to_be_visible()
    enter(phone, clinician)
    look(phone, f"/clinic/patients/{patient.pk}/")
    expect(phone.get_by_role("table", name="Days changed after the fact")).to_be_visible()
    expect(phone.get_by_text("2 days of the baseline were changed after the first injection")).to_be_visible()
    expect(phone.get_by_text("The baseline window moved on")).to_be_visible()
    look(phone, f"/clinic/patients/{patient.pk}/sessions/")
    expect(phone.get_by_text("by Dr Ingrid Example")).to_be_visible()
