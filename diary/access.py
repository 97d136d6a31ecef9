"""Who may use the diary's pages: a person with a diary, for their own diary alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from accounts.access import audience
from diary.models import Carer, CarerQuerySet, Patient

P = ParamSpec("P")


def patient_of(user: Any) -> Patient | None:
    """The person's own diary; `None` for somebody who keeps none, such as a clinician."""
    # Somebody not signed in has no such field, and somebody without a diary none behind it.
    patient: Patient | None = getattr(user, "patient", None)
    return patient


def patient_only(
    view: Callable[Concatenate[HttpRequest, Patient, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """The view gets the signed-in person's own diary; who has none is asked to begin one."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        patient = patient_of(request.user)
        if patient is None:
            return redirect("begin")
        return view(request, patient, *args, **kwargs)

    return audience("patient")(guarded)


def patients_phone(
    view: Callable[Concatenate[HttpRequest, Patient, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """The same for a script on the person's phone, which has no use for a page: others get 401 or 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return JsonResponse({"where": "session", "why": "nobody is signed in"}, status=401)
        patient = patient_of(request.user)
        if patient is None:
            return JsonResponse({"where": "session", "why": "this account keeps no diary"}, status=403)
        return view(request, patient, *args, **kwargs)

    return audience("patient's phone")(login_not_required(guarded))


def caring_of(user: Any) -> CarerQuerySet:
    """For whom a person can log at this moment. An account that works at a clinic logs for nobody."""
    mine = Carer.objects.of(user)
    return mine.none() if getattr(user, "works_at_clinic", True) else mine


def carer_only(
    view: Callable[Concatenate[HttpRequest, Carer, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """For pages on the one whom somebody logs for. "Not yours", "ended" and "does not exist" answer alike."""

    @wraps(view)
    def guarded(request: HttpRequest, carer_id: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        carer = caring_of(request.user).filter(pk=carer_id).first()
        if carer is None:
            raise Http404
        return view(request, carer, *args, **kwargs)

    return audience("carer")(guarded)
