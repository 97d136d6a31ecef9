"""Month by finger and by key, and Help as it is read: in every theme, in grey and in forced colours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.themes import COOKIE, THEMES
from diary.guidance import TOPICS
from tests.browser.steps import ZONE, assert_fits, follow, path_of, says
from tests.cast import medicine, new_patient, record, record_all, session
from tests.conftest import assert_accessible

pytestmark = pytest.mark.browser

MARCH, APRIL, MAY = "/months/2024-03/", "/months/2024-04/", "/months/2024-05/"


@pytest.fixture
def may(transactional_db: None) -> Any:
    patient = new_patient("May Example", time_zone=ZONE)
    first = datetime(2024, 4, 1, tzinfo=UTC).date()
    record_all(patient, [first + timedelta(days=n) for n in range(20)], "mild", medicine(patient))
    return patient


# --- A finger ------------------------------------------------------------------------------------------------


def drag(page: Page, *points: tuple[float, float]) -> None:
    """One finger, from the first point to the last."""
    touch = page.context.new_cdp_session(page)
    (x, y), *others = points
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for x, y in others:
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    touch.detach()


def across(start: float, end: float, y: float = 300, fall: float = 0) -> list[tuple[float, float]]:
    return [(start + (end - start) * part / 6, y + fall * part / 6) for part in range(7)]


def test_finger_leads_from_month_to_month(phone, may, enter):
    enter(phone, may.user)
    phone.goto(APRIL)
    with phone.expect_navigation():
        drag(phone, *across(280, 120))
    assert path_of(phone.url) == MAY
    expect(phone.locator("[data-announced]")).to_have_text("May 2024")
    with phone.expect_navigation():
        drag(phone, *across(100, 260))
    with phone.expect_navigation():
        drag(phone, *across(100, 260))
    assert path_of(phone.url) == MARCH
    expect(phone.locator("[data-announced]")).to_have_text("March 2024")
    # A tap is no swipe: it opens its day.
    with phone.expect_navigation():
        phone.locator("#day-15").tap()
    assert path_of(phone.url) == "/days/2024-03-15/"


def test_finger_that_means_something_else_leads_nowhere(phone, may, enter):
    enter(phone, may.user)
    phone.goto(APRIL)
    went = []
    phone.on("framenavigated", lambda frame: went.append(frame.url))
    drag(phone, *across(10, 200))
    drag(phone, *across(355, 120))
    drag(phone, *across(180, 150))
    drag(phone, *across(220, 150, y=500, fall=-200))
    # Down the page it went, though.
    assert phone.evaluate("scrollY") > 0
    phone.evaluate("scrollTo(0, 0)")
    assert went == []
    # One that is meant still leads on.
    with phone.expect_navigation():
        drag(phone, *across(280, 120))
    assert [path_of(url) for url in went] == [MAY]


# --- Keys ----------------------------------------------------------------------------------------------------


def focused(page: Page) -> str:
    """Month and day that the keys are on."""
    return page.evaluate("document.activeElement.getAttribute('href')").removeprefix("/days/").rstrip("/")


def test_keys_lead_from_day_to_day_and_from_month_to_month(desktop, may, enter):
    enter(desktop, may.user)
    desktop.goto(APRIL)
    grid = desktop.get_by_role("grid", name="Days of April 2024")
    days = grid.get_by_role("link")
    expect(days).to_have_count(30)
    assert [day.get_attribute("tabindex") for day in days.all()].count("0") == 1
    grid.get_by_role("link", name="Monday 1 April").focus()

    def press(key: str, expected: str) -> None:
        desktop.keyboard.press(key)
        desktop.wait_for_function(
            "day => document.activeElement.getAttribute('href') === `/days/${day}/`", arg=expected
        )

    for key, expected in (
        ("ArrowRight", "2024-04-02"),
        ("ArrowDown", "2024-04-09"),
        ("End", "2024-04-14"),
        ("Home", "2024-04-08"),
        ("ArrowUp", "2024-04-01"),
        ("ArrowLeft", "2024-03-31"),
        ("ArrowRight", "2024-04-01"),
        ("ArrowUp", "2024-03-25"),
        ("PageDown", "2024-04-25"),
        ("ArrowDown", "2024-05-02"),
        ("PageUp", "2024-04-02"),
    ):
        press(key, expected)
    expect(desktop.locator("[data-announced]")).to_have_text("April 2024")
    # Tab leaves the calendar with one press, and comes back to the same day.
    desktop.keyboard.press("Tab")
    assert desktop.evaluate("!document.activeElement.closest('table.calendar')")
    desktop.keyboard.press("Shift+Tab")
    assert focused(desktop) == "2024-04-02"
    with desktop.expect_navigation():
        desktop.keyboard.press("Enter")
    says(desktop, "Tuesday 2 April")


def test_keys_stop_where_the_diary_stops(desktop, may, enter):
    """A shorter month takes its last day, and no key leads past today."""
    enter(desktop, may.user)
    desktop.goto("/months/2024-03/")
    desktop.locator("#day-31").focus()
    with desktop.expect_navigation():
        desktop.keyboard.press("PageUp")
    expect(desktop.locator("#day-29")).to_be_focused()
    today = may.date_at(datetime.now(UTC))
    desktop.goto(f"/months/{today:%Y-%m}/")
    desktop.locator("[aria-current=date]").focus()
    for key in ("ArrowRight", "ArrowDown", "PageDown"):
        desktop.keyboard.press(key)
        assert focused(desktop) == f"{today}"


def test_month_without_scripts_is_a_table_of_links(browser, live_server, may, enter):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    enter(page, may.user)
    page.goto(APRIL)
    expect(page.get_by_role("table", name="Days of April 2024").get_by_role("link")).to_have_count(30)
    assert page.locator("table.calendar a[tabindex]").count() == 0
    follow(page.get_by_role("link", name="May 2024"))
    says(page, "May 2024")
    context.close()


# --- How they look -------------------------------------------------------------------------------------------


def test_days_differ_without_colour(phone, may, enter):
    """In grey and in forced colours each kind of day still has a sign of its own and an edge."""
    enter(phone, may.user)
    for day, word in ((21, "none"), (22, "moderate"), (23, "severe"), (24, "yes")):
        record(may, datetime(2024, 4, day, tzinfo=UTC).date(), word)
    phone.emulate_media(forced_colors="active")
    phone.goto(APRIL)
    drawn = {
        css: phone.locator(f"td.calendar__day--{css} svg.glyph").first.inner_html()
        for css in ("none", "mild", "moderate", "severe", "yes", "missing")
    }
    assert len(set(drawn.values())) == 6
    edges = (
        "td => ((style) => [style.borderStyle, style.borderWidth])(getComputedStyle(td.firstElementChild))"
    )
    assert phone.locator("td.calendar__day--mild").first.evaluate(edges) == ["solid", "1px"]
    assert phone.locator("td.calendar__day--missing").first.evaluate(edges) == ["dashed", "1px"]
    assert_accessible(phone)


@pytest.mark.parametrize("theme", THEMES)
def test_month_trends_and_help_in_every_theme(phone, may, enter, remember, theme):
    today = may.date_at(datetime.now(UTC))
    session(may, today - timedelta(days=100))
    session(may, today - timedelta(days=16))
    remember(phone, COOKIE, theme)
    enter(phone, may.user)
    help_pages = ["/help/", *(f"/help/{key}/" for key in TOPICS), "/help/sources/"]
    for address in [f"/months/{today:%Y-%m}/", APRIL, "/trends/", *help_pages]:
        phone.set_viewport_size({"width": 360, "height": 740})
        phone.goto(address)
        phone.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
        assert_fits(phone)
        assert_accessible(phone)
        phone.set_viewport_size({"width": 320, "height": 640})
        assert_fits(phone)


def test_what_a_finger_meets_is_large_enough(phone, may, enter):
    enter(phone, may.user)
    for address, css in (
        (APRIL, ".what > summary"),
        (APRIL, ".pager a"),
        ("/help/", ".link-list a"),
        ("/help/", ".source-fold > summary"),
    ):
        phone.goto(address)
        sizes = phone.locator(css).evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
        assert sizes
        assert min(sizes) >= 48


def test_explanation_costs_no_room_until_it_is_asked_for(phone, may, enter):
    enter(phone, may.user)
    phone.goto(APRIL)
    card = phone.locator('.count[data-count="8.2.2"]')
    height = "card => card.getBoundingClientRect().height"
    folded = card.evaluate(height)
    card.locator("details").evaluate("one => one.remove()")
    assert folded - card.evaluate(height) <= 12
