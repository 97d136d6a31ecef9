"""What was decided about the treatment: recorded beside the counts, corrected and withdrawn with its past."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import GET_OR_POST
from clinic import deciding
from clinic.access import care_link_only
from clinic.attention import ended_on
from clinic.criteria import names_of
from clinic.decision_forms import DecisionForm
from clinic.decision_summaries import counted_now, decision_history, recorded_start, start
from clinic.models import CareLink, Decision
from clinic.summaries import PatientSummary, patient_summary
from clinic.terms import Answer

OVERTAKEN = gettext_lazy(
    "Somebody else corrected or withdrew this decision meanwhile. It stands below as it is now."
)


@require_http_methods(GET_OR_POST)
@care_link_only
def decisions(request: HttpRequest, link: CareLink) -> HttpResponse:
    """What is counted, the form for one more decision, and those recorded."""
    summary = patient_summary(link, timezone.now())
    instance = Decision(
        patient=link.patient,
        clinic=link.clinic,
        recorded_by=request.user.pseudonym,
        made_on=summary.today,
        cycle=_cycle_asked(summary),
        criteria=link.clinic.follows,
    )
    return _decision_page(request, link, summary, instance)


def _cycle_asked(summary: PatientSummary) -> int | None:
    """The last one that is over, else the one under way; `None` before the first injection."""
    over = (
        row.result.cycle for row in reversed(summary.cycles) if ended_on(row.result.cycle) < summary.today
    )
    last = next(over, None) or (summary.position.cycle if summary.position else None)
    return last.number if last else None


@require_http_methods(GET_OR_POST)
@care_link_only
def decision(request: HttpRequest, link: CareLink, decision_id: int) -> HttpResponse:
    """One decision, to be corrected."""
    standing = get_object_or_404(link.patient.decisions.standing().of(link.clinic), pk=decision_id)
    instance = deciding.replacement(standing, by=request.user.pseudonym)
    return _decision_page(request, link, patient_summary(link, timezone.now()), instance)


@require_POST
@care_link_only
def withdraw_decision(request: HttpRequest, link: CareLink, decision_id: int) -> HttpResponse:
    """It was recorded by mistake; it stays legible."""
    found = get_object_or_404(link.patient.decisions.of(link.clinic), pk=decision_id)
    try:
        deciding.withdraw(found, by=request.user.pseudonym)
    except deciding.Overtaken:
        messages.warning(request, OVERTAKEN)
    else:
        messages.success(request, _("The decision is withdrawn. It stays legible below."))
    return redirect("decisions", link.patient_id)


def _decision_page(
    request: HttpRequest, link: CareLink, summary: PatientSummary, instance: Decision
) -> HttpResponse:
    given = [session.date for session in summary.sessions if session.date <= summary.today]
    offered = {row.state.criteria.key: row.state.criteria.name for row in summary.criteria}
    if instance.criteria not in {"", *offered}:
        # A decision that is corrected keeps what it looked at, though that be retired by now.
        offered |= {
            key: name for key, name in names_of([instance.criteria]).items() if key == instance.criteria
        }
    form = DecisionForm(summary.today, given, offered, request.POST or None, instance=instance)
    preventives = list(link.patient.preventives.running_first())
    if form.is_valid():
        if not instance.replaces_id:
            managed = Answer(instance.overuse_managed) if instance.overuse_managed else None
            before = start(summary, preventives, instance.preventives_tried, managed)
            instance.counted = counted_now(summary, before)
        try:
            deciding.record(instance)
        except deciding.Overtaken:
            messages.warning(request, OVERTAKEN)
        else:
            messages.success(request, _("Decision saved: %(kind)s.") % {"kind": instance.get_kind_display()})
        return redirect("decisions", link.patient_id)
    history = decision_history(link.patient, link.clinic)
    standing = [one.latest for one in history if not one.is_withdrawn]
    context = {
        "form": form,
        "link": link,
        "summary": summary,
        "start": recorded_start(summary, preventives, standing),
        "history": history,
    }
    return render(request, "clinic/decisions.html", context, status=422 if form.errors else 200)
