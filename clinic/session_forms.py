"""An injection session as a clinician records it. Dosing outside PREEMPT is said, never refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.dosing import (
    FIXED_SITES,
    FIXED_UNITS,
    MOST_SITES,
    MOST_SITES_AT_A_PLACE,
    MOST_UNITS,
    PREEMPT_MUSCLES,
    UNITS_PER_SITE,
    Muscle,
    Product,
    counted_by_muscle,
    dosing_remarks,
    is_given_in_preempt,
    places_of,
    preempt_sites,
    sites_of,
    units_of,
    volume_at_a_site,
)
from clinic.models import InjectionSession
from clinic.words import (
    MUSCLE_LABELS,
    SIDE_LABELS,
    checks,
    place_label,
    products,
    site_words,
    volume_words,
)
from diary.forms import LinesField

COUNTED = ("units", "sites")
PREPARED = ("diluted_units", "diluted_ml", "wasted_units")
ASKED = (
    *("date", "product", *COUNTED, *PREPARED),
    *("batch", "expiry", "injector", "checks", "note"),
)
COPIED = ("product", *PREPARED)
"""What a new session takes over from the last one, besides the places. Who injects is whoever is signed in (ours)."""
KNOWN = frozenset(product.value for product in Product)
OTHER = "other"
PREEMPT = {
    "fixed_units": FIXED_UNITS,
    "most_units": MOST_UNITS,
    "fixed_sites": FIXED_SITES,
    "most_sites": MOST_SITES,
    "each": UNITS_PER_SITE,
}
USUAL_VIALS = tuple((units, Fraction(halves, 2)) for units in (50, 100, 200) for halves in range(1, 17))
"""Of which the page says at once how much five units are."""


@dataclass(frozen=True, slots=True)
class MuscleRow:
    """A muscle in the table of places: its fields by side, and PREEMPT's sites of both sides together."""

    muscle: Muscle
    label: Any
    fields: list[tuple[Any, str]]
    fixed: int
    most: int


def field_of(place: str) -> str:
    """How a place is called in the form: `temporalis:left` is `temporalis_left`."""
    return place.replace(":", "_")


PLACES = {field_of(place): place for dose in PREEMPT_MUSCLES for place in places_of(dose)}


def first_values(last: InjectionSession | None) -> dict[str, Any]:
    """What the form of a new session starts from: the last one, or PREEMPT's pattern."""
    if last is None:
        return {"muscles": preempt_sites()}
    values = {name: getattr(last, name) for name in COPIED} | {"muscles": last.muscles}
    if last.muscles and is_given_in_preempt(last.product):
        return values
    # Not counted from places: as they were said, and PREEMPT's pattern for whoever wants places from now on.
    return values | {
        "units": last.units,
        "sites": last.sites,
        "totals_only": not last.muscles,
        "muscles": last.muscles or preempt_sites(),
    }


