"""Every browser test is watched (tests/conftest.py). Here the watch is shown what it must report."""

import pytest
from playwright.sync_api import expect

from tests.conftest import assert_accessible, watched_page

pytestmark = pytest.mark.browser
SIGN_IN = "/accounts/login/"


def test_sign_in_page_is_quiet_and_accessible(phone, axe):
    phone.goto(SIGN_IN)
    expect(phone.locator("form input[name=login]")).to_be_visible()
    axe(phone)


@pytest.mark.parametrize(
    ("deed", "report"),
    [
        (
            "const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
            "document.body.append(script)",
            "Content Security Policy",
        ),
        ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
        ("new Image().src = 'http://elsewhere.invalid/pixel.png'", "Content Security Policy"),
        ("setTimeout(() => { throw new Error('broken script'); })", "broken script"),
    ],
)
def test_watch_reports(browser, live_server, deed, report):
    pages = watched_page(browser, live_server.url)
    page = next(pages)
    page.goto(SIGN_IN)
    page.evaluate(f"() => {{ {deed} }}")
    page.wait_for_timeout(100)
    assert page.evaluate("window.ran") is None
    with pytest.raises(AssertionError, match=report):
        next(pages, None)


def test_watch_reports_departure(browser, live_server):
    pages = watched_page(browser, live_server.url)
    page = next(pages)
    page.goto(SIGN_IN)
    elsewhere = live_server.url.replace("localhost", "127.0.0.1")
    page.goto(elsewhere + SIGN_IN)
    with pytest.raises(AssertionError, match="a request left"):
        next(pages, None)


def test_axe_reports(phone):
    phone.goto(SIGN_IN)
    phone.evaluate("() => document.body.append(document.createElement('button'))")
    with pytest.raises(AssertionError, match="button-name"):
        assert_accessible(phone)
