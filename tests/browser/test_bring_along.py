"""Bringing a diary along on a phone, and taking one away: each file in a real browser, with what a reader hears."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle
from playwright.sync_api import expect

from tests.browser.steps import ZONE, assert_fits, say_password, told
from tests.cast import new_patient, record, session, with_password

pytestmark = pytest.mark.browser


@pytest.fixture
def mona(transactional_db):
    patient = new_patient("Mona Mover", time_zone=ZONE)
    with_password(patient.user)
    return patient


@pytest.fixture
def as_mona(phone, mona, enter):
    enter(phone, mona.user)
    return phone


def choose(page, name, content, kind="application/octet-stream"):
    page.goto("/data/import/")
    page.get_by_label("Diary file").set_input_files({"name": name, "mimeType": kind, "buffer": content})
    page.get_by_role("button", name="Look at it first").tap()


def facts(page):
    return dict(
        zip(
            page.locator("dl.facts dt").all_inner_texts(),
            page.locator("dl.facts dd").all_inner_texts(),
            strict=True,
        )
    )


def health(patient, *values):
    today = patient.date_at(datetime.now(UTC))
    records = "".join(
        f'<Record type="HKCategoryTypeIdentifierHeadache" startDate="{today - timedelta(days=back)} 11:00:00 +0000" '
        f'endDate="{today - timedelta(days=back)} 12:00:00 +0000" value="HKCategoryValueSeverity{value}"/>'
        for back, value in enumerate(values, start=2)
    )
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "apple_health_export/export.xml", f"<!DOCTYPE HealthData []><HealthData>{records}</HealthData>"
        )
    return file.getvalue()


def test_apple_health_is_looked_at_imported_and_taken_back(as_mona, mona, axe):
    page = as_mona
    choose(page, "export.zip", health(mona, "Severe", "NotPresent", "Mild"), "application/zip")
    expect(page.get_by_role("heading", name="Before the import")).to_be_visible()
    assert facts(page)["Days to add"] == "3"
    axe(page)
    assert_fits(page)
    assert not mona.days.exists()
    page.get_by_role("button", name="Import 3 days").tap()
    told(page, "3 days imported.")
    assert sorted(mona.days.values_list("headache", flat=True)) == ["mild", "none", "severe"]
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="Undo").tap()
    told(page, "3 days taken back.")
    assert not mona.days.exists()


def test_yellow_days_and_an_unknown_medicine_are_asked_about_one_after_the_other(as_mona, mona, axe):
    now = datetime.now(UTC)
    moment = int((now - timedelta(days=5)).timestamp() * 1000)
    yellow = mona.date_at(now) - timedelta(days=9)
    content = {
        "metadata": {"episodeCount": 1, "medicationCount": 1},
        "episodes": [{"id": "e", "startTime": moment}],
        "medications": [{"id": "m", "name": "Oma's Tropfen", "type": "rescue"}],
        "medicationDoses": [{"id": "d", "medicationId": "m", "timestamp": moment, "quantity": 1}],
        "dailyStatusLogs": [{"id": "s", "date": str(yellow), "status": "yellow"}],
    }
    page = as_mona
    choose(page, "migralog.json", json.dumps(content).encode(), "application/json")
    expect(page.get_by_text("What were the yellow days of this file?")).to_be_visible()
    axe(page)
    assert_fits(page)
    page.get_by_label("Days without a headache").check()
    page.get_by_role("button", name="Look again with this").tap()
    page.get_by_label("Oma's Tropfen").select_option("other")
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="Look again with these").tap()
    expect(page.get_by_role("button", name="Look again with these")).to_have_count(0)
    assert facts(page)["Rows left out"] == "0"
    page.get_by_role("button", name="Import 2 days").tap()
    told(page, "2 days imported.")
    assert mona.days.get(date=yellow).headache == "none"
    assert [one.name for one in mona.medicines.all()] == ["Oma's Tropfen"]


def test_file_that_means_harm_is_refused_in_words(as_mona, mona, axe):
    page = as_mona
    bomb = b'<!DOCTYPE HealthData [<!ENTITY a "b">]><HealthData>&a;</HealthData>'
    choose(page, "export.xml", bomb, "text/xml")
    expect(page.get_by_text("This export cannot be read: it declares entities")).to_be_visible()
    axe(page)
    assert_fits(page)
    assert not mona.days.exists()


def test_which_files_can_be_read_is_said_and_a_second_file_has_its_place(as_mona, axe, tmp_path):
    page = as_mona
    page.goto("/data/import/")
    page.locator("summary", has_text="Which files can be read").tap()
    expect(page.get_by_text("MigraLog: its JSON")).to_be_visible()
    page.locator("summary", has_text="The doses are in a second file").tap()
    axe(page)
    assert_fits(page)
    when = datetime.now(UTC).date() - timedelta(days=4)
    log = "start_time,end_time,intensity,medication,triggers,notes\n" + f"{when} 02:10:00,,9,,,\n"
    doses = f"taken_at,medication,kind,amount,unit\n{when} 02:20:00,Sumatriptan,abortive,50,mg\n"
    for label, text in (("Diary file", log), ("Doses, if they are", doses)):
        page.get_by_label(label).set_input_files(
            {"name": "x.csv", "mimeType": "text/csv", "buffer": text.encode()}
        )
    page.get_by_role("button", name="Look at it first").tap()
    page.get_by_text("The days to add", exact=True).tap()
    expect(page.get_by_text("sumatriptan 50 mg ×1")).to_be_visible()


@pytest.mark.parametrize(
    ("button", "ending"),
    [
        ("Download the days", ".csv"),
        ("Download the days as JSON", ".json"),
        ("Download the dates", ".ics"),
        ("Download as FHIR", ".fhir.json"),
        ("Download the PDF", ".pdf"),
    ],
)
def test_each_copy_is_a_download(as_mona, mona, axe, button, ending):
    today = mona.date_at(datetime.now(UTC))
    record(mona, today - timedelta(days=3), "severe")
    session(mona, today - timedelta(days=30), product="Botox", units=155)
    page = as_mona
    page.goto("/data/copy/")
    if page.get_by_label("Password").count():
        say_password(page)
    axe(page)
    assert_fits(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).tap()
    assert download.value.suggested_filename == f"headache-diary-{today}{ending}"
    if ending == ".pdf":
        assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
        return
    text = Path(download.value.path()).read_text()
    if ending == ".fhir.json":
        Bundle.model_validate_json(text)
    words = {".csv": "severe", ".json": '"severe"', ".ics": "Botox\\, 155 units", ".fhir.json": '"severe"'}
    assert words[ending] in text.replace("\r\n ", "")
