"""A month of a paper diary, from the keyboard alone, and a file: in a real browser."""

from datetime import date

import pytest
from playwright.sync_api import expect

from clinic.models import Clinic
from diary.models import Patient
from tests.browser.steps import ZONE, assert_fits, follow, says, told
from tests.cast import medicine, record, share, staff

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def otto(transactional_db):
    clinic = Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")
    patient = Patient.objects.create(name="Otto Onpaper", time_zone=ZONE)
    share(patient, clinic, "R-7")
    return patient


@pytest.fixture
def clara(otto):
    return staff("Clara Clinician", Clinic.objects.get())


def focused(page):
    return page.locator(":focus")


def said(patient):
    return {
        day.date.day: (day.headache, {one.medicine.name: one.doses for one in day.intakes.all()})
        for day in patient.days.order_by("date").prefetch_related("intakes__medicine")
    }


def test_a_month_by_keys(desktop, axe, otto, clara, enter):
    """Fewer than three keys a day. What is stored is what was typed, and nothing else."""
    medicine(otto, "rizatriptan", strength="10 mg")
    medicine(otto, "ibuprofen", "non_opioid")
    record(otto, date(2026, 1, 31), "mild")
    enter(desktop, clara)
    desktop.goto(f"/clinic/patients/{otto.pk}/paper/2026-01/")
    keys = {letter.upper(): name for letter, name in zip("ab", ("ibuprofen", "rizatriptan"), strict=True)}
    for letter, name in keys.items():
        expect(desktop.locator("thead")).to_contain_text(f"{letter} {name}")
    expect(focused(desktop)).to_have_attribute("aria-label", "Thursday 1 January: headache")
    pressed = 0

    def press(*names):
        nonlocal pressed
        for name in names:
            desktop.keyboard.press(name)
            pressed += 1

    for day in range(1, 32):
        if day in (7, 14, 21, 28):
            press("ArrowDown")
        elif day % 5 == 0:
            press("3", "b", "b", "a", "Enter")
        elif day == 31:
            press("2", "ArrowDown")
        else:
            press("0", "ArrowDown")
    assert pressed <= 31 * 3
    # The last day leads to Save; back up, two mistakes are put right.
    expect(focused(desktop)).to_have_text("Save the month")
    desktop.get_by_label("Tuesday 27 January: headache").focus()
    press("Delete", "ArrowUp", "1", "a", "a", "Shift+A", "b", "-", "p")
    expect(desktop.get_by_label("Monday 26 January: ibuprofen")).to_have_value("1")
    expect(desktop.get_by_label("Monday 26 January: rizatriptan 10 mg")).to_have_value("")
    expect(desktop.locator("[data-announced]")).to_contain_text(
        "Monday 26 January: Mild, ibuprofen ×1, period"
    )
    axe(desktop)
    desktop.get_by_role("button", name="Save the month").focus()
    with desktop.expect_navigation():
        press("Enter")
    told(desktop, "25 days recorded, 1 differs from what is recorded, 5 not recorded")
    told(desktop, "31 January: the paper says Moderate headache.")
    axe(desktop)
    stored = said(otto)
    assert sorted(set(range(1, 32)) - set(stored)) == [7, 14, 21, 27, 28]
    assert stored[5] == ("severe", {"rizatriptan": 2, "ibuprofen": 1})
    assert stored[26] == ("mild", {"ibuprofen": 1})
    assert stored[31] == ("mild", {})
    assert stored[1] == ("none", {})
    assert otto.days.get(date__day=26).menstruation is True

    follow(desktop.get_by_role("button", name="Undo").first)
    told(desktop, "25 days taken back.")
    assert sorted(said(otto)) == [31]
    for width in (1280, 820, 360):
        desktop.set_viewport_size({"width": width, "height": 900})
        for address in ("paper/", "paper/2026-01/", "import/"):
            desktop.goto(f"/clinic/patients/{otto.pk}/{address}")
            assert_fits(desktop)
            axe(desktop)


def test_what_was_typed_survives_a_new_medicine_a_reload_and_a_lost_session(desktop, otto, clara, enter):
    medicine(otto, "rizatriptan")
    enter(desktop, clara)
    desktop.goto(f"/clinic/patients/{otto.pk}/paper/2026-01/")
    desktop.keyboard.press("3")
    desktop.keyboard.press("a")
    desktop.get_by_text("A medicine that has no column").click()
    desktop.get_by_label("Name, with its strength").fill("Ginger tea")
    desktop.get_by_label("Kind").select_option("other")
    follow(desktop.get_by_role("button", name="Add to the list"))
    told(desktop, "Ginger tea has a column now.")
    first = desktop.get_by_label("Thursday 1 January: headache")
    expect(first).to_have_value("severe")
    # A reload asks first, and is declined.
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    desktop.on("dialog", stay)
    first.press("2")
    with desktop.expect_event("dialog"):
        desktop.evaluate("setTimeout(() => location.reload())")
    expect(first).to_have_value("moderate")
    # Signed out elsewhere: nothing is sent, and it is all still there.
    cookies = desktop.context.cookies()
    desktop.context.clear_cookies()
    desktop.get_by_role("button", name="Save the month").click()
    expect(desktop.locator("[data-signed-out]")).to_be_visible()
    expect(first).to_have_value("moderate")
    assert not otto.days.exists()
    desktop.context.add_cookies([one for one in cookies if "session" not in one["name"].lower()])
    enter(desktop, clara)
    follow(desktop.get_by_role("button", name="Save the month"))
    told(desktop, "1 day recorded")
    assert said(otto) == {1: ("moderate", {"rizatriptan": 1})}
    assert asked == ["beforeunload"]


def test_a_file_is_looked_at_and_imported(desktop, axe, otto, clara, enter):
    enter(desktop, clara)
    desktop.goto(f"/clinic/patients/{otto.pk}/import/")
    text = b"date,headache,medicines\n2026-01-01,mild,Oma x2\n2026-01-02,bad,\n2026-01-03,none,\n"
    chosen = {"name": "diary.csv", "mimeType": "text/csv", "buffer": text}
    desktop.get_by_label("Diary file").set_input_files(chosen)
    follow(desktop.get_by_role("button", name="Look at it first"))
    says(desktop, "Before the import")
    axe(desktop)
    desktop.get_by_label("Oma").select_option("non_opioid")
    follow(desktop.get_by_role("button", name="Look again with these"))
    expect(desktop.get_by_text("line 3: headache: 'bad' is not one of")).to_be_visible()
    axe(desktop)
    follow(desktop.get_by_role("button", name="Import 2 days"))
    told(desktop, "2 days imported, 1 row left out.")
    assert said(otto) == {1: ("mild", {"Oma": 2}), 3: ("none", {})}
