"""What people come for, in a real browser, and the clinic's pages in every theme as narrow as a phone gets."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from accounts.themes import COOKIE, THEMES
from clinic.models import Clinic
from tests.browser.steps import ZONE, assert_fits
from tests.cast import adverse_event, medicine, new_patient, record_all, session, share, staff
from tests.conftest import assert_accessible

pytestmark = pytest.mark.browser


@pytest.fixture
def anna(transactional_db):
    """A patient in her second cycle, with a usual triptan, whose last two days are not recorded yet."""
    patient = new_patient("Anna Example", time_zone=ZONE)
    share(patient, Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside"), "R-1")
    usual, rare = (
        medicine(patient, "rizatriptan", strength="10 mg"),
        medicine(patient, "ibuprofen", "non_opioid"),
    )
    today = patient.date_at(datetime.now(UTC))
    ago = [today - timedelta(days=back) for back in range(250)]
    first, second = ago[150], ago[66]
    session(patient, first, product="onabotulinumtoxinA", units=155, sites=31)
    session(patient, second, product="onabotulinumtoxinA", units=160, sites=32)
    headaches = [*ago[151:171], *ago[67:81], *ago[3:6]]
    record_all(patient, headaches[:30], "moderate", usual)
    record_all(patient, headaches[30:], "severe", usual, rare)
    record_all(patient, sorted(set(ago[2:180]) - set(headaches)), "none")
    return patient


@pytest.fixture
def clinician(anna):
    return staff("Dr Ingrid Example", Clinic.objects.get())


def triptans(page):
    """The days that Today counts; 0 where it counts none."""
    numbers = page.locator(".count", has_text="Triptans").locator(".count__number")
    return int(numbers.inner_text().split()[0]) if numbers.count() else 0


# --- Journeys ------------------------------------------------------------------------------------------------


def test_headache_free_day_in_one_tap_and_back(phone, axe, anna, enter):
    enter(phone, anna.user)
    phone.goto("/")
    axe(phone)
    phone.get_by_role("button", name="No headache", exact=True).tap()
    expect(phone.locator(".saved")).to_contain_text("Saved: No headache")
    expect(phone.get_by_role("button", name="No headache", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    axe(phone)
    assert anna.days.filter(date=anna.date_at(datetime.now(UTC))).get().headache == "none"
    phone.get_by_role("button", name="Undo").tap()
    expect(phone.locator(".saved")).to_contain_text("Undone: No headache")
    expect(phone.get_by_role("button", name="No headache", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )
    axe(phone)
    assert not anna.days.filter(date=anna.date_at(datetime.now(UTC))).exists()


def test_headache_with_the_usual_triptan_in_two_taps(phone, axe, anna, enter):
    enter(phone, anna.user)
    phone.goto("/")
    before = triptans(phone)
    phone.get_by_role("button", name="Severe", exact=True).tap()
    chips = phone.locator("button.chip")
    expect(chips.first).to_contain_text("rizatriptan")
    axe(phone)
    chips.first.tap()
    expect(phone.locator(".saved")).to_contain_text("Saved: rizatriptan 10 mg added")
    expect(chips.first).to_contain_text("×1")
    assert triptans(phone) == before + 1
    axe(phone)
    # A second dose on one day is no second day.
    chips.first.tap()
    expect(chips.first).to_contain_text("×2")
    assert triptans(phone) == before + 1
    phone.get_by_role("button", name="Take back one dose of rizatriptan 10 mg").tap()
    expect(chips.first).to_contain_text("×1")


@pytest.mark.parametrize("width", [360, 1280])
def test_clinician_reads_a_patients_cycles(desktop, axe, anna, clinician, enter, width):
    desktop.set_viewport_size({"width": width, "height": 800})
    enter(desktop, clinician)
    desktop.goto("/welcome/")
    expect(desktop.get_by_role("heading", name="Patients")).to_be_visible()
    axe(desktop)
    with desktop.expect_navigation():
        desktop.get_by_role("link", name="Anna Example").click()
    expect(desktop.locator("dl.identity")).to_contain_text("Anna Example")
    expect(desktop.locator("dl.identity")).to_contain_text("R-1")
    figure = desktop.locator("figure[data-chart=before-and-after]")
    figure.hover()
    expect(figure).to_have_class("figure is-drawn")
    assert figure.locator("canvas").evaluate(IS_PAINTED)
    figure.get_by_text("The same numbers as a table").click()
    rows = figure.get_by_role("table").get_by_role("row")
    expect(rows.filter(has_text="baseline")).to_contain_text("20")
    cycles = desktop.get_by_role("table", name="Injection cycles")
    expect(cycles.get_by_role("row").nth(1)).to_contain_text("30.0 %")
    criteria = desktop.get_by_role("table", name="Criteria for going on")
    expect(criteria.get_by_role("row").filter(has_text="NICE TA260")).to_contain_text("cannot evaluate")
    axe(desktop)
    assert_fits(desktop)


IS_PAINTED = """canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.some((value, place) => place % 4 === 3 && value > 0) && window.Chart.getChart(canvas) !== undefined;
}"""


# --- The clinic's pages in every theme, as narrow as a phone gets; test_every_page.py has the others ---------------


@pytest.mark.parametrize("theme", THEMES)
def test_every_page_of_the_clinic_fits_and_is_accessible(phone, anna, clinician, enter, remember, theme):
    given = anna.sessions.first()
    addresses = ["/clinic/", f"/clinic/patients/{anna.pk}/", f"/clinic/patients/{anna.pk}/sessions/"]
    event = adverse_event(anna, Clinic.objects.get(), session=given, began_on=given.date)
    addresses += [f"/clinic/patients/{anna.pk}/sessions/{given.pk}/"]
    addresses += [f"/clinic/patients/{anna.pk}/days/{given.date:%Y-%m}/"]
    addresses += [f"/clinic/patients/{anna.pk}/adverse-events/{number}" for number in ("", f"{event.pk}/")]
    remember(phone, COOKIE, theme)
    enter(phone, clinician)
    for address in addresses:
        phone.set_viewport_size({"width": 360, "height": 740})
        phone.goto(address)
        assert phone.locator("html").get_attribute("data-theme") == theme
        assert_fits(phone)
        assert_accessible(phone)
        phone.set_viewport_size({"width": 320, "height": 640})
        assert_fits(phone)
