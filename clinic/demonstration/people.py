"""Who is in the demonstration: invented names, and the course that each person's headache takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random


@dataclass(frozen=True)
class Use:
    """A medicine as people write it, and on how many of the mild, moderate and severe days it is taken."""

    medicine: str
    mild: float
    moderate: float
    severe: float
    most_doses: int = 1


SUMATRIPTAN = Use("sumatriptan 50 mg", 0.04, 0.35, 0.65, 2)
IBUPROFEN = Use("ibuprofen 400 mg", 0.25, 0.25, 0.15, 2)
PARACETAMOL = Use("paracetamol 500 mg", 0.2, 0.1, 0.05, 3)
METOCLOPRAMIDE = Use("metoclopramide 10 mg", 0.0, 0.05, 0.25)

KITS = {
    "triptan": (SUMATRIPTAN, IBUPROFEN, METOCLOPRAMIDE),
    "rizatriptan": (Use("Maxalt 10 mg", 0.05, 0.35, 0.6), PARACETAMOL),
    "near the triptan limit": (
        Use("sumatriptan 50 mg", 0.45, 0.85, 0.95, 2),
        Use("naproxen 500 mg", 0.05, 0.25, 0.4),
        PARACETAMOL,
        METOCLOPRAMIDE,
    ),
    "many triptans": (Use("Zomig 2.5 mg", 0.75, 0.95, 0.95, 2), METOCLOPRAMIDE),
    "combination": (Use("Excedrin", 0.6, 0.85, 0.9, 3), SUMATRIPTAN),
    "codeine": (Use("co-codamol 30/500 mg", 0.5, 0.85, 0.9, 3), IBUPROFEN),
    "simple painkillers": (
        Use("paracetamol 500 mg", 0.85, 0.8, 0.8, 4),
        Use("ibuprofen 400 mg", 0.5, 0.7, 0.7, 3),
        Use("Migraine balm (class:other)", 0.1, 0.1, 0.0),
    ),
    "gepant": (Use("rimegepant 75 mg", 0.1, 0.55, 0.8), Use("naproxen 500 mg", 0.2, 0.2, 0.1)),
    "few": (Use("aspirin 900 mg", 0.15, 0.35, 0.5), Use("naratriptan 2.5 mg", 0.0, 0.2, 0.4)),
    "ditan": (Use("lasmiditan 100 mg", 0.0, 0.3, 0.5), Use("diclofenac 50 mg", 0.2, 0.3, 0.3)),
}


@dataclass(frozen=True)
class Course:
    """How somebody's headache goes.

    `headache_days`: in 28 days before treatment. `effect`: the share of them that each cycle takes away, the
    last one holding on. `fading`: the share of that benefit lost in weeks 9–12. `recorded`: the share of days
    written down. `sessions`: the most injections there were, `None` for as many as fit. `early`: days between
    the last two injections where they came early. `diary_days`: how long the diary is, `None` for the whole
    time. `intervals`: days between injections. `silent_days`: without a record at the end.
    """

    headache_days: float
    effect: tuple[float, ...]
    kit: str
    fading: float = 0.1
    recorded: float = 0.965
    sessions: int | None = None
    early: int | None = None
    diary_days: int | None = None
    intervals: tuple[int, ...] = (77, 81, 84, 84, 84, 84, 86, 88, 91)
    silent_days: int = 0
    on_paper: bool = False


COURSES = {
    "own diary": Course(
        22, (0.38, 0.52, 0.64, 0.7, 0.6), "near the triptan limit", recorded=0.97, intervals=(84, 85, 87)
    ),
    "responder": Course(22, (0.52, 0.76, 0.78, 0.78), "triptan", recorded=0.98),
    "partial responder": Course(21, (0.25, 0.38, 0.4), "rizatriptan"),
    "late responder": Course(22, (0.12, 0.28, 0.55, 0.62), "triptan"),
    "non-responder": Course(22, (0.05, 0.08), "triptan", recorded=0.98, sessions=2),
    "under 15 days": Course(19, (0.4, 0.52, 0.56, 0.58), "few", recorded=0.985),
    "wearing off": Course(24, (0.5, 0.58, 0.6), "rizatriptan", fading=0.7, recorded=0.98),
    "triptan overuse": Course(23, (0.12, 0.16, 0.18), "many triptans", recorded=0.975),
    "combination overuse": Course(22, (0.15, 0.22, 0.25), "combination"),
    "codeine": Course(21, (0.2, 0.3, 0.32), "codeine"),
    "simple painkiller overuse": Course(24, (0.1, 0.15, 0.15), "simple painkillers", recorded=0.975),
    "gepant": Course(19, (0.35, 0.45, 0.5), "gepant"),
    "ditan": Course(20, (0.3, 0.4), "ditan"),
    "thin diary": Course(21, (0.3, 0.45, 0.5), "triptan", recorded=0.52),
    "new": Course(21, (), "triptan", sessions=0, diary_days=110),
    "first cycle": Course(22, (0.42,), "few", sessions=1, diary_days=130),
    "paper": Course(20, (0.35, 0.45, 0.5), "rizatriptan", recorded=0.9, on_paper=True, silent_days=9),
    "stopped recording": Course(23, (0.12, 0.16, 0.2), "few", silent_days=21),
    "early injection": Course(23, (0.45, 0.55, 0.55), "gepant", fading=0.5, early=63),
    "overdue": Course(22, (0.45, 0.6, 0.6), "triptan"),
}


@dataclass(frozen=True)
class Person:
    """One patient. `last_session`: days since the last injection."""

    name: str
    age: int
    course: str
    last_session: int = 0
    has_periods: bool = False
    is_account: bool = False
    """The one whose diary `patient@example.org` opens."""


CAST = (
    Person("Maya Lindqvist", 36, "own diary", 44, True, is_account=True),
    Person("Amara Okonjo", 41, "responder", 30, True),
    Person("Tomasz Wieland", 52, "responder", 71),
    Person("Priya Raghavan", 29, "partial responder", 58, True),
    Person("Eilidh Macrae", 47, "partial responder", 12),
    Person("Joseph Adeyinka", 38, "non-responder", 87),
    Person("Carys Bevan", 33, "non-responder", 86, True),
    Person("Leila Haddadin", 44, "under 15 days", 25, True),
    Person("Marek Dvorsky", 61, "under 15 days", 63),
    Person("Hannah Osterberg", 27, "wearing off", 66, True),
    Person("Yusuf Karadeniz", 35, "wearing off", 20),
    Person("Grace Tamboran", 50, "triptan overuse", 40),
    Person("Daniel Fairweather", 45, "combination overuse", 52),
    Person("Noor Al-Shami", 31, "codeine", 33, True),
    Person("Beatriz Falcao", 39, "simple painkiller overuse", 47, True),
    Person("Kenji Moriyama", 42, "gepant", 68),
    Person("Oluchi Nwankwo-Reid", 26, "ditan", 17, True),
    Person("Patrick Gallowglass", 55, "thin diary", 36),
    Person("Sunita Barua", 48, "thin diary", 75),
    Person("Freya Holloway", 23, "new", 0, True),
    Person("Stefan Ilievski", 37, "new"),
    Person("Rosa Quintanar", 34, "first cycle", 38, True),
    Person("Margaret Ashdown", 72, "paper", 55),
    Person("Callum Inverarity", 30, "stopped recording", 62),
    Person("Ana-Maria Petrescu", 43, "early injection", 10, True),
    Person("Walter Brandvold", 58, "overdue", 122),
    Person("Thandiwe Mokoena", 40, "late responder", 79, True),
)

FIRST_NAMES = (  # noqa: SIM905  (a list of words reads better than a column of strings)
    "Aisha Alex Anders Bronwen Carlos Chiara Dalia Dmitri Edith Emeka Farah Fiona Goran Hugo Imogen Ivan "
    "Jasmine Jonas Kavita Kofi Lars Lucia Malik Mei Nadia Niall Olga Omar Paula Quentin Rafael Ruth Samira "
    "Sean Tariq Teresa Uma Vera Wen Xanthe Yara Zoran"
).split()
LAST_NAMES = (  # noqa: SIM905
    "Abernethy Achterberg Banerji Castellano Delacroix Eriksholm Farrukh Greenhalgh Hartigan Iyengar "
    "Jankovic Kowalczyk Lamptey Marchetti Ndiaye Oakeshott Papadakis Quartey Rosenthal Sandoval Tanaka "
    "Underhill Vasquez Wetherby Yildirim Zielinska"
).split()
FREQUENCIES = {
    "responder": 5,
    "partial responder": 4,
    "non-responder": 2,
    "under 15 days": 4,
    "wearing off": 3,
    "triptan overuse": 2,
    "combination overuse": 1,
    "codeine": 1,
    "simple painkiller overuse": 2,
    "gepant": 2,
    "late responder": 2,
    "thin diary": 3,
    "new": 2,
    "first cycle": 1,
    "paper": 1,
    "stopped recording": 2,
    "overdue": 1,
}


def _passer_by(chance: Random) -> Person:
    age = min(75, max(18, round(chance.gauss(43, 12))))
    return Person(
        f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}",
        age,
        chance.choices(list(FREQUENCIES), list(FREQUENCIES.values()))[0],
        chance.randrange(84),
        age < 50 and chance.random() < 0.7,
    )


def people(number: int, seed: int) -> Iterator[Person]:
    """The cast, then as many more as are asked for; the same ones for the same seed."""
    yield from islice(CAST, number)
    chance = Random(f"{seed}: people")  # noqa: S311  (invented people, no secrets)
    for _ in range(number - len(CAST)):
        yield _passer_by(chance)
