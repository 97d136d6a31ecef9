"""What makes the diary an app on a phone: its worker, its name and icons, and its page without a network."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import public
from diary.guidance import EMERGENCY
from diary.phone import words
from diary.words import ANSWERS

WORKER = "js/phone/worker.js"
SHELL_FILES = (
    "css/tokens.css",
    "css/base.css",
    "css/components.css",
    "css/pages.css",
    "css/print.css",
    "icons/icon.svg",
    "js/theme.js",
    "js/announce.js",
    "js/phone/theme-first.js",
    "js/phone/store.js",
    "js/phone/outbox.js",
    "js/phone/days.js",
    "js/phone/parts.js",
    "js/phone/today.js",
    "js/phone/app.js",
)
"""What the page without a network is made of. A test holds them equal to what that page asks for."""


@require_safe
@public
def offline(request: HttpRequest) -> HttpResponse:
    """The page that a phone keeps: nobody's name and no token is in it."""
    return HttpResponse(_shell(get_language()))


@lru_cache(maxsize=64)
def _shell(language: str | None) -> str:
    # Without the request: no session, no cookie and no token can get in. The worker's address is asked for with every
    # page, and says by this one's content whether there is anything new.
    return render_to_string(
        "diary/offline.html", {"answers": ANSWERS, "words": words(), "emergency": EMERGENCY}
    )


@require_safe
@public
def worker(request: HttpRequest) -> HttpResponse:
    shell = {"page": reverse("offline"), "files": [static(name) for name in SHELL_FILES]}
    held = _shell(get_language()) + json.dumps(shell) + "".join(_content_marks())
    said = json.dumps(shell | {"name": f"diary-{_mark(held)}"})
    script = f'import {{ serve }} from "{static(WORKER)}";\nserve({said});\n'
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


def _content_marks() -> list[str]:
    """Outside production the names of files say nothing of what is in them."""
    if settings.STATIC_ROOT:
        return []
    return [_mark(Path(str(finders.find(name))).read_text()) for name in (*SHELL_FILES, WORKER)]


@lru_cache(maxsize=64)
def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@require_safe
@public
def manifest(request: HttpRequest) -> HttpResponse:
    icons = [
        {"src": static("icons/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        {"src": static("icons/icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static("icons/icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {
            "src": static("icons/maskable-512.png"),
            "sizes": "512x512",
            "type": "image/png",
            "purpose": "maskable",
        },
    ]
    said = {
        "id": "/",
        "name": _("Headache Diary"),
        "short_name": _("Diary"),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "lang": get_language(),
        "background_color": "#10171a",
        "theme_color": "#10171a",
        "icons": icons,
        # They lead to the question and answer nothing: an address alone must never record a day.
        "shortcuts": [
            {"name": _("No headache"), "url": "/#none"},
            {"name": _("Headache"), "url": "/#headache"},
        ],
    }
    response = JsonResponse(said, content_type="application/manifest+json")
    response["Cache-Control"] = "no-cache"
    return response
