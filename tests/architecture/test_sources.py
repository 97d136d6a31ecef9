"""What must not be written in templates, scripts and views."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import get_resolver

from tests.security.authz_matrix import routes

ROOT = Path(__file__).parents[2]
LONGEST_TEMPLATE = 120
IN_TEMPLATES = {
    "unescaped text": re.compile(r"\|\s*safe\b|\{%\s*autoescape\s+off"),
    "style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "event attribute": re.compile(r"\son[a-z]+\s*=\s*[\"'{]", re.IGNORECASE),
    "inline script": re.compile(r"<script\b(?![^>]*\ssrc=)(?![^>]*type=.application/json)", re.IGNORECASE),
    "foreign address": re.compile(r"(?:src|srcset|action)\s*=\s*[\"']?(?:https?:)?//", re.IGNORECASE),
}
IN_SCRIPTS = {
    name: re.compile(rf"\b{re.escape(name)}\b")
    for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval", "srcdoc")
}
IN_PYTHON = {name: re.compile(rf"\b{name}\b") for name in ("mark_safe", "SafeString", "csrf_exempt")}


def finds(text: str, patterns: dict[str, re.Pattern[str]]) -> list[str]:
    return [name for name, pattern in patterns.items() if pattern.search(text)]


def faults_of_template(text: str) -> list[str]:
    too_long = ["too long"] if len(text.splitlines()) > LONGEST_TEMPLATE else []
    return finds(text, IN_TEMPLATES) + too_long


def filters_in_view(source: str) -> list[int]:
    """Lines that spell out a query; its name belongs to a QuerySet."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        c.lineno for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr in ("filter", "exclude")
    ]


def files(*patterns: str) -> Iterator[Path]:
    for pattern in patterns:
        yield from (path for path in sorted(ROOT.glob(pattern)) if "vendor" not in path.parts)


def test_templates():
    faults = {str(path): faults_of_template(path.read_text()) for path in files("templates/**/*.*")}
    assert {path: found for path, found in faults.items() if found} == {}


def test_scripts():
    faults = {str(path): finds(path.read_text(), IN_SCRIPTS) for path in files("static/**/*.js")}
    assert {path: found for path, found in faults.items() if found} == {}


def test_python():
    ours = files("config/*.py", "accounts/**/*.py", "diary/**/*.py", "clinic/**/*.py")
    faults = {str(path): finds(path.read_text(), IN_PYTHON) for path in ours}
    assert {path: found for path, found in faults.items() if found} == {}


def rooms_of_views() -> set[Path]:
    """Whatever files of ours the addresses lead to."""
    modules = {found.callback.__module__ for _name, _address, found in routes(get_resolver().url_patterns)}
    rooms = {ROOT / Path(*module.split(".")).with_suffix(".py") for module in modules}
    return {room for room in rooms if room.exists()}


def test_views_spell_out_no_query():
    faults = {str(path): filters_in_view(path.read_text()) for path in rooms_of_views()}
    assert {path: found for path, found in faults.items() if found} == {}


def test_guard_looks_at_every_room_of_views():
    named = {*files("*/views.py", "*/*_pages.py", "clinic/joining.py", "clinic/linking.py")}
    assert named <= rooms_of_views()
    assert {room.parent.name for room in named} == {"accounts", "diary", "clinic"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{{ note|safe }}", "unescaped text"),
        ("{% autoescape off %}", "unescaped text"),
        ('<p style="color: red">', "style attribute"),
        ("<style>p { color: red }</style>", "style element"),
        ("<a onclick='go()'>", "event attribute"),
        ("<script>go()</script>", "inline script"),
        ('<script type="module">go()</script>', "inline script"),
        ('<img src="//elsewhere.invalid/x.png">', "foreign address"),
        ("line\n" * 121, "too long"),
    ],
)
def test_guard_reports_template(text, fault):
    assert faults_of_template(text) == [fault]


def test_guard_is_content_with_good_template():
    good = '<script src="{% static \'js/day.js\' %}" type="module"></script>{{ days|json_script:"days" }}'
    assert faults_of_template(good) == []


@pytest.mark.parametrize(
    ("text", "fault"), [("a.innerHTML = b", "innerHTML"), ("document.write(b)", "document.write")]
)
def test_guard_reports_script(text, fault):
    assert finds(text, IN_SCRIPTS) == [fault]


def test_guard_reports_python():
    assert finds("return mark_safe(text)", IN_PYTHON) == ["mark_safe"]


def test_guard_reports_query_in_view():
    assert filters_in_view("def today(request):\n    return DiaryDay.objects.filter(date=1)") == [2]


# --- Tests ---------------------------------------------------------------------------------------------------


def borrowed_from_tests(source: str) -> list[str]:
    """What two files of tests share stands in a module of its own."""
    imports = [node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    return [module for module in imports if module.rpartition(".")[2].startswith("test_")]


def test_no_test_borrows_from_another():
    faults = {str(path): borrowed_from_tests(path.read_text()) for path in files("tests/**/*.py")}
    assert {path: found for path, found in faults.items() if found} == {}


def test_guard_reports_a_borrowing_test():
    assert borrowed_from_tests("from tests.cast import PASSWORD\nfrom tests.diary.test_day import saved") == [
        "tests.diary.test_day"
    ]
