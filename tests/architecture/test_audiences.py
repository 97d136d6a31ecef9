"""Every address says for whom it is. LoginRequiredMiddleware is the belt; this is the pair of braces."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, path

from accounts.access import public, signed_in

AUDIENCES = {
    "public",
    "signed in",
    "patient",
    "patient's phone",
    "carer",
    "clinician",
    "lead",
    "administrator",
}

# Views of django-allauth name no audience of ours. Whether they ask for a sign-in was looked at, one by one.
ALLAUTH = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reauthenticate",
    "account_email",
    "account_email_verification_sent",
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_confirm_login_code",
    "account_confirm_password_reset_code",
    "account_complete_password_reset",
    "account_password_reset_completed",
    "account_request_login_code",
    "usersessions_list",
    "mfa_index",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_login_webauthn",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
}


def addresses(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        address = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, address)
        else:
            yield address, pattern


def nameless(patterns: list[Any]) -> list[str]:
    """Addresses whose view names no audience, or one that does not exist."""
    return [
        address
        for address, pattern in addresses(patterns)
        if pattern.name not in ALLAUTH and getattr(pattern.callback, "audience", None) not in AUDIENCES
    ]


def test_every_view_names_its_audience():
    assert nameless(get_resolver().url_patterns) == []


def test_no_address_of_allauth_has_gone_unnoticed():
    names = {pattern.name for address, pattern in addresses(get_resolver().url_patterns)}
    assert names >= ALLAUTH


@pytest.mark.django_db
def test_only_public_pages_answer_a_stranger(client):
    """Addresses without parameters, which a stranger could simply try."""
    for address, pattern in addresses(get_resolver().url_patterns):
        if "<" in address or "(" in address or pattern.name in ALLAUTH:
            continue
        is_public = pattern.callback.audience == "public"
        assert is_public or client.get(address).status_code != 200, address


def test_guard_reports_view_without_audience():
    def forgotten(request: Any) -> HttpResponse:
        return HttpResponse()

    def misspelt(request: Any) -> HttpResponse:
        return HttpResponse()

    misspelt.audience = "patiants"  # type: ignore[attr-defined]
    assert nameless([path("forgotten/", forgotten), path("misspelt/", misspelt)]) == [
        "/forgotten/",
        "/misspelt/",
    ]


@pytest.mark.parametrize("decorator", [public, signed_in])
def test_guard_is_content_with_named_audience(decorator: Callable[..., Any]):
    @decorator
    def view(request: Any) -> HttpResponse:
        return HttpResponse()

    assert nameless([path("view/", view)]) == []
