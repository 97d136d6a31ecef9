"""Staff get nowhere without a second factor: whoever guesses their password alone sees no diary."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.factors import UnreadableFactor

OPEN_WITHOUT = {
    # What it takes to add one: the e-mail address must be confirmed, the password given.
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "account_reauthenticate",
    "account_email",
    "account_email_verification_sent",
    "account_confirm_email",
    # What anybody may do
    "account_logout",
    "help",
    "help_sources",
    "help_topic",
    "theme",
    "health",
}


class SecondFactorRequired:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        if not settings.REQUIRE_SECOND_FACTOR or not user.is_authenticated:
            return None
        if user.has_second_factor or not user.works_at_clinic:
            return None
        if request.resolver_match and request.resolver_match.url_name in OPEN_WITHOUT:
            return None
        if request.resolver_match and request.resolver_match.url_name == "sync":
            # A phone's script keeps what it has until somebody may send it.
            return JsonResponse({"where": "session", "why": "a second factor is asked for"}, status=403)
        if request.method == "POST":
            messages.warning(request, _("This was not saved. First add a second factor, please."))
        return redirect("mfa_index")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, UnreadableFactor):
            return None
        messages.error(request, error.messages[0])
        return redirect("mfa_index")
