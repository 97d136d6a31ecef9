"""What a phone keeps to open without a network is all that its page asks for, and no more."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from posixpath import dirname, join, normpath

import pytest
from django.conf import settings

from diary import installing

STATIC = settings.BASE_DIR / "static"
IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']""")


def imported(name: str, text: str) -> set[str]:
    return {normpath(join(dirname(name), path)) for path in IMPORTED.findall(text)}


def asked_for(page: str) -> set[str]:
    """The static files that a page names, and those which its scripts import, and so on."""
    # An apple-touch-icon is fetched when the diary is put on the home screen, with a network.
    named = set(re.findall(r'(?:href|src)="/static/([^"]+)"', page)) - {"icons/icon-180.png"}
    found: set[str] = set()
    while named:
        name = named.pop()
        found.add(name)
        if name.endswith(".js"):
            named |= imported(name, (STATIC / name).read_text()) - found
    return found


def test_shell_holds_what_the_page_without_a_network_asks_for(client):
    page = client.get("/offline/", secure=True).content.decode()
    assert asked_for(page) == set(installing.SHELL_FILES)


def test_guard_reports_a_file_that_is_missing(client):
    page = client.get("/offline/", secure=True).content.decode()
    for name in installing.SHELL_FILES:
        assert asked_for(page) != set(installing.SHELL_FILES) - {name}
    assert asked_for('<script src="/static/js/push.js"></script>') >= {
        "js/phone/app.js",
        "js/phone/outbox.js",
        "js/phone/days.js",
    }


# A file's name holds a digest of its content, and that the names of those which it imports: a circle has no first one,
# and no deployment could collect its files.


def test_no_script_imports_itself_by_way_of_others():
    scripts = {
        path.relative_to(STATIC).as_posix(): path.read_text() for path in (STATIC / "js").rglob("*.js")
    }
    assert "js/push.js" in scripts
    TopologicalSorter({name: imported(name, text) for name, text in scripts.items()}).prepare()


def test_guard_reports_a_circle():
    one, other = (
        imported("js/one.js", 'import("./a/other.js")'),
        imported("js/a/other.js", 'from "../one.js"'),
    )
    with pytest.raises(CycleError):
        TopologicalSorter({"js/one.js": one, "js/a/other.js": other}).prepare()
