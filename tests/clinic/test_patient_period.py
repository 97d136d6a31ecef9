"""A patient's page over a chosen period: the four answers, every day, the time line and the diary's quality."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from clinic.models import AdverseEvent, Decision, Review
from clinic.periods import Choice, Fault, chosen_period
from diary.models import Preventive
from tests.cast import (
    NOON,
    TODAY,
    at_most,
    days_ago,
    fill,
    june,
    medicine,
    record,
    record_all,
    session,
    share,
    visitor,
)

FIRST = days_ago(180)


@pytest.fixture
def address(alice):
    return f"/clinic/patients/{alice.pk}/"


def answer(page, question):
    [found] = [card for card in page.all("li", "count") if card["data-count"] == question]
    return found.text


def share_notes(patient, clinic):
    patient.care_links.filter(ends_at=None).update(ends_at=NOON)
    share(patient, clinic, sees_notes=True)


# --- The period ----------------------------------------------------------------------------------------------

BEGAN, INJECTED = date(2024, 3, 5), date(2025, 2, 1)
PERIODS = [
    ({}, date(2025, 7, 1), TODAY, Choice.YEAR, None),
    ({"period": "year"}, date(2025, 7, 1), TODAY, Choice.YEAR, None),
    ({"period": "nonsense"}, date(2025, 7, 1), TODAY, Choice.YEAR, None),
    ({"period": "all"}, BEGAN, TODAY, Choice.ALL, None),
    ({"period": "injections"}, INJECTED, TODAY, Choice.INJECTIONS, None),
    ({"from": "2026-01-10", "until": "2026-02-20"}, date(2026, 1, 10), date(2026, 2, 20), Choice.OWN, None),
    ({"from": "2026-01-10"}, date(2026, 1, 10), TODAY, Choice.OWN, None),
    ({"until": "2026-02-20"}, BEGAN, date(2026, 2, 20), Choice.OWN, None),
    ({"from": " 2026-01-10 ", "until": ""}, date(2026, 1, 10), TODAY, Choice.OWN, None),
    ({"from": "2026-06-17", "until": "2026-06-17"}, TODAY, TODAY, Choice.OWN, None),
    ({"from": "0001-01-01", "until": "9999-12-31"}, BEGAN, TODAY, Choice.OWN, None),
    (
        {"from": "2026-02-20", "until": "2026-01-10"},
        date(2026, 1, 10),
        date(2026, 2, 20),
        Choice.OWN,
        Fault.SWAPPED,
    ),
    ({"from": "2026-02-30", "until": "2026-03-10"}, date(2025, 7, 1), TODAY, Choice.YEAR, Fault.NO_DATE),
    ({"from": "last week"}, date(2025, 7, 1), TODAY, Choice.YEAR, Fault.NO_DATE),
    ({"until": "2020-02-01"}, date(2025, 7, 1), TODAY, Choice.YEAR, Fault.OUTSIDE),
    ({"from": "2027-02-01"}, date(2025, 7, 1), TODAY, Choice.YEAR, Fault.OUTSIDE),
    ({"from": "2020-01-01", "until": "2020-02-01"}, date(2025, 7, 1), TODAY, Choice.YEAR, Fault.OUTSIDE),
    ({"from": "2030-01-01", "until": "2030-02-01"}, date(2025, 7, 1), TODAY, Choice.YEAR, Fault.OUTSIDE),
    ({"from": "2026-01-10", "period": "all"}, date(2026, 1, 10), TODAY, Choice.OWN, None),
]


@pytest.mark.parametrize(("said", "first", "last", "choice", "fault"), PERIODS)
def test_period_of_an_address(said, first, last, choice, fault):
    period = chosen_period(said, BEGAN, INJECTED, TODAY)
    assert (period.first, period.last, period.choice, period.fault) == (first, last, choice, fault)


def test_period_of_a_young_diary_begins_with_it_and_of_none_is_today():
    assert chosen_period({}, days_ago(3), None, TODAY).first == days_ago(3)
    assert chosen_period({"period": "injections"}, days_ago(3), None, TODAY).choice is Choice.YEAR
    empty = chosen_period({"period": "all"}, None, None, TODAY)
    assert (empty.first, empty.last, empty.past) == (TODAY, TODAY, None)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?from=2026-06-10&until=2026-05-01", "The first date was after the second: they were swapped."),
        ("?from=10.05.2026", "That is no date. Write dates as 2026-01-31. The usual period is shown."),
        ("?from=%00%ff&until=<script>", "That is no date."),
        ("?until=1999-12-31", "Nothing is known of these days. The usual period is shown."),
    ],
)
def test_what_is_wrong_with_the_dates_is_said(as_clara, alice, address, query, words):
    record(alice, days_ago(60))
    page = as_clara.opens(address + query)
    assert words in page.one("p", "message", role="alert").text
    assert "<script>" not in page.section("period").raw


def test_tables_and_pictures_follow_the_period_and_the_cycles_do_not(as_clara, alice, address):
    session(alice, FIRST)
    fill(alice, FIRST - timedelta(days=28), 20, 8)
    fill(alice, date(2026, 3, 1), 10, 21, medicine(alice))
    fill(alice, date(2026, 5, 1), 4, 27)
    whole, part = as_clara.opens(address), as_clara.opens(f"{address}?from=2026-03-10&until=2026-04-30")
    assert [row[0] for row in part.table("months")[1:]] == ["Apr 2026", "Mar 2026"]
    assert [row[0] for row in part.table("days-of-months")[1:]] == ["Apr 2026", "Mar 2026"]
    assert [row[0] for row in part.table("completeness")[1:]] == ["Apr 2026", "Mar 2026"]
    assert part.payload("triptans-days-a-month")["labels"] == [["Mar", "2026"], ["Apr", "2026"]]
    assert part.table("completeness")[2][1] == "22 of 22"
    assert part.facts()["Recorded in the period"] == "22 of 52"
    assert part.facts()["Headache days in the period"] == "1–31"
    for caption in ("cycles", "criteria"):
        assert part.table(caption) == whole.table(caption)
    assert part.payload("before-and-after") == whole.payload("before-and-after")
    assert "Baseline and cycles are of the whole diary" in part.section("effect").text
    assert part.field("from")["value"] == "2026-03-10"
    assert part.field("until")["value"] == "2026-04-30"


def test_a_link_with_a_period_opens_for_a_colleague_and_for_nobody_else(as_clara, alice, address, carl):
    record(alice, days_ago(60))
    as_clara.opens(f"{address}?period=all")
    for place in (address, f"{address}days/2026-05/"):
        visitor(carl).opens(f"{place}?period=all", status=404)


def test_months_without_a_record_up_to_today_are_shown_as_such(as_clara, alice, address):
    fill(alice, date(2026, 3, 1), 10, 21)
    assert [row[:3] for row in as_clara.opens(address).table("months")[1:]] == [
        ["Jun 2026", "0 of 30", "not recorded"],
        ["May 2026", "0 of 31", "not recorded"],
        ["Apr 2026", "0 of 30", "not recorded"],
        ["Mar 2026", "31 of 31", "10"],
    ]


# --- The four answers ----------------------------------------------------------------------------------------


def test_is_it_working(as_clara, alice, address):
    """20 of 28 before; weeks 9 to 12: 9 headache days and two not recorded."""
    session(alice, days_ago(90))
    fill(alice, days_ago(118), 20, 8)
    fill(alice, days_ago(34), 9, 17)
    assert answer(as_clara.opens(address), "working") == (
        "Is it working? 9–11 headache days of 28, weeks 9–12 of cycle 1 "
        "Baseline: 20 of 28. Reduction 51.5 %, by missing days 45.0 % to 55.0 %. "
        "Days not recorded: 2, at baseline 0. "
        "Published reductions: 30, 50, 75 %. Before and after"
    )


def test_is_it_working_without_a_comparison_says_why(as_clara, alice, address):
    fill(alice, days_ago(28), 5, 23)
    page = as_clara.opens(address)
    assert "5 headache days, last 28 days" in answer(page, "working")
    assert "No injection yet: nothing to compare." in answer(page, "working")
    session(alice, days_ago(20))
    assert "Cycle 1 is not compared: fewer than 20 days recorded at baseline." in answer(
        as_clara.opens(address), "working"
    )


def test_later_cycle_that_cannot_be_compared_is_counted(as_clara, alice, address):
    for back in (118, 34):
        session(alice, days_ago(back))
    fill(alice, days_ago(146), 20, 8)
    fill(alice, days_ago(62), 10, 18)
    assert "weeks 9–12 of cycle 1" in answer(as_clara.opens(address), "working")
    assert "1 later cycle cannot be compared yet." in answer(as_clara.opens(address), "working")


def test_is_it_wearing_off(as_clara, alice, address):
    """Blocks of 8, 6 and 12 days in cycle 1; 4, 4 and 7 to 9 in cycle 2: the means stand beside them."""
    one, two = days_ago(170), days_ago(86)
    for start, blocks in ((one, (8, 6, 12)), (two, (4, 4, 7))):
        session(alice, start)
        for place, headaches in enumerate(blocks):
            missing = 2 if (start, place) == (two, 2) else 0
            fill(alice, start + timedelta(days=28 * place), headaches, 28 - headaches - missing)
    page = as_clara.opens(address)
    assert "4 · 4 · 7–9 headache days in weeks 1–4 · 5–8 · 9–12 of cycle 2" in answer(page, "wearing-off")
    assert "Mean of 2 whole cycles: 6.0 · 5.0 · 9.5–10.5." in answer(page, "wearing-off")
    assert "Not recorded: 2 days of the cycle." in answer(page, "wearing-off")
    assert page.table("blocks")[1:] == [
        ["Cycle 2", "4", "4", "7–9"],
        ["Mean of 2 cycles", "6.0", "5.0", "9.5–10.5"],
    ]
    assert "62.9 % of 143 patients" in page.section("wearing-off").text


@pytest.mark.parametrize("broken", ["cut", "thin", "running"])
def test_cycle_that_is_not_whole_is_no_part_of_wearing_off(as_clara, alice, address, broken):
    start = days_ago(60 if broken == "running" else 150)
    session(alice, start)
    fill(alice, start, 20, 40)
    if broken == "cut":
        session(alice, start + timedelta(days=80))
    assert "no cycle is whole yet" in answer(as_clara.opens(address), "wearing-off")


def test_is_there_overuse(as_clara, alice, address):
    triptan, simple = medicine(alice), medicine(alice, "ibuprofen", "non_opioid")
    fill(alice, date(2026, 3, 1), 12, 19, triptan)
    fill(alice, date(2026, 4, 1), 3, 25, simple)
    fill(alice, date(2026, 5, 1), 9, 20, triptan)
    record(alice, june(1), "mild", triptan)
    said = answer(as_clara.opens(address), "medication")
    assert "9–11 days in May 2026 · Triptans · published 10" in said
    assert "Triptans: 10 days or more in 1 of 3 months, uncertain in 1." in said
    assert "Simple painkillers: 15 days or more in 0 of 3 months." in said
    assert "Not recorded: 4 days of these months." in said
    assert "ICHD-3 8.2" in said


def test_no_medicine_is_a_count_too(as_clara, alice, address):
    fill(alice, date(2026, 5, 1), 4, 20)
    said = answer(as_clara.opens(address), "medication")
    assert "0–7 days with any acute medicine in May 2026" in said
    assert "No medicine with a published limit in 1 month." in said


def test_can_the_diary_be_trusted(as_clara, alice, address):
    record_all(alice, [days_ago(back) for back in range(30, 20, -1)])
    record_all(alice, [days_ago(back) for back in range(15, 0, -1)])
    alice.days.filter(date=days_ago(25)).update(recorded_on=days_ago(20))
    alice.days.filter(date=days_ago(24)).update(recorded_on=None, source="paper")
    alice.days.filter(date=days_ago(23)).update(source="carer")
    page = as_clara.opens(address)
    assert answer(page, "trust").startswith(
        "Can the diary be trusted? 25 of 30 days recorded Not recorded: 5 days, at most 5 in a row. "
        "Recorded more than 2 days late: 1. Changed after the fact: 0. When is not known: 1."
    )
    facts = page.facts()
    assert facts["Longest gaps"] == "28 May 2026 – 1 Jun 2026 (5 days)"
    assert facts["Not recorded, by day of the week"] == (
        "Monday: 1 · Tuesday: 0 · Wednesday: 0 · Thursday: 1 · Friday: 1 · Saturday: 1 · Sunday: 1"
    )
    assert page.table("completeness")[1:] == [
        ["Jun 2026", "15 of 16", "0", "0", "0", "0", "0"],
        ["May 2026", "10 of 14", "1", "1", "0", "1", "1"],
    ]


def test_today_is_missing_from_nothing_before_it_is_over(as_clara, alice, address):
    record(alice, TODAY, "mild")
    page = as_clara.opens(address)
    assert "no day of the period is over" in answer(page, "trust")
    assert page.table("days-of-months")[1][2:] == ["1", "0"]


# --- Every day -----------------------------------------------------------------------------------------------


def strip(page, month):
    [found] = [
        svg for svg in page.all("svg", "strip") if svg.attributes.get("aria-label", "").startswith(month)
    ]
    return found


def test_every_day_of_a_month_in_one_line(as_clara, alice, address):
    taken = medicine(alice)
    for day, word in enumerate(("none", "none", "mild", "moderate", "severe", "yes"), start=1):
        record(alice, june(day), word, *([taken] if word == "severe" else []))
    record(alice, june(9), "yes", pain=8)
    session(alice, june(4))
    page = as_clara.opens(address)
    line = strip(page, "June 2026")
    assert line["aria-label"] == (
        "June 2026. No headache: 1–2; Mild headache: 3; Moderate headache: 4; Severe headache: 5, 9; "
        "Headache, severity not recorded: 6; Not recorded: 7–8, 10–16; Acute medicine: 5; Injections: 4."
    )
    assert {path["class"] for path in line.all("path")} == {
        f"strip--{word}"
        for word in ("none", "mild", "moderate", "severe", "yes", "missing", "medicine", "injection")
    }
    assert page.table("days-of-months")[1][2:] == ["5–14", "9"]


def test_days_before_the_diary_are_not_missing_from_it(as_clara, alice, address):
    record(alice, june(15))
    assert strip(as_clara.opens(address), "June")["aria-label"] == (
        "June 2026. No headache: 15; Not recorded: 16."
    )


# --- The days of a month -------------------------------------------------------------------------------------


@pytest.fixture
def told(alice):
    return record(
        alice,
        june(3),
        "severe",
        medicine(alice),
        pain=8,
        hours=6,
        side="left",
        quality="pulsating",
        features="one_sided;pulsating;aura",
        aura="visual",
        triggers="wine;stress",
        note="Cried all day",
        relief="partial",
        recorded_on=june(7),
    )


def test_days_of_a_month_with_their_details(as_clara, alice, address, told):
    session(alice, june(2))
    page = as_clara.opens(f"{address}days/2026-06/")
    assert page.one("h1").text == "Days of June 2026"
    rows = page.table("days")
    assert len(rows) == 1 + 17
    assert rows[1] == ["Wed 17", "today, not over", "–", "–", "–"]
    assert rows[15] == [
        "Wed 3",
        "Severe headache · worst pain 8 of 10",
        "6 hours · On one side · Throbbing · Aura before or with it · side: Left · felt: Throbbing · "
        "aura: Seeing things: zigzags, spots, gaps",
        "sumatriptan ×1 · relief: Some",
        "late, on 7 Jun 2026",
    ]
    assert rows[16] == ["Tue 2", "not recorded Injections", "–", "–", "–"]
    assert rows[17][1] == "not recorded"


def test_own_words_of_a_day_only_where_notes_are_shared(as_clara, alice, address, told, north):
    for place in (address, f"{address}days/2026-06/"):
        html = as_clara.opens(place).html
        assert "Cried all day" not in html
        assert "wine" not in html
    share_notes(alice, north)
    page = as_clara.opens(f"{address}days/2026-06/")
    assert "may have played a part: wine, stress Cried all day" in page.table("days")[15][2]
    assert "Note of the diary Cried all day" in as_clara.opens(address).section("time-line").text


@pytest.mark.parametrize("month", ["2026-07", "1899-12", "2026-13", "0000-01"])
def test_month_that_has_not_come_or_cannot_be_is_no_address(as_clara, alice, address, month):
    as_clara.opens(f"{address}days/{month}/", status=404)


def test_corrected_day_says_so_in_its_month(as_clara, alice, address, as_alice, noon):
    record(alice, june(3), "mild")
    as_alice.sends(f"/days/{june(3)}/headache/", headache="severe")
    assert as_clara.opens(f"{address}days/2026-06/").table("days")[15][4] == "changed after the fact"


# --- The time line -------------------------------------------------------------------------------------------


def happen(alice, north):
    """What a clinic and a patient write down besides the days."""
    given = session(alice, days_ago(100), product="Botox", units=155, sites=31, clinic=north)
    event = {"session": given, "severity": "mild", "outcome": "recovered", "patient": alice, "clinic": north}
    AdverseEvent.objects.create(**event, term="neck_pain", began_on=days_ago(97), note="Heat helped")
    wrong = AdverseEvent.objects.create(**event, term="dysphagia", began_on=days_ago(96))
    AdverseEvent.objects.create(
        **event, term="dysphagia", began_on=days_ago(96), replaces=wrong, is_withdrawn=True
    )
    Decision.objects.create(
        patient=alice, clinic=north, made_on=days_ago(20), kind="continue", reason="Fewer bad days", cycle=1
    )
    Review.objects.create(patient=alice, clinic=north, reviewed_on=days_ago(10), note="Ask about sleep")
    Preventive.objects.create(
        patient=alice,
        name="Topiramate",
        dose="50 mg",
        started_on=days_ago(400),
        ended_on=days_ago(99),
        reason="side_effects",
        remark="Tingling hands",
    )


@pytest.fixture
def eventful(alice, north):
    happen(alice, north)
    return alice


def test_one_line_of_time(as_clara, eventful, address):
    page = as_clara.opens(f"{address}?period=all")
    assert [item.text for item in page.section("time-line").all("li")] == [
        "7 Jun 2026 Review Ask about sleep",
        "28 May 2026 Decision: Continue · after cycle 1 Fewer bad days",
        "12 Mar 2026 Adverse event: Neck pain · Mild · Recovered · after the injections of 9 Mar 2026 Heat helped",
        "10 Mar 2026 Preventive ended: Topiramate 50 mg · side effects",
        "9 Mar 2026 Injection session 1: Botox · 155 units · 31 sites",
        "13 May 2025 Preventive begun: Topiramate 50 mg",
    ]
    assert [year.text for year in page.section("time-line").all("h3")] == ["2026", "2025"]
    assert page.table("preventives")[1][:2] == [
        "Topiramate 50 mg",
        "13 May 2025 to 10 Mar 2026 · side effects",
    ]
    assert "Tingling" not in page.html
    assert "Notes of the diary are not shared with this clinic." in page.text


def test_line_of_time_follows_the_period(as_clara, eventful, address):
    page = as_clara.opens(f"{address}?from={days_ago(30)}")
    assert [item.text[:6] for item in page.section("time-line").all("li")] == ["7 Jun ", "28 May"]
    assert "Preventives" not in page.section("time-line").text


def test_another_clinics_own_words_stay_with_it(as_clara, alice, address, south):
    """South treats her too: what it decided is seen, what it wrote about it is not."""
    happen(alice, south)
    alice.sessions.update(note="Difficult")
    page = as_clara.opens(f"{address}?period=all")
    words = page.section("time-line").text
    assert "Decision: Continue · after cycle 1 · decided at South Headache Clinic" in words
    assert "recorded by South Headache Clinic" in words
    for hidden in ("Ask about sleep", "Fewer bad days", "Heat helped", "Difficult"):
        assert hidden not in page.html


def test_days_read_in_one_query_are_those_of_the_rules(alice, bob):
    """Rows that are one a medicine come to one day each, with where it comes from."""
    triptan, simple, twin = medicine(alice), medicine(alice, "a", "non_opioid"), medicine(alice, "b")
    record(alice, june(1), "severe", triptan, simple, twin, pain=8, migraine=True, relief="full")
    record(alice, june(2), "none", recorded_on=None, source="paper")
    record(alice, june(3), "yes", simple, features="nausea;aura", recorded_on=june(9), source="carer")
    record(bob, june(3), "mild", medicine(bob))
    days, origins = alice.days.between(june(1), june(3)).records_with_origins()
    assert days == alice.days.records()
    assert origins == [
        (june(1), june(1), "own"),
        (june(2), None, "paper"),
        (june(3), june(9), "carer"),
    ]


# --- Promises ------------------------------------------------------------------------------------------------


def test_queries_of_a_page_with_everything_on_it(as_clara, eventful, address, north):
    share_notes(eventful, north)
    record_all(eventful, [days_ago(back) for back in range(100, 0, -1)], "mild", medicine(eventful))
    for back in (120, 121, 122):
        record(eventful, days_ago(back), "mild", note="A note")
    with at_most(15):
        as_clara.client.get(f"{address}?period=all")
    with at_most(12):
        as_clara.client.get(f"{address}days/2026-05/")


def test_headings_are_in_order(as_clara, eventful, address):
    record(eventful, days_ago(10), "mild", medicine(eventful))
    page = as_clara.opens(address)
    levels = [int(found.tag[1]) for found in page.main.walk() if found.tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
