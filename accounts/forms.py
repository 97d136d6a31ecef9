from collections.abc import Callable
from typing import Any

from allauth.account import forms as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse

from accounts.models import User


class NameForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["name"]
        labels = {"name": _("Your name")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class AddressInOurWords:
    """The library's form, with the word that stands everywhere else for its address."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields.keys() & {"email", "login"}:
            field = self.fields[name]
            field.label = _("E-mail address")
            field.widget.attrs["placeholder"] = _("E-mail address")
            field.error_messages["invalid"] = _("Please check the e-mail address.")


class SignInForm(AddressInOurWords, account.LoginForm):
    pass


class SignUpForm(AddressInOurWords, account.SignupForm):
    pass


class ResetForm(AddressInOurWords, account.ResetPasswordForm):
    pass


class CodeByEmailForm(AddressInOurWords, account.RequestLoginCodeForm):
    pass


class AddressForm(AddressInOurWords, account.AddEmailForm):
    pass


def checked(check: Callable[[], Any]) -> Any:
    """What the check finds. The library takes it for granted that a browser wrote the answer."""
    try:
        return check()
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise get_adapter().validation_error("incorrect_code") from error


class PasskeyForm(AddWebAuthnForm):
    """A passkey that signs in by itself, unless the key is one of those that cannot."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("A name for it, such as the device it is on")
        passwordless = self.fields["passwordless"]
        passwordless.initial = True
        passwordless.label = _("I want to sign in with it alone, without my password")
        passwordless.help_text = _("For this it must ask for your finger, your face or a PIN.")

    def clean(self) -> dict[str, Any]:
        return checked(super().clean)  # type: ignore[no-any-return]


class ShownPasskey:
    """A passkey that counts must have counted on, or there are two of it."""

    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Authenticator:
        passkey: Authenticator = checked(super().clean_credential)  # type: ignore[misc]
        answer = AuthenticationResponse.from_dict(self.cleaned_data["credential"]).response
        count = answer.authenticator_data.counter
        known = passkey.data.get("count", passkey.wrap().authenticator_data.counter)
        if count <= known and (count or known):
            raise get_adapter().validation_error("incorrect_code")
        passkey.data["count"] = count
        passkey.save(update_fields=["data"])
        return passkey


class LoginForm(ShownPasskey, LoginWebAuthnForm):
    """Alone, in place of password and factor: so the key must have been made for that, and must have asked for a
    finger, a face or a PIN. The library takes the word of whichever challenge is under way.
    """

    def clean_credential(self) -> Authenticator:
        passkey = super().clean_credential()
        answer = AuthenticationResponse.from_dict(self.cleaned_data["credential"]).response
        if not (answer.authenticator_data.is_user_verified() and passkey.wrap().is_passwordless):
            raise get_adapter().validation_error("incorrect_code")
        return passkey


class FactorForm(ShownPasskey, AuthenticateWebAuthnForm):
    pass


class AgainForm(ShownPasskey, ReauthenticateWebAuthnForm):
    pass
