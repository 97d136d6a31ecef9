"""What a patient may say of the medicines on their list, checked."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from diary import catalogue
from diary.forms import formless, not_to_come
from diary.models import Medicine, Preventive
from diary.rules import MedicationClass
from diary.words import CLASS_EXPLANATIONS, CLASS_LABELS


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
        self.helper = formless()

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if match := catalogue.match(name):
            raise forms.ValidationError(
                _("%(name)s is in the list: search for it above, so that it is counted rightly."),
                params={"name": match.name},
            )
        return str(name)


class DefaultDoseForm(forms.ModelForm):
    """How much one tap on a medicine adds."""

    class Meta:
        model = Medicine
        fields = ("default_dose",)


class PreventiveForm(forms.ModelForm):
    """A preventive medicine: what, how much, since when, and how it ended."""

    prefix = "preventive"  # it stands on a page with another form

    class Meta:
        model = Preventive
        fields = ("name", "dose", "started_on", "ended_on", "reason", "remark")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off", "list": "known-preventives"}),
            "started_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ended_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "reason": forms.RadioSelect,
        }
        help_texts = {
            "dose": _("As you take it, such as “8 mg in the morning”."),
            "ended_on": _("Leave it empty while you take it."),
        }

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        choices = self.fields["reason"].choices  # type: ignore[attr-defined]
        self.fields["reason"].choices = [*choices[1:], ("", _("Not said"))]  # type: ignore[attr-defined]

    @property
    def ends(self) -> bool:
        """Whether the part about the end has something to show."""
        return any(self.errors.get(name) or self[name].value() for name in ("ended_on", "reason", "remark"))

    def clean_started_on(self) -> date | None:
        return not_to_come(self.cleaned_data["started_on"], self.today)

    def clean_ended_on(self) -> date | None:
        return not_to_come(self.cleaned_data["ended_on"], self.today)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        started, ended = cleaned.get("started_on"), cleaned.get("ended_on")
        if started and ended and ended < started:
            self.add_error("ended_on", _("This is before the day on which it began."))
        if cleaned.get("reason") and not ended and "ended_on" in cleaned:
            self.add_error("ended_on", _("Say when it ended, or choose “Not said” below."))
        return cleaned
