"""Acute headache medicines: what is in them, which class they count as, and what people call them.

Pure: the standard library and `rules` alone. The products are in `medicines.tsv` beside this file. A product
says what is in it; its class is always derived from that, because the formula of a brand differs between
countries. ICHD-3 is the International Classification of Headache Disorders, 3rd edition (2018).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from os.path import dirname, join
from typing import Final, NamedTuple

from diary.rules import MedicationClass

PREVENTIVES: Final = (
    *("amitriptyline", "atogepant", "candesartan", "cinnarizine", "eptinezumab", "erenumab", "flunarizine"),
    *("fremanezumab", "galcanezumab", "lisinopril", "magnesium", "metoprolol", "nortriptyline", "pizotifen"),
    *("propranolol", "riboflavin", "rimegepant", "timolol", "topiramate", "valproate", "venlafaxine"),
)
"""Names to choose from while typing, of medicines that headache guidelines name for prevention (general knowledge).
Any other may be typed. None of them is counted, whatever its name.
"""

# ---------------------------------------------------------------------------------------------- ingredients


class Kind(StrEnum):
    """What an ingredient is. The values are `MedicationClass` values, except `ADJUVANT`."""

    TRIPTAN = "triptan"
    ERGOT = "ergot"
    NON_OPIOID = "non_opioid"
    OPIOID = "opioid"
    GEPANT = "gepant"
    DITAN = "ditan"
    ANTIEMETIC = "antiemetic"
    ADJUVANT = "adjuvant"


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One active substance; `code` is the ICHD-3 code of its overuse, for display, "" where there is none."""

    name: str
    kind: Kind
    code: str = ""
    synonyms: tuple[str, ...] = ()


# Kind, ICHD-3 code, substances. `=` joins the names of one substance; the first is the one that is stored.
# The sub-codes of 8.2.3 are for display only: all non-opioids share one count (ICHD-3 8.2.3).
_SUBSTANCES: Final = (
    (Kind.TRIPTAN, "8.2.2", "sumatriptan, naratriptan, zolmitriptan, rizatriptan"),
    (Kind.TRIPTAN, "8.2.2", "almotriptan, eletriptan, frovatriptan"),
    (Kind.ERGOT, "8.2.1", "ergotamine, dihydroergotamine = DHE"),
    (Kind.NON_OPIOID, "8.2.3.1", "paracetamol = acetaminophen = APAP"),
    (Kind.NON_OPIOID, "8.2.3.2.1", "aspirin = acetylsalicylic acid = ASA"),
    (Kind.NON_OPIOID, "8.2.3.2", "ibuprofen, naproxen, diclofenac, ketoprofen, dexketoprofen, flurbiprofen"),
    (Kind.NON_OPIOID, "8.2.3.2", "mefenamic acid, tolfenamic acid, indometacin = indomethacin, ketorolac"),
    (Kind.NON_OPIOID, "8.2.3.2", "celecoxib, etoricoxib"),
    (Kind.NON_OPIOID, "8.2.3.3", "metamizole = metamizol = dipyrone = novaminsulfon, phenazone = antipyrine"),
    (Kind.OPIOID, "8.2.4", "codeine, dihydrocodeine, tramadol, morphine, oxycodone, hydrocodone"),
    (Kind.OPIOID, "8.2.4", "tapentadol, butorphanol"),
    (Kind.GEPANT, "", "rimegepant, ubrogepant, zavegepant"),
    (Kind.DITAN, "", "lasmiditan"),
    (Kind.ANTIEMETIC, "", "metoclopramide, domperidone, prochlorperazine, ondansetron"),
    (Kind.ADJUVANT, "", "caffeine, butalbital, isometheptene, dichloralphenazone, buclizine"),
)


def _ingredients() -> Iterator[Ingredient]:
    for kind, code, substances in _SUBSTANCES:
        for names in substances.split(", "):
            name, *synonyms = names.split(" = ")
            yield Ingredient(name, kind, code, tuple(synonyms))


INGREDIENTS: Final[Mapping[str, Ingredient]] = {ingredient.name: ingredient for ingredient in _ingredients()}

# The analgesics that an adjuvant turns into a combination (ICHD-3 8.2.5).
_SIMPLE_ANALGESICS: Final = frozenset({Kind.NON_OPIOID, Kind.OPIOID})


