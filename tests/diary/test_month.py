"""The month's calendar, for those who see it and for those who hear it, and its counts."""

from datetime import date, timedelta

import pytest

from diary.models import Intake
from tests.cast import TODAY, at_most, days_ago, june, medicine, record, record_all, session

MONTH = "/months/2026-06/"


def spoken(page, day):
    """What is read out for one day of the month."""
    [words] = [
        link.one("span", "visually-hidden").text
        for link in page.one("table", "calendar").all("a")
        if link["href"] == f"/days/{june(day)}/"
    ]
    return words


def cell(page, day):
    [found] = [
        cell for cell in page.one("table", "calendar").all("td") if cell.text.split()[:1] == [str(day)]
    ]
    return found


@pytest.mark.parametrize(
    ("said", "words", "css"),
    [
        ({"headache": "none"}, "No headache", "none"),
        ({"headache": "mild"}, "Mild headache", "mild"),
        ({"headache": "moderate"}, "Moderate headache", "moderate"),
        ({"headache": "severe"}, "Severe headache", "severe"),
        ({"headache": "yes"}, "Headache, severity not recorded", "yes"),
        ({"headache": "yes", "pain": 2}, "Mild headache", "mild"),
        ({"headache": "yes", "pain": 5}, "Moderate headache", "moderate"),
        ({"headache": "yes", "pain": 7}, "Severe headache", "severe"),
        (None, "not recorded", "missing"),
    ],
)
def test_each_state_has_its_words_and_its_shape(as_alice, alice, said, words, css):
    if said:
        record(alice, june(12), **said)
    page = as_alice.opens(MONTH)
    assert spoken(page, 12) == f"Friday 12 June: {words}"
    assert cell(page, 12).classes == [f"calendar__day--{css}"]
    drawn = {state: shape(cell) for state, cell in legend(page).items()}
    assert shape(cell(page, 12)) == drawn[css]


def legend(page):
    states = ("none", "mild", "moderate", "severe", "yes", "missing")
    return dict(zip(states, page.one("ul", "legend").all("li"), strict=False))


def shape(element):
    """The sign that is drawn, apart from its colour."""
    return [(part.tag, tuple(part.attributes.items())) for part in element.one("svg", "glyph").walk()]


def test_no_two_states_share_a_shape(as_alice):
    shapes = [shape(sign) for sign in legend(as_alice.opens(MONTH)).values()]
    assert all(shapes.count(one) == 1 for one in shapes)


def test_medicines_and_injections_have_marks_and_words(as_alice, alice):
    record(alice, june(12), "severe", medicine(alice))
    session(alice, june(12))
    session(alice, june(13))
    page = as_alice.opens(MONTH)
    assert spoken(page, 12) == "Friday 12 June: Severe headache, acute medicine, injections"
    assert len(cell(page, 12).one("span", "calendar__marks").all("svg")) == 2
    assert spoken(page, 13) == "Saturday 13 June: not recorded, injections"


def test_antiemetic_alone_is_no_medicine_mark(as_alice, alice):
    record(alice, june(12), "severe", medicine(alice, word="antiemetic"))
    assert spoken(as_alice.opens(MONTH), 12) == "Friday 12 June: Severe headache"


def test_days_to_come_cannot_be_opened_and_say_nothing(as_alice):
    page = as_alice.opens(MONTH)
    links = [link["href"] for link in page.one("table", "calendar").all("a")]
    assert links == [f"/days/{june(day)}/" for day in range(1, 18)]
    assert cell(page, 18).text == "18"
    assert cell(page, 18).classes == ["calendar__day--future"]


def test_today_is_marked(as_alice):
    page = as_alice.opens(MONTH)
    [today] = page.one("table", "calendar").all("a", **{"aria-current": "date"})
    assert today["href"] == f"/days/{TODAY}/"


def test_weeks_begin_on_the_day_that_people_expect(as_alice, settings):
    settings.FIRST_DAY_OF_WEEK = 1
    page = as_alice.opens("/months/2026-05/")
    headings = [heading["title"] for heading in page.one("table", "calendar").all("abbr")]
    assert len(headings) == 7
    first_week = page.one("table", "calendar").one("tbody").all("tr")[0].all("td")
    blank = [cell for cell in first_week if cell.classes == ["calendar__day--outside"]]
    # 1 May 2026 is a Friday.
    assert headings[len(blank)] == "Friday"
    assert all(cell.text == "" for cell in blank)


