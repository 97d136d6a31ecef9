"""What a clinician decided, and a clinic's own numbers, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from crispy_forms.layout import Div, Layout
from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import CRITERIA_NUMBERS, DECIDED, CriteriaSet, Decision
from clinic.rules import PUBLISHED_CRITERIA
from clinic.terms import DecisionKind, StopReason
from clinic.words import answers, decision_kinds, stop_reasons
from diary.forms import LinesField, formless, not_to_come

MOST_PREVENTIVES = 30


class DecisionForm(forms.ModelForm):
    """One decision. Nothing is chosen beforehand. `criteria`: the names of those offered, by key."""

    cycle = forms.TypedChoiceField(
        label=gettext_lazy("After which injection"), required=False, coerce=int, empty_value=None
    )
    criteria = forms.ChoiceField(label=gettext_lazy("Criteria looked at"), required=False)

    class Meta:
        model = Decision
        fields = DECIDED
        widgets = {
            "made_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "kind": forms.RadioSelect,
            "stop_reason": forms.RadioSelect,
            "overuse_managed": forms.RadioSelect,
            "reason": forms.Textarea(attrs={"rows": 3}),
            "preventives_tried": forms.NumberInput(
                attrs={"min": 0, "max": MOST_PREVENTIVES, "inputmode": "numeric"}
            ),
        }
        field_classes = {"reason": LinesField}
        help_texts = {
            "reason": gettext_lazy("In a few words. It stands in the patient’s copy too."),
            "preventives_tried": gettext_lazy(
                "Your own number: without enough effect, not tolerated or unsuitable."
            ),
        }

    def __init__(
        self,
        today: date,
        given: Sequence[date],
        criteria: Mapping[str, str],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["made_on"].widget.attrs["max"] = today.isoformat()
        after = [
            (
                str(number),
                _("%(n)d, on %(date)s") % {"n": number, "date": date_format(when, "j M Y")},
            )
            for number, when in enumerate(given, start=1)
        ]
        choices: dict[str, list[tuple[str, Any]]] = {
            "kind": decision_kinds(),
            "stop_reason": [("", _("Not said")), *stop_reasons()],
            "overuse_managed": [("", _("Not said")), *answers()],
            "cycle": [("", _("Before the first")), *after],
            "criteria": [*criteria.items(), ("", _("None of these"))],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        self.helper = formless()

    @property
    def is_about_stopping(self) -> bool:
        """The part about stopping says something already."""
        return bool(self["stop_reason"].value()) or "stop_reason" in self.errors

    @property
    def is_about_starting(self) -> bool:
        """The part about starting says something already, or there was no injection yet."""
        said = self["overuse_managed"].value() or self["preventives_tried"].value() not in (None, "")
        return bool(said) or "preventives_tried" in self.errors or len(self.fields["cycle"].choices) == 1  # type: ignore[attr-defined]

    def clean_made_on(self) -> date | None:
        return not_to_come(self.cleaned_data["made_on"], self.today)

    def clean_preventives_tried(self) -> int | None:
        tried: int | None = self.cleaned_data["preventives_tried"]
        if tried is not None and tried > MOST_PREVENTIVES:
            raise forms.ValidationError(
                _("A number from 0 to %(most)d, please.") % {"most": MOST_PREVENTIVES}
            )
        return tried

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        kind, why = said.get("kind"), said.get("stop_reason")
        if kind == DecisionKind.STOP and not why:
            self.add_error("stop_reason", _("Why does the treatment end?"))
        if kind and kind != DecisionKind.STOP and why:
            self.add_error("stop_reason", _("This belongs to Stop. Choose Stop above, or “Not said” here."))
        is_said = why and why != StopReason.OTHER
        if kind and not said.get("reason") and "reason" not in self.errors and not is_said:
            self.add_error("reason", _("Why? A few words are enough."))
        before = kind == DecisionKind.START or said.get("cycle") is None
        for name in ("overuse_managed", "preventives_tried"):
            if kind and not before and said.get(name) not in (None, ""):
                self.add_error(name, _("This belongs to a start. Leave it out here."))
        return said


class CriteriaForm(forms.ModelForm):
    """A clinic's own numbers, with their source."""

    class Meta:
        model = CriteriaSet
        fields = CRITERIA_NUMBERS
        labels = {
            "inadequate_percent": gettext_lazy("Reduction below, in percent"),
            "inadequate_cycles": gettext_lazy("After how many cycles"),
            "episodic_below": gettext_lazy("Fewer than so many headache days a month"),
            "episodic_months": gettext_lazy("In how many calendar months in a row"),
        }
        help_texts = {
            "name": gettext_lazy("As it stands in tables, such as “Riverside 2026”."),
            "source": gettext_lazy(
                "Where the numbers come from: a publication, or a decision of the clinic and its date."
            ),
        }

    RANGES = {
        "inadequate_percent": (1, 100),
        "inadequate_cycles": (1, 8),
        "episodic_below": (1, 28),
        "episodic_months": (1, 12),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (least, most) in self.RANGES.items():
            self.fields[name].widget.attrs |= {"min": least, "max": most, "inputmode": "numeric"}
        self.helper = formless()
        self.helper.layout = Layout("name", "source", Div(*self.RANGES, css_class="pair pair--wide"))

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.casefold() in {one.name.casefold() for one in PUBLISHED_CRITERIA}:
            raise forms.ValidationError(_("Published criteria have this name already."))
        return name

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for name, (least, most) in self.RANGES.items():
            if said.get(name) is not None and not least <= said[name] <= most:
                self.add_error(
                    name, _("A number from %(least)d to %(most)d, please.") % {"least": least, "most": most}
                )
        if not self.errors:
            made = CriteriaSet(clinic=self.instance.clinic, **said)
            named = made.clinic.criteria_sets.in_use().named(made.name)
            # The same set once more is a second tap.
            if named.exists() and not named.saying(made).exists():
                self.add_error(
                    "name", _("A set in use has this name already. Retire it first, or choose another.")
                )
        return said