def medication_class(
    ingredients: Iterable[str], table: Mapping[str, Ingredient] | None = None
) -> MedicationClass:
    """The class whose days a medicine with these ingredients counts towards.

    Source: ICHD-3 8.2.1 to 8.2.5. Several non-opioids without an adjuvant are one class (8.2.3); drugs of
    two or more classes, or a non-opioid or opioid with an adjuvant such as caffeine, are a combination
    (8.2.5).

    Our reading, not said by ICHD-3: an antiemetic beside an analgesic changes nothing (aspirin with
    metoclopramide: 15 days); a triptan or ergot with an analgesic is a combination, by the letter of "two or
    more classes"; ergotamine with caffeine stays an ergot; gepants and ditans are classes of their own;
    antiemetics alone are `ANTIEMETIC`, which is no medication day; adjuvants alone are `OTHER` (8.2.8).

    `table` is `INGREDIENTS` unless given. ValueError names the ingredients it lacks, or says there are none.
    """
    kinds = set(_kinds(ingredients, INGREDIENTS if table is None else table))
    classes = kinds - {Kind.ANTIEMETIC, Kind.ADJUVANT}
    if not classes:
        return MedicationClass.ANTIEMETIC if Kind.ANTIEMETIC in kinds else MedicationClass.OTHER
    with_adjuvant = Kind.ADJUVANT in kinds and classes <= _SIMPLE_ANALGESICS
    if len(classes) > 1 or with_adjuvant:
        return MedicationClass.COMBINATION
    return MedicationClass(classes.pop().value)


def _kinds(ingredients: Iterable[str], table: Mapping[str, Ingredient]) -> list[Kind]:
    names = list(ingredients)
    unknown = [name for name in names if name not in table]
    if unknown or not names:
        raise ValueError(f"unknown ingredient: {', '.join(unknown)}" if unknown else "no ingredients")
    return [table[name].kind for name in names]


# ------------------------------------------------------------------------------------------------- products


@dataclass(frozen=True, slots=True)
class Product:
    """One medicine of the catalogue. `key` is stored in the database and never changes.

    `form` is "", "tablet", "nasal" or "injection"; `also` holds names beside the generic and the brands.
    """

    key: str
    generic: str
    ingredients: tuple[str, ...]
    brands: tuple[str, ...]
    also: tuple[str, ...]
    form: str
    atc: str
    strengths: tuple[str, ...]

    @property
    def medication_class(self) -> MedicationClass:
        return medication_class(self.ingredients)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the product, a single ingredient's other names included; the generic first."""
        synonyms = INGREDIENTS[self.ingredients[0]].synonyms if len(self.ingredients) == 1 else ()
        return (self.generic, *self.brands, *self.also, *synonyms)


def _values(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(", ")) if cell else ()


def _product(line: str) -> Product:
    key, generic, ingredients, brands, also, form, atc, strengths = line.split("\t")
    return Product(
        key, generic, _values(ingredients), _values(brands), _values(also), form, atc, _values(strengths)
    )


def _products() -> tuple[Product, ...]:
    with open(join(dirname(__file__), "medicines.tsv"), encoding="utf-8") as file:
        _header, *lines = [line for line in file.read().splitlines() if not line.startswith("#")]
    return tuple(map(_product, lines))


PRODUCTS: Final[tuple[Product, ...]] = _products()

PRODUCT_BY_KEY: Final[Mapping[str, Product]] = {product.key: product for product in PRODUCTS}


# ---------------------------------------------------------------------------------------------------- names


@dataclass(frozen=True, slots=True)
class Match:
    """A product that was named. `match(f"{name} {strength}")` gives the same product again.

    `name` is the catalogue's spelling of what was written ("Imigran", "sumatriptan nasal"), `strength` is
    normalised text ("50 mg", "8/500 mg"), "" where none was written; the catalogue need not list it.
    """

    product: Product
    name: str
    strength: str = ""


class _Name(NamedTuple):
    spelling: str
    product: Product


class _Strength(NamedTuple):
    text: str = ""
    milligrams: tuple[float, ...] = ()  # sorted: people write the parts of a combination in any order
    is_bare_number: bool = False


class _Reading(NamedTuple):
    """One way to cut a text into a name, a word for the form and a strength."""

    name: str
    form: str = ""
    strength: _Strength = _Strength()


_LONGEST_TEXT: Final = 120  # no name comes near it; longer text is not worth the regular expressions' time

