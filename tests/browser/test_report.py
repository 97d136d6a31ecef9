"""From the patient page to what is filed and what is posted, in a real browser."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from clinic.models import Clinic
from tests.browser.steps import ZONE, assert_fits, follow, says
from tests.cast import new_patient, record_all, session, share, staff
from tests.papers import Paper

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def anna(transactional_db):
    """Three injections, and a diary with gaps."""
    anna = new_patient("Anna Example", time_zone=ZONE)
    clinic = Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")
    share(anna, clinic, "R-1")
    today = anna.date_at(datetime.now(UTC))
    for days in (220, 136, 52):
        session(anna, today - timedelta(days=days))
    for days in range(7, 250, 7):
        record_all(anna, [today - timedelta(days=days - n) for n in range(3)], "moderate")
        record_all(anna, [today - timedelta(days=days - n) for n in range(3, 6)], "none")
    return anna


def taken(page, button):
    with page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_a_report_is_filed_and_a_letter_written(desktop, axe, anna, enter):
    enter(desktop, staff("Clara Clinician", anna.care_links.get().clinic))
    desktop.goto(f"/clinic/patients/{anna.pk}/")
    follow(desktop.get_by_role("link", name="Report to file or print"))
    says(desktop, "Headache report")
    for width in (1280, 820, 360):
        desktop.set_viewport_size({"width": width, "height": 800})
        axe(desktop)
        assert_fits(desktop)
    name, content = taken(desktop, desktop.get_by_role("link", name="Report as PDF"))
    assert name.startswith("report-r-1-")
    row = desktop.get_by_role("table", name="Injection cycles").get_by_role("row").nth(1).inner_text()
    assert " ".join(row.split()) in Paper(content).text

    # On paper each sheet says whose it is, and there is nothing to press.
    expect(desktop.get_by_role("button", name="Print")).to_be_visible()
    printed = PdfReader(io.BytesIO(desktop.pdf(prefer_css_page_size=True))).pages
    assert len(printed) <= 2
    for sheet in printed:
        assert "Anna Example" in sheet.extract_text()
        assert "Report as PDF" not in sheet.extract_text()

    follow(desktop.get_by_role("link", name="Anna Example"))
    follow(desktop.get_by_role("link", name="Letter to the patient"))
    says(desktop, "Letter to the patient")
    for width in (1280, 820, 360):
        desktop.set_viewport_size({"width": width, "height": 800})
        axe(desktop)
        assert_fits(desktop)
    desktop.get_by_label("A sentence of your own").fill("Bring your list of medicines.")
    name, content = taken(desktop, desktop.get_by_role("button", name="Letter as PDF"))
    assert name.startswith("letter-r-1-")
    assert "From your clinic Bring your list of medicines." in Paper(content).text
