"""The headers, cookies and tokens of every address, whatever it answers."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.urls import get_resolver

from config.middleware import PagesCompressed
from tests.cast import PASSWORD
from tests.security import authz_matrix as matrix
from tests.security.conftest import fields, fingerprint

OURS = "https://testserver"
TOKEN = "a1B2c3D4" * 4
ALWAYS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
    "Permissions-Policy": (
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), "
        "publickey-credentials-create=(self), publickey-credentials-get=(self)"
    ),
}
NOBODYS = ("text/javascript; charset=utf-8", "application/manifest+json")
"""What an installed app is made of: it may be kept, if it is asked for anew each time."""
CONTENT = {"Content-Type", "Content-Length", "Content-Language", "Vary", "Expires"}
"""What depends on the answer; `Expires` comes with pages that allauth marks as never to be kept."""
BY_STATUS = {302: {"Location"}, 401: {"WWW-Authenticate"}, 405: {"Allow"}, 503: {"Retry-After"}}
FILES = {
    'attachment; filename="headache-diary-': "application/zip",
    'attachment; filename="report-': "application/pdf",
    'attachment; filename="letter-': "application/pdf",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def wrong_headers(response: Any) -> list[str]:
    """What differs from the headers and cookies that every answer has, none more and none less."""
    found = []
    for name, value in ALWAYS.items():
        got = response.get(name, "")
        if name == "Cache-Control" and response.get("Content-Type") in NOBODYS:
            value = "no-cache"
        # allauth says more of the same: no cache keeps its pages.
        same = value in got.split(", ") if name == "Cache-Control" else got == value
        found += [] if same else [f"{name}: {got!r}"]
    policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    found += [] if policy == POLICY else [f"Content-Security-Policy: {policy}"]
    optional = (
        CONTENT
        | ({"Content-Disposition"} if response.get("Content-Type") in FILES.values() else set())
        | BY_STATUS.get(response.status_code, set())
        | ({"Allow"} if response.content == b"" else set())
        | ({"Content-Encoding"} if response.get("Content-Type", "").startswith("text/html") else set())
    )
    number = response.get("X-Request-ID", "")
    found += [] if re.fullmatch("[0-9a-f]{16}", number) else [f"X-Request-ID: {number!r}"]
    more = set(response.headers) - set(ALWAYS) - {"Content-Security-Policy", "X-Request-ID"} - optional
    found += [f"{name}: {response[name]!r} is new" for name in sorted(more)]
    kind = response.get("Content-Type", "")
    kinds: tuple[str, ...] = (
        "text/html; charset=utf-8",
        "text/plain; charset=utf-8",
        "application/json",
        *NOBODYS,
    )
    names = [name for name in FILES if response.get("Content-Disposition", "").startswith(name)]
    if response.content.startswith(b"BEGIN:VCALENDAR"):
        kinds = ("text/calendar; charset=utf-8",)
    if response.content and kind not in ([FILES[name] for name in names] or kinds):
        found.append(f"Content-Type: {kind!r}")
    return found + [words for cookie in response.cookies.values() for words in wrong_cookie(cookie)]


def wrong_cookie(cookie: Any) -> list[str]:
    attributes = {name: cookie[name] for name in ("secure", "httponly", "samesite", "path", "domain")}
    bound = {"secure": True, "httponly": True, "samesite": "Lax", "path": "/", "domain": ""}
    if not cookie.value:  # taken away again
        bound["httponly"] = attributes["httponly"]
    found = [] if attributes == bound else [f"cookie {cookie.key}: {attributes}"]
    return (
        found
        if cookie.key.startswith("__Host-")
        else [*found, f"cookie {cookie.key} is not bound to this host"]
    )


@pytest.mark.parametrize("name", matrix.TABLE)
def test_every_answer_carries_exactly_these_headers(world, name):
    found = []
    for role in (matrix.STRANGER, matrix.OWNER, matrix.LINKED):
        for method in ("GET", "POST", "OPTIONS"):
            client = world.client(role)
            address = world.address(name)
            if method == "POST":
                response = client.post(address, fields(world, name), secure=True)
            else:
                response = client.generic(method, address, secure=True)
            words = f"{method} as {role}: {response.status_code}"
            found += [f"{words} {wrong}" for wrong in wrong_headers(response)]
    assert found == []


@pytest.mark.parametrize("name", matrix.TABLE)
def test_every_refusal_and_fault_carries_them_too(world, name, monkeypatch):
    client = world.client(matrix.OWNER, raise_request_exception=False)
    checked = world.client(matrix.OWNER, enforce_csrf_checks=True)
    checked.cookies[settings.CSRF_COOKIE_NAME] = TOKEN
    too_many = {f"field{number}": "" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    pattern = next(route for found, _, route in matrix.routes(get_resolver().url_patterns) if found == name)
    address = world.address(name)
    answers = [
        (400, client.get(address, secure=True, headers={"host": "elsewhere.example"})),
        (400, checked.post(address, too_many, secure=True, headers={"origin": OURS})),
        (403, checked.post(address, secure=True)),
        (404, client.get(f"{address}no-such-page/", secure=True)),
        (405, client.trace(address, secure=True)),
    ]
    for status, error in ((500, ValueError("forced")), (503, OperationalError("database is locked"))):
        monkeypatch.setattr(pattern, "callback", failing(error))
        answers.append((status, client.get(address, secure=True)))
    found = [
        f"{status}: {wrong}"
        for status, response in answers
        for wrong in (
            wrong_headers(response) if response.status_code == status else [f"was {response.status_code}"]
        )
    ]
    assert found == []


def failing(error: Exception) -> Any:
    def view(request: Any, **_: Any) -> HttpResponse:
        raise error

    return view


@pytest.mark.parametrize("status", [422])
@pytest.mark.parametrize(
    ("name", "role", "form"),
    [
        ("day", matrix.OWNER, {"headache": "unheard of"}),
        ("add_own_medicine", matrix.OWNER, {"name": ""}),
        ("begin", matrix.NO_DIARY, {"name": "x" * 200}),
        ("sessions", matrix.LINKED, {"date": "never"}),
        ("session", matrix.LINKED, {"date": "never"}),
        ("decisions", matrix.LINKED, {"kind": "unheard of"}),
        ("decision", matrix.LINKED, {"kind": "unheard of"}),
        ("add_criteria", matrix.LEAD, {"name": ""}),
        ("link", matrix.LINKED, {"code": "0000"}),
        ("invite", matrix.LINKED, {"how": "mail"}),
        ("invite_staff", matrix.ADMINISTRATOR, {"email": "nobody"}),
    ],
)
def test_refused_form_carries_them_too(world, name, role, form, status):
    response = world.client(role).post(world.address(name), form, secure=True)
    assert response.status_code == status
    assert wrong_headers(response) == []


# --- Tokens --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", matrix.TABLE)
def test_form_that_is_not_from_our_pages_is_refused(world, name):
    """Without a token, with another browser's, from a page elsewhere, and from a page that hides where it is."""
    before = fingerprint()
    # The token is looked at before anybody asks who sends it; a sign-in can be forged as well.
    for role in (matrix.STRANGER, matrix.OWNER) if matrix.TABLE[name].is_public else (matrix.OWNER,):
        for case, (body, headers) in forgeries(world, role).items():
            client = world.client(role, enforce_csrf_checks=True)
            client.cookies[settings.CSRF_COOKIE_NAME] = TOKEN
            form = {**fields(world, name), **body}
            response = client.post(world.address(name), form, secure=True, headers=headers)
            assert response.status_code == 403, f"{case} as {role}"
            assert "__Host-session" not in response.cookies
    assert fingerprint() == before


