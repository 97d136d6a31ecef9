"""A diary day is a date where the person is: twelve zones at their changes of clock, leap days, midnights and travels.

The instants are written in UTC and the dates by hand, so that nothing here asks the zones what it should expect.
"""

import io
import re
from datetime import UTC, date, datetime, timedelta
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from clinic.summaries import last_28_days
from diary.imports.diary_csv import Report, rows
from diary.models import Patient
from diary.rules import Diary
from tests.cast import record, record_all, session, signed_in
from tests.reading import Page

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
ONE_DAY = timedelta(days=1)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Zone: offset in hours on 29 February 2028 and about New Year 2027; offset on 17 June 2026.
OFFSETS = {
    "Europe/London": (0, 1),
    "Europe/Berlin": (1, 2),
    "America/New_York": (-5, -4),
    "America/Sao_Paulo": (-3, -3),
    "Australia/Lord_Howe": (11, 10.5),
    "Asia/Kathmandu": (5.75, 5.75),
    "Pacific/Kiritimati": (14, 14),
    "Pacific/Pago_Pago": (-11, -11),
    "Pacific/Apia": (13, 13),
    "Africa/Casablanca": (1, 1),
    "Asia/Tehran": (3.5, 3.5),
    "UTC": (0, 0),
}
# The instant of the change, the date in the second before and at the change, and the hours that the day has.
SPRING = {
    "Europe/London": ("2026-03-29T01:00", "2026-03-29", "2026-03-29", 23),
    "Europe/Berlin": ("2026-03-29T01:00", "2026-03-29", "2026-03-29", 23),
    "America/New_York": ("2026-03-08T07:00", "2026-03-08", "2026-03-08", 23),
    # Midnight itself is left out.
    "America/Sao_Paulo": ("2018-11-04T03:00", "2018-11-03", "2018-11-04", 23),
    "Australia/Lord_Howe": ("2026-10-03T15:30", "2026-10-04", "2026-10-04", 23.5),
    "Asia/Kathmandu": ("2026-03-28T18:15", "2026-03-28", "2026-03-29", 24),
    "Pacific/Kiritimati": ("2026-03-28T10:00", "2026-03-28", "2026-03-29", 24),
    "Pacific/Pago_Pago": ("2026-03-29T11:00", "2026-03-28", "2026-03-29", 24),
    "Pacific/Apia": ("2020-09-26T14:00", "2020-09-27", "2020-09-27", 23),
    "Africa/Casablanca": ("2026-03-22T02:00", "2026-03-22", "2026-03-22", 23),
    "Asia/Tehran": ("2021-03-21T20:30", "2021-03-21", "2021-03-22", 23),
    "UTC": ("2026-03-29T00:00", "2026-03-28", "2026-03-29", 24),
}
AUTUMN = {
    "Europe/London": ("2026-10-25T01:00", "2026-10-25", "2026-10-25", 25),
    "Europe/Berlin": ("2026-10-25T01:00", "2026-10-25", "2026-10-25", 25),
    "America/New_York": ("2026-11-01T06:00", "2026-11-01", "2026-11-01", 25),
    # From midnight back to 23:00: the day before goes on.
    "America/Sao_Paulo": ("2019-02-17T02:00", "2019-02-16", "2019-02-16", 25),
    "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-04-05", "2026-04-05", 24.5),
    "Asia/Kathmandu": ("2026-10-24T18:15", "2026-10-24", "2026-10-25", 24),
    "Pacific/Kiritimati": ("2026-10-24T10:00", "2026-10-24", "2026-10-25", 24),
    "Pacific/Pago_Pago": ("2026-10-25T11:00", "2026-10-24", "2026-10-25", 24),
    "Pacific/Apia": ("2020-04-04T14:00", "2020-04-05", "2020-04-05", 25),
    "Africa/Casablanca": ("2026-02-15T02:00", "2026-02-15", "2026-02-15", 25),
    "Asia/Tehran": ("2021-09-21T19:30", "2021-09-21", "2021-09-21", 25),
    "UTC": ("2026-10-25T00:00", "2026-10-24", "2026-10-25", 24),
}
ZONES = list(OFFSETS)


