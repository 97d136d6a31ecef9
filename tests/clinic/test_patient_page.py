"""One patient's page against a diary made by hand: what stands in its tables, and what is said of what is missing."""

from datetime import date, timedelta

import pytest

from tests.cast import (
    TODAY,
    at_most,
    days_ago,
    fill,
    june,
    medicine,
    record,
    record_all,
    session,
)

FIRST, SECOND = days_ago(180), days_ago(96)
CYCLE_HEADINGS = [
    *("Cycle", "From", "Weeks 1–4", "Weeks 5–8", "Weeks 9–12", "Recorded weeks 9–12", "Reduction"),
    *("30 %", "50 %", "75 %"),
]


@pytest.fixture
def address(alice):
    return f"/clinic/patients/{alice.pk}/"


@pytest.fixture
def treated(alice):
    """Baseline 20 of 28; weeks 9 to 12 of cycle 1: 14 of 28; of cycle 2: 7 of 24, 4 days not recorded."""
    session(alice, FIRST)
    session(alice, SECOND)
    fill(alice, FIRST - timedelta(days=28), 20, 8)
    for start, headaches in ((0, 18), (28, 16), (56, 14)):
        fill(alice, FIRST + timedelta(days=start), headaches, 28 - headaches)
    for start, headaches, free in ((0, 12, 16), (28, 10, 18), (56, 7, 17)):
        fill(alice, SECOND + timedelta(days=start), headaches, free)
    return alice


# --- Who -----------------------------------------------------------------------------------------------------


def test_page_says_whose_it_is(as_clara, alice, address):
    page = as_clara.opens(address)
    assert page.one("dl", "identity").text == (
        "Name Alice Archer Born 29 February 1984 Clinic number N-17 Clinic North Headache Clinic"
    )
    assert page.one("h1").text == "Alice Archer"
    assert page.one("title").raw.startswith("Alice Archer")


def test_what_is_not_known_of_her_is_said(as_clara, alice, address):
    alice.date_of_birth = None
    alice.save()
    alice.care_links.filter(ends_at=None).update(reference="")
    assert page_facts(as_clara.opens(address)) >= {("Born", "not recorded"), ("Clinic number", "–")}


def page_facts(page):
    return set(page.facts().items())


def test_page_says_how_good_the_diary_is(as_clara, treated, address):
    record(treated, days_ago(6), "none", recorded_on=TODAY)
    record(treated, days_ago(5), "mild", recorded_on=days_ago(3))
    record(treated, days_ago(4), "mild", recorded_on=None, source="import")
    assert page_facts(as_clara.opens(address)) >= {
        ("Diary", "21 Nov 2025 – 13 Jun 2026"),
        ("Recorded, last 28 days", "15 of 28"),
        ("Headache days, last 28 days", "2–15"),
        ("Days recorded late", "1"),
        ("Injections", "cycle 2, week 14"),
        ("Next due", "5 Jun 2026 · overdue"),
        ("Sessions recorded", "2"),
    }


# --- Cycles --------------------------------------------------------------------------------------------------


def test_cycles_of_a_diary_made_by_hand(as_clara, treated, address):
    page = as_clara.opens(address)
    assert page.table("cycles") == [
        CYCLE_HEADINGS,
        [
            *("1", "19 Dec 2025", "18", "16", "14", "28 of 28", "30.0 %"),
            *("reached", "not reached", "not reached"),
        ],
        [
            *("2", "13 Mar 2026", "12", "10", "7–11", "24 of 28", "59.2 % 45.0 % to 65.0 %"),
            *("reached", "uncertain", "not reached"),
        ],
    ]
    assert "Baseline 21 Nov 2025 – 18 Dec 2025: 20 headache days, 28 of 28 days recorded." in page.text


