"""A report and a letter as words: what the file, the page and the print hold, all from one dictionary each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from clinic.charts import before_and_after
from clinic.exports import span
from clinic.report_summaries import Report
from clinic.rules import ChangedWindow, Moved, MovedBaseline
from clinic.summaries import CriteriaRow, CycleRow, PatientSummary
from clinic.templatetags.clinic import (
    acute_medication_span,
    block_span,
    code_label,
    due_words,
    headache_span,
    migraine_span,
    months_of_run,
    percent,
    recorded_words,
    reduction_bounds,
    why_not_compared,
)
from clinic.words import ANSWER_LABELS, DECISION_LABELS, STOP_REASON_LABELS
from diary.charts import Chart, headache_months
from diary.drawings import drawing, sentence
from diary.rules import (
    CHRONIC_HEADACHE_DAYS,
    CHRONIC_MIGRAINE_DAYS,
    COUNTED_CLASSES,
    SEVERAL_CLASSES_RULE,
    MedicationClass,
    Month,
    OveruseRule,
    Reached,
    Run,
    rule_of,
)
from diary.templatetags.charts import in_words
from diary.templatetags.diary import rule_label, state_explanation, state_label
from diary.words import CLASS_LABELS

Words = dict[str, Any]
MONTHS_CHARTED = 12
CHART_SIZE = (830, 205)
"""Units of the picture on a line of A4: text of 13 units is 8 points there."""


def day(when: date) -> str:
    """A date as all tables write it."""
    return date_format(when, "j M Y")


def cell(text: str, small: str = "", columns: int = 1) -> Words:
    """What stands in a table, in one column of it or over several; `small` is in small print."""
    return {"text": str(text), "small": str(small), "columns": columns}


def file_name(kind: str, reference: str, made_on: date) -> str:
    """No name and no word of health: files lie in folders that others see."""
    return "-".join(filter(None, [kind, slugify(reference)[:40], made_on.isoformat()])) + ".pdf"


def paper_words(title: str, report: Report) -> Words:
    """What every paper of ours says of itself."""
    link, today = report.summary.link, date_format(report.summary.today, "j F Y")
    return sheet_words(title) | {
        "identity": [
            [_("Name"), link.patient.name],
            [_("Born"), born(link.patient.date_of_birth)],
            [_("Clinic number"), link.reference or "–"],
            [_("Clinic"), link.clinic.name],
        ],
        "made": _("Made on %(date)s by %(name)s.") % {"date": today, "name": report.made_by},
        "replaced": _(
            "[?] stands for signs that this file’s letters do not have. The page on the screen shows them."
        ),
    }


def sheet_words(title: str) -> Words:
    """What typst needs of every paper: its title, the language of its words, and how pages are numbered."""
    language, _dash, region = (get_language() or "en").partition("-")
    return {
        "title": title,
        "language": language,
        "region": region or None,
        "page": _("Page %(page)s of %(pages)s"),
    }


def born(when: date | None) -> str:
    return date_format(when, "j F Y") if when else _("not recorded")


# --- The report ------------------------------------------------------------------------------------------------


def report_words(report: Report) -> Words:
    """All that a report says, its picture as shapes."""
    summary = report.summary
    chart = report_chart(report)
    return paper_words(_("Headache report"), report) | {
        "principle": _("We count; clinicians decide."),
        "facts": [[label, str(value)] for label, value in _facts(report)],
        "remarks": [*map(_moved, summary.moved_baselines), *map(_changed, summary.changed_windows)],
        "chart": _picture(chart) if chart else None,
        "chart_note": _chart_note(summary) if chart else _("Nothing is recorded yet."),
        "tables": [
            table for table in (_cycles(report), _months(report), _criteria(summary)) if table["rows"]
        ],
        "runs": [list(run) for run in _runs(summary)] if report.months else [],
        "runs_title": _("Longest runs of consecutive calendar months"),
        "decision_title": _("Latest decision"),
        "decision": _decision(report),
        "definitions_title": _("Definitions used"),
        "definitions": list(_definitions(summary)),
    }


def report_chart(report: Report) -> Chart | None:
    """Around the injections as on the patient's page; before the first one the last months; `None` without a day."""
    if report.summary.windows:
        return before_and_after(report.summary)
    months = report.summary.month_summaries[-MONTHS_CHARTED:]
    return headache_months(months) if months else None


