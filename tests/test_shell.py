"""What a phone keeps to open without a network is all that its page asks for, and no more."""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath

from django.conf import settings

from diary import installing

IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']""")


def asked_for(page: str) -> set[str]:
    """The static files that a page names, and those which its scripts import, and so on."""
    # An apple-touch-icon is fetched when the diary is put on the home screen, with a network.
    named = set(re.findall(r'(?:href|src)="/static/([^"]+)"', page)) - {"icons/icon-180.png"}
    found: set[str] = set()
    while named:
        name = named.pop()
        found.add(name)
        if name.endswith(".js"):
            text = (settings.BASE_DIR / "static" / name).read_text()
            named |= {normpath(join(dirname(name), path)) for path in IMPORTED.findall(text)} - found
    return found


def test_shell_holds_what_the_page_without_a_network_asks_for(client):
    page = client.get("/offline/", secure=True).content.decode()
    assert asked_for(page) == set(installing.SHELL_FILES)


def test_guard_reports_a_file_that_is_missing(client):
    page = client.get("/offline/", secure=True).content.decode()
    for name in installing.SHELL_FILES:
        assert asked_for(page) != set(installing.SHELL_FILES) - {name}
    assert asked_for('<script src="/static/js/phone/app.js"></script>') >= {
        "js/phone/outbox.js",
        "js/phone/days.js",
        "js/push.js",
    }
