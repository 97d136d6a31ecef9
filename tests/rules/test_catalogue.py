"""The medicine catalogue against the clinical seed table, and the names that people write."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary import catalogue
from diary.catalogue import INGREDIENTS, PRODUCT_BY_KEY, PRODUCTS, Kind, match, medication_class, search
from diary.rules import MedicationClass as C

SEED = Path(__file__).with_name("seed.txt")
CLASS_OF_CODE = {
    "TRI": C.TRIPTAN,
    "ERG": C.ERGOT,
    "CMB": C.COMBINATION,
    "OPI": C.OPIOID,
    "GEP": C.GEPANT,
    "DIT": C.DITAN,
    "AEM": C.ANTIEMETIC,
    **dict.fromkeys(["NOP", "NOA", "NON", "NOX"], C.NON_OPIOID),
}
SUB_CODE = {"NOP": "8.2.3.1", "NOA": "8.2.3.2.1", "NON": "8.2.3.2", "NOX": "8.2.3.3"}
FORM_OF_WORD = {"tab": "tablet", "nasal": "nasal", "sc": "injection"}


class Row(NamedTuple):
    code: str
    generic: str
    brands: list[str]
    strengths: tuple[str, ...]
    atc: str

    @property
    def key(self) -> str:
        return re.sub("[ +/]", "-", self.generic)


def _strength(seed: str) -> str:
    return seed.replace("/spray", " mg/spray") if "/spray" in seed else f"{seed} mg"


def _row(line: str) -> Row:
    code, rest = line.split(" ", 1)
    generic, brands, strengths, atc = rest.split("|")
    named = [] if brands == "generic" else brands.split(",")
    return Row(code, generic, named, tuple(map(_strength, strengths.split(","))), atc)


ROWS = [_row(line) for line in SEED.read_text(encoding="utf-8").splitlines()]


# ---------------------------------------------------------------------------------------- against the seed


def test_one_product_for_each_row_of_the_seed() -> None:
    assert [product.key for product in PRODUCTS] == [row.key for row in ROWS]


def test_class_follows_from_the_ingredients() -> None:
    derived = {product.key: product.medication_class for product in PRODUCTS}
    assert derived == {row.key: CLASS_OF_CODE[row.code] for row in ROWS}


def test_facts_of_the_seed() -> None:
    facts = {p.key: (list(p.brands), p.strengths, p.atc, p.form) for p in PRODUCTS}
    assert facts == {
        row.key: (row.brands, row.strengths, row.atc, FORM_OF_WORD.get(row.generic.split()[-1], ""))
        for row in ROWS
    }


def test_generics_are_matched() -> None:
    found = {row.generic: match(row.generic) for row in ROWS}
    assert {generic: m and m.product.key for generic, m in found.items()} == {
        row.generic: row.key for row in ROWS
    }


def test_brands_are_matched_to_their_class() -> None:
    brands = [(brand, CLASS_OF_CODE[row.code]) for row in ROWS for brand in row.brands]
    found = [match(brand) for brand, _ in brands]
    assert [(m.name, m.product.medication_class) for m in found if m] == brands


@pytest.mark.parametrize("row", [row for row in ROWS if row.code in SUB_CODE], ids=lambda row: row.key)
def test_sub_codes_of_non_opioids(row: Row) -> None:
    assert INGREDIENTS[PRODUCT_BY_KEY[row.key].ingredients[0]].code == SUB_CODE[row.code]


def test_keys_are_unique_slugs() -> None:
    assert len(PRODUCT_BY_KEY) == len(PRODUCTS)
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", key) for key in PRODUCT_BY_KEY)


def test_every_ingredient_is_in_a_product() -> None:
    assert {name for product in PRODUCTS for name in product.ingredients} == set(INGREDIENTS)


# -------------------------------------------------------------------------------------------------- classes


@pytest.mark.parametrize(
    ("ingredients", "expected"),
    [
        (["paracetamol"], C.NON_OPIOID),
        (["aspirin", "paracetamol"], C.NON_OPIOID),
        (["aspirin", "paracetamol", "ibuprofen", "metamizole"], C.NON_OPIOID),
        (["aspirin", "paracetamol", "caffeine"], C.COMBINATION),
        (["paracetamol", "butalbital"], C.COMBINATION),
        (["codeine", "caffeine"], C.COMBINATION),
        (["codeine", "tramadol"], C.OPIOID),
        (["codeine", "ibuprofen"], C.COMBINATION),
        (["sumatriptan", "naproxen"], C.COMBINATION),
        (["ergotamine", "caffeine"], C.ERGOT),
        (["sumatriptan", "caffeine"], C.TRIPTAN),
        (["ergotamine", "paracetamol"], C.COMBINATION),
        (["aspirin", "metoclopramide"], C.NON_OPIOID),
        (["codeine", "prochlorperazine"], C.OPIOID),
        (["paracetamol", "metoclopramide", "caffeine"], C.COMBINATION),
        (["metoclopramide", "domperidone"], C.ANTIEMETIC),
        (["caffeine"], C.OTHER),
        (("rimegepant",), C.GEPANT),
        ({"lasmiditan"}, C.DITAN),
    ],
    ids=str,
)
def test_medication_class(ingredients: list[str], expected: C) -> None:
    assert medication_class(ingredients) is expected
    assert medication_class(reversed(list(ingredients))) is expected


def test_unknown_ingredient_is_named() -> None:
    with pytest.raises(ValueError, match="unknown ingredient: moonshine"):
        medication_class(["paracetamol", "moonshine"])
    with pytest.raises(ValueError, match="no ingredients"):
        medication_class([])


def test_without_caffeine_as_an_adjuvant_the_table_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken twin: the table of the seed does notice when an adjuvant is lost."""
    caffeine = catalogue.Ingredient("caffeine", Kind.NON_OPIOID)
    monkeypatch.setattr(catalogue, "INGREDIENTS", {**INGREDIENTS, "caffeine": caffeine})
    wrong = {
        row.key for row in ROWS if PRODUCT_BY_KEY[row.key].medication_class is not CLASS_OF_CODE[row.code]
    }
    assert wrong == {
        "ergotamine-caffeine",
        "aspirin-paracetamol-caffeine",
        "paracetamol-caffeine",
        "aspirin-caffeine",
        "ibuprofen-caffeine",
    }


