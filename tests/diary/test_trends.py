"""Months and cycles over time: the picture, its numbers as a table, and where one stands between injections."""

import gzip
from datetime import date, timedelta

import pytest
from django.conf import settings

from config.static_files import CHARTS
from tests.cast import TODAY, at_most, days_ago, june, medicine, record, record_all, session

HEADACHES = "Headache days a month"


def test_nothing_recorded_yet(as_alice):
    page = as_alice.opens("/trends/")
    assert "Charts stand here once a few days are recorded." in page.text
    assert page.all("figure") == []
    assert page.all("script", src="/static/js/charts.js") == []


def test_months_stand_in_the_table_with_what_is_missing(as_alice, alice):
    record_all(alice, [date(2026, 4, day) for day in range(11, 21)], "severe")
    record_all(alice, [june(day) for day in range(1, 11)], "none")
    page = as_alice.opens("/trends/")
    assert page.table(HEADACHES) == [
        ["", "Headache days", "Not recorded: could be either"],
        ["Apr, 2026", "10", "20"],
        ["May, 2026", "–", "31"],
        ["Jun, 2026", "0", "6"],
    ]
    [level] = page.payload("headache-months")["levels"]
    assert (level["label"], level["value"]) == ("Published number (ICHD-3 1.3)", 15)


def test_picture_and_table_show_the_same_numbers(as_alice, alice):
    record_all(alice, [days_ago(back) for back in range(0, 200, 3)], "mild", medicine(alice))
    page = as_alice.opens("/trends/")
    charts = [figure["data-chart"] for figure in page.all("figure")]
    assert charts == ["headache-months", "triptans-days-a-month"]
    for chart in charts:
        payload = page.payload(chart)
        headings, *rows = page.table(payload["title"])
        assert headings == ["", *(series["label"] for series in payload["series"])]
        columns = zip(*(series["values"] for series in payload["series"]), strict=True)
        assert rows == [
            [", ".join(label), *map(str, numbers)]
            for label, numbers in zip(payload["labels"], columns, strict=True)
        ]


def test_medicines_stand_beside_their_published_limit(as_alice, alice):
    record_all(
        alice, [june(day) for day in (1, 2, 3)], "mild", medicine(alice), medicine(alice, "x", "gepant")
    )
    page = as_alice.opens("/trends/")
    levels = {payload["title"]: payload["levels"] for payload in map(page.payload, charts_of(page))}
    assert [level["label"] for level in levels["Triptans: days a month"]] == [
        "Published limit (ICHD-3 8.2.2)"
    ]
    assert [level["value"] for level in levels["Triptans: days a month"]] == [10]
    assert levels["Gepants: days a month"] == []
    assert page.table("Triptans: days a month")[1:] == [["Jun, 2026", "3", "13"]]


def test_medicines_stand_with_what_is_missing(as_alice, alice):
    """A month without a record has no number of days, and days to come are not missing."""
    record_all(alice, [date(2026, 4, day) for day in range(1, 23)], "severe", medicine(alice))
    record_all(alice, [june(day) for day in range(1, 11)], "none")
    page = as_alice.opens("/trends/")
    payload = page.payload("triptans-days-a-month")
    assert [series["values"] for series in payload["series"]] == [[22, None, 0], [8, 31, 6]]
    assert payload["most"] == 31
    assert page.table("Triptans: days a month") == [
        ["", "Triptans", "Not recorded: could be either"],
        ["Apr, 2026", "22", "8"],
        ["May, 2026", "–", "31"],
        ["Jun, 2026", "0", "6"],
    ]


def test_canvas_says_where_its_numbers_stand(as_alice, alice):
    record(alice, TODAY, "mild")
    label = as_alice.opens("/trends/").one("canvas")["aria-label"]
    assert label.startswith("Bars of headache days in each month")
    assert label.endswith("beside the number 15. The same numbers are in the table below.")


def charts_of(page):
    return [figure["data-chart"] for figure in page.all("figure")]


def test_trends_reach_back_twelve_months(as_alice, alice):
    record_all(alice, [days_ago(back) for back in range(0, 800, 5)], "mild")
    rows = as_alice.opens("/trends/").table(HEADACHES)[1:]
    assert (len(rows), rows[0][0], rows[-1][0]) == (12, "Jul, 2025", "Jun, 2026")


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (0, "This is week 1 of 12; twelve weeks are over on 9 September 2026."),
        (45, "This is week 7 of 12; twelve weeks are over on 26 July 2026."),
        (83, "This is week 12 of 12; twelve weeks are over on 18 June 2026."),
        (85, "This is week 13; twelve weeks were over on 16 June 2026."),
    ],
)
def test_place_between_injections(as_alice, alice, since, words):
    session(alice, days_ago(since + 84))
    session(alice, days_ago(since))
    assert words in as_alice.opens("/trends/").section("cycle").text


