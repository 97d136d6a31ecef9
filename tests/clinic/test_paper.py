"""A paper diary and a file, copied in by the clinic: what is added, what stands, and how it is taken back."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import AuditEntry, User
from clinic import consent, copies
from clinic.models import CareLink, ImportBatch
from clinic.summaries import patient_summary
from diary import actions
from diary.copying import PaperDay
from diary.models import DiaryDay, Medicine, Patient
from diary.rules import Headache
from tests.cast import (
    NOON,
    TODAY,
    at_most,
    june,
    medicine,
    new_patient,
    record,
    record_all,
    share,
    staff,
    visitor,
)
from tests.past import faults_of_history

SHEET = "/clinic/patients/{}/paper/2026-05/"


def may(day):
    return date(2026, 5, day)


@pytest.fixture
def anna(north):
    """She signs in, and agreed that the clinic copies in what she gives it."""
    patient = new_patient("Anna Example")
    share(patient, north, "N-9", basis=CareLink.Basis.CONSENT, wording="2026-12")
    return patient


@pytest.fixture
def otto(north):
    """His diary is on paper; the clinic keeps his record."""
    patient = Patient.objects.create(name="Otto Onpaper", time_zone="UTC")
    share(patient, north, "N-20")
    return patient


def sheet(patient):
    return SHEET.format(patient.pk)


def said(patient):
    """Each recorded day with its word and doses."""
    return {
        day.date.day: (day.headache, {one.medicine.name: one.doses for one in day.intakes.all()})
        for day in patient.days.order_by("date").prefetch_related("intakes__medicine")
    }


# --- A month ---------------------------------------------------------------------------------------------------


def test_month_is_recorded_and_marked(as_clara, otto):
    pill = medicine(otto)
    form = {
        "word-1": "none",
        "word-2": "severe",
        f"doses-2-{pill.pk}": "2",
        "word-3": "yes",
        "period-3": "on",
    }
    page = as_clara.sends(sheet(otto), **form)
    assert page.messages == "3 days recorded, 28 not recorded."
    assert said(otto) == {1: ("none", {}), 2: ("severe", {"sumatriptan": 2}), 3: ("yes", {})}
    days = {day.date: day for day in otto.days.all()}
    assert {day.source for day in days.values()} == {"paper"}
    assert {day.recorded_on for day in days.values()} == {None}
    assert [days[may(n)].menstruation for n in (1, 2, 3)] == [None, None, True]
    assert not otto.day_versions.exists()
    assert page.table("days")[2][-1] == "Severe headache, sumatriptan ×2 copied from a paper diary"
    assert as_clara.opens(f"/clinic/patients/{otto.pk}/").facts()["Days copied from paper"] == "3"


def test_what_the_patient_recorded_stands_and_the_difference_is_told(as_clara, anna):
    pill = medicine(anna)
    record(anna, may(1), "mild", note="between us")
    record(anna, may(2), "severe", pill)
    record(anna, may(4), "moderate")
    before = said(anna)
    form = {
        "word-1": "severe",
        f"doses-1-{pill.pk}": "1",
        "word-2": "severe",
        f"doses-2-{pill.pk}": "1",
        "word-3": "none",
        "word-4": "yes",
    }
    with faults_of_history() as faults:
        page = as_clara.sends(sheet(anna), **form)
    assert faults == []
    assert "1 day recorded, 2 recorded already and the same, 1 differs from what is recorded" in page.messages
    assert (
        "1 May: the paper says Severe headache, sumatriptan ×1. The diary says Mild headache, and stands."
        in page.messages
    )
    assert said(anna) == before | {3: ("none", {})}
    assert "between us" not in page.html


@pytest.mark.parametrize(
    ("paper", "fits"),
    [
        ({"headache": Headache.MILD}, True),
        ({"headache": Headache.YES}, True),
        ({"headache": Headache.SEVERE}, False),
        ({"headache": Headache.NONE}, False),
        ({"headache": Headache.MILD, "period": True}, False),
        ({"headache": Headache.MILD, "doses": {7: 1}}, False),
    ],
)
def test_what_differs(paper, fits):
    row = PaperDay(**{"date": TODAY, "doses": {}} | paper)
    assert row.agrees(DiaryDay(date=TODAY, headache="mild"), {}) is fits


def test_day_that_the_patient_records_meanwhile_stands(as_clara, anna):
    as_clara.opens(sheet(anna))
    visitor(anna.user).sends("/days/2026-05-05/headache/", headache="mild")
    page = as_clara.sends(sheet(anna), **{"word-5": "severe", "word-6": "none"})
    assert "5 May: the paper says Severe headache. The diary says Mild headache, and stands." in page.messages
    assert said(anna) == {5: ("mild", {}), 6: ("none", {})}
    assert anna.days.get(date=may(5)).source == "own"


def test_same_month_sent_twice_records_it_once(as_clara, otto):
    as_clara.sends(sheet(otto), **{"word-1": "none"})
    page = as_clara.sends(sheet(otto), **{"word-1": "none"})
    assert page.messages == "0 days recorded, 1 recorded already and the same, 30 not recorded."
    assert (otto.days.count(), otto.import_batches.count()) == (1, 1)


WRONG = {
    "a medicine alone": ({"doses-1-{}": "1"}, "How was the head?"),
    "a period alone": ({"period-1": "on"}, "How was the head?"),
    "no word of ours": ({"word-1": "terrible"}, "is not one of the available choices"),
    "too many doses": ({"word-1": "mild", "doses-1-{}": "100"}, "less than or equal to 99"),
    "no number": ({"word-1": "mild", "doses-1-{}": "a"}, "whole number"),
    "nothing": ({"word-1": ""}, "No day is filled in"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_saved_is_said_and_the_rest_is_not_lost(as_clara, otto, name):
    form, words = WRONG[name]
    pill = medicine(otto)
    form = {key.format(pill.pk): value for key, value in form.items()}
    good = {} if name == "nothing" else {"word-9": "severe"}
    page = as_clara.sends(sheet(otto), 422, **good | form)
    assert words in page.main.one("div", "message--error").text
    assert page.filled("word-9") == good.get("word-9", "")
    assert not otto.days.exists()


def test_days_that_have_not_come_are_not_there(as_clara, otto):
    address = f"/clinic/patients/{otto.pk}/paper/2026-06/"
    rows = as_clara.opens(address).table("days")[1:]
    assert rows[-1][0] == "Wed 17"
    as_clara.sends(address, **{"word-17": "none", "word-18": "none"})
    assert list(otto.days.values_list("date", flat=True)) == [TODAY]
    for month in ("2026-07", "1899-12"):
        as_clara.opens(f"/clinic/patients/{otto.pk}/paper/{month}/", status=404)


def test_medicine_of_another_patient_has_no_field(as_clara, otto, anna):
    theirs = medicine(anna)
    as_clara.sends(sheet(otto), **{"word-1": "mild", f"doses-1-{theirs.pk}": "1"})
    assert said(otto) == {1: ("mild", {})}


@pytest.mark.parametrize(
    ("name", "kind", "made"),
    [
        ("Maxalt 10 mg", "", ("rizatriptan", "Maxalt", "10 mg", "triptan")),
        ("sumatriptan 50 mg", "other", ("sumatriptan-tab", "sumatriptan", "50 mg", "triptan")),
        ("Ginger tea", "other", ("", "Ginger tea", "", "other")),
    ],
)
def test_medicine_gets_a_column_and_what_was_filled_in_stays(as_clara, otto, name, kind, made):
    form = {"word-1": "severe", "add": "yes", "new-name": name, "new-kind": kind}
    page = as_clara.sends(sheet(otto), **form)
    added = otto.medicines.get()
    assert (added.product, added.name, added.strength, added.medication_class) == made
    assert page.messages == f"{added} has a column now."
    assert (page.filled("word-1"), otto.days.exists()) == ("severe", False)
    assert f"A {added}" in page.table("days")[0]
    assert [entry.action for entry in AuditEntry.objects.order_by("number")][-2:] == ["changed", "viewed"]


def test_medicine_without_a_kind_is_asked_for_it(as_clara, otto):
    form = {"word-1": "severe", "add": "yes", "new-name": "Ginger tea"}
    page = as_clara.sends(sheet(otto), 422, **form)
    assert "The catalogue does not know this name: choose its kind." in page.main.text
    assert (page.filled("word-1"), Medicine.objects.exists()) == ("severe", False)


def test_queries_do_not_grow_with_what_is_recorded(as_clara, otto):
    pills = [medicine(otto, name, "other") for name in ("a", "b", "c")]
    record_all(otto, [may(n) for n in range(1, 20)], "mild", *pills)
    form = {f"word-{n}": "severe" for n in range(1, 32)} | {f"doses-25-{pills[0].pk}": "1"}
    with at_most(14):
        as_clara.client.get(sheet(otto))
    with at_most(28):
        as_clara.client.post(sheet(otto), form)


# --- Who may ----------------------------------------------------------------------------------------------------

NOT_LET = {
    "an earlier text": {"basis": "consent", "wording": "2026-11"},
    "the clinic's own word": {"basis": "clinic"},
}


@pytest.mark.parametrize("name", NOT_LET)
def test_nobody_writes_into_a_diary_whose_owner_did_not_let_them(as_clara, north, name):
    carol = new_patient("Carol Careful")
    share(carol, north, **NOT_LET[name])
    for address in (sheet(carol), f"/clinic/patients/{carol.pk}/import/"):
        assert "agreed that you read it, not that you write into it" in as_clara.opens(address).main.text
        as_clara.sends(address, 422, **{"word-1": "none", "looked_at": "x"})
    assert not carol.days.exists()
    overview = as_clara.opens(f"/clinic/patients/{carol.pk}/paper/")
    assert [link for link in overview.main.all("a") if "From paper" in link.text] == []


def test_the_text_of_today_lets_the_clinic_copy_and_says_so(as_alice, alice, north):
    assert consent.WORDING in consent.COPYING
    said = " ".join(str(line) for line in consent.WORDINGS[consent.WORDING])
    assert "it may copy them into your diary. What you recorded always stands" in said
    link = consent.agree(alice, north, sees_notes=False)
    assert consent.allows_copying(link)


def test_the_patient_reads_where_a_day_comes_from_and_who_wrote_it(as_clara, anna):
    as_clara.sends(sheet(anna), **{"word-1": "none"})
    as_anna = visitor(anna.user)
    assert "copied from a paper diary" in as_anna.opens("/days/2026-05-01/").main.text
    assert (
        "Clara Clinician, North Headache Clinic, changed your record" in as_anna.opens("/sharing/").main.text
    )


# --- Undo --------------------------------------------------------------------------------------------------------


def taken_back(visitor, patient, batch):
    return visitor.sends(f"/clinic/patients/{patient.pk}/copies/{batch.pk}/take-back/")


def test_undo_takes_back_what_nobody_changed_since(as_clara, clara, anna, noon):
    pill = medicine(anna)
    record(anna, may(9), "mild")
    form = {
        "word-1": "severe",
        f"doses-1-{pill.pk}": "1",
        "word-2": "none",
        "word-3": "none",
        "word-4": "mild",
    }
    as_clara.sends(sheet(anna), **form)
    noon.shift(timedelta(minutes=5))
    by = anna.user.pseudonym
    actions.record_headache(anna, may(2), Headache.MILD, TODAY, by=by)
    actions.delete_day(anna, may(3), by=by)
    actions.record_headache(anna, may(3), Headache.NONE, TODAY, by=by)
    actions.change_doses(anna, may(4), pill, 1, by=by)
    batch = anna.import_batches.get()
    with faults_of_history() as faults:
        page = taken_back(as_clara, anna, batch)
    assert faults == []
    assert "1 day taken back." in page.messages
    assert "3 days stay: they were changed since." in page.messages
    assert sorted(said(anna)) == [2, 3, 4, 9]
    version = anna.day_versions.get(date=may(1))
    assert (version.is_deletion, version.replaced_by) == (True, clara.pseudonym)
    assert version.said["medicines"][0]["name"] == "sumatriptan"
    assert "taken back" in page.section("copied").text
    assert "This was taken back already." in taken_back(as_clara, anna, batch).messages


def test_undo_is_for_the_clinic_that_copied(as_clara, anna, otto, north, east, clara):
    theirs = ImportBatch.objects.create(
        patient=anna, clinic=east, kind="paper", added=1, dates=["2026-05-01"]
    )
    record(anna, may(1))
    link = otto.care_links.get()
    copies.enter_paper(link, [PaperDay(may(2), Headache.NONE, {})], by=clara.pseudonym)
    for address in (
        f"/clinic/patients/{anna.pk}/copies/{theirs.pk}/take-back/",
        f"/clinic/patients/{anna.pk}/copies/{otto.import_batches.get().pk}/take-back/",
    ):
        as_clara.sends(address, status=404)
    assert (anna.days.count(), otto.days.count()) == (1, 1)


def test_month_after_undo_can_be_copied_again(as_clara, otto, noon):
    as_clara.sends(sheet(otto), **{"word-1": "none"})
    noon.shift(timedelta(minutes=1))
    taken_back(as_clara, otto, otto.import_batches.get())
    noon.shift(timedelta(minutes=1))
    as_clara.sends(sheet(otto), **{"word-1": "severe"})
    noon.shift(timedelta(minutes=1))
    page = taken_back(as_clara, otto, otto.import_batches.latest("made_at"))
    assert "1 day taken back." in page.messages
    assert not otto.days.exists()


def test_overview_counts_the_days_of_each_month(as_clara, otto):
    record_all(otto, [may(1), may(2), june(1)])
    assert as_clara.opens(f"/clinic/patients/{otto.pk}/paper/").table("months")[1:3] == [
        ["June 2026", "1 of 17 days", "From paper: June 2026"],
        ["May 2026", "2 of 31 days", "From paper: May 2026"],
    ]


# --- A file ------------------------------------------------------------------------------------------------------


def upload(visitor, patient, content, status=200):
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("diary.csv", data, "text/csv")
    return visitor.sends(f"/clinic/patients/{patient.pk}/import/", status, file=file)


def goes_on(visitor, patient, page, **form):
    looked_at = page.filled("looked_at")
    return visitor.sends(f"/clinic/patients/{patient.pk}/import/", looked_at=looked_at, **form)


FILE = """date,headache,medicines,note
2026-05-01,mild,Imigran 50 mg x2,
2026-05-02,none,,
2026-05-03,severe,,"two
lines"
31/12/2026,mild,,
2026-05-05,moderate,Oma's Tropfen x2,
2026-05-06,awful,,
2026-06-18,none,,
"""


def test_look_and_import(as_clara, otto, clara):
    record(otto, may(2), "none")
    record(otto, may(3), "mild")
    page = upload(as_clara, otto, FILE)
    assert not otto.days.filter(date=may(1)).exists()
    assert (
        page.facts()
        | {
            "Days to add": "1",
            "Recorded already, the same": "1",
            "Differ: the diary stands": "1",
            "Rows left out": "4",
        }
        == page.facts()
    )
    assert [item.text for item in page.section("problems").all("li")] == [
        "line 6: date: '31/12/2026' is not YYYY-MM-DD",
        "line 7: medicines: \"Oma's Tropfen\" is not in the catalogue; give its class, such as 'Oma's Tropfen "
        "(class:triptan)' or 'class:triptan'; the classes are triptan, ergot, opioid, combination, non_opioid, gepant, "
        "ditan, other, antiemetic",
        "line 8: headache: 'awful' is not one of none, yes, mild, moderate, severe",
        "line 9: date: 2026-06-18 is in the future",
    ]
    assert "line 4: 3 May 2026" in page.section("differing").text
    page = goes_on(as_clara, otto, page, **{"kind-0": "non_opioid"})
    assert page.facts()["Days to add"] == "2"
    page = goes_on(as_clara, otto, page, **{"import": "yes"})
    assert page.messages == (
        "2 days imported, 1 recorded already and the same, 1 differs from what is recorded, 3 rows left out."
    )
    assert said(otto)[1] == ("mild", {"Imigran": 2})
    assert said(otto)[3] == ("mild", {})
    assert said(otto)[5] == ("moderate", {"Oma's Tropfen": 2})
    assert otto.medicines.get(name="Oma's Tropfen").medication_class == "non_opioid"
    batch = otto.import_batches.get()
    assert (batch.kind, batch.added, batch.dates, batch.made_by) == (
        "file",
        2,
        ["2026-05-01", "2026-05-05"],
        clara.pseudonym,
    )
    assert {day.source for day in otto.days.filter(date__in=[may(1), may(5)])} == {"import"}
    taken_back(as_clara, otto, batch)
    assert sorted(said(otto)) == [2, 3]


def test_import_with_a_kind_that_was_not_looked_at_is_looked_at_first(as_clara, otto):
    page = upload(as_clara, otto, FILE)
    page = goes_on(as_clara, otto, page, **{"kind-0": "opioid", "import": "yes"})
    assert "Nothing is saved yet." in page.main.text
    assert not otto.days.exists()


UNREADABLE = {
    "cp1252": ("date,headache,note\n2026-05-01,mild,\n2026-05-02,mild,ä\n".encode("cp1252"), "Line 3 is not in UTF-8"),
    "half utf-16": ("date,headache\n2026-05-01,mild\n".encode("utf-16")[:-1], "is not in UTF-8"),
    "no zip": (b"PK\x03\x04rest", "This zip file is damaged or cut off"),
    "a NUL": (b"date,headache\n2026-05-01,mi\0ld\n", "Line 2 holds a NUL character"),
    "too large": (b"date,headache\n" * 160_000, "larger than 2 MB"),
    "empty": (b"", "The submitted file is empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_file_that_cannot_be_read_is_named_with_its_line(as_clara, otto, name):
    content, words = UNREADABLE[name]
    assert words in upload(as_clara, otto, content, 422).main.one("div", "message--error").text


REFUSED = {
    "no header": ("2026-05-01,mild\n", "the column 'date' is missing"),
    "several people": ("patient,date,headache\nA,2026-05-01,mild\nB,2026-05-02,mild\n", "several people"),
    "too many rows": (
        "date,headache\n" + "".join(f"{date(2010, 1, 1) + timedelta(days=n)},none\n" for n in range(4001)),
        "more than 4000 rows",
    ),
    "no CSV": ("<!doctype html><script>alert(1)</script>\n", "the column 'date' is missing"),
    "10 000 columns": (
        "date,headache" + ",x" * 10_000 + "\n2026-05-01,mild\n",
        "2 columns, but the header has 10002",
    ),
    "one huge cell": (
        "date,headache,note\n2026-05-01,mild," + "x" * 140_000 + "\n",
        "field larger than field limit",
    ),
    "an open quote": ('date,headache,note\n2026-05-01,mild,"open\n', "cannot be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_file_that_cannot_be_imported_says_why_and_has_no_button(as_clara, otto, name):
    content, words = REFUSED[name]
    page = upload(as_clara, otto, content)
    assert words in page.section("problems").text
    assert "<script>alert" not in page.html
    assert [button for button in page.buttons() if button.startswith("Import")] == []
    page = goes_on(as_clara, otto, page, **{"import": "yes"})
    assert not otto.days.exists()


def test_other_number_in_the_file_is_asked_about(as_clara, otto):
    page = upload(as_clara, otto, "patient,date,headache\nN-21,2026-05-01,mild\n")
    assert "The file calls its patient “N-21”, and the clinic number here is “N-20”." in page.main.text
    page = upload(as_clara, otto, "patient,date,headache\nN-20,2026-05-01,mild\n")
    assert "The file calls its patient" not in page.main.text


@pytest.mark.parametrize("spoiled", ["another patient", "another person", "changed", "late"])
def test_what_was_looked_at_is_imported_or_nothing(as_clara, otto, anna, north, noon, spoiled):
    looked_at = upload(as_clara, otto, "date,headache\n2026-05-01,mild\n").filled("looked_at")
    who, whose = as_clara, otto
    if spoiled == "another patient":
        whose = anna
    elif spoiled == "another person":
        who = visitor(staff("Nora Nurse", north))
    elif spoiled == "changed":
        looked_at = "x" + looked_at
    else:
        noon.shift(timedelta(hours=1, seconds=1))
        # A session of hers is over by then; she has signed in again.
        who = visitor(User.objects.get(name="Clara Clinician"))
    page = who.sends(f"/clinic/patients/{whose.pk}/import/", 422, looked_at=looked_at, **{"import": "yes"})
    assert "This look is over. Choose the file again; nothing was imported." in page.messages
    assert not otto.days.exists()
    assert not anna.days.exists()


def test_file_that_is_far_too_large_is_not_read(as_clara, otto, monkeypatch):
    monkeypatch.setattr("config.uploads.MOST_IMPORTED", 500_000)
    file = SimpleUploadedFile("diary.csv", b"x" * 600_000, "text/csv")
    answer = as_clara.client.post(f"/clinic/patients/{otto.pk}/import/", {"file": file})
    assert answer.status_code == 400


def test_import_again_adds_nothing(as_clara, otto):
    text = "date,headache\n2026-05-01,mild\n"
    goes_on(as_clara, otto, upload(as_clara, otto, text), **{"import": "yes"})
    page = upload(as_clara, otto, text)
    assert "There is no day to add." in page.main.text
    page = goes_on(as_clara, otto, page, **{"import": "yes"})
    assert page.messages == "0 days imported, 1 recorded already and the same."
    assert otto.import_batches.count() == 1


def test_what_was_copied_is_counted_as_any_other_day(as_clara, otto):
    as_clara.sends(sheet(otto), **{"word-1": "severe", "word-2": "none"})
    found = patient_summary(otto.care_links.get(), NOON)
    assert [(month.recorded, month.headache_days) for month in found.found.months] == [(2, 1)]
    assert (found.paper_days, found.file_days, found.carer_days, found.late_days) == (2, 0, 0, 0)


def test_kind_that_is_none_imports_nothing(as_clara, otto):
    page = as_clara.sends(
        f"/clinic/patients/{otto.pk}/import/",
        422,
        looked_at=upload(as_clara, otto, FILE).filled("looked_at"),
        **{"kind-0": "magic", "import": "yes"},
    )
    assert "Select a valid choice" in page.main.text
    assert not otto.days.exists()


@pytest.mark.parametrize("sees_notes", [True, False])
def test_whether_a_note_is_the_same_is_told_only_to_who_may_read_it(north, as_clara, sees_notes):
    otto = Patient.objects.create(name="Otto Onpaper", time_zone="UTC")
    share(otto, north, "N-20", sees_notes=sees_notes)
    record(otto, may(1), "mild", note="a secret")
    page = upload(as_clara, otto, "date,headache,note\n2026-05-01,mild,guessed\n")
    found = page.facts()
    told = (found["Recorded already, the same"], found["Differ: the diary stands"])
    assert told == (("0", "1") if sees_notes else ("1", "0"))
    page = goes_on(as_clara, otto, page, **{"import": "yes"})
    assert otto.days.get().note == "a secret"
