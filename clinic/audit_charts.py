"""The pictures of the service audit. A hidden number is no number: its bar has a gap and its label says so."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from clinic.rules import RESPONDER_PERCENT
from clinic.service_audit import ServiceAudit
from diary.charts import Chart, Level, Series

MONTHS_WORDS = {"under 6": "< 6", "6-11": "6–11", "12-23": "12–23", "24 and more": "≥ 24"}


def responder_charts(found: ServiceAudit) -> list[Chart]:
    """One for each percentage: patients at each cycle, stacked by what can be said of them."""
    return [_responders(found, percent) for percent in found.question.percents]


def _responders(found: ServiceAudit, percent: int) -> Chart:
    pairs = [(row, one) for row in found.cycles for one in row.responders if one.percent == percent]
    return _stacked(
        title=_("At least %(percent)d %% fewer headache days") % {"percent": percent},
        description=_("For each cycle a bar of patients: reached, uncertain, not reached, cannot evaluate."),
        unit=_("patients, by cycle; * part of them hidden"),
        labels=[str(row.number) for row in found.cycles],
        keys=[
            ("counted", _("Reached")),
            ("missing", _("Uncertain")),
            ("series-2", _("Not reached")),
            ("grid", _("Cannot evaluate")),
        ],
        bars=[[one.reached, one.uncertain, one.not_reached, row.cannot_evaluate] for row, one in pairs],
    )


def shows_anybody(chart: Chart) -> bool:
    """Without a single number an empty frame would look like nobody."""
    return any(value for series in chart["series"] for value in series["values"])


def _stacked(
    title: str,
    description: str,
    unit: str,
    labels: Sequence[str],
    keys: Sequence[tuple[str, str]],
    bars: Sequence[Sequence[int | None]],
) -> Chart:
    """Bars of people. One with a hidden part carries a star, and no nought that would look like nobody."""
    drawn = [[value or None for value in bar] if None in bar else list(bar) for bar in bars]
    return Chart(
        kind="bars",
        title=title,
        description=description,
        unit=unit,
        most=max((sum(value or 0 for value in bar) for bar in drawn), default=0),
        labels=[[f"{label}*" if None in bar else label] for label, bar in zip(labels, bars, strict=True)],
        series=[
            Series(key=key, label=label, values=[bar[place] for bar in drawn])
            for place, (key, label) in enumerate(keys)
        ],
        levels=[],
        markers=[],
        emphasis=[],
    )


def change_chart(found: ServiceAudit) -> Chart:
    """The waterfall: headache days left in percent of the baseline, the largest fall first."""
    return Chart(
        kind="bars",
        title=_("Headache days left at cycle %(n)d, the largest fall first") % {"n": found.question.cycle},
        description=_(
            "Bars of headache days left in percent of the baseline, each the mean of at least %(n)d patients "
            "beside each other in order, with what the missing days leave open on top."
        )
        % {"n": found.smallest},
        unit=_("percent of the baseline"),
        most=110,
        labels=[[str(place)] for place in range(1, len(found.bars) + 1)],
        series=[
            Series(key="counted", label=_("Left at least"), values=[bar.least for bar in found.bars]),
            Series(
                key="missing",
                label=_("Not recorded: could be either"),
                values=[round(bar.most - bar.least, 1) for bar in found.bars],
            ),
        ],
        levels=[
            Level(key="baseline", label=_("Baseline"), value=100),
            *(
                Level(
                    key="published",
                    label=_("%(percent)d %% fewer") % {"percent": percent},
                    value=100 - percent,
                )
                for percent in RESPONDER_PERCENT
            ),
        ],
        markers=[],
        emphasis=[],
    )


def time_chart(found: ServiceAudit) -> Chart:
    """Months on treatment, by whether a decision ended it."""
    return _stacked(
        title=_("Time on treatment"),
        description=_("Bars of patients by months since the first injection, ended or not."),
        unit=_("patients, by months; * part of them hidden"),
        labels=[MONTHS_WORDS[row.key] for row in found.times],
        keys=[("counted", _("No end recorded")), ("series-2", _("Ended"))],
        bars=[[row.going_on, row.ended] for row in found.times],
    )
