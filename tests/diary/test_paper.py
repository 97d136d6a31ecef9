"""The empty month to print: which days, which columns, whose name."""

import re
from datetime import date

import pytest

from diary.models import Medicine
from tests.cast import TODAY, at_most, days_ago, medicine, record, visitor


def sheet(page):
    """The rows of the sheet, as far as they hold words."""
    [table] = page.all("table")
    return [
        [cell.text for cell in row.children if getattr(cell, "tag", "") in ("th", "td")]
        for row in table.all("tr")
    ]


def days(page):
    return [row[0] for row in sheet(page)[2:]]


def test_this_month_unless_another_is_asked_for(as_alice):
    page = as_alice.opens("/paper/")
    assert page.main.one("h2", id="copy").text == "From paper into the diary"
    assert "June 2026" in page.main.text
    assert days(page)[:3] == ["Mon 1", "Tue 2", "Wed 3"]
    assert len(days(page)) == 30


@pytest.mark.parametrize(
    ("month", "first", "last"),
    [
        ("2028-02", "Mon 1", "Tue 30"),  # too far ahead: this one instead
        ("2027-02", "Mon 1", "Sun 28"),
        ("2024-02", "Thu 1", "Thu 29"),
        ("2027-06", "Tue 1", "Wed 30"),
        ("2027-07", "Mon 1", "Tue 30"),
        ("2026-07", "Wed 1", "Fri 31"),
        ("1900-01", "Mon 1", "Wed 31"),
        ("1899-12", "Mon 1", "Tue 30"),
        ("2026-13", "Mon 1", "Tue 30"),
        ("2026-W1", "Mon 1", "Tue 30"),
        ("٢٠٢٦-٠٧", "Mon 1", "Tue 30"),
        ("x\x00\ud800", "Mon 1", "Tue 30"),
    ],
)
def test_month(as_alice, month, first, last):
    answer = as_alice.client.get("/paper/", {"month": month.encode("utf-8", "surrogatepass")})
    page = as_alice.opens(answer.request["PATH_INFO"] + "?" + answer.request["QUERY_STRING"])
    assert (days(page)[0], days(page)[-1]) == (first, last)


def test_months_that_are_offered(as_alice):
    offered = [option["value"] for option in as_alice.opens("/paper/").all("option")]
    assert (offered[0], offered[-1], len(offered)) == ("2027-06", "2024-06", 37)


def test_answers_are_those_of_today_in_their_order_with_their_pictures(as_alice):
    page, today = as_alice.opens("/paper/"), as_alice.opens("/")
    answers = [button.text for button in today.section("question").all("button", "choice")]
    assert sheet(page)[1][1:5] == answers
    parts = page.html.partition("paper__month")[2], today.html.partition('id="question"')[2]
    drawn = [re.findall(r"<svg class=.glyph.*?</svg>", part)[:4] for part in parts]
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 4
    assert len(page.all("span", "paper__box")) == 30 * 5


@pytest.mark.parametrize("number", range(9))
def test_medicines_in_use_most_used_first_and_empty_columns(as_alice, alice, number):
    names = [f"medicine {n}" for n in range(number)]
    for name in names:
        medicine(alice, name, "other", strength="5 mg")
    if number:
        record(alice, days_ago(3), "mild", alice.medicines.get(name=names[-1]))
    Medicine.objects.create(patient=alice, name="no longer", medication_class="other", is_in_use=False)
    page = as_alice.opens("/paper/")
    shown = [f"{name} 5 mg" for name in [*names[-1:], *names[:-1]]]
    assert sheet(page)[1][5:-2] == (shown + [""] * 6)[:6]
    assert ("have no column" in page.main.text) is (number == 8)
    assert ("has no column" in page.main.text) is (number == 7)
    assert sheet(page)[1][-2:] == ["Period", "Note"]


def test_name_is_left_out_unless_it_is_ticked(as_alice):
    assert "Alice" not in as_alice.opens("/paper/").main.text
    assert "Alice" not in as_alice.opens("/paper/?name=on").main.text
    assert "Name: Alice Archer" in as_alice.opens("/paper/?name=yes").main.text


def test_nothing_of_the_diary_is_on_it(as_alice, alice):
    before = as_alice.opens("/paper/").main.text
    record(alice, TODAY, "severe", note="canary", pain=9)
    assert as_alice.opens("/paper/").main.text == before


def test_day_is_the_patients(alice, noon):
    alice.time_zone = "Pacific/Kiritimati"
    alice.save()
    noon.move_to(date(2026, 6, 30).strftime("%Y-%m-%dT23:00:00+00:00"))
    assert days(visitor(alice.user).opens("/paper/"))[-1] == "Fri 31"


def test_month_leads_to_its_sheet_and_back_once_it_has_begun(as_alice):
    page = as_alice.opens("/months/2026-05/")
    [link] = [a for a in page.main.all("a") if a.text == "An empty month on paper"]
    page = as_alice.opens(link["href"])
    assert days(page)[-1] == "Sun 31"
    assert [a["href"] for a in page.main.all("a")] == ["/months/2026-05/"]
    assert as_alice.opens("/paper/?month=2026-12").main.all("a") == []


def test_without_the_script_the_page_says_how_to_print(as_alice):
    page = as_alice.opens("/paper/")
    assert page.main.all("button", **{"type": "button"}) == []
    assert "data-print hidden" in page.html
    assert "open your browser’s menu and choose Print" in page.main.text


def test_queries(as_alice, alice):
    for n in range(8):
        medicine(alice, f"medicine {n}", "other")
    with at_most(6):
        as_alice.client.get("/paper/")
