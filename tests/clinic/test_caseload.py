"""The list of patients, as a clinician reads it before the visits."""

from datetime import date, timedelta

import pytest

from diary.models import Patient
from tests.cast import (
    NOON,
    TODAY,
    at_most,
    days_ago,
    june,
    medicine,
    new_patient,
    record,
    record_all,
    session,
    share,
)

HEADINGS = [
    "Name",
    "Why here",
    "Last recorded",
    "Recorded of 28 days",
    "Headache days, last 28",
    "Trend",
    "Change from baseline",
    "Migraine days",
    "Medication days this month and last",
    "Cycle",
    "Next due",
    "Last reviewed",
]


def names(page):
    return [row[0] for row in page.caseload()[1:]]


def the_row(page):
    headings, row = page.caseload()
    assert headings == HEADINGS
    return dict(zip(headings, row, strict=True))


def test_row_of_a_diary_made_by_hand(as_clara, alice):
    """Baseline 14 of 28; the last 28 days 7 of 24 recorded: 1 - (7/24)/(14/28) is 41.7 %."""
    session(alice, days_ago(120))
    session(alice, days_ago(36))
    before = [days_ago(120 + back) for back in range(1, 29)]
    record_all(alice, before[:14], "mild")
    record_all(alice, before[14:], "none")
    recent = [days_ago(back) for back in range(1, 25)]
    record_all(alice, recent[:7], "severe", medicine(alice))
    record_all(alice, recent[7:], "none")
    assert the_row(as_clara.opens("/clinic/")) == {
        "Name": "Alice Archer N-17",
        "Why here": "–",
        "Last recorded": "16 Jun 2026",
        "Recorded of 28 days": "24",
        "Headache days, last 28": "7–11",
        "Trend": "",
        "Change from baseline": "−41.7 % −50.0 to −21.4 % from 14",
        "Migraine days": "7–11",
        "Medication days this month and last": "Triptans: 7 (Jun)",
        "Cycle": "2, week 6",
        "Next due": "4 Aug 2026",
        "Last reviewed": "never",
    }


def test_row_of_an_empty_diary(as_clara, alice):
    assert list(the_row(as_clara.opens("/clinic/")).values()) == [
        *("Alice Archer N-17", "nothing recorded", "nothing recorded", "0", "0–28", ""),
        *("–", "0–28", "–", "not treated", "–no date", "never"),
    ]


def test_change_that_cannot_be_evaluated_says_so(as_clara, alice):
    session(alice, days_ago(60))
    record_all(alice, [days_ago(back) for back in range(1, 20)], "mild")
    assert the_row(as_clara.opens("/clinic/"))["Change from baseline"] == (
        "– fewer than 20 days recorded at baseline from 0–28"
    )


@pytest.mark.parametrize(
    ("headaches", "recorded", "words"),
    [
        (0, 28, "– no headache day at baseline from 0"),
        (10, 19, "– fewer than 20 of the last 28 days recorded from 10"),
        (10, 28, "−100.0 % from 10"),
    ],
)
def test_change_says_why_there_is_none(as_clara, alice, headaches, recorded, words):
    session(alice, days_ago(60))
    before = [days_ago(60 + back) for back in range(1, 29)]
    record_all(alice, before[:headaches], "mild")
    record_all(alice, before[headaches:], "none")
    record_all(alice, [days_ago(back) for back in range(1, recorded + 1)], "none")
    assert the_row(as_clara.opens("/clinic/"))["Change from baseline"] == words


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (0, "– first cycle has just begun from 10"),
        (27, "– first cycle has just begun from 10"),
        (28, "−100.0 % from 10"),
    ],
)
def test_no_change_while_the_last_28_days_reach_back_before_the_injection(as_clara, alice, since, words):
    session(alice, days_ago(since))
    before = [days_ago(since + back) for back in range(1, 29)]
    record_all(alice, before[:10], "mild")
    record_all(alice, before[10:], "none")
    record_all(alice, [days_ago(back) for back in range(1, since + 1)], "none")
    assert the_row(as_clara.opens("/clinic/"))["Change from baseline"] == words


def test_session_to_come_is_no_treatment_yet(as_clara, alice):
    session(alice, TODAY + timedelta(days=3))
    row = the_row(as_clara.opens("/clinic/"))
    assert (row["Cycle"], row["Change from baseline"]) == ("not treated", "–")


def test_more_headache_days_than_before_read_as_a_plus(as_clara, alice):
    session(alice, days_ago(30))
    record_all(alice, [days_ago(30 + back) for back in range(1, 11)], "mild")
    record_all(alice, [days_ago(30 + back) for back in range(11, 29)], "none")
    record_all(alice, [days_ago(back) for back in range(1, 29)], "mild")
    assert the_row(as_clara.opens("/clinic/"))["Change from baseline"] == "+180.0 % from 10"


