"""The CSV of Migraine Buddy: attacks become days, and nothing is added to what they say. All rows are made up."""

from datetime import date, time
from decimal import Decimal

import pytest

from diary.details import Side
from diary.imports.uploaded import reading
from diary.rules import Feature, Headache

TODAY = date(2026, 6, 17)
PREAMBLE = """"Date","Time Period","Description","Notes"
"No ongoing events recorded during this period."

"""
NEW = (
    "#",
    "Started",
    "Lasted",
    "Start UTC Offset (min)",
    "End UTC Offset (min)",
    "Geohash",
    "Attack Types",
    "Attack Location",
    "Pain Level",
    "Affected Activities",
    "Potential Triggers",
    "Symptoms",
    "Most Bothersome Symptom",
    "Premonitory Symptoms",
    "Pain Positions",
    "Helpful Medication",
    "Somewhat Helpful Medication",
    "Unhelpful Medication",
    "Unsure Medication",
    "Helpful Non Drug Relief Methods",
    "Somewhat Helpful Non Drug Relief Methods",
    "Unhelpful Non Drug Relief Methods",
    "Unsure Non Drug Relief Methods",
    "Notes",
)
OLD = tuple(
    name
    for name in NEW
    if name
    not in ("Start UTC Offset (min)", "End UTC Offset (min)", "Geohash", "Attack Types", "Attack Location")
)


def file(*attacks, columns=NEW):
    lines = [",".join(f'"{name}"' for name in columns)]
    for attack in attacks:
        said = {"Started": "03/14/26 08:30", "Lasted": "05h 30m"} | attack
        lines.append(",".join('"{}"'.format(said.get(name, "").replace('"', '""')) for name in columns))
    return PREAMBLE + "\n".join(lines) + "\n"


def read(*attacks, classes=(), **options):
    return reading(file(*attacks, **options), TODAY, dict(classes))


def test_one_attack_is_one_day_with_what_it_says():
    found = read(
        {
            "Pain Level": "7",
            "Attack Types": "Migraine",
            "Symptoms": "Nausea, Sensitivity to light, Pulsating pain",
            "Pain Positions": "Left temple, Left eye",
            "Potential Triggers": "Stress, Red wine",
            "Unhelpful Medication": "Sumatriptan",
            "Unsure Medication": "Ibuprofen, No medication",
            "Notes": 'line one\nline two, with a "quote"',
            "Geohash": "u33dc0",
            "Attack Location": "At home",
        }
    )
    [row] = found.rows
    assert (row.date, row.day.headache, row.day.pain, row.day.migraine) == (
        date(2026, 3, 14),
        Headache.YES,
        7,
        True,
    )
    assert row.day.features == {Feature.NAUSEA, Feature.PHOTOPHOBIA, Feature.PULSATING, Feature.ONE_SIDED}
    assert [(dose.name.lower(), dose.doses) for dose in row.medicines] == [
        ("sumatriptan", 1),
        ("ibuprofen", 1),
    ]
    assert (row.other.side, row.other.triggers) == (Side.LEFT, ("Stress", "Red wine"))
    assert (row.other.hours, row.other.start, row.other.end) == (Decimal("5.50"), time(8, 30), time(14))
    assert row.day.relief is None
    assert row.note == 'line one\nline two, with a "quote"'
    assert found.report.problems == []
    words = " ".join(found.report.notices)
    assert "how well medicines helped" in words
    assert "u33dc0" not in words + repr(found.rows)
    assert "home" not in words + repr(found.rows)


def test_older_columns_are_read():
    [row] = read({"Pain Level": "4", "Helpful Medication": "Imigran"}, columns=OLD).rows
    assert (row.day.pain, row.day.migraine, row.medicines[0].medication_class) == (4, None, "triptan")


def test_pain_that_was_not_said_is_not_made_up():
    assert [row.day.pain for row in read({"Pain Level": ""}).rows] == [None]
    found = read({"Pain Level": "0"})
    assert [(row.day.headache, row.day.pain) for row in found.rows] == [(Headache.YES, None)]
    assert "a pain of 0 in an attack (1×)" in found.report.notices[0]


def test_day_without_an_attack_is_not_recorded():
    found = read({"Started": "03/14/26 08:30"}, {"Started": "03/17/26 08:30"})
    assert [row.date.day for row in found.rows] == [14, 17]


def test_attack_over_midnight_is_on_both_days_and_its_doses_on_the_first():
    found = read({"Started": "03/14/26 22:00", "Lasted": "1d 04h 30m", "Helpful Medication": "Sumatriptan"})
    assert [(row.date.day, row.other.hours, len(row.medicines)) for row in found.rows] == [
        (14, Decimal("2.00"), 1),
        (15, Decimal("24.00"), 0),
        (16, Decimal("2.50"), 0),
    ]


@pytest.mark.parametrize(("lasted", "days"), [("02h 00m", [14]), ("02h 01m", [14, 15])])
def test_attack_that_ends_at_midnight_is_not_on_the_next_day(lasted, days):
    found = read({"Started": "03/14/26 22:00", "Lasted": lasted})
    assert [row.date.day for row in found.rows] == days


@pytest.mark.parametrize("lasted", ["Ongoing", "", "00h 00m"])
def test_attack_without_an_end_is_on_its_first_day_alone(lasted):
    found = read({"Started": "03/14/26 22:00", "Lasted": lasted})
    assert [(row.date.day, row.other.hours, row.other.end) for row in found.rows] == [(14, None, None)]
    assert ("was going on" in " ".join(found.report.notices)) is (lasted == "Ongoing")


