"""The before-and-after picture as a JSON-able payload, without colours or pixels."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic.summaries import PatientSummary, TreatmentWindow
from diary.charts import Chart, Level, Marker, counted_and_missing
from diary.rules import CHRONIC_HEADACHE_DAYS, Window, half_up


def before_and_after(summary: PatientSummary) -> Chart:
    """Headache days in 28-day windows anchored on the injections, with the part that missing days leave open."""
    windows = summary.windows
    return Chart(
        kind="bars",
        title=_("Headache days in 28 days, before and after each injection"),
        description=_(
            "Bars of headache days in windows of four weeks counted from each injection, with days not recorded on "
            "top. Weeks 9 to 12, which are compared with the baseline, are marked."
        ),
        unit=_("days"),
        most=28,
        labels=[[shown.weeks, _cycle_label(shown)] for shown in windows],
        series=counted_and_missing(
            _("Headache days"),
            [shown.window.headache_days for shown in windows],
            [shown.window.missing for shown in windows],
        ),
        levels=[*_baseline_level(summary.found.baseline), _published_level()],
        markers=_markers(summary),
        emphasis=[place for place, shown in enumerate(windows) if shown.is_evaluation or shown.is_baseline],
    )


def _cycle_label(shown: TreatmentWindow) -> str:
    if shown.is_baseline:
        return _("baseline")
    if shown.cycle == 0:
        return _("before")
    if shown.is_unfinished:
        return _("cycle %(n)d, so far") % {"n": shown.cycle}
    return _("cycle %(n)d") % {"n": shown.cycle}


def _baseline_level(baseline: Window | None) -> list[Level]:
    if baseline is None or baseline.estimate_28 is None:
        return []
    label = _("Baseline, estimated from the recorded days") if baseline.missing else _("Baseline")
    return [Level(key="baseline", label=label, value=half_up(baseline.estimate_28))]


def _published_level() -> Level:
    return Level(
        key="published", label=_("Published number (ICHD-3 1.3, a month)"), value=CHRONIC_HEADACHE_DAYS
    )


def _markers(summary: PatientSummary) -> list[Marker]:
    """One before the first window of each cycle."""
    starts = {result.cycle.number: result.cycle.starts_on for result in summary.found.cycles}
    first: dict[int, int] = {}
    for place, shown in enumerate(summary.windows):
        first.setdefault(shown.cycle, place)
    return [
        Marker(
            before=place,
            label=_("Injection %(n)d, %(date)s") % {"n": cycle, "date": date_format(starts[cycle], "j M Y")},
        )
        for cycle, place in first.items()
        if cycle
    ]
