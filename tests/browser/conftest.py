"""How people come to the pages that a browser opens, without typing."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect

from accounts.models import User
from tests.browser.network import Network
from tests.cast import signed_in
from tests.conftest import CHROMIUM_ARGUMENTS, PHONE, chromium, watched, watched_page

expect.set_options(timeout=20_000)  # a busy machine draws slowly

Remember = Callable[[Page, str, str], None]


@pytest.fixture
def remember(live_server: Any) -> Remember:
    """remember(page, name, value) leaves a cookie as the site itself would."""
    origin = live_server.url.replace("http:", "https:")  # the names of our cookies ask for it

    def add(page: Page, name: str, value: str) -> None:
        soon = time.time() + 3600
        page.context.add_cookies([{"name": name, "value": value, "url": origin, "expires": soon}])

    return add


@pytest.fixture
def enter(remember: Remember, settings: Any) -> Callable[..., None]:
    """enter(page, user): signed in just now, or some minutes ago. The form itself is tested in tests/accounts."""

    def add(page: Page, user: User, minutes_ago: int = 0) -> None:
        name = settings.SESSION_COOKIE_NAME
        remember(page, name, signed_in(user, minutes_ago=minutes_ago).cookies[name].value)

    return add


@pytest.fixture
def network(live_server: Any) -> Iterator[Network]:
    """What lies between a handset and the server."""
    network = Network(live_server.thread.port)
    yield network
    network.close()


@pytest.fixture
def handset(browser: Browser, network: Network) -> Iterator[Page]:
    """A phone behind that network."""
    yield from watched_page(browser, network.url, **PHONE)


class Phone:
    """A phone whose browser can be killed and started again, with all that it kept on its disk."""

    def __init__(self, playwright: Playwright, network: Network, disk: Path) -> None:
        self.playwright, self.network, self.disk = playwright, network, disk
        self.faults: list[str] = []
        self.context: BrowserContext | None = None

    def start(self) -> Page:
        self.context = self.playwright.chromium.launch_persistent_context(
            self.disk,
            executable_path=chromium(),
            args=CHROMIUM_ARGUMENTS,
            base_url=self.network.url,
            locale="en-GB",
            timezone_id="Europe/London",
            reduced_motion="reduce",
            **PHONE,
        )
        watched(self.context, self.network.url, self.faults)
        return self.context.pages[0]

    def kill(self) -> None:
        """Without a word to any page."""
        disk = f"--user-data-dir={self.disk}".encode()
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and is_main_process(process, disk):
                os.kill(int(process.name), signal.SIGKILL)
        assert self.context
        with contextlib.suppress(Error):  # it is closed already
            self.context.close()
        self.context = None


def is_main_process(process: Path, disk: bytes) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return disk in words and not any(word.startswith(b"--type=") for word in words)


@pytest.fixture
def mortal(playwright_: Playwright, network: Network, tmp_path: Path) -> Iterator[Phone]:
    phone = Phone(playwright_, network, tmp_path / "phone")
    yield phone
    if phone.context:
        phone.context.close()
    assert not phone.faults, "\n".join(dict.fromkeys(phone.faults))
