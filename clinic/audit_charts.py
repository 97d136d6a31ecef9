"""The pictures of the service audit. A hidden number is no number: its bar has a gap and its label says so."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from clinic.rules import RESPONDER_PERCENT
from clinic.service_audit import CycleRow, Responders, ServiceAudit
from diary.charts import Chart, Level, Series

MONTHS_WORDS = {"under 6": "< 6", "6-11": "6–11", "12-23": "12–23", "24 and more": "≥ 24"}


def responder_charts(found: ServiceAudit) -> list[Chart]:
    """One for each percentage: patients at each cycle, stacked by what can be said of them."""
    return [_responders(found, percent) for percent in found.question.percents]


def _responders(found: ServiceAudit, percent: int) -> Chart:
    pairs = [(row, one) for row in found.cycles for one in row.responders if one.percent == percent]
    return Chart(
        kind="bars",
        title=_("At least %(percent)d %% fewer headache days") % {"percent": percent},
        description=_("For each cycle a bar of patients: reached, uncertain, not reached, cannot evaluate."),
        unit=_("patients"),
        most=_most(
            [[one.reached, one.uncertain, one.not_reached, row.cannot_evaluate] for row, one in pairs]
        ),
        labels=[_cycle_label(row, one) for row, one in pairs],
        series=[
            _series("counted", _("Reached"), [one.reached for _row, one in pairs]),
            _series("missing", _("Uncertain"), [one.uncertain for _row, one in pairs]),
            _series("series-2", _("Not reached"), [one.not_reached for _row, one in pairs]),
            _series("grid", _("Cannot evaluate"), [row.cannot_evaluate for row, _one in pairs]),
        ],
        levels=[],
        markers=[],
        emphasis=[],
    )


def _series(key: str, label: str, values: Sequence[int | None]) -> Series:
    return Series(key=key, label=label, values=list(values))


def _most(bars: Sequence[Sequence[int | None]]) -> int:
    return max((sum(value or 0 for value in bar) for bar in bars), default=0)


def _cycle_label(row: CycleRow, one: Responders) -> list[str]:
    label = [_("cycle %(n)d") % {"n": row.number}]
    return [*label, _("part hidden")] if one.has_hidden or row.cannot_evaluate is None else label


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
    return Chart(
        kind="bars",
        title=_("Time on treatment"),
        description=_("Bars of patients by months since the first injection, ended or not."),
        unit=_("patients, by months"),
        most=_most([[row.going_on, row.ended] for row in found.times]),
        labels=[[MONTHS_WORDS[row.key]] for row in found.times],
        series=[
            _series("counted", _("No end recorded"), [row.going_on for row in found.times]),
            _series("series-2", _("Ended"), [row.ended for row in found.times]),
        ],
        levels=[],
        markers=[],
        emphasis=[],
    )
