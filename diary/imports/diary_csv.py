"""Reads the diary CSV: one row a recorded day, for import and for batch analysis alike.

Standard library only. A file may hold a million rows of many people, so what one row says is parsed once for all
rows that say the same.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, TextIO
from unicodedata import category

from diary import catalogue
from diary.details import (
    MOST_TRIGGERS,
    TRIGGER_LENGTH,
    Aura,
    BadTrigger,
    Quality,
    Side,
    implied_features,
    trigger_words,
)
from diary.rules import Day, Disability, Feature, Headache, MedicationClass, Relief

COLUMNS = (
    "patient",
    "date",
    "headache",
    "pain",
    "hours",
    "migraine",
    "features",
    "medicines",
    "relief",
    "disability",
    "menstruation",
    "note",
    "start",
    "end",
    "side",
    "quality",
    "aura",
    "triggers",
)
SAID_COLUMNS = ("headache", "pain", "migraine", "features", "medicines", "relief", "side", "quality", "aura")
OTHER_COLUMNS = (
    "hours",
    "disability",
    "menstruation",
    "start",
    "end",
    "side",
    "quality",
    "aura",
    "triggers",
)
NOTE_LENGTH = 2000
PATIENT_LENGTH = 64
NAME_LENGTH = 80
STRENGTH_LENGTH = 32
MEDICINE_LENGTH = 200
"""An entry with name, strength, class and doses is shorter; a longer one is not worth the search for them."""
MOST_DOSES = 99
MOST_REMEMBERED = 100_000
FORMULA_STARTS = "=+-@\t\r\n\x00＝＋－＠"
"""First characters that make a spreadsheet read a cell as a formula."""


Place = int | str
"""Where something stands in a file: a line, or in words where the file has no lines that mean something."""


def at(place: Place) -> str:
    """A place as an error names it."""
    return f"line {place}" if isinstance(place, int) else place


class BadValue(ValueError):
    """A value of one column that cannot be read; the text says why and what is expected."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(text)
        self.column = column


class Dose(NamedTuple):
    """Doses of one medicine. `product` is the catalogue's key, empty for an own name or for a bare class."""

    product: str
    name: str
    strength: str
    medication_class: MedicationClass
    doses: int


class Other(NamedTuple):
    """What a row says that is kept and not counted; `None` is 'not recorded'."""

    hours: Decimal | None
    disability: Disability | None
    menstruation: bool | None
    start: time | None = None
    end: time | None = None
    side: Side | None = None
    quality: Quality | None = None
    aura: frozenset[Aura] = frozenset()
    triggers: tuple[str, ...] = ()


class Row(NamedTuple):
    """One recorded day, what is kept of it besides, and the line of the file on which it begins."""

    line: Place
    patient: str
    day: Day
    medicines: tuple[Dose, ...]
    other: Other
    note: str

    @property
    def date(self) -> date:
        """The day's date."""
        return self.day.date

    @property
    def place(self) -> str:
        """Where it stands in its file, in words."""
        return at(self.line)


@dataclass
class Report:
    """What was found on the way: `problems` are rows left out, `notices` are for information.

    `is_cut_short`: not a row alone, but the header or the rest of the file could not be read.
    """

    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    bad_lines: set[Place] = field(default_factory=set)
    is_cut_short: bool = False

    def problem(self, line: Place, column: str, text: str) -> None:
        """A row that cannot be taken."""
        self.bad_lines.add(line)
        self.problems.append(f"{at(line)}: {column}: {text}" if column else f"{at(line)}: {text}")

    @contextmanager
    def refusing(self, line: Place) -> Iterator[None]:
        """A `BadValue` within is the problem of one row; what comes after it is read."""
        try:
            yield
        except BadValue as error:
            self.problem(line, error.column, str(error))

    def unreadable(self, line: Place, text: str) -> None:
        """The rest of the file cannot be taken, and so nothing of it."""
        self.problem(line, "", text)
        self.is_cut_short = True

    def notice(self, text: str) -> None:
        """Something that changes nothing in the counts."""
        self.notices.append(text)


_SaidAndTaken = tuple[tuple[Any, ...], tuple[Dose, ...]]
"""The fields of a `Day` after its date, and the medicines taken."""


class NotGrouped(Exception):
    """A patient's rows stand in more than one place of the file."""


# --- Values --------------------------------------------------------------------------------------------------