# ---------------------------------------------------------------------------------------------------- names


def test_no_name_is_ambiguous_in_class() -> None:
    for bearers in (*catalogue._names().values(), *catalogue._compositions().values()):
        assert len({bearer.product.medication_class for bearer in bearers}) == 1, bearers


def test_no_name_is_two_ingredients() -> None:
    names = [name for ingredient in INGREDIENTS.values() for name in (ingredient.name, *ingredient.synonyms)]
    assert len(catalogue._ingredient_names()) == len(names)


@pytest.mark.parametrize(
    ("text", "key", "name", "strength"),
    [
        ("sumatriptan", "sumatriptan-tab", "sumatriptan", ""),
        ("  SUMATRIPTAN   50  MG ", "sumatriptan-tab", "sumatriptan", "50 mg"),
        ("Imigran 50mg", "sumatriptan-tab", "Imigran", "50 mg"),
        ("Imigran 50", "sumatriptan-tab", "Imigran", "50 mg"),
        ("Imigran® (50 mg) tablets", "sumatriptan-tab", "Imigran", "50 mg"),
        ("imigran 20 mg", "sumatriptan-nasal", "Imigran", "20 mg"),
        ("Imigran nasal spray", "sumatriptan-nasal", "Imigran nasal", ""),
        ("sumatriptan nasal 20 mg", "sumatriptan-nasal", "sumatriptan", "20 mg"),
        ("sumatriptan 6 mg injection", "sumatriptan-sc", "sumatriptan", "6 mg"),
        ("sumatriptan tablet 6 mg", "sumatriptan-tab", "sumatriptan tablet", "6 mg"),
        ("rizatriptan wafer 10 mg", "rizatriptan", "rizatriptan", "10 mg"),
        ("butorphanol 1 mg/spray", "butorphanol-nasal", "butorphanol", "1 mg/spray"),
        ("DHE 0.5 mg", "dihydroergotamine-nasal", "DHE", "0.5 mg"),
        ("zomig 2,50 mg", "zolmitriptan", "Zomig", "2.5 mg"),
        ("aspirin 1 g", "aspirin", "aspirin", "1 g"),
        ("paracetamol 1,000 mg", "paracetamol", "paracetamol", "1000 mg"),
        ("ibuprofen 0,2 g", "ibuprofen", "ibuprofen", "0.2 g"),
        ("ibuprofen 200 milligrams", "ibuprofen", "ibuprofen", "200 mg"),
        ("ibuprofen 100 mg/5 ml", "ibuprofen", "ibuprofen", "100 mg/5 ml"),
        ("ibuprofen 342 mg", "ibuprofen", "ibuprofen", "342 mg"),
        ("naproxen sodium 220 mg", "naproxen", "naproxen", "220 mg"),
        ("acetaminophen 325 mg", "paracetamol", "acetaminophen", "325 mg"),
        ("ASA", "aspirin", "ASA", ""),
        ("Acetylsalicylic acid", "aspirin", "acetylsalicylic acid", ""),
        ("dipyrone", "metamizole", "dipyrone", ""),
        ("Novaminsulfon 500 mg", "metamizole", "novaminsulfon", "500 mg"),
        ("indomethacin", "indometacin", "indomethacin", ""),
        ("migrane kranit", "phenazone", "Migräne-Kranit", ""),
        ("Migra\u0308ne-Kranit", "phenazone", "Migräne-Kranit", ""),
        ("DF 118", "dihydrocodeine", "DF118", ""),
        ("co-codamol", "co-codamol-8", "co-codamol", ""),
        ("co-codamol 8", "co-codamol-8", "co-codamol 8", ""),
        ("cocodamol 8/500", "co-codamol-8", "co-codamol", "8/500 mg"),
        ("Co codamol 30/500mg tablets", "co-codamol-15-30", "co-codamol", "30/500 mg"),
        ("co-codamol 30", "co-codamol-15-30", "co-codamol", "30 mg"),
        ("codeine + paracetamol 30/500", "co-codamol-15-30", "co-codamol 15/30", "30/500 mg"),
        ("paracetamol/codeine 500/30", "co-codamol-15-30", "co-codamol 15/30", "30/500 mg"),
        ("caffeine + paracetamol", "paracetamol-caffeine", "paracetamol + caffeine", ""),
        ("caffeine/paracetamol", "paracetamol-caffeine", "paracetamol + caffeine", ""),
        ("Caffeine and Acetaminophen", "paracetamol-caffeine", "paracetamol + caffeine", ""),
        (
            "caffeine 65 mg + paracetamol 500 mg",
            "paracetamol-caffeine",
            "paracetamol + caffeine",
            "500/65 mg",
        ),
        ("caffeine 50mg+paracetamol 1 g", "paracetamol-caffeine", "paracetamol + caffeine", "1 g/50 mg"),
        (
            "butalbital-acetaminophen-caffeine",
            "butalbital-paracetamol-caffeine",
            "butalbital + paracetamol + caffeine",
            "",
        ),
        ("Panadol", "paracetamol", "Panadol", ""),
        ("Panadol Extra", "paracetamol-caffeine", "Panadol Extra", ""),
        ("Anadin Extra 300/200/45", "aspirin-paracetamol-caffeine", "Anadin Extra", "300/200/45 mg"),
        ("nurofen", "ibuprofen", "Nurofen", ""),
        ("Nurofen Plus", "ibuprofen-codeine", "Nurofen Plus", ""),
        ("Nurofen Plus 200/12.8 mg tablets", "ibuprofen-codeine", "Nurofen Plus", "200/12.8 mg"),
        ("Nurofen Migraine 342mg", "ibuprofen-lysine", "Nurofen Migraine", "342 mg"),
    ],
)
def test_match(text: str, key: str, name: str, strength: str) -> None:
    found = match(text)
    assert found is not None
    assert (found.product.key, found.name, found.strength) == (key, name, strength)


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "mg", "50 mg", "tablets", "+", "/", "and", "generic", "class:triptan", "caffeine", "suma"],
        *["Panadol Extra Advance", "Nurofen Express", "Anadin Ultra", "aspirin + ibuprofen", "paracetamol +"],
        *[
            "diclofenac gel",
            "Imigran 2",
            "sumatriptan x2",
            "sumatriptan日本",
            "paracetamol;aspirin",
            "\ud800",
        ],
        "sumatriptan " + "0" * 5000,
    ],
)
def test_no_match(text: str) -> None:
    assert match(text) is None


