"""Taking a copy along, leaving and changing one's mind, in a real browser."""

from __future__ import annotations

import json
import os
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Request, expect

from accounts.themes import COOKIE, THEMES
from clinic.models import CareLink, Clinic
from diary.models import Deletion
from tests.cast import medicine, new_patient, record, session, share
from tests.conftest import assert_accessible

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
PASSWORD = "a pass phrase for tests"
PICTURES = os.environ.get("PICTURES")
"""A folder, to look at the pages."""


@pytest.fixture
def mona(transactional_db, live_server):
    patient = new_patient("Mona Mover")
    patient.user.set_password(PASSWORD)
    patient.user.save()
    clinic = Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")
    share(patient, clinic, "R-1")
    triptan = medicine(patient, strength="50 mg")
    today = datetime.now(UTC).date()
    for back in range(40):
        word = "severe" if back % 5 == 0 else "none"
        taken = [triptan] if back % 5 == 0 else []
        record(patient, today - timedelta(days=back), word, *taken, note="in bed by noon" if taken else "")
    session(patient, today - timedelta(days=30), clinic=clinic, product="Botox", units=155, sites=31)
    return patient


@pytest.fixture
def as_mona(phone, mona, live_server):
    client = Client()
    client.force_login(mona.user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    origin = live_server.url.replace("http:", "https:")
    phone.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": origin}])
    return phone


def says_password(page):
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Go on").tap()


def picture(page, name):
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def test_download_everything_and_read_it_offline(as_mona, mona, axe, tmp_path, browser):
    page = as_mona
    page.goto("/")
    page.locator("summary", has_text="Account").tap()
    page.get_by_role("link", name="My data").tap()
    expect(page.get_by_role("heading", name="My data")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Download a copy").tap()
    says_password(page)
    expect(page.get_by_role("heading", name="Download a copy")).to_be_visible()
    axe(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download everything").tap()
    assert download.value.suggested_filename.endswith(".zip")
    with zipfile.ZipFile(download.value.path()) as zipped:
        zipped.extractall(tmp_path)
    assert len(json.loads((tmp_path / "diary.json").read_text())["days"]) == 40
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the days").tap()
    assert Path(download.value.path()).read_text() == (tmp_path / "diary.csv").read_bytes().decode().replace(
        "\r\n", "\n"
    )

    for scheme in ("light", "dark"):
        context = browser.new_context(
            offline=True, color_scheme=scheme, viewport={"width": 360, "height": 740}
        )
        asked: list[Request] = []
        context.on("request", lambda request, seen=asked: seen.append(request))
        copy = context.new_page()
        copy.goto((tmp_path / "index.html").as_uri())
        expect(copy.get_by_role("heading", name="Recorded days")).to_be_visible()
        assert_accessible(copy)
        assert copy.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        picture(copy, f"copy-{scheme}")
        context.close()
        assert [request.url.partition(":")[0] for request in asked] == ["file"]


def test_ask_for_deletion_and_change_ones_mind(as_mona, mona, axe):
    page = as_mona
    page.goto("/data/delete/")
    axe(page)
    page.get_by_role("button", name="Delete my diary").tap()
    # The browser itself asks for the tick.
    assert page.url.endswith("/data/delete/")
    page.get_by_label("I understand that this cannot be undone afterwards").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Delete my diary").tap()
    says_password(page)
    expect(page.get_by_role("heading", name="It will be deleted on")).to_be_visible()
    axe(page)
    assert CareLink.objects.get().ends_at is not None
    page.goto("/")
    axe(page)
    picture(page, "notice")
    with page.expect_navigation():
        page.get_by_role("button", name="Keep my diary").tap()
    expect(page.get_by_text("Your diary stays.")).to_be_visible()
    assert not Deletion.objects.exists()
    axe(page)


@pytest.mark.parametrize("theme", THEMES)
def test_pages_fit_and_are_accessible(as_mona, mona, live_server, theme):
    page = as_mona
    origin = live_server.url.replace("http:", "https:")
    page.context.add_cookies([{"name": COOKIE, "value": theme, "url": origin}])
    page.goto("/data/copy/")
    says_password(page)
    for name in ("data", "data/copy", "data/delete", "asked"):
        if name == "asked":
            Deletion.objects.create(patient=mona, due_at=datetime.now(UTC) + timedelta(days=7))
        for width in (360, 320, 1280):
            page.set_viewport_size({"width": width, "height": 740})
            page.goto("/data/delete/" if name == "asked" else f"/{name}/")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            picture(page, f"{name.replace('/', '-')}-{theme}-{width}")
            assert_accessible(page)
