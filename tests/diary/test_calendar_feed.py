"""The reminder in one's own calendar: a file that calendar programs read, behind an address that nobody guesses."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.rrule import rrulestr
from django.db import connection
from django.test import Client
from django.utils import translation

from config.logs import JSONLine
from diary import calendar_feed
from diary.models import Deletion, Patient, Reminder
from tests.cast import NOON, Visitor
from tests.reading import Page

ADDRESS = re.compile(r"http://localhost:8000(/reminders/[a-z2-7]{32}\.ics)")


def address(page: Page) -> str:
    found = ADDRESS.search(page.text)
    assert found, page.text
    return found[1]


@pytest.fixture
def feed(as_alice: Visitor) -> str:
    return address(as_alice.sends("/reminders/calendar/make/"))


def calendar_of(zone: str = "Europe/London", **fields: object) -> bytes:
    chosen = {"time": time(20, 0), "changed_at": NOON, "calendar_digest": "d" * 64} | fields
    return calendar_feed.calendar(Reminder(patient=Patient(time_zone=zone), **chosen), NOON)


# --- The file ------------------------------------------------------------------------------------------------

LINE = re.compile(rb"[A-Z-]+(;[A-Z-]+=[^;:\"]+)*:[^\x00-\x08\x0a-\x1f\x7f]*")
ZONES = [
    "Europe/London",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Apia",
    "Africa/Casablanca",
    "UTC",
]


def faults_of_lines(said: bytes) -> list[str]:
    """What RFC 5545, section 3.1, does not allow."""
    found = [] if said.endswith(b"\r\n") and b"\n" not in said.replace(b"\r\n", b"") else ["line ends"]
    found += ["too long" for line in said.split(b"\r\n") if len(line) > 75]
    unfolded = said.replace(b"\r\n ", b"").split(b"\r\n")[:-1]
    return found + [repr(line) for line in unfolded if not LINE.fullmatch(line)]


@pytest.mark.parametrize("zone", ZONES)
def test_lines_are_those_of_the_standard_and_a_program_reads_them(zone):
    said = calendar_of(zone)
    assert faults_of_lines(said) == []
    read = icalendar.Calendar.from_ical(said)
    assert not read.errors
    [event] = read.events
    assert event["SUMMARY"] == "How is today?"
    assert event["DTSTART"].params.get("TZID") == zone
    assert event["DTSTART"].dt.replace(tzinfo=None) == datetime.combine(
        NOON.astimezone(ZoneInfo(zone)).date(), time(20, 0)
    )
    assert event["RRULE"].to_ical() == b"FREQ=DAILY"
    assert event["UID"] == "d" * 32 + "@localhost"
    assert {"DTSTAMP", "LAST-MODIFIED", "URL"} <= set(event)
    [alarm] = event.walk("VALARM")
    assert (alarm["ACTION"], alarm["TRIGGER"].dt) == ("DISPLAY", timedelta())
    assert [zone["TZID"] for zone in read.timezones] == [zone]


@pytest.mark.parametrize("zone", ZONES)
def test_rules_of_the_zone_are_right_to_the_second(zone):
    said, place = calendar_of(zone), ZoneInfo(zone)
    moments = [datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=7 * week) for week in range(300)]
    moments += [
        moment + timedelta(seconds=step)
        for moment in calendar_feed.changes(zone, 2026, 2031)
        for step in (-1, 0)
    ]
    read = icalendar.Calendar.from_ical(said)
    rules = sorted(
        (rule["DTSTART"].dt - rule["TZOFFSETFROM"].td, rule["TZOFFSETTO"].td)
        for rule in read.timezones[0].subcomponents
    )
    for moment in moments:
        told = [offset for begins, offset in rules if begins <= moment.replace(tzinfo=None)][-1]
        assert told == moment.astimezone(place).utcoffset(), moment


def test_it_rings_at_the_chosen_time_all_year():
    said = icalendar.Calendar.from_ical(calendar_of("Europe/London", weekdays="17"))
    [event] = said.events
    start = event["DTSTART"].dt.replace(tzinfo=None)
    assert start == datetime(2026, 6, 21, 20)  # the Sunday after the Wednesday on which it was chosen
    rings = rrulestr(event["RRULE"].to_ical().decode(), dtstart=start).between(
        datetime(2026, 10, 20), datetime(2026, 11, 3)
    )
    assert [one.strftime("%a %d %H:%M") for one in rings] == [
        "Sun 25 20:00",
        "Mon 26 20:00",
        "Sun 01 20:00",
        "Mon 02 20:00",
    ]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("How is today?", "How is today?"),
        ("a, b; c\\", "a\\, b\\; c\\\\"),
        ("one\r\ntwo\nthree", "one\\ntwo\\nthree"),
    ],
)
def test_texts_are_escaped(text, escaped):
    assert calendar_feed.escaped(text) == escaped


@pytest.mark.parametrize("text", ["x" * 74, "x" * 75, "x" * 76, "x" * 400, "ä" * 80, "😀" * 60, "a😀" * 50])
def test_folding_splits_no_character_and_can_be_undone(text):
    folded = calendar_feed.folded(text)
    lines = folded.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() is not None for line in lines)
    assert folded.decode().replace("\r\n ", "") == f"{text}\r\n"


def test_guard_reports_lines():
    assert faults_of_lines(b"SUMMARY:x\n") == ["line ends"]
    assert faults_of_lines(b"SUMMARY:" + b"x" * 70 + b"\r\n") == ["too long"]
    assert faults_of_lines(b"no colon\r\n") == [repr(b"no colon")]


def test_no_word_of_health(alice):
    said = calendar_of().decode().lower()
    assert not re.search(r"head|ache|pain|migr|health|clinic|patient|medic|diary", said)
    assert alice.name.lower() not in said


# --- The address ---------------------------------------------------------------------------------------------


def test_anybody_with_the_address_reads_it_and_no_cache_keeps_it(feed):
    response = Client().get(feed)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert b"SUMMARY:How is today?" in response.content


def test_page_shows_it_again(feed, as_alice):
    assert address(as_alice.opens("/reminders/")) == feed


def test_database_holds_neither_the_address_nor_a_way_to_it(feed):
    token = feed.removeprefix("/reminders/").removesuffix(".ics")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM diary_reminder")
        assert token not in str(cursor.fetchall())
    reminder = Reminder.objects.get()
    assert calendar_feed.token_of(reminder.calendar_seed) == token
    assert token not in {reminder.calendar_seed, reminder.calendar_digest}


def test_another_secret_key_opens_nothing(feed, settings):
    settings.SECRET_KEY = "another " * 10
    assert Client().get(feed).status_code == 404


def test_new_address_ends_the_old_one(feed, as_alice):
    new = address(as_alice.sends("/reminders/calendar/make/"))
    assert new != feed
    assert [Client().get(one).status_code for one in (feed, new)] == [404, 200]


def test_switched_off(feed, as_alice):
    page = as_alice.sends("/reminders/calendar/end/")
    assert "Its address opens nothing any more." in page.text
    assert not ADDRESS.search(page.text)
    assert Client().get(feed).status_code == 404
    assert as_alice.sends("/reminders/calendar/end/").status == 200


@pytest.mark.parametrize("why", ["leaving", "deactivated"])
def test_who_leaves_takes_the_calendar_along(feed, alice, why):
    if why == "leaving":
        Deletion.objects.create(patient=alice, due_at=NOON)
    else:
        alice.user.is_active = False
        alice.user.save()
    assert Client().get(feed).status_code == 404


NOWHERE = [
    "/reminders/" + "a" * 32 + ".ics",
    "/reminders/x.ics",
    "/reminders/%00.ics",
    "/reminders/%C3%A4.ics",
    "/reminders/..ics",
    "/reminders/" + "a" * 1000 + ".ics",
]


@pytest.mark.parametrize("path", NOWHERE)
def test_unknown_address_answers_as_any_that_leads_nowhere(db, path):
    number = re.compile(rb"[0-9a-f]{16}")
    found, nothing = Client().get(path), Client().get("/no-such-page.ics")
    assert (found.status_code, number.sub(b"", found.content)) == (404, number.sub(b"", nothing.content))
    assert set(found.headers) - {"Vary"} == set(nothing.headers) - {"Vary"}


def test_token_is_in_no_line_of_the_log(feed, caplog):
    caplog.set_level(logging.DEBUG)
    Client().get(feed)
    Client().get("/reminders/" + "b" * 32 + ".ics")
    written = "\n".join(JSONLine().format(record) for record in caplog.records)
    assert feed.removesuffix(".ics").rpartition("/")[2] not in written
    assert "b" * 32 not in written


def test_words_are_those_of_the_language_in_which_it_was_chosen(feed, monkeypatch):
    Reminder.objects.update(language="de")
    spoken: list[str | None] = []
    monkeypatch.setattr(
        calendar_feed, "calendar", lambda *rest: spoken.append(translation.get_language()) or b""
    )
    Client().get(feed)
    assert spoken == ["de"]
