"""How often somebody may try. The counts live in the cache that all processes share, as those of the sign-in do."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

RATES = {
    # Codes that did not fit, in a quarter of an hour.
    "link_code": "10/15m/user,30/15m/ip",
    "carer_code": "10/15m/user,30/15m/ip",
    "invite": "60/h/user",
    # A calendar program asks once in an hour or a day; several people may share an address.
    "clinic_feed": "120/h/ip",
    # Files that are looked at for an import: a large one keeps a processor busy for half a minute.
    "import": "60/h/user",
    # Programs; several may share an address.
    "api": "240/h/ip",
    "api_refused": "60/h/ip",
    # Addresses of patients who are not theirs. Each is an entry in the audit log for good.
    "refused": "60/h/user",
}


def may_try(request: HttpRequest, action: str) -> bool:
    """Whether one more is let through; nothing is counted."""
    return bool(
        ratelimit.consume(request, app="diary", action=action, config=RATES, limit_get=True, dry_run=True)
    )


def count(request: HttpRequest, action: str) -> bool:
    """Counts one more, where it is let through; whether it is."""
    return bool(ratelimit.consume(request, app="diary", action=action, config=RATES, limit_get=True))


TOO_MANY_INVITATIONS = _("Those were many invitations in an hour. Please go on later.")