class Phone:
    """Bob's, wherever he is and whenever it is."""

    def __init__(self, bob, clock):
        self.bob, self.clock = bob, clock
        self.client = Client()

    def at(self, moment):
        """Some time may have passed, so he signs in again."""
        self.clock.move_to(moment)
        signed_in(self.bob.user, self.client)
        return self

    def lives_in(self, zone):
        self.bob.time_zone = zone
        self.bob.save()
        return self

    def opens(self):
        """Today as it came: its text, the date that its buttons name, and the days that it asks for."""
        text = self.client.get("/").content.decode()
        shown = re.search(r'action="/days/([\d-]+)/headache/"', text)[1]
        yesterday = re.findall(r'data-yesterday>.*?action="/days/([\d-]+)/headache/"', text, re.DOTALL)
        others = re.findall(r'name="days" value="([\d-]+)"', text)
        return text, day(shown), [*map(day, yesterday), *map(day, others)]

    def taps(self, word="mild", when=None):
        """One tap on Today, or on a page that was opened when it was `when`. Gives the date that the page named."""
        when = when or self.opens()[1]
        response = self.client.post(f"/days/{when}/headache/", {"headache": word})
        assert response.status_code == 302
        return when

    @property
    def recorded(self):
        """Dates and the dates on which they were recorded."""
        return dict(self.bob.days.order_by("date").values_list("date", "recorded_on"))


@pytest.fixture
def phone(bob, noon):
    # Django's test client copies the context of every template it meets, which nobody asks for here.
    with mock.patch("django.test.client.store_rendered_templates", return_value=None):
        yield Phone(bob, noon)


def day(text):
    return date.fromisoformat(text)


def local(text, offset):
    """The instant at which clocks with this offset show `text`."""
    return utc(text) - offset * HOUR


# --- Twelve zones, five kinds of moment ----------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("changes", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_clock_changes(phone, zone, changes):
    instant, before, after, _hours = changes[zone]
    phone.lives_in(zone).at(utc(instant) - SECOND)
    assert phone.taps() == day(before)
    phone.at(utc(instant))
    assert phone.taps("severe") == day(after)
    # The same date twice is one day, and both were recorded on the date itself.
    assert phone.recorded == {day(before): day(before), day(after): day(after)}


@pytest.mark.parametrize("zone", ZONES)
def test_leap_day(phone, zone):
    winter, _summer = OFFSETS[zone]
    phone.lives_in(zone).at(local("2028-02-28T12:00", winter)).taps(when=day("2028-02-28"))
    assert phone.at(local("2028-02-29T12:00", winter)).taps() == day("2028-02-29")
    phone.at(local("2028-03-02T12:00", winter))
    assert phone.opens()[1:] == (day("2028-03-02"), [day("2028-03-01")])
    assert phone.recorded == {day(text): day(text) for text in ("2028-02-28", "2028-02-29")}


def test_month_of_a_leap_day_has_29_days(phone):
    phone.at(utc("2028-03-02T12:00"))
    assert phone.client.get("/months/2028-02/").content.decode().count('href="/days/2028-02-') == 29


@pytest.mark.parametrize("zone", ZONES)
def test_turn_of_the_year(phone, zone):
    winter, _summer = OFFSETS[zone]
    midnight = local("2027-01-01T00:00", winter)
    phone.lives_in(zone).at(midnight - SECOND)
    assert phone.taps() == day("2026-12-31")
    assert phone.client.get("/months/2027-01/").status_code == 404
    assert phone.at(midnight).taps() == day("2027-01-01")
    assert list(phone.recorded) == [day("2026-12-31"), day("2027-01-01")]


@pytest.mark.parametrize("zone", ZONES)
def test_midnight(phone, zone):
    _winter, summer = OFFSETS[zone]
    midnight = local("2026-06-17T00:00", summer)
    phone.lives_in(zone).at(midnight - 2 * ONE_DAY).taps(when=day("2026-06-15"))
    phone.at(midnight - SECOND)
    text, shown, missed = phone.opens()
    assert (shown, missed) == (day("2026-06-16"), [])
    assert "16 June" in text
    phone.at(midnight + SECOND)
    assert phone.opens()[1:] == (day("2026-06-17"), [day("2026-06-16")])
    # The page that was opened before midnight says the day that it shows.
    phone.taps(when=shown)
    assert phone.recorded == {
        day("2026-06-15"): day("2026-06-15"),
        day("2026-06-16"): day("2026-06-17"),
    }


