"""docs/security.md names for each promise the tests that hold it: they are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
PROMISED = {*range(1, 37), 38, 39}


def rows(text: str) -> dict[int, str]:
    """What stands beside the number of each promise."""
    return {int(n): rest for n, rest in re.findall(r"^\| (\d+) \|(.+)\|$", text, re.MULTILINE)}


def missing_files(text: str) -> list[str]:
    named = re.findall(r"`((?:tests/|bench/|docs/)?[\w/]+\.(?:py|md))`", text)
    there = {path.name for folder in ("tests", "bench", "docs") for path in (ROOT / folder).rglob("*.*")}
    return [name for name in named if not ((ROOT / name).exists() if "/" in name else name in there)]


def test_every_promise_has_its_row_and_its_test():
    found = rows(PAGE)
    assert set(found) == PROMISED
    assert [number for number, row in found.items() if "test_" not in row and "conftest" not in row] == []


def test_what_it_names_is_there():
    assert missing_files(PAGE) == []


def test_guard_reports():
    assert missing_files("| 1 | x | `tests/security/test_nothing.py`, `test_no.py` |") == [
        "tests/security/test_nothing.py",
        "test_no.py",
    ]
