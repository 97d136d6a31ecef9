"""All that a patient may say of one day, checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, time, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from diary.details import (
    MIDNIGHT,
    Aura,
    BadTrigger,
    Quality,
    Side,
    hours_on_day,
    implied_features,
    trigger_words,
)
from diary.forms import LinesField
from diary.models import (
    ENTERED_FIELDS,
    MOST_DOSES,
    DiaryDay,
    Medicine,
    aura_words,
    feature_words,
    validate_triggers,
)
from diary.rules import Feature, Headache
from diary.words import ANSWERS, FEATURE_LABELS, aura_choices, feature_choices

YES_NO = (("true", _("Yes")), ("false", _("No")), ("unknown", _("Not said")))
HOW_BAD = [
    *((word.value, label) for word, label in ANSWERS),
    (Headache.YES.value, _("A headache, not sure how bad")),
]
PAIN = [*((n, str(n)) for n in range(11)), ("", _("Not said"))]


class YesNoRadios(forms.RadioSelect):
    """Yes, no, or not said: one tap each, where a browser's own choice takes two."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = YES_NO

    def format_value(self, value: Any) -> list[str]:
        return [forms.NullBooleanSelect().format_value(value)]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> bool | None:
        return forms.NullBooleanSelect().value_from_datadict(data, files, name)


class WordsField(forms.MultipleChoiceField):
    """Words that were offered. What else is sent is a word too: the offer may have changed meanwhile."""

    def valid_value(self, value: str) -> bool:
        return True


