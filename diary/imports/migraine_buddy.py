"""Reads the CSV that Migraine Buddy writes, as it is today and as it was: one row an attack.

Columns are matched by name. A day without an attack stands in no row, and stays not recorded. What the diary has no
place for is counted and said, and where somebody was is not even looked at.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from io import StringIO

from diary.details import implied_features
from diary.imports.attacks import Attack, Found, Told, Unanswered, side_of, triggers_of
from diary.imports.diary_csv import BadValue, Dose, Report, Row, checked_text, shown
from diary.rules import Feature

NEEDED = ("Started", "Lasted", "Pain Level")
TAKEN = tuple(f"{how} Medication" for how in ("Helpful", "Somewhat Helpful", "Unhelpful", "Unsure"))
NO_MEDICINE = "no medication"
FEATURES = {
    "nausea": Feature.NAUSEA,
    "vomiting": Feature.VOMITING,
    "sensitivity to light": Feature.PHOTOPHOBIA,
    "sensitivity to noise": Feature.PHONOPHOBIA,
    "sensitivity to sound": Feature.PHONOPHOBIA,
    "pulsating pain": Feature.PULSATING,
    "throbbing pain": Feature.PULSATING,
    "worse pain if moving": Feature.WORSE_WITH_ACTIVITY,
    "aura": Feature.AURA,
}
NEVER_READ = ("#", "Geohash", "Attack Location")
OFFSETS = ("Start UTC Offset (min)", "End UTC Offset (min)")
READ = (
    *OFFSETS,
    *NEEDED,
    *TAKEN,
    "Attack Types",
    "Potential Triggers",
    "Symptoms",
    "Pain Positions",
    "Notes",
)
STARTED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}) (\d{1,2}):(\d{2})")
LASTED = re.compile(r"(?:(\d{1,3})d)? ?(?:(\d{1,2})h)? ?(?:(\d{1,2})m)?")


def recognises(text: str) -> bool:
    """By the header of its main table, which stands behind another one."""
    return any('"Started"' in line and '"Lasted"' in line for line in text[:10_000].splitlines())


def rows(text: str, report: Report, told: Told) -> list[Row]:
    """One row a date. Raises `Unanswered` ("order") where the file does not show whether day or month comes first."""
    table = list(_table(text, report))
    return read(
        ((line, cells, _doses(cells, told)) for line, cells in table),
        [cells["Started"] for _line, cells in table],
        report,
        told,
    )


def read(
    table: Iterable[tuple[int, Mapping[str, str], Iterable[Dose]]],
    started: list[str],
    report: Report,
    told: Told,
) -> list[Row]:
    """The attacks of a table by the names of its columns, with what was taken; `started` are its moments as texts."""
    is_day_first = _is_day_first(started, report, told.order)
    if is_day_first is None:
        return []
    found = Found()
    for line, cells, doses in table:
        with report.refusing(line):
            found.attacks.append(_attack(line, cells, is_day_first, doses, found.left_out))
    return found.rows(report)


def _table(text: str, report: Report) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each row of the main table by the names of its columns, with the line on which it begins."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    names: list[str] = []
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if "Started" in cells:
                names = cells
                missing = [name for name in NEEDED if name not in names]
                if missing:
                    report.problem(
                        line, "", f"the column '{missing[0]}' is missing; export the file once more"
                    )
                    report.is_cut_short = True
                    return
            elif names and any(cells):
                if len(cells) != len(names):
                    report.problem(line, "", f"{len(cells)} columns, but the header has {len(names)}")
                else:
                    yield line, dict.fromkeys(READ, "") | dict(zip(names, cells, strict=True))
    except csv.Error as error:
        report.problem(begins, "", f"cannot be read ({error}); the file may be cut off, export it once more")
        report.is_cut_short = True


def _is_day_first(texts: list[str], report: Report, order: str) -> bool | None:
    """The app writes dates as its phone does. `None`: the file contradicts itself.

    What is a date in neither order says nothing of the others, and is refused by itself.
    """
    readings = [(_is_date(text, is_day_first=True), _is_date(text, is_day_first=False)) for text in texts]
    shows_day, shows_month = (True, False) in readings, (False, True) in readings
    if shows_day and shows_month:
        report.problem(1, "Started", "day and month stand in different orders; export the file once more")
        report.is_cut_short = True
        return None
    if not shows_day and not shows_month and (True, True) in readings and not order:
        raise Unanswered("order")
    return shows_day or (not shows_month and order == "day")


def _is_date(text: str, *, is_day_first: bool) -> bool:
    try:
        _moment(text, is_day_first)
    except BadValue:
        return False
    return True


def _attack(
    line: int,
    cells: Mapping[str, str],
    is_day_first: bool,
    doses: Iterable[Dose],
    left_out: Counter[str],
) -> Attack:
    began = _moment(cells["Started"], is_day_first)
    lasted = _lasted(cells["Lasted"])
    if lasted is None and cells["Lasted"].strip().casefold().startswith("ongoing"):
        left_out[f"the end of the attack on line {line}, which was going on"] += 1
    for column, text in cells.items():
        if text and column not in READ and column not in NEVER_READ:
            left_out[column] += 1
    for column in TAKEN:
        if _words(cells[column]):
            left_out["how well medicines helped, and when they were taken"] += 1
    types = [word.casefold() for word in _words(cells["Attack Types"])]
    side = side_of(_words(cells["Pain Positions"]))
    features = _features(_words(cells["Symptoms"]), types, left_out)
    return Attack(
        line,
        began,
        began + lasted + _clock_change(cells) if lasted is not None else None,
        _pain(cells["Pain Level"], left_out),
        any("migraine" in word for word in types) or None,
        features | implied_features(side, None, ()),
        side,
        tuple(doses),
        triggers_of(_words(cells["Potential Triggers"]), left_out),
        checked_text("Notes", cells["Notes"].strip(), 100_000),
    )


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _moment(text: str, is_day_first: bool) -> datetime:
    found = STARTED.fullmatch(text.strip())
    if not found:
        raise BadValue("Started", f"{shown(text)} is not a day and a time such as 03/14/26 08:30")
    first, second, year, hour, minute = map(int, found.groups())
    day, month = (first, second) if is_day_first else (second, first)
    try:
        return datetime(2000 + year, month, day, hour, minute)
    except ValueError:
        raise BadValue("Started", f"{shown(text)} is not a moment of the calendar") from None


def _lasted(text: str) -> timedelta | None:
    """`None` where it is not said, or went on when the file was written."""
    first = text.strip().partition("\n")[0].strip()
    if first.casefold() == "ongoing":
        return None
    found = LASTED.fullmatch(first)
    if not found:
        raise BadValue("Lasted", f"{shown(text)} is not a time such as 05h 30m")
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes) or None


def _clock_change(cells: Mapping[str, str]) -> timedelta:
    """How far the clock of the person moved during the attack. Older files do not say it."""
    texts = [cells[column].strip() for column in OFFSETS]
    if not all(re.fullmatch(r"-?\d{1,3}", text) for text in texts):
        return timedelta(0)
    start, end = map(int, texts)
    return timedelta(minutes=end - start)


def _pain(text: str, left_out: Counter[str]) -> int | None:
    """1 to 10. An attack without pain is one whose pain is not said: 0 stands with headache-free days alone."""
    if not text.strip():
        return None
    if not re.fullmatch(r"[0-9]|10", text.strip()):
        raise BadValue("Pain Level", f"{shown(text)} is not a whole number from 0 to 10")
    if text.strip() == "0":
        left_out["a pain of 0 in an attack"] += 1
        return None
    return int(text)


def _features(symptoms: list[str], types: list[str], left_out: Counter[str]) -> frozenset[Feature]:
    found = {FEATURES.get(word.casefold()) for word in symptoms}
    if None in found:
        left_out["other symptoms"] += 1
    if any("with aura" in word for word in types):
        found.add(Feature.AURA)
    return frozenset(feature for feature in found if feature)


def _doses(cells: Mapping[str, str], told: Told) -> Iterator[Dose]:
    """One dose each, also of what two columns name: how many were taken is not in the file."""
    names = {name.casefold(): name for column in TAKEN for name in _words(cells[column])}
    for known, name in names.items():
        if known != NO_MEDICINE:
            yield told.dose(name)