# --- Days of other lengths -----------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("changes", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_day_of_the_change_is_one_date_from_its_first_to_its_last_second(bob, zone, changes):
    _instant, before, after, hours = changes[zone]
    bob.time_zone = zone
    # Where the clock goes back from midnight it is the day before that lasts longer.
    changed = day(before if before == after else after)
    begin = utc(f"{changed}T00:00") - 40 * HOUR
    quarters = [begin + timedelta(minutes=15 * n) for n in range(4 * 90)]
    dates = [bob.date_at(moment) for moment in quarters]
    assert dates.count(changed) == hours * 4
    assert dates == sorted(dates)


@pytest.mark.parametrize(
    ("zone", "zone_time", "folds"),
    [
        ("Europe/London", "2026-10-25T01:30", ["2026-10-25T00:30", "2026-10-25T01:30"]),
        ("America/New_York", "2026-11-01T01:30", ["2026-11-01T05:30", "2026-11-01T06:30"]),
        ("America/Sao_Paulo", "2019-02-16T23:30", ["2019-02-17T01:30", "2019-02-17T02:30"]),
        ("Australia/Lord_Howe", "2026-04-05T01:45", ["2026-04-04T14:45", "2026-04-04T15:15"]),
        ("Asia/Tehran", "2021-09-21T23:30", ["2021-09-21T19:00", "2021-09-21T20:00"]),
    ],
)
def test_time_that_comes_twice_is_one_day(phone, zone, zone_time, folds):
    phone.lives_in(zone)
    for moment in map(utc, folds):
        assert moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") == zone_time
        phone.at(moment).taps()
    assert list(phone.recorded) == [day(zone_time[:10])]


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Tehran"])
def test_day_without_a_midnight_is_not_missed_before_it_is_over(phone, zone):
    instant, _before, after, _hours = SPRING[zone]
    phone.lives_in(zone).at(utc(instant) - SECOND).taps()
    phone.at(utc(instant) + 23 * HOUR - SECOND)
    assert phone.opens()[1:] == (day(after), [])
    phone.at(utc(instant) + 23 * HOUR)
    assert phone.opens()[1:] == (day(after) + ONE_DAY, [day(after)])


def test_dates_taken_from_utc_are_found(phone, bob, monkeypatch):
    monkeypatch.setattr(Patient, "date_at", lambda _self, moment: moment.date())
    with pytest.raises(AssertionError):
        test_midnight(phone, "Pacific/Kiritimati")
    with pytest.raises(AssertionError):
        test_day_of_the_change_is_one_date_from_its_first_to_its_last_second(bob, "Europe/London", SPRING)


# --- Late, and what is counted -------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Europe/London", "Asia/Tehran", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize(("after", "is_late"), [(-SECOND, False), (SECOND, True)], ids=["before", "after"])
def test_day_is_late_from_the_persons_own_third_midnight_on(phone, zone, after, is_late):
    third_midnight = local("2026-06-17T00:00", OFFSETS[zone][1])
    phone.lives_in(zone).at(third_midnight + after).taps(when=day("2026-06-14"))
    [recorded] = phone.bob.days.all()
    assert recorded.is_late is is_late
    assert ("entered late" in phone.client.get("/days/2026-06-14/").content.decode()) is is_late


