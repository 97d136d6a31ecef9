"""A month of a paper diary as it was filled in, and a medicine that only the paper names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.paper_summaries import Sheet, SheetRow
from diary import catalogue
from diary.copying import PaperDay
from diary.models import MOST_DOSES, validate_medicine_name
from diary.rules import Headache, MedicationClass
from diary.words import ANSWERS, CLASS_LABELS

WORDS = [
    ("", "–"),
    *((word.value, label) for word, label in ANSWERS),
    (Headache.YES.value, gettext_lazy("Yes, strength not said")),
]
"""In the order of their keys, 0 to 4, after the empty one."""


@dataclass(frozen=True, slots=True)
class FormRow:
    """A day with its fields."""

    row: SheetRow
    word: BoundField
    doses: list[BoundField]
    period: BoundField


class PaperMonthForm(forms.Form):
    """One field a day for the word, one for each medicine, and a tick for the period. Empty days say nothing."""

    def __init__(self, sheet: Sheet, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        for row in sheet.rows:
            self._add_fields(row.date)

    def _add_fields(self, when: date) -> None:
        named = date_format(when, "l j F")
        shown = {"aria-label": _("%(day)s: headache") % {"day": named}, "class": "entry__word"}
        self.fields[word_name(when)] = forms.ChoiceField(
            label=named, choices=WORDS, required=False, widget=forms.Select(attrs=shown)
        )
        for key, medicine in self.sheet.columns:
            label = f"{named}: {medicine}"
            attrs = {"aria-label": label, "class": "entry__doses", "data-key": key, "inputmode": "numeric"}
            self.fields[doses_name(when, medicine.pk)] = forms.IntegerField(
                label=label,
                required=False,
                min_value=0,
                max_value=MOST_DOSES,
                widget=forms.NumberInput(attrs=attrs),
            )
        label = _("%(day)s: period") % {"day": named}
        attrs = {"aria-label": label, "class": "form-check-input", "data-key": "p"}
        self.fields[period_name(when)] = forms.BooleanField(
            label=label, required=False, widget=forms.CheckboxInput(attrs=attrs)
        )

    @property
    def rows(self) -> Iterator[FormRow]:
        for row in self.sheet.rows:
            doses = [self[doses_name(row.date, medicine.pk)] for _key, medicine in self.sheet.columns]
            yield FormRow(row, self[word_name(row.date)], doses, self[period_name(row.date)])

    def _doses(self, cleaned: dict[str, Any], when: date) -> dict[int, int]:
        found = {m.pk: cleaned.get(doses_name(when, m.pk)) for _key, m in self.sheet.columns}
        return {pk: number for pk, number in found.items() if number}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for row in self.sheet.rows:
            name = word_name(row.date)
            says_more = self._doses(cleaned, row.date) or cleaned.get(period_name(row.date))
            if says_more and name not in self.errors and not cleaned.get(name):
                self.add_error(name, _("How was the head? A medicine or a period alone records no day."))
        if not self.errors and not self.days(cleaned):
            self.add_error(None, _("No day is filled in."))
        return cleaned

    def days(self, cleaned: dict[str, Any]) -> list[PaperDay]:
        """The days that the paper says something of."""
        return [
            PaperDay(
                row.date,
                Headache(cleaned[word_name(row.date)]),
                self._doses(cleaned, row.date),
                cleaned[period_name(row.date)],
            )
            for row in self.sheet.rows
            if cleaned.get(word_name(row.date))
        ]


def word_name(when: date) -> str:
    return f"word-{when.day}"


def doses_name(when: date, medicine: int) -> str:
    return f"doses-{when.day}-{medicine}"


def period_name(when: date) -> str:
    return f"period-{when.day}"


class PaperMedicineForm(forms.Form):
    """A medicine for the patient's list: as the catalogue knows it, else with its kind."""

    name = forms.CharField(
        label=gettext_lazy("Name, with its strength"),
        max_length=80,
        validators=[validate_medicine_name],
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "catalogue"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[
            ("", gettext_lazy("As in the catalogue")),
            *((one.value, CLASS_LABELS[one]) for one in MedicationClass),
        ],
        help_text=gettext_lazy("Only where the catalogue does not know the name."),
    )
    prefix = "new"
    use_required_attribute = False  # it stands in the form of the month

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        name = cleaned.get("name")
        if not name:
            return cleaned
        match = catalogue.match(name)
        if match:
            # The catalogue's kind is counted, whatever was chosen.
            cleaned["named"] = (
                match.product.key,
                match.name,
                match.strength,
                match.product.medication_class.value,
            )
        elif cleaned.get("kind"):
            cleaned["named"] = ("", name, "", cleaned["kind"])
        elif "kind" not in self.errors:
            self.add_error("kind", _("The catalogue does not know this name: choose its kind."))
        return cleaned
