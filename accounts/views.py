from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts import themes
from accounts.access import public


@public
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    address = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = redirect(address if ours else "/")
    themes.remember(response, request.POST.get("theme", ""))
    return response
