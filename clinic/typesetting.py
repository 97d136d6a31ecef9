"""A dictionary of words in, the bytes of a tagged PDF (PDF/UA-1) out. What people wrote is data here, never markup."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "typst"
NOT_SHOWN = "[?]"
"""Stands for signs that no font of the file has."""
JOINERS = "\u200c\u200d"
"""Between letters they choose the letters' forms, as in Persian names; all other signs of that kind are left out."""
KEPT = "\n"
REFUSED = ("Cc", "Cs", "Co", "Cn")
_NAMED = re.compile(r'the text `"(.*?)"` could not be displayed|disallowed codepoint `"(.*?)"`')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")

Sign = Callable[[str], bool]


def pdf(template: str, words: dict[str, Any], made_on: date) -> bytes:
    """The same bytes for the same words and date.

    PDF/UA refuses a sign that no font has, though not within a group of signs, which would be an empty box. So the
    fonts are asked beforehand about all that is not Latin, Greek or Cyrillic, and about the rest after a refusal.
    Should the answer ever not be understood, only those three are left, and at last ASCII.
    """
    import typst  # a megabyte of fonts, for the few requests that need them

    words = shown_as(words, lambda sign: True)
    cleaned = shown_as(words, is_text)
    choices: list[Callable[[], Sign]] = [
        lambda: is_text if all(map(_is_european, _all_text(cleaned))) else _of_the_fonts(cleaned),
        lambda: _of_the_fonts(cleaned),
        lambda: _is_european,
        lambda: str.isascii,
    ]
    while True:
        shown = shown_as(cleaned, choices.pop(0)())
        try:
            return _compiled(template, shown | {"is_replaced": shown != words}, made_on)
        except typst.TypstError:
            if not choices:
                raise


def _compiled(template: str, words: Any, made_on: date) -> bytes:
    import typst

    made: bytes = typst.compile(
        str(FOLDER / template),
        root=str(FOLDER),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(words), "on": made_on.isoformat()},
        pdf_standards=["ua-1"],
        timestamp=datetime.combine(made_on, time(), UTC),
    )
    return made


# --- Signs that a file cannot show -----------------------------------------------------------------------------


def shown_as(value: Any, is_shown: Sign) -> Any:
    """The same structure with every sign that is not shown replaced, a row of them by one mark."""
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value)
        return text if all(map(is_shown, text)) else _replaced(text, is_shown)
    if isinstance(value, dict):
        return {key: shown_as(entry, is_shown) for key, entry in value.items()}
    return [shown_as(entry, is_shown) for entry in value] if isinstance(value, list | tuple) else value


def _replaced(text: str, is_shown: Sign) -> str:
    found = ""
    for sign in text:
        if found.endswith(NOT_SHOWN) and _is_invisible(sign):
            continue
        if is_shown(sign):
            found += sign
            continue
        alike = unicodedata.normalize("NFKC", sign)
        if alike != sign and all(map(is_shown, alike)) and all(map(is_text, alike)):
            found += alike
        elif not _is_invisible(sign) and not found.endswith(NOT_SHOWN):
            found += NOT_SHOWN
    return found


def _is_invisible(sign: str) -> bool:
    """Formats, joiners and variants of a sign before them: without it they say nothing."""
    return unicodedata.category(sign) in ("Cf", "Mn", "Me") or sign in "\r\n"


def is_text(sign: str) -> bool:
    """No control, no half of a pair, nothing private or unknown, and nothing that turns the reading direction."""
    category = unicodedata.category(sign)
    return sign in KEPT or sign in JOINERS or (category not in REFUSED and category != "Cf")


def _is_european(sign: str) -> bool:
    return sign in KEPT or " " <= sign < "\u0530" or "\u1e00" <= sign < "\u2070"


def _of_the_fonts(words: Any) -> Sign:
    """Asks the fonts about all signs at once."""
    import typst

    asked = sorted({sign for sign in _all_text(words) if not sign.isascii()})
    try:
        _compiled("signs.typ", asked, date(2000, 1, 1))
    except typst.TypstError as error:
        refused = {sign for pair in _NAMED.findall(error.diagnostic) for sign in _unescaped("".join(pair))}
        return lambda sign: sign not in refused
    return is_text


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _all_text(value: Any) -> str:
    if isinstance(value, dict):
        value = list(value.values())
    return (
        "".join(map(_all_text, value)) if isinstance(value, list) else value if isinstance(value, str) else ""
    )