# Words for forms, by `Product.form`; the catalogue has no product of an `other` form. A word that is missing
# here is part of the name, and so a gel or a cream, which is no acute headache medicine, matches nothing.
_FORM_WORDS: Final = {
    "tablet": r"tab(?:let)?s?|caplets?|capsules?|melts?|wafers?",
    "nasal": r"nasal(?: spray)?|spray",
    "injection": r"injections?|inj|(?:auto)?injectors?|pens?|sc|subcutaneous",
    "other": r"effervescent|dispersible|soluble|sachets?|suppository|suppositories",
}
_FORM: Final = re.compile(rf" (?:{'|'.join(f'(?P<{form}>{words})' for form, words in _FORM_WORDS.items())})$")

_MILLIGRAMS: Final = {"g": 1000.0, "mg": 1.0, "mcg": 0.001}
_UNIT_OF_WORD: Final = {
    **dict.fromkeys(["mg", "milligram", "milligrams"], "mg"),
    **dict.fromkeys(["mcg", "ug", "μg", "microgram", "micrograms"], "mcg"),
    **dict.fromkeys(["g", "gram", "grams"], "g"),
}
_NUMBER: Final = r"[0-9]+(?:[.,][0-9]+)?"
_UNIT: Final = "|".join(_UNIT_OF_WORD)
_AMOUNT: Final = re.compile(rf"({_NUMBER})\s*({_UNIT})?")
_AMOUNTS: Final = rf"{_NUMBER}\s*(?:{_UNIT})?(?:\s*[/+]\s*{_NUMBER}\s*(?:{_UNIT})?)*"
_PER: Final = r"(?:[0-9]+\s*)?(?:spray|dose|tablet|ml)"
_STRENGTH: Final = re.compile(rf"(?<![0-9.,/+])({_AMOUNTS})(?:\s*/\s*({_PER}))?$")

# "+", "/", "-", "and" between ingredients, but not the "/" of 8/500.
_BETWEEN_INGREDIENTS: Final = re.compile(r"\s*[+/&,-](?!\s*[0-9])\s*|\s+(?:and|with)\s+")
_SALT: Final = re.compile(
    r"\s+(?:sodium|potassium|phosphate|tartrate|succinate|benzoate|hydrochloride|sul(?:f|ph)ate)$"
)
_IGNORED_IN_NAMES: Final = re.compile(r"[\s.'’‐‑-]+")
_BETWEEN_WORDS: Final = re.compile(r"[\s+/&,.()‐‑-]+")


def match(text: str) -> Match | None:
    """The product that a text names exactly, or None. Never raises.

    Case, accents, spaces and hyphens do not matter. A strength and a word for the form may follow the name;
    the ingredients of a combination may come in any order. Where a name belongs to several products, form and
    strength decide, then the catalogue's order; the class is the same for all of them. A number without a
    unit is a strength only where the catalogue lists it: "Imigran 50", but not "Imigran 2".
    """
    readings = list(_readings(_folded(text)))
    found = (matched(reading) for matched in (_named, _composed) for reading in readings)
    return next(filter(None, found), None)


def _folded(text: str) -> str:
    """Lower case, no accents, no trade marks, single spaces; "" for a text too long to be a name."""
    if len(text) > _LONGEST_TEXT:
        return ""
    plain = unicodedata.normalize("NFKD", re.sub("[®™©()]", " ", text).casefold())
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).split())


def _squeezed(name: str) -> str:
    return _IGNORED_IN_NAMES.sub("", name)


def _readings(text: str) -> Iterator[_Reading]:
    """The text as one name; then with a form or a strength cut off its end, until neither is left."""
    reading = _Reading(text)
    while reading.name:
        yield reading
        if form := _FORM.search(reading.name):
            reading = reading._replace(name=reading.name[: form.start()], form=form.lastgroup or "")
        elif not reading.strength.text and (strength := _STRENGTH.search(reading.name)):
            rest = reading.name[: strength.start()].rstrip(" ,")
            reading = reading._replace(name=rest, strength=_strength([strength]))
        else:
            return


def _strength(written: Iterable[re.Match[str]]) -> _Strength:
    """One strength from one text, or from one text for each ingredient."""
    texts = list(written)
    amounts = [amount.groups() for text in texts for amount in _AMOUNT.finditer(text[1])]
    if not amounts:
        return _Strength()
    last_unit = amounts[-1][1] or "mg"
    numbers = [(_number(number), _UNIT_OF_WORD[unit or last_unit]) for number, unit in amounts]
    milligrams = sorted(round(float(number) * _MILLIGRAMS[unit], 6) for number, unit in numbers)
    per = f"/{texts[-1][2]}" if texts[-1][2] else ""
    is_bare_number = len(amounts) == 1 and amounts[0][1] is None
    return _Strength(_strength_text(numbers) + per, tuple(milligrams), is_bare_number)