@pytest.mark.parametrize(
    ("zone", "first", "days"),
    [
        ("Europe/London", "2026-03-01", 31),
        ("Europe/London", "2026-10-01", 31),
        ("America/New_York", "2026-11-01", 30),
        ("America/Sao_Paulo", "2019-02-01", 28),
        ("Australia/Lord_Howe", "2026-04-01", 30),
        ("Africa/Casablanca", "2026-02-01", 28),
    ],
)
def test_month_with_a_change_of_clock_has_all_its_days_once(phone, zone, first, days):
    dates = [day(first) + n * ONE_DAY for n in range(days)]
    record_all(phone.bob, dates, "mild")
    phone.lives_in(zone).at(utc(f"{dates[-1]}T00:00") + 40 * ONE_DAY)
    page = Page(phone.client.get(f"/months/{first[:7]}/"))
    assert page.facts()["Days recorded"] == f"{days} of {days}"
    assert page.count("Headache days").one("p", "count__number").text == str(days)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("changes", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_28_days_across_a_change_of_clock_are_28_days(bob, zone, changes):
    instant, *_dates = changes[zone]
    bob.time_zone = zone
    for hours in (0, 13 * 24, 27 * 24 + 23):
        window = last_28_days(Diary([]), bob.date_at(utc(instant) + hours * HOUR))
        assert window.days == 28


@pytest.mark.parametrize(
    ("zone", "given", "over", "offset"),
    [
        ("Europe/London", "2026-03-01", "2026-05-24", 1),
        ("Europe/London", "2026-09-01", "2026-11-24", 0),
        ("America/New_York", "2026-02-20", "2026-05-15", -4),
        ("Australia/Lord_Howe", "2026-03-20", "2026-06-12", 10.5),
        ("Africa/Casablanca", "2026-01-20", "2026-04-14", 1),
        ("Pacific/Kiritimati", "2026-12-01", "2027-02-23", 14),
    ],
)
def test_twelve_weeks_are_84_of_the_persons_own_days(phone, zone, given, over, offset):
    session(phone.bob, day(given))
    record(phone.bob, day(given))
    midnight = local(f"{over}T00:00", offset)
    phone.lives_in(zone)
    words = [
        Page(phone.at(m).client.get("/trends/")).section("cycle").text for m in (midnight - SECOND, midnight)
    ]
    assert "This is week 12 of 12" in words[0]
    assert "This is week 13; twelve weeks were over on" in words[1]
    assert (day(over) - day(given)).days == 84


# --- Travelling ----------------------------------------------------------------------------------------------

TRAVELS = [
    # From, to, the moment, the date there was, and the date there is.
    ("Europe/London", "Asia/Tehran", "2026-06-17T12:00", "2026-06-17", "2026-06-17"),
    ("Europe/London", "Asia/Kathmandu", "2026-06-17T20:00", "2026-06-17", "2026-06-18"),
    ("America/New_York", "Europe/Berlin", "2026-06-17T23:00", "2026-06-17", "2026-06-18"),
    ("Pacific/Pago_Pago", "Pacific/Kiritimati", "2026-06-17T10:30", "2026-06-16", "2026-06-18"),
    ("Pacific/Kiritimati", "Pacific/Pago_Pago", "2026-06-17T10:30", "2026-06-18", "2026-06-16"),
    ("Europe/Berlin", "America/New_York", "2026-06-17T23:00", "2026-06-18", "2026-06-17"),
    ("Australia/Lord_Howe", "America/Sao_Paulo", "2026-06-17T14:00", "2026-06-18", "2026-06-17"),
    ("Africa/Casablanca", "UTC", "2026-06-17T23:30", "2026-06-18", "2026-06-17"),
]


@pytest.mark.parametrize(("start", "end", "moment", "was", "then"), TRAVELS)
def test_travelling_moves_no_day_and_doubles_none(phone, start, end, moment, was, then):
    phone.lives_in(start).at(utc(moment) - ONE_DAY).taps("severe")
    phone.at(utc(moment))
    assert phone.taps() == day(was)
    before = phone.recorded
    response = phone.client.post("/begin/", {"name": "Bob Baker", "time_zone": end})
    assert response.status_code == 302
    phone.bob.refresh_from_db()
    assert phone.recorded == before
    assert phone.taps("moderate") == day(then)
    assert phone.recorded == before | {day(then): before.get(day(then), day(then))}
    # Three days later every date since the first is recorded or asked for, each of them once.
    phone.at(utc(moment) + 3 * ONE_DAY)
    _text, today, asked = phone.opens()
    known = list(phone.recorded)
    past = [known[0] + n * ONE_DAY for n in range((today - known[0]).days)]
    assert sorted([*asked, *known]) == past


@pytest.mark.parametrize(("start", "end", "moment", "was", "then"), [t for t in TRAVELS if t[3] > t[4]])
def test_day_recorded_in_the_east_waits_in_the_west_until_it_comes(phone, start, end, moment, was, then):
    phone.lives_in(start).at(utc(moment)).taps("severe")
    phone.lives_in(end)
    page = Page(phone.client.get("/"))
    assert page.count("Headache days").one("p", "count__number").text.startswith("0")
    assert phone.client.get(f"/days/{was}/").status_code == 404
    phone.at(utc(moment) + (day(was) - day(then)).days * ONE_DAY)
    assert phone.client.get(f"/days/{was}/").status_code == 200
    assert list(phone.recorded) == [day(was)]


# --- Dates of no calendar ------------------------------------------------------------------------------------


@pytest.mark.parametrize("date_of_none", ["2027-02-29", "2026-06-31", "1900-02-29", "2026-13-01"])
def test_date_of_no_calendar_is_no_address(phone, date_of_none):
    phone.at(utc("2027-03-02T12:00"))
    for address in (f"/days/{date_of_none}/", f"/months/{date_of_none}/"):
        assert phone.client.get(address).status_code == 404
    for address in ("", "headache/", "dose/", "delete/"):
        assert phone.client.post(f"/days/{date_of_none}/{address}", {"headache": "none"}).status_code == 404
    phone.client.post("/days/headache-free/", {"days": [date_of_none]})
    assert phone.recorded == {}


def test_date_of_no_calendar_is_no_row_and_no_session(alice, clara, noon):
    report = Report()
    assert list(rows(io.StringIO("date,headache\n2027-02-29,mild\n2027-02-28,mild\n"), report)) != []
    assert [problem for problem in report.problems if "2027-02-29" in str(problem)]
    noon.move_to(utc("2027-03-02T12:00"))
    form = {"date": "2027-02-29", "product": "Botox", "units": 155, "sites": 31, "note": "", "batch": ""}
    answer = signed_in(clara).post(f"/clinic/patients/{alice.pk}/sessions/", form)
    assert (answer.status_code, alice.sessions.count()) == (422, 0)


# --- The island that left out a day --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "there"),
    [("2011-12-30T09:59:59", "2011-12-29"), ("2011-12-30T10:00:00", "2011-12-31")],
)
def test_apia_went_from_the_29th_to_the_31st(phone, moment, there):
    assert phone.lives_in("Pacific/Apia").at(utc(moment)).taps() == day(there)