def test_every_name_leads_back_to_its_product() -> None:
    for entry in catalogue._entries():
        listed = [f"{entry.match.name} {strength}" for strength in entry.match.product.strengths]
        for text in (entry.match.name, *listed):
            found = match(text)
            assert found is not None
            assert found.product.ingredients == entry.match.product.ingredients
            assert match(f"{found.name} {found.strength}") == found
        assert match(entry.match.name) == entry.match


# --------------------------------------------------------------------------------------------------- search


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", []),
        ("  ", []),
        ("+", []),
        ("-", []),
        ("日本", []),
        ("xyzzy", []),
        ("s" * 5000, []),
        ("imi", ["Imigran", "Imitrex", "Imigran nasal", "Imigran Subject"]),
        ("SUMA", ["sumatriptan", "sumatriptan nasal", "sumatriptan injection", "sumatriptan + naproxen"]),
        ("nurofen", ["Nurofen", "Nurofen Migraine", "Nurofen Plus"]),
        ("panadl", ["Panadol", "Panadol Extra"]),
        ("pandaol extra", ["Panadol Extra"]),
        ("extra", ["Anadin Extra", "Panadol Extra"]),
        ("migrane-k", ["Migräne-Kranit"]),
        ("kranït", ["Migräne-Kranit"]),
        ("exedrin", ["Excedrin"]),
        ("cocodmol", ["co-codamol 8", "co-codamol", "co-codamol 15/30"]),
        ("rizatritpan 10 mg", ["rizatriptan"]),
        ("imigran 50 m", ["Imigran", "Imigran nasal", "Imigran Subject"]),
        (
            "caffeine + aspirin",
            ["aspirin + caffeine", "aspirin + paracetamol + caffeine", "butalbital + aspirin + caffeine"],
        ),
        ("zmo", []),
    ],
)
def test_search(query: str, names: list[str]) -> None:
    assert [found.name for found in search(query)] == names


