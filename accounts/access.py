"""Every view names its audience; a test walks the addresses and reports a view that does not."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_not_required

View = TypeVar("View", bound=Callable[..., Any])


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
