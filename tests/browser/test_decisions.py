"""A decision recorded, corrected and withdrawn by keyboard alone, and a clinic's own criteria, on two screens."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from accounts.themes import THEMES
from clinic.models import Clinic
from tests.browser.steps import ZONE, assert_fits, follow, says, told
from tests.cast import new_patient, record_all, session, share, staff
from tests.conftest import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def anna(transactional_db):
    """Two cycles and no effect; one preventive that ended."""
    clinic = Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")
    patient = new_patient("Anna Example", time_zone=ZONE)
    share(patient, clinic, "R-1")
    today = patient.date_at(datetime.now(UTC))
    for back in (170, 86):
        session(patient, today - timedelta(days=back))
    record_all(patient, [today - timedelta(days=back) for back in range(1, 200)], "moderate")
    patient.preventives.create(name="topiramate", ended_on=today - timedelta(days=400), reason="side_effects")
    return patient


@pytest.fixture
def lea(anna):
    return staff("Lea Lead", Clinic.objects.get(), "lead")


def tab_to(page, locator):
    for _ in range(80):
        if locator.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {locator}")


@pytest.mark.parametrize("width", [1280, 820])
def test_a_decision_by_keyboard(desktop, anna, lea, enter, width):
    page = desktop
    page.set_viewport_size({"width": width, "height": 800})
    enter(page, lea)
    page.goto(f"/clinic/patients/{anna.pk}/")
    follow(page.get_by_role("link", name="Decisions: see, record"))
    says(page, "Decisions")
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    assert_accessible(page)

    # Tab leads to the first of the six, and arrows choose: Start, Continue, Stop.
    tab_to(page, page.get_by_role("radio", name="Start", exact=True))
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Stop", exact=True)).to_be_checked()
    tab_to(page, page.get_by_label("Reason", exact=True))
    page.keyboard.type("No change that she could see.")
    tab_to(page, page.get_by_role("button", name="Save decision"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Why does the treatment end?")
    assert_accessible(page)

    tab_to(page, page.get_by_role("radio", name="Not said").first)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Too little response")).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Save decision"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    told(page, "Decision saved: Stop.")
    said = page.get_by_role("region", name="Recorded decisions")
    expect(said).to_contain_text("No change that she could see.")
    tab_to(page, said.get_by_text("Counted then"))
    page.keyboard.press("Enter")
    expect(said.get_by_text("NICE TA260: less than 30 % after cycle 2: 0.0 %, reached")).to_be_visible()
    assert_accessible(page)

    tab_to(page, said.get_by_role("button", name="Withdraw"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(said.get_by_text("withdrawn", exact=True)).to_be_visible()
    assert_accessible(page)


def test_pages_fit_in_every_theme(desktop, anna, lea, enter):
    page = desktop
    enter(page, lea)
    bob = new_patient("Bob Example", time_zone=ZONE)
    share(bob, Clinic.objects.get(), "R-2")
    for address in (
        f"/clinic/patients/{anna.pk}/decisions/",
        f"/clinic/patients/{bob.pk}/decisions/",
        "/clinic/criteria/",
    ):
        page.goto(address)
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
        for theme in THEMES:
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            assert_accessible(page)
        for width in (360, 820, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert_fits(page)


def test_a_lead_adds_criteria_and_follows_them(desktop, anna, lea, enter):
    page = desktop
    enter(page, lea)
    page.goto("/clinic/staff/")
    follow(page.get_by_role("link", name="Criteria that the clinic follows"))
    page.get_by_text("Add a set of the clinic’s own").click()
    page.get_by_label("Name").fill("Riverside 2026")
    page.get_by_label("Source").fill("Meeting of 3 March 2026")
    for label, number in (
        ("in percent", 50),
        ("how many cycles", 2),
        ("headache days", 10),
        ("months in a row", 3),
    ):
        page.get_by_label(label).fill(str(number))
    follow(page.get_by_role("button", name="Add"))
    page.get_by_label("The clinic follows").select_option("Riverside 2026")
    follow(page.get_by_role("button", name="Save"))
    assert_accessible(page)
    page.goto(f"/clinic/patients/{anna.pk}/")
    row = page.get_by_role("rowheader", name="Riverside 2026")
    expect(row).to_contain_text("followed by the clinic")
    expect(page.get_by_text("reduction of less than 50 % after cycle 2")).to_be_visible()
