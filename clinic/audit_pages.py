"""The service audit, for a clinic's lead: how the patients of a clinic fare, and none of them by themselves."""

from __future__ import annotations

import csv
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import AuditEntry
from clinic.access import clinic_lead_only, clinics_led_by, show_counted
from clinic.audit_charts import change_chart, responder_charts, shows_anybody, time_chart
from clinic.audit_exports import COLUMNS, audit_rows
from clinic.audit_forms import QuestionForm
from clinic.service_audit import service_audit
from diary.imports.diary_csv import escaped


@require_safe
@clinic_lead_only
def service_audit_page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = QuestionForm(clinics_led_by(request.user), now, request.GET)
    if not form.is_valid():
        return _refused(request, form)
    found = service_audit(form.question, now)
    show_counted(request, AuditEntry.Action.VIEWED, form.chosen)
    context: dict[str, Any] = {"form": form, "found": found, "query": request.GET.urlencode()}
    if not found.is_empty:
        context["charts"] = [chart for chart in responder_charts(found) if shows_anybody(chart)]
        context["change_chart"] = change_chart(found) if found.bars else None
        context["time_chart"] = chart if shows_anybody(chart := time_chart(found)) else None
    return render(request, "clinic/service_audit.html", context)


@require_safe
@clinic_lead_only
def service_audit_table(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = QuestionForm(clinics_led_by(request.user), now, request.GET)
    if not form.is_valid():
        return _refused(request, form)
    found = service_audit(form.question, now)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="service-audit-{now:%Y-%m-%d}.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    writer.writerows([escaped(str(cell)) for cell in row] for row in audit_rows(found))
    show_counted(request, AuditEntry.Action.EXPORTED, form.chosen)
    return response


def _refused(request: HttpRequest, form: QuestionForm) -> HttpResponse:
    return render(request, "clinic/service_audit.html", {"form": form}, status=422)
