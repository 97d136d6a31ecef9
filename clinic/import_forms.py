"""A diary file that was chosen, and what its unknown medicines are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from diary.imports.uploaded import MOST_BYTES, Unreadable, text_of
from diary.rules import MedicationClass
from diary.words import CLASS_LABELS


class DiaryFileForm(forms.Form):
    """A diary CSV of one person; its cleaned value is the text."""

    file = forms.FileField(
        label=_("Diary CSV"),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv", "class": "form-control"}),
    )

    def clean_file(self) -> str:
        sent = self.cleaned_data["file"]
        try:
            return text_of(sent.read(MOST_BYTES + 1))
        except Unreadable as error:
            raise forms.ValidationError(str(error)) from None


class ClassesForm(forms.Form):
    """One kind for each medicine that the catalogue does not know, or none: then its rows are left out."""

    def __init__(self, unknown: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = unknown
        kinds = [("", _("Leave its rows out")), *((one.value, CLASS_LABELS[one]) for one in MedicationClass)]
        for number, name in enumerate(unknown):
            self.fields[f"kind-{number}"] = forms.ChoiceField(
                label=name, choices=kinds, required=False, widget=forms.Select(attrs={"class": "form-select"})
            )

    @property
    def classes(self) -> dict[str, str]:
        """What was chosen, by the name in small letters."""
        chosen = {name: self.cleaned_data.get(f"kind-{n}") for n, name in enumerate(self.names)}
        return {name.casefold(): word for name, word in chosen.items() if word}
