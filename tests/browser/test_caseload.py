"""A clinician finds who is due, on a desk and on a tablet."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from clinic.models import Clinic
from tests.browser.steps import ZONE, assert_fits, told
from tests.cast import new_patient, record_all, session, share, staff
from tests.conftest import assert_accessible

pytestmark = pytest.mark.browser


@pytest.fixture
def clinic(transactional_db):
    """Dana is overdue, Olga records nothing, Rita does well."""
    clinic = Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")
    today = datetime.now(ZoneInfo(ZONE)).date()
    for name, back, recorded in (("Dana Due", 90, 200), ("Olga Often", 30, 0), ("Rita Right", 20, 200)):
        patient = new_patient(name, time_zone=ZONE)
        share(patient, clinic, f"R-{back}")
        session(patient, today - timedelta(days=back))
        record_all(patient, [today - timedelta(days=day) for day in range(1, recorded, 9)], "moderate")
        record_all(
            patient, [today - timedelta(days=day) for day in range(1, recorded) if day % 9 != 1], "none"
        )
    return clinic


@pytest.mark.parametrize("width", [1280, 820])
def test_who_is_due_is_found_and_gets_a_date(desktop, clinic, enter, width):
    desktop.set_viewport_size({"width": width, "height": 900})
    enter(desktop, staff("Dr Ingrid Example", clinic))
    desktop.goto("/clinic/")
    due = desktop.get_by_role("table", name="Injection due or overdue (1)")
    expect(due.get_by_role("row").nth(1)).to_contain_text("Dana Due")
    expect(due.get_by_role("img")).to_have_accessible_name(
        "Headache days in each 28 days, oldest first: 3, 3, 3, 3, 3, 4"
    )
    assert_accessible(desktop)
    assert_fits(desktop)

    desktop.get_by_role("link", name="Headache days, last 28").first.click()
    expect(desktop.get_by_role("columnheader", name="Headache days, last 28").first).to_have_attribute(
        "aria-sort", "descending"
    )

    due.get_by_role("row").nth(1).get_by_role("cell").nth(9).get_by_role("link").click()
    expect(desktop.get_by_role("heading", name="Next visit, reviews, tags")).to_be_visible()
    assert_accessible(desktop)
    assert_fits(desktop)
    when = datetime.now(ZoneInfo(ZONE)).date() + timedelta(days=9)
    desktop.get_by_role("textbox", name="Next injection").fill(when.isoformat())
    desktop.get_by_role("button", name="Save the date").click()
    told(desktop, "Next injection on")

    desktop.goto("/clinic/visits/")
    expect(desktop.get_by_role("row").filter(has_text="Dana Due")).to_contain_text("appointment")
    assert_accessible(desktop)
    assert_fits(desktop)
    desktop.goto("/clinic/tags/")
    assert_accessible(desktop)


def test_section_is_closed_and_stays_closed(phone, clinic, enter):
    phone.set_viewport_size({"width": 360, "height": 740})
    enter(phone, staff("Dr Ingrid Example", clinic))
    phone.goto("/clinic/")
    assert_fits(phone)
    assert_accessible(phone)
    silent = phone.locator("#section-silent")
    silent.get_by_role("link", name="Keep closed").click()
    expect(silent.get_by_role("table")).to_have_count(0)
    expect(phone.get_by_text("Olga Often")).to_have_count(0)
    phone.reload()
    expect(phone.get_by_text("Dana Due")).to_be_visible()
    silent.get_by_role("heading").click()
    silent.get_by_role("link", name="Show this patient").click()
    expect(phone.get_by_text("Olga Often")).to_be_visible()
    assert_fits(phone)