def test_criteria_of_a_diary_made_by_hand(as_clara, treated, address):
    """Of the months from January on, whole in treatment, only April and May stay below 15 and none below 10."""
    page = as_clara.opens(address)
    inadequate = "Inadequate response: reduction of less than 30 % after cycle"
    episodic = "headache days in each of 3 consecutive calendar months since the first injection"
    assert page.table("criteria") == [
        ["Source", "What it asks", "Counted", "State"],
        ["NICE TA260 followed by the clinic", f"{inadequate} 2", "59.2 % (45.0 % to 65.0 %)", "not reached"],
        [f"Episodic again: fewer than 15 {episodic}", *months_in_a_row(treated, 15)],
        ["EHF 2018", f"{inadequate} 3", "cycle 3 has not begun", "cannot evaluate"],
        [f"Episodic again: fewer than 10 {episodic}", *months_in_a_row(treated, 10)],
    ]
    words = page.section("criteria").text
    assert "NICE TA260: NICE technology appraisal 260 (2012)." in words
    assert "(J Headache Pain 2018;19:91)" in words
    assert "The decision is the clinician’s." in words


def months_in_a_row(patient, below):
    """Counted once more, day by day: the longest run surely below a number, and what the missing days leave open."""
    recorded = dict(patient.days.values_list("date", "headache"))
    sure = possible = longest = longest_possible = lately = 0
    span = None
    for first in (date(2026, month, 1) for month in range(1, 7)):
        days = [first + timedelta(days=day) for day in range(31)]
        days = [day for day in days if day.month == first.month]
        headaches = sum(recorded.get(day, "none") != "none" for day in days)
        missing = sum(day not in recorded for day in days)
        sure = sure + 1 if headaches + missing < below else 0
        possible = possible + 1 if headaches < below else 0
        if sure and sure >= longest:
            span = date(2026, first.month - sure + 1, 1), first
        lately = sure if first.month == TODAY.month - 1 else lately
        longest, longest_possible = max(longest, sure), max(longest_possible, possible)
    state = "reached" if longest >= 3 else "uncertain" if longest_possible >= 3 else "not reached"
    words = f"{longest} month{'' if longest == 1 else 's'} in a row, of 3"
    if span:
        names = " to ".join(f"{month:%B %Y}" for month in dict.fromkeys(span))
        words += f" {names}; at present {lately} in a row"
    return [words, state]


def test_criterion_of_no_response_is_met(as_clara, alice, address):
    """20 of 28 before, 15 of 28 in weeks 9 to 12 of cycle 2: a reduction of 25 %."""
    session(alice, FIRST)
    session(alice, SECOND)
    fill(alice, FIRST - timedelta(days=28), 20, 8)
    fill(alice, SECOND + timedelta(days=56), 15, 13)
    row = as_clara.opens(address).table("criteria")[1]
    assert row[2:] == ["25.0 %", "reached"]


def test_rise_reads_as_a_negative_reduction(as_clara, alice, address):
    session(alice, FIRST)
    fill(alice, FIRST - timedelta(days=28), 20, 8)
    fill(alice, FIRST + timedelta(days=56), 28, 0)
    assert as_clara.opens(address).table("cycles")[1][6] == "−40.0 %"


@pytest.mark.parametrize(
    ("baseline", "weeks_9_to_12", "reduction"),
    [
        ((14, 5), (7, 21), "– fewer than 20 days recorded at baseline"),
        ((14, 14), (7, 12), "– fewer than 20 days recorded in weeks 9–12"),
        ((0, 28), (7, 21), "– no headache day at baseline"),
        ((14, 14), (0, 0), "– fewer than 20 days recorded in weeks 9–12"),
        ((0, 0), (0, 0), "– fewer than 20 days recorded at baseline"),
        ((10, 10), (10, 10), "0.0 % −80.0 % to 44.4 %"),
    ],
)
def test_too_little_cannot_be_evaluated(as_clara, alice, address, baseline, weeks_9_to_12, reduction):
    session(alice, FIRST)
    fill(alice, FIRST - timedelta(days=28), *baseline)
    fill(alice, FIRST + timedelta(days=56), *weeks_9_to_12)
    row = as_clara.opens(address).table("cycles")[1]
    assert row[6] == reduction
    assert (row[7:] == ["cannot evaluate"] * 3) is reduction.startswith("–")


