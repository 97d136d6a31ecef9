"""The diary CSV's reader: what a person reads about a bad file, and that text survives the way out and in."""

import io
import re
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.details import MOST_TRIGGERS, TRIGGER_LENGTH, Aura, Quality, Side, implied_features
from diary.exports import write_rows
from diary.imports.diary_csv import (
    NOTE_LENGTH,
    Dose,
    NotGrouped,
    Other,
    Report,
    Row,
    dose,
    escaped,
    gathered,
    grouped,
    open_text,
    rows,
    unescaped,
    without_repeats,
)
from diary.rules import Day, Disability, Feature, Headache, MedicationClass, Relief


def read(text):
    report = Report()
    return list(rows(io.StringIO(text, newline=""), report)), report


def one(header, values):
    found, report = read(f"{header}\n{values}\n")
    assert report.problems == []
    return found[0]


def problems(header, *lines):
    return read("\n".join([header, *lines, ""]))[1].problems


# --- Good rows --------------------------------------------------------------------------------------------


def test_least_row():
    assert one("date,headache", "2026-01-05,none") == Row(
        2,
        "",
        Day(date(2026, 1, 5), Headache.NONE),
        (),
        Other(None, None, None),
        "",
    )


def test_full_row():
    row = one(
        "patient,date,headache,pain,hours,migraine,features,medicines,relief,disability,menstruation,note",
        "P1,2026-01-05,severe,8,7.25,yes,nausea;Aura ,Imigran 50 mg x2; class:opioid,Partial,BED,no,slept",
    )
    assert row.patient == "P1"
    assert row.day == Day(
        date(2026, 1, 5),
        Headache.SEVERE,
        8,
        True,
        frozenset({Feature.NAUSEA, Feature.AURA}),
        frozenset({MedicationClass.TRIPTAN, MedicationClass.OPIOID}),
        Relief.PARTIAL,
    )
    assert row.medicines == (
        Dose("sumatriptan-tab", "Imigran", "50 mg", MedicationClass.TRIPTAN, 2),
        Dose("", "", "", MedicationClass.OPIOID, 1),
    )
    assert row.other == Other(Decimal("7.25"), Disability.BED, False)
    assert row.note == "slept"


@pytest.mark.parametrize(
    "text",
    [
        "date,headache,note\n2026-01-05,mild,a\n",
        "note,headache,date\na,mild,2026-01-05\n",
        "\ufeffdate,headache,note\n2026-01-05,mild,a\n",
        "Date , HEADACHE,note\n 2026-01-05 ,Mild,a\n",
        "date;headache;note\n2026-01-05;mild;a\n",
        "date,headache,note\r\n2026-01-05,mild,a\r\n",
        "date,headache,note\n\n\n2026-01-05,mild,a",
        '"date","headache","note"\n"2026-01-05","mild","a"\n',
    ],
    ids=["plain", "order", "bom", "spaces and case", "semicolon", "crlf", "blank lines", "quotes"],
)
def test_same_row_however_written(tmp_path, text):
    path = tmp_path / "diary.csv"
    path.write_text(text, encoding="utf-8", newline="")
    report = Report()
    with open_text(str(path)) as file:
        (row,) = rows(file, report)
    assert report == Report()
    assert (row.date, row.day.headache, row.note) == (date(2026, 1, 5), Headache.MILD, "a")


def test_lists_within_a_semicolon_file_are_quoted():
    row = one("date;headache;features;hours", '2026-01-05;mild;"nausea;aura";1.5')
    assert row.day.features == {Feature.NAUSEA, Feature.AURA}


def test_unknown_columns_are_a_notice():
    found, report = read("date,mood,headache,weather\n2026-01-05,good,none,rain\n")
    assert len(found) == 1
    assert report.notices == ["columns not known and ignored: 'mood', 'weather'"]
    assert report.problems == []


