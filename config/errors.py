"""Error pages. They are rendered without the request: looking up who is signed in could fail again."""

import logging
import sys

from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts.access import public
from config.logs import chain, request_id

RETRY_AFTER_SECONDS = "5"
BUSY_SQLITE = ("locked", "full", "unable to open", "disk i/o error")

# Too many connections, canceled by a timeout, no lock in time, a deadlock: the server itself says that it undid it.
UNDONE = ("53", "57014", "55P03", "40")

log = logging.getLogger("diary.database")


def page(status: int, **words: bool) -> HttpResponse:
    context = {"request_id": request_id(), **words}
    return HttpResponse(render_to_string(f"errors/{status}.html", context), status=status)


@public
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    # Django takes a session that could not be saved for one that somebody deleted.
    busy = next(filter(database_is_busy, chain(exception)), None)
    return busy_database(request, busy) if busy else page(400)


@public
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(403)


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return page(403)


@public
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(404)


@public
def server_error(request: HttpRequest) -> HttpResponse:
    # A database error outside a view, such as while the session is saved, arrives here.
    error = sys.exc_info()[1]
    return busy_database(request, error) if error and database_is_busy(error) else page(500)


def busy_database(request: HttpRequest, error: BaseException) -> HttpResponse:
    log.warning("the database did not answer", exc_info=error)
    response = page(503, is_certain=is_certainly_not_saved(error))
    response["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def database_is_busy(error: BaseException | None) -> bool:
    if not isinstance(error, OperationalError):
        return False
    # SQLite also calls a missing table an operational error; that is a fault of ours.
    return connection.vendor != "sqlite" or any(word in str(error).lower() for word in BUSY_SQLITE)


def is_certainly_not_saved(error: BaseException) -> bool:
    """SQLite undoes what it refuses. A PostgreSQL that goes away may have saved and not been able to say so."""
    states = [getattr(found, "sqlstate", None) or "" for found in chain(error)]
    return connection.vendor == "sqlite" or any(state.startswith(UNDONE) for state in states)


@require_safe
@public
def health(request: HttpRequest) -> HttpResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return HttpResponse("database unavailable\n", status=503, content_type="text/plain; charset=utf-8")
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
