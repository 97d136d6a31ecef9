"""The colours a person has chosen on this device: a cookie, so that the first byte of a page is already right."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

THEMES = ("light", "dark", "dim")
COOKIE = "theme" if settings.DEBUG else "__Host-theme"
A_YEAR = 365 * 24 * 60 * 60


def chosen(request: HttpRequest) -> str:
    """One of `THEMES`, or "" to follow the device."""
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in THEMES else ""


def remember(response: HttpResponse, theme: str) -> None:
    """Anything but one of `THEMES` forgets the choice."""
    response.set_cookie(
        COOKIE,
        theme if theme in THEMES else "",
        max_age=A_YEAR if theme in THEMES else 0,
        secure=not settings.DEBUG,
        httponly=True,
        samesite="Lax",
    )
