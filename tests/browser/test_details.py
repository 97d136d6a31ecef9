"""The page of a day and the medicines on a phone: by thumb, by keyboard alone, and as they look in every theme."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from accounts.themes import COOKIE, THEMES
from diary.models import Intake
from tests.browser.steps import ZONE, assert_fits, tap
from tests.cast import medicine, new_patient, record
from tests.conftest import assert_accessible

pytestmark = pytest.mark.browser


@pytest.fixture
def anna(transactional_db):
    patient = new_patient("Anna Example", time_zone=ZONE)
    patient.preventives.create(name="candesartan", dose="8 mg in the morning")
    return patient


def ago(patient, days):
    return patient.date_at(datetime.now(UTC)) - timedelta(days=days)


def focused(page):
    """What a screen reader would say of where the focus is: role or kind, and name."""
    return page.evaluate(
        """() => { const on = document.activeElement; const label = on.labels?.[0] ?? on;
        return (on.getAttribute("aria-label") ?? label.textContent).trim(); }"""
    )


def tab_to(page, name, most=60):
    for _press in range(most):
        page.keyboard.press("Tab")
        if focused(page) == name:
            return
    raise AssertionError(f"no way by Tab to {name!r}; the last one was {focused(page)!r}")


def test_a_whole_day_by_keyboard_alone(phone, axe, anna, enter):
    """No mouse and no finger; every step finds its place by the name that is read out."""
    medicine(anna, "rizatriptan", strength="10 mg")
    when = ago(anna, 3)
    record(anna, ago(anna, 4), "mild", triggers="storm")
    enter(phone, anna.user)
    phone.goto(f"/days/{when}/")
    keys = phone.keyboard
    tab_to(phone, "No headache")
    for _word in range(3):
        keys.press("ArrowRight")
    assert focused(phone) == "Severe"
    tab_to(phone, "More: rizatriptan 10 mg")
    keys.press("Enter")
    keys.press("Enter")
    tab_to(phone, "Not said")
    keys.press("ArrowLeft")
    assert focused(phone) == "Full"
    tab_to(phone, "Not said")  # of the pain
    keys.press("ArrowLeft")
    assert focused(phone) == "10"
    tab_to(phone, "Nausea")
    keys.press("Space")
    tab_to(phone, "When it began and ended")
    keys.press("Enter")
    phone.get_by_label("It began at").focus()
    phone.get_by_label("It began at").fill("22:00")
    phone.get_by_label("It ended at").fill("02:00")
    tab_to(phone, "Where it was and what it felt like")
    keys.press("Enter")
    tab_to(phone, "Not said")
    keys.press("ArrowRight")
    assert focused(phone) == "Left"
    # At once, and in sight.
    expect(phone.get_by_role("checkbox", name="On one side")).to_be_checked()
    tab_to(phone, "The day around it")
    keys.press("Enter")
    tab_to(phone, "storm")
    keys.press("Space")
    tab_to(phone, "Note")
    keys.type("in words")
    axe(phone)
    tab_to(phone, "Save")
    with phone.expect_navigation():
        keys.press("Enter")
    expect(phone.get_by_text("Saved:").first).to_be_visible()
    day = anna.days.get(date=when)
    assert (day.headache, day.pain, day.relief, day.features) == ("severe", 10, "full", "one_sided;nausea")
    assert (day.side, day.triggers, day.note, float(day.hours)) == ("left", "storm", "in words", 2.0)
    assert day.intakes.get().doses == 2
    tab_to(phone, f"{ago(anna, 2):%-d %B}: severe headache too")
    with phone.expect_navigation():
        keys.press("Enter")
    assert anna.days.get(date=ago(anna, 2)).headache == "severe"


def test_groups_are_found_by_role_and_name(phone, anna, enter):
    """As a screen reader lists them; one tap on each."""
    enter(phone, anna.user)
    phone.goto(f"/days/{ago(anna, 3)}/")
    phone.get_by_role("group", name="Headache").get_by_role("radio", name="Moderate").tap()
    phone.get_by_role("group", name="Worst pain, 0 to 10").get_by_role("radio", name="7", exact=True).tap()
    phone.get_by_role("group", name="I think it was migraine").get_by_role("radio", name="Yes").tap()
    for box in ("Light hurts", "Sound hurts"):
        phone.get_by_role("checkbox", name=box).tap()
    sizes = phone.evaluate(
        "[...document.querySelectorAll('.tile input')].filter((box) => box.checkVisibility())"
        ".map((box) => box.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height))"
    )
    assert min(sizes) >= 48
    save = phone.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_in_viewport(ratio=1)
    tap(save)
    day = anna.days.get()
    assert (day.headache, day.pain, day.migraine) == ("moderate", 7, True)
    assert day.features == "photophobia;phonophobia"
    # What was saved just now and Save do not lie on each other.
    expect(phone.get_by_role("button", name="Undo")).to_be_in_viewport(ratio=1)
    tap(phone.get_by_role("button", name="Undo"))
    assert not anna.days.exists()


def test_relief_is_asked_on_today_and_said_with_one_tap(phone, axe, anna, enter):
    today = ago(anna, 0)
    record(anna, today, "severe", medicine(anna, "rizatriptan"))
    Intake.objects.update(created_at=datetime.now(UTC) - timedelta(hours=3))
    enter(phone, anna.user)
    phone.goto("/")
    axe(phone)
    tap(phone.get_by_role("button", name="Somewhat"))
    expect(phone.get_by_text("relief after two hours: Some").first).to_be_visible()
    assert anna.days.get().relief == "partial"
    expect(phone.get_by_role("button", name="Somewhat")).to_have_count(0)


@pytest.mark.parametrize("theme", THEMES)
def test_pages_fit_and_are_accessible_with_everything_open(phone, anna, enter, remember, theme):
    medicine(anna, "methylpropylbarbiturylparacetamol", "combination", "500 mg")
    record(anna, ago(anna, 3), "severe", start="22:00", end="02:00", triggers="a long word;" + "x" * 40)
    record(anna, ago(anna, 1), "mild")
    remember(phone, COOKIE, theme)
    enter(phone, anna.user)
    pages = [f"/days/{ago(anna, 3)}/", f"/days/{ago(anna, 0)}/", "/medicines/"]
    for address in [*pages, f"/preventives/{anna.preventives.get().pk}/"]:
        phone.set_viewport_size({"width": 360, "height": 740})
        phone.goto(address)
        phone.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true; })")
        assert_fits(phone)
        assert_accessible(phone)
        for width in (320, 768, 1280):
            phone.set_viewport_size({"width": width, "height": 740})
            assert_fits(phone)
