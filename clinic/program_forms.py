"""What a patient says of a program that is to read the diary."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import AccessToken
from clinic.programs import DAYS, SCOPES
from diary.models import validate_text


class ProgramForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the program"),
        max_length=AccessToken._meta.get_field("name").max_length,
        validators=[validate_text],
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may read"),
        choices=list(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Tick what it may read.")},
    )
    days = forms.ChoiceField(
        label=_("For"),
        choices=[(str(days), _("%(days)d days") % {"days": days}) for days in DAYS],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
