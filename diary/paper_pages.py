"""An empty month to print and fill in by hand: the same answers, in the same order, as on the screen."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import get_format
from django.views.decorators.http import require_safe

from diary.access import patient_only
from diary.converters import MonthConverter
from diary.models import Patient
from diary.summaries import offered_medicines
from diary.views import ANSWERS, today_of

MONTHS_AHEAD = 12
MONTHS_BACK = 24
MEDICINE_COLUMNS = 6
"""Those without a medicine stay empty, for a pen."""


def months_from(first: date, number: int) -> date:
    """The first day of the month so many months later, or earlier."""
    years, month = divmod(first.month - 1 + number, 12)
    return date(first.year + years, month + 1, 1)


def _month(request: HttpRequest, today: date) -> date:
    """The month that was asked for, or this one where that is none, or lies too far ahead."""
    this = today.replace(day=1)
    text = request.GET.get("month", "")
    if not re.fullmatch(MonthConverter.regex, text):
        return this
    try:
        asked = MonthConverter().to_python(text)
    except ValueError:
        return this
    return asked if asked.year >= 1900 and asked <= months_from(this, MONTHS_AHEAD) else this


@require_safe
@patient_only
def paper(request: HttpRequest, patient: Patient) -> HttpResponse:
    today = today_of(patient)
    first = _month(request, today)
    offered = [medicine for medicine, _doses in offered_medicines(patient, today) if medicine.is_in_use]
    columns = offered[:MEDICINE_COLUMNS]
    context = {
        "first": first,
        "has_begun": first <= today,
        "months": [months_from(today.replace(day=1), n) for n in range(MONTHS_AHEAD, -MONTHS_BACK - 1, -1)],
        "days": [first.replace(day=n) for n in range(1, monthrange(first.year, first.month)[1] + 1)],
        # A thicker line above the day on which a week begins: Sunday is 0 in Django's formats and 7 in isoweekday.
        "week_start": int(get_format("FIRST_DAY_OF_WEEK")) or 7,
        "answers": ANSWERS,
        "medicines": columns + [None] * (MEDICINE_COLUMNS - len(columns)),
        "more_medicines": offered[MEDICINE_COLUMNS:],
        "name": patient.name if request.GET.get("name") == "yes" else "",
    }
    return render(request, "diary/paper.html", context)
