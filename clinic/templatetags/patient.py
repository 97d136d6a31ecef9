"""A patient's page in words: means, gaps, strips of days and what happened. Nothing is counted or compared here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.adverse_summaries import StandingEvent, term_words
from clinic.answers import LimitOverMonths
from clinic.day_summaries import SaidDay
from clinic.decision_summaries import RecordedDecision
from clinic.exports import span
from clinic.models import InjectionSession
from clinic.quality import Gap
from clinic.rules import Mean
from clinic.strips import DRAWN, MISSING, Mark, Strip
from clinic.templatetags.clinic import headache_span
from clinic.terms import AdverseTerm
from clinic.timeline import Course, Happening, What
from clinic.words import DECISION_LABELS, STOP_REASON_LABELS
from diary.models import Preventive
from diary.rules import Disability, Headache, Relief, Window, half_up
from diary.templatetags.diary import rule_label
from diary.words import DISABILITY_LABELS, FEATURE_LABELS, HEADACHE_LABELS, RELIEF_LABELS, detail_words

register = template.Library()

STRIP_WORDS = {
    **HEADACHE_LABELS,
    MISSING: gettext_lazy("Not recorded"),
    Mark.MEDICINE: gettext_lazy("Acute medicine"),
    Mark.INJECTION: gettext_lazy("Injections"),
}
WHAT_WORDS = {
    What.INJECTION: gettext_lazy("Injections"),
    What.DECISION: gettext_lazy("Decision"),
    What.REVIEW: gettext_lazy("Review"),
    What.ADVERSE_EVENT: gettext_lazy("Adverse event"),
    What.PREVENTIVE_STARTED: gettext_lazy("Preventive begun"),
    What.PREVENTIVE_ENDED: gettext_lazy("Preventive ended"),
    What.NOTE: gettext_lazy("Note of the diary"),
}
DAY_FRAME = "2 8 16 26"
FRAMES = {Mark.MEDICINE: "2 30 16 12", Mark.INJECTION: "2 -2 16 12"}
"""The part of a strip's cell that a legend shows, as SVG's `viewBox`."""
LEGEND = (*HEADACHE_LABELS, MISSING, Mark.MEDICINE, Mark.INJECTION)


@register.filter
def mean_span(mean: Mean) -> str:
    """A mean with one decimal, as a range where days are missing."""
    low, high = (number_format(half_up(value), 1) for value in (mean.low, mean.high))
    return low if low == high else f"{low}–{high}"


@register.filter
def spans(windows: Iterable[Window]) -> str:
    """Headache days of several windows in a row."""
    return " · ".join(headache_span(window) for window in windows)


@register.filter
def mean_spans(means: Iterable[Mean]) -> str:
    """Several means in a row."""
    return " · ".join(mean_span(mean) for mean in means)


@register.filter
def limit_days(limit: LimitOverMonths) -> str:
    """Days of the latest month, as a range where days are missing."""
    return span(limit.days, limit.missing, "–")


@register.filter
def limit_months(limit: LimitOverMonths, months: int) -> str:
    """In how many months a published limit was reached, and in how many the missing days leave it open."""
    said = {"class": rule_label(limit.rule), "n": limit.rule.days_per_month, "reached": limit.reached}
    words = ngettext(
        "%(class)s: %(n)d days or more in %(reached)d of %(months)d month",
        "%(class)s: %(n)d days or more in %(reached)d of %(months)d months",
        months,
    ) % (said | {"months": months})
    if not limit.uncertain:
        return words
    return _("%(words)s, uncertain in %(n)d") % {"words": words, "n": limit.uncertain}


@register.filter
def gap_words(gap: Gap) -> str:
    """From when to when, and how many days."""
    days = ngettext("%(n)d day", "%(n)d days", gap.days) % {"n": gap.days}
    first = date_format(gap.first, "j M Y")
    return f"{first} ({days})" if gap.days == 1 else f"{first} – {date_format(gap.last, 'j M Y')} ({days})"


@register.filter
def weekday_words(missing: list[int]) -> str:
    """Missing days by day of the week."""
    return " · ".join(f"{WEEKDAYS[place]}: {days}" for place, days in enumerate(missing))


def _numbers(days: list[int]) -> str:
    """Days of a month in few words: 1–3, 7."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


@register.filter
def strip_words(strip: Strip) -> str:
    """All that a strip shows, for those who cannot see it."""
    parts = [f"{STRIP_WORDS[word]}: {_numbers(days)}" for word, days in strip.days.items()]
    return f"{date_format(strip.month, 'F Y')}. {'; '.join(parts) or '–'}."


@register.filter
def strip_headaches(strip: Strip) -> str:
    """Headache days so far, as a range where days are missing; a dash where not one day is recorded."""
    return span(strip.headache_days, strip.missing, "–") if strip.recorded else "–"


@register.simple_tag
def strip_legend() -> list[tuple[str, str, str, Any]]:
    """Each kind with its frame, its shape as it is drawn on the first of a month, and its words."""
    return [(word, FRAMES.get(word, DAY_FRAME), DRAWN[word][1], STRIP_WORDS[word]) for word in LEGEND]


@register.filter
def injection_place(x: int) -> str:
    """A line of the picture at a place."""
    return f"M{x} 0V20"


@register.filter
def course_words(course: Course) -> str:
    """How long a preventive was taken, and why it ended."""
    return preventive_words(course.preventive)