def test_day_on_which_twelve_weeks_are_over_is_no_thirteenth_of_twelve(as_alice, alice):
    session(alice, days_ago(84))
    assert "week 13 of 12" not in as_alice.opens("/trends/").text


def test_no_injections_no_place(as_alice, alice):
    record(alice, TODAY, "mild")
    assert "Injections" not in as_alice.opens("/trends/").text


def test_injection_to_come_is_not_the_last_one(as_alice, alice):
    session(alice, TODAY + timedelta(days=3))
    assert "Last one" not in as_alice.opens("/trends/").text


@pytest.mark.parametrize("days", [30, 400])
def test_queries_do_not_grow_with_the_diary(as_alice, alice, days):
    record_all(alice, [days_ago(back) for back in range(days)], "mild", medicine(alice))
    with at_most(8):
        as_alice.client.get("/trends/")


def test_months_without_a_record_are_not_left_out(as_alice, alice):
    record(alice, date(2025, 1, 10), "mild")
    months = as_alice.opens("/trends/").payload("headache-months")["labels"]
    assert [label[0] for label in months] == [
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
    ]


# --- In words ------------------------------------------------------------------------------------------------


def words_of(page, chart):
    return page.one("figure", **{"data-chart": chart}).all("p", "figure__words")


def test_each_chart_says_in_words_how_often_a_published_number_was_reached(as_alice, alice):
    triptan = medicine(alice)
    gepant = medicine(alice, "rimegepant", "gepant")
    record_all(alice, [date(2026, 3, day) for day in range(1, 16)], "severe", triptan)
    record_all(alice, [date(2026, 3, day) for day in range(16, 32)], "none")
    record_all(alice, [date(2026, 4, day) for day in range(1, 15)], "severe", gepant)
    record_all(alice, [date(2026, 4, day) for day in range(15, 30)], "none")
    record_all(alice, [date(2026, 5, day) for day in range(1, 32)], "none")
    record_all(alice, [june(day) for day in range(1, 17)], "severe", triptan)
    page = as_alice.opens("/trends/")
    # June is not over, though its number is reached already.
    assert [words.text for words in words_of(page, "headache-months")] == [
        "15 days or more: in 1 of 3 months that are over. In 1 the days that are not recorded leave it open."
    ]
    assert [words.text for words in words_of(page, "triptans-days-a-month")] == [
        "10 days or more: in 1 of 3 months that are over."
    ]
    assert words_of(page, "gepants-days-a-month") == []


def test_first_month_has_nothing_to_compare_yet(as_alice, alice):
    record(alice, TODAY, "mild")
    assert words_of(as_alice.opens("/trends/"), "headache-months") == []


def test_injections_so_far_stand_with_the_time_between_them(as_alice, alice):
    for ago in (200, 115, 31):
        session(alice, days_ago(ago))
    session(alice, days_ago(-10))
    page = as_alice.opens("/trends/")
    assert page.section("cycle").one("summary").text == "All 3 injections so far"
    assert page.table("injections-so-far") == [
        ["Number", "Date", "Until the next"],
        ["3", "17 May 2026", "4 weeks 3 days so far"],
        ["2", "22 Feb 2026", "12 weeks"],
        ["1", "29 Nov 2025", "12 weeks 1 day"],
    ]


# --- Weight --------------------------------------------------------------------------------------------------

FIRST_VISIT = 130_000
"""Bytes over the wire, compressed, of a page with charts and all that it loads and its charts ask for."""


def files_of(page):
    named = [link["href"] for link in page.all("link")] + [
        script["src"] for script in page.all("script") if "src" in script.attributes
    ]
    # What makes the page an app is made by a view, and weighs next to nothing.
    files = [name for name in named if name.startswith("/static/")]
    # Fetched once somebody turns to a chart.
    files.append(f"/static/{CHARTS}")
    return [settings.BASE_DIR / name.split("?")[0].lstrip("/") for name in files]


def test_first_visit_to_a_page_with_charts_is_light(as_alice, alice):
    record_all(alice, [days_ago(back) for back in range(350)], "mild", medicine(alice))
    page = as_alice.opens("/trends/")
    loaded = files_of(page)
    assert {file.suffix for file in loaded} == {".css", ".js", ".svg", ".png"}
    weight = len(gzip.compress(page.html.encode())) + sum(len(gzip.compress(f.read_bytes())) for f in loaded)
    assert 80_000 < weight <= FIRST_VISIT
