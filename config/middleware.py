from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.errors import busy_database, database_is_busy

View = Callable[[HttpRequest], HttpResponse]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PERMISSIONS_POLICY = ", ".join(
    [f"{feature}=()" for feature in ("camera", "geolocation", "microphone", "payment", "usb")]
    + [f"publickey-credentials-{use}=(self)" for use in ("create", "get")]
)


def response_headers(get_response: View) -> View:
    def respond(request: HttpRequest) -> HttpResponse:
        # A function view would answer TRACE with its page.
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


class BusyDatabaseMiddleware:
    """A database that is locked, full or away is answered with "try again", never with an error page."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return busy_database(request) if database_is_busy(error) else None
