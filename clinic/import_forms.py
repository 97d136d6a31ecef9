"""A diary file that was chosen, and what its unknown medicines are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from diary.imports.archive import Unreadable
from diary.imports.uploaded import is_of_two_files, text_of
from diary.rules import MedicationClass
from diary.words import CLASS_LABELS


class DiaryFileForm(forms.Form):
    """A diary file of one person, and where the program writes two the second; the cleaned `file` is the text."""

    file = forms.FileField(
        label=_("Diary file"),
        widget=forms.FileInput(
            attrs={"accept": ".csv,.json,.html,.xml,.zip,text/csv", "class": "form-control"}
        ),
    )
    doses = forms.FileField(
        label=_("Doses, if they are in a file of their own"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv", "class": "form-control"}),
    )

    def clean_file(self) -> str:
        return _text(self.cleaned_data["file"])

    def clean_doses(self) -> str:
        text = _text(sent) if (sent := self.cleaned_data["doses"]) else ""
        if text and not is_of_two_files(text):
            raise forms.ValidationError(
                _("This is no list of doses that goes with another file. Leave it out.")
            )
        return text

    @property
    def text(self) -> str:
        """Of both files, the one behind the other."""
        return "\n".join(filter(None, (self.cleaned_data["file"], self.cleaned_data["doses"])))


def _text(sent: Any) -> str:
    try:
        return text_of(sent)
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