# Text, product, name, strength, class, doses.
MEDICINES = [
    ("sumatriptan", "sumatriptan-tab", "sumatriptan", "", "triptan", 1),
    ("SUMATRIPTAN 50MG x3", "sumatriptan-tab", "sumatriptan", "50 mg", "triptan", 3),
    ("class:gepant", "", "", "", "gepant", 1),
    ("Class:Ditan x2", "", "", "", "ditan", 2),
    ("Tiger oil (class:other)", "", "Tiger oil", "", "other", 1),
    ("Tiger oil (3 drops, class:other) x2", "", "Tiger oil", "3 drops", "other", 2),
    ("ibuprofen (class:other)", "", "ibuprofen", "", "other", 1),
    ("mix x2 (class:combination)", "", "mix x2", "", "combination", 1),
    ("a (class:other) (class:ergot)", "", "a (class:other)", "", "ergot", 1),
    ("(5 mg, class:triptan)", "", "", "5 mg", "triptan", 1),
]


@pytest.mark.parametrize(("text", "product", "name", "strength", "word", "doses"), MEDICINES)
def test_medicine(text, product, name, strength, word, doses):
    assert dose(text) == Dose(product, name, strength, MedicationClass(word), doses)


def test_a_medicine_named_twice_has_its_doses_added():
    row = one("date,headache,medicines", "2026-01-05,mild,sumatriptan 50 mg;Sumatriptan 50mg x2")
    assert [found.doses for found in row.medicines] == [3]


# --- Bad rows ---------------------------------------------------------------------------------------------

BAD_DATES = [
    ("31/12/2026", "'31/12/2026' is not YYYY-MM-DD"),
    ("2026-1-5", "'2026-1-5' is not YYYY-MM-DD"),
    ("2026-W01-1", "'2026-W01-1' is not YYYY-MM-DD"),
    ("20260105", "'20260105' is not YYYY-MM-DD"),
    ("2026-01-05T08:00", "'2026-01-05T08:00' is not YYYY-MM-DD"),
    ("２０２６-01-05", "'２０２６-01-05' is not YYYY-MM-DD"),
    ("2026-02-29", "'2026-02-29' is not a day of the calendar"),
    ("0026-01-01", "'0026-01-01' is not between 1900 and 2199"),
    ("", "'' is not YYYY-MM-DD"),
]


@pytest.mark.parametrize(("text", "message"), BAD_DATES)
def test_bad_date(text, message):
    assert problems("date,headache", f"{text},none") == [f"line 2: date: {message}"]


CLASSES = "triptan, ergot, opioid, combination, non_opioid, gepant, ditan, other, antiemetic"
FEATURES = "one_sided, pulsating, worse_with_activity, nausea, vomiting, photophobia, phonophobia, aura"

