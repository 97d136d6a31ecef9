"""What a clinic's lead asks the service audit for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.audit_counts import CYCLES_COUNTED, products
from clinic.disclosure import SMALLEST
from clinic.models import Clinic
from clinic.service_audit import Question, measures

CYCLES = range(1, CYCLES_COUNTED + 1)


def _date(label: Any) -> forms.DateField:
    # A browser's field of dates sends this form alone, whatever the page's language.
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "form-control"})
    return forms.DateField(label=label, required=False, widget=widget, input_formats=["%Y-%m-%d"])


def _choice(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, widget=forms.Select(attrs={"class": "form-select"}))


class QuestionForm(forms.Form):
    """Every field may be left out. The clinic comes first: products and criteria are its own."""

    clinic = _choice(gettext_lazy("Clinic"))
    since = _date(gettext_lazy("First injection from"))
    until = _date(gettext_lazy("First injection until"))
    product = _choice(gettext_lazy("First product"))
    criteria = _choice(gettext_lazy("Criteria"))
    cycle = _choice(gettext_lazy("Cycle in detail"))

    def __init__(self, clinics: QuerySet[Clinic], now: datetime, data: Any) -> None:
        super().__init__({name: data.get(name, "").replace("\x00", "") for name in self.base_fields})
        by_slug = {clinic.slug: clinic for clinic in clinics}
        self.chosen = by_slug.get(self.data["clinic"]) or next(iter(by_slug.values()))
        self.measures = {measure.key: measure for measure in measures(self.chosen)}
        self._offer("clinic", [(slug, clinic.name) for slug, clinic in by_slug.items()])
        given = [(name, name) for name in products(self.chosen, now, SMALLEST)]
        self._offer("product", [("", _("Any product")), *given])
        self._offer("criteria", [(key, self._words(key)) for key in self.measures])
        as_asked = _("As the criteria ask")
        self._offer("cycle", [("", as_asked), *((str(n), _("Cycle %(n)d") % {"n": n}) for n in CYCLES)])
        if len(by_slug) == 1:
            del self.fields["clinic"]
        if not self.data["criteria"]:
            followed = self.chosen.follows
            self.data["criteria"] = followed if followed in self.measures else next(iter(self.measures))

    def _offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _words(self, key: str) -> str:
        one = self.measures[key]
        words = {"name": one.name, "percent": one.percent, "cycle": one.cycles}
        return _("%(name)s: %(percent)d %% at cycle %(cycle)d") % words

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("The period ends before it begins."))
        return cleaned

    @property
    def question(self) -> Question:
        """Of a valid form."""
        said = self.cleaned_data
        measure = self.measures[said["criteria"]]
        cycle = int(said["cycle"] or min(measure.cycles, CYCLES_COUNTED))
        return Question(self.chosen, measure, cycle, said["since"], said["until"], said["product"])