def shown(text: str) -> str:
    """A value as an error names it: quoted, and short."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _word(column: str, *words: str) -> Callable[[str], str]:
    def parsed(text: str) -> str:
        if text.lower() not in words:
            raise BadValue(column, f"{shown(text)} is not one of {', '.join(words)}")
        return text.lower()

    return parsed


_headache = _word("headache", *Headache)
_relief = _word("relief", *Relief)
_disability = _word("disability", *Disability)
_side_word = _word("side", *Side)
_quality_word = _word("quality", *Quality)


def _yes_no(column: str, text: str) -> bool | None:
    return _word(column, "yes", "no")(text) == "yes" if text else None


def _pain(text: str, headache: Headache) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]|10", text):
        raise BadValue("pain", f"{shown(text)} is not a whole number from 0 to 10")
    if (headache is Headache.NONE) != (text == "0"):
        raise BadValue("pain", f"{shown(text)} does not fit headache '{headache}': 0 stands only with 'none'")
    return int(text)


def _hours(text: str) -> Decimal | None:
    if not text:
        return None
    # A spreadsheet of half of Europe writes 2,5.
    if not re.fullmatch(r"[0-9]{1,2}([.,][0-9]{1,2})?", text) or Decimal(text.replace(",", ".")) > 24:
        raise BadValue(
            "hours", f"{shown(text)} is not a number from 0 to 24, with at most two decimals after a point"
        )
    return Decimal(text.replace(",", "."))


def _words(column: str, text: str, known: Iterable[str]) -> list[str]:
    words = [word.strip().lower() for word in text.split(";") if word.strip()]
    for word in words:
        if word not in set(known):
            raise BadValue(column, f"{shown(word)} is not one of {', '.join(known)}")
    return words


@cache
def _features(text: str) -> frozenset[Feature]:
    return frozenset(map(Feature, _words("features", text, Feature)))


@cache
def _aura(text: str) -> frozenset[Aura]:
    return frozenset(map(Aura, _words("aura", text, Aura)))


def _side(text: str) -> Side | None:
    return Side(_side_word(text)) if text else None


def _quality(text: str) -> Quality | None:
    return Quality(_quality_word(text)) if text else None


def _time(column: str, text: str) -> time | None:
    if not text:
        return None
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise BadValue(column, f"{shown(text)} is not a time from 00:00 to 23:59 as HH:MM")
    return time.fromisoformat(text)


def _triggers(text: str) -> tuple[str, ...]:
    if "\x00" in text:
        raise BadValue("triggers", "holds a NUL character")
    parts = (unescaped(part.strip()) for part in re.split("[;,]", text))
    try:
        return trigger_words(";".join(parts))
    except BadTrigger as error:
        if error.word is None:
            raise BadValue("triggers", f"more than {MOST_TRIGGERS} stand there") from None
        raise BadValue(
            "triggers",
            f"{shown(error.word)} has more than {TRIGGER_LENGTH} characters, or one that cannot be kept",
        ) from None


_DOSES = re.compile(r"(?P<name>.*\S)\s+x\s*(?P<doses>[0-9]{1,4})", re.IGNORECASE | re.DOTALL)
_CLASS = re.compile(r"class:(?P<word>\w+)", re.IGNORECASE)
_OWN = re.compile(
    r"(?P<name>.*?)\s*\((?:(?P<strength>[^();]+),\s*)?class:(?P<word>\w+)\)", re.IGNORECASE | re.DOTALL
)


def _class(word: str) -> MedicationClass:
    try:
        return MedicationClass(word.lower())
    except ValueError:
        raise BadValue("medicines", f"{shown(word)} is not one of {', '.join(MedicationClass)}") from None


def name_and_doses(text: str) -> tuple[str, str]:
    """The name that stands in an entry of the column `medicines`, and what follows it of doses."""
    found = _DOSES.fullmatch(text)
    return (found["name"], text[len(found["name"]) :]) if found else (text, "")


def dose(text: str) -> Dose:
    """One medicine with its doses as people write it: `NAME`, `NAME xN`, `class:triptan`. Raises `BadValue`."""
    if len(text) > MEDICINE_LENGTH:
        raise BadValue("medicines", f"{shown(text)} is too long for a medicine")
    name, doses = text, 1
    if found := _DOSES.fullmatch(text):
        name, doses = found["name"], int(found["doses"])
        if not 1 <= doses <= MOST_DOSES:
            raise BadValue("medicines", f"{shown(text)}: the number of doses is from 1 to {MOST_DOSES}")
    if found := _CLASS.fullmatch(name):
        return Dose("", "", "", _class(found["word"]), doses)
    if found := _OWN.fullmatch(name):
        return _own(found["name"], (found["strength"] or "").strip(), found["word"], doses)
    match = catalogue.match(name)
    if match is None:
        raise BadValue(
            "medicines",
            f"{shown(name)} is not in the catalogue; give its class, such as '{name[:30]} (class:triptan)' "
            f"or 'class:triptan'; the classes are {', '.join(MedicationClass)}",
        )
    return Dose(match.product.key, match.name, match.strength, match.product.medication_class, doses)


def _own(name: str, strength: str, word: str, doses: int) -> Dose:
    if len(name) > NAME_LENGTH or len(strength) > STRENGTH_LENGTH:
        raise BadValue(
            "medicines",
            f"{shown(name)}: a name has at most {NAME_LENGTH} characters, a strength {STRENGTH_LENGTH}",
        )
    if any(category(character) in ("Cc", "Cs") for character in name + strength):
        raise BadValue("medicines", f"{shown(name)} holds a character that a name cannot hold")
    return Dose("", name, strength, _class(word), doses)


def added_up(doses: Iterable[Dose]) -> tuple[Dose, ...]:
    """One entry a medicine: a medicine named twice has its doses added."""
    total: dict[Dose, int] = {}
    for one in doses:
        once = one._replace(doses=0)
        total[once] = total.get(once, 0) + one.doses
    return tuple(once._replace(doses=min(doses, MOST_DOSES)) for once, doses in total.items())


@cache
def _medicines(text: str) -> tuple[tuple[Dose, ...], frozenset[MedicationClass]]:
    doses = added_up(dose(unescaped(part.strip())) for part in text.split(";") if part.strip())
    return doses, frozenset(dose.medication_class for dose in doses)


def _date(text: str) -> date:
    text = text.strip()
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise BadValue("date", f"{shown(text)} is not YYYY-MM-DD")
    try:
        parsed = date.fromisoformat(text)
    except ValueError:
        raise BadValue("date", f"{shown(text)} is not a day of the calendar") from None
    if not 1900 <= parsed.year <= 2199:
        raise BadValue("date", f"{shown(text)} is not between 1900 and 2199")
    return parsed


def iso_date(column: str, text: str) -> date:
    """A date of a column as `YYYY-MM-DD` and nothing else. Raises `BadValue`."""
    try:
        return _date(text)
    except BadValue as error:
        raise BadValue(column, str(error)) from None


def _said(texts: Iterable[str]) -> _SaidAndTaken:
    """Reads the texts of `SAID_COLUMNS`."""
    headache, pain, migraine, features, medicines, relief, side, quality, aura = map(str.strip, texts)
    word = Headache(_headache(headache))
    doses, classes = _medicines(medicines)
    implied = implied_features(_side(side), _quality(quality), _aura(aura))
    said = (
        word,
        _pain(pain, word),
        _yes_no("migraine", migraine),
        _features(features) | implied,
        classes,
        Relief(_relief(relief)) if relief else None,
    )
    return said, doses


def _other(texts: Iterable[str]) -> Other:
    """Reads the texts of `OTHER_COLUMNS`."""
    hours, disability, menstruation, start, end, side, quality, aura, triggers = map(str.strip, texts)
    return Other(
        _hours(hours),
        Disability(_disability(disability)) if disability else None,
        _yes_no("menstruation", menstruation),
        _time("start", start),
        _time("end", end),
        _side(side),
        _quality(quality),
        _aura(aura),
        _triggers(triggers),
    )


def escaped(text: str) -> str:
    """Free text that no spreadsheet reads as a formula; `unescaped` is its inverse."""
    return "'" + text if text[:1] and text[0] in FORMULA_STARTS + "'" else text


def unescaped(text: str) -> str:
    """What `escaped` was given. Text that was never escaped comes back as it is."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in FORMULA_STARTS + "'" else text


