"""A clinician who is new to the page finds the four answers, chooses a period and opens a month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from clinic.models import Clinic
from diary.models import Preventive
from tests.browser.steps import ZONE, assert_fits, follow, says
from tests.cast import medicine, new_patient, record_all, session, share, staff

pytestmark = pytest.mark.browser


@pytest.fixture
def rosa(transactional_db: Any) -> Any:
    """Baseline 20 of 28 days; weeks 9 to 12 of her only cycle: 8 and two days not recorded."""
    patient = new_patient("Rosa Reader", time_zone=ZONE)
    share(patient, Clinic.objects.create(name="North Headache Clinic", slug="north"), "R-9")
    today = patient.date_at(datetime.now(UTC))
    injected, taken = today - timedelta(days=90), medicine(patient)
    session(patient, injected, product="Botox", units=155, sites=31)
    for start, headaches, free in ((-28, 20, 8), (0, 12, 16), (28, 10, 18), (56, 8, 18)):
        days = [injected + timedelta(days=start + day) for day in range(headaches + free)]
        record_all(patient, days[:headaches], "moderate", taken)
        record_all(patient, days[headaches:], "none")
    Preventive.objects.create(patient=patient, name="Candesartan", dose="16 mg", started_on=injected)
    return patient


@pytest.mark.parametrize("width", [1280, 820, 360])
def test_four_answers_a_period_and_a_month(desktop, axe, rosa, enter, width):
    desktop.set_viewport_size({"width": width, "height": 900})
    enter(desktop, staff("Clara Clinician", Clinic.objects.get()))
    desktop.goto(f"/clinic/patients/{rosa.pk}/")
    cards = desktop.get_by_role("region", name="Four questions, as counted").locator(".count")
    expect(cards).to_have_count(4)
    expect(cards.nth(0)).to_contain_text("8–10 headache days of 28, weeks 9–12 of cycle 1")
    expect(cards.nth(1)).to_contain_text("12 · 10 · 8–10")
    expect(cards.nth(3)).to_contain_text("of 118 days recorded")
    axe(desktop)
    assert_fits(desktop)
    cards.nth(3).get_by_role("link").click()
    expect(desktop.get_by_role("heading", name="The diary’s quality")).to_be_in_viewport()

    first = rosa.sessions.get().date
    desktop.get_by_label("From", exact=True).fill(first.isoformat())
    desktop.get_by_label("Until", exact=True).fill((first + timedelta(days=6)).isoformat())
    follow(desktop.get_by_role("button", name="Show"))
    assert f"from={first}" in desktop.url
    expect(desktop.get_by_text("Recorded in the period").locator("xpath=..")).to_contain_text("7 of 7")
    expect(desktop.get_by_role("table", name="Injection cycles")).to_be_visible()
    axe(desktop)
    assert_fits(desktop)
    if width == 1280:
        follow(desktop.get_by_role("link", name="Since the first injection"))
        expect(desktop.get_by_role("link", name="Since the first injection")).to_have_attribute(
            "aria-current", "true"
        )
    month = desktop.get_by_role("table", name="Days of each month").get_by_role("link").last
    name = f"{first:%B %Y}"
    strip = desktop.get_by_role("table", name="Days of each month").get_by_role("img", name=name)
    expect(strip).to_be_visible()
    follow(month)
    says(desktop, f"Days of {name}")
    expect(desktop.locator(f"#day-{first.day}")).to_contain_text("sumatriptan ×1")
    expect(desktop.locator("dl.identity")).to_contain_text("Rosa Reader")
    axe(desktop)
    assert_fits(desktop)
