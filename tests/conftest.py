"""What every test may ask for: a database like the real one, and pages in a real browser that is watched."""

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    sync_playwright,
)

IN_CI = os.environ.get("CI", "").lower() == "true"
AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"

# Playwright's synchronous interface keeps an event loop running in this thread; Django would take it for
# asynchronous code and refuse the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# A busy machine is no fault of the code, and CI must say the same about the same code every time.
hypothesis.settings.register_profile("ours", max_examples=50, deadline=None, derandomize=IN_CI)
hypothesis.settings.load_profile("ours")


pytest_plugins = ["tests.cast"]


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    # Argon2 is slow on purpose. tests/accounts checks that it comes first outside the tests.
    settings.DATA_DIR = Path(tempfile.mkdtemp(prefix="diary-tests-"))
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


def pytest_unconfigure(config: pytest.Config) -> None:
    from django.conf import settings

    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What stands now stays until the end: looking for garbage in it was a tenth of the time."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what belongs to the other database, and on PostgreSQL what needs no database at all."""
    from django.db import connection

    on_postgresql = connection.vendor == "postgresql"
    unwanted = [item for item in items if belongs_elsewhere(item, on_postgresql)]
    if unwanted:
        config.hook.pytest_deselected(items=unwanted)
        items[:] = [item for item in items if item not in set(unwanted)]


def belongs_elsewhere(item: pytest.Item, on_postgresql: bool) -> bool:
    if not on_postgresql:
        return item.get_closest_marker("postgresql_only") is not None
    fixtures = set(getattr(item, "fixturenames", ()))
    needs_database = item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db"}
    return not needs_database or item.get_closest_marker("sqlite_only") is not None


@pytest.fixture(scope="session", autouse=True)
def flush_past_the_guards() -> None:
    """A test that commits ends by emptying all tables, which the append-only ones refuse to everybody else."""
    from django.db import connection

    from config.append_only import lifted

    # Of the class: beside a browser's event loop a test's end has another connection than its beginning.
    operations: Any = type(connection.ops)
    flush = operations.execute_sql_flush

    def past_the_guards(self: Any, statements: list[str]) -> None:
        with lifted(self.connection):
            flush(self, statements)

    operations.execute_sql_flush = past_the_guards


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest, tmp_path_factory: Any) -> None:
    """A file, not memory: threads of the live server then get connections of their own, as in real life."""
    from django.conf import settings
    from django.db import connection

    if connection.vendor == "sqlite":
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(file)
    else:
        request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture(autouse=True)
def limits_begin_anew(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """Tests that commit leave their counts of attempts behind: Django empties the tables of models alone."""
    yield
    mark = request.node.get_closest_marker("django_db")
    if {"transactional_db", "live_server"} & set(request.fixturenames) or (
        mark and mark.kwargs.get("transaction")
    ):
        from django.core.cache import cache

        with django_db_blocker.unblock():
            cache.clear()


@pytest.fixture(autouse=True)
def no_erasure_outlives_its_test() -> Iterator[None]:
    """The ledger is a file on purpose: it survives a database that is put back, and would survive a test's end."""
    yield
    from django.conf import settings

    Path(settings.DATA_DIR, "erasures").unlink(missing_ok=True)


@pytest.fixture(scope="session", autouse=True)
def requests_are_not_told() -> None:
    """A line for each request would bury what a failing test says. tests/security/test_logs.py reads them."""
    logging.getLogger("diary").setLevel(logging.WARNING)


# --- The browser ---------------------------------------------------------------------------------

CHROMIUM_ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`Content Security Policy: ${event.violatedDirective} refused ${event.blockedURI}`));
"""


PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        give_up = pytest.fail if IN_CI else pytest.skip
        give_up("Chromium is not installed (on Debian: apt-get install chromium)")
    return str(found)


@pytest.fixture(scope="session")
def playwright_() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright_: Playwright) -> Iterator[Browser]:
    browser = playwright_.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def phone(browser: Browser, live_server: Any) -> Iterator[Page]:
    yield from watched_page(browser, live_server.url, **PHONE)


@pytest.fixture
def desktop(browser: Browser, live_server: Any) -> Iterator[Page]:
    yield from watched_page(browser, live_server.url, viewport={"width": 1280, "height": 800})


def watched_page(browser: Browser, origin: str, **options: Any) -> Iterator[Page]:
    """A page at http://localhost. The test fails if anything on it is refused, breaks or leaves home."""
    context = browser.new_context(
        base_url=origin, locale="en-GB", timezone_id="Europe/London", reduced_motion="reduce", **options
    )
    faults: list[str] = []
    watched(context, origin, faults)
    yield context.new_page()
    context.close()
    assert not faults, "\n".join(dict.fromkeys(faults))


def watched(context: BrowserContext, origin: str, faults: list[str]) -> None:
    context.add_init_script(REPORT_VIOLATIONS)
    context.on("console", lambda message: faults.extend(violation(message)))
    context.on("request", lambda request: faults.extend(departure(request, origin)))
    context.on("weberror", lambda error: faults.append(f"uncaught: {error.error}"))


def violation(message: ConsoleMessage) -> list[str]:
    return [message.text] if "Content Security Policy" in message.text else []


def departure(request: Request, origin: str) -> list[str]:
    at_home = request.url.startswith((f"{origin}/", "about:", "blob:", "data:"))
    return [] if at_home else [f"a request left {origin}: {request.url}"]


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """axe(page) fails with a readable list when the page is not accessible."""
    if not AXE.exists():
        pytest.fail("axe-core is missing: ./run test fetches it")
    return assert_accessible


def assert_accessible(page: Page) -> None:
    page.evaluate(AXE.read_text())
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    findings = [
        f"{rule['id']} ({rule['impact']}): {rule['help']}\n    {node['html']}\n    {node['failureSummary']}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]
    assert not findings, f"{page.url} is not accessible:\n" + "\n".join(findings)
