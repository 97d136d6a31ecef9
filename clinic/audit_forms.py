"""What a clinic's lead asks the service audit for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.audit_counts import CYCLES_COUNTED, products
from clinic.disclosure import SMALLEST
from clinic.models import Clinic
from clinic.service_audit import Question, measures
from diary.rules import months_back

CYCLES = range(1, CYCLES_COUNTED + 1)
QUARTERS = 40
"""That a period may begin or end with, the current one last."""


def _date(label: Any) -> forms.TypedChoiceField:
    """Whole quarters alone: periods that differ by days, subtracted, would tell of single people."""
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.TypedChoiceField(
        label=label, required=False, widget=widget, coerce=date.fromisoformat, empty_value=None
    )


def _quarters(today: date) -> list[tuple[date, date]]:
    """The first and the last day of each, the latest first."""
    this = today.replace(month=today.month - (today.month - 1) % 3, day=1)
    firsts = [months_back(this, 3 * back) for back in range(-1, QUARTERS)]
    return [(first, after - timedelta(days=1)) for after, first in pairwise(firsts)]


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
        any_day = ("", _("Any day"))
        quarters = _quarters(timezone.localdate(now))
        self._offer("since", [any_day, *((f"{one}", date_format(one, "j F Y")) for one, _last in quarters)])
        self._offer("until", [any_day, *((f"{one}", date_format(one, "j F Y")) for _first, one in quarters)])
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
