"""A carer in a real browser, from the code to the end; and the paper sheet, as it is printed."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from accounts.themes import COOKIE, THEMES
from diary.models import Carer
from tests.browser.steps import ZONE, assert_fits, follow, says, tap
from tests.cast import medicine, new_patient, new_user, record, record_all
from tests.conftest import assert_accessible

pytestmark = pytest.mark.browser


@pytest.fixture
def anna(transactional_db):
    """A patient whose last days are not recorded, with a usual triptan."""
    patient = new_patient("Anna Example", time_zone=ZONE)
    usual = medicine(patient, "rizatriptan", strength="10 mg")
    today = patient.date_at(datetime.now(UTC))
    record_all(patient, [today - timedelta(days=back) for back in range(4, 30)], "severe", usual)
    record(patient, today - timedelta(days=3))
    return patient


@pytest.fixture
def clemens(transactional_db):
    return new_user("Clemens Carer")


def test_carer_from_the_code_to_the_end(phone, desktop, axe, anna, clemens, enter):
    enter(phone, anna.user)
    phone.goto("/carer/")
    axe(phone)
    follow(phone.get_by_role("button", name="Make a code"))
    code = phone.locator(".code").inner_text()
    axe(phone)

    desktop.set_viewport_size({"width": 360, "height": 740})
    enter(desktop, clemens)
    desktop.goto("/caring/")
    axe(desktop)
    desktop.get_by_role("textbox", name="Code").fill(code.lower())
    follow(desktop.get_by_role("button", name="Go on"))
    says(desktop, "How is Anna Example’s head today?")
    axe(desktop)

    # Opened anew, the headache and its medicine are three taps away.
    desktop.goto("/welcome/")
    follow(desktop.get_by_role("link", name="Anna Example"))
    follow(desktop.get_by_role("button", name="Severe", exact=True))
    follow(desktop.get_by_role("button", name="rizatriptan 10 mg", exact=True))
    expect(desktop.get_by_text("Saved: rizatriptan 10 mg added")).to_be_visible()
    axe(desktop)
    [day] = anna.days.by_carer()
    assert (day.headache, day.intakes.get().doses) == ("severe", 1)

    phone.goto(f"/days/{day.date}/")
    expect(phone.get_by_text("entered by Clemens Carer, your carer")).to_be_visible()
    axe(phone)
    phone.get_by_role("group").filter(has_text="Account").locator("summary").click()
    follow(phone.get_by_role("link", name="Your carer: can log for you"))
    tap(phone.get_by_role("button", name="End it"))
    expect(phone.get_by_text("Nobody but you can log in your diary.")).to_be_visible()
    axe(phone)

    follow(desktop.get_by_role("button", name="Undo"))
    says(desktop, "There is no such page")
    axe(desktop)
    assert anna.days.filter(pk=day.pk, intakes__doses=1).exists()
    follow(desktop.get_by_role("link", name="To the start"))
    expect(desktop.get_by_role("heading", name="Begin your diary")).to_be_visible()


def test_pages_of_carers_in_every_theme_on_the_narrowest_phone(desktop, anna, clemens, enter, remember):
    link = Carer.objects.create(patient=anna, user=clemens)
    desktop.set_viewport_size({"width": 320, "height": 700})
    for theme in THEMES:
        remember(desktop, COOKIE, theme)
        for user, addresses in ((anna.user, ["/carer/"]), (clemens, ["/caring/", f"/caring/{link.pk}/"])):
            enter(desktop, user)
            for address in addresses:
                desktop.goto(address)
                desktop.evaluate(
                    "document.querySelectorAll('main details').forEach((one) => (one.open = true))"
                )
                assert_accessible(desktop)
                assert_fits(desktop)