# Column, headache, value, message.
BAD_VALUES = [
    ("pain", "mild", "11", "'11' is not a whole number from 0 to 10"),
    ("pain", "mild", "4.5", "'4.5' is not a whole number from 0 to 10"),
    ("pain", "mild", "-1", "'-1' is not a whole number from 0 to 10"),
    ("pain", "mild", "٣", "'٣' is not a whole number from 0 to 10"),
    ("pain", "mild", "0", "'0' does not fit headache 'mild': 0 stands only with 'none'"),
    ("pain", "none", "3", "'3' does not fit headache 'none': 0 stands only with 'none'"),
    ("hours", "mild", "25", "'25' is not a number from 0 to 24, with at most two decimals after a point"),
    (
        "hours",
        "mild",
        "1.555",
        "'1.555' is not a number from 0 to 24, with at most two decimals after a point",
    ),
    (
        "hours",
        "mild",
        "24.01",
        "'24.01' is not a number from 0 to 24, with at most two decimals after a point",
    ),
    ("hours", "mild", "nan", "'nan' is not a number from 0 to 24, with at most two decimals after a point"),
    ("hours", "mild", "1e1", "'1e1' is not a number from 0 to 24, with at most two decimals after a point"),
    ("migraine", "mild", "maybe", "'maybe' is not one of yes, no"),
    ("features", "mild", "nausea;dizzy", f"'dizzy' is not one of {FEATURES}"),
    ("relief", "mild", "some", "'some' is not one of none, partial, full"),
    ("disability", "mild", "yes", "'yes' is not one of none, partly, bed"),
    ("menstruation", "mild", "1", "'1' is not one of yes, no"),
    ("medicines", "mild", "class:pill", f"'pill' is not one of {CLASSES}"),
    ("medicines", "mild", "oil (class:pill)", f"'pill' is not one of {CLASSES}"),
    ("medicines", "mild", "sumatriptan x0", "'sumatriptan x0': the number of doses is from 1 to 99"),
    ("medicines", "mild", "sumatriptan x100", "'sumatriptan x100': the number of doses is from 1 to 99"),
    (
        "medicines",
        "mild",
        "magic beans",
        "'magic beans' is not in the catalogue; give its class, such as 'magic beans (class:triptan)' or "
        f"'class:triptan'; the classes are {CLASSES}",
    ),
    ("medicines", "mild", "a" * 201, f"'{'a' * 39}…' is too long for a medicine"),
    ("medicines", "mild", "a\x07b (class:other)", "'a\\x07b' holds a character that a name cannot hold"),
    (
        "medicines",
        "mild",
        "a" * 81 + " (class:other)",
        f"'{'a' * 39}…': a name has at most 80 characters, a strength 32",
    ),
    ("note", "mild", "n" * 2001, "2001 characters are too many; 2000 are the most"),
    ("note", "mild", "a\x00b", "holds a NUL character"),
    ("note", "mild", "a\udcffb", "not valid UTF-8; save the file as UTF-8"),
]


@pytest.mark.parametrize(("column", "headache", "value", "message"), BAD_VALUES)
def test_bad_value(column, headache, value, message):
    found, report = read(f"date,headache,{column}\n2026-01-05,{headache},{value}\n2026-01-06,none,\n")
    assert report.problems == [f"line 2: {column}: {message}"]
    assert [row.line for row in found] == [3]


@pytest.mark.parametrize("word", ["", "ja", "5", "None.", "unknown"])
def test_bad_headache(word):
    assert problems("date,headache", f"2026-01-05,{word}") == [
        f"line 2: headache: '{word}' is not one of none, yes, mild, moderate, severe"
    ]


def test_every_bad_value_of_every_bad_row_is_listed():
    assert problems(
        "patient,date,headache,pain,relief",
        "P1,5.1.2026,mild,12,some",
        "P1,2026-01-06,none,,",
        ",2026-01-07,no,,",
    ) == [
        "line 2: date: '5.1.2026' is not YYYY-MM-DD",
        "line 2: pain: '12' is not a whole number from 0 to 10",
        "line 2: relief: 'some' is not one of none, partial, full",
        "line 4: patient: is empty; a pseudonym of 1 to 64 characters is needed",
        "line 4: headache: 'no' is not one of none, yes, mild, moderate, severe",
    ]


def test_a_long_pseudonym():
    assert problems("patient,date,headache", f"{'P' * 65},2026-01-05,none") == [
        "line 2: patient: 65 characters are too many; 64 are the most"
    ]


def test_lines_are_right_after_notes_with_line_breaks():
    text = 'date,headache,note\n2026-01-05,none,"one\ntwo\r\nthree"\n\n2026-01-06,nome,\n'
    found, report = read(text)
    assert found[0].note == "one\ntwo\r\nthree"
    assert report.problems == ["line 6: headache: 'nome' is not one of none, yes, mild, moderate, severe"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["line 1: the file is empty; a header row is needed"]),
        ("\n\n", ["line 1: the file is empty; a header row is needed"]),
        (
            "day,pain\n1,2\n",
            ["line 1: the column 'date' is missing", "line 1: the column 'headache' is missing"],
        ),
        ("date,headache,date\n", ["line 1: the column 'date' stands twice"]),
        ("date,headache\n2026-01-05\n", ["line 2: 1 columns, but the header has 2"]),
        ("date,headache\n2026-01-05,none,,\n", ["line 2: 4 columns, but the header has 2"]),
    ],
)
def test_bad_file(text, found):
    assert read(text)[1].problems == found