class SessionForm(forms.ModelForm):
    """One session. Where places are given, sites are counted from them, and units of onabotulinumtoxinA too."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Product"),
        choices=lambda: [*products(), (OTHER, gettext_lazy("another, or in other words"))],
        widget=forms.RadioSelect,
        required=False,
        help_text=gettext_lazy("Units are not interchangeable between products."),
    )
    totals_only = forms.BooleanField(label=gettext_lazy("Record totals only, without places"), required=False)
    checks = forms.MultipleChoiceField(
        label=gettext_lazy("Checked before"),
        choices=checks,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy(
            "After the product’s own information (contraindications, warnings, interactions). "
            "What is not ticked counts as not recorded."
        ),
    )

    class Meta:
        model = InjectionSession
        fields = ASKED
        labels = {
            "product": gettext_lazy("Which product"),
            "diluted_ml": gettext_lazy("in how many mL of saline"),
        }
        widgets = {
            "date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "expiry": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "note": forms.Textarea(attrs={"rows": 3}),
            "units": forms.NumberInput(attrs={"min": 1, "max": 1000, "inputmode": "numeric"}),
            "sites": forms.NumberInput(attrs={"min": 1, "max": 100, "inputmode": "numeric"}),
            "diluted_units": forms.NumberInput(attrs={"min": 1, "max": 2000, "inputmode": "numeric"}),
            "diluted_ml": forms.NumberInput(
                attrs={"min": "0.1", "max": 100, "step": "0.1", "inputmode": "decimal"}
            ),
            "wasted_units": forms.NumberInput(attrs={"min": 0, "max": 2000, "inputmode": "numeric"}),
        }
        field_classes = {"note": LinesField}
        help_texts = {
            "units": format_lazy(
                gettext_lazy("PREEMPT: {fixed}, up to {most}, of onabotulinumtoxinA."),
                fixed=FIXED_UNITS,
                most=MOST_UNITS,
            ),
            "sites": format_lazy(
                gettext_lazy("PREEMPT: {fixed}, up to {most}, {each} units each."),
                fixed=FIXED_SITES,
                most=MOST_SITES,
                each=UNITS_PER_SITE,
            ),
        }

    def __init__(self, today: date, *args: Any, **kwargs: Any) -> None:
        initial = dict(kwargs.pop("initial", None) or {})
        instance: InjectionSession = kwargs["instance"]
        muscles: Mapping[str, int] = initial.pop("muscles", instance.muscles)
        if instance.pk and "totals_only" not in initial:
            initial["totals_only"] = not instance.muscles
        product = initial.get("product", instance.product)
        initial["kind"] = product if product in KNOWN else OTHER if product else ""
        if product in KNOWN:
            initial["product"] = ""
        initial |= {name: muscles.get(place, 0) for name, place in PLACES.items()}
        super().__init__(*args, initial=initial, **kwargs)
        self.today = today
        self.fields["date"].widget.attrs["max"] = today.isoformat()
        for name, place in PLACES.items():
            self.fields[name] = forms.IntegerField(
                label=place_label(place),
                min_value=0,
                max_value=MOST_SITES_AT_A_PLACE,
                required=False,
                widget=forms.NumberInput(
                    attrs={
                        "inputmode": "numeric",
                        "class": "form-control",
                        "aria-label": _("%(place)s: sites") % {"place": place_label(place)},
                    }
                ),
            )

    # --- What is wrong ---

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

    def _in_range(self, name: str, most: int, least: int = 1) -> int | None:
        value: int | None = self.cleaned_data[name]
        if value is not None and not least <= value <= most:
            words = {"least": least, "most": most}
            raise forms.ValidationError(_("A number from %(least)d to %(most)d, please.") % words)
        return value

    def clean_units(self) -> int | None:
        return self._in_range("units", 1000)

    def clean_sites(self) -> int | None:
        return self._in_range("sites", 100)

    def clean_diluted_units(self) -> int | None:
        return self._in_range("diluted_units", 2000)

    def clean_diluted_ml(self) -> Any:
        value = self.cleaned_data["diluted_ml"]
        if value is not None and not 0 < value <= 100:
            raise forms.ValidationError(_("More than 0 and at most 100 mL, please."))
        return value

    def clean_wasted_units(self) -> int | None:
        return self._in_range("wasted_units", 2000, least=0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") in KNOWN:
            cleaned["product"] = cleaned["kind"]
        elif cleaned.get("kind") == OTHER and not cleaned.get("product") and "product" not in self.errors:
            self.add_error("product", _("Which product was it?"))
        given = {place: cleaned.get(name) or 0 for name, place in PLACES.items()}
        muscles = {place: sites for place, sites in given.items() if sites}
        is_asked = any(name in self.data for name in PLACES)
        if cleaned.get("totals_only") or not is_asked:
            self.instance.muscles = {}
            return cleaned
        if not muscles and not PLACES.keys() & self.errors.keys():
            self.add_error(
                "totals_only", _("No site is given. Add sites, or record totals only, which may be empty.")
            )
        if sites_of(muscles) > 100:
            self.add_error("totals_only", _("More than 100 sites. Please check the numbers."))
        self.instance.muscles = muscles
        cleaned["sites"] = sites_of(muscles) or None
        if self._counts_units(cleaned):
            cleaned["units"] = units_of(muscles) or None
        return cleaned

    @staticmethod
    def _counts_units(cleaned: Mapping[str, Any]) -> bool:
        """Five units a site are onabotulinumtoxinA's; of another product the units are typed."""
        return cleaned.get("kind") != OTHER and is_given_in_preempt(cleaned.get("product") or "")

    # --- What the page shows ---

    @property
    def muscles(self) -> dict[str, int]:
        """The places as they stand in the form, also where something is still wrong."""
        return {place: _number(self[name].value()) for name, place in PLACES.items()}

    def muscle_rows(self) -> Iterator[MuscleRow]:
        for dose, count in zip(PREEMPT_MUSCLES, counted_by_muscle(self.muscles), strict=True):
            fields = [
                (self[field_of(place)], SIDE_LABELS[side])
                for side, place in zip(dose.sides, places_of(dose), strict=True)
            ]
            yield MuscleRow(dose.muscle, MUSCLE_LABELS[dose.muscle], fields, count.fixed, count.most)

    @property
    def dosing(self) -> dict[str, Any]:
        """The table and the words that the page's script counts with."""
        return {
            "each": UNITS_PER_SITE,
            "most_at_a_place": MOST_SITES_AT_A_PLACE,
            "muscles": {
                dose.muscle: {"fields": [field_of(place) for place in places_of(dose)]}
                | {"fixed": count.fixed, "most": count.most}
                for dose, count in zip(PREEMPT_MUSCLES, counted_by_muscle({}), strict=True)
            },
            "pattern": {field_of(place): sites for place, sites in preempt_sites().items()},
            "fixed": {"sites": FIXED_SITES, "units": FIXED_UNITS},
            "most": {"sites": MOST_SITES, "units": MOST_UNITS},
            "counted_kinds": ["", Product.ONABOTULINUM],
            "site_words": [site_words(sites) for sites in range(MOST_SITES_AT_A_PLACE + 1)],
            "said": _("{place}: {sites}. In all {total} sites, {units} units."),
            "said_without_units": _("{place}: {sites}. In all {total} sites."),
            "volumes": {
                f"{units} {float(ml):g}": volume_words(volume_at_a_site(units, ml))
                for units, ml in USUAL_VIALS
            },
        }

    @property
    def remarks(self) -> list[str]:
        """What differs from PREEMPT's published dosing, and what else somebody may want to look at again."""
        saved = self.instance
        return [*self._dosing_remarks(saved), *_expiry_remark(saved)]

    def _dosing_remarks(self, saved: InjectionSession) -> Iterator[str]:
        if not is_given_in_preempt(saved.product):
            yield _("PREEMPT’s numbers are those of onabotulinumtoxinA: they say nothing of this product.")
            return
        words = {
            "units": _("%(units)s units: PREEMPT publishes %(fixed_units)d to %(most_units)d."),
            "sites": _("%(sites)s sites: PREEMPT publishes %(fixed_sites)d to %(most_sites)d."),
            "units_per_site": _(
                "%(units)s units at %(sites)s sites: PREEMPT publishes %(each)d units a site."
            ),
        }
        numbers = PREEMPT | {"units": saved.units, "sites": saved.sites}
        yield from (words[remark] % numbers for remark in dosing_remarks(saved.units, saved.sites))
        for count in counted_by_muscle(saved.muscles) if saved.muscles else ():
            if not count.is_published:
                yield _("%(muscle)s, %(sites)s: PREEMPT publishes %(published)s.") % {
                    "muscle": MUSCLE_LABELS[count.muscle],
                    "sites": site_words(count.sites),
                    "published": str(count.fixed)
                    if count.fixed == count.most
                    else _("%(fixed)d to %(most)d") % {"fixed": count.fixed, "most": count.most},
                }


def _expiry_remark(saved: InjectionSession) -> Iterator[str]:
    if saved.expiry and saved.expiry < saved.date:
        words = {"expiry": date_format(saved.expiry, "j M Y"), "date": date_format(saved.date, "j M Y")}
        yield _("The expiry date, %(expiry)s, lies before the session of %(date)s.") % words


def _number(value: Any) -> int:
    """What was typed as a number of sites, or none."""
    text = str(value or "")
    return min(int(text), MOST_SITES_AT_A_PLACE) if text.isascii() and text.isdigit() and len(text) < 4 else 0
