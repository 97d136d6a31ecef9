from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from accounts.audit import AuditUnavailable
from config.errors import busy_database, database_is_busy, log, page
from config.logs import METHODS, chain

View = Callable[[HttpRequest], HttpResponse]

PERMISSIONS_POLICY = ", ".join(
    [f"{feature}=()" for feature in ("camera", "geolocation", "microphone", "payment", "usb")]
    + [f"publickey-credentials-{use}=(self)" for use in ("create", "get")]
)


def response_headers(get_response: View) -> View:
    def respond(request: HttpRequest) -> HttpResponse:
        # No page has a use for the others, and some views would answer them.
        known = request.method in METHODS
        response = (
            get_response(request)
            if known
            else HttpResponse(status=405, headers={"Allow": ", ".join(METHODS)})
        )
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        # Pages are health data: no cache keeps one. Static files, which WhiteNoise marks, may be kept.
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return respond


class PagesCompressed(GZipMiddleware):
    """Compresses pages for a phone's network; never one that another site made the browser ask for.

    docs/decisions/0010 says why that is no way to guess what a page holds from its length.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page and request.headers.get("Sec-Fetch-Site") in ("same-origin", "none"):
            return super().process_response(request, response)
        return response


class BusyDatabaseMiddleware:
    """A database that is locked, full or away is answered with "try again", never with an error page. So is a look
    that cannot be written into the audit log.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        unavailable = isinstance(error, AuditUnavailable) or database_is_busy(error)
        return busy_database(request, error) if unavailable else None


class ForgivingSessions(SessionMiddleware):
    """A page is answered although its session could not be saved: what the view saved is saved, and only the way
    to undo it is lost. A sign-in is not: without its session it would come to nothing."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        known = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        goes_on = bool(known) and request.session.session_key == known
        try:
            return super().process_response(request, response)
        except (OperationalError, SessionInterrupted) as error:
            busy = next(filter(database_is_busy, chain(error)), None)
            if busy is None or not goes_on:
                raise
            log.warning("the session could not be saved", exc_info=busy)
            return response


class SignInRequired(LoginRequiredMiddleware):
    """Asks for a sign-in. What was sent after the session ended is not saved, and that is said."""

    def handle_no_permission(self, request: HttpRequest, view_func: View) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        # Who was never signed in gets no session to keep a message in: anybody could fill the table.
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            messages.warning(
                request, _("You were signed out, so this was not saved. Sign in and enter it again.")
            )
        return redirect_to_login(resolve_url(settings.LOGIN_REDIRECT_URL), resolve_url(settings.LOGIN_URL))


def plain_refusals(get_response: View) -> View:
    """A page where there would be a blank (405) or, while DEBUG is on, a list of our addresses (404)."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405 and not response.content:
            response.content = page(405).content
        is_debugs = settings.DEBUG and not getattr(response, "is_our_own", False)
        if response.status_code == 404 and is_debugs and not response.streaming:
            response.content = page(404).content
        return response

    return respond
