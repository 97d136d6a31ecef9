"""What every page's frame needs: where this person can go, and the theme."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import ResolverMatch
from django.utils.functional import SimpleLazyObject

from accounts import demonstration, themes
from clinic.access import leads_clinic, manages_staff, sees_diaries
from diary.access import patient_of
from diary.phone import owner_mark


class Navigation:
    """The ways open to a signed-in person, and which of them the page is on."""

    def __init__(self, request: HttpRequest) -> None:
        patient = patient_of(request.user)
        self.is_patient = patient is not None
        self.phone_owner = owner_mark(patient) if patient else ""
        # What is not there is no attribute either: a patient's relation says it so.
        self.deletion = getattr(patient, "deletion", None)
        self.is_clinician = sees_diaries(request.user)
        self.leads_clinic = leads_clinic(request.user)
        self.manages_staff = manages_staff(request.user)
        self.has_carer = getattr(request.user, "has_carer", False)
        self.is_carer = getattr(request.user, "is_carer", False) and not request.user.works_at_clinic
        self.current = _tab_of(request.resolver_match) if request.resolver_match else ""


CURRENT = {
    "today": "today",
    "day": "month",
    "month": "month",
    "trends": "trends",
    "medicines": "medicines",
    "caseload": "patients",
    "criteria": "patients",
    "add_criteria": "patients",
    "visits": "patients",
    "tags": "patients",
    "link": "patients",
    "invite": "patients",
    "staff": "staff",
    "service_audit": "service_audit",
}


def _tab_of(match: ResolverMatch) -> str:
    return "patients" if "patient_id" in match.kwargs else CURRENT.get(match.url_name or "", "")


def navigation(request: HttpRequest) -> dict[str, Any]:
    """`nav` asks the database only where a page shows it."""
    return {
        "nav": SimpleLazyObject(lambda: Navigation(request)),
        "theme": themes.chosen(request),
        "demonstration": demonstration if settings.DEBUG else None,
        "second_factor_is_off": not settings.REQUIRE_SECOND_FACTOR,
    }
