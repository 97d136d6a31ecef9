"""What a clinician sees of corrections: days changed after the fact, sessions corrected, a baseline that moved."""

from datetime import UTC, date, datetime, timedelta

import pytest

from clinic import actions as clinic_actions
from clinic.imported import store_sessions
from clinic.imports import SessionRow
from clinic.models import InjectionSessionVersion
from diary import actions
from diary.imports.diary_csv import Report
from diary.rules import Headache
from tests.cast import TODAY, at_most, days_ago, medicine, record, session, staff, visitor
from tests.past import faults_of_history

FIRST = days_ago(100)
GIVEN = {"date": FIRST, "product": "Botox", "units": 155, "sites": 31, "batch": "C1", "note": "well"}


@pytest.fixture
def address(alice):
    return f"/clinic/patients/{alice.pk}/"


@pytest.fixture
def given(alice, north):
    """Recorded when it was given."""
    at = datetime(FIRST.year, FIRST.month, FIRST.day, 12, tzinfo=UTC)
    return session(
        alice, clinic=north, created_at=at, when=FIRST, **{k: v for k, v in GIVEN.items() if k != "date"}
    )


def change(patient, when, word):
    return actions.record_headache(patient, when, word, TODAY, by=patient.user.pseudonym)


def remarks(page):
    return [one.text for one in page.main.all("p", "message--warning")]


def changed_days(page):
    return page.table("changed-days")[1:]


# --- Days ----------------------------------------------------------------------------------------------------


def test_changed_day_is_listed_with_both_states(as_clara, alice, address):
    taken = medicine(alice)
    record(alice, days_ago(5), "severe", taken, pain=8, note="zz-note")
    change(alice, days_ago(5), Headache.NONE)
    actions.change_doses(alice, days_ago(5), taken, -1, by=None)
    page = as_clara.opens(address)
    assert page.facts()["Days changed after the fact"] == "1"
    assert changed_days(page) == [
        ["12 Jun 2026", "Severe headache · worst pain 8 of 10 · Triptans", "No headache", "17 Jun 2026"]
    ]
    assert "zz-note" not in page.html
    assert "sumatriptan" not in page.html


def test_deleted_day_is_listed(as_clara, alice, address):
    record(alice, days_ago(5), "mild")
    actions.delete_day(alice, days_ago(5), by=None)
    assert changed_days(as_clara.opens(address)) == [
        ["12 Jun 2026", "Mild headache", "deleted", "17 Jun 2026"]
    ]


def test_latest_day_comes_first(as_clara, alice, address):
    for days in (9, 5, 7):
        record(alice, days_ago(days), "mild")
        change(alice, days_ago(days), Headache.SEVERE)
    rows = changed_days(as_clara.opens(address))
    assert [row[0] for row in rows] == ["12 Jun 2026", "10 Jun 2026", "8 Jun 2026"]


@pytest.mark.parametrize("days", [0, 1, 2])
def test_taps_of_the_first_days_are_not_listed(as_clara, alice, address, days):
    record(alice, days_ago(days), "mild")
    change(alice, days_ago(days), Headache.SEVERE)
    page = as_clara.opens(address)
    assert page.facts()["Days changed after the fact"] == "0"
    assert "Recorded before" not in page.text


@pytest.mark.parametrize(
    "fields", [{"note": "x"}, {"disability": "bed"}, {"menstruation": True}, {"hours": 3}]
)
def test_what_is_not_counted_is_no_change(as_clara, alice, address, fields):
    record(alice, days_ago(5), "mild")
    actions.save_day(alice, days_ago(5), fields, {}, TODAY, by=None)
    assert alice.day_versions.count() == 1
    assert as_clara.opens(address).facts()["Days changed after the fact"] == "0"


def test_more_doses_of_a_class_are_no_change(as_clara, alice, address):
    taken = medicine(alice)
    record(alice, days_ago(5), "mild", taken)
    actions.change_doses(alice, days_ago(5), taken, 1, by=None)
    assert as_clara.opens(address).facts()["Days changed after the fact"] == "0"