def _facts(report: Report) -> Iterator[tuple[str, str | int]]:
    summary = report.summary
    first, last, recent = summary.found.diary.first_day, summary.found.diary.last_day, summary.recent
    yield _("Diary"), f"{day(first)} – {day(last)}" if first and last else _("nothing recorded")
    recorded = _("%(n)d of %(days)d") % {"n": recent.recorded, "days": recent.days}
    yield _("Recorded, last %(days)d days") % {"days": recent.days}, recorded
    yield _("Headache days, last %(days)d days") % {"days": recent.days}, headache_span(recent)
    yield _("Injections"), _position(summary)
    yield _("Next due"), due_words(report.next_visit)
    yield _("Days recorded late"), summary.late_days
    if summary.carer_days:
        yield _("Days entered by a carer"), summary.carer_days
    yield _("Days changed after the fact"), len(summary.changed_days)


def _position(summary: PatientSummary) -> str:
    if summary.position is None:
        return _("none yet")
    words = {"n": summary.position.cycle.number, "week": summary.position.week}
    return _("cycle %(n)d, week %(week)d") % words


def _moved(moved: MovedBaseline) -> str:
    words = {"on": date_format(moved.on, "j F Y"), "first": day(moved.was[0]), "last": day(moved.was[1])}
    if moved.why is Moved.DATE_CHANGED:
        return (
            _(
                "The baseline window moved on %(on)s: until then it was %(first)s to %(last)s. The first session’s "
                "date was changed."
            )
            % words
        )
    return (
        _(
            "The baseline window moved on %(on)s: until then it was %(first)s to %(last)s. An earlier session was "
            "recorded."
        )
        % words
    )


def _changed(window: ChangedWindow) -> str:
    words = {"n": window.days, "cycle": window.cycle, "on": date_format(window.last_on, "j F Y")}
    if window.cycle:
        return (
            ngettext(
                "%(n)d day of weeks 9–12 of cycle %(cycle)d was changed after the fact, on %(on)s.",
                "%(n)d days of weeks 9–12 of cycle %(cycle)d were changed after the fact, last on %(on)s.",
                window.days,
            )
            % words
        )
    return (
        ngettext(
            "%(n)d day of the baseline was changed after the first injection, on %(on)s.",
            "%(n)d days of the baseline were changed after the first injection, last on %(on)s.",
            window.days,
        )
        % words
    )


def _picture(chart: Chart) -> Words:
    """Where each shape stands, and all its numbers for who cannot see it."""
    numbers = [sentence(chart, place, in_words) for place in range(len(chart["labels"]))]
    levels = [f"{level['label']}: {in_words(level['value'])}." for level in chart["levels"]]
    return asdict(drawing(chart, *CHART_SIZE, number=in_words)) | {
        "title": f"{chart['title']} ({chart['unit']})",
        "emphasised": bool(chart["emphasis"]),
        "alt": " ".join([chart["description"], *levels, *numbers]),
    }


def _chart_note(summary: PatientSummary) -> str:
    if summary.windows:
        return _(
            "Darker bars are the windows that are compared: the baseline and weeks 9–12 of each cycle. Hatched: days "
            "that are not recorded; each could be a headache day or not."
        )
    return _(
        "No injection is recorded. Hatched: days that are not recorded; each could be a headache day or not."
    )


def _cycles(report: Report) -> Words:
    summary = report.summary
    percents = [_("%(percent)d %%") % {"percent": asked} for asked in summary.responder_percents]
    return {
        "title": _("Injection cycles"),
        "note": _baseline(report),
        "kind": "cycles",
        "headings": [
            _("Cycle"),
            _("From"),
            _("Weeks 1–4"),
            _("Weeks 5–8"),
            _("Weeks 9–12"),
            _("Recorded, weeks 9–12"),
            _("Reduction"),
            *percents,
        ],
        "rows": [_cycle(row) for row in report.cycles],
        "foot": _(
            "Headache days. The reduction compares weeks 9–12 with the baseline, per recorded day; the range counts "
            "all missing days one way and the other. It is not evaluated with fewer than %(needed)d recorded days in "
            "either window. Wearing-off usually falls into weeks 9–12, so the choice of weeks can decide whether a "
            "percentage is reached. Improvement without treatment and placebo response are large in chronic migraine: "
            "the diary shows when, not why."
        )
        % {"needed": summary.days_needed},
    }


def _baseline(report: Report) -> str:
    baseline = report.summary.found.baseline
    if baseline is None:
        return ""
    words = _(
        "Baseline %(first)s – %(last)s: %(span)s headache days, %(recorded)d of %(days)d days recorded."
    ) % {
        "first": day(baseline.first),
        "last": day(baseline.last),
        "span": headache_span(baseline),
        "recorded": baseline.recorded,
        "days": baseline.days,
    }
    if not report.cycles_left_out:
        return words
    left_out = ngettext(
        "%(n)d earlier cycle has no row here.",
        "%(n)d earlier cycles have no row here.",
        report.cycles_left_out,
    ) % {"n": report.cycles_left_out}
    return f"{words} {left_out}"