def test_date_that_apia_never_had_stands_as_not_recorded_and_may_be_imported(phone):
    """A calendar is a calendar: no date is left out, so that a month has its days whatever zone is chosen later."""
    phone.lives_in("Pacific/Apia")
    record_all(phone.bob, [day(f"2011-12-{n}") for n in range(10, 32) if n != 30], "none")
    phone.at(utc("2012-01-20T00:00"))
    facts = Page(phone.client.get("/months/2011-12/")).facts()
    assert facts["Days recorded"] == "21 of 31"
    record(phone.bob, day("2011-12-30"), "mild", source="import", recorded_on=None)
    page = Page(phone.client.get("/months/2011-12/"))
    assert page.facts()["Days recorded"] == "22 of 31"
    assert page.count("Headache days").one("p", "count__number").text == "1 to 10"


# --- A clinician elsewhere -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "moment", "today"),
    [
        ("Pacific/Kiritimati", "2026-06-17T12:00", "18 Jun 2026"),
        ("Pacific/Pago_Pago", "2026-06-17T10:00", "16 Jun 2026"),
        ("Asia/Kathmandu", "2026-06-17T18:30", "18 Jun 2026"),
    ],
)
def test_clinician_elsewhere_reads_the_patients_dates(alice, clara, noon, zone, moment, today):
    alice.time_zone = zone
    alice.save()
    noon.move_to(utc(moment))
    patients, clinic = (signed_in(user) for user in (alice.user, clara))
    when = alice.date_at(utc(moment))
    assert patients.post(f"/days/{when}/headache/", {"headache": "mild"}).status_code == 302
    page = Page(clinic.get("/clinic/"))
    assert today in page.main.text
    assert alice.days.get().recorded_on == when
    assert Page(clinic.get(f"/clinic/patients/{alice.pk}/")).status == 200
