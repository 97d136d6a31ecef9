"""Who may see whom: staff see the patients whose diary is shared with their clinic, while it is shared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts import audit, limits
from accounts.access import audience
from accounts.models import AuditEntry
from clinic.models import Appointment, CareLink, Clinic, CriteriaSet, Membership
from diary.models import DiaryDayQuerySet, Patient

P = ParamSpec("P")
SEES_DIARIES = (Membership.Role.CLINICIAN, Membership.Role.NURSE, Membership.Role.LEAD)
MANAGES_STAFF = (Membership.Role.LEAD, Membership.Role.ADMINISTRATOR)
Action = AuditEntry.Action


def memberships_of(user: Any) -> QuerySet[Membership]:
    """The clinics at which a person may read diaries; an administrator reads none."""
    return Membership.objects.filter(user=user, role__in=SEES_DIARIES)


def sees_diaries(user: Any) -> bool:
    """Asked once a request: `config.sign_in` brings the answer along with the person."""
    if not hasattr(user, "sees_diaries"):
        user.sees_diaries = user.is_authenticated and memberships_of(user).exists()
    return bool(user.sees_diaries)


def clinics_read_by(user: Any) -> QuerySet[Clinic]:
    """The clinics for which a person may take patients in."""
    return Clinic.objects.filter(memberships__in=memberships_of(user)).order_by("name")


def managing_memberships_of(user: Any) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user, role__in=MANAGES_STAFF)


def clinics_managed_by(user: Any) -> QuerySet[Clinic]:
    """The clinics whose staff a person may choose."""
    return Clinic.objects.filter(memberships__in=managing_memberships_of(user)).order_by("name")


def manages_staff(user: Any) -> bool:
    """Asked once a request, as `sees_diaries`."""
    if not hasattr(user, "manages_staff"):
        user.manages_staff = user.is_authenticated and managing_memberships_of(user).exists()
    return bool(user.manages_staff)


def notes_seen(link: CareLink) -> DiaryDayQuerySet:
    """The days whose notes may be shown through a link. Notes reach a clinic's page or file through here alone."""
    days = link.patient.days.exclude(note="")
    return days if link.sees_notes else days.none()


def care_links_of(user: Any) -> QuerySet[CareLink]:
    """The links, open at this moment, through which a person may see a patient."""
    links = CareLink.objects.open_at(timezone.now())
    return links.filter(clinic__memberships__in=memberships_of(user)).select_related("patient", "clinic")


def _care_link(user: Any, patient_id: int) -> CareLink | None:
    """The link for pages on one patient; it knows the appointment, and whether its clinic has criteria of its own."""
    own = CriteriaSet.objects.in_use().filter(clinic=OuterRef("clinic"))
    booked = Appointment.objects.filter(clinic=OuterRef("clinic"), patient=OuterRef("patient")).values("date")
    links = care_links_of(user).filter(patient_id=patient_id)
    links = links.annotate(own_criteria=Exists(own), appointment=Subquery(booked[:1]))
    return links.order_by("pk").first()


def seen(action: Action, link: CareLink) -> audit.Line:
    """A line of the audit log: through this link somebody saw or changed a record."""
    return audit.Line(action, link.patient.pseudonym, link.clinic_id, link.pk)


def show_listed(request: HttpRequest, links: Iterable[CareLink]) -> None:
    """Writes into the audit log whom a list shows; every view behind `clinician_only` says it, also of nobody."""
    show_found(request, (seen(Action.LISTED, link) for link in links))


def show_found(request: HttpRequest, lines: Iterable[audit.Line]) -> None:
    """The same where it is not links that are at hand."""
    audit.write(request, *lines)
    request.says_whom_it_lists = True  # type: ignore[attr-defined]


def refused(request: HttpRequest, subject: UUID | None = None) -> HttpResponse:
    """Raises `Http404` once the attempt is written down; who goes on trying is asked to wait instead."""
    if not limits.count(request, "refused"):
        return render(request, "429.html", status=429)
    audit.write(request, audit.Line(Action.DENIED, subject))
    raise Http404


def _only_for(is_one: Callable[[Any], bool], view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Others learn nothing, not even that the page exists."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = args[0]
        if not isinstance(request, HttpRequest):
            raise TypeError("a view takes the request first")
        return view(*args, **kwargs) if is_one(request.user) else refused(request)

    return guarded


def clinician_only(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """For staff who may read diaries: pages that list patients."""

    @wraps(view)
    def listing(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        if not getattr(args[0], "says_whom_it_lists", False):
            raise RuntimeError(f"{view.__name__} does not say whom it lists: call show_listed.")
        return response

    return audience("clinician")(_only_for(sees_diaries, listing))


def leading_memberships_of(user: Any) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user, role=Membership.Role.LEAD)


def clinics_led_by(user: Any) -> QuerySet[Clinic]:
    """The clinics whose results a person may read as a whole, and whose criteria they choose."""
    return Clinic.objects.filter(memberships__in=leading_memberships_of(user)).order_by("name", "pk")


def leads_clinic(user: Any) -> bool:
    """Asked once a request, as `sees_diaries`."""
    if not hasattr(user, "leads_clinic"):
        user.leads_clinic = user.is_authenticated and leading_memberships_of(user).exists()
    return bool(user.leads_clinic)


def show_counted(request: HttpRequest, action: Action, clinic: Clinic) -> None:
    """Writes into the audit log whose results were counted: a clinic's, and no single patient's."""
    audit.write(request, audit.Line(action, clinic=clinic.pk, detail="service audit"))
    request.says_what_it_counts = True  # type: ignore[attr-defined]


def clinic_lead_only(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """For a clinic's lead: pages that count all its patients and show none. Each says so to the audit log."""

    @wraps(view)
    def counting(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        if response.status_code == 200 and not getattr(args[0], "says_what_it_counts", False):
            raise RuntimeError(f"{view.__name__} does not say what it counts: call show_counted.")
        return response

    return audience("lead")(_only_for(leads_clinic, counting))


def care_link_only(
    view: Callable[Concatenate[HttpRequest, CareLink, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """For pages on one patient: the view gets the link. "Not yours" and "does not exist" answer alike.

    What the view answers goes out only once the audit log says so; what it saved stands or falls with that entry.
    """

    @wraps(view)
    def guarded(request: HttpRequest, patient_id: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        link = _care_link(request.user, patient_id)
        if link is None:
            subject = Patient.objects.filter(pk=patient_id).values_list("pseudonym", flat=True).first()
            return refused(request, subject)
        # A page is read outside a transaction: on SQLite one would hold the only write lock meanwhile.
        with transaction.atomic() if request.method == "POST" else nullcontext():
            return _audited(request, link, view(request, link, *args, **kwargs))

    return audience("clinician")(guarded)


def staff_manager_only(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """For a clinic's lead and administrator, who choose its staff. It opens no diary."""
    return audience("administrator")(_only_for(manages_staff, view))


def lead_only(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """For a clinic's lead, who chooses what it goes by. It opens no diary."""
    return audience("lead")(_only_for(lambda user: clinics_led_by(user).exists(), view))


def _audited(request: HttpRequest, link: CareLink, response: HttpResponse) -> HttpResponse:
    """A form that is sent and redirects has changed something; a file is a copy; all else has shown something."""
    if response.has_header("Content-Disposition"):
        action = Action.EXPORTED
    elif request.method == "POST" and response.status_code == 302:
        action = Action.CHANGED
    else:
        action = Action.VIEWED
    audit.write(request, seen(action, link))
    return response
