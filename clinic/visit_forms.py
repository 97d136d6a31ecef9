"""The small forms of a patient's visits: the next date, a review, tags."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Appointment, Clinic, Review, Tag
from diary.forms import LinesField, formless
from diary.models import validate_text

DAYS_AHEAD = 730
MOST_TAGS = 100
"""Of one clinic."""


class AppointmentForm(forms.ModelForm):
    """The date of the next injection."""

    class Meta:
        model = Appointment
        fields = ("date",)
        widgets = {"date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["date"].widget.attrs["min"] = today.isoformat()
        self.helper = formless()

    def clean_date(self) -> date:
        when: date = self.cleaned_data["date"]
        if when < self.today:
            raise forms.ValidationError(_("This date has passed. When is the next injection?"))
        if when > self.today + timedelta(days=DAYS_AHEAD):
            raise forms.ValidationError(_("This date is more than two years away. Please check the year."))
        return when


class ReviewForm(forms.ModelForm):
    """Somebody went through the diary today."""

    class Meta:
        model = Review
        fields = ("note",)
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}
        field_classes = {"note": LinesField}
        help_texts = {"note": gettext_lazy("May be left empty. It is in the patient’s own copy too.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = formless()


def _tag_name(clinic: Clinic, name: str, but: Tag | None = None) -> str:
    others = Tag.objects.filter(clinic=clinic).exclude(pk=but.pk if but else None)
    if name and others.filter(name__iexact=name).exists():
        raise forms.ValidationError(_("There is a tag with this name already."))
    return name


class TagsForm(forms.Form):
    """Which of the clinic's tags a patient carries, and perhaps a new one."""

    tags = forms.ModelMultipleChoiceField(
        Tag.objects.none(), label=gettext_lazy("Tags"), required=False, widget=forms.CheckboxSelectMultiple
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    new = forms.CharField(
        label=gettext_lazy("New tag"),
        required=False,
        max_length=40,
        validators=[validate_text],
        help_text=gettext_lazy("Your clinic’s own word, such as a study. Everybody of your clinic sees it."),
    )

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        tags = clinic.tags.order_by("name")
        self.fields["tags"].queryset = tags  # type: ignore[attr-defined]
        self.initial["shown"] = " ".join(str(tag.pk) for tag in self.initial.get("tags", ()))
        if not tags.exists():
            del self.fields["tags"]
        self.helper = formless()

    def clean_shown(self) -> set[int]:
        """The tags that were ticked when the page was drawn: a colleague may have given or taken one since."""
        words = self.cleaned_data["shown"].split()[:MOST_TAGS]
        return {int(word) for word in words if word.isdecimal() and len(word) < 19}

    def clean_new(self) -> str:
        name = _tag_name(self.clinic, self.cleaned_data["new"])
        if name and self.clinic.tags.count() >= MOST_TAGS:
            raise forms.ValidationError(_("Your clinic has %(n)d tags. Delete one first.") % {"n": MOST_TAGS})
        return name


class TagForm(forms.ModelForm):
    """A tag's name."""

    class Meta:
        model = Tag
        fields = ("name",)

    def clean_name(self) -> str:
        return _tag_name(self.instance.clinic, self.cleaned_data["name"], self.instance)
