"""An injection session as a clinician records it. Dosing outside PREEMPT is said, never refused."""

from __future__ import annotations

from datetime import date
from typing import Any

from crispy_forms.layout import Div, Layout
from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import InjectionSession
from clinic.rules import FIXED_SITES, FIXED_UNITS, MOST_SITES, MOST_UNITS, UNITS_PER_SITE, dosing_remarks
from diary.forms import LinesField, formless

ASKED = ("date", "product", "units", "sites", "batch", "expiry", "note")
PREEMPT = {
    "fixed_units": FIXED_UNITS,
    "most_units": MOST_UNITS,
    "fixed_sites": FIXED_SITES,
    "most_sites": MOST_SITES,
    "each": UNITS_PER_SITE,
}


class SessionForm(forms.ModelForm):
    """One injection session."""

    class Meta:
        model = InjectionSession
        fields = ASKED
        widgets = {
            "date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "expiry": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "note": forms.Textarea(attrs={"rows": 3}),
            "units": forms.NumberInput(attrs={"min": 1, "max": 1000, "inputmode": "numeric"}),
            "sites": forms.NumberInput(attrs={"min": 1, "max": 100, "inputmode": "numeric"}),
        }
        field_classes = {"note": LinesField}
        help_texts = {
            "product": gettext_lazy("Units are not interchangeable between products."),
            "units": format_lazy(
                gettext_lazy("PREEMPT: {fixed}, up to {most}."), fixed=FIXED_UNITS, most=MOST_UNITS
            ),
            "sites": format_lazy(
                gettext_lazy("PREEMPT: {fixed}, up to {most}, {each} units each."),
                fixed=FIXED_SITES,
                most=MOST_SITES,
                each=UNITS_PER_SITE,
            ),
        }

    def __init__(self, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["date"].widget.attrs["max"] = today.isoformat()
        self.helper = formless()
        self.helper.layout = Layout(
            Div("date", "product", css_class="pair pair--wide"),
            Div("units", "sites", "batch", "expiry", css_class="pair pair--wide"),
            "note",
        )

    def clean_date(self) -> date:
        when: date = self.cleaned_data["date"]
        if when > self.today:
            raise forms.ValidationError(_("This date has not come yet. Record a session after it was given."))
        if when.year < 1990:
            raise forms.ValidationError(
                _("This date lies before the treatment existed. Please check the year.")
            )
        taken = InjectionSession.objects.filter(patient=self.instance.patient, date=when).exclude(
            pk=self.instance.pk
        )
        if taken.exists():
            raise forms.ValidationError(
                _("A session on this date is recorded already. Open it below to correct it.")
            )
        return when

    def _in_range(self, name: str, most: int) -> int | None:
        value: int | None = self.cleaned_data[name]
        if value is not None and not 1 <= value <= most:
            raise forms.ValidationError(_("A number from 1 to %(most)d, please.") % {"most": most})
        return value

    def clean_units(self) -> int | None:
        return self._in_range("units", 1000)

    def clean_sites(self) -> int | None:
        return self._in_range("sites", 100)

    @property
    def remarks(self) -> list[str]:
        """What differs from PREEMPT's published dosing, in words."""
        words = {
            "units": _("%(units)s units: PREEMPT publishes %(fixed_units)d to %(most_units)d."),
            "sites": _("%(sites)s sites: PREEMPT publishes %(fixed_sites)d to %(most_sites)d."),
            "units_per_site": _(
                "%(units)s units at %(sites)s sites: PREEMPT publishes %(each)d units a site."
            ),
        }
        saved = self.instance
        numbers = PREEMPT | {"units": saved.units, "sites": saved.sites}
        return [words[remark] % numbers for remark in dosing_remarks(saved.units, saved.sites)]