def _cycle(row: CycleRow) -> list[Words]:
    compared = row.comparison
    so_far = _("so far") if compared.reduction and compared.is_so_far else ""
    states = row.result.responder.values()
    if compared.reduction:
        bounds = "" if compared.reduction.is_exact else reduction_bounds(compared.reduction)
        fell = cell(percent(compared.reduction.point), " · ".join(filter(None, [bounds, so_far])))
        compared_with = [fell, *(cell(state_label(state), so_far) for state in states)]
    else:
        # One sentence for the reduction and for each of its states, which are the same.
        state = state_label(Reached.CANNOT_EVALUATE)
        compared_with = [cell(state, why_not_compared(compared), columns=1 + len(states))]
    return [
        cell(str(row.result.cycle.number)),
        cell(day(row.result.cycle.starts_on)),
        *(cell(block_span(block)) for block in row.blocks),
        cell(recorded_words(row.evaluation)),
        *compared_with,
    ]


def _months(report: Report) -> Words:
    this = report.summary.today.replace(day=1)
    months = [listed.month for listed in report.months]
    return {
        "title": _("Calendar months and medication days"),
        "note": _(
            "Beside published numbers of days a month. A range counts the days not recorded either way."
        ),
        "kind": "months",
        "headings": [
            _("Days"),
            _("Published number"),
            *(
                _("%(month)s, so far") % {"month": date_format(month.month, "M Y")}
                if month.month == this
                else date_format(month.month, "M Y")
                for month in months
            ),
        ],
        "rows": list(_month_rows(months)) if months else [],
        "foot": "",
    }


def _month_rows(months: Sequence[Month]) -> Iterator[list[Words]]:
    recorded = [
        cell(_("%(recorded)d of %(days)d") % {"recorded": m.recorded, "days": m.days}) for m in months
    ]
    yield [cell(_("Recorded")), cell("–"), *recorded]
    yield [
        cell(_("Headache days")),
        cell(str(CHRONIC_HEADACHE_DAYS), "ICHD-3 1.3 A"),
        *(_counted(m, headache_span(m), m.headache_15) for m in months),
    ]
    yield [
        cell(_("Migraine days")),
        cell(str(CHRONIC_MIGRAINE_DAYS), "ICHD-3 1.3 C"),
        *(_counted(m, migraine_span(m), m.migraine_8) for m in months),
    ]
    yield [
        cell(_("Any acute medicine")),
        cell("–"),
        *(_counted(m, acute_medication_span(m), None) for m in months),
    ]
    for medication_class in COUNTED_CLASSES:
        if any(month.medication_days[medication_class] for month in months):
            yield _class_row(months, medication_class)
    rule = SEVERAL_CLASSES_RULE
    if any(month.overuse[rule.code] in (Reached.REACHED, Reached.UNCERTAIN) for month in months):
        yield [cell(rule_label(rule)), _limit(rule), *(_under(month, rule) for month in months)]


def _class_row(months: Sequence[Month], medication_class: MedicationClass) -> list[Words]:
    rule, label = rule_of(medication_class), cell(str(CLASS_LABELS[medication_class]))
    if rule:
        return [label, _limit(rule), *(_under(month, rule) for month in months)]
    taken = [(month, month.medication_days[medication_class]) for month in months]
    return [
        label,
        cell("–", _("no number published")),
        *(_counted(m, _range(days, m.missing), None) for m, days in taken),
    ]


def _limit(rule: OveruseRule) -> Words:
    return cell(str(rule.days_per_month), rule.source)


def _under(month: Month, rule: OveruseRule) -> Words:
    return _counted(month, _range(month.days_under(rule), month.missing), month.overuse[rule.code])


def _range(days: int, missing: int) -> str:
    return span(days, missing, "–")


def _counted(month: Month, words: str, state: Reached | None) -> Words:
    if not month.recorded:
        return cell(_("not recorded"))
    return cell(words, str(state_label(state)) if state else "")


def _criteria(summary: PatientSummary) -> Words:
    return {
        "title": _("Published criteria, as counted"),
        "note": "",
        "kind": "criteria",
        "headings": [_("Source"), _("What it asks"), _("Counted"), _("State")],
        "rows": [line for row in summary.criteria for line in _criteria_rows(row)] if summary.cycles else [],
        "foot": " ".join(
            f"{row.state.criteria.name}: {row.state.criteria.source}." for row in summary.criteria
        ),
    }