NOT_COMPARED = [
    ([180], (20, 8), "cycle 2 has not begun"),
    ([180, 20], (20, 8), "weeks 9–12 are not over yet"),
    ([180, 75], (20, 8), "weeks 9–12 are not over yet"),
    ([180, 96, 36], (20, 8), "cut by the next injection to fewer than 20 days"),
    ([180, 96, 50], (20, 8), "cut by the next injection to fewer than 20 days"),
    ([180, 96], (20, 8), "fewer than 20 days recorded in weeks 9–12"),
    ([180, 20], (19, 0), "fewer than 20 days recorded at baseline"),
    ([180, 20], (0, 28), "no headache day at baseline"),
]


@pytest.mark.parametrize(("sessions", "baseline", "reason"), NOT_COMPARED)
def test_criterion_says_why_there_is_no_reduction(as_clara, alice, address, sessions, baseline, reason):
    for given in sessions:
        session(alice, days_ago(given))
    fill(alice, FIRST - timedelta(days=28), *baseline)
    assert as_clara.opens(address).table("criteria")[1][2:] == [reason, "cannot evaluate"]


def test_reduction_before_weeks_9_to_12_are_over_is_so_far(as_clara, alice, address):
    """20 of 28 before; 6 of the first 24 days of weeks 9 to 12: the four days to come are counted either way."""
    for given in (164, 80):
        session(alice, days_ago(given))
    fill(alice, days_ago(164 + 28), 20, 8)
    fill(alice, days_ago(80 - 56), 6, 18)
    page = as_clara.opens(address)
    assert page.table("cycles")[2][4:] == [
        *("6, so far", "24 of 24, so far"),
        "65.0 %, so far 50.0 % to 70.0 % until weeks 9–12 are over",
        *("reached so far", "reached so far", "not reached so far"),
    ]
    assert page.table("criteria")[1][2:] == [
        "65.0 % (50.0 % to 70.0 %), so far, until weeks 9–12 are over",
        "not reached so far",
    ]


def test_reduction_is_final_the_day_after_weeks_9_to_12(as_clara, alice, address):
    session(alice, days_ago(84))
    fill(alice, days_ago(84 + 28), 20, 8)
    fill(alice, days_ago(28), 6, 22)
    row = as_clara.opens(address).table("cycles")[1]
    assert row[4:] == ["6", "28 of 28", "70.0 %", "reached", "reached", "not reached"]


def test_cycle_under_way_says_so_and_what_has_not_come_is_a_dash(as_clara, alice, address):
    session(alice, days_ago(35))
    fill(alice, days_ago(35), 9, 26)
    row = as_clara.opens(address).table("cycles")[1]
    assert row[2:6] == ["9", "0, so far", "–", "–"]
    assert row[7:] == ["cannot evaluate"] * 3


def test_cycle_that_the_next_injection_cut_short(as_clara, alice, address):
    session(alice, days_ago(120))
    session(alice, days_ago(120 - 66))
    fill(alice, days_ago(120), 20, 80)
    row = as_clara.opens(address).table("cycles")[1]
    assert row[2:6] == ["20", "0", "0 in 10 days", "10 of 10"]
    assert row[7:] == ["cannot evaluate"] * 3


@pytest.mark.parametrize(
    ("length", "label", "emphasis"),
    [
        (60, "9–12, cycle 1, 4 days", [0]),
        (57, "9–12, cycle 1, 1 day", [0]),
        (75, "9–12, cycle 1, 19 days", [0]),
        (76, "9–12, cycle 1, 20 days", [0, 3]),
        (84, "9–12, cycle 1", [0, 3]),
    ],
)
def test_window_that_was_cut_short_says_its_days(as_clara, alice, address, length, label, emphasis):
    """Below 20 days it is compared with nothing, and not marked as if it were."""
    session(alice, days_ago(length + 10))
    session(alice, days_ago(10))
    payload = as_clara.opens(address).payload("before-and-after")
    assert ", ".join(payload["labels"][3]) == label
    assert payload["emphasis"] == emphasis
    assert "A window that the next injection cut short is labelled with its days." in payload["description"]


def test_missing_days_of_a_block_under_way_are_not_headache_free(as_clara, alice, address):
    session(alice, days_ago(10))
    fill(alice, days_ago(10), 3, 0)
    assert as_clara.opens(address).table("cycles")[1][2] == "3–10, so far"


