from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts import themes
from accounts.access import public

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
