"""One number wherever it is read: the list of patients, a patient's page, the report, its file, and `analyse`."""

import io
import json
from datetime import date

import pytest
from django.core.management import call_command
from django.utils import timezone
from django.utils.formats import date_format
from pypdf import PdfReader

from clinic.models import CareLink, Clinic
from clinic.takeout import sessions_text
from diary.exports import diary_csv
from tests.cast import staff, visitor

PATIENTS = 6
STATES = {
    "reached": "reached",
    "not_reached": "not reached",
    "uncertain": "uncertain",
    "cannot_evaluate": "cannot evaluate",
}


@pytest.fixture
def as_ada(db):
    call_command("demo", patients=PATIENTS, verbosity=0, stdout=io.StringIO())
    return visitor(staff("Ada Reader", Clinic.objects.get()))


def analysed(patient, folder):
    """What `analyse` says of the diary CSV and the sessions CSV that the program writes of a patient."""
    diary, sessions, out = io.StringIO(newline=""), folder / "sessions.csv", io.StringIO()
    diary_csv(patient, diary)
    (folder / "diary.csv").write_text(diary.getvalue(), newline="")
    sessions.write_text(sessions_text(patient), newline="")
    files = {"sessions": str(sessions), "format": "json", "stdout": out, "stderr": io.StringIO()}
    call_command("analyse", str(folder / "diary.csv"), **files)
    return json.loads(out.getvalue())["patients"][0]


def span(counted):
    low, high = counted["headache_days"], counted["headache_days"] + counted["days"] - counted["recorded"]
    return str(low) if low == high else f"{low}–{high}"


def percent(value):
    return f"{value:.1f} %".replace("-", "−")


def read(response):
    assert response.status_code == 200
    return " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages).split()
    )


def is_over(cycle, today):
    return cycle["evaluation"] is not None and cycle["evaluation"]["last"] < today.isoformat()


def test_every_place_says_what_analyse_says(as_ada, tmp_path):
    compared = 0
    listed = as_ada.opens("/clinic/").text
    for link in CareLink.objects.open_at(timezone.now()).select_related("patient").order_by("pk")[:PATIENTS]:
        address, today = f"/clinic/patients/{link.patient_id}/", link.patient.date_at(timezone.now())
        expected = analysed(link.patient, tmp_path)
        page, report = as_ada.opens(f"{address}?period=all"), as_ada.opens(f"{address}report/").text
        file = read(as_ada.client.get(f"{address}report.pdf"))
        recent = page.facts()["Headache days, last 28 days"]
        assert f"{link.patient.name}" in listed
        assert recent in listed
        rows = page.table("cycles")[1:]
        for cycle, row in zip(expected["cycles"], rows, strict=True):
            if not is_over(cycle, today):
                continue
            after = cycle["evaluation"]
            assert row[4].startswith(span(after))
            assert row[5] == f"{after['recorded']} of {after['days']}"
            assert [*row[7:10]] == [STATES[cycle["responder"][p]] for p in ("30", "50", "75")]
            if cycle["reduction"] is not None:
                for place in (row[6], report, file):
                    assert percent(cycle["reduction"]) in place
                compared += 1
        months = {row[0]: row for row in page.table("months")[1:]}
        for month in expected["months"]:
            row = months[date_format(date.fromisoformat(month["month"] + "-01"), "M Y")]
            assert row[1] == f"{month['recorded']} of {month['days']}"
            assert row[2] == span(month)
            assert row[3] == STATES[month["headache_15"]]
            assert row[5] == STATES[month["migraine_8"]]
    assert compared > 2 * PATIENTS
