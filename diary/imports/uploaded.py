"""A diary that somebody sent in a form, as our CSV or as another program's: read for one person, with classes for the
medicines that the catalogue does not know.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo
from io import StringIO
from types import ModuleType
from typing import IO

from django.utils.translation import gettext as _

from diary import catalogue
from diary.imports import (
    apple_health,
    archive,
    cluster_tracker,
    diary_json,
    headache_companion,
    migraine_buddy,
    migraine_buddy_html,
    migralog,
)
from diary.imports.archive import Unreadable
from diary.imports.attacks import Told, Unanswered
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

MOST_BYTES = 2 * 1024 * 1024
"""Of a text. Ten years are a quarter of a megabyte as our CSV; other programs write more."""
MOST_SEALED = 150_000
"""Of a text when it is packed: it passes through the page once more, and a form may hold 256 kB."""
MOST_ROWS = 4000
MOST_UNKNOWN = 20
"""Names to be asked for. A file with more is no list of medicines."""
IMPORTERS: Mapping[str, ModuleType] = {
    "migraine-buddy": migraine_buddy,
    "migraine-buddy-html": migraine_buddy_html,
    "apple-health": apple_health,
    "cluster-headache-tracker": cluster_tracker,
    "migralog": migralog,
    "headache-companion": headache_companion,
    "json": diary_json,
}
"""What wrote a file, by its name on the command line. Each has `recognises(text)` and `rows(text, report, told)`."""


def text_of(sent: IO[bytes]) -> str:
    """The text of a file; of an Apple Health export, packed or not, the headaches alone. Raises `Unreadable`."""
    head = sent.read(apple_health.MOST_HEAD)
    sent.seek(0)
    if head.startswith(archive.ZIP):
        return _small(archive.headaches_of_zip(sent))
    if b"<HealthData" in head:
        return _small(archive.headaches_of_xml(sent))
    return _small(_decoded(sent.read(MOST_BYTES + 1)))


def _decoded(sent: bytes) -> str:
    if len(sent) > MOST_BYTES:
        raise Unreadable(
            _("The file is larger than %(most)d MB. Split it by years.") % {"most": MOST_BYTES // 1024**2}
        )
    if not sent.strip():
        raise Unreadable(_("The file is empty. Choose the one that holds the diary."))
    # Such a mark at the beginning leaves no doubt.
    encoding = "utf-16" if sent.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = sent.decode(encoding)
    except UnicodeDecodeError as error:
        line = sent.count(b"\n", 0, error.start) + 1
        words = _("Line %(line)d is not in UTF-8. Save the file as “CSV UTF-8” and choose it again.")
        raise Unreadable(words % {"line": line}) from None
    if "\0" in text:
        words = _("Line %(line)d holds a NUL character: this is no text file.")
        raise Unreadable(words % {"line": text.count("\n", 0, text.index("\0")) + 1})
    return text


def _small(text: str) -> str:
    if len(zlib.compress(text.encode(), 6)) > MOST_SEALED:
        raise Unreadable(_("The file holds too much to be looked at in one go. Split it by years."))
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

    `asks`: nothing is read before somebody says this: "order", whether the day or the month comes first in its dates,
    or "yellow", what a day means that was not good without a headache.
    """

    rows: list[Row]
    report: Report
    unknown: list[str]
    people: list[str]
    asks: str = ""

    @property
    def asks_order(self) -> bool:
        """Whether the day or the month comes first."""
        return self.asks == "order"


def reading(
    text: str,
    latest: date,
    classes: Mapping[str, str],
    order: str = "",
    *,
    yellow: str = "",
    zone: tzinfo = UTC,
    form: str = "",
) -> Reading:
    """The rows of one person up to a date. What wrote the file is seen from its content, unless `form` names it.

    For the others see `attacks.Told`.
    """
    report, naming = Report(), Naming(classes)
    good: list[Row] = []
    importer = _importer(text, form)
    if importer is None:
        said: Iterable[Row] = rows(StringIO(text, newline=""), report, naming)
    else:
        try:
            said = importer.rows(text, report, Told(naming, zone, order, yellow))
        except Unanswered as asked:
            report.is_cut_short = True
            return Reading([], report, [], [], asks=asked.question)
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


def _importer(text: str, form: str) -> ModuleType | None:
    """`None` for the diary CSV."""
    if form:
        return IMPORTERS.get(form)
    return next((one for one in IMPORTERS.values() if one.recognises(text)), None)


def is_other_program(file: IO[bytes]) -> bool:
    """Whether a file is anything but a diary CSV, from how it begins."""
    head = file.read(apple_health.MOST_HEAD)
    file.seek(0)
    begins = head.lstrip(b"\xef\xbb\xbf \r\n\t")[:2]
    text = head.decode(errors="replace")
    return begins[:1] in (b"{", b"[", b"<") or begins == b"PK" or _importer(text, "") is not None


def is_of_two_files(text: str) -> bool:
    """Whether its program writes the doses by themselves, so that a second file belongs to the first."""
    return cluster_tracker.recognises(text)
