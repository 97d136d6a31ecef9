"""Who may import whom: clinic → diary → accounts, and within an app only towards the rules."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ("accounts", "diary", "clinic")  # each may import itself and those before it
PURE = {
    *("rules", "catalogue", "details", "disclosure", "dosing", "drawings", "figures", "merging", "terms"),
    *("attention", "sparklines", "tallies"),
}
WORDS = PURE | {"words"}
STORED = WORDS | {"models"}

# What a room may import besides itself. A room that is not listed, such as commands, may import everything.
MAY_IMPORT: dict[str, set[str]] = {
    "rules": set(),
    "catalogue": {"rules"},
    "details": {"rules"},
    "dosing": set(),
    "drawings": {"charts"},
    "figures": {"dosing"},
    "tallies": {"rules"},
    "sparklines": {"rules"},
    "attention": {"rules", "tallies", "terms"},
    "terms": set(),
    "disclosure": set(),
    "merging": set(),
    "words": WORDS,
    "sources": set(),
    "guidance": {"sources"},
    "models": STORED,
    "access": STORED,
    "forms": STORED,
    "day_form": STORED | {"forms"},
    "medicine_forms": STORED | {"forms"},
    "reminder_forms": STORED | {"forms", "push"},
    "session_forms": STORED | {"forms"},
    "visit_forms": STORED | {"forms"},
    "imports": STORED,
    "summaries": STORED | {"criteria"},
    "criteria": STORED,
    "decision_forms": STORED | {"forms"},
    "decision_summaries": STORED | {"summaries", "criteria"},
    "carer_summaries": STORED | {"summaries"},
    "counting": STORED,
    "caseload": STORED | {"summaries", "counting"},
    "clinic_feed": STORED | {"access", "caseload", "calendar_feed"},
    "session_summaries": STORED,
    "adverse_forms": STORED | {"forms"},
    "adverse_summaries": STORED,
    "periods": {"rules"},
    "quality": STORED | {"periods"},
    "answers": STORED | {"summaries", "quality"},
    "strips": {"rules"},
    "timeline": STORED | {"access", "adverse_summaries", "decision_summaries", "periods"},
    "day_summaries": STORED | {"access"},
    "audit_counts": STORED,
    "service_audit": STORED | {"audit_counts"},
    "audit_charts": WORDS | {"service_audit", "charts"},
    "audit_exports": {"service_audit"},
    "audit_forms": STORED | {"audit_counts", "service_audit"},
    "charts": WORDS | {"summaries"},
    "exports": WORDS | {"summaries"},
    "report_summaries": STORED | {"summaries", "decision_summaries"},
    "reports": WORDS | {"summaries", "report_summaries", "charts", "drawings", "exports", "templatetags"},
    "letters": WORDS | {"summaries", "report_summaries", "reports", "exports", "guidance", "templatetags"},
    "typesetting": set(),
    "snapshots": STORED,
    "receiving": STORED | {"snapshots"},
    "actions": STORED | {"access", "snapshots"},
    "copying": STORED | {"snapshots", "imports"},
    "copies": STORED | {"copying", "snapshots", "imports"},
    "paper_summaries": STORED | {"copying", "looks"},
    "paper_forms": STORED | {"copying", "paper_summaries"},
    "import_forms": STORED | {"imports"},
    "caring": STORED | {"actions"},
    "decoding": STORED | {"receiving"},
    "phone": STORED | {"summaries", "receiving"},
    "push": STORED,
    "devices": STORED | {"push", "snapshots"},
    "calendar_feed": STORED,
    "reminders": STORED | {"push", "phone"},
}
# The raw copy of a diary reads its rows, and writes the format whose columns the import names.
EXCEPTIONS = {("diary", "exports"): {"models", "imports"}}


def imported_modules(source: str, app: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = f"{app}.{node.module or ''}".rstrip(".") if node.level else node.module or ""
            # "from diary import rules" names the room only here.
            yield from (f"{module}.{alias.name}" for alias in node.names) if module in APPS else [module]


def wrong_imports(source: str, app: str, room: str) -> list[str]:
    return [module for module in imported_modules(source, app) if not is_allowed(module, app, room)]


def is_allowed(module: str, app: str, room: str) -> bool:
    other_app, _, rest = module.partition(".")
    if other_app not in APPS:
        return room not in PURE or other_app in sys.stdlib_module_names
    if APPS.index(other_app) > APPS.index(app):
        return False
    other_room = rest.partition(".")[0]
    may_import = MAY_IMPORT.get(room)
    if may_import is None or other_app == "accounts":
        return may_import is None or room not in PURE
    return other_room == room or other_room in may_import | EXCEPTIONS.get((app, room), set())


def rooms() -> Iterator[tuple[str, str, Path]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            inside = path.relative_to(ROOT / app).parts
            if inside[0] != "migrations":
                yield app, Path(inside[0]).stem, path


@pytest.mark.parametrize(
    ("app", "room", "path"), [pytest.param(*r, id=str(r[2].relative_to(ROOT))) for r in rooms()]
)
def test_room_imports_only_what_is_below(app, room, path):
    assert wrong_imports(path.read_text(), app, room) == []


def test_guard_sees_every_app():
    assert {app for app, _, _ in rooms()} == set(APPS)


@pytest.mark.parametrize(
    ("source", "app", "room"),
    [
        ("import clinic.rules", "diary", "views"),
        ("from clinic import models", "diary", "models"),
        ("from diary.models import DiaryDay", "accounts", "models"),
        ("import django", "diary", "rules"),
        ("from django.utils import timezone", "diary", "catalogue"),
        ("import numpy", "clinic", "rules"),
        ("from accounts.models import User", "clinic", "rules"),
        ("from . import models", "diary", "charts"),
        ("from .models import DiaryDay", "clinic", "charts"),
        ("from diary.models import DiaryDay", "clinic", "exports"),
        ("def late():\n    from diary.views import today", "diary", "summaries"),
        ("from diary.summaries import month", "diary", "forms"),
        ("from diary.receiving import receive", "diary", "merging"),
        ("from diary.sync import sync", "diary", "phone"),
    ],
)
def test_guard_reports(source, app, room):
    assert wrong_imports(source, app, room)


@pytest.mark.parametrize(
    ("source", "app", "room"),
    [
        ("from diary.rules import Day", "clinic", "rules"),
        ("from datetime import date", "diary", "rules"),
        ("from diary.models import DiaryDay", "diary", "exports"),
        ("from accounts.access import audience", "diary", "access"),
        ("from diary.access import patient_of", "clinic", "views"),
        ("from diary.models import Patient", "clinic", "management"),
    ],
)
def test_guard_is_content(source, app, room):
    assert wrong_imports(source, app, room) == []