def test_a_quote_left_open_names_its_line():
    found, report = read('date,headache,note\n2026-01-05,none,\n2026-01-06,none,"open\n2026-01-07,none,\n')
    assert [row.line for row in found] == [2]
    assert report.problems == [
        "line 3: cannot be read (unexpected end of data); is a quote opened and not closed?"
    ]
    assert report.is_cut_short


def test_a_huge_field_is_refused():
    _, report = read(f"date,headache,note\n2026-01-05,none,{'n' * 200_000}\n2026-01-06,none,\n")
    assert len(report.problems) == 1
    assert report.problems[0].startswith("line 2: cannot be read (field larger than field limit")
    assert report.is_cut_short


def test_a_long_medicine_is_refused_at_once():
    # A hundred thousand spaces would keep a careless regular expression busy for minutes.
    assert len(problems("date,headache,medicines", f"2026-01-05,mild,a{' ' * 100_000}b")) == 1


BAD_DETAILS = [
    ("start", "9:30", "'9:30' is not a time from 00:00 to 23:59 as HH:MM"),
    ("start", "24:00", "'24:00' is not a time from 00:00 to 23:59 as HH:MM"),
    ("end", "09:30:00", "'09:30:00' is not a time from 00:00 to 23:59 as HH:MM"),
    ("end", "٠٩:30", "'٠٩:30' is not a time from 00:00 to 23:59 as HH:MM"),
    ("side", "top", "'top' is not one of left, right, both, varies"),
    ("quality", "sharp", "'sharp' is not one of pulsating, pressing, stabbing, other"),
    ("aura", "visual;smell", "'smell' is not one of visual, sensory, speech, other"),
    ("triggers", "x" * 41, f"'{'x' * 39}…' has more than 40 characters, or one that cannot be kept"),
    ("triggers", "a\tb", "'a\\tb' has more than 40 characters, or one that cannot be kept"),
    ("triggers", "a\x00b", "holds a NUL character"),
    ("triggers", ";".join("abcdefghijk"), "more than 10 stand there"),
]


@pytest.mark.parametrize(("column", "value", "message"), BAD_DETAILS, ids=lambda text: repr(text[:12]))
def test_bad_detail_is_named_by_line_and_column(column, value, message):
    lines = ["2026-01-05,mild,", f'2026-01-06,mild,"{value}"']
    assert problems(f"date,headache,{column}", *lines) == [f"line 3: {column}: {message}"]


def test_every_bad_detail_of_a_row_is_named():
    found = problems("date,headache,start,side,aura", "2026-01-05,mild,late,top,smell")
    assert [problem.split(": ")[1] for problem in found] == ["start", "side", "aura"]


def test_a_file_without_the_new_columns_needs_none():
    row = one("date,headache,features", "2026-01-05,mild,aura")
    assert row.other == Other(None, None, None)
    assert row.day.features == {Feature.AURA}


# --- The same date twice, and people ----------------------------------------------------------------------


def test_two_equal_rows_count_once():
    found, report = read("date,headache\n2026-01-05,mild\n2026-01-05,mild\n2026-01-05, MILD\n")
    assert [row.line for row in without_repeats(found, report)] == [2]
    assert report.problems == []
    assert report.notices == [
        "line 3: the same as line 2, counted once",
        "line 4: the same as line 2, counted once",
    ]


def test_two_different_rows_of_one_date_name_both_lines():
    found, report = read(
        "patient,date,headache\nP1,2026-01-05,mild\nP2,2026-01-05,none\nP1,2026-01-05,none\n"
    )
    list(gathered(found, report))
    assert report.notices == []
    assert report.problems == [
        "line 4: date: 2026-01-05 of 'P1' stands on line 2 too and differs; keep one of them"
    ]


