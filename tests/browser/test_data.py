"""Taking a copy along, leaving and changing one's mind, in a real browser."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Request, expect

from accounts.themes import COOKIE, THEMES
from clinic.models import CareLink, Clinic
from diary.models import Deletion
from tests.browser.steps import ZONE, assert_fits, say_password, tap, told
from tests.cast import medicine, new_patient, record, session, share, with_password
from tests.conftest import assert_accessible

pytestmark = pytest.mark.browser


@pytest.fixture
def mona(transactional_db):
    patient = new_patient("Mona Mover", time_zone=ZONE)
    with_password(patient.user)
    clinic = Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")
    share(patient, clinic, "R-1")
    triptan = medicine(patient, strength="50 mg")
    today = patient.date_at(datetime.now(UTC))
    for back in range(40):
        word = "severe" if back % 5 == 0 else "none"
        taken = [triptan] if back % 5 == 0 else []
        record(patient, today - timedelta(days=back), word, *taken, note="in bed by noon" if taken else "")
    session(patient, today - timedelta(days=30), clinic=clinic, product="Botox", units=155, sites=31)
    return patient


@pytest.fixture
def as_mona(phone, mona, enter):
    enter(phone, mona.user, minutes_ago=16)
    return phone


def test_download_everything_and_read_it_offline(as_mona, mona, axe, tmp_path, browser):
    page = as_mona
    page.goto("/")
    page.locator("summary", has_text="Account").tap()
    page.get_by_role("link", name="My data").tap()
    expect(page.get_by_role("heading", name="My data")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Download a copy").tap()
    say_password(page)
    expect(page.get_by_role("heading", name="Download a copy")).to_be_visible()
    axe(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download everything").tap()
    assert download.value.suggested_filename.endswith(".zip")
    with zipfile.ZipFile(download.value.path()) as zipped:
        zipped.extractall(tmp_path)
    assert len(json.loads((tmp_path / "diary.json").read_text())["days"]) == 40
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the days", exact=True).tap()
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
        assert_fits(copy)
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
    tap(page.get_by_role("button", name="Delete my diary"))
    say_password(page)
    expect(page.get_by_role("heading", name="It will be deleted on")).to_be_visible()
    axe(page)
    assert CareLink.objects.get().ends_at is not None
    page.goto("/")
    axe(page)
    tap(page.get_by_role("button", name="Keep my diary"))
    told(page, "Your diary stays.")
    assert not Deletion.objects.exists()
    axe(page)


OLD_DIARY = """date,headache,medicines,note
2025-05-01,mild,Imigran 50 mg x2,"two
lines"
2025-05-02,none,,
31/12/2025,mild,,
2025-05-05,moderate,Oma's Tropfen x2,
"""


def test_file_from_elsewhere_is_looked_at_imported_and_taken_back(as_mona, mona, axe):
    page = as_mona
    page.goto("/data/")
    tap(page.get_by_role("link", name="Import a file"))
    axe(page)
    file = {"name": "old.csv", "mimeType": "text/csv", "buffer": OLD_DIARY.encode()}
    page.get_by_label("Diary file").set_input_files(file)
    tap(page.get_by_role("button", name="Look at it first"))
    expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
    expect(page.get_by_text("line 5: date: '31/12/2025' is not YYYY-MM-DD")).to_be_visible()
    assert_fits(page)
    axe(page)
    page.get_by_label("Oma's Tropfen").select_option("non_opioid")
    tap(page.get_by_role("button", name="Look again with these"))
    tap(page.get_by_role("button", name="Import 3 days"))
    told(page, "3 days imported, 1 row left out.")
    assert_fits(page)
    axe(page)
    old = mona.days.filter(date__year=2025)
    assert [(day.date.day, day.headache) for day in old.order_by("date")] == [
        (1, "mild"),
        (2, "none"),
        (5, "moderate"),
    ]
    tap(page.get_by_role("button", name="Undo"))
    told(page, "3 days taken back.")
    assert not old.exists()

    attacks = '"#","Started","Lasted","Pain Level"\n"1","03/04/25 22:30","03h 00m","7"\n'
    file = {"name": "attacks.csv", "mimeType": "text/csv", "buffer": attacks.encode()}
    page.get_by_label("Diary file").set_input_files(file)
    tap(page.get_by_role("button", name="Look at it first"))
    axe(page)
    assert_fits(page)
    page.get_by_role("radio", name="The day: 03/04/26 is the 3rd of April").check()
    tap(page.get_by_role("button", name="Look again with this"))
    tap(page.get_by_role("button", name="Import 2 days"))
    told(page, "2 days imported.")
    assert [f"{day.date}" for day in old.order_by("date")] == ["2025-04-03", "2025-04-04"]


@pytest.mark.parametrize("theme", THEMES)
def test_pages_fit_and_are_accessible(as_mona, mona, remember, theme):
    page = as_mona
    remember(page, COOKIE, theme)
    page.goto("/data/copy/")
    say_password(page)
    for name in ("data", "data/copy", "data/import", "data/delete", "asked"):
        if name == "asked":
            Deletion.objects.create(patient=mona, due_at=datetime.now(UTC) + timedelta(days=7))
        for width in (360, 320, 1280):
            page.set_viewport_size({"width": width, "height": 740})
            page.goto("/data/delete/" if name == "asked" else f"/{name}/")
            assert_fits(page)
            assert_accessible(page)