class DayForm(forms.ModelForm):
    """All details of one day, with the doses of each medicine offered."""

    pain = forms.TypedChoiceField(
        label=_("Worst pain, 0 to 10"),
        choices=PAIN,
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    features = forms.MultipleChoiceField(
        label=_("What came with it"),
        choices=feature_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    aura = forms.MultipleChoiceField(
        label=_("What kind of aura"),
        choices=aura_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A kind also ticks “Aura before or with it”."),
    )
    earlier_triggers = WordsField(
        label=_("What may have played a part"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What you named before. It stands beside the day, and nothing is concluded from it."),
    )
    went_on = forms.BooleanField(label=_("It went on into the next day"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = DiaryDay
        fields = ENTERED_FIELDS
        widgets = {
            "headache": forms.RadioSelect,
            "migraine": YesNoRadios,
            "menstruation": YesNoRadios,
            "relief": forms.RadioSelect,
            "disability": forms.RadioSelect,
            "side": forms.RadioSelect,
            "quality": forms.RadioSelect,
            "hours": forms.NumberInput(
                attrs={"inputmode": "decimal", "step": "any", "min": "0", "max": "24"}
            ),
            "start": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "end": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "note": forms.Textarea(attrs={"rows": 3}),
            "triggers": forms.TextInput(attrs={"autocomplete": "off"}),
        }
        field_classes = {"note": LinesField}
        labels = {"triggers": _("What may have played a part, in your own words")}
        help_texts = {
            "hours": _("On this day alone. Left empty, they follow from the two times."),
            "end": _("Earlier than it began: it went past midnight."),
            "side": _("Left or right also ticks “On one side”."),
            "quality": _("“Throbbing” is ticked above too."),
            "triggers": _("A word or two each, with a comma between them. Nothing is concluded from them."),
        }

    def __init__(
        self,
        medicines: Iterable[tuple[Medicine, int]],
        *args: Any,
        when: date,
        zone: tzinfo,
        earlier_triggers: Callable[[], Sequence[str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.when, self.zone = when, zone
        if self.instance.pk:
            self.initial["features"] = [feature.value for feature in self.instance.feature_set]
            self.initial["aura"] = [kind.value for kind in self.instance.aura_set]
        self._offer(earlier_triggers)
        if self.instance.hours is not None:
            # Hours that follow from the times go on following them.
            follow = self.instance.hours == self._hours_of(self.instance.start, self.instance.end)
            self.initial["hours"] = None if follow else f"{self.instance.hours.normalize():f}"
            if follow:
                self.fields["hours"].widget.attrs["placeholder"] = f"{self.instance.hours.normalize():f}"
        for name in ("relief", "disability", "side", "quality"):
            choices = self.fields[name].choices  # type: ignore[attr-defined]
            self.fields[name].choices = [*choices[1:], ("", _("Not said"))]  # type: ignore[attr-defined]
        self.fields["headache"].choices = HOW_BAD  # type: ignore[attr-defined]
        self.medicines = {f"doses_{medicine.pk}": (medicine, doses) for medicine, doses in medicines}
        for name, (medicine, doses) in self.medicines.items():
            self.fields[name] = forms.IntegerField(
                label=str(medicine), min_value=0, max_value=MOST_DOSES, required=False, initial=doses or None
            )
            attrs = {"inputmode": "numeric", "placeholder": "0", "data-step": medicine.default_dose}
            self.fields[name].widget.attrs |= attrs

    def _offer(self, earlier_triggers: Callable[[], Sequence[str]]) -> None:
        """Words of earlier days to tick; the day's other words stand in the field for new ones. A form that was sent
        looks them up only when it is shown again.
        """
        found = cache(earlier_triggers)
        self.fields["earlier_triggers"].choices = lambda: [(word, word) for word in found()]  # type: ignore[attr-defined]
        if not self.is_bound:
            said = trigger_words(self.instance.triggers)
            self.initial["earlier_triggers"] = [word for word in said if word in found()]
            self.initial["triggers"] = ", ".join(word for word in said if word not in found())

    @property
    def offers_triggers(self) -> bool:
        return bool(list(self.fields["earlier_triggers"].choices))  # type: ignore[attr-defined]

    def _hours_of(self, start: time | None, end: time | None) -> Decimal | None:
        if start is None or end is None:
            return None
        return hours_on_day(self.when, start, end, self.zone)

    @property
    def dose_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.medicines]

    def _is_open(self, *names: str) -> bool:
        """Whether a part that folds has something to show."""
        return any(self.errors.get(name) or self[name].value() for name in names)

    @property
    def shows_times(self) -> bool:
        return self._is_open("start", "end", "hours", "went_on")

    @property
    def shows_kind(self) -> bool:
        return self._is_open("side", "quality", "aura")

    @property
    def shows_day(self) -> bool:
        said = self["menstruation"].value() in (True, False)
        return said or self._is_open("disability", "earlier_triggers", "triggers")

    def clean_start(self) -> time | None:
        return to_the_minute(self.cleaned_data["start"])

    def clean_end(self) -> time | None:
        return to_the_minute(self.cleaned_data["end"])

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
        self._clean_times(cleaned, headache)
        self._clean_triggers(cleaned)
        self._clean_features(cleaned)
        return cleaned

    def _clean_times(self, cleaned: dict[str, Any], headache: str | None) -> None:
        start, end = cleaned.get("start"), cleaned.get("end")
        for name in ("start", "end"):
            if cleaned.get(name) is not None and headache == Headache.NONE:
                self.add_error(name, _("This day is headache-free: leave the times empty."))
        if start is None or end is None or self.errors:
            return
        if start == end != MIDNIGHT:
            self.add_error("end", _("It began and ended at the same time: leave one of them empty."))
        elif cleaned.get("hours") is None:
            cleaned["hours"] = self._hours_of(start, end)

    def _clean_triggers(self, cleaned: dict[str, Any]) -> None:
        if "triggers" not in cleaned:
            return
        words = [*cleaned.get("earlier_triggers", ()), cleaned["triggers"]]
        try:
            cleaned["triggers"] = ";".join(trigger_words(";".join(words)))
        except BadTrigger:
            # The text as it is, for the model's validator to say what is wrong with it.
            cleaned["triggers"] = ";".join(words)
            try:
                validate_triggers(cleaned["triggers"])
            except forms.ValidationError as error:
                self.add_error("triggers", error)

    def _clean_features(self, cleaned: dict[str, Any]) -> None:
        """What the details say already is ticked too, and said: `ticked_too`."""
        ticked = {Feature(word) for word in cleaned.get("features", ())}
        kinds = [Aura(word) for word in cleaned.get("aura", ())]
        side, quality = cleaned.get("side"), cleaned.get("quality")
        implied = implied_features(Side(side) if side else None, Quality(quality) if quality else None, kinds)
        self.ticked_too = [str(FEATURE_LABELS[one]) for one in Feature if one in implied - ticked]
        cleaned["features"], cleaned["aura"] = feature_words(ticked | implied), aura_words(kinds)

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


def to_the_minute(at: time | None) -> time | None:
    """A time as the diary keeps it."""
    return at and at.replace(second=0, microsecond=0)