def test_two_attacks_on_one_day_are_one_day_with_the_worst_pain():
    found = read(
        {
            "Started": "03/14/26 01:00",
            "Lasted": "02h 00m",
            "Pain Level": "3",
            "Helpful Medication": "Sumatriptan",
        },
        {
            "Started": "03/14/26 02:00",
            "Lasted": "02h 00m",
            "Pain Level": "8",
            "Pain Positions": "Right eye",
            "Helpful Medication": "Sumatriptan",
            "Notes": "again",
        },
    )
    [row] = found.rows
    assert (row.day.pain, row.other.hours, row.medicines[0].doses, row.note) == (
        8,
        Decimal("3.00"),
        2,
        "again",
    )
    assert (row.other.start, row.other.end) == (None, None)


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["03/14/26 08:30", "04/05/26 08:30"], date(2026, 3, 14)),
        (["14/03/26 08:30", "05/04/26 08:30"], date(2026, 3, 14)),
    ],
)
def test_order_of_day_and_month_is_seen_from_the_file(texts, first):
    rows = read(*({"Started": text} for text in texts)).rows
    assert [row.date for row in rows] == [first, date(2026, 4, 5)]


@pytest.mark.parametrize(("order", "month"), [("day", 4), ("month", 3)])
def test_order_that_cannot_be_seen_is_asked_and_not_guessed(order, month):
    text = file({"Started": "03/04/26 08:30"})
    found = reading(text, TODAY, {})
    assert (found.asks_order, found.rows) == (True, [])
    found = reading(text, TODAY, {}, order)
    assert (found.asks_order, [row.date.month for row in found.rows]) == (False, [month])


def test_what_the_file_shows_is_not_overruled():
    text = file({"Started": "03/14/26 08:30"})
    assert [row.date for row in reading(text, TODAY, {}, "day").rows] == [date(2026, 3, 14)]


def test_two_orders_in_one_file_are_refused():
    found = read({"Started": "03/14/26 08:30"}, {"Started": "14/03/26 08:30"})
    assert found.report.is_cut_short
    assert "stand in different orders" in found.report.problems[0]


WRONG = {
    "no moment": ({"Started": "yesterday"}, "line 6: Started: 'yesterday' is not a day and a time"),
    "no such day": ({"Started": "02/30/26 08:30"}, "line 6: Started: '02/30/26 08:30' is not a moment"),
    "no duration": ({"Lasted": "long"}, "line 6: Lasted: 'long' is not a time such as 05h 30m"),
    "no pain": ({"Pain Level": "11"}, "line 6: Pain Level: '11' is not a whole number from 0 to 10"),
    "too long": ({"Lasted": "40d 00h 00m"}, "line 6: it lasts longer than 31 days"),
    "to come": ({"Started": "12/24/26 08:30"}, "2026-12-24 is in the future"),
    "unknown medicine": ({"Helpful Medication": "Oma's Tropfen"}, "is not in the catalogue"),
    "a long note": ({"Notes": "x" * 2001}, "2001 characters are too many"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_said_with_its_line_and_the_rest_is_read(name):
    attack, words = WRONG[name]
    found = read({"Started": "03/13/26 08:30"}, attack)
    assert [problem for problem in found.report.problems if words in problem]
    assert [row.date.day for row in found.rows][:1] == [13]


def test_day_whose_note_is_too_long_is_left_out_whole_as_the_page_says():
    found = read({"Started": "03/13/26 08:30"}, {"Notes": "x" * 2001})
    assert [row.date.day for row in found.rows] == [13]
    assert found.report.bad_lines == {6}


def test_unknown_medicine_is_asked_for_once():
    attacks = [
        {"Helpful Medication": "Oma's Tropfen"},
        {"Started": "03/15/26 08:30", "Unsure Medication": "OMA'S tropfen"},
    ]
    found = read(*attacks)
    assert (found.unknown, found.rows) == (["Oma's Tropfen"], [])
    found = read(*attacks, classes={"oma's tropfen": "non_opioid"})
    assert [row.medicines[0].medication_class for row in found.rows] == ["non_opioid", "non_opioid"]


def test_file_that_was_cut_off_is_said():
    whole = file({"Notes": "a note"}, {"Started": "03/15/26 08:30"})
    found = reading(whole[:-20], TODAY, {})
    assert found.report.problems
    found = reading(whole[: whole.index("a note") + 3], TODAY, {})
    assert "the file may be cut off" in " ".join(found.report.problems)
    assert found.report.is_cut_short


def test_missing_column_is_said():
    found = read({}, columns=tuple(name for name in NEW if name != "Pain Level"))
    assert found.report.problems == ["line 4: the column 'Pain Level' is missing; export the file once more"]


def test_attack_that_stands_twice_counts_once():
    one = {"Helpful Medication": "Sumatriptan", "Notes": "a note"}
    found = read(one, one)
    [row] = found.rows
    assert (row.medicines[0].doses, row.note) == (1, "a note")
    assert "line 6: the same as line 5, counted once" in found.report.notices


def test_medicine_that_two_columns_name_is_one_dose():
    [row] = read({"Helpful Medication": "Sumatriptan", "Unsure Medication": "sumatriptan"}).rows
    assert [dose.doses for dose in row.medicines] == [1]


@pytest.mark.parametrize("typo", ["99/01/26 08:30", "14/33/26 08:30", "03/04/2026", "0/0/26 08:30"])
def test_one_date_gone_wrong_says_nothing_of_the_others(typo):
    text = file({"Started": "03/04/26 08:30"}, {"Started": typo})
    assert reading(text, TODAY, {}).asks_order
    found = reading(text, TODAY, {}, "month")
    assert [row.date for row in found.rows] == [date(2026, 3, 4)]
    assert [problem for problem in found.report.problems if problem.startswith("line 6: Started:")]


def test_attack_that_was_going_on_is_named_by_its_line():
    assert "line 5, which was going on" in read({"Lasted": "Ongoing"}).report.notices[0]