# --- The picture ---------------------------------------------------------------------------------------------


def test_picture_is_anchored_on_the_injections(as_clara, treated, address):
    payload = as_clara.opens(address).payload("before-and-after")
    assert [" ".join(label) for label in payload["labels"]] == [
        "−4…−1 baseline",
        *("1–4 cycle 1", "5–8 cycle 1", "9–12 cycle 1"),
        *("1–4 cycle 2", "5–8 cycle 2", "9–12 cycle 2"),
    ]
    counted, missing = payload["series"]
    assert counted["values"] == [20, 18, 16, 14, 12, 10, 7]
    assert missing["values"] == [0, 0, 0, 0, 0, 0, 4]
    assert [(marker["before"], marker["label"]) for marker in payload["markers"]] == [
        (1, "Injection 1, 19 Dec 2025"),
        (4, "Injection 2, 13 Mar 2026"),
    ]
    assert {level["key"]: level["value"] for level in payload["levels"]} == {"baseline": 20, "published": 15}
    assert payload["emphasis"] == [0, 3, 6]


def test_missing_days_lie_on_top_of_what_was_counted(as_clara, alice, address):
    session(alice, days_ago(30))
    fill(alice, days_ago(58), 5, 5)
    counted, missing = as_clara.opens(address).payload("before-and-after")["series"]
    assert (counted["values"], missing["values"]) == ([5, None, None], [18, 28, 2])


def test_every_picture_and_its_table_show_the_same_numbers(as_clara, treated, address):
    record_all(treated, [days_ago(back) for back in (1, 2, 3)], "mild", medicine(treated))
    page = as_clara.opens(address)
    charts = [figure["data-chart"] for figure in page.all("figure")]
    assert charts == ["before-and-after", "weeks-of-cycles", "triptans-days-a-month"]
    for chart in charts:
        payload = page.payload(chart)
        headings, *rows = page.table(payload["title"])
        rows = [row for row in rows if not row[1].startswith("Injection")]
        assert headings == ["", *(series["label"] for series in payload["series"])]
        columns = zip(*(series["values"] for series in payload["series"]), strict=True)
        assert rows == [
            [", ".join(label), *("–" if number is None else f"{number:g}" for number in numbers)]
            for label, numbers in zip(payload["labels"], columns, strict=True)
        ]


# --- Months --------------------------------------------------------------------------------------------------


def test_months_with_medicines_and_their_limits(as_clara, alice, address):
    triptan, simple, gepant = (medicine(alice, word, word) for word in ("triptan", "non_opioid", "gepant"))
    fill(alice, date(2026, 5, 1), 10, 0, triptan)
    fill(alice, date(2026, 5, 11), 6, 10, simple, gepant)
    record(alice, june(1))
    _headings, june_row, may_row = as_clara.opens(address).table("months")
    assert may_row == [
        *("May 2026", "26 of 31", "16–21", "reached", "16–21", "reached", "16–21"),
        "Triptans: 10–15 (10) reached Simple painkillers: 6–11 (15) Gepants: 6–11",
    ]
    assert june_row == [*("Jun 2026", "1 of 30", "0–29", "uncertain", "0–29", "uncertain", "0–29"), "–"]


def test_several_classes_together_stand_last(as_clara, alice, address):
    triptan, simple = medicine(alice), medicine(alice, "ibuprofen", "non_opioid")
    record_all(alice, [date(2026, 5, day) for day in range(1, 7)], "mild", triptan)
    record_all(alice, [date(2026, 5, day) for day in range(7, 12)], "mild", simple)
    record_all(alice, [date(2026, 5, day) for day in range(12, 32)], "none")
    assert as_clara.opens(address).table("months")[2][-1] == (
        "Triptans: 6 (10) Simple painkillers: 5 (15) Several kinds together: 11 (10) reached"
    )


