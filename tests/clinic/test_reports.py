"""The report of a patient, on the page and in the file: the same numbers as everywhere, on two sheets at most."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from clinic.models import CareLink, CriteriaSet, Decision
from clinic.report_summaries import report_of
from clinic.reports import file_name, report_words
from clinic.summaries import patient_summary
from clinic.typesetting import pdf
from tests.cast import at_most, days_ago, fill, medicine, session
from tests.papers import Paper

FIRST, SECOND = days_ago(180), days_ago(96)


@pytest.fixture
def treated(alice):
    """Baseline 20 of 28; weeks 9 to 12 of cycle 1: 14 of 28; of cycle 2: 7 of 24, 4 days not recorded."""
    session(alice, FIRST)
    session(alice, SECOND)
    taken = medicine(alice)
    fill(alice, FIRST - timedelta(days=28), 20, 8)
    for start, headaches in ((0, 18), (28, 16), (56, 14)):
        fill(alice, FIRST + timedelta(days=start), headaches, 28 - headaches)
    for start, headaches, free in ((0, 12, 16), (28, 10, 18), (56, 7, 17)):
        fill(alice, SECOND + timedelta(days=start), headaches, free, taken)
    return alice


@pytest.fixture
def address(alice):
    return f"/clinic/patients/{alice.pk}/report/"


@pytest.fixture
def file(as_clara, alice):
    """The file as she downloads it now."""

    def download():
        answer = as_clara.client.get(f"/clinic/patients/{alice.pk}/report.pdf")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/pdf"
        return Paper(answer.content)

    return download


def decide(patient, clinic, **said):
    fields = {"made_on": days_ago(3), "kind": "continue", "reason": "Fewer days in bed."}
    return Decision.objects.create(patient=patient, clinic=clinic, **fields | said)


# --- What it says ----------------------------------------------------------------------------------------------


def test_the_file_says_whose_it_is_who_made_it_and_when(file, treated):
    found = file()
    assert (
        "Name Alice Archer Born 29 February 1984 Clinic number N-17 Clinic North Headache Clinic"
        in found.text
    )
    assert "Made on 17 June 2026 by Clara Clinician. Page 1 of 1" in found.text
    assert "We count; clinicians decide." in found.text


def test_cycles_months_and_criteria_as_counted(file, treated):
    text = file().text
    assert (
        "Recorded, last 28 days 12 of 28 Headache days, last 28 days 0–16 Injections cycle 2, week 14" in text
    )
    assert "Next due 5 Jun 2026 · overdue" in text
    assert "Baseline 21 Nov 2025 – 18 Dec 2025: 20 headache days, 28 of 28 days recorded." in text
    assert "1 19 Dec 2025 18 16 14 28 of 28 30.0 % reached not reached not reached" in text
    assert "2 13 Mar 2026 12 10 7–11 24 of 28 59.2 % · 45.0 % to 65.0 % reached uncertain not reached" in text
    assert "Days Published number Mar 2026 Apr 2026 May 2026 Jun 2026, so far" in text
    assert "Recorded – 31 of 31 30 of 30 31 of 31 0 of 30" in text
    assert "Triptans 10 · ICHD-3 8.2.2 12 · reached 10 · reached 7 · not reached not recorded" in text
    assert (
        "NICE TA260 Inadequate response: reduction of less than 30 % after cycle 2 59.2 % (45.0 % to 65.0 %) "
        "not reached"
    ) in text
    assert (
        "EHF 2018 Inadequate response: reduction of less than 30 % after cycle 3 cycle 3 has not begun"
        in text
    )


def test_the_page_says_the_same_as_the_file(as_clara, file, treated, address):
    page, text = as_clara.opens(address), file().text
    assert page.one("dl", "identity").text.startswith("Name Alice Archer")
    drawn = page.one("figure").all("tr")
    rows = [row.text for row in page.all("tr") if row not in drawn]
    assert len(rows) == 3 + 6 + 5
    assert [row for row in rows if row not in text] == []
    for fact in page.one("dl", "facts").all("dd"):
        assert fact.text in text
    for definition in page.all("section", "definition")[0].all("p"):
        assert definition.text in text


def test_the_page_leads_to_the_file_and_the_patient_page_to_both(as_clara, treated, address):
    assert as_clara.opens(address).one("a", href=f"/clinic/patients/{treated.pk}/report.pdf")
    links = as_clara.opens(f"/clinic/patients/{treated.pk}/").one("nav", **{"aria-label": "This patient"})
    assert {"Report to file or print", "Letter to the patient"} <= {link.text for link in links.all("a")}


def test_the_picture_is_read_out(file, treated):
    (alternative,) = file().alternatives
    assert "Baseline: 20." in alternative
    assert "9–12, cycle 2. Headache days: 7; Not recorded: could be either: 4" in alternative


# --- The decision ----------------------------------------------------------------------------------------------


def test_no_decision_is_said(file, treated):
    assert "Latest decision None is recorded." in file().text


def test_the_latest_standing_decision_with_its_criteria(file, treated, north):
    own = CriteriaSet.objects.create(
        clinic=north,
        name="North’s numbers",
        source="Minutes",
        inadequate_percent=40,
        inadequate_cycles=2,
        episodic_below=12,
        episodic_months=3,
    )
    decide(treated, north, made_on=days_ago(9), reason="The one before.")
    wrong = decide(treated, north, made_on=days_ago(1), reason="A slip.", kind="stop")
    decide(treated, north, made_on=days_ago(1), replaces=wrong, is_withdrawn=True)
    decide(treated, north, made_on=days_ago(3), criteria=own.key, cycle=2)
    text = file().text
    assert "Decision Continue" in text
    assert "After cycle 2" in text
    assert "Criteria looked at North’s numbers" in text
    assert "Fewer days in bed." in text
    assert "A slip." not in text
    assert "The one before." not in text


def test_another_clinics_decision_stays_its_own(file, treated, east):
    decide(treated, east, reason="Said at East.")
    assert "Said at East." not in file().text


# --- Diaries of all kinds --------------------------------------------------------------------------------------


def test_nothing_recorded(file, alice):
    found = file()
    assert found.pages == 1
    assert "Nothing is recorded yet." in found.text
    assert "Injection cycles" not in found.text


def test_before_the_first_injection_the_months_are_drawn(file, alice):
    fill(alice, days_ago(60), 20, 20)
    found = file()
    assert "Headache days a month" in found.text
    assert "No injection is recorded." in found.text
    assert "Injection cycles" not in found.text


def test_one_cycle(file, alice):
    session(alice, days_ago(40))
    fill(alice, days_ago(70), 20, 20)
    assert "cannot evaluate · weeks 9–12 are not over yet" in file().text


def test_sixteen_cycles_are_drawn_and_the_latest_eight_listed(file, alice):
    for number in range(16):
        session(alice, days_ago(84 * (16 - number)))
    fill(alice, days_ago(84 * 16 + 28), 700, 600)
    found = file()
    assert found.pages <= 2
    assert "8 earlier cycles have no row here." in found.text
    assert f"16 {days_ago(84).day} Mar 2026" in found.text
    assert not [line for line in found.lines if line.startswith("8 ") and "202" in line]


def test_a_diary_that_stopped_is_not_read_as_free_of_headache(file, alice):
    fill(alice, days_ago(300), 20, 40)
    assert "Recorded – 0 of 31 0 of 30 0 of 31 0 of 30" in file().text
    assert (
        "Headache days 15 · ICHD-3 1.3 A not recorded not recorded not recorded not recorded" in file().text
    )


def test_long_and_strange_words(as_clara, file, treated, north, clara):
    treated.name = ("Ðorđe 山田 🙂 " * 12)[:120]
    treated.save()
    clara.name = "#panic(1) ] $ \\ 山 " * 6
    clara.save()
    north.name = "العربية Clinic " * 7
    north.save()
    decide(treated, north, reason="山田 of the line\n" * 20 + "word " * 330)
    found = file()
    assert found.pages == 2
    assert "Ðorđe [?] [?]" in found.text
    assert "#panic(1) ] $ \\ [?]" in found.text
    assert "[?] of the line" in found.text
    assert "[?] stands for signs that this file’s letters do not have." in found.text
    assert "山田 of the line" in as_clara.opens(f"/clinic/patients/{treated.pk}/report/").text


# --- The file --------------------------------------------------------------------------------------------------


def test_the_same_record_and_day_are_the_same_bytes(as_clara, treated):
    first, second = (as_clara.client.get(f"/clinic/patients/{treated.pk}/report.pdf") for _time in range(2))
    assert first.content == second.content


def test_a_file_is_kept_by_nobody_on_the_way_and_its_name_tells_nothing(as_clara, treated):
    answer = as_clara.client.get(f"/clinic/patients/{treated.pk}/report.pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="report-n-17-2026-06-17.pdf"'
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("", "report-2026-06-17.pdf"),
        ('N"17\r\nX: y', "report-n17-x-y-2026-06-17.pdf"),
        ("../../etc", "report-etc-2026-06-17.pdf"),
        ("山", "report-2026-06-17.pdf"),
    ],
)
def test_names_of_files(reference, name):
    assert file_name("report", reference, date(2026, 6, 17)) == name


def test_reading_programs_find_headings_tables_and_the_picture(file, treated):
    found = file()
    assert "<pdfuaid:part>1</pdfuaid:part>" in found.said_of_itself
    assert found.title == "Headache report"
    assert found.root["/Lang"] == "en-GB"
    assert {"/H1", "/H2", "/Table", "/TR", "/TH", "/TD", "/Figure"} <= set(found.tags)


def test_queries_do_not_grow_with_the_diary(as_clara, treated):
    decide(treated, CareLink.objects.get(patient=treated, reference="N-17").clinic)
    with at_most(17):
        as_clara.client.get(f"/clinic/patients/{treated.pk}/report.pdf")


# --- The demonstration clinic ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_every_patient_of_the_demonstration_fits_and_has_the_pages_numbers():
    """Also those of the patient page: its table of cycles and its criteria come from the same summary."""
    call_command("demo", patients=20, verbosity=0)
    links = CareLink.objects.open_at(timezone.now()).select_related("patient", "clinic").order_by("pk")
    for place, link in enumerate(links):
        summary = patient_summary(link, timezone.now())
        words = report_words(report_of(summary, "Clara"))
        found = Paper(pdf("report.typ", words, summary.today))
        assert found.pages <= 2, link.patient.name
        assert len(words["tables"]) == (3 if summary.cycles else 1)
        for table in words["tables"] if place % 4 == 0 else ():  # reading a file takes longer than making it
            for row in table["rows"]:
                line = " ".join(f"{c['text']} · {c['small']}" if c["small"] else c["text"] for c in row)
                assert line in found.text, link.patient.name
