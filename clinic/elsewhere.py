"""What the import command is told of a file that another program wrote, and what it reads from it."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from diary.imports.uploaded import IMPORTERS, Reading, is_other_program, reading, text_of
from diary.rules import MedicationClass

QUESTIONS = {
    "order": "the file does not show whether the day or the month comes first; say --day-first or --month-first",
    "yellow": "the file has yellow days; say what they were with --yellow free, headache or leave",
}


class Unsaid(ValueError):
    """Something that the file does not show, or that was said wrongly; the text names the option."""


def add_arguments(parser: ArgumentParser) -> None:
    """The options for files of other programs."""
    parser.add_argument(
        "--format",
        choices=["csv", *IMPORTERS],
        help="what wrote the file; it is seen from the content otherwise",
    )
    parser.add_argument(
        "--zone", metavar="ZONE", help="of its times, such as Europe/Berlin; the diary's otherwise"
    )
    order = parser.add_mutually_exclusive_group()
    order.add_argument(
        "--day-first", action="store_const", const="day", dest="order", help="03/04 is in April"
    )
    order.add_argument(
        "--month-first", action="store_const", const="month", dest="order", help="03/04 is in March"
    )
    parser.add_argument(
        "--yellow", choices=["free", "headache", "leave"], help="what MigraLog's yellow days were"
    )
    parser.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="NAME=CLASS",
        help="the class of a medicine that the catalogue does not know; once for each",
    )


def is_from_elsewhere(path: str, form: str | None) -> bool:
    """Whether the file is anything but a diary CSV."""
    if form:
        return form != "csv"
    with open(path, "rb") as file:
        return is_other_program(file)


def read(options: dict[str, Any], latest: date, zone: str) -> Reading:
    """What a file says. Raises `Unsaid` and `archive.Unreadable`."""
    if options["zone"] and options["zone"] not in available_timezones():
        raise Unsaid(f"--zone: {options['zone']!r} is no time zone such as Europe/Berlin")
    classes = dict(map(_kind, options["kind"]))
    with open(options["diary"], "rb") as file:
        text = text_of(file)
    found = reading(
        text,
        latest,
        classes,
        options["order"] or "",
        yellow=options["yellow"] or "",
        zone=ZoneInfo(options["zone"] or zone),
        form=options["format"] or "",
    )
    if found.asks:
        raise Unsaid(QUESTIONS[found.asks])
    return found


def _kind(said: str) -> tuple[str, str]:
    name, _equals, word = said.rpartition("=")
    if not name.strip() or word not in set(MedicationClass):
        raise Unsaid(f"--kind: {said!r} is not NAME=CLASS with one of {', '.join(MedicationClass)}")
    return name.strip().casefold(), word