def test_today_is_not_among_the_last_28_days(as_clara, alice):
    record(alice, TODAY, "severe")
    row = the_row(as_clara.opens("/clinic/"))
    assert (row["Last recorded"], row["Headache days, last 28"]) == ("17 Jun 2026", "0–28")


def test_reached_limits_of_this_month_and_the_last_are_named(as_clara, alice):
    record_all(alice, [june(day) for day in range(1, 11)], "mild", medicine(alice))
    simple = medicine(alice, "ibuprofen", "non_opioid")
    record_all(alice, [june(1) - timedelta(days=back) for back in range(1, 16)], "mild", simple)
    record_all(
        alice,
        [june(1) - timedelta(days=back) for back in range(40, 61)],
        "mild",
        medicine(alice, word="ergot"),
    )
    words = the_row(as_clara.opens("/clinic/"))["Medication days this month and last"]
    assert (
        words
        == "Triptans: 10–16 (Jun, reached) · limit 10 Simple painkillers: 15–31 (May, reached) · limit 15"
    )


def test_limit_that_missing_days_leave_open_is_named(as_clara, alice):
    """In a finished month, and in this one by its days so far: what is to come is no missing day."""
    triptan, simple = medicine(alice), medicine(alice, "ibuprofen", "non_opioid")
    record_all(alice, [date(2026, 5, day) for day in range(1, 10)], "mild", triptan)
    record_all(alice, [date(2026, 5, day) for day in range(10, 27)], "none")
    record_all(alice, [june(day) for day in range(1, 15)], "mild", simple)
    words = the_row(as_clara.opens("/clinic/"))["Medication days this month and last"]
    assert (
        words
        == "Triptans: 9–14 (May, uncertain) · limit 10 Simple painkillers: 14–16 (Jun, uncertain) · limit 15"
    )
    record_all(alice, [june(15), june(16)], "none")
    words = the_row(as_clara.opens("/clinic/"))["Medication days this month and last"]
    assert words == "Triptans: 9–14 (May, uncertain) · limit 10 Simple painkillers: 14 (Jun)"


def test_one_limit_open_in_one_month_and_reached_in_the_other(as_clara, alice):
    triptan = medicine(alice)
    record_all(alice, [date(2026, 5, day) for day in range(1, 10)], "mild", triptan)
    record_all(alice, [june(day) for day in range(1, 11)], "mild", triptan)
    words = the_row(as_clara.opens("/clinic/"))["Medication days this month and last"]
    assert words == "Triptans: 10–16 (Jun, reached), 9–31 (May, uncertain) · limit 10"


@pytest.mark.parametrize(
    ("since", "cycle", "due"),
    [
        (0, "1, week 1", "9 Sep 2026"),
        (83, "1, week 12", "18 Jun 2026"),
        (84, "1, week 13", "17 Jun 2026"),
        (85, "1, week 13", "16 Jun 2026 overdue"),
    ],
)
def test_place_between_injections(as_clara, alice, since, cycle, due):
    session(alice, days_ago(since))
    row = the_row(as_clara.opens("/clinic/"))
    assert (row["Cycle"], row["Next due"]) == (cycle, due)


# --- Who stands in it ----------------------------------------------------------------------------------------


def test_only_patients_who_share_stand_in_it(as_clara, alice, bob, south):
    share(new_patient("Sarah Souther"), south)
    assert names(as_clara.opens("/clinic/")) == ["Alice Archer N-17"]


def test_ended_link_vanishes_at_once(as_clara, alice, north):
    link = alice.care_links.get(clinic=north)
    link.ends_at = NOON
    link.save()
    page = as_clara.opens("/clinic/")
    assert "Alice" not in page.html
    assert "No patient shares a diary with your clinic yet." in page.text


def test_link_that_ends_later_holds_until_then(as_clara, alice, north, noon):
    link = alice.care_links.get(clinic=north)
    link.ends_at = NOON + timedelta(hours=1)
    link.save()
    assert names(as_clara.opens("/clinic/")) == ["Alice Archer N-17"]
    # Time goes on while the page stays open.
    noon.move_to(NOON + timedelta(hours=1))
    assert "Alice" not in as_clara.opens("/clinic/").html


def test_link_to_come_shows_nothing_yet(as_clara, bob, north):
    share(bob, north, starts_at=NOON + timedelta(seconds=1))
    assert "Bob" not in as_clara.opens("/clinic/").html


