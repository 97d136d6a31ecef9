"""A patient's diary as a PDF: what it says of each day, and that it is tagged."""

from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from clinic.diary_paper import diary_pdf, diary_words
from tests.cast import TODAY, medicine, new_patient, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(db, noon):
    patient = new_patient("Anna Example")
    triptan = medicine(patient, strength="50 mg")
    record(patient, date(2026, 4, 30), "none")
    record(patient, date(2026, 5, 2), "severe", triptan, pain=8, hours="2.50", note="two\nlines " + "x" * 200)
    record(patient, date(2026, 5, 3), "mild", note="日本 \x07 שלום")
    return patient


def test_every_day_of_a_month_is_on_its_sheet_recorded_or_not(anna):
    april, may = diary_words(anna, TODAY)["months"]
    assert len(april["rows"]) == 30
    assert [row[1] for row in april["rows"]] == ["not recorded"] * 29 + ["No headache"]
    assert may["rows"][1][1:5] == ["Severe headache", "8", "2.5", "sumatriptan 50 mg"]
    assert may["rows"][1][5].endswith("x…")
    assert may["rows"][0][1] == "not recorded"


def test_counts_are_ranges_where_days_are_missing(anna):
    words = diary_words(anna, TODAY)
    assert words["months-rows"][1] == ["May 2026", "2 of 31", "2–31", "1–30", "1–30"]


def test_day_to_come_is_not_called_missing(anna):
    record(anna, TODAY, "none")
    june = diary_words(anna, TODAY)["months"][2]
    assert june["rows"][TODAY.day - 2][1] == "not recorded"
    assert june["rows"][TODAY.day][1] == ""


def test_it_is_a_tagged_pdf_of_a_summary_and_a_page_a_month(anna):
    found = PdfReader(BytesIO(diary_pdf(anna, TODAY)))
    texts = [page.extract_text() for page in found.pages]
    assert len(texts) == 3
    assert "Month by month" in texts[0]
    assert "April 2026" in texts[1]
    assert "sumatriptan 50 mg" in texts[2]
    assert found.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in found.trailer["/Root"]


def test_full_month_with_long_notes_stays_on_its_page(anna):
    drug = anna.medicines.create(
        name="A medicine with quite a long name " + "x" * 40, medication_class="other"
    )
    for day in range(1, 32):
        record(anna, date(2026, 3, day), "severe", drug, pain=10, note="word " * 300)
    texts = [page.extract_text() for page in PdfReader(BytesIO(diary_pdf(anna, TODAY))).pages]
    assert len(texts) == 4
    assert "March 2026" in texts[1]


def test_same_diary_gives_the_same_bytes_and_an_empty_one_a_sheet(anna):
    assert diary_pdf(anna, TODAY) == diary_pdf(anna, TODAY)
    assert len(PdfReader(BytesIO(diary_pdf(new_patient("Nobody Yet"), TODAY))).pages) == 1
