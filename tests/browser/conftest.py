"""How people come to the pages that a browser opens, without typing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.cast import signed_in

expect.set_options(timeout=20_000)  # a busy machine draws slowly

Remember = Callable[[Page, str, str], None]


@pytest.fixture
def remember(live_server: Any) -> Remember:
    """remember(page, name, value) leaves a cookie as the site itself would."""
    origin = live_server.url.replace("http:", "https:")  # the names of our cookies ask for it

    def add(page: Page, name: str, value: str) -> None:
        page.context.add_cookies([{"name": name, "value": value, "url": origin}])

    return add


@pytest.fixture
def enter(remember: Remember, settings: Any) -> Callable[..., None]:
    """enter(page, user): signed in just now, or some minutes ago. The form itself is tested in tests/accounts."""

    def add(page: Page, user: User, minutes_ago: int = 0) -> None:
        name = settings.SESSION_COOKIE_NAME
        remember(page, name, signed_in(user, minutes_ago=minutes_ago).cookies[name].value)

    return add
