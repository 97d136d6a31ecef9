"""What a clinician may record, checked. Dosing outside PREEMPT is said, never refused."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import NameForm
from clinic.models import Clinic, Membership
from diary.forms import formless
from diary.models import validate_text


class ClinicForm(forms.Form):
    """A form that somebody fills in for one of their clinics; who has one alone is not asked which."""

    clinic = forms.ModelChoiceField(
        Clinic.objects.none(), label=gettext_lazy("Clinic"), empty_label=gettext_lazy("Choose a clinic")
    )

    def __init__(self, clinics: QuerySet[Clinic], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clinic"].queryset = clinics  # type: ignore[attr-defined]
        found = list(clinics[:2])
        self.only_clinic = found[0] if len(found) == 1 else None
        if self.only_clinic:
            del self.fields["clinic"]
        self.helper = formless()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.only_clinic:
            cleaned["clinic"] = self.only_clinic
        return cleaned


def reference_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Clinic number"),
        required=False,
        max_length=64,
        validators=[validate_text],
        help_text=gettext_lazy("Your own number for this patient. May be left out."),
    )


class LinkForm(ClinicForm):
    """The code that a patient reads out."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=60,
        help_text=gettext_lazy("Eight letters and digits, as the patient reads them out."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    reference = reference_field()

    field_order = ("code", "reference", "clinic")


class PatientInvitationForm(ClinicForm):
    """By mail where there is an address, else on paper."""

    how = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=[("sheet", gettext_lazy("On paper, to hand over")), ("mail", gettext_lazy("By e-mail"))],
        widget=forms.RadioSelect,
        initial="sheet",
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        required=False,
        max_length=254,
        help_text=gettext_lazy(
            "For an invitation by e-mail. The e-mail names neither the patient nor the clinic."
        ),
    )
    reference = reference_field()

    field_order = ("how", "email", "reference", "clinic")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        by_mail = cleaned.get("how") == "mail"
        if by_mail and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", _("Which e-mail address should it go to?"))
        if not by_mail:
            cleaned["email"] = ""
        return cleaned


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Membership.Role.choices)


class StaffNameForm(NameForm):
    """Patients read who looked, so nobody works here without a name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["name"].help_text = _("Patients read it when they see who looked.")


class StaffInvitationForm(ClinicForm):
    """Who is to work here, and as what."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=Membership.Role.choices,
        help_text=gettext_lazy(
            "Clinicians and nurses read the diaries that are shared with the clinic. A lead does too, and chooses "
            "the staff. An administrator chooses the staff and reads no diary."
        ),
    )

    field_order = ("email", "role", "clinic")