@pytest.mark.parametrize(
    ("month", "title", "days"),
    [
        ("2026-05", "May 2026", 31),
        ("2026-02", "February 2026", 28),
        ("2024-02", "February 2024", 29),
        ("1900-01", "January 1900", 31),
    ],
)
def test_past_month_has_all_its_days(as_alice, month, title, days):
    page = as_alice.opens(f"/months/{month}/")
    assert page.one("h1").text == title
    assert len(page.one("table", "calendar").all("a")) == days
    assert page.facts()["Days recorded"] == f"0 of {days}"
    assert page.count("Headache days").one("p", "count__number").text == f"0 to {days}"


def test_arrows_lead_to_the_months_before_and_after(as_alice):
    arrows = as_alice.opens("/months/2026-01/").one("div", "pager").all("a")
    assert [(arrow.text, arrow["href"]) for arrow in arrows] == [
        ("December 2025", "/months/2025-12/"),
        ("February 2026", "/months/2026-02/"),
    ]


def test_no_arrow_leads_past_this_month(as_alice):
    arrows = as_alice.opens(MONTH).one("div", "pager").all("a")
    assert [arrow["href"] for arrow in arrows] == ["/months/2026-05/"]


def test_tab_leads_to_this_month(as_alice):
    assert as_alice.opens("/months/").path == MONTH


@pytest.mark.parametrize(
    "month",
    [
        "2026-07",
        "2027-01",
        "9999-12",
        "2026-13",
        "2026-00",
        "0000-01",
        "0001-01",
        "1899-12",
        "2026-6",
        "202606",
    ],
)
def test_month_to_come_or_of_no_calendar_does_not_exist(as_alice, month):
    as_alice.opens(f"/months/{month}/", status=404)


def test_month_begins_at_the_patients_own_midnight(as_alice, alice, noon):
    noon.move_to("2026-07-01 05:00:00+00:00")
    as_alice.opens("/months/2026-07/")
    alice.time_zone = "America/Los_Angeles"
    alice.save()
    as_alice.opens("/months/2026-07/", status=404)


# --- Counts --------------------------------------------------------------------------------------------------


def test_counts_of_a_month_made_by_hand(as_alice, alice):
    triptan, simple = medicine(alice), medicine(alice, "ibuprofen", "non_opioid")
    may = date(2026, 5, 1)
    record_all(alice, [may + timedelta(days=day) for day in range(0, 4)], "severe", triptan, simple)
    record_all(alice, [may + timedelta(days=day) for day in range(4, 8)], "mild", simple)
    record_all(alice, [may + timedelta(days=day) for day in range(8, 28)], "none")
    record(alice, may + timedelta(days=28), "none", simple)
    Intake.objects.update(doses=4)
    page = as_alice.opens("/months/2026-05/")
    card = page.count("Headache days")
    assert card.one("p", "count__number").text == "8 to 10"
    assert card.one("p", "count__text").text == "2 days not recorded, so the count could be higher."
    assert card.one("span", "badge").text == "not reached"
    assert page.facts() == {
        "Days recorded": "29 of 31",
        "Migraine days": "4 to 6",
        "Moderate or severe days": "4 to 6",
        "Days with any acute medicine": "9 to 11",
    }
    assert page.counted == ["Headache days", "Triptans", "Simple painkillers"]
    assert page.count("Triptans").text.startswith(
        "Triptans not reached 4 to 6 days · published limit 10 ICHD-3 8.2.2 What counts?"
    )
    assert page.count("Simple painkillers").text.startswith(
        "Simple painkillers not reached 9 to 11 days · published limit 15 ICHD-3 8.2.3 What counts?"
    )
    assert "A day that is not recorded never counts as headache-free." in page.text


