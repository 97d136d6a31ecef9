"""The letter to a patient: what was counted, in plain words. It says no verdict and asks for nothing to be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.exports import span
from clinic.report_summaries import Report
from clinic.reports import Words, paper_words
from clinic.rules import NotCompared, Reduction
from clinic.summaries import CycleRow, PatientSummary
from clinic.templatetags.clinic import headache_span, percent
from diary.guidance import EMERGENCY
from diary.rules import COUNTED_CLASSES, MedicationClass, Month, Window, rule_of
from diary.words import CLASS_LABELS

NOT_COMPARED_WORDS = dict.fromkeys(
    (NotCompared.NOT_BEGUN, NotCompared.TOO_EARLY, NotCompared.NOT_OVER),
    gettext_lazy("Weeks 9 to 12 are compared with that. They are not over yet."),
) | {
    NotCompared.THIN_BASELINE: gettext_lazy(
        "Fewer than %(needed)d of those days are recorded: too few to compare with."
    ),
    NotCompared.NO_HEADACHE_BEFORE: gettext_lazy("So there is nothing to compare with."),
    NotCompared.CUT_SHORT: gettext_lazy(
        "The next injection came before weeks 9 to 12 were over, so nothing is compared."
    ),
    NotCompared.THIN_LATER: gettext_lazy(
        "Fewer than %(needed)d days of weeks 9 to 12 are recorded: too few to compare."
    ),
}
HELP = ("now", "same-day")
"""What stands in every letter, whatever was counted."""


def letter_words(report: Report, sentence: str = "") -> Words:
    """All that the letter says; `sentence` is the clinician's own."""
    summary = report.summary
    words = paper_words(_("Your headache diary"), report)
    return words | {
        "dear": _("Dear %(name)s,") % {"name": summary.patient.name},
        "opening": _(
            "This letter says what was counted in your diary until %(date)s. The numbers are for you and for your next "
            "visit."
        )
        % {"date": date_format(summary.today, "j F Y")},
        "parts": [
            {"title": title, "lines": lines}
            for title, lines in (
                (_("What you recorded"), list(_recorded(summary))),
                (_("Before and after the injections"), list(_before_and_after(summary))),
                (_("Medicines for attacks"), list(_medicines(report))),
                (_("Your next injection"), list(_next(report))),
                (_("From your clinic"), [sentence] if sentence else []),
                (_("Questions"), list(_questions(report))),
            )
            if lines
        ],
        "help": [
            {"title": str(part.title), "lines": [str(line.text) for line in part.lines]}
            for part in EMERGENCY.parts
            if part.key in HELP
        ],
        "about": _(
            "This diary counts what you enter. It does not diagnose, nobody watches it live, and it does not replace "
            "advice. Do not stop a prescribed medicine because of a count."
        ),
        "closing": _("With kind regards"),
        "signed": [report.made_by, summary.link.clinic.name],
    }


# --- What you recorded -----------------------------------------------------------------------------------------


def _recorded(summary: PatientSummary) -> Iterator[str]:
    recent = summary.recent
    if summary.found.diary.first_day is None:
        yield _("Nothing is recorded yet.")
        return
    words = {"n": recent.recorded, "days": recent.days, "span": headache_span(recent)}
    yield (
        ngettext(
            "In the last %(days)d days you recorded %(n)d day.",
            "In the last %(days)d days you recorded %(n)d days.",
            recent.recorded,
        )
        % words
    )
    if recent.recorded:
        yield _("Days with a headache: %(span)s. Thank you for writing them down.") % words
    if recent.missing:
        yield (
            ngettext(
                "%(n)d day is not recorded. It could be a day with or without a headache, so some numbers here are a "
                "range.",
                "%(n)d days are not recorded. They could be days with or without a headache, so some numbers here are "
                "a range.",
                recent.missing,
            )
            % {"n": recent.missing}
        )


# --- Before and after ------------------------------------------------------------------------------------------


def _before_and_after(summary: PatientSummary) -> Iterator[str]:
    baseline = summary.found.baseline
    if baseline is None:
        return
    yield _("In the 28 days before your first injection: %(counted)s.") % {"counted": _counted(baseline)}
    compared = [row for row in summary.cycles if row.comparison.reduction and not row.comparison.is_so_far]
    if compared:
        yield from _compared(compared[-1])
    elif summary.cycles:
        yield NOT_COMPARED_WORDS[summary.cycles[-1].comparison.not_compared or NotCompared.NOT_OVER] % {
            "needed": summary.days_needed
        }