def test_change_that_was_undone_is_not_listed(as_clara, alice, address):
    record(alice, days_ago(5), "mild")
    actions.put_back(alice, [change(alice, days_ago(5), Headache.SEVERE)], by=None)
    assert alice.day_versions.count() == 2
    assert as_clara.opens(address).facts()["Days changed after the fact"] == "0"


def test_changed_days_of_the_compared_windows_are_said(as_clara, alice, given, address):
    for when in (FIRST - timedelta(days=9), FIRST - timedelta(days=8), FIRST + timedelta(days=60)):
        record(alice, when, "severe")
        change(alice, when, Headache.NONE)
    assert remarks(as_clara.opens(address)) == [
        "2 days of the baseline were changed after the first injection, last on 17 June 2026.",
        "1 day of weeks 9–12 of cycle 1 was changed after the fact, on 17 June 2026.",
    ]


def test_baseline_day_changed_before_the_injection_is_no_remark(as_clara, alice, address, noon):
    record(alice, days_ago(20), "severe")
    change(alice, days_ago(20), Headache.NONE)
    session(alice, TODAY)
    page = as_clara.opens(address)
    assert remarks(page) == []
    assert page.facts()["Days changed after the fact"] == "1"


# --- Sessions ------------------------------------------------------------------------------------------------


def correct(visitor, address, given, **fields):
    said = {name: str(value) for name, value in GIVEN.items()} | fields
    return visitor.sends(f"{address}sessions/{given.pk}/", **said)


def corrections(page):
    return [one.text for one in page.main.all("details")]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("date", "2026-03-01", "Date: 9 Mar 2026"),
        ("product", "Other", "Product: Botox"),
        ("units", "195", "Units: 155"),
        ("sites", "39", "Sites: 31"),
        ("batch", "C2", "Batch: C1"),
        ("expiry", "2027-01-01", "Expiry: not recorded"),
        ("note", "", "Note: well"),
    ],
)
def test_corrected_field_says_what_it_was_and_who_changed_it(
    as_clara, clara, given, address, field, value, said
):
    with faults_of_history() as faults:
        page = correct(as_clara, address, given, **{field: value})
    assert faults == []
    assert corrections(page) == [
        f"changed on 17 June 2026 by Clara Clinician Until 17 June 2026 (Clara Clinician): {said}"
    ]
    version = InjectionSessionVersion.objects.get()
    assert version.replaced_by == clara.pseudonym
    kept = {name: version.said[name] for name in (*GIVEN, "expiry")}
    assert kept == GIVEN | {"date": FIRST.isoformat(), "expiry": None}


def test_saving_without_a_change_keeps_no_version(as_clara, given, address):
    assert corrections(correct(as_clara, address, given)) == []
    assert not InjectionSessionVersion.objects.exists()


def test_new_session_has_no_version(as_clara, alice, address):
    as_clara.sends(f"{address}sessions/", date="2026-06-16")
    assert not InjectionSessionVersion.objects.exists()


def test_two_people_who_correct_at_the_same_time_are_both_kept(as_clara, alice, given, address, north):
    nora = visitor(staff("Nora North", north))
    correct(as_clara, address, given, units="160")
    page = correct(nora, address, given, sites="39")
    assert corrections(page) == [
        "changed on 17 June 2026 by Nora North Until 17 June 2026 (Nora North): Units: 160 · Sites: 31 "
        "Until 17 June 2026 (Clara Clinician): Units: 155"
    ]


def test_second_tap_of_a_correction_is_one_version(as_clara, given, address):
    correct(as_clara, address, given, units="160")
    correct(as_clara, address, given, units="160")
    assert InjectionSessionVersion.objects.count() == 1


def imported(alice, **fields):
    row = SessionRow(**{"line": 2, "patient": "", "expiry": None, **GIVEN, **fields})
    return store_sessions(alice, None, [row], TODAY, Report(), replace=True)


def test_import_with_replace_keeps_what_stood_there(as_clara, alice, given, address):
    with faults_of_history() as faults:
        imported(alice, units=160)
    assert faults == []
    assert corrections(as_clara.opens(f"{address}sessions/")) == [
        "changed on 17 June 2026 by an import Until 17 June 2026 (import): Units: 155"
    ]