@register.filter
def preventive_words(one: Preventive) -> str:
    """The same of the row."""
    since = date_format(one.started_on, "j M Y") if one.started_on else _("not known")
    if one.ended_on is None:
        return _("since %(since)s, taken still") % {"since": since}
    words = _("%(since)s to %(until)s") % {"since": since, "until": date_format(one.ended_on, "j M Y")}
    reason = one.get_reason_display()
    return f"{words} · {reason}" if reason else words


@register.filter
def what_label(happening: Happening) -> Any:
    """What kind of thing happened."""
    if happening.number:
        return _("Injection session %(n)d") % {"n": happening.number}
    return WHAT_WORDS[happening.what]


@register.filter
def happening_words(happening: Happening) -> str:
    """The facts of what happened, without what anybody wrote about it."""
    said = happening.said
    if isinstance(said, InjectionSession):
        return _session_words(said)
    if isinstance(said, StandingEvent):
        return _adverse_words(said, happening.is_ours)
    if isinstance(said, RecordedDecision):
        return _decision_words(said, happening.is_ours)
    if isinstance(said, Preventive):
        reason = said.get_reason_display() if happening.what is What.PREVENTIVE_ENDED else ""
        return f"{said} · {reason}" if reason else str(said)
    return ""


def _session_words(said: InjectionSession) -> str:
    words = [said.product] if said.product else []
    if said.units is not None:
        words.append(_("%(n)d units") % {"n": said.units})
    if said.sites is not None:
        words.append(_("%(n)d sites") % {"n": said.sites})
    return " · ".join(words) or "–"


def _adverse_words(said: StandingEvent, is_ours: bool) -> str:
    is_other = said.term == AdverseTerm.OTHER
    words = [term_words(said.term, said.words if is_other else "")]
    if said.words and not is_other:
        words.append(said.words)
    words.append(said.severity)
    if said.is_serious:
        words.append(_("serious"))
    words.append(said.outcome)
    if said.ended_on:
        words.append(_("over on %(date)s") % {"date": date_format(said.ended_on, "j M Y")})
    if said.session_on:
        words.append(_("after the injections of %(date)s") % {"date": date_format(said.session_on, "j M Y")})
    if not is_ours:
        words.append(_("recorded by %(clinic)s") % {"clinic": said.clinic})
    return " · ".join(words)


def _decision_words(said: RecordedDecision, is_ours: bool) -> str:
    words = [str(DECISION_LABELS[said.kind])]
    if said.stop_reason:
        words.append(str(STOP_REASON_LABELS[said.stop_reason]))
    if said.cycle:
        words.append(_("after cycle %(n)d") % {"n": said.cycle})
    if not is_ours:
        words.append(_("decided at %(clinic)s") % {"clinic": said.clinic})
    return " · ".join(words)


@register.filter
def own_words(happening: Happening) -> str:
    """What somebody wrote about it: the reader's own clinic, or the patient where notes are shared."""
    if not happening.is_ours:
        return ""
    said = happening.said
    return str(said.reason if isinstance(said, RecordedDecision) else getattr(said, "note", ""))


@register.filter
def said_headache(said: SaidDay) -> str:
    """How bad it was."""
    if said.day is None:
        return _("today, not over") if said.is_today else _("not recorded")
    words = [str(HEADACHE_LABELS[Headache(said.day.headache)])]
    if said.day.pain:
        words.append(_("worst pain %(n)d of 10") % {"n": said.day.pain})
    return " · ".join(words)


@register.filter
def said_details(said: SaidDay) -> str:
    """Hours, side, what it felt like and what went with it; what may have played a part only where that is shared."""
    day = said.day
    if day is None:
        return "–"
    words = []
    if day.hours is not None:
        words.append(_("%(n)s hours") % {"n": number_format(day.hours.normalize())})
    if day.migraine is not None:
        words.append(_("“I think it was migraine”") if day.migraine else _("“No migraine”"))
    words += [str(label) for feature, label in FEATURE_LABELS.items() if feature in day.feature_set]
    details = {name: getattr(day, name) for name in ("start", "end", "side", "quality", "aura")}
    words += detail_words(details | {"triggers": said.triggers})
    if day.disability:
        words.append(
            _("kept from the day’s work: %(word)s") % {"word": DISABILITY_LABELS[Disability(day.disability)]}
        )
    if day.menstruation is not None:
        words.append(_("period") if day.menstruation else _("no period"))
    return " · ".join(words) or "–"


@register.filter
def said_medicines(said: SaidDay) -> str:
    """What was taken, and whether it helped."""
    words = [f"{name} ×{doses}" for name, doses in said.medicines]
    if said.day and said.day.relief:
        words.append(_("relief: %(word)s") % {"word": RELIEF_LABELS[Relief(said.day.relief)]})
    return " · ".join(words) or "–"


@register.filter
def said_origin(said: SaidDay) -> str:
    """When a day was recorded, by whom, and how often it was changed after the fact."""
    if said.day is None:
        return "–"
    words = []
    if said.day.is_late and said.day.recorded_on:
        words.append(_("late, on %(date)s") % {"date": date_format(said.day.recorded_on, "j M Y")})
    if said.day.source != said.day.Source.OWN:
        words.append(str(said.day.get_source_display()))
    if said.versions:
        words.append(
            ngettext("changed after the fact", "changed after the fact %(n)d times", said.versions)
            % {"n": said.versions}
        )
    return " · ".join(words) or "–"
