"""What is written about a request, and nothing of what people wrote.

A message can quote a note, an address holds a date, and an exception often repeats the value that it could not take.
So only what is known to be harmless is written: of other people's loggers the text before its values are filled in, of
an exception its types and the lines of code that it went through.
"""

import json
import logging
import secrets
import time
import traceback
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import empty

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
OURS = "diary."
FIELDS = ("method", "route", "status", "milliseconds", "signed_in")
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
"""No page has a use for others: config.middleware refuses them, and no line of the log repeats their names."""
FRAMES = 30

requests = logging.getLogger("diary.request")


def request_id() -> str:
    """The number of the request that this thread answers, or nothing."""
    return REQUEST_ID.get()


def one_line_per_request(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Numbers each request, and writes one line when it is answered."""

    def respond(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        request.id = secrets.token_hex(8)  # type: ignore[attr-defined]
        token = REQUEST_ID.set(request.id)  # type: ignore[attr-defined]
        try:
            response = get_response(request)
            response["X-Request-ID"] = request_id()
            requests.info("answered", extra=request_fields(request, response, time.perf_counter() - began))
        finally:
            REQUEST_ID.reset(token)
        return response

    return respond


def request_fields(request: HttpRequest, response: HttpResponse, seconds: float) -> dict[str, Any]:
    return {
        "method": request.method if request.method in METHODS else "other",
        "route": request.resolver_match.view_name if request.resolver_match else None,
        "status": response.status_code,
        "milliseconds": round(seconds * 1000),
        "signed_in": is_signed_in(request),
    }


def is_signed_in(request: HttpRequest) -> bool:
    """As far as somebody asked: a line in the log is no reason to read the database."""
    user = getattr(request, "user", None)
    return user is not None and getattr(user, "_wrapped", None) is not empty and user.is_authenticated


# --- How a line is written -------------------------------------------------------------------------------------


def message_of(record: logging.LogRecord) -> str:
    """Our own words, or another's before the values are filled in. One without values may be filled in already."""
    if record.name.startswith(OURS) or record.args:
        return str(record.msg)
    return f"{PurePath(record.pathname).name}:{record.lineno}"


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and those it came from, the last one first."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def exception_of(error: BaseException) -> dict[str, Any]:
    """Types and places. The database's own number of a fault says whether it was locked, full or away."""
    codes = [getattr(e, "sqlstate", None) or getattr(e, "sqlite_errorname", None) for e in chain(error)]
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return {
        "types": [type(e).__name__ for e in chain(error)],
        "code": next(filter(None, codes), None),
        "frames": [f"{'/'.join(PurePath(f.filename).parts[-3:])}:{f.lineno} {f.name}" for f in frames],
    }


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    line = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "request_id": request_id() or None,
        "message": message_of(record),
    }
    if record.name.startswith(OURS):
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
    if record.exc_info and record.exc_info[1]:
        line["exception"] = exception_of(record.exc_info[1])
    return line


class JSONLine(logging.Formatter):
    """For production. JSON escapes the ends of lines, so that nothing can pass for a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(line_of(record))


class ReadableLine(logging.Formatter):
    """The same for the terminal of a developer, with the whole traceback of a fault: there are no patients here."""

    def format(self, record: logging.LogRecord) -> str:
        line = line_of(record)
        words = [line["time"][11:19], line["level"], line["message"]]
        if record.name == requests.name:
            words = [line["time"][11:19], *(str(line[name]) for name in ("status", "method", "route"))]
            words += [f"{line['milliseconds']} ms", line["request_id"] or ""]
        fault = [self.formatException(record.exc_info)] if record.exc_info else []
        return "\n".join([" ".join(words), *fault])
