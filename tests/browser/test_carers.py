"""A carer in a real browser, from the code to the end; and the paper sheet, as it is printed."""

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from accounts.themes import COOKIE, THEMES
from diary.models import Carer
from tests.browser.steps import ZONE, assert_fits, follow, says, tap, told
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
    told(desktop, "Saved: rizatriptan 10 mg added")
    axe(desktop)
    [day] = anna.days.filter(source="carer")
    assert (day.headache, day.intakes.get().doses) == ("severe", 1)

    phone.goto(f"/days/{day.date}/")
    expect(phone.get_by_text("entered by Clemens Carer, your carer")).to_be_visible()
    axe(phone)
    phone.get_by_role("group").filter(has_text="Account").locator("summary").click()
    follow(phone.get_by_role("link", name="Your carer: can log for you"))
    tap(phone.get_by_role("button", name="End it"))
    told(phone, "Nobody but you can log in your diary.")
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


# --- Paper -----------------------------------------------------------------------------------------------------

MONTHS = {28: "2023-02", 29: "2024-02", 30: "2024-04", 31: "2024-05"}
GROW = "document.querySelectorAll('.paper__month tr').forEach((row) => (row.style.height = '9mm'))"
COLOURS = """['.paper', '.paper__month td', 'body'].map((name) => getComputedStyle(document.querySelector(name)))
    .flatMap((style) => [style.color, style.backgroundColor])"""


def pages_of(pdf):
    """How many pages Chromium has made: the objects of its files are readable, only their contents are packed."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def words_of(pdf, folder):
    """What can be read on the sheet; `None` where the machine has no reader."""
    if (reader := shutil.which("pdftotext")) is None:
        return None
    file = folder / "sheet.pdf"
    file.write_bytes(pdf)
    return subprocess.run([reader, "-layout", file, "-"], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("medicines", [0, 6])
def test_sheet_is_one_page_black_on_white(desktop, anna, enter, remember, tmp_path, medicines):
    anna.days.all().delete()
    anna.medicines.all().delete()
    for number in range(medicines):
        medicine(
            anna,
            f"Averylongname{number} of a medicine with many words",
            "other",
            strength="1000 mg / 12.5 ml",
        )
    enter(desktop, anna.user)
    remember(desktop, COOKIE, "dim")
    for days, month in MONTHS.items():
        desktop.goto(f"/paper/?month={month}&name=yes")
        assert desktop.locator(".paper__month tbody tr").count() == days
        sheets = [desktop.pdf(format=paper) for paper in ("A4", "Letter")]
        assert [pages_of(sheet) for sheet in sheets] == [1, 1], month
        if days == 29 and (words := words_of(sheets[0], tmp_path)) is not None:
            for word in ("February 2024", "Thu 1", "Thu 29", "No headache", "Anna Example", "Period"):
                assert word in words, words
            for word in ("Print my name", "From paper", "Today", "Nobody watches"):
                assert word not in words
    desktop.emulate_media(media="print")
    black, white = "rgb(0, 0, 0)", ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    colours = desktop.evaluate(COLOURS)
    assert set(colours[::2]) == {black}
    assert set(colours[1::2]) <= set(white)
    # The check sees a second page.
    desktop.evaluate(GROW)
    assert pages_of(desktop.pdf(format="A4")) == 2


def test_print_button_and_page_in_every_theme(desktop, axe, anna, enter, remember):
    enter(desktop, anna.user)
    for width, theme in ((320, "light"), (360, "dark"), (320, "dim"), (1280, "light")):
        desktop.set_viewport_size({"width": width, "height": 740})
        remember(desktop, COOKIE, theme)
        desktop.goto("/paper/")
        axe(desktop)
        assert_fits(desktop)
    desktop.evaluate("window.print = () => (document.title = 'printed')")
    desktop.get_by_role("button", name="Print", exact=True).click()
    expect(desktop).to_have_title("printed")
