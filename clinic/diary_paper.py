"""A patient's whole diary on paper: a summary, then a sheet a month with every day of it, recorded or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic.exports import span
from clinic.reports import Words, born, day, sheet_words
from clinic.typesetting import pdf
from diary.exports import cells
from diary.imports.diary_csv import Dose, Row
from diary.imports.storage import recorded_rows
from diary.models import Patient
from diary.rules import CHRONIC_HEADACHE_DAYS, Diary, Month, months, next_month
from diary.words import CLASS_LABELS, HEADACHE_LABELS

MOST_NOTE = 90
"""Characters of a note on its line, so that a month stays on a sheet. The table has it whole."""
MOST_MEDICINES = 70


def diary_pdf(patient: Patient, today: date) -> bytes:
    """A tagged PDF. Two queries."""
    return pdf("diary.typ", diary_words(patient, today), today)


def diary_words(patient: Patient, today: date) -> Words:
    """All that it says."""
    rows = recorded_rows(patient)
    counted = months(Diary(row.day for row in rows))
    by_date = {row.date: row for row in rows}
    first, last = (day(rows[0].date), day(rows[-1].date)) if rows else ("–", "–")
    return sheet_words(_("My headache diary")) | {
        "identity": [
            [_("Name"), patient.name],
            [_("Born"), born(patient.date_of_birth)],
            [_("First recorded day"), first],
            [_("Last recorded day"), last],
        ],
        "made": _("Made on %(date)s from the diary.") % {"date": date_format(today, "j F Y")},
        "replaced": _("[?] stands for signs that this file’s letters do not have."),
        "opening": _(
            "These are counts of what was recorded. A day that was not recorded is not a day without a headache: "
            "where days are missing, a count is a range. Nothing here is a diagnosis."
        ),
        "months-title": _("Month by month"),
        "months-head": [
            _("Month"),
            _("Days recorded"),
            _("Headache days"),
            _("Migraine days"),
            _("Days with acute medicine"),
        ],
        "months-rows": [_month_cells(month) for month in counted],
        "published": _(
            "Published number: %(days)d headache days a month (ICHD-3 1.3, chronic migraine). Clinicians decide what "
            "counts mean."
        )
        % {"days": CHRONIC_HEADACHE_DAYS},
        "days-head": [_("Day"), _("Headache"), _("Pain"), _("Hours"), _("Medicines"), _("Note")],
        "months": [
            {
                "title": date_format(month.month, "F Y"),
                "counts": _counts(month),
                "rows": list(_days(month, by_date, today)),
            }
            for month in counted
        ],
    }


def _month_cells(month: Month) -> list[str]:
    return [
        date_format(month.month, "F Y"),
        _("%(recorded)d of %(days)d") % {"recorded": month.recorded, "days": month.days},
        *(
            span(number, month.missing, "–")
            for number in (month.headache_days, month.migraine_days, month.acute_medication_days)
        ),
    ]


def _counts(month: Month) -> str:
    _name, recorded, headache, migraine, taken = _month_cells(month)
    return _(
        "Recorded %(recorded)s days. Headache days: %(headache)s. Migraine days: %(migraine)s. Days with acute "
        "medicine: %(taken)s."
    ) % {"recorded": recorded, "headache": headache, "migraine": migraine, "taken": taken}


def _days(month: Month, by_date: dict[date, Row], today: date) -> Iterator[Sequence[str]]:
    when = month.month
    while when < next_month(month.month):
        name = date_format(when, "D j")
        row = by_date.get(when)
        if row:
            yield [name, *_day_cells(row)]
        else:
            yield [name, _("not recorded") if when <= today else "", "", "", "", ""]
        when += timedelta(days=1)


def _day_cells(row: Row) -> list[str]:
    _date, _headache, pain, hours, *_rest = cells(row)
    return [
        str(HEADACHE_LABELS[row.day.headache]),
        pain,
        hours,
        _short(", ".join(map(_medicine, row.medicines)), MOST_MEDICINES),
        _short(" ".join(row.note.split()), MOST_NOTE),
    ]


def _medicine(dose: Dose) -> str:
    name = f"{dose.name} {dose.strength}".strip() or str(CLASS_LABELS[dose.medication_class])
    return name if dose.doses == 1 else f"{name} ×{dose.doses}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
