"""What a patient may say, checked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from diary import catalogue
from diary.merging import HEADACHE
from diary.models import (
    ENTERED_FIELDS,
    MOST_DOSES,
    DiaryDay,
    Medicine,
    Patient,
    feature_words,
    time_zones,
    validate_text,
)
from diary.rules import Feature, Headache, MedicationClass
from diary.words import CLASS_EXPLANATIONS, CLASS_LABELS, feature_choices

YES_NO = (("unknown", _("Not said")), ("true", _("Yes")), ("false", _("No")))
PAIN = [("", _("Not said")), *((n, str(n)) for n in range(11))]


def _formless(layout: Layout | None = None) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True  # the page's own form holds the token
    if layout:
        helper.layout = layout
    return helper


class LinesField(forms.CharField):
    """Text of several lines. A browser counts a line break as one character but sends two."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class HeadacheForm(forms.Form):
    """One tap: was there a headache, and how bad."""

    headache = forms.ChoiceField(choices=[(word.value, word.value) for word in Headache])

    def clean_headache(self) -> Headache:
        return Headache(self.cleaned_data["headache"])


class DoseForm(forms.Form):
    """One tap on a medicine, or on its way back."""

    medicine = forms.ModelChoiceField(queryset=Medicine.objects.none())
    change = forms.TypedChoiceField(choices=(("1", "1"), ("-1", "-1")), coerce=int)

    def __init__(self, patient: Patient, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["medicine"].queryset = patient.medicines.all()  # type: ignore[attr-defined]


class ChoiceForm(forms.Form):
    """One of the values that stand beside each other for a field of a day."""

    field = forms.RegexField(r"^(headache|doses:[1-9][0-9]{0,17})\Z")
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


class DayForm(forms.ModelForm):
    """All details of one day, with the doses of each medicine offered."""

    pain = forms.TypedChoiceField(
        label=_("Worst pain, 0 to 10"), choices=PAIN, coerce=int, empty_value=None, required=False
    )
    features = forms.MultipleChoiceField(
        label=_("What came with it"),
        choices=feature_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = DiaryDay
        fields = ENTERED_FIELDS
        widgets = {
            "headache": forms.RadioSelect,
            "migraine": forms.NullBooleanSelect(attrs={"class": "form-select"}),
            "menstruation": forms.NullBooleanSelect(attrs={"class": "form-select"}),
            "hours": forms.NumberInput(
                attrs={"inputmode": "decimal", "step": "any", "min": "0", "max": "24"}
            ),
            "note": forms.Textarea(attrs={"rows": 3}),
        }
        field_classes = {"note": LinesField}

    def __init__(self, medicines: Iterable[tuple[Medicine, int]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["features"] = [feature.value for feature in self.instance.feature_set]
        if self.instance.hours is not None:
            self.initial["hours"] = f"{self.instance.hours.normalize():f}"
        for name in ("migraine", "menstruation"):
            self.fields[name].widget.choices = YES_NO  # type: ignore[attr-defined]
        for name in ("relief", "disability"):
            self.fields[name].choices = [("", _("Not said")), *self.fields[name].choices[1:]]  # type: ignore[attr-defined]
        self.fields["headache"].choices = self.fields["headache"].choices[1:]  # type: ignore[attr-defined]
        self.medicines = {f"doses_{medicine.pk}": (medicine, doses) for medicine, doses in medicines}
        for name, (medicine, doses) in self.medicines.items():
            self.fields[name] = forms.IntegerField(
                label=str(medicine), min_value=0, max_value=MOST_DOSES, required=False, initial=doses or None
            )
            self.fields[name].widget.attrs |= {"inputmode": "numeric", "placeholder": "0"}
        self.helper = _formless(self._layout())

    def _layout(self) -> Layout:
        doses = [Fieldset(_("Doses taken"), *self.medicines, css_class="doses")] if self.medicines else []
        return Layout(
            "seen",
            "headache",
            *doses,
            Fieldset(_("How it was"), Div("pain", "hours", "migraine", css_class="pair"), "features"),
            Fieldset(_("Afterwards"), Div("relief", "disability", "menstruation", css_class="pair"), "note"),
        )

    def clean_features(self) -> str:
        return feature_words({Feature(word) for word in self.cleaned_data["features"]})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        pain, headache = cleaned.get("pain"), cleaned.get("headache")
        if pain is not None and headache == Headache.NONE and pain > 0:
            self.add_error(
                "pain", _("This day is headache-free: choose 0, or say how bad the headache was above.")
            )
        if pain == 0 and headache and headache != Headache.NONE:
            self.add_error("pain", _("0 means no pain: choose 1 to 10, or “No headache” above."))
        if cleaned.get("hours") and headache == Headache.NONE:
            self.add_error("hours", _("This day is headache-free: leave the hours empty."))
        return cleaned

    def was_changed_meanwhile(self, mark: str) -> None:
        """What was typed stays; saving once more replaces what stands there now."""
        self.data = self.data.copy()
        self.data["seen"] = mark
        self.add_error(
            None,
            _(
                "This day was changed meanwhile, here or on another device. Save again to replace what it says now."
            ),
        )

    @property
    def said(self) -> dict[str, Any]:
        """The day's own fields."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    @property
    def doses(self) -> dict[int, int]:
        """Doses by medicine id, 0 where none was taken; a medicine that the form did not offer is left out."""
        return {
            medicine.pk: self.cleaned_data[name] or 0
            for name, (medicine, _standing) in self.medicines.items()
            if name in self.data
        }


class CatalogueMedicineForm(forms.Form):
    """A medicine found in the catalogue, named as the catalogue spells it."""

    name = forms.CharField(max_length=120)

    def clean_name(self) -> catalogue.Match:
        match = catalogue.match(self.cleaned_data["name"])
        if match is None:
            raise forms.ValidationError(
                _("This name is not in the list. Add it as a medicine of your own below.")
            )
        return match


class OwnMedicineForm(forms.ModelForm):
    """A medicine that the catalogue does not know."""

    class Meta:
        model = Medicine
        fields = ("name", "medication_class")
        widgets = {"medication_class": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["medication_class"].choices = [  # type: ignore[attr-defined]
            (c.value, f"{CLASS_LABELS[c]}: {CLASS_EXPLANATIONS[c]}") for c in MedicationClass
        ]
        self.helper = _formless()

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if match := catalogue.match(name):
            raise forms.ValidationError(
                _("%(name)s is in the list: search for it above, so that it is counted rightly."),
                params={"name": match.name},
            )
        return str(name)


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
        self.helper = _formless()

    def clean_date_of_birth(self) -> date | None:
        born: date | None = self.cleaned_data["date_of_birth"]
        if born and born > timezone.localdate():
            raise forms.ValidationError(_("This date has not come yet."))
        if born and born.year < 1900:
            raise forms.ValidationError(_("Please check the year."))
        return born


def days_saved(number: int) -> str:
    """The words after several days were saved together."""
    return ngettext("%(n)d day saved as headache-free.", "%(n)d days saved as headache-free.", number) % {
        "n": number
    }


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
        self.helper = _formless()
