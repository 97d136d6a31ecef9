from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class NameForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["name"]
        labels = {"name": _("Your name")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class PasskeyForm(AddWebAuthnForm):
    """A passkey that signs in by itself, unless the key is one of those that cannot."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("A name for it, such as the device it is on")
        passwordless = self.fields["passwordless"]
        passwordless.initial = True
        passwordless.label = _("I want to sign in with it alone, without my password")
        passwordless.help_text = _("For this it must ask for your finger, your face or a PIN.")
