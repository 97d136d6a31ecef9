"""A neurologist's rules run without Django, a database or a clock."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE_MODULES = (
    "diary.rules",
    "diary.catalogue",
    "diary.details",
    "diary.merging",
    "clinic.rules",
    "clinic.disclosure",
    "clinic.exports",
    "clinic.dosing",
    "clinic.figures",
    "clinic.terms",
    "clinic.attention",
    "clinic.tallies",
    "diary.imports.diary_csv",
    "diary.imports.attacks",
    "diary.imports.migraine_buddy",
    "diary.imports.migraine_buddy_html",
    "diary.imports.apple_health",
    "diary.imports.cluster_tracker",
    "diary.imports.migralog",
    "diary.imports.headache_companion",
    "diary.imports.diary_json",
    "diary.imports.json_text",
)
# A rule returns what was counted; these names promise a verdict or hide the noun.
UNWANTED = ("should_stop", "alert", "risk", "score", "get_", "calc_")
CLOCKS = ("today", "now", "utcnow")


def heavy_modules(program: str) -> str:
    report = f"{program}; import sys; print(*sorted({{'django', 'sqlite3', 'psycopg'}} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", report], cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def unwanted_names(source: str) -> list[str]:
    functions = [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [name for name in functions if name.lstrip("_").startswith(UNWANTED)]


def clock_readings(source: str) -> list[str]:
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS]


def source_of(module: str) -> str:
    return (ROOT / module.replace(".", "/")).with_suffix(".py").read_text()


def test_rules_load_nothing_heavy():
    assert heavy_modules(f"import {', '.join(PURE_MODULES)}") == ""


def test_guard_reports_django():
    assert heavy_modules("import django") == "django"


@pytest.mark.parametrize("module", PURE_MODULES)
def test_rules_promise_no_verdict_and_read_no_clock(module):
    assert unwanted_names(source_of(module)) == []
    assert clock_readings(source_of(module)) == []


@pytest.mark.parametrize(
    "name", ["should_stop", "alert", "risk_of", "score", "get_days", "calc_mean", "_get_x"]
)
def test_guard_reports_name(name):
    assert unwanted_names(f"def {name}(): ...") == [name]


def test_guard_reports_clock():
    assert clock_readings("import datetime\ndatetime.date.today()") == ["today"]