def forgeries(world: Any, role: str) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    right = {"csrfmiddlewaretoken": TOKEN}
    return {
        "no token": ({}, {"origin": OURS}),
        "another token": ({"csrfmiddlewaretoken": "z" * 32}, {"origin": OURS}),
        "another origin": (right, {"origin": "https://elsewhere.example"}),
        "a part of our name": (right, {"origin": f"{OURS}.elsewhere.example"}),
        "plain http": (right, {"origin": "http://testserver"}),
        "null": (right, {"origin": "null"}),
        "another referer": (right, {"referer": "https://elsewhere.example/"}),
        "no origin and no referer": (right, {}),
    }


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_methods_that_no_page_uses_are_refused_with_and_without_a_token(world, method):
    client = world.client(matrix.OWNER, enforce_csrf_checks=True)
    for name in matrix.TABLE:
        assert client.generic(method, world.address(name), secure=True).status_code == 405, name


@pytest.mark.parametrize(
    "name", [name for name, row in matrix.TABLE.items() if matrix.FORM in row.post.values()]
)
def test_form_with_its_token_is_accepted(world, name):
    """Otherwise the refusals above would prove nothing."""
    client = world.client(matrix.OWNER, enforce_csrf_checks=True)
    client.cookies[settings.CSRF_COOKIE_NAME] = TOKEN
    form = {**fields(world, name), "csrfmiddlewaretoken": TOKEN}
    response = client.post(world.address(name), form, secure=True, headers={"origin": OURS})
    assert response.status_code != 403