def checked_text(column: str, text: str, most: int) -> str:
    """Free text of at most `most` characters, unescaped. Raises `BadValue`."""
    if not text:
        return ""
    if len(text := unescaped(text)) > most:
        raise BadValue(column, f"{len(text)} characters are too many; {most} are the most")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadValue(column, "not valid UTF-8; save the file as UTF-8") from None
    if "\x00" in text:
        raise BadValue(column, "holds a NUL character")
    return text


@lru_cache(maxsize=4096)
def medicine_text(dose: Dose) -> str:
    """A medicine as the reader takes it to be the same again: `sumatriptan 50 mg`, `class:triptan`, or
    `NAME (STRENGTH, class:other)` where the catalogue would not say the same.
    """
    if not dose.name and not dose.strength:
        text = f"class:{dose.medication_class}"
    elif _is_in_catalogue(dose):
        text = f"{dose.name} {dose.strength}".rstrip()
    else:
        strength = f"{dose.strength}, " if dose.strength else ""
        text = f"{dose.name} ({strength}class:{dose.medication_class})"
    return escaped(text if dose.doses == 1 else f"{text} x{dose.doses}")


def _is_in_catalogue(dose: Dose) -> bool:
    found = catalogue.match(f"{dose.name} {dose.strength}")
    return found is not None and (
        (found.product.key, found.name, found.strength, found.product.medication_class) == dose[:4]
    )


