"""The caseload, for whoever reads diaries at a clinic."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import care_links_of, clinician_only, show_listed
from clinic.caseload import caseload, matching

PATIENTS_A_PAGE = 100


@require_safe
@clinician_only
def caseload_page(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "").strip()[:120]  # PostgreSQL refuses NUL
    page = Paginator(matching(care_links_of(request.user), query), PATIENTS_A_PAGE).get_page(
        request.GET.get("page")
    )
    links = list(page)
    rows = caseload(links, timezone.now())
    show_listed(request, links)
    return render(request, "clinic/caseload.html", {"rows": rows, "page": page, "query": query})
