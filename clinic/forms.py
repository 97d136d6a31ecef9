"""What a clinician may record, checked. Dosing outside PREEMPT is said, never refused."""

from __future__ import annotations

from datetime import date
from typing import Any

from crispy_forms.layout import Div, Layout
from django import forms
from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import NameForm
from clinic.models import SAID_FIELDS, Clinic, InjectionSession, Membership
from clinic.rules import FIXED_SITES, FIXED_UNITS, MOST_SITES, MOST_UNITS, UNITS_PER_SITE, dosing_remarks
from diary.forms import LinesField, formless
from diary.models import validate_text

PREEMPT = {
    "fixed_units": FIXED_UNITS,
    "most_units": MOST_UNITS,
    "fixed_sites": FIXED_SITES,
    "most_sites": MOST_SITES,
    "each": UNITS_PER_SITE,
}


class SessionForm(forms.ModelForm):
    """One injection session."""

    class Meta:
        model = InjectionSession
        fields = SAID_FIELDS
        widgets = {
            "date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "expiry": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "note": forms.Textarea(attrs={"rows": 3}),
            "units": forms.NumberInput(attrs={"min": 1, "max": 1000, "inputmode": "numeric"}),
            "sites": forms.NumberInput(attrs={"min": 1, "max": 100, "inputmode": "numeric"}),
        }
        field_classes = {"note": LinesField}
        help_texts = {
            "product": gettext_lazy("Units are not interchangeable between products."),
            "units": format_lazy(
                gettext_lazy("PREEMPT: {fixed}, up to {most}."), fixed=FIXED_UNITS, most=MOST_UNITS
            ),
            "sites": format_lazy(
                gettext_lazy("PREEMPT: {fixed}, up to {most}, {each} units each."),
                fixed=FIXED_SITES,
                most=MOST_SITES,
                each=UNITS_PER_SITE,
            ),
        }

    def __init__(self, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["date"].widget.attrs["max"] = today.isoformat()
        self.helper = formless()
        self.helper.layout = Layout(
            Div("date", "product", css_class="pair pair--wide"),
            Div("units", "sites", "batch", "expiry", css_class="pair pair--wide"),
            "note",
        )

    def clean_date(self) -> date:
        when: date = self.cleaned_data["date"]
        if when > self.today:
            raise forms.ValidationError(_("This date has not come yet. Record a session after it was given."))
        if when.year < 1990:
            raise forms.ValidationError(
                _("This date lies before the treatment existed. Please check the year.")
            )
        taken = InjectionSession.objects.filter(patient=self.instance.patient, date=when).exclude(
            pk=self.instance.pk
        )
        if taken.exists():
            raise forms.ValidationError(
                _("A session on this date is recorded already. Open it below to correct it.")
            )
        return when

    def _in_range(self, name: str, most: int) -> int | None:
        value: int | None = self.cleaned_data[name]
        if value is not None and not 1 <= value <= most:
            raise forms.ValidationError(_("A number from 1 to %(most)d, please.") % {"most": most})
        return value

    def clean_units(self) -> int | None:
        return self._in_range("units", 1000)

    def clean_sites(self) -> int | None:
        return self._in_range("sites", 100)

    @property
    def remarks(self) -> list[str]:
        """What differs from PREEMPT's published dosing, in words."""
        words = {
            "units": _("%(units)s units: PREEMPT publishes %(fixed_units)d to %(most_units)d."),
            "sites": _("%(sites)s sites: PREEMPT publishes %(fixed_sites)d to %(most_sites)d."),
            "units_per_site": _(
                "%(units)s units at %(sites)s sites: PREEMPT publishes %(each)d units a site."
            ),
        }
        saved = self.instance
        numbers = PREEMPT | {"units": saved.units, "sites": saved.sites}
        return [words[remark] % numbers for remark in dosing_remarks(saved.units, saved.sites)]


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
