"""The reminder as a calendar (RFC 5545), behind a secret address.

The time carries its zone, with the zone's own rules beside it, so that the calendar rings when the other reminders
come, wherever the phone is and whatever its program makes of a time without one.
"""

from __future__ import annotations

import secrets
from base64 import b32encode
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from diary.models import EVERY_DAY, Reminder

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
YEARS_AHEAD = 5
"""How far the zone's rules go. A calendar program asks again every day."""
LINE_BYTES = 75

# --- The address ---------------------------------------------------------------------------------------------


def new_seed() -> str:
    return secrets.token_hex(16)


def token_of(seed: str) -> str:
    """What stands in the address: 160 bits that nobody can work out from the database alone."""
    return b32encode(salted_hmac("diary.calendar_feed.token", seed).digest()).decode().lower()


def digest(token: str) -> str:
    """What the database finds it by."""
    return salted_hmac("diary.calendar_feed.digest", token, algorithm="sha256").hexdigest()


# --- The zone ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def changes(name: str, first: int, last: int) -> tuple[datetime, ...]:
    """The moments in these years at which a zone's clocks are set, to the second."""
    zone, found = ZoneInfo(name), []
    here, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    while here < end:
        there = here + timedelta(days=1)
        if _offset(here, zone) != _offset(there, zone):
            found.append(_first_after(here, there, zone))
        here = there
    return tuple(found)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _first_after(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    old, apart = _offset(before, zone), int((after - before).total_seconds())
    while apart > 1:
        half = before + timedelta(seconds=apart // 2)
        before, after = (half, after) if _offset(half, zone) == old else (before, half)
        apart = int((after - before).total_seconds())
    return after


def zone_lines(name: str, first: int, last: int) -> Iterator[str]:
    zone = ZoneInfo(name)
    start = datetime(first, 1, 1, tzinfo=UTC)
    yield from ("BEGIN:VTIMEZONE", f"TZID:{name}")
    yield from _observance(zone, start, start)
    for moment in changes(name, first, last):
        yield from _observance(zone, moment - timedelta(seconds=1), moment)
    yield "END:VTIMEZONE"


def _observance(zone: ZoneInfo, before: datetime, moment: datetime) -> Iterator[str]:
    """What holds from a moment on. It begins on the clock as it stood until then."""
    old, new = _offset(before, zone), _offset(moment, zone)
    kind = "DAYLIGHT" if moment.astimezone(zone).dst() else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{moment + old:%Y%m%dT%H%M%S}"
    yield from (f"TZOFFSETFROM:{_signed(old)}", f"TZOFFSETTO:{_signed(new)}", f"END:{kind}")


def _signed(offset: timedelta) -> str:
    minutes, seconds = divmod(abs(int(offset.total_seconds())), 60)
    sign = "-" if offset < timedelta() else "+"
    return f"{sign}{minutes // 60:02}{minutes % 60:02}" + (f"{seconds:02}" if seconds else "")


# --- The calendar --------------------------------------------------------------------------------------------


def calendar(reminder: Reminder, now: datetime) -> bytes:
    zone = reminder.patient.time_zone
    changed = reminder.changed_at.astimezone(UTC)
    first = first_day(reminder)
    host = host_name()
    title = escaped(_("How is today?"))
    by_day = [DAYS[int(day) - 1] for day in reminder.weekdays]
    rule = "FREQ=DAILY" if reminder.weekdays == EVERY_DAY else f"FREQ=WEEKLY;BYDAY={','.join(by_day)}"
    lines = [
        f"X-WR-CALNAME:{title}",
        "REFRESH-INTERVAL;VALUE=DURATION:P1D",
        *zone_lines(zone, first.year, max(now.year, first.year) + YEARS_AHEAD),
        "BEGIN:VEVENT",
        f"UID:{(reminder.calendar_digest or '')[:32]}@{host}",
        f"DTSTAMP:{changed:%Y%m%dT%H%M%SZ}",
        f"LAST-MODIFIED:{changed:%Y%m%dT%H%M%SZ}",
        f"DTSTART;TZID={zone}:{first:%Y%m%d}T{reminder.time:%H%M}00",
        "DURATION:PT5M",
        f"RRULE:{rule}",
        f"SUMMARY:{title}",
        f"URL:{settings.SITE_URL}/",
        "CLASS:PRIVATE",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:PT0S",
        f"DESCRIPTION:{title}",
        "END:VALARM",
        "END:VEVENT",
    ]
    return file_of("reminders", lines)


def first_day(reminder: Reminder) -> date:
    """The first chosen day of the week since it was chosen: a rule begins on a day that it names."""
    day = reminder.changed_at.astimezone(ZoneInfo(reminder.patient.time_zone)).date()
    while str(day.isoweekday()) not in reminder.weekdays:
        day += timedelta(days=1)
    return day


# --- The format ----------------------------------------------------------------------------------------------


def host_name() -> str:
    """Behind the names of our events, so that they are like nobody else's."""
    return urlsplit(settings.SITE_URL).hostname or ""


def file_of(what: str, lines: Iterable[str]) -> bytes:
    """A calendar, with what makes one around its lines. `what` it is of, in one English word."""
    around = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{host_name()}//{what}//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]
    return b"".join(map(folded, [*around, *lines, "END:VCALENDAR"]))


def whole_day(uid: str, day: date, now: datetime, title: str, details: str = "") -> Iterator[str]:
    """An event of one day, which nobody is busy for. `uid`: the same in every file, without the host."""
    yield from (
        "BEGIN:VEVENT",
        f"UID:{uid}@{host_name()}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escaped(title)}",
        *([f"DESCRIPTION:{escaped(details)}"] if details else []),
        "CLASS:PRIVATE",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    )


def escaped(text: str) -> str:
    for character in "\\;,":
        text = text.replace(character, f"\\{character}")
    return "\\n".join(text.splitlines())


def folded(line: str) -> bytes:
    """A line ends with CRLF, and has no more than 75 bytes: what is longer goes on behind a space."""
    parts, part = [], b""
    for character in line:
        more = character.encode()
        if len(part) + len(more) > LINE_BYTES:
            parts.append(part)
            part = b" "
        part += more
    return b"\r\n".join([*parts, part]) + b"\r\n"
