"""Reads the CSV of the cluster headache tracker: a log of attacks, and beside it, where it is there, one of doses.

Two files of one diary are read as one text, the one behind the other. Where the doses say what was taken against an
attack, the free text of the log is not counted besides.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import StringIO

from diary import catalogue
from diary.imports.attacks import Attack, Found, Taken, Told, triggers_of
from diary.imports.diary_csv import BadValue, Dose, Report, Row, checked_text, shown

LOG = ("start_time", "end_time", "intensity")
DOSES = ("taken_at", "medication")
COLUMNS = (*LOG, *DOSES, "triggers", "notes", "kind", "amount", "unit", "attack_start_time")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?")
OXYGEN = re.compile(r"(oxygen|o2)\b", re.IGNORECASE)
PREVENTIVE = "preventive medicines"
BREATHED = "oxygen, which counts as no medicine"

_Cells = Mapping[str, str]


def recognises(text: str) -> bool:
    """By the names of its columns."""
    first = text[:1000].lstrip("\ufeff").partition("\n")[0].replace('"', "").strip().split(",")
    return all(name in first for name in LOG) or all(name in first for name in (*DOSES, "kind"))


def rows(text: str, report: Report, told: Told) -> list[Row]:
    """One row a date."""
    logs: list[tuple[str, _Cells]] = []
    doses: list[tuple[str, _Cells]] = []
    for place, cells, is_dose in _table(text, report):
        (doses if is_dose else logs).append((place, cells))
    if not logs and not report.is_cut_short:
        report.unreadable("the file", "it holds no attacks; choose the log and its doses together")
    if report.is_cut_short:
        return []
    found = Found()
    against = {cells["attack_start_time"].strip() for _place, cells in doses} - {""}
    seen: dict[str, str] = {}
    for place, cells in logs:
        start = cells["start_time"].strip()
        if (earlier := seen.setdefault(start, place)) != place:
            report.notice(f"{place}: the same beginning as {earlier}, counted once")
            continue
        with report.refusing(place):
            found.attacks.append(_attack(place, cells, start in against, told, found))
    for place, cells in doses:
        with report.refusing(place):
            found.taken += _dose(place, cells, told, found)
    return found.rows(report)


def _table(text: str, report: Report) -> Iterator[tuple[str, _Cells, bool]]:
    """Each row by the names of its columns, where it stands, and whether it is of the doses."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    names: list[str] = []
    begins, header_line, kind = 1, 0, "line"
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            place = f"{kind} {line - header_line + 1 if header_line else line}"
            if "start_time" in cells or "taken_at" in cells:
                is_dose = "taken_at" in cells
                needed = DOSES if is_dose else LOG
                names, header_line, kind = cells, line, "line" if not is_dose else "doses, line"
                if missing := [name for name in needed if name not in names]:
                    report.unreadable(
                        place, f"the column '{missing[0]}' is missing; export the file once more"
                    )
                    return
            elif any(cells) and len(cells) != len(names):
                report.problem(place, "", f"{len(cells)} columns, but the header has {len(names)}")
            elif any(cells):
                yield (
                    place,
                    dict.fromkeys(COLUMNS, "") | dict(zip(names, cells, strict=True)),
                    "taken_at" in names,
                )
    except csv.Error as error:
        report.unreadable(begins, f"cannot be read ({error}); the file may be cut off, export it once more")


def _moment(column: str, text: str) -> datetime:
    if MOMENT.fullmatch(text.strip()):
        try:
            return datetime.fromisoformat(text.strip())
        except ValueError:
            pass
    raise BadValue(column, f"{shown(text)} is not a moment such as 2026-03-14 08:30:00")


def _attack(place: str, cells: _Cells, has_doses: bool, told: Told, found: Found) -> Attack:
    began = _moment("start_time", cells["start_time"])
    ended = _moment("end_time", cells["end_time"]) if cells["end_time"].strip() else None
    pain = cells["intensity"].strip()
    if pain and not re.fullmatch(r"[1-9]|10", pain):
        raise BadValue("intensity", f"{shown(pain)} is not a whole number from 1 to 10")
    for column, text in cells.items():
        if text and column not in COLUMNS:
            found.left_out[column] += 1
    return Attack(
        place,
        began,
        ended,
        int(pain) if pain else None,
        medicines=() if has_doses else tuple(_named_doses(cells["medication"], told, found)),
        triggers=triggers_of(re.split("[;,]", cells["triggers"]), found.left_out),
        note=checked_text("notes", cells["notes"].strip(), 100_000),
    )


def _named_doses(text: str, told: Told, found: Found) -> Iterator[Dose]:
    for part in re.split(r"[+,;\n]", text):
        name = part.strip()
        if OXYGEN.match(name):
            found.left_out[BREATHED] += 1
        elif name and name.casefold() != "none":
            yield told.dose(name)


def _dose(place: str, cells: _Cells, told: Told, found: Found) -> Iterator[Taken]:
    """What was taken, on the day on which it was taken."""
    kind, name = cells["kind"].strip().casefold(), cells["medication"].strip()
    if kind == "preventive":
        found.left_out[PREVENTIVE] += 1
    elif kind == "oxygen" or OXYGEN.match(name):
        found.left_out[BREATHED] += 1
    else:
        when = _moment("taken_at", cells["taken_at"]).date()
        strong = f"{name} {cells['amount'].strip()} {cells['unit'].strip()}".strip()
        with found.doses_of(when):
            yield Taken(place, when, told.dose(strong if catalogue.match(strong) else name))