def _strength_text(numbers: list[tuple[str, str]]) -> str:
    units = {unit for _number, unit in numbers}
    if len(units) == 1:
        return "/".join(number for number, _unit in numbers) + f" {units.pop()}"
    return "/".join(f"{number} {unit}" for number, unit in numbers)


def _number(written: str) -> str:
    if re.fullmatch("[1-9][0-9]{0,2},[0-9]{3}", written):
        return written.replace(",", "")  # 1,000 mg: no headache medicine has three decimals
    whole, _point, decimals = written.replace(",", ".").partition(".")
    return (whole.lstrip("0") or "0") + (f".{decimals}".rstrip("0").rstrip("."))


@cache
def _names() -> Mapping[str, tuple[_Name, ...]]:
    """Every name, squeezed, with the products that bear it in the catalogue's order."""
    names: dict[str, tuple[_Name, ...]] = {}
    for product in PRODUCTS:
        for spelling in product.names:
            name = _squeezed(_folded(spelling))
            names[name] = (*names.get(name, ()), _Name(spelling, product))
    return names


@cache
def _compositions() -> Mapping[tuple[str, ...], tuple[_Name, ...]]:
    """Sorted ingredients, with the products made of exactly these."""
    compositions: dict[tuple[str, ...], tuple[_Name, ...]] = {}
    for product in PRODUCTS:
        ingredients = tuple(sorted(product.ingredients))
        compositions[ingredients] = (*compositions.get(ingredients, ()), _Name(product.generic, product))
    return compositions


@cache
def _ingredient_names() -> Mapping[str, str]:
    return {
        _squeezed(_folded(name)): ingredient.name
        for ingredient in INGREDIENTS.values()
        for name in (ingredient.name, *ingredient.synonyms)
    }


@cache
def _strengths(product: Product) -> tuple[_Strength, ...]:
    return tuple(_strength(_STRENGTH.finditer(strength)) for strength in product.strengths)


def _named(reading: _Reading) -> Match | None:
    return _chosen(_names().get(_squeezed(reading.name), ()), reading.form, reading.strength)


def _composed(reading: _Reading) -> Match | None:
    """A medicine written as its ingredients, in any order: "caffeine 65 mg + paracetamol 500 mg"."""
    parts = {_ingredient(part): part for part in _BETWEEN_INGREDIENTS.split(reading.name)}
    names = _compositions().get(tuple(sorted(parts)), ())
    if not names:
        return None
    in_order = [parts[ingredient] for ingredient in names[0].product.ingredients]
    written = [found for part in in_order if (found := _STRENGTH.search(part))]
    return _chosen(names, reading.form, _strength(written) if written else reading.strength)


def _ingredient(part: str) -> str:
    name = _SALT.sub("", _STRENGTH.sub("", part).strip())
    return _ingredient_names().get(_squeezed(name), "")


def _chosen(names: tuple[_Name, ...], form: str, strength: _Strength) -> Match | None:
    """The first of the names' products that has the form, if any has, and fits the strength best."""
    of_form = [name for name in names if _has_form(name.product, form)] or names
    best = max(of_form, key=lambda name: _fit(name.product, strength), default=None)
    if best is None or (strength.is_bare_number and _fit(best.product, strength) == _NO_FIT):
        return None
    return Match(best.product, _spelling(best, strength), _listed_text(best.product, strength))


def _has_form(product: Product, form: str) -> bool:
    return product.form == form or (form == "tablet" and not product.form)


_NO_FIT: Final = (False, 0)


def _fit(product: Product, strength: _Strength) -> tuple[bool, int]:
    """Whether the product has the strength, and how many parts of it ("co-codamol 30" names one of two)."""
    listed = [known.milligrams for known in _strengths(product)]
    shared = max(len(set(strength.milligrams) & set(known)) for known in listed)
    return strength.milligrams in listed, shared


def _listed_text(product: Product, strength: _Strength) -> str:
    """A combination's strength in the catalogue's order, where it is listed: 500/30 becomes 30/500 mg."""
    if len(strength.milligrams) < 2:
        return strength.text
    listed = {known.milligrams: known.text for known in _strengths(product)}
    return listed.get(strength.milligrams, strength.text)


