"""What a patient may say, checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, time, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from diary import catalogue
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
from diary.merging import HEADACHE
from diary.models import (
    ENTERED_FIELDS,
    MOST_AT_A_TAP,
    MOST_DOSES,
    DiaryDay,
    Medicine,
    Patient,
    Preventive,
    aura_words,
    feature_words,
    time_zones,
    validate_text,
    validate_triggers,
)
from diary.rules import Feature, Headache, MedicationClass, Relief
from diary.words import (
    CLASS_EXPLANATIONS,
    CLASS_LABELS,
    FEATURE_LABELS,
    aura_choices,
    feature_choices,
)

YES_NO = (("true", _("Yes")), ("false", _("No")), ("unknown", _("Not said")))
HOW_BAD = [
    (Headache.NONE.value, _("No headache")),
    (Headache.MILD.value, _("Mild")),
    (Headache.MODERATE.value, _("Moderate")),
    (Headache.SEVERE.value, _("Severe")),
    (Headache.YES.value, _("A headache, not sure how bad")),
]
PAIN = [*((n, str(n)) for n in range(11)), ("", _("Not said"))]


def _formless() -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True  # the page's own form holds the token
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
    change = forms.TypedChoiceField(
        choices=[(str(n), str(n)) for n in range(-MOST_AT_A_TAP, MOST_AT_A_TAP + 1) if n], coerce=int
    )

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


class ReliefForm(forms.Form):
    """One tap: did it help, two hours later."""

    NOT_NOW = "not_now"

    relief = forms.ChoiceField(choices=[*((word.value, word.value) for word in Relief), (NOT_NOW, NOT_NOW)])

    def clean_relief(self) -> Relief | None:
        """`None`: not now."""
        word = self.cleaned_data["relief"]
        return None if word == self.NOT_NOW else Relief(word)


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

    def _past(self, name: str) -> date | None:
        when: date | None = self.cleaned_data[name]
        if when and when > self.today:
            raise forms.ValidationError(_("This date has not come yet."))
        if when and when.year < 1900:
            raise forms.ValidationError(_("Please check the year."))
        return when

    def clean_started_on(self) -> date | None:
        return self._past("started_on")

    def clean_ended_on(self) -> date | None:
        return self._past("ended_on")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        started, ended = cleaned.get("started_on"), cleaned.get("ended_on")
        if started and ended and ended < started:
            self.add_error("ended_on", _("This is before the day on which it began."))
        if cleaned.get("reason") and not ended and "ended_on" in cleaned:
            self.add_error("ended_on", _("Say when it ended, or choose “Not said” below."))
        return cleaned


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


def day_saved(when: date, ticked_too: Sequence[str]) -> str:
    """The words after a day was saved, with what was ticked because something else says it already."""
    saved = gettext("%(day)s saved") % {"day": date_format(when, "l j F")}
    if not ticked_too:
        return saved
    return gettext("%(saved)s; ticked too: %(words)s") % {"saved": saved, "words": ", ".join(ticked_too)}


def dose_saved(medicine: Medicine, step: int) -> str:
    """The words after a tap on a medicine, or on its way back."""
    if step == 1:
        return gettext("%(medicine)s added") % {"medicine": medicine}
    if step > 0:
        return gettext("%(medicine)s ×%(n)d added") % {"medicine": medicine, "n": step}
    if step == -1:
        return gettext("%(medicine)s: one dose taken back") % {"medicine": medicine}
    return gettext("%(medicine)s: %(n)d doses taken back") % {"medicine": medicine, "n": -step}
