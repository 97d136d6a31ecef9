"""Who may see whom: staff see the patients whose diary is shared with their clinic, while it is shared."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from accounts.access import audience
from clinic.models import CareLink, Membership

P = ParamSpec("P")
SEES_DIARIES = (Membership.Role.CLINICIAN, Membership.Role.LEAD)


def memberships_of(user: Any) -> QuerySet[Membership]:
    """The clinics at which a person may read diaries; an administrator reads none."""
    return Membership.objects.filter(user=user, role__in=SEES_DIARIES)


def care_links_of(user: Any) -> QuerySet[CareLink]:
    """The links, open at this moment, through which a person may see a patient."""
    links = CareLink.objects.open_at(timezone.now())
    return links.filter(clinic__memberships__in=memberships_of(user)).select_related("patient", "clinic")


def clinician_only(
    view: Callable[P, HttpResponse],
) -> Callable[P, HttpResponse]:
    """For staff who may read diaries. Others learn nothing, not even that the page exists."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = args[0]
        if not isinstance(request, HttpRequest) or not memberships_of(request.user).exists():
            raise Http404
        return view(*args, **kwargs)

    return audience("clinician")(guarded)


def care_link_only(
    view: Callable[Concatenate[HttpRequest, CareLink, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """For pages on one patient: the view gets the link. "Not yours" and "does not exist" answer alike."""

    @wraps(view)
    def guarded(request: HttpRequest, patient_id: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        link = care_links_of(request.user).filter(patient_id=patient_id).order_by("pk").first()
        if link is None:
            raise Http404
        return view(request, link, *args, **kwargs)

    return audience("clinician")(guarded)
