"""The before-and-after picture as a JSON-able payload, without colours or pixels."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.rules import BASELINE_DAYS
from clinic.summaries import PatientSummary, TreatmentWindow
from diary.charts import Chart, Level, Marker, counted_and_missing, known
from diary.rules import CHRONIC_HEADACHE_DAYS, Window, half_up


def before_and_after(summary: PatientSummary) -> Chart:
    """Headache days in 28-day windows anchored on the injections, with the part that missing days leave open."""
    windows = summary.windows
    return Chart(
        kind="bars",
        title=_("Headache days in %(n)d days, before and after each injection") % {"n": BASELINE_DAYS},
        description=_(
            "Bars of headache days in windows of four weeks counted from each injection, with days not recorded on "
            "top. Weeks 9 to 12, which are compared with the baseline, are marked. A window that the next injection "
            "cut short is labelled with its days."
        ),
        unit=_("days"),
        most=BASELINE_DAYS,
        labels=[_label(shown) for shown in windows],
        series=counted_and_missing(
            _("Headache days"),
            [known(shown.window.recorded, shown.window.headache_days) for shown in windows],
            [shown.window.missing for shown in windows],
        ),
        levels=[*_baseline_level(summary.found.baseline), _published_level()],
        markers=_markers(summary),
        emphasis=[place for place, shown in enumerate(windows) if shown.is_compared],
    )


def _label(shown: TreatmentWindow) -> list[str]:
    """Short lines, so that more labels have room beside each other."""
    if shown.is_baseline:
        return [shown.weeks, _("baseline")]
    if shown.cycle == 0:
        return [shown.weeks, _("before")]
    label = [shown.weeks, _("cycle %(n)d") % {"n": shown.cycle}]
    if shown.is_unfinished:
        return [*label, _("so far")]
    if shown.is_cut:
        days = shown.window.days
        return [*label, ngettext("%(days)d day", "%(days)d days", days) % {"days": days}]
    return label


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