def _criteria_rows(row: CriteriaRow) -> Iterator[list[Words]]:
    asked, compared, months = row.state.criteria, row.comparison, row.state.episodic
    so_far = _("so far, until weeks 9–12 are over") if compared.is_so_far else ""
    if compared.reduction:
        bounds = "" if compared.reduction.is_exact else f" ({reduction_bounds(compared.reduction)})"
        counted = cell(percent(compared.reduction.point) + bounds, so_far)
    else:
        counted = cell(why_not_compared(compared))
    yield [
        cell(asked.name),
        cell(
            _("Inadequate response: reduction of less than %(percent)d %% after cycle %(cycle)d")
            % {"percent": asked.inadequate_percent, "cycle": asked.inadequate_cycles}
        ),
        counted,
        cell(
            state_label(row.state.inadequate_response), _("so far") if compared.reduction and so_far else ""
        ),
    ]
    yield [
        cell(asked.name),
        cell(
            _(
                "Episodic again: fewer than %(below)d headache days in each of %(months)d consecutive calendar months "
                "since the first injection"
            )
            % {"below": asked.episodic_below, "months": asked.episodic_months}
        ),
        cell(_months_in_a_row(months), months_of_run(row)),
        cell(state_label(months.state)),
    ]


def _months_in_a_row(run: Run) -> str:
    words = {"n": run.months, "required": run.required}
    return (
        ngettext(
            "%(n)d month in a row, of %(required)d", "%(n)d months in a row, of %(required)d", run.months
        )
        % words
    )


def _runs(summary: PatientSummary) -> Iterator[tuple[str, str]]:
    found = summary.found
    numbers = {"headache": CHRONIC_HEADACHE_DAYS, "migraine": CHRONIC_MIGRAINE_DAYS}
    label = _("%(headache)d headache and %(migraine)d migraine days") % numbers
    yield label, _run(found.chronic_migraine)
    for code, run in found.medication_overuse.items():
        words = {"headache": CHRONIC_HEADACHE_DAYS, "rule": code_label(code)}
        yield _("%(headache)d headache days and %(rule)s at its limit") % words, _run(run)


def _run(run: Run) -> str:
    words = {"n": run.months, "required": run.required, "state": state_label(run.state)}
    return _("%(n)d of %(required)d months, %(state)s") % words


def _decision(report: Report) -> Words:
    decision = report.decision
    if decision is None:
        return {"facts": [], "reason": _("None is recorded.")}
    facts = [
        (_("Date"), day(decision.made_on)),
        (_("Decision"), DECISION_LABELS[decision.kind]),
        (_("Why it ends"), STOP_REASON_LABELS[decision.stop_reason] if decision.stop_reason else ""),
        (_("After cycle"), str(decision.cycle) if decision.cycle else ""),
        (_("Criteria looked at"), decision.criteria_name),
        (
            _("Medication overuse managed"),
            ANSWER_LABELS[decision.overuse_managed] if decision.overuse_managed else "",
        ),
        (_("Preventives tried or unsuitable"), _number(decision.preventives_tried)),
    ]
    return {
        "facts": [[label, str(value)] for label, value in facts if value],
        "reason": decision.reason or _("No reason is recorded."),
    }


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _definitions(summary: PatientSummary) -> Iterator[str]:
    yield _(
        "Headache day: a recorded calendar day, in the patient’s own time zone, with any headache. A day without a "
        "record is missing, never headache-free."
    )
    yield _("Migraine day: %(source)s.") % {"source": summary.found.diary.definition.source}
    yield _(
        "Medication day: a calendar day on which a class was taken, whatever the dose and whatever for (ICHD-3 8.2). A "
        "combination product counts as a combination only. ICHD-3 names no number for gepants; other acute medicines "
        "(8.2.8) are counted without a number here. Ditans are counted against their label’s number."
    )
    uncertain, cannot = Reached.UNCERTAIN, Reached.CANNOT_EVALUATE
    yield " ".join(
        _("“%(state)s”: %(why)s") % {"state": state_label(state), "why": state_explanation(state)}
        for state in (uncertain, cannot)
    )
    yield _(
        "Consecutive months: ICHD-3 1.3 and 8.2 ask for more than three. These are counts and no diagnosis: ICHD-3 "
        "1.3 B and D and 8.2 C cannot be counted."
    )
