"""Every view names its audience; a test walks the addresses and reports a view that does not."""

from collections.abc import Callable
from typing import Any, TypeVar

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_not_required

View = TypeVar("View", bound=Callable[..., Any])

GET_OR_POST = ["GET", "HEAD", "POST"]
"""For `require_http_methods`: a page that shows a form and takes it."""
INVITATION = "invitation"
"""The key under which a session holds an invitation, which opens the sign-up where SIGN_UP is "invited"."""


def audience(name: str) -> Callable[[View], View]:
    def name_it(view: View) -> View:
        view.audience = name  # type: ignore[attr-defined]
        return view

    return name_it


def public(view: View) -> View:
    return audience("public")(login_not_required(view))


def signed_in(view: View) -> View:
    # LoginRequiredMiddleware turns everybody else away.
    return audience("signed in")(view)


def recently_signed_in(view: View) -> View:
    """Asks for the password or a factor again unless that was given within 15 minutes.

    Stands below the audience. Afterwards the person is back at the page; what was sent is then done.
    """
    return reauthentication_required(view)  # type: ignore[no-any-return]