# --- Rows ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Header:
    """Where each known column stands, and how many there are in all."""

    places: Mapping[str, int]
    width: int


def header(names: list[str], known: Iterable[str], required: Iterable[str], report: Report) -> Header | None:
    """Columns by name in any order. Unknown ones are a notice; `None` when a required or doubled one is wrong."""
    cleaned = [name.strip().lower() for name in names]
    wrong = [f"the column '{name}' is missing" for name in required if name not in cleaned]
    wrong += [f"the column '{name}' stands twice" for name in known if cleaned.count(name) > 1]
    for text in wrong:
        report.problem(1, "", text)
    report.is_cut_short = bool(wrong)
    unknown = [name for name in cleaned if name not in set(known)]
    if unknown:
        report.notice(f"columns not known and ignored: {', '.join(map(shown, unknown))}")
    return (
        None
        if wrong
        else Header({name: cleaned.index(name) for name in known if name in cleaned}, len(names))
    )


def delimiter(first_line: str) -> str:
    """`;` where the header has more of them than of `,`."""
    return ";" if first_line.count(";") > first_line.count(",") else ","


def table(file: TextIO, report: Report) -> Iterator[tuple[int, list[str]]]:
    """Each row of a CSV file with the line on which it begins, the header first; blank lines left out."""
    first = file.readline()
    if not first.strip():
        report.problem(1, "", "the file is empty; a header row is needed")
        report.is_cut_short = True
        return
    file.seek(0)
    reader = csv.reader(file, delimiter=delimiter(first), strict=True)
    begins = 1
    while True:
        try:
            for row in reader:
                if row:
                    yield begins, row
                begins = reader.line_num + 1
            return
        except csv.Error as error:
            report.problem(begins, "", f"cannot be read ({error}); is a quote opened and not closed?")
            begins = reader.line_num + 1
            if "field limit" in str(error) or "unexpected end" in str(error):
                report.is_cut_short = True
                return


class _Remembered(dict[Any, Any]):
    """The parsed values of texts. Equal texts are parsed once; bad ones raise `BadValue` each time."""

    def __init__(self, parse: Callable[[Any], Any]) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, texts: Any) -> Any:
        value = self._parse(texts)
        if len(self) < MOST_REMEMBERED:
            self[texts] = value
        return value


_named = tuple.__new__
"""A named tuple from its fields in order; made millions of times, it takes half as long as a call of its class."""


def rows(file: TextIO, report: Report, reworded: Callable[[str], str] | None = None) -> Iterator[Row]:
    """Each good row of a diary CSV; bad ones go into the report. Open the file with `open_text`.

    `reworded`: the text of the column `medicines` as it is to be read.
    """
    lines = table(file, report)
    _, names = next(lines, (1, None))
    found = header(names, COLUMNS, ("date", "headache"), report) if names is not None else None
    if found is None:
        return
    # A column that the file lacks is read from an empty cell put behind each row.
    width = found.width
    at = {column: found.places.get(column, width) for column in COLUMNS}
    patient_at, date_at, note_at = at["patient"], at["date"], at["note"]
    said_texts = itemgetter(*(at[column] for column in SAID_COLUMNS))
    other_texts = itemgetter(*(at[column] for column in OTHER_COLUMNS))
    patients = _Remembered(_patient if "patient" in found.places else str)
    dates, said, others = _Remembered(_date), _Remembered(_said), _Remembered(_other)
    for line, row in lines:
        if len(row) != width:
            report.problem(line, "", f"{len(row)} columns, but the header has {width}")
            continue
        row.append("")
        if reworded:
            row[at["medicines"]] = reworded(row[at["medicines"]])
        try:
            what, medicines = said[said_texts(row)]
            day = _named(Day, (dates[row[date_at]], *what))
            note = row[note_at] and checked_text("note", row[note_at], NOTE_LENGTH)
            yield _named(
                Row, (line, patients[row[patient_at]], day, medicines, others[other_texts(row)], note)
            )
        except BadValue:
            report_all(report, line, {column: row[place] for column, place in found.places.items()})