def _spelling(name: _Name, strength: _Strength) -> str:
    """The name alone where it leads back to the product, else with the form: "Imigran nasal"."""
    bearers = _names()[_squeezed(_folded(name.spelling))]
    default = max(bearers, key=lambda bearer: _fit(bearer.product, strength))
    if default.product == name.product:
        return name.spelling
    return f"{name.spelling} {name.product.form}" if name.product.form else name.product.generic


# --------------------------------------------------------------------------------------------------- search


class _Entry(NamedTuple):
    """One line of the type-ahead list, and what it is found by."""

    match: Match
    text: str
    squeezed: str
    words: tuple[str, ...]
    ingredient_words: tuple[str, ...]  # of a combination's generic: "acetaminophen" finds co-codamol


def search(query: str, limit: int = 10) -> list[Match]:
    """At most `limit` names for a type-ahead, best first; [] where nothing is near. Never raises.

    What `match` finds, then names that begin so, have words that begin so, contain it, or whose ingredients
    begin so; only where there are none, names one typing error away, for words of four letters or more.
    """
    text = _folded(query)
    before_number = re.sub(r"\s[0-9].*$", "", text)  # "imigran 50 m" is on its way to a strength
    exact = match(query)
    found = _found(text) or _found(before_number)
    return list(dict.fromkeys([exact, *found] if exact else found))[: max(limit, 0)]


def _found(text: str) -> list[Match]:
    words = _words(text)
    if not words:
        return []
    squeezed = _squeezed(text)
    ranks = {entry.match: _rank(entry, text, squeezed, words) for entry in _entries()}
    found = sorted((found for found, rank in ranks.items() if rank < _NOT_FOUND), key=ranks.__getitem__)
    return found or _nearly_found(words)


def _nearly_found(words: tuple[str, ...]) -> list[Match]:
    near = [entry for entry in _entries() if _is_near(entry, words)]
    near.sort(key=lambda entry: not _begins_nearly(words[0], entry.words[0]))
    return [entry.match for entry in near]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _BETWEEN_WORDS.split(text) if word)


_NOT_FOUND: Final = 4


def _rank(entry: _Entry, text: str, squeezed: str, words: tuple[str, ...]) -> int:
    if entry.text.startswith(text):
        return 0
    if _begin(words, entry.words):
        return 1
    if squeezed and squeezed in entry.squeezed:
        return 2
    return 3 if _begin(words, entry.ingredient_words) else _NOT_FOUND


def _begin(words: tuple[str, ...], of: tuple[str, ...]) -> bool:
    return all(any(whole.startswith(word) for whole in of) for word in words)


def _is_near(entry: _Entry, words: tuple[str, ...]) -> bool:
    wholes = (*entry.words, entry.squeezed)
    return all(any(_begins_nearly(word, whole) for whole in wholes) for word in words)


def _begins_nearly(word: str, whole: str) -> bool:
    if len(word) < 4:
        return whole.startswith(word)
    if len(whole) < len(word) - 1 or set(word[:2]).isdisjoint(whole[:2]):
        return False  # two edits at least: only a quick way out
    return any(_one_edit_apart(word, whole[:length]) for length in range(len(word) - 1, len(word) + 2))


def _one_edit_apart(a: str, b: str) -> bool:
    """Equal, or one letter more, less, other, or two neighbours swapped."""
    same = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    a, b = a[same:], b[same:]
    swapped = a[:2] == b[1::-1] and a[2:] == b[2:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or swapped


@cache
def _entries() -> tuple[_Entry, ...]:
    named = [_Name(spelling, product) for product in PRODUCTS for spelling in product.names]
    return tuple(map(_entry, named))


def _entry(name: _Name) -> _Entry:
    spelling = _spelling(name, _Strength())
    text = _folded(spelling)
    ingredient_words = _ingredient_words(name.product) if name.spelling == name.product.generic else ()
    return _Entry(Match(name.product, spelling), text, _squeezed(text), _words(text), ingredient_words)


def _ingredient_words(product: Product) -> tuple[str, ...]:
    if len(product.ingredients) == 1:
        return ()
    ingredients = [INGREDIENTS[name] for name in product.ingredients]
    names = [name for ingredient in ingredients for name in (ingredient.name, *ingredient.synonyms)]
    return _words(_folded(" ".join(names)))
