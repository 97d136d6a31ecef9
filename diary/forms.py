"""What a patient may say with a tap, and who they are, checked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diary.merging import FIELD, HEADACHE
from diary.models import MOST_AT_A_TAP, Medicine, Patient, time_zones, validate_text
from diary.rules import Headache, Relief


def formless() -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True  # the page's own form holds the token
    return helper


def not_to_come(when: date | None, today: date) -> date | None:
    """A date of somebody's life, checked; `None` stays."""
    if when and when > today:
        raise forms.ValidationError(_("This date has not come yet."))
    if when and when.year < 1900:
        raise forms.ValidationError(_("Please check the year."))
    return when


class LinesField(forms.CharField):
    """Text of several lines. A browser counts a line break as one character but sends two."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


NO_ANSWER = _("Nothing was saved: that is not an answer to the question.")
"""Said of an answer that no button sends."""


class HeadacheForm(forms.Form):
    """One tap: was there a headache, and how bad."""

    headache = forms.ChoiceField(choices=[(word.value, word.value) for word in Headache])

    def clean_headache(self) -> Headache:
        return Headache(self.cleaned_data["headache"])


class DoseForm(forms.Form):
    """One tap on a medicine, or on its way back."""

    medicine = forms.ModelChoiceField(queryset=Medicine.objects.none())
    change = forms.TypedChoiceField(
        choices=[(str(n), str(n)) for n in range(-MOST_AT_A_TAP, MOST_AT_A_TAP + 1) if n], coerce=int
    )

    def __init__(self, patient: Patient, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["medicine"].queryset = patient.medicines.all()  # type: ignore[attr-defined]


class ChoiceForm(forms.Form):
    """One of the values that stand beside each other for a field of a day."""

    field = forms.RegexField(rf"^(?:{FIELD.pattern})\Z")
    value = forms.CharField(required=False, max_length=8)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        value = cleaned.get("value", "")
        if cleaned.get("field") == HEADACHE:
            cleaned["value"] = value or None
        elif value.isascii() and value.isdigit():
            cleaned["value"] = int(value)
        else:
            self.add_error("value", _("Not a number of doses."))
        return cleaned


class MissedDaysForm(forms.Form):
    """Several past days that were headache-free."""

    days = forms.MultipleChoiceField(
        error_messages={
            "required": _("Tick the days that were headache-free."),
            "invalid_choice": _("Not a missed day."),
        }
    )

    def __init__(self, missed: Iterable[Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dates = {day.isoformat(): day for day in missed}
        self.fields["days"].choices = [(text, text) for text in self.dates]  # type: ignore[attr-defined]

    def clean_days(self) -> list[Any]:
        return [self.dates[text] for text in self.cleaned_data["days"]]


class ReliefForm(forms.Form):
    """One tap: did it help, two hours later."""

    NOT_NOW = "not_now"

    relief = forms.ChoiceField(choices=[*((word.value, word.value) for word in Relief), (NOT_NOW, NOT_NOW)])

    def clean_relief(self) -> Relief | None:
        """`None`: not now."""
        word = self.cleaned_data["relief"]
        return None if word == self.NOT_NOW else Relief(word)


class PatientForm(forms.ModelForm):
    """Who keeps this diary, and in which time zone its days begin and end."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Your days begin and end at midnight there."),
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in time_zones()],
    )

    class Meta:
        model = Patient
        fields = ("name", "date_of_birth", "time_zone")
        help_texts = {
            "name": _("As your clinic knows you. Only you and those you share with see it."),
            "date_of_birth": _("May be left out. A clinic uses it to know that the diary is yours."),
        }
        widgets = {"date_of_birth": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["date_of_birth"].widget.attrs["autocomplete"] = "bday"
        self.fields["time_zone"].widget.attrs["data-own-zone"] = (
            "" if self.instance.pk or self.is_bound else "guess"
        )
        self.helper = formless()

    def clean_date_of_birth(self) -> date | None:
        return not_to_come(self.cleaned_data["date_of_birth"], timezone.localdate())


class CarerCodeForm(forms.Form):
    """The code that a patient gave to the one who is to log for them. Who has no name yet says it: it is shown."""

    code = forms.CharField(
        label=_("Code"),
        max_length=60,
        help_text=_("Eight letters and digits. Small letters, spaces and hyphens do not matter."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        validators=[validate_text],
        help_text=_("The person you log for reads it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def __init__(self, known_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known_name:
            del self.fields["name"]
        self.helper = formless()
