"""Charts in a real browser: the canvas takes the picture's place where it can, and both say the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.template import engines
from playwright.sync_api import Locator, Page, Route, expect

from diary.charts import Chart, Level, Marker, Series

pytestmark = pytest.mark.browser

ADDRESS = "/charts-in-a-page-of-their-own/"
LIBRARY = "**/vendor/chart.js/chart.umd.js"
PAGE = """{% load static %}<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Charts</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
{% for css in styles %}<link rel="stylesheet" href="{% static css %}">{% endfor %}
<link rel="stylesheet" href="{% static 'css/print.css' %}" media="print">
<link rel="icon" href="{% static 'icons/icon.svg' %}" type="image/svg+xml">
</head><body><main class="frame__main page--wide"><h1>Charts</h1>
{% for chart in charts %}{% include "components/chart.html" with chart_id=chart.kind %}{% endfor %}
</main>{% include "components/chart_scripts.html" %}</body></html>"""

BARS = Chart(
    kind="bars",
    title="Headache days",
    description="Bars of headache days.",
    unit="days",
    most=28,
    labels=[[f"weeks {place}", "cycle 1"] for place in range(1, 53)],
    series=[
        Series(key="counted", label="Headache days", values=[14, None, 0, *[9] * 49]),
        Series(key="missing", label="Not recorded", values=[4, 28, 0, *[1] * 49]),
    ],
    levels=[
        Level(key="baseline", label="Baseline", value=20),
        Level(key="published", label="Published number", value=15),
    ],
    markers=[Marker(before=place, label=f"Injection {place}") for place in range(4, 52, 3)],
    emphasis=list(range(6, 52, 3)),
)
LINES = Chart(
    kind="lines",
    title="Weeks of the cycle",
    description="Lines of headache days.",
    unit="days",
    most=7,
    labels=[[str(week)] for week in range(1, 13)],
    series=[Series(key=f"series-{n}", label=f"Cycle {n}", values=[n, None, *[n] * 10]) for n in range(1, 7)],
    levels=[],
    markers=[],
    emphasis=[],
)


def show(page: Page, *charts: Chart) -> Locator:
    """The first figure of a page with these charts, under the policy of every page."""
    styles = [f"css/{name}.css" for name in ("tokens", "base", "components", "charts")]
    html = engines["django"].from_string(PAGE).render({"charts": charts, "styles": styles})
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    policy = "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())

    def answer(route: Route) -> None:
        headers = {"Content-Type": "text/html", "Content-Security-Policy": policy}
        route.fulfill(body=html, headers=headers)

    page.route(f"**{ADDRESS}", answer)
    page.goto(ADDRESS)
    return page.locator("figure").first


def turn_to(page: Page) -> None:
    """Somebody takes the keyboard, whose keys read the charts."""
    page.keyboard.press("Shift")


def refuse(route: Route) -> None:
    route.abort()


def ink(figure: Locator) -> str:
    return str(figure.locator("canvas").evaluate("canvas => canvas.toDataURL()"))


def test_canvas_takes_the_place_of_the_picture(desktop: Page, axe: Callable[[Page], None]) -> None:
    figure = show(desktop, BARS, LINES)
    turn_to(desktop)
    for drawn in desktop.locator("figure").all():
        expect(drawn.locator("canvas")).to_be_visible()
        expect(drawn.locator(".figure__svg")).to_be_hidden()
    figure.locator("summary").click()
    expect(figure.locator("table")).to_be_visible()
    axe(desktop)


def test_who_only_looks_fetches_no_library_and_sees_the_picture(phone: Page) -> None:
    fetched: list[str] = []
    phone.on("request", lambda request: fetched.append(request.url))
    figure = show(phone, BARS)
    expect(figure.locator(".chart--narrow")).to_be_visible()
    phone.wait_for_load_state("networkidle")
    assert [url for url in fetched if "charts.js" in url]
    assert not [url for url in fetched if "chart.umd" in url]
    figure.tap(position={"x": 20, "y": 20})
    expect(figure.locator("canvas")).to_be_visible()
    assert [url for url in fetched if "chart.umd" in url]


def test_picture_stays_without_the_library(phone: Page, axe: Callable[[Page], None]) -> None:
    phone.route(LIBRARY, refuse)
    with phone.expect_event("requestfailed"):
        figure = show(phone, BARS, LINES)
        turn_to(phone)
    expect(figure.locator(".chart--narrow")).to_be_visible()
    expect(figure.locator(".chart--wide")).to_be_hidden()
    expect(figure.locator("canvas")).to_be_hidden()
    axe(phone)


def test_nothing_moves_when_the_canvas_comes(phone: Page) -> None:
    phone.route(LIBRARY, refuse)
    without = show(phone, BARS).bounding_box()
    phone.unroute(LIBRARY)
    figure = show(phone, BARS)
    figure.tap(position={"x": 20, "y": 20})
    expect(figure.locator("canvas")).to_be_visible()
    drawn = figure.bounding_box()
    assert without
    assert drawn
    assert drawn["height"] == pytest.approx(without["height"], abs=1)
    assert drawn["x"] + drawn["width"] <= 360


def test_arrow_keys_read_the_numbers(desktop: Page) -> None:
    figure = show(desktop, BARS)
    turn_to(desktop)
    canvas, spoken = figure.locator("canvas"), figure.get_by_role("status")
    expect(canvas).to_be_visible()
    words = "Bars of headache days. The same numbers are in the table below."
    expect(canvas).to_have_accessible_name(words)
    canvas.press("ArrowRight")
    expect(spoken).to_have_text("weeks 1, cycle 1. Headache days: 14; Not recorded: 4")
    canvas.press("ArrowRight")
    expect(spoken).to_have_text("weeks 2, cycle 1. Not recorded: 28")
    canvas.press("End")
    expect(spoken).to_have_text("weeks 52, cycle 1. Headache days: 9; Not recorded: 1")
    canvas.press("Home")
    canvas.press("ArrowLeft")
    expect(spoken).to_have_text("weeks 1, cycle 1. Headache days: 14; Not recorded: 4")
    canvas.press("Escape")
    expect(spoken).to_have_text("")


def test_colours_follow_the_theme(desktop: Page) -> None:
    figure = show(desktop, BARS)
    turn_to(desktop)
    expect(figure.locator("canvas")).to_be_visible()
    light = ink(figure)
    desktop.evaluate("() => { document.documentElement.dataset.theme = 'dim'; }")
    dim = ink(figure)
    desktop.evaluate("() => { document.documentElement.removeAttribute('data-theme'); }")
    assert ink(figure) == light
    desktop.emulate_media(color_scheme="dark")
    desktop.wait_for_timeout(100)
    assert len({light, dim, ink(figure)}) == 3


def test_print_shows_the_picture(desktop: Page) -> None:
    figure = show(desktop, BARS)
    turn_to(desktop)
    canvas = figure.locator("canvas")
    expect(canvas).to_be_visible()
    before = canvas.bounding_box()
    desktop.emulate_media(media="print")
    expect(figure.locator(".chart--wide")).to_be_visible()
    expect(canvas).to_be_hidden()
    desktop.emulate_media(media="screen")
    expect(canvas).to_be_visible()
    desktop.wait_for_timeout(100)
    assert canvas.bounding_box() == before