# --- Cookies -------------------------------------------------------------------------------------------------


def test_cookies_of_a_visit_are_bound_to_this_host(world):
    client = world.client(matrix.STRANGER)
    seen = {}
    for response in (
        client.get(world.address("account_login"), secure=True),
        client.post(
            world.address("account_login"),
            {"login": world.owner.user.email, "password": PASSWORD},
            secure=True,
        ),
        client.post(world.address("theme"), {"theme": "dark"}, secure=True),
        client.post(world.address("theme"), {"theme": ""}, secure=True),
        client.post(world.address("account_logout"), secure=True),
    ):
        assert wrong_headers(response) == []
        seen |= {cookie.key: cookie for cookie in response.cookies.values()}
    assert set(seen) == {"__Host-session", "__Host-csrf", "__Host-theme"}


def test_language_cookie_would_be_bound_too():
    assert settings.LANGUAGE_COOKIE_NAME == "__Host-language"
    assert settings.LANGUAGE_COOKIE_SECURE
    assert settings.LANGUAGE_COOKIE_HTTPONLY
    assert settings.LANGUAGE_COOKIE_SAMESITE == "Lax"


# --- Compression ---------------------------------------------------------------------------------------------


def is_compressed(world: Any, name: str, role: str, site: str | None) -> bool:
    """Whether a browser that can read gzip gets it, for a request that came about like this."""
    headers = {"accept-encoding": "gzip, br"} | ({"sec-fetch-site": site} if site else {})
    response = world.client(role).get(world.address(name), secure=True, headers=headers)
    assert (response.status_code, wrong_headers(response)) == (200, [])
    if response.get("Content-Encoding") is None:
        return False
    assert response["Content-Encoding"] == "gzip"
    assert response["Vary"].count("Accept-Encoding") == 1
    assert gzip.decompress(response.content).strip().endswith(b"</html>")
    return True


@pytest.mark.parametrize(
    ("site", "compressed"),
    [("same-origin", True), ("none", True), ("cross-site", False), ("same-site", False), (None, False)],
)
@pytest.mark.parametrize(("name", "role"), [("today", matrix.OWNER), ("patient", matrix.LINKED)])
def test_a_page_is_compressed_unless_another_site_had_it_asked_for(world, name, role, site, compressed):
    assert is_compressed(world, name, role, site) == compressed


@pytest.mark.parametrize("name", ["sync", "manifest", "service_worker"])
def test_what_is_no_page_is_never_compressed(world, name):
    assert not is_compressed(world, name, matrix.OWNER, "same-origin")


def test_guard_reports_djangos_own_compression(world, monkeypatch):
    monkeypatch.setattr(PagesCompressed, "process_response", GZipMiddleware.process_response)
    assert is_compressed(world, "today", matrix.OWNER, "cross-site")


# --- Broken twins --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Security-Policy", "default-src 'none'; script-src 'self' 'unsafe-inline'"),
        ("Content-Security-Policy", "default-src *"),
        ("Cache-Control", "private, max-age=60"),
        ("Cross-Origin-Opener-Policy", ""),
        ("Server", "something/1.2"),
        ("Access-Control-Allow-Origin", "*"),
        ("Content-Type", "text/html"),
    ],
)
def test_guard_reports_a_header_that_is_weaker_or_new(world, name, value):
    response = world.client(matrix.STRANGER).get(world.address("help"), secure=True)
    assert wrong_headers(response) == []
    response[name] = value
    assert wrong_headers(response) != []


def test_guard_reports_a_careless_cookie():
    response = HttpResponse()
    response.set_cookie("seen", "yes")
    assert len(wrong_cookie(response.cookies["seen"])) == 2
