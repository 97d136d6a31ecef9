"""A diary that somebody sent in a form, as our CSV or as another program's: read for one person, with classes for the
medicines that the catalogue does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from io import StringIO

from django.utils.translation import gettext as _

from diary import catalogue
from diary.imports import migraine_buddy
from diary.imports.diary_csv import (
    MEDICINE_LENGTH,
    NAME_LENGTH,
    BadValue,
    Report,
    Row,
    dose,
    name_and_doses,
    rows,
    unescaped,
    without_repeats,
)
from diary.imports.storage import not_after

MOST_BYTES = 160 * 1024
"""About ten years. It has to pass through the page once more, and a form may hold 256 kB."""
MOST_ROWS = 4000
MOST_UNKNOWN = 20
"""Names to be asked for. A file with more is no list of medicines."""


class Unreadable(ValueError):
    """Not a CSV file in UTF-8; the text says what it looks like, for people."""


def text_of(sent: bytes) -> str:
    """The text of a file. Raises `Unreadable`."""
    if len(sent) > MOST_BYTES:
        raise Unreadable(
            _("The file is larger than %(most)d kB. Split it by years.") % {"most": MOST_BYTES // 1024}
        )
    if sent.startswith(b"PK\x03\x04"):
        raise Unreadable(_("This is a spreadsheet. Save it as “CSV UTF-8” and choose that file."))
    if sent.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(_("This file is in UTF-16. Save it as “CSV UTF-8” and choose that file."))
    try:
        text = sent.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = sent.count(b"\n", 0, error.start) + 1
        words = _("Line %(line)d is not in UTF-8. Save the file as “CSV UTF-8” and choose it again.")
        raise Unreadable(words % {"line": line}) from None
    if "\0" in text:
        words = _("Line %(line)d holds a NUL character: this is no text file.")
        raise Unreadable(words % {"line": text.count("\n", 0, text.index("\0")) + 1})
    return text


@dataclass
class Naming:
    """Puts the class behind names that the catalogue does not know, and notes those for which none was given.

    `classes`: by the name in small letters.
    """

    classes: Mapping[str, str]
    unknown: dict[str, str] = field(default_factory=dict)
    _found: dict[str, str] = field(default_factory=dict)

    def __call__(self, cell: str) -> str:
        """Of a cell of the column `medicines`. A cell that was met before is not looked through again."""
        if cell not in self._found:
            self._found[cell] = ";".join(map(self._reworded, cell.split(";"))) if cell.strip() else cell
        return self._found[cell]

    def _reworded(self, part: str) -> str:
        name, doses = name_and_doses(unescaped(part.strip()))
        if not name or len(part) > MEDICINE_LENGTH or len(name) > NAME_LENGTH or _is_known(name):
            return part
        word = self.classes.get(name.casefold())
        if word:
            return f"{name} (class:{word}){doses}"
        self.unknown.setdefault(name.casefold(), name)
        return part


def _is_known(name: str) -> bool:
    if catalogue.match(name):
        return True
    try:
        dose(name)
    except BadValue:
        # What names a class, however wrongly, is no name to be asked for.
        return "class:" in name.lower()
    return True


@dataclass
class Reading:
    """What a file says. `unknown`: medicines without a class; `people`: the pseudonyms that it names.

    `asks_order`: nothing is read before somebody says whether the day or the month comes first in its dates.
    """

    rows: list[Row]
    report: Report
    unknown: list[str]
    people: list[str]
    asks_order: bool = False


def reading(text: str, latest: date, classes: Mapping[str, str], order: str = "") -> Reading:
    """The rows of one person up to a date. What wrote the file is seen from its content.

    `order`: "day" or "month", whichever comes first in its dates, where the file does not show it.
    """
    report, naming = Report(), Naming(classes)
    good: list[Row] = []
    if migraine_buddy.recognises(text):
        try:
            said: Iterable[Row] = migraine_buddy.rows(text, report, naming, order)
        except migraine_buddy.OrderUnknown:
            report.is_cut_short = True
            return Reading([], report, [], [], asks_order=True)
    else:
        said = rows(StringIO(text, newline=""), report, naming)
    for row in not_after(said, latest, report):
        if len(good) == MOST_ROWS:
            words = _("more than %(most)d rows: split the file by years") % {"most": MOST_ROWS}
            report.problem(row.line, "", words)
            report.is_cut_short = True
            break
        good.append(row)
    people = list(dict.fromkeys(row.patient for row in good if row.patient))
    if len(people) > 1:
        report.problem(1, "patient", _("the file holds several people; send one file for each"))
        report.is_cut_short = True
    return Reading(
        without_repeats(good, report), report, list(naming.unknown.values())[:MOST_UNKNOWN], people
    )