def test_month_without_a_record_is_not_recorded(as_clara, alice, address):
    record(alice, date(2026, 4, 30), "none")
    record(alice, date(2026, 6, 1), "none")
    may_row = as_clara.opens(address).table("months")[2]
    assert may_row == [
        *("May 2026", "0 of 31", "not recorded", "uncertain", "not recorded", "uncertain"),
        *("not recorded", "not recorded"),
    ]


def test_published_numbers_stand_in_the_headings(as_clara, alice, address):
    record(alice, june(1))
    session(alice, FIRST)
    page = as_clara.opens(address)
    assert page.table("months")[0] == [
        *("Month", "Recorded", "Headache days", "15 days", "Migraine days", "8 days"),
        *("Any acute medicine", "Medication days (published limit)"),
    ]
    assert page.table("cycles")[0] == CYCLE_HEADINGS


def test_consecutive_months_are_counted_and_named(as_clara, alice, address):
    triptan = medicine(alice)
    for month, days in ((1, 31), (2, 28), (3, 31), (4, 30)):
        fill(alice, date(2026, month, 1), 15, days - 15, triptan)
    facts = as_clara.opens(address).facts()
    assert facts["15 headache and 8 migraine days, consecutive months"] == "4 of 4 reached"
    [overuse] = [words for label, words in facts.items() if "ICHD-3 8.2.2" in label]
    assert overuse == "4 of 4 reached"


def test_three_months_are_not_enough(as_clara, alice, address):
    for month, days in ((1, 31), (2, 28), (3, 31)):
        fill(alice, date(2026, month, 1), 15, days - 15, medicine(alice, f"triptan {month}"))
    facts = as_clara.opens(address).facts()
    assert facts["15 headache and 8 migraine days, consecutive months"] == "3 of 4 not reached"


# --- Nothing yet ---------------------------------------------------------------------------------------------


def test_no_injection_session(as_clara, alice, address):
    fill(alice, days_ago(20), 5, 15)
    page = as_clara.opens(address)
    assert "No injection session is recorded: the before-and-after picture needs one." in page.text
    assert page_facts(page) >= {("Injections", "none yet"), ("Next due", "–")}
    assert "Criteria for going on" not in page.text
    assert "Injection cycles" not in page.text


def test_empty_diary(as_clara, alice, address):
    page = as_clara.opens(address)
    assert page_facts(page) >= {("Diary", "nothing recorded"), ("Headache days, last 28 days", "0–28")}
    assert "Nothing is recorded yet." in page.section("months").text
    assert "No acute medicine is recorded." in page.section("medication").text
    assert page.all("figure") == []


def test_sessions_without_a_diary(as_clara, alice, address):
    session(alice, FIRST)
    page = as_clara.opens(address)
    assert page.table("cycles")[1][2:] == [
        *("0–28", "0–28", "0–28", "0 of 28", "– fewer than 20 days recorded at baseline"),
        *("cannot evaluate", "cannot evaluate", "cannot evaluate"),
    ]


def test_session_to_come_is_no_cycle_yet(as_clara, alice, address):
    session(alice, TODAY + timedelta(days=3))
    page = as_clara.opens(address)
    assert page_facts(page) >= {("Injections", "none yet"), ("Sessions recorded", "1")}


def test_definitions_stand_on_the_page(as_clara, alice, address):
    words = as_clara.opens(address).section("definitions").text
    assert "A day without a record is missing, never headache-free." in words
    assert "Migraine day: van der Arend and colleagues" in words
    assert "ICHD-3 names no number for gepants" in words
    assert "“uncertain”: The days that are not recorded could decide it either way." in words
    assert "“cannot evaluate”: Too little is recorded, or the time has not come." in words


# --- Whose day it is -----------------------------------------------------------------------------------------


def test_dates_are_the_patients_own(as_clara, alice, address, noon):
    alice.time_zone = "Pacific/Auckland"
    alice.save()
    session(alice, june(18))
    noon.move_to("2026-06-17 11:59:00+00:00")
    assert ("Injections", "none yet") in page_facts(as_clara.opens(address))
    noon.move_to("2026-06-17 12:00:00+00:00")
    assert ("Injections", "cycle 1, week 1") in page_facts(as_clara.opens(address))