def _patient(text: str) -> str:
    name = checked_text("patient", text.strip(), PATIENT_LENGTH)
    if not name:
        raise BadValue("patient", "is empty; a pseudonym of 1 to 64 characters is needed")
    return name


def row_of(place: Place, texts: Mapping[str, str]) -> Row:
    """A row from the texts of its columns by their names; what is not named is empty. Raises `BadValue`."""
    cells = {**dict.fromkeys(COLUMNS, ""), **texts}
    what, medicines = _said(cells[column] for column in SAID_COLUMNS)
    return Row(
        place,
        "",
        Day(_date(cells["date"]), *what),
        medicines,
        _other(cells[column] for column in OTHER_COLUMNS),
        checked_text("note", cells["note"], NOTE_LENGTH),
    )


def report_all(report: Report, line: Place, cells: Mapping[str, str]) -> None:
    """Each bad value of a bad row, so that one look at it is enough."""
    texts = {column: cells.get(column, "").strip() for column in COLUMNS}
    headache = texts["headache"].lower()
    # Beside a headache that cannot be read, a pain is read as if the word fitted it.
    beside = (
        Headache(headache)
        if headache in set(Headache)
        else Headache("none" if texts["pain"] == "0" else "yes")
    )
    checks: tuple[tuple[str, Callable[[str], object]], ...] = (
        *((("patient", _patient),) if "patient" in cells else ()),
        ("date", _date),
        ("headache", _headache),
        ("pain", lambda text: _pain(text, beside)),
        ("hours", _hours),
        ("migraine", lambda text: _yes_no("migraine", text)),
        ("features", _features),
        ("medicines", _medicines),
        ("relief", lambda text: not text or _relief(text)),
        ("disability", lambda text: not text or _disability(text)),
        ("menstruation", lambda text: _yes_no("menstruation", text)),
        ("note", lambda text: checked_text("note", text, NOTE_LENGTH)),
        ("start", lambda text: _time("start", text)),
        ("end", lambda text: _time("end", text)),
        ("side", _side),
        ("quality", _quality),
        ("aura", _aura),
        ("triggers", _triggers),
    )
    for column, check in checks:
        with report.refusing(line):
            check(texts[column])


def open_text(path: str) -> TextIO:
    """Opens a CSV file. Bytes that are not UTF-8 survive as lone surrogates, to be named with their line."""
    return open(path, encoding="utf-8-sig", errors="surrogateescape", newline="")


# --- People --------------------------------------------------------------------------------------------------


def without_repeats(rows: Iterable[Row], report: Report) -> list[Row]:
    """One person's rows, one a date. The same row twice is a notice, two different ones are a problem."""
    found: dict[Any, Row] = {}
    for row in rows:
        earlier = found.setdefault(row.day.date, row)
        if earlier is row:
            continue
        if earlier[2:] == row[2:]:
            report.notice(f"{row.place}: the same as {earlier.place}, counted once")
        else:
            whose = f" of {shown(row.patient)}" if row.patient else ""
            report.problem(
                row.line,
                "date",
                f"{row.date}{whose} stands on {earlier.place} too and differs; keep one of them",
            )
    return list(found.values())


def grouped(rows: Iterable[Row], report: Report) -> Iterator[tuple[str, list[Row]]]:
    """Each person with their rows, holding one person at a time. Raises `NotGrouped` when one comes back."""
    finished: set[str] = set()
    patient, together = None, []
    for row in rows:
        if row.patient != patient:
            if patient is not None:
                yield patient, without_repeats(together, report)
                finished.add(patient)
            patient, together = row.patient, []
            if patient in finished:
                raise NotGrouped(patient)
        together.append(row)
    if patient is not None:
        yield patient, without_repeats(together, report)


def gathered(rows: Iterable[Row], report: Report) -> Iterator[tuple[str, list[Row]]]:
    """Each person with their rows, in order of first appearance, whatever the order of the file."""
    people: dict[str, list[Row]] = {}
    for row in rows:
        people.setdefault(row.patient, []).append(row)
    for patient, together in people.items():
        yield patient, without_repeats(together, report)
