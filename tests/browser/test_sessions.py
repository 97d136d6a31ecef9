"""An injection session recorded on the drawing, by mouse and by keyboard alone; an adverse event; a phone's finger."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from clinic.dosing import preempt_sites
from clinic.models import Clinic
from tests.browser.steps import ZONE, assert_fits, follow, says
from tests.cast import new_patient, session, share, staff

pytestmark = pytest.mark.browser


@pytest.fixture
def anna(transactional_db):
    patient = new_patient("Anna Example", time_zone=ZONE)
    share(patient, Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside"), "R-1")
    return patient


@pytest.fixture
def address(anna):
    return f"/clinic/patients/{anna.pk}/"


@pytest.fixture
def clinician(anna):
    return staff("Dr Ingrid Example", Clinic.objects.get())


def place(page, name):
    return page.get_by_role("button", name=name, exact=True)


def totals(page):
    return [page.locator(f'[data-{what}="{name}"]').inner_text() for what, name in SHOWN]


SHOWN = (("total", "sites"), ("beside", "sites"), ("total", "units"), ("beside", "units"))


def test_session_by_mouse(desktop, axe, anna, address, clinician, enter):
    enter(desktop, clinician)
    desktop.goto(f"{address}sessions/")
    expect(place(desktop, "Temporalis left: 4 sites")).to_be_visible()
    assert totals(desktop) == ["31", "0", "155", "0"]
    axe(desktop)
    desktop.get_by_label("onabotulinumtoxinA – Botox").check()
    place(desktop, "Temporalis left: 4 sites").click()
    place(desktop, "Temporalis left: 5 sites").click()
    desktop.get_by_role("button", name="takes one away").click()
    place(desktop, "Trapezius right: 3 sites").click()
    expect(desktop.locator("[data-said]")).to_have_text(
        "Trapezius right: 2 sites. In all 32 sites, 160 units."
    )
    assert totals(desktop) == ["32", "+1", "160", "+5"]
    expect(desktop.locator("[data-beyond]")).to_be_visible()
    desktop.get_by_role("button", name="+ Trapezius right").click()
    expect(desktop.locator("[data-beyond]")).to_be_hidden()
    desktop.get_by_label("Units dissolved").fill("200")
    desktop.locator("#id_diluted_ml").fill("4")
    expect(desktop.locator("[data-volume]")).to_have_text("0.1 mL for 5 units")
    desktop.get_by_label("Consent to the treatment").check()
    axe(desktop)
    desktop.set_viewport_size({"width": 820, "height": 1100})
    axe(desktop)
    assert_fits(desktop)
    follow(desktop.get_by_role("button", name="Save session"))
    expect(desktop.locator(".message--success")).to_contain_text("saved")
    saved = anna.sessions.get()
    assert saved.muscles == preempt_sites() | {"temporalis:left": 6}
    assert (saved.sites, saved.units, saved.checks) == (33, 165, ["consent"])


def test_session_by_keyboard_alone(desktop, anna, address, clinician, enter):
    enter(desktop, clinician)
    desktop.goto(f"{address}sessions/")
    expect(place(desktop, "Temporalis left: 4 sites")).to_be_visible()
    # Tab leads to each place of the drawing; the keys change the number there.
    desktop.locator("[name=date]").focus()
    names = until(desktop, "Occipitalis left: 3 sites")
    assert "Procerus: 1 site" in names
    for key, name in (("+", "4 sites"), ("ArrowUp", "5 sites"), ("-", "4 sites"), ("Enter", "5 sites")):
        desktop.keyboard.press(key)
        expect(place(desktop, f"Occipitalis left: {name}")).to_be_focused()
    until(desktop, "Save session")
    with desktop.expect_navigation():
        desktop.keyboard.press("Enter")
    expect(desktop.locator(".message--success")).to_contain_text("saved")
    assert anna.sessions.get().muscles == preempt_sites() | {"occipitalis:left": 5}


def until(page, name):
    """The names that Tab leads past, up to this one."""
    names = []
    for _step in range(80):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate("(document.activeElement.ariaLabel || document.activeElement.textContent).trim()")
        )
        if names[-1] == name:
            return names
    raise AssertionError(names)


def test_another_product_is_not_counted_in_units(desktop, anna, address, clinician, enter):
    enter(desktop, clinician)
    desktop.goto(f"{address}sessions/")
    expect(desktop.locator("#id_units")).to_be_hidden()
    desktop.get_by_label("abobotulinumtoxinA – Dysport").check()
    expect(desktop.locator("[data-other-product]")).to_be_visible()
    expect(desktop.locator('[data-total="units"]')).to_be_hidden()
    desktop.locator("#id_units").fill("500")
    follow(desktop.get_by_role("button", name="Save session"))
    expect(desktop.locator(".message--warning")).to_contain_text("they say nothing of this product")
    assert (anna.sessions.get().units, anna.sessions.get().sites) == (500, 31)


def test_finger_meets_every_place(phone, anna, address, clinician, enter):
    enter(phone, clinician)
    phone.goto(f"{address}sessions/")
    expect(place(phone, "Procerus: 1 site")).to_be_visible()
    sizes = phone.evaluate(
        "[...document.querySelectorAll('.place__reach')].map(one => one.getBoundingClientRect())"
        ".map(box => Math.min(box.width, box.height))"
    )
    assert len(sizes) == 13
    assert min(sizes) >= 48
    place(phone, "Procerus: 1 site").tap()
    expect(place(phone, "Procerus: 2 sites")).to_be_visible()


def test_adverse_event_is_recorded_and_corrected(desktop, axe, anna, address, clinician, enter):
    today = anna.date_at(datetime.now(UTC))
    session(anna, today - timedelta(days=9))
    enter(desktop, clinician)
    desktop.goto(f"{address}adverse-events/")
    axe(desktop)
    desktop.get_by_label("What happened").select_option("Eyelid ptosis")
    desktop.get_by_label("Began on").fill((today - timedelta(days=2)).isoformat())
    desktop.get_by_label("Moderate", exact=True).check()
    desktop.get_by_label("Recovering", exact=True).check()
    follow(desktop.get_by_role("button", name="Save adverse event"))
    row = desktop.locator("tbody tr")
    expect(row).to_contain_text("7 days after")
    follow(row.get_by_role("link"))
    says(desktop, "Correct an adverse event")
    axe(desktop)
    desktop.get_by_label("Mild", exact=True).check()
    follow(desktop.get_by_role("button", name="Save adverse event"))
    expect(row).to_contain_text("What it said before")
    axe(desktop)
