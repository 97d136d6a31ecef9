"""Headers, cookies and error answers that every response shares."""

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, ProgrammingError
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from accounts.access import public
from config import errors, urls

EXACT_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LOCKED = OperationalError("database is locked")


@public
def failing(request, error):
    raise error


@public
def remembering(request):
    request.session["seen"] = True
    return HttpResponse()


def failing_path(name, error):
    return path(f"{name}/", failing, {"error": error})


urlpatterns = [
    *urls.urlpatterns,
    path("remembering/", remembering),
    failing_path("locked", LOCKED),
    failing_path("full", OperationalError("database or disk is full")),
    failing_path("fault", ProgrammingError("no such column")),
    failing_path("missing-table", OperationalError("no such table: diary_day")),
]
handler400, handler403, handler404, handler500 = (
    urls.handler400,
    urls.handler403,
    urls.handler404,
    urls.handler500,
)


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("get", "/healthz", 200),
        ("get", "/accounts/login/", 200),
        ("get", "/", 302),
        ("post", "/healthz", 405),
        ("get", "/no/such/page/", 404),
        ("trace", "/healthz", 405),
        ("get", "/locked/", 503),
        ("get", "/fault/", 500),
    ],
)
@pytest.mark.urls(__name__)
def test_every_answer_carries_the_headers(visitor, method, address, status):
    response = getattr(visitor, method)(address, secure=True)
    assert response.status_code == status
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "camera=()" in response["Permissions-Policy"]
    assert "max-age=63072000; includeSubDomains; preload" in response["Strict-Transport-Security"]
    sent = {name: response.get(name) for name in EXACT_HEADERS}
    sent["Cache-Control"] = "no-store" if "no-store" in sent["Cache-Control"] else sent["Cache-Control"]
    assert sent == EXACT_HEADERS


@pytest.mark.django_db
def test_cookies_are_bound_to_this_host(client):
    response = client.get("/accounts/login/")
    cookie = response.cookies[settings.CSRF_COOKIE_NAME]
    assert settings.CSRF_COOKIE_NAME.startswith("__Host-")
    assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")


@pytest.mark.django_db
def test_request_without_token_is_refused():
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "ada@example.org"})
    assert response.status_code == 403


@pytest.mark.urls(__name__)
@pytest.mark.django_db
@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("address", "status"), [("/locked/", 503), ("/full/", 503), ("/missing-table/", 500), ("/fault/", 500)]
)
def test_busy_database_asks_to_try_again(visitor, address, status):
    response = visitor.get(address)
    assert response.status_code == status
    assert response.get("Retry-After") == ("5" if status == 503 else None)


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_busy_database_outside_a_view_asks_to_try_again(visitor, monkeypatch):
    def save(self, **options):
        raise LOCKED

    monkeypatch.setattr(SessionStore, "save", save)
    assert visitor.get("/remembering/").status_code == 503


@pytest.mark.django_db
def test_health_says_when_the_database_is_away(client, monkeypatch):
    class Away:
        def cursor(self):
            raise OperationalError

    monkeypatch.setattr(errors, "connection", Away())
    assert client.get("/healthz").status_code == 503


def test_the_demonstration_shows_no_list_of_addresses(client, settings):
    settings.DEBUG = True
    page = client.get("/nowhere/")
    assert page.status_code == 404
    assert "There is no such page" in page.content.decode()
    assert "URLconf" not in page.content.decode()
