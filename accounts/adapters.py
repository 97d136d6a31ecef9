"""What django-allauth asks us: who may sign up, how seeds are kept, which factor may go."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import factors, sessions
from accounts.models import SECOND_FACTORS
from accounts.passwords import normalised


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "cannot_remove_primary_email": _("You cannot remove your main address."),
        "duplicate_email": _("This address is in your list already."),
        "email_password_mismatch": _("This e-mail address and this password do not go together."),
        "max_email_addresses": _("You cannot add more than %d addresses."),
        "unverified_primary_email": _("Please confirm your main address first."),
    }

    def clean_password(self, password: str, user: Any = None) -> str:
        return super().clean_password(normalised(password), user)

    def set_password(self, user: Any, password: str) -> None:
        """A new password gives the session a new key, and nobody would know any more which it had."""
        if context.request:
            context.request.former_session_key = context.request.session.session_key
        super().set_password(user, password)

    def login(self, request: HttpRequest, user: Any) -> None:
        """Every way in ends here."""
        super().login(request, user)
        request.session["signed_in_at"] = int(time.time())
        # Otherwise the page of addresses would write it when somebody only looks.
        sync_user_email_address(user)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code from the app"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        return [
            method | {"description": words[method["id"]]}
            for method in super().get_reauthentication_methods(user)
        ]

    def is_reauthentication_required(self, *, app: str, **rest: Any) -> bool:
        return super().is_reauthentication_required(app=app, **rest) and not just_signed_in(context.request)


def just_signed_in(request: HttpRequest) -> bool:
    """Whoever has given the password a minute ago need not give it again."""
    moments = [record["at"] for record in get_authentication_records(request, request.user)]
    return bool(moments) and time.time() - max(moments) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


class FactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": _(
            "You work at a clinic, so you need a second factor, and this is your last one. Add another one first."
        ),
        "incorrect_code": _("This code is not right, or it was used before. Please wait for the next one."),
        "unverified_email": _("Please confirm your e-mail address first."),
    }

    def encrypt(self, text: str) -> str:
        return factors.sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        return factors.opened(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        user = context.request.user
        if not (settings.REQUIRE_SECOND_FACTOR and user.works_at_clinic):
            return True
        others = Authenticator.objects.filter(user_id=user.pk, type__in=SECOND_FACTORS)
        return others.exclude(pk=authenticator.pk).exists()

    def build_totp_svg(self, url: str) -> str:
        # The page draws the code itself: an image would have to be a data: address, which is refused.
        return ""

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey {number}").format(number=number)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": settings.MFA_TOTP_ISSUER}


class DeviceAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, devices: Any) -> None:
        super().end_sessions(devices)
        # Those that the list does not know, too.
        sessions.end_all(context.request.user, but=context.request)
