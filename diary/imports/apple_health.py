"""Reads the headaches of an Apple Health export: one record each, a severity, a beginning and an end.

The file holds everything that a phone has measured in years and may be gigabytes, so it is walked as a stream, and
nothing but the records of headaches is ever kept. Its list of document types is cut out before anything is parsed:
there are phones that write it wrongly, and what declares an entity is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from diary.imports.attacks import LONGEST, Attack, Found, Free, Told, dates_between
from diary.imports.diary_csv import BadValue, Report, Row, shown
from diary.rules import Headache

HEADACHE = "HKCategoryTypeIdentifierHeadache"
SAME = "HKExternalUUID"
KEPT = ("type", "sourceName", "startDate", "endDate", "value")
SEVERITIES = {
    name: severity
    for number, (word, severity) in enumerate(
        (
            ("Unspecified", Headache.YES),
            ("NotPresent", Headache.NONE),
            ("Mild", Headache.MILD),
            ("Moderate", Headache.MODERATE),
            ("Severe", Headache.SEVERE),
        )
    )
    for name in (f"HKCategoryValueSeverity{word}", str(number))
}
MOST_HEAD = 256 * 1024
CHUNK = 256 * 1024
MOST_TOKEN = 4 * CHUNK
"""A single tag of this size is no export, and is not waited for."""
MOST_RECORDS = 20_000
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} [+-]\d{4}")
DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", re.DOTALL)


class BadExport(ValueError):
    """The file is no export that can be read; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as the file says it. `same`: a name of its own that another program gave it, or empty."""

    source: str
    start: str
    end: str
    value: str
    same: str = ""


def recognises(text: str) -> bool:
    """By its outermost element."""
    return "<HealthData" in text[:MOST_HEAD]


def records(file: IO[bytes]) -> Iterator[Record]:
    """The records of headaches, in the order of the file. Raises `BadExport`."""
    found: list[Record] = []
    parser = expat.ParserCreate()
    inside = False

    def begins(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if name == "Record":
            inside = attributes.get("type") == HEADACHE
            if inside:
                found.append(Record(*(attributes.get(key, "") for key in KEPT[1:])))
        elif name != "MetadataEntry":
            inside = False
        elif inside and attributes.get("key") == SAME:
            found[-1] = replace(found[-1], same=attributes.get("value", ""))

    def declares(*_entity: object) -> None:
        raise BadExport("it declares entities, which no export does; export it once more")

    parser.StartElementHandler = begins
    parser.EntityDeclHandler = declares
    fed = 0
    try:
        for chunk in _chunks(file):
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - max(parser.CurrentByteIndex, 0) > MOST_TOKEN:
                raise BadExport(
                    f"line {parser.CurrentLineNumber}: a single tag is too long; export it once more"
                )
            if not inside:
                yield from found
                found.clear()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise BadExport(
            f"line {error.lineno}: it is broken off or damaged there; export it once more"
        ) from None
    except LookupError:
        raise BadExport("it is in an encoding that no export has; export it once more") from None
    yield from found


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The file without its list of document types; the lines keep their numbers."""
    head = file.read(MOST_HEAD)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadExport("it is in UTF-16, and an export is in UTF-8; export it once more")
    root = head.find(b"<HealthData")
    before = head if root < 0 else head[:root]
    if b"<!ENTITY" in before:
        raise BadExport("it declares entities, which no export does; export it once more")
    yield DOCTYPE.sub(lambda found: b"\n" * found[0].count(b"\n"), before, count=1)
    yield head[len(before) :]
    while chunk := file.read(CHUNK):
        yield chunk


def headaches_alone(file: IO[bytes]) -> str:
    """The same export with nothing but its headaches: small enough to be shown, asked about and sent on.

    Raises `BadExport`.
    """
    root = ElementTree.Element("HealthData")
    for number, record in enumerate(records(file)):
        if number == MOST_RECORDS:
            raise BadExport(f"it holds more than {MOST_RECORDS} headaches")
        values = (HEADACHE, record.source, record.start, record.end, record.value)
        element = ElementTree.SubElement(root, "Record", dict(zip(KEPT, values, strict=True)))
        if record.same:
            ElementTree.SubElement(element, "MetadataEntry", {"key": SAME, "value": record.same})
    ElementTree.indent(root, "")
    return ElementTree.tostring(root, encoding="unicode")


def rows(text: str, report: Report, told: Told) -> list[Row]:
    """One row a date, by the clock of the diary's time zone."""
    found = Found()
    seen: dict[object, int] = {}
    number = 0
    try:
        for number, record in enumerate(records(BytesIO(text.encode())), 1):
            names = {(record.source, record.start, record.end), record.same or number}
            earlier = next((seen[name] for name in names if name in seen), None)
            seen |= dict.fromkeys(names, number)
            if earlier is not None:
                report.notice(f"headache {number}: the same as headache {earlier}, counted once")
                continue
            with report.refusing(f"headache {number}"):
                _take(record, f"headache {number}", told, found)
    except BadExport as error:
        report.unreadable("the file", str(error))
        return []
    if not number:
        report.notice("the export holds no headaches")
    return found.rows(report)


def _take(record: Record, place: str, told: Told, found: Found) -> None:
    start, end = (
        _moment("startDate", record.start, told),
        _moment("endDate", record.end or record.start, told),
    )
    if not timedelta(0) <= end - start <= LONGEST:
        words = f"{shown(record.end)} is not within {LONGEST.days} days after the beginning"
        raise BadValue("endDate", words)
    severity = SEVERITIES.get(record.value) if record.value else Headache.YES
    if severity is None:
        raise BadValue("value", f"{shown(record.value)} is no severity of a headache")
    if severity is Headache.NONE:
        found.free += [Free(place, when) for when in dates_between(start, end)]
    else:
        # A record without a length is a headache that went on when it was written.
        found.attacks.append(Attack(place, start, end if end > start else None, severity=severity))


def _moment(column: str, text: str, told: Told) -> datetime:
    if MOMENT.fullmatch(text):
        try:
            moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")
            return moment.astimezone(told.zone).replace(tzinfo=None)
        except (ValueError, OverflowError):
            pass
    raise BadValue(column, f"{shown(text)} is not a moment such as 2026-06-01 11:00:00 -0400")
