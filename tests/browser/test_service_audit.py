"""The service audit, as a clinic's lead reads it at a desk and on a tablet."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clinic.models import Clinic, Membership
from diary.models import Patient
from tests.browser.steps import assert_fits, follow
from tests.cast import record_all, session, share, staff
from tests.conftest import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def lead(transactional_db):
    clinic = Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")
    today = timezone.localdate()
    for number in range(12):
        patient = Patient.objects.create(name=f"Patient {number}")
        share(patient, clinic)
        first = today - timedelta(days=100)
        session(patient, first, product="Botox")
        bad = 20 if number < 6 else 8
        record_all(patient, (first + timedelta(days=day) for day in range(-28, -8)), "mild")
        record_all(patient, (first + timedelta(days=day) for day in range(-8, 56)))
        record_all(patient, (first + timedelta(days=day) for day in range(56, 56 + bad)), "mild")
        record_all(patient, (first + timedelta(days=day) for day in range(56 + bad, 84)))
    return staff("Lea Lead", clinic, Membership.Role.LEAD)


def test_lead_reads_results_and_chooses_a_cycle(desktop, lead, enter):
    enter(desktop, lead)
    desktop.goto("/clinic/")
    follow(desktop.get_by_role("link", name="Service audit"))
    expect(desktop.get_by_text("12 patients with an injection")).to_be_visible()
    for width in (1280, 820, 360):
        desktop.set_viewport_size({"width": width, "height": 800})
        assert_fits(desktop)
        assert_accessible(desktop)
    desktop.set_viewport_size({"width": 1280, "height": 800})
    desktop.get_by_label("Cycle in detail").select_option("1")
    follow(desktop.get_by_role("button", name="Count"))
    expect(desktop.get_by_role("heading", name="Change at cycle 1")).to_be_visible()
    expect(desktop.get_by_role("row", name="30 % 6 0 6 50.0 % of 12")).to_be_visible()
    with desktop.expect_download() as download:
        desktop.get_by_role("link", name="Download as a table").click()
    assert download.value.suggested_filename.startswith("service-audit-")
    desktop.goto("/clinic/audit/?since=2026-01-01&until=2025-12-31")
    expect(desktop.get_by_role("alert")).to_contain_text("The period ends before it begins.")
    assert_accessible(desktop)
