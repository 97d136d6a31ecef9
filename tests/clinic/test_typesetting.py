"""What people write into a PDF: right, or legibly replaced; never a failure, and never a command of the typesetter."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

import pytest
import typst

from clinic import typesetting
from clinic.typesetting import NOT_SHOWN, pdf, shown_as
from tests.papers import Paper
from tests.security.hostile import PAYLOADS

MADE_ON = date(2026, 6, 17)
FRAME: dict[str, Any] = {
    "title": "Title",
    "language": "en",
    "region": "GB",
    "identity": [["Name", "Alice"]],
    "made": "Made today",
    "page": "Page %(page)s of %(pages)s",
    "replaced": "Some signs are replaced.",
    "opening": "",
    "help": [],
    "about": "",
    "closing": "",
    "signed": [],
}


def made(dear: str, *lines: str) -> bytes:
    parts = [{"title": "Part", "lines": list(lines)}] if lines else []
    return pdf("letter.typ", FRAME | {"dear": dear, "parts": parts}, MADE_ON)


def paper(dear: str, *lines: str) -> Paper:
    return Paper(made(dear, *lines))


SHOWN = {
    "Western Europe": "Zoë Ångström-Müller, José Núñez, Çağla, Łukasz, Þórður, Œuvre, Straße",
    "Vietnamese": "Nguyễn Thị Ánh Tuyết",
    "Greek": "Ωμέγα Παπαδόπουλος",
    "Cyrillic": "Ѓорѓи Їжакевич Ґудзь Щёлоков",
    "signs": "5 µg · 30 % ≥ 15 – “quoted” ‘so’ … € £ ½ → −3",
    "typesetter": "#let x = 1; $ a^b $ *strong* _emph_ `raw` <label> @ref // no /* comment */ = heading",
}
REPLACED = {
    "emoji": ("Ann 🙂 Archer", "Ann [?] Archer"),
    "family": ("A 👨‍👩‍👧 B", "A [?] B"),
    "skin": ("👩🏽‍⚕️", "[?]⚕\ufe0f"),
    "Chinese": ("山田太郎", "[?]"),
    "Japanese": ("ひらがな カタカナ", "[?] [?]"),
    "Korean": ("김 한국", "[?] [?]"),
    "Thai": ("สวัสดี", "[?]"),
    "mixed": ("Li 李 Wei", "Li [?] Wei"),
    "wide letters": ("Ａｎｎ", "Ann"),
    "private": ("a\ue000b", "a[?]b"),
    "control": ("a\x1bb\x07c", "a[?]b[?]c"),
    "nothing": ("a\x00b", "a[?]b"),
    "half a pair": ("a\ud800b", "a[?]b"),
    "order mark": ("a\ufeffb", "ab"),
    "turned round": ("a\u202egnp.exe", "agnp.exe"),
    "tags": ("a\U000e0041b", "ab"),
    "unknown": ("a\U000e0fffb", "a[?]b"),
}


@pytest.mark.parametrize("text", SHOWN.values(), ids=SHOWN)
def test_what_the_fonts_have_comes_out_as_it_was_written(text):
    found = paper(text)
    assert text in found.text
    assert "replaced" not in found.text


@pytest.mark.parametrize(("text", "shown"), REPLACED.values(), ids=REPLACED)
def test_what_the_fonts_lack_is_replaced_and_that_is_said(text, shown):
    found = paper(f"Dear {text}.")
    assert f"Dear {shown}." in found.text
    assert "Some signs are replaced." in found.text


@pytest.mark.parametrize("text", ["العربية", "שלום", "فارسی می\u200cخواهم", "ქართული", "Հայերեն", "क्षत्रिय"])
def test_other_scripts_never_fail(text):
    assert paper(f"Dear {text}.").pages == 1


def test_all_scripts_at_once_make_a_file():
    """Every seventh sign of the first plane: most are replaced, and none is in the way of the others."""
    signs = [chr(n) for n in range(32, 128)] + [chr(n) for n in range(128, 0x10000, 7)]
    found = paper("Dear Ann,", *("".join(signs[n : n + 500]) for n in range(0, len(signs), 500)))
    assert "Dear Ann," in found.text
    assert "abcdefghijklmnopqrstuvwxyz" in found.text


@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd")',
        '#include "report.typ"',
        '#import "paper.typ": *',
        "#sys.inputs.data",
        '#panic("x")',
        '#eval("1+1")',
        '#image("/etc/passwd")',
        "] #pagebreak() [",
        '"); #pagebreak() #("',
        "$ sum_(k=0)^n $ \\ \\u{41} ~ --- ...",
        '{"data": "}',
        "}}]]))",
        *PAYLOADS,
    ],
)
def test_nothing_that_was_written_is_a_command(text):
    """Its letters stand in the file; signs of other scripts aside."""
    found = paper(f"Dear {text}.")
    assert found.pages == 1
    composed = unicodedata.normalize("NFC", text)
    plain = "".join(sign for sign in composed if sign.isascii() and sign.isalnum())
    read = "".join(sign for sign in found.text if sign.isascii() and sign.isalnum())
    assert plain in read


def test_guard_reports_a_template_that_makes_markup_of_words(monkeypatch, tmp_path):
    """The twin of the test above: there the command is carried out."""
    template = (typesetting.FOLDER / "letter.typ").read_text()
    careless = template.replace("par(data.dear)", 'eval(data.dear, mode: "markup")')
    assert careless != template
    (tmp_path / "paper.typ").write_text((typesetting.FOLDER / "paper.typ").read_text())
    (tmp_path / "letter.typ").write_text(careless)
    monkeypatch.setattr(typesetting, "FOLDER", tmp_path)
    found = paper('#("carried" + " out")')
    assert "carried out" in found.text
    assert '#("carried"' not in found.text


def test_lines_stay_lines():
    assert [line for line in paper("Dear", "first\nsecond").lines if line in ("first", "second")] == [
        "first",
        "second",
    ]


# --- The standard ----------------------------------------------------------------------------------------------


def test_a_file_says_what_it_is_to_reading_programs():
    found = paper("Dear Ann,", "a line")
    assert "<pdfuaid:part>1</pdfuaid:part>" in found.said_of_itself
    assert found.root["/Lang"] == "en-GB"
    assert found.root["/MarkInfo"]["/Marked"]
    assert found.title == "Title"
    assert {"/H1", "/H2", "/P"} <= set(found.tags)


def test_the_same_words_and_date_are_the_same_bytes():
    assert made("Dear Ann 山,") == made("Dear Ann 山,")
    assert made("Dear Ann,") != made("Dear Anna,")
    assert pdf("letter.typ", FRAME | {"dear": "", "parts": []}, date(2026, 6, 18)) != made("")


# --- When the fonts cannot be asked ----------------------------------------------------------------------------


def test_an_answer_that_is_not_understood_leaves_latin_greek_and_cyrillic(monkeypatch):
    monkeypatch.setattr(typesetting, "_of_the_fonts", lambda words: lambda sign: True)
    assert "Dear Łukasz Ωμέγα [?]." in paper("Dear Łukasz Ωμέγα 山.").text


def test_and_at_last_ascii(monkeypatch):
    monkeypatch.setattr(typesetting, "_of_the_fonts", lambda words: lambda sign: True)
    monkeypatch.setattr(typesetting, "_is_european", lambda sign: True)
    assert "Dear [?]ukasz [?]." in paper("Dear Łukasz 山.").text


def test_a_template_that_is_broken_is_no_endless_search(monkeypatch, tmp_path):
    (tmp_path / "letter.typ").write_text('#panic("broken")')
    (tmp_path / "signs.typ").write_text("")
    monkeypatch.setattr(typesetting, "FOLDER", tmp_path)
    with pytest.raises(typst.TypstError):
        made("Dear Ann,")


def test_marks_stand_for_rows_of_signs():
    assert shown_as({"a": ["bäc", 1, None, True]}, str.isascii) == {"a": [f"b{NOT_SHOWN}c", 1, None, True]}
    assert shown_as("xäöüx", str.isascii) == f"x{NOT_SHOWN}x"