def test_search_puts_the_beginning_before_the_middle() -> None:
    names = [found.name for found in search("par", limit=100)]
    assert names[0] == "paracetamol"
    assert names.index("Paramax") < names.index("ibuprofen + paracetamol")


def test_search_keeps_the_strength_that_was_typed() -> None:
    first = search("imigran 20 mg")[0]
    assert (first.product.key, first.name, first.strength) == ("sumatriptan-nasal", "Imigran", "20 mg")


def test_search_finds_a_brand_name_by_its_ingredients() -> None:
    assert "co-codamol 8" in [found.name for found in search("codeine", limit=50)]


def test_search_is_limited() -> None:
    assert len(search("a")) == 10
    assert len(search("a", limit=3)) == 3
    assert search("a", limit=0) == search("a", limit=-1) == []


# Characters by number, surrogates included: hypothesis' own text strategy takes a second to start.
any_character = st.integers(0, sys.maxunicode).map(chr)
anything = st.lists(any_character, max_size=20).map("".join) | st.lists(
    st.sampled_from(
        ["imigran", "codeine", "co-", " ", "+", "/", "and", "8", "500", ".", ",", "mg", "g", "tablet", "é"]
    ),
    max_size=12,
).map("".join)


@given(anything)
def test_any_text_is_answered(text: str) -> None:
    found = match(text)
    assert found is None or match(f"{found.name} {found.strength}") == found
    assert len(search(text)) <= 10


# --------------------------------------------------------------------------------------------------- import


def test_a_fresh_interpreter_needs_no_django() -> None:
    code = "import sys, diary.catalogue; sys.exit('django' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
