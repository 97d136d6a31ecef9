from typing import cast

from allauth.mfa.adapter import get_adapter as factor_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import remove_webauthn
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import themes
from accounts.access import GET_OR_POST, public, recently_signed_in, signed_in
from accounts.forms import NameForm
from accounts.models import User

LONGEST_ADDRESS = 2000


def is_a_page_of_ours(address: str) -> bool:
    return (
        address.startswith("/")
        and len(address) <= LONGEST_ADDRESS
        and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    )


@public
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    address = request.POST.get("next", "")
    # `redirect` would take what is no address for the name of a view.
    response = HttpResponseRedirect(address if is_a_page_of_ours(address) else "/")
    themes.remember(response, request.POST.get("theme", ""))
    return response


@signed_in
@require_http_methods(GET_OR_POST)
def account(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = NameForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("account")
    return render(request, "accounts/account.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
@require_http_methods(GET_OR_POST)
@recently_signed_in
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponse:
    """The library's page, which would let staff remove their last factor."""
    passkey = get_object_or_404(Authenticator, pk=pk, user=request.user, type=Authenticator.Type.WEBAUTHN)
    factors = factor_adapter()
    if not factors.can_delete_authenticator(passkey):
        messages.error(request, factors.error_messages["cannot_delete_authenticator"])
        return redirect("mfa_list_webauthn")
    return cast(HttpResponse, remove_webauthn(request, pk=pk))
