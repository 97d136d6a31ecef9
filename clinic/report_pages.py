"""The report of a patient and the letter to them: as a page to read and print, and as a file to keep."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import GET_OR_POST
from clinic.access import care_link_only
from clinic.letters import letter_words
from clinic.models import CareLink
from clinic.report_forms import LetterForm
from clinic.report_summaries import Report, report_of
from clinic.reports import Words, file_name, report_chart, report_words
from clinic.summaries import patient_summary
from clinic.typesetting import pdf


def _report(request: HttpRequest, link: CareLink) -> Report:
    return report_of(patient_summary(link, timezone.now()), str(request.user))


@require_safe
@care_link_only
def report(request: HttpRequest, link: CareLink) -> HttpResponse:
    filed = _report(request, link)
    context = {"link": link, "report": report_words(filed), "chart": report_chart(filed)}
    return render(request, "clinic/report.html", context)


@require_safe
@care_link_only
def report_file(request: HttpRequest, link: CareLink) -> HttpResponse:
    filed = _report(request, link)
    return _file("report", report_words(filed), filed)


@require_safe
@care_link_only
def letter(request: HttpRequest, link: CareLink) -> HttpResponse:
    context = {"link": link, "letter": letter_words(_report(request, link)), "form": LetterForm()}
    return render(request, "clinic/letter.html", context)


@require_http_methods(GET_OR_POST)
@care_link_only
def letter_file(request: HttpRequest, link: CareLink) -> HttpResponse:
    """The file; what a clinician adds comes with the form that asks for it."""
    filed = _report(request, link)
    form = LetterForm(request.POST if request.method == "POST" else {})
    if not form.is_valid():
        context = {"link": link, "letter": letter_words(filed), "form": form}
        return render(request, "clinic/letter.html", context, status=422)
    return _file("letter", letter_words(filed, form.cleaned_data["sentence"]), filed)


def _file(kind: str, words: Words, filed: Report) -> HttpResponse:
    made_on = filed.summary.today
    name = file_name(kind, filed.summary.link.reference, made_on)
    return HttpResponse(
        pdf(f"{kind}.typ", words, made_on),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
