"""Reads the report that Migraine Buddy writes as a web page: the attacks of its CSV, with how much was taken.

Every attack is a row of twelve cells, and a row with its notes may follow. Read as the CSV is from there on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from diary.imports import migraine_buddy
from diary.imports.attacks import Told
from diary.imports.diary_csv import MOST_DOSES, BadValue, Dose, Report, Row, shown

CELLS = 12
STARTED = re.compile(r"\d{1,2}/\d{1,2}/\d{2} \d{1,2}:\d{2}")
LASTED = re.compile(
    r"(?:lasted:?\s*)?((?=\d)(?:\d{1,3}d)? ?(?:\d{1,2}h)? ?(?:\d{1,2}m)?|ongoing)", re.IGNORECASE
)
EFFECT = re.compile(r"(?:somewhat helpful|helpful|unhelpful|unsure)\s*-\s*", re.IGNORECASE)
AMOUNT = re.compile(r"(\d{1,3})\s*x\s+(.+)", re.IGNORECASE)
MOST_PIECES = 20_000
"""Of one tag, and rows of the table. Each would be an object in memory, and no report has as many."""
MOST_CELLS = 100
PIECE = re.compile(r"[\s/'\"<]")
NOTHING = ("", "-", "no medication", "no idea", "period: no", "period: soon")


def recognises(text: str) -> bool:
    """By the table that holds its attacks."""
    return "<" in text[:1000] and "reports-table" in text


@dataclass(slots=True)
class _TableRow:
    line: int
    words: str
    cells: list[list[str]] = field(default_factory=list)


class _Table(HTMLParser):
    """The rows of the table, each cell as its pieces of text."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[_TableRow] = []
        self._is_inside = self._is_in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words = dict(attrs).get("class") or ""
        if tag == "table":
            self._is_inside = "reports-table" in words.split()
        elif self._is_inside and tag == "tr" and len(self.rows) < MOST_PIECES:
            self.rows.append(_TableRow(self.getpos()[0], words))
        elif self._is_inside and tag == "td" and self.rows and len(self.rows[-1].cells) < MOST_CELLS:
            self.rows[-1].cells.append([])
            self._is_in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "tr", "table"):
            self._is_in_cell = False
        if tag == "table":
            self._is_inside = False

    def handle_data(self, data: str) -> None:
        if self._is_in_cell and data.strip():
            self.rows[-1].cells[-1].append(data.strip())


def rows(text: str, report: Report, told: Told) -> list[Row]:
    """One row a date. Raises `Unanswered` ("order")."""
    if any(_pieces(part) > MOST_PIECES for part in text.split(">")):
        report.unreadable("the page", "one of its tags is too long for a report; save it once more")
        return []
    parser = _Table()
    # Never closed: that would search the rest once more for each sign that stayed open, for hours in a hostile file.
    parser.feed(text)
    if len(parser.rows) == MOST_PIECES or "</table" not in text:
        report.unreadable(text.count("\n") + 1, "the page ends within its table; save it once more")
        return []
    read = list(_attacks(parser.rows))
    table = []
    for line, cells, taken in read:
        with report.refusing(line):
            table.append((line, cells, list(_doses(taken, told))))
    return migraine_buddy.read(table, [cells["Started"] for _line, cells, _taken in read], report, told)


def _pieces(part: str) -> int:
    """How many things a tag could hold at most that begins in what stands between two ends of tags."""
    begins = part.find("<")
    return len(PIECE.findall(part, begins)) if begins >= 0 and len(part) - begins > MOST_PIECES else 0


def _attacks(found: list[_TableRow]) -> Iterator[tuple[int, dict[str, str], list[str]]]:
    """Each attack by the columns of the CSV, with what its cell of medicines says."""
    for number, row in enumerate(found):
        if len(row.cells) < CELLS:
            continue
        following = found[number + 1] if number + 1 < len(found) else None
        notes = following.cells if following and _is_notes(following) else []
        _index, when, kind, pain, activities, triggers, symptoms, aura, left, right, taken, relief = (
            row.cells[:CELLS]
        )
        sides = [side for side, words in (("Left", left), ("Right", right)) if _listed(words)]
        has_aura = any(word.casefold() == "yes" for word in aura)
        cells = dict.fromkeys(migraine_buddy.READ, "") | {
            "Started": next((said[0] for piece in when if (said := STARTED.search(piece))), " ".join(when)),
            "Lasted": _lasted(when),
            "Pain Level": " ".join(pain).removeprefix("-"),
            "Attack Types": ", ".join(kind),
            "Affected Activities": ", ".join(_listed(activities)),
            "Potential Triggers": ", ".join(_listed(triggers)),
            "Symptoms": ", ".join([*_listed(symptoms), *(["Aura"] if has_aura else [])]),
            "Pain Positions": ", ".join(sides),
            "Non Drug Relief Methods": ", ".join(_listed(relief)),
            "Notes": "\n".join(piece for cell in notes for piece in cell),
        }
        yield row.line, cells, taken


def _is_notes(row: _TableRow) -> bool:
    return "notes" in row.words.split() or 0 < len(row.cells) < CELLS


def _lasted(pieces: list[str]) -> str:
    for piece in pieces:
        if found := LASTED.fullmatch(piece.strip()):
            return found[1]
    return ""


def _listed(pieces: list[str]) -> list[str]:
    words = [word.strip() for piece in pieces for word in piece.split(",")]
    return [word for word in words if word.casefold() not in NOTHING]


def _doses(pieces: list[str], told: Told) -> Iterator[Dose]:
    for word in _listed([EFFECT.sub("", piece) for piece in pieces]):
        found = AMOUNT.fullmatch(word)
        number, name = (int(found[1]), found[2]) if found else (1, word)
        if not 1 <= number <= MOST_DOSES:
            raise BadValue("Medication", f"{shown(word)}: the number of doses is from 1 to {MOST_DOSES}")
        yield told.dose(name, number)
