"""A patient's own file: looked at, imported, taken back; nobody else's batch is theirs to take back."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from clinic.models import CareLink, ImportBatch
from diary.models import DiaryDay
from tests.cast import TODAY, new_patient, record, share, visitor

ADDRESS = "/data/import/"
FILE = """date,headache,medicines,note
2026-05-01,mild,Imigran 50 mg x2,
2026-05-02,none,,
2026-05-03,severe,,"two
lines"
31/12/2026,mild,,
2026-05-05,moderate,Oma's Tropfen x2,
"""


@pytest.fixture
def anna(db, noon):
    return new_patient("Anna Example")


@pytest.fixture
def as_anna(anna):
    return visitor(anna.user)


def upload(who, content, status=200):
    return who.sends(ADDRESS, status, file=SimpleUploadedFile("diary.csv", content.encode(), "text/csv"))


def goes_on(who, page, status=200, **form):
    return who.sends(ADDRESS, status, looked_at=page.filled("looked_at"), **form)


def dates(patient):
    return [f"{day.date:%m-%d}" for day in patient.days.order_by("date")]


def test_look_import_and_undo(as_anna, anna):
    record(anna, TODAY.replace(month=5, day=2), "none")
    record(anna, TODAY.replace(month=5, day=3), "mild")
    page = upload(as_anna, FILE)
    assert dates(anna) == ["05-02", "05-03"]
    facts = page.facts()
    assert (facts["Days to add"], facts["Recorded already, the same"]) == ("1", "1")
    assert (facts["Differ: the diary stands"], facts["Rows left out"]) == ("1", "2")
    assert "line 6: date: '31/12/2026' is not YYYY-MM-DD" in page.section("problems").text
    page = goes_on(as_anna, page, **{"kind-0": "non_opioid"})
    assert page.facts()["Days to add"] == "2"
    page = goes_on(as_anna, page, **{"import": "yes"})
    assert page.messages == (
        "2 days imported, 1 recorded already and the same, 1 differs from what is recorded, 1 row left out."
    )
    assert dates(anna) == ["05-01", "05-02", "05-03", "05-05"]
    assert anna.days.get(date__day=3).headache == "mild"
    batch = anna.import_batches.get()
    assert (batch.clinic, batch.kind, batch.made_by) == (None, "file", anna.user.pseudonym)
    assert anna.days.get(date__day=1).source == DiaryDay.Source.IMPORT
    assert "2 days, 1 May 2026 – 5 May 2026" in " ".join(page.section("copied").text.split())
    page = as_anna.sends(f"{ADDRESS}{batch.pk}/take-back/")
    assert page.messages == "2 days taken back."
    assert dates(anna) == ["05-02", "05-03"]
    assert as_anna.sends(f"{ADDRESS}{batch.pk}/take-back/").messages == "This was taken back already."


def test_day_that_was_changed_since_stays(as_anna, anna):
    page = goes_on(
        as_anna, upload(as_anna, "date,headache\n2026-05-01,mild\n2026-05-04,none\n"), **{"import": "yes"}
    )
    as_anna.sends("/days/2026-05-01/headache/", headache="severe")
    page = as_anna.sends(f"{ADDRESS}{anna.import_batches.get().pk}/take-back/")
    assert "1 day taken back." in page.messages
    assert "1 day stays: it was changed since." in page.messages
    assert dates(anna) == ["05-01"]


def test_days_to_come_and_days_without_a_row_are_not_recorded(as_anna, anna):
    tomorrow = TODAY + timedelta(days=1)
    page = upload(as_anna, f"date,headache\n2026-05-01,mild\n{tomorrow},none\n2026-05-03,none\n")
    assert "is in the future" in page.section("problems").text
    goes_on(as_anna, page, **{"import": "yes"})
    assert dates(anna) == ["05-01", "05-03"]


def test_kind_that_is_none_imports_nothing(as_anna, anna):
    page = goes_on(as_anna, upload(as_anna, FILE), 422, **{"kind-0": "magic", "import": "yes"})
    assert "Select a valid choice" in page.main.text
    assert not anna.days.exists()


def test_what_another_person_looked_at_is_not_imported(as_anna, anna, db):
    bob = new_patient("Bob Baker")
    looked_at = upload(as_anna, FILE).filled("looked_at")
    page = visitor(bob.user).sends(ADDRESS, 422, looked_at=looked_at, **{"import": "yes"})
    assert "This look is over. Choose the file again; nothing was imported." in page.messages
    assert not DiaryDay.objects.exists()


def test_what_a_clinic_copied_is_not_taken_back_here(as_anna, anna, north):
    share(anna, north, "N-9", basis=CareLink.Basis.CONSENT, wording="2026-12")
    theirs = ImportBatch.objects.create(
        patient=anna, clinic=north, kind="file", added=1, dates=["2026-05-01"]
    )
    as_anna.sends(f"{ADDRESS}{theirs.pk}/take-back/", 404)
    assert ImportBatch.objects.standing().get() == theirs
    assert "Imported so far" not in as_anna.opens(ADDRESS).main.text


MIGRAINE_BUDDY = """"Date","Time Period","Description","Notes"
"No ongoing events recorded during this period."

"#","Started","Lasted","Pain Level","Helpful Medication","Notes"
"1","03/04/26 22:30","03h 00m","7","Sumatriptan","one
two"
"""


def test_file_of_another_app_is_asked_for_its_dates_and_imported(as_anna, anna):
    page = upload(as_anna, MIGRAINE_BUDDY)
    assert "Which comes first in the dates of this file?" in page.main.text
    assert "cannot be imported" not in page.main.text
    assert "Days to add" not in page.main.text
    goes_on(as_anna, page, **{"import": "yes"})
    assert dates(anna) == []
    page = goes_on(as_anna, page, order="day")
    assert page.facts()["Days to add"] == "2"
    assert goes_on(as_anna, page, **{"import": "yes"}).messages == "2 days imported."
    assert dates(anna) == ["04-03", "04-04"]
    first = anna.days.get(date__day=3)
    assert (first.headache, first.pain, first.note) == ("yes", 7, "one\ntwo")
    assert first.intakes.get().medicine.name == "sumatriptan"
