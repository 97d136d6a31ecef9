"""An adverse event as a clinician records it, by the label's terms."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import ADVERSE_SAID, AdverseEvent, InjectionSession
from clinic.terms import AdverseTerm, Outcome
from diary.forms import LinesField, formless, not_to_come
from diary.models import Patient

LATEST, NONE = "latest", "none"


class AdverseEventForm(forms.ModelForm):
    """One adverse event. `said` is what an action takes: nothing is changed in the row that stands."""

    session = forms.ChoiceField(
        label=gettext_lazy("After which session"),
        help_text=gettext_lazy("That it came after a session does not say that it came from it."),
    )

    class Meta:
        model = AdverseEvent
        fields = tuple(name for name in ADVERSE_SAID if name != "session")
        widgets = {
            "began_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ended_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "severity": forms.RadioSelect,
            "outcome": forms.RadioSelect,
            "note": forms.Textarea(attrs={"rows": 3}),
        }
        field_classes = {"note": LinesField}
        labels = {"is_serious": gettext_lazy("Serious")}
        help_texts = {
            "words": gettext_lazy("What happened, where no term fits; else more about it, if needed."),
            "is_serious": gettext_lazy(
                "Death, danger to life, hospital, lasting disability, or important for another reason (ICH E2A)."
            ),
        }

    def __init__(self, patient: Patient, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.sessions: list[InjectionSession] = list(patient.sessions.order_by("-date"))
        known = [(str(one.pk), date_format(one.date, "j F Y")) for one in self.sessions]
        first = [] if self.instance.pk else [(LATEST, _("the latest before it began"))]
        self.fields["session"].choices = [*first, *known, (NONE, _("none"))]  # type: ignore[attr-defined]
        if self.instance.pk:
            self.initial["session"] = str(self.instance.session_id or NONE)
        for name in ("severity", "outcome"):
            # No answer is chosen beforehand, and the empty one is no answer.
            field: Any = self.fields[name]
            field.choices = [choice for choice in field.choices if choice[0]]
        for name in ("began_on", "ended_on"):
            self.fields[name].widget.attrs["max"] = today.isoformat()
        self.helper = formless()

    def clean_began_on(self) -> date | None:
        return not_to_come(self.cleaned_data["began_on"], self.today)

    def clean_ended_on(self) -> date | None:
        return not_to_come(self.cleaned_data["ended_on"], self.today)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        began, ended = cleaned.get("began_on"), cleaned.get("ended_on")
        if began and ended and ended < began:
            self.add_error("ended_on", _("It cannot be over before it began."))
        if (
            cleaned.get("term") == AdverseTerm.OTHER
            and not cleaned.get("words")
            and "words" not in self.errors
        ):
            self.add_error("words", _("What happened, in a few words?"))
        if ended and cleaned.get("outcome") in (Outcome.RECOVERING, Outcome.NOT_RECOVERED):
            self.add_error("ended_on", _("It is over, and yet not recovered: please choose one of them."))
        if began and "session" in cleaned:
            cleaned["session"] = self._session(cleaned["session"], began)
            if cleaned["session"] and cleaned["session"].date > began:
                self.add_error("session", _("This session was after it began."))
        return cleaned

    def _session(self, chosen: str, began: date) -> InjectionSession | None:
        if chosen == LATEST:
            return next((one for one in self.sessions if one.date <= began), None)
        return next((one for one in self.sessions if str(one.pk) == chosen), None)

    @property
    def said(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ADVERSE_SAID}
