"""What people do and see in a browser, step by step."""

from __future__ import annotations

from datetime import UTC, date, datetime

from playwright.sync_api import CDPSession, Locator, Page, expect

from diary.models import Patient
from tests.cast import PASSWORD

# A zone in which it is about noon now: these journeys use the real clock, and none may cross midnight.
ZONE = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


def today_of(patient: Patient) -> date:
    return patient.date_at(datetime.now(UTC))


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def visited(page: Page) -> None:
    """Once with a network, so that the phone has what it needs without one."""
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    expect(button(page, "No headache")).to_be_visible()


def follow(locator: Locator) -> None:
    """A click that leads to a page, which is then there as a whole."""
    with locator.page.expect_navigation():
        locator.click()


def tap(locator: Locator) -> None:
    """The same with a finger."""
    with locator.page.expect_navigation():
        locator.tap()


def says(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def told(page: Page, words: str) -> None:
    """A message above the page. It is read out a moment later, and its words stand there twice from then on."""
    expect(page.locator(".messages")).to_contain_text(words)


def say_password(page: Page) -> None:
    """Asked whether it is they."""
    says(page, "Is it you?")
    page.get_by_label("Password").fill(PASSWORD)
    follow(page.get_by_role("button", name="Go on"))


def with_authenticator(page: Page) -> tuple[CDPSession, str]:
    """A virtual one, which shows a finger whenever it is asked."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def path_of(address: str) -> str:
    return "/" + address.partition("//")[2].partition("/")[2]


def assert_fits(page: Page) -> None:
    """Nothing sticks out sideways."""
    found, width = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert found <= width, f"{page.url} is {found} wide on a screen of {width}"