@pytest.mark.parametrize(
    ("headaches", "free", "state"),
    [
        (15, 15, "reached"),
        (14, 17, "not reached"),
        (14, 16, "uncertain"),
        (0, 16, "uncertain"),
        (0, 17, "not reached"),
    ],
)
def test_fifteen_days_are_reached_or_not_or_open(as_alice, alice, headaches, free, state):
    days = [date(2026, 5, 1) + timedelta(days=day) for day in range(headaches + free)]
    record_all(alice, days[:headaches], "mild")
    record_all(alice, days[headaches:], "none")
    card = as_alice.opens("/months/2026-05/").count("Headache days")
    assert card.one("span", "badge").text == state


def test_uncertain_explains_itself(as_alice, alice):
    record(alice, june(1), "mild")
    badge = as_alice.opens(MONTH).count("Headache days").one("span", "badge")
    assert (badge.text, badge["title"]) == (
        "uncertain",
        "The days that are not recorded could decide it either way.",
    )


@pytest.mark.parametrize("days", [30, 400])
def test_queries_do_not_grow_with_the_diary(as_alice, alice, days):
    record_all(alice, [days_ago(back) for back in range(days)], "mild", medicine(alice))
    for number in range(days // 30):
        session(alice, days_ago(number * 30))
    with at_most(8):
        as_alice.client.get(MONTH)


def test_day_to_come_is_not_counted_before_it_comes(as_alice, alice):
    record(alice, TODAY + timedelta(days=1), "severe")
    assert as_alice.opens(MONTH).count("Headache days").one("p", "count__number").text.startswith("0")


# --- Marks and the cycle -------------------------------------------------------------------------------------


def test_day_that_was_entered_late_has_a_mark_and_words(as_alice, alice):
    record(alice, june(10), "mild", recorded_on=june(12))
    record(alice, june(11), "mild", recorded_on=june(14))
    record(alice, june(12), "mild", recorded_on=None)
    page = as_alice.opens(MONTH)
    assert spoken(page, 11) == "Thursday 11 June: Mild headache, entered late"
    assert len(cell(page, 11).one("span", "calendar__number").all("svg")) == 1
    for day, words in ((10, "Wednesday 10 June: Mild headache"), (12, "Friday 12 June: Mild headache")):
        assert spoken(page, day) == words
        assert cell(page, day).one("span", "calendar__number").all("svg") == []


def position_of(page):
    return page.one("p", "month__position").one("span").text.removesuffix(" About the twelve weeks")


def test_this_month_says_the_week_of_the_cycle_and_when_twelve_weeks_are_over(as_alice, alice):
    session(alice, days_ago(130))
    session(alice, days_ago(46))
    page = as_alice.opens(MONTH)
    assert position_of(page) == "Week 7 of 12 after injection 2. Twelve weeks are over on 25 July 2026."


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (0, "Week 1 of 12 after injection 1. Twelve weeks are over on 9 September 2026."),
        (83, "Week 12 of 12 after injection 1. Twelve weeks are over on 18 June 2026."),
        (84, "Week 13 after injection 1. Twelve weeks were over on 17 June 2026."),
        (200, "Week 29 after injection 1. Twelve weeks were over on 21 February 2026."),
    ],
)
def test_weeks_count_from_the_injection_on_and_go_on_after_the_twelfth(as_alice, alice, ago, words):
    session(alice, days_ago(ago))
    assert position_of(as_alice.opens(MONTH)) == words


def test_past_month_says_the_week_of_its_last_day(as_alice, alice):
    session(alice, date(2026, 4, 10))
    session(alice, june(2))
    assert (
        position_of(as_alice.opens("/months/2026-05/")) == "On 31 May 2026 it was week 8 after injection 1."
    )


@pytest.mark.parametrize("month", ["2026-03", "2026-06"])
def test_no_week_is_named_before_the_first_injection(as_alice, alice, month):
    if month == "2026-03":
        session(alice, june(2))
    assert as_alice.opens(f"/months/{month}/").all("p", "month__position") == []


def test_neighbours_are_named_for_fingers_and_keys(as_alice):
    page = as_alice.opens("/months/2026-03/")
    arrows = {arrow["rel"]: arrow["href"] for arrow in page.one("div", "pager").all("a")}
    assert arrows == {"prev": "/months/2026-02/", "next": "/months/2026-04/"}
    assert page.one("table", "calendar")["data-before"] == "28"
    assert [link["id"] for link in page.one("table", "calendar").all("a")] == [
        f"day-{n}" for n in range(1, 32)
    ]