# --- Promises ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [30, 400])
def test_queries_do_not_grow_with_the_diary(as_clara, alice, address, days):
    for number in range(days // 30):
        session(alice, days_ago(number * 30))
    taken = [medicine(alice, name) for name in ("rizatriptan", "eletriptan", "almotriptan")]
    record_all(alice, [days_ago(back) for back in range(days)], "mild", *taken)
    with at_most(15):
        as_clara.client.get(address)


def test_what_people_wrote_is_shown_as_it_was_written(as_clara, alice, address):
    evil = "</script><script>alert(1)</script>"
    alice.name = evil
    alice.save()
    alice.care_links.filter(ends_at=None).update(reference="<i>1</i>")
    session(alice, days_ago(30), product=evil, note=evil)
    record(alice, days_ago(3), "mild", medicine(alice, evil), note=evil)
    for page in (as_clara.opens(address), as_clara.opens(f"{address}sessions/")):
        assert page.facts()["Name"] == evil
        assert page.facts()["Clinic number"] == "<i>1</i>"
        assert "<script>alert" not in page.html
        assert "<i>1" not in page.html
    rows = page.table("sessions")
    assert rows[1][1] == evil
    assert rows[1][7] == evil


def test_payload_of_a_picture_cannot_end_its_script(as_clara, alice, address, north, monkeypatch):
    from clinic import charts

    evil = "</script><script>alert(1)</script>&"
    monkeypatch.setattr(charts, "_label", lambda shown: [shown.weeks, evil])
    session(alice, days_ago(30))
    page = as_clara.opens(address)
    assert page.payload("before-and-after")["labels"][0][1] == evil
    assert "<script>alert" not in page.html


def test_days_to_come_are_not_missing_in_the_pictures(as_clara, alice):
    taken = medicine(alice)
    record_all(alice, [date(2026, 5, day) for day in range(1, 23)], "severe", taken)
    record_all(alice, [june(day) for day in range(1, 11)], "none")
    chart = as_clara.opens(f"/clinic/patients/{alice.pk}/").payload("triptans-days-a-month")
    assert [series["values"] for series in chart["series"]] == [[22, 0], [9, 6]]


def test_weeks_of_the_cycles_lie_over_each_other_and_gaps_stay_gaps(as_clara, alice):
    first, second = days_ago(150), days_ago(66)
    session(alice, first)
    session(alice, second)
    record_all(alice, [first + timedelta(days=n) for n in range(7)], "mild")
    record_all(alice, [first + timedelta(days=n) for n in range(7, 13)], "mild")
    record_all(alice, [second + timedelta(days=n) for n in range(7)], "none")
    chart = as_clara.opens(f"/clinic/patients/{alice.pk}/").payload("weeks-of-cycles")
    assert chart["labels"] == [[str(week)] for week in range(1, 13)]
    assert [(line["label"], line["values"][:3]) for line in chart["series"]] == [
        ("Cycle 1", [7, None, None]),
        ("Cycle 2", [0, None, None]),
        ("Mean of all 2 cycles", [3.5, None, None]),
    ]


@pytest.mark.parametrize(
    "page", ["", "sessions/", "adverse-events/", "decisions/", "visits/", "paper/", "report/"]
)
def test_every_page_on_a_patient_belongs_to_the_patients(as_clara, alice, address, page):
    tabs = as_clara.opens(f"{address}{page}").one("nav", **{"aria-label": "Main"})
    assert tabs.one("a", **{"aria-current": "page"}).text == "Patients"


def test_cycle_under_way_does_not_take_the_place_of_the_last_that_is_over(as_clara, alice, address):
    first, second = days_ago(161), days_ago(77)
    session(alice, first)
    session(alice, second)
    fill(alice, first - timedelta(days=28), 20, 8)
    fill(alice, first + timedelta(days=56), 14, 14)
    fill(alice, second + timedelta(days=56), 9, 12)
    answer = as_clara.opens(address).section("answers").all("li")[0].text
    assert "14 headache days of 28, weeks 9–12 of cycle 1" in answer
    assert "Reduction 30.0 %." in answer
    assert "1 later cycle cannot be compared yet." in answer