def test_grouping_wants_each_person_in_one_place():
    found, report = read(
        "patient,date,headache\nP1,2026-01-05,mild\nP2,2026-01-05,none\nP1,2026-01-06,none\n"
    )
    with pytest.raises(NotGrouped):
        list(grouped(found, report))
    people = {name: [row.line for row in together] for name, together in gathered(found, report)}
    assert people == {"P1": [2, 4], "P2": [3]}


# --- Out and in again -------------------------------------------------------------------------------------

# Characters that spreadsheets, CSV and lists take for something else.
AWKWARD = st.sampled_from("=+-@'\"\t\r\n,;()x ٣＝😀é\u2028\u200d") | st.characters(
    codec="utf-8", exclude_characters="\x00"
)
TEXTS = st.text(AWKWARD, max_size=40)


@given(TEXTS)
def test_escaping_is_undone_and_leaves_no_formula(text):
    assert unescaped(escaped(text)) == text
    assert escaped(text)[:1] not in tuple("=+-@\t\r\n＝＋－＠")


OWN_NAMES = st.text(
    AWKWARD.filter(lambda c: c != ";" and (c.isprintable() or c == "\u200d")), max_size=30
).map(str.strip)
OWN_STRENGTHS = OWN_NAMES.filter(lambda s: "(" not in s and ")" not in s)
CATALOGUE = st.sampled_from(["sumatriptan 50 mg", "Imigran nasal", "co-codamol 30/500 mg", "Excedrin"]).map(
    dose
)
OWN = st.builds(Dose, st.just(""), OWN_NAMES, OWN_STRENGTHS, st.sampled_from(MedicationClass), st.just(1))


def with_doses(found):
    return st.integers(1, 99).map(lambda doses: found._replace(doses=doses))


DOSES = st.lists(
    (CATALOGUE | OWN).flatmap(with_doses),
    max_size=4,
    unique_by=lambda d: (d.name.lower(), d.strength.lower(), d.medication_class),
).map(tuple)


CLOCK = st.builds(time, st.integers(0, 23), st.integers(0, 59))
TRIGGERS = st.lists(
    st.text(AWKWARD, min_size=1, max_size=TRIGGER_LENGTH)
    .map(str.strip)
    .filter(lambda word: word and not re.search(r"[;,\x00-\x1f\x7f-\x9f]", word)),
    max_size=MOST_TRIGGERS,
    unique_by=str.casefold,
).map(tuple)


@st.composite
def diary_rows(draw):
    """The rows of one person, one a date."""
    found = []
    for number in draw(st.lists(st.integers(0, 4000), max_size=8, unique=True).map(sorted)):
        word = draw(st.sampled_from(Headache))
        pain = draw(st.none() | (st.just(0) if word is Headache.NONE else st.integers(1, 10)))
        doses = draw(DOSES)
        day = Day(
            date(2015, 1, 1) + timedelta(days=number),
            word,
            pain,
            draw(st.none() | st.booleans()),
            draw(st.frozensets(st.sampled_from(Feature))),
            frozenset(d.medication_class for d in doses),
            draw(st.none() | st.sampled_from(Relief)),
        )
        other = Other(
            draw(st.none() | st.decimals(0, 24, places=2)),
            draw(st.none() | st.sampled_from(Disability)),
            draw(st.none() | st.booleans()),
            draw(st.none() | CLOCK),
            draw(st.none() | CLOCK),
            draw(st.none() | st.sampled_from(Side)),
            draw(st.none() | st.sampled_from(Quality)),
            draw(st.frozensets(st.sampled_from(Aura))),
            draw(TRIGGERS),
        )
        implied = implied_features(other.side, other.quality, other.aura)
        day = day._replace(features=day.features | implied)
        note = draw(TEXTS | st.just("=cmd|' /C calc'!A0" * (NOTE_LENGTH // 18)))
        found.append(Row(0, "", day, doses, other, note))
    return found


@given(diary_rows())
def test_what_is_written_is_read_again(diary):
    out = io.StringIO(newline="")
    write_rows(diary, out)
    found, report = read(out.getvalue())
    assert report == Report()
    assert [row._replace(line=0) for row in found] == diary
