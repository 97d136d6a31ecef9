"""The pictures of the injection cycles as JSON-able payloads, without colours or pixels."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.rules import BASELINE_DAYS, CYCLE_DAYS, CycleResult, week_means
from clinic.summaries import PatientSummary, TreatmentWindow
from diary.charts import Chart, Level, Marker, Series, counted_and_missing, known
from diary.rules import CHRONIC_HEADACHE_DAYS, Window, half_up

CYCLES_SHOWN = 5
"""With the mean as many lines as can be told apart."""
WEEKS = CYCLE_DAYS // 7


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


def weeks_of_cycles(summary: PatientSummary) -> Chart:
    """Headache days in each week of the last cycles over each other: wearing-off shows at their end.

    Only weeks whose seven days are all recorded are drawn; the others are gaps, never low. From two cycles on the mean
    of all of them lies over the latest.
    """
    results = summary.found.cycles
    shown = results[-CYCLES_SHOWN:]
    means = [None if mean is None else half_up(mean) for mean in week_means(results)]
    return Chart(
        kind="lines",
        title=_("Headache days in each week of a cycle"),
        description=_(
            "A line for each of the last cycles, from the first week after the injection to the twelfth, and one for "
            "the mean of all cycles."
        )
        if len(results) > 1
        else _("A line from the first week after the injection to the twelfth."),
        unit=_("days of 7"),
        most=7,
        labels=[[str(week)] for week in range(1, WEEKS + 1)],
        series=[
            Series(
                key=f"series-{place}",
                label=_("Cycle %(n)d") % {"n": result.cycle.number},
                values=_weekly_days(result),
            )
            for place, result in enumerate(shown, start=1)
        ]
        + (
            [
                Series(
                    key="mean",
                    label=_("Mean of all %(n)d cycles") % {"n": len(results)},
                    values=list(means),
                )
            ]
            if len(results) > 1
            else []
        ),
        levels=[],
        markers=[],
        emphasis=[],
    )


def _weekly_days(result: CycleResult) -> list[float | None]:
    whole = {int(week.weeks): week.window for week in result.weeks if week.window.recorded == 7}
    return [whole[week].headache_days if week in whole else None for week in range(1, WEEKS + 1)]


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
