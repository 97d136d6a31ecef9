import re

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import RequestFactory

from accounts import themes

CSS = settings.BASE_DIR / "static" / "css"


def request_with(value: str):
    request = RequestFactory().get("/")
    request.COOKIES[themes.COOKIE] = value
    return request


@pytest.mark.parametrize("theme", themes.THEMES)
def test_a_choice_is_remembered_for_a_year(client, theme):
    response = client.post("/theme/", {"theme": theme, "next": "/help/?from=here"})
    assert (response.status_code, response.url) == (302, "/help/?from=here")
    cookie = response.cookies[themes.COOKIE]
    assert cookie.value == theme
    assert cookie["max-age"] == themes.A_YEAR
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    assert (cookie["path"], cookie["domain"]) == ("/", "")


@pytest.mark.parametrize("theme", ["", "purple", "dim\r\nSet-Cookie: a=b"])
def test_anything_else_forgets_the_choice(client, theme):
    client.post("/theme/", {"theme": "dim"})
    cookie = client.post("/theme/", {"theme": theme}).cookies[themes.COOKIE]
    assert (cookie.value, cookie["max-age"]) == ("", 0)


@pytest.mark.parametrize("address", ["", "https://elsewhere.example/", "//elsewhere.example", "javascript:x"])
def test_the_way_back_stays_on_this_site(client, address):
    assert client.post("/theme/", {"theme": "dark", "next": address}).url == "/"


def test_looking_changes_nothing(client):
    response = client.get("/theme/?theme=dim")
    assert response.status_code == 405
    assert themes.COOKIE not in response.cookies


@pytest.mark.parametrize(
    ("cookie", "theme"), [("light", "light"), ("dark", "dark"), ("dim", "dim"), ("", ""), ('"><script>', "")]
)
def test_only_known_themes_are_read(cookie, theme):
    assert themes.chosen(request_with(cookie)) == theme


@pytest.mark.django_db
@pytest.mark.parametrize("theme", themes.THEMES)
def test_the_page_arrives_in_the_chosen_colours(client, theme):
    client.cookies[themes.COOKIE] = theme
    page = client.get("/accounts/login/").content.decode()
    assert f'data-theme="{theme}"' in page
    assert re.search(rf'value="{theme}" aria-pressed="true"', page)


@pytest.mark.django_db
def test_without_a_choice_the_page_follows_the_device(client):
    page = client.get("/accounts/login/").content.decode()
    assert "data-theme=" not in page
    assert 'content="light dark"' in page


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_error_pages_need_nothing_of_the_request(status):
    page = render_to_string(f"errors/{status}.html")
    assert "<h1>" in page
    assert "csrfmiddlewaretoken" not in page


def block(css: str, selector: str) -> dict[str, str]:
    start = css.index(selector + " {")
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", css[start : css.index("}", start)]))


TOKENS = (CSS / "tokens.css").read_text()
LIGHT = block(TOKENS, ":root")
COLOURS = {
    "light": LIGHT,
    "dark": LIGHT | block(TOKENS, '[data-theme="dark"]'),
    "dim": LIGHT | block(TOKENS, '[data-theme="dim"]'),
}


def test_dark_by_the_device_is_dark_by_choice():
    assert block(TOKENS, ":root:not([data-theme])") == block(TOKENS, '[data-theme="dark"]')


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


TEXT = [
    *[("text", ground) for ground in ("page", "surface", "raised", "accent-soft", "danger-soft")],
    *[
        (word, ground)
        for word in ("muted", "accent", "danger", "chart-text")
        for ground in ("page", "surface")
    ],
    *[("on-" + ground, ground) for ground in ("accent", "danger", "none", "mild", "moderate", "severe")],
    *[("chart-" + word, "surface") for word in ("baseline", "published", "marker")],
    ("muted", "raised"),
    ("muted", "accent-soft"),
    ("danger", "danger-soft"),
    ("page", "text"),
    ("surface", "text"),
]
PARTS = [
    *[("control", ground) for ground in ("page", "surface")],
    *[("chart-" + part, "surface") for part in ("counted", "missing", "emphasis")],
    *[(f"chart-series-{number}", "surface") for number in range(1, 7)],
]


@pytest.mark.parametrize("theme", COLOURS)
def test_text_and_parts_stand_out(theme):
    colours = COLOURS[theme]
    faint = [
        (front, ground)
        for pairs, least in ((TEXT, 4.5), (PARTS, 3))
        for front, ground in pairs
        if contrast(colours[front], colours[ground]) < least
    ]
    assert faint == []


def test_styles_need_nothing_from_elsewhere():
    for file in CSS.glob("*.css"):
        assert not re.search(r"url\(|@import|@font-face|data:", file.read_text()), file.name
