"""What a clinician adds to a letter. It goes into the file that is made, and is not stored."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from diary.forms import LinesField, formless
from diary.models import validate_text

LONGEST = 600


class LetterForm(forms.Form):
    """A sentence or two of one's own."""

    sentence = LinesField(
        label=_("A sentence of your own"),
        required=False,
        max_length=LONGEST,
        validators=[validate_text],
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stands in the letter under “From your clinic”, and is stored nowhere."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = formless()