def test_import_of_the_same_keeps_no_version(alice, given):
    imported(alice)
    assert not InjectionSessionVersion.objects.exists()


def test_who_is_no_more_is_not_named(as_clara, clara, given, address, north):
    gone = staff("Gone Girl", north)
    given.units = 160
    clinic_actions.save_session(given, by=gone.pseudonym)
    gone.memberships.all().delete()
    gone.delete()
    assert corrections(as_clara.opens(f"{address}sessions/")) == [
        "changed on 17 June 2026 Until 17 June 2026: Units: 155"
    ]


def test_guard_reports_a_session_that_forgets(given):
    with faults_of_history() as faults:
        given.units = 160
        given.save()
    assert faults == [f"('session', {given.patient_id}, {given.pk}) was changed and nothing says what it was"]


def test_failed_version_takes_the_correction_with_it(given, monkeypatch):
    def fails(*args, **options):
        raise RuntimeError

    monkeypatch.setattr(InjectionSessionVersion, "save", fails)
    given.units = 160
    with pytest.raises(RuntimeError):
        clinic_actions.save_session(given, by=None)
    given.refresh_from_db()
    assert given.units == 155


def test_earlier_words_are_shown_as_they_were_written(as_clara, alice, given, address):
    evil = "<script>alert(1)</script>"
    correct(as_clara, address, given, note=evil)
    page = correct(as_clara, address, given, note="fine")
    assert f"Note: {evil}" in page.text
    assert "<script>alert" not in page.html


# --- The baseline --------------------------------------------------------------------------------------------


def test_corrected_date_of_the_first_session_moves_the_baseline(as_clara, given, address):
    correct(as_clara, address, given, date="2026-03-01")
    assert remarks(as_clara.opens(address)) == [
        "The baseline window moved on 17 June 2026: until then it was 9 Feb 2026 to 8 Mar 2026. "
        "The first session’s date was changed."
    ]


def test_earlier_session_moves_the_baseline(as_clara, alice, given, address):
    as_clara.sends(f"{address}sessions/", date="2025-12-01")
    assert remarks(as_clara.opens(address)) == [
        "The baseline window moved on 17 June 2026: until then it was 9 Feb 2026 to 8 Mar 2026. "
        "An earlier session was recorded."
    ]


def test_later_session_and_other_fields_move_nothing(as_clara, given, address):
    as_clara.sends(f"{address}sessions/", date="2026-06-01")
    correct(as_clara, address, given, units="160")
    assert remarks(as_clara.opens(address)) == []


def test_sessions_recorded_on_one_day_move_nothing(as_clara, alice, address):
    for when in ("2026-03-09", "2025-12-01", "2026-06-01"):
        as_clara.sends(f"{address}sessions/", date=when)
    assert remarks(as_clara.opens(address)) == []


def test_day_of_a_move_is_the_patients_own(as_clara, alice, given, address):
    alice.time_zone = "Pacific/Kiritimati"
    alice.save()
    correct(as_clara, address, given, date="2026-03-01")
    assert remarks(as_clara.opens(address))[0].startswith("The baseline window moved on 18 June 2026")


# --- Promises ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 60])
def test_queries_do_not_grow_with_the_corrections(as_clara, alice, clara, given, address, number):
    taken = medicine(alice)
    for back in range(number):
        record(alice, days_ago(4 + back), "mild", taken)
        change(alice, days_ago(4 + back), Headache.NONE)
        given.units = 100 + back
        clinic_actions.save_session(given, by=clara.pseudonym)
    for page in (address, f"{address}sessions/"):
        with at_most(15 if page == address else 10):
            as_clara.client.get(page)


def test_caseload_says_nothing_of_it(as_clara, alice, address):
    record(alice, days_ago(5), "mild")
    change(alice, days_ago(5), Headache.NONE)
    assert "changed" not in as_clara.opens("/clinic/").main.text


def test_window_moves_only_for_sessions_that_were_given(as_clara, alice, given, address):
    imported(alice, date=date(2026, 6, 18), units=1)
    assert remarks(as_clara.opens(address)) == []