def _compared(row: CycleRow) -> Iterator[str]:
    cycle, window, fell = row.result.cycle, row.result.evaluation, row.comparison.reduction
    if window is None or fell is None:
        return
    words = {"n": cycle.number, "date": date_format(cycle.starts_on, "j F Y"), "counted": _counted(window)}
    yield _("In weeks 9 to 12 after injection %(n)d (%(date)s): %(counted)s.") % words
    yield _change(fell)
    yield _(
        "Headaches also change by themselves, with the seasons and with other treatment. The numbers say when, not why."
    )


def _counted(window: Window) -> str:
    return _("%(span)s headache days, with %(recorded)d of %(days)d days recorded") % {
        "span": headache_span(window),
        "recorded": window.recorded,
        "days": window.days,
    }


def _change(fell: Reduction) -> str:
    """The words turn round with the sign, so that nobody reads a minus."""
    if fell.point == 0:
        words = _("For each recorded day, that is as many headache days as before.")
    elif fell.point > 0:
        words = _("For each recorded day, that is %(percent)s fewer headache days than before.") % {
            "percent": percent(fell.point)
        }
    else:
        words = _("For each recorded day, that is %(percent)s more headache days than before.") % {
            "percent": percent(-fell.point)
        }
    if fell.is_exact:
        return words
    left_open = _("The days that are not recorded leave it open: between %(worst)s and %(best)s.") % {
        "worst": _fewer_or_more(fell.low),
        "best": _fewer_or_more(fell.high),
    }
    return f"{words} {left_open}"


def _fewer_or_more(share: Fraction) -> str:
    if share < 0:
        return _("%(percent)s more") % {"percent": percent(-share)}
    return _("%(percent)s fewer") % {"percent": percent(share)}


# --- Medicines -------------------------------------------------------------------------------------------------


def _medicines(report: Report) -> Iterator[str]:
    months = report.months_over
    if not months:
        return
    taken = [c for c in COUNTED_CLASSES if any(month.medication_days[c] for month in months)]
    for medication_class in taken:
        yield _days_of(medication_class, months)
    if taken:
        yield _(
            "The published numbers are about more than three months in a row. Talk with your clinic before you change "
            "how you take a medicine."
        )
    elif any(month.recorded for month in months):
        yield _none_taken(sum(month.missing for month in months))
    else:
        yield _("Nothing is recorded in the last months, so medicines cannot be counted.")


def _none_taken(missing: int) -> str:
    words = _("No medicine for attacks is recorded in the last months.")
    if not missing:
        return words
    left_open = ngettext(
        "%(n)d day of them is not recorded and could be one with a medicine.",
        "%(n)d days of them are not recorded and could be days with a medicine.",
        missing,
    ) % {"n": missing}
    return f"{words} {left_open}"


def _days_of(medication_class: MedicationClass, months: list[Month]) -> str:
    days = ", ".join(
        _("%(month)s %(span)s")
        % {"month": date_format(month.month, "F"), "span": _span(month, medication_class)}
        for month in months
    )
    words = {"medicines": CLASS_LABELS[medication_class], "days": days}
    rule = rule_of(medication_class)
    if rule is None:
        return _("%(medicines)s, days a month: %(days)s. No number is published.") % words
    return _(
        "%(medicines)s, days a month: %(days)s. Published number of days a month: %(limit)d (%(source)s)."
    ) % (words | {"limit": rule.days_per_month, "source": rule.source})


def _span(month: Month, medication_class: MedicationClass) -> str:
    if not month.recorded:
        return _("not recorded")
    return span(month.medication_days[medication_class], month.missing, "–")


# --- What comes next -------------------------------------------------------------------------------------------


def _next(report: Report) -> Iterator[str]:
    position, visit = report.summary.position, report.next_visit
    if visit.is_stopped:
        return
    booked = visit.due_on if visit.is_agreed and not visit.is_overdue else None
    if booked:
        yield _("It is booked for %(date)s.") % {"date": date_format(booked, "l, j F Y")}
    if position is None:
        return
    words = {
        "last": date_format(position.cycle.starts_on, "j F Y"),
        "due": date_format(position.due, "j F Y"),
    }
    if report.summary.today < position.due:
        yield _("Your last one was on %(last)s. Twelve weeks are over on %(due)s.") % words
    else:
        yield _("Your last one was on %(last)s. Twelve weeks were over on %(due)s.") % words
    if not booked:
        yield _("No date is noted here. Ask your clinic if you have none.")


def _questions(report: Report) -> Iterator[str]:
    clinic, number = report.summary.link.clinic.name, report.summary.link.reference
    if number:
        words = {"clinic": clinic, "number": number}
        yield _("Ask %(clinic)s, and have your clinic number ready: %(number)s.") % words
    else:
        yield _("Ask %(clinic)s.") % {"clinic": clinic}
    yield _("If a number here looks wrong, look at the day in your diary. You can correct it.")