def test_patient_stands_once_after_sharing_again(as_clara, alice, north):
    ended = alice.care_links.get(clinic=north)
    ended.ends_at = NOON - timedelta(days=1)
    ended.save()
    share(alice, north, "N-18")
    assert names(as_clara.opens("/clinic/")) == ["Alice Archer N-18"]


# --- Search and pages ----------------------------------------------------------------------------------------


@pytest.fixture
def many(north):
    patients = Patient.objects.bulk_create(Patient(name=f"Person {number:03}") for number in range(250))
    for number, patient in enumerate(patients):
        share(patient, north, f"X{number:03}")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("archer", ["Alice Archer N-17"]),
        ("ALICE A", ["Alice Archer N-17"]),
        ("n-17", ["Alice Archer N-17"]),
        ("  archer  ", ["Alice Archer N-17"]),
        ("", ["Alice Archer N-17", "Bob Baker"]),
        ("b", ["Bob Baker"]),
    ],
)
def test_search_by_name_or_clinic_number(as_clara, alice, bob, north, query, found):
    share(bob, north)
    page = as_clara.opens(f"/clinic/?q={query}")
    assert names(page) == found
    assert page.filled("q") == query.strip()


def test_search_finds_nobody_of_another_clinic(as_clara, alice, south):
    share(new_patient("Sarah Souther"), south, "S-1")
    for query in ("sarah", "S-1"):
        page = as_clara.opens(f"/clinic/?q={query}")
        assert f"Nobody found for “{query}”." in page.text
        assert page.main.one("a", href="/clinic/").text == "Show all patients"


@pytest.mark.parametrize("query", ["%ED%A0%80", "x" * 3000, "%25", "_", "'", "%27 OR 1=1 --", "\\", "*"])
def test_no_query_breaks_the_search(as_clara, alice, query):
    page = as_clara.opens(f"/clinic/?q={query}")
    assert "Alice" not in page.main.text


def test_character_that_no_name_holds_is_left_out_of_the_search(as_clara, alice):
    assert names(as_clara.opens("/clinic/?q=arch%00er")) == ["Alice Archer N-17"]


def test_query_is_shown_as_it_was_written(as_clara, alice):
    query = '"><script>alert(1)</script>'
    page = as_clara.opens(f"/clinic/?q={query}")
    assert page.filled("q") == query
    assert f"Nobody found for “{query}”." in page.text
    assert "<script>alert" not in page.html


def test_long_list_has_pages(as_clara, many):
    page = as_clara.opens("/clinic/")
    assert (len(names(page)), names(page)[0]) == (50, "Person 000 X000")
    assert page.one("nav", "pager").text == "Page 1 of 5 Next"
    assert page.one("h2").text == "No data for 14 days (250)"
    page = as_clara.opens("/clinic/?page=5")
    assert (len(names(page)), names(page)[-1]) == (50, "Person 249 X249")
    assert page.one("nav", "pager").text == "Previous Page 5 of 5"


def test_pages_keep_the_search(as_clara, many):
    page = as_clara.opens("/clinic/?q=Person")
    assert page.one("nav", "pager").one("a")["href"] == "?q=Person&page=2"


@pytest.mark.parametrize("number", ["0", "-1", "99", "two", "", "9" * 400, "%00"])
def test_page_that_does_not_exist_shows_one_that_does(as_clara, many, number):
    assert 0 < len(names(as_clara.opens(f"/clinic/?page={number}"))) <= 50


def test_short_list_has_no_pages(as_clara, alice):
    assert as_clara.opens("/clinic/").all("nav", "pager") == []


@pytest.mark.parametrize(("patients", "days"), [(5, 30), (60, 30), (5, 400)])
def test_queries_do_not_grow_with_patients_or_days(as_clara, north, patients, days):
    everybody = Patient.objects.bulk_create(Patient(name=f"Person {number}") for number in range(patients))
    for patient in everybody:
        share(patient, north)
        session(patient, days_ago(50))
        record_all(patient, [days_ago(back) for back in range(days)], "mild", medicine(patient))
    with at_most(19):  # the first look after days were written counts their months
        as_clara.client.get("/clinic/")
    with at_most(12):
        response = as_clara.client.get("/clinic/")
    assert response.status_code == 200


def test_names_are_shown_as_they_were_written(as_clara, north):
    name = "</script><script>alert(1)</script>"
    share(new_patient("Mallory", time_zone="UTC"), north, "<b>1</b>")
    Patient.objects.update(name=name)
    page = as_clara.opens("/clinic/")
    assert names(page) == [f"{name} <b>1</b>"]
    assert "<script>alert" not in page.html
    assert "<b>" not in page.html
