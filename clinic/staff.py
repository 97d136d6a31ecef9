"""Who works at a clinic, and as what. Each change is written into the audit log, holds from the next request on, and
signs that person out everywhere.

Who goes takes along no invitation, neither one to themself nor one that they sent to others.

Nobody changes their own role or removes themself, and only who manages the staff changes anybody's: so somebody who
manages it is always left.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from accounts import audit
from accounts.models import AuditEntry
from accounts.sessions import end_all
from clinic import clinic_feed
from clinic.access import MANAGES_STAFF, clinics_managed_by
from clinic.models import Clinic, Membership


class OwnRole(ValueError):
    """Somebody else has to do it."""


def change_role(request: HttpRequest, membership_id: int, role: str) -> Membership:
    with transaction.atomic():
        membership = _managed(request.user, membership_id)
        before, membership.role = membership.role, role
        membership.save(update_fields=["role"])
        clinic_feed.end(membership.clinic, membership.user)
        if role not in MANAGES_STAFF:
            membership.clinic.invitations.open_to_work_by(membership.user).delete()
        end_all(membership.user)
        write(request, membership.clinic, f"{before} to {role}")
    return membership


def remove(request: HttpRequest, membership_id: int) -> Membership:
    with transaction.atomic():
        membership = _managed(request.user, membership_id)
        membership.delete()
        clinic_feed.end(membership.clinic, membership.user)
        membership.clinic.invitations.open_to_work_by(membership.user).delete()
        membership.clinic.invitations.open_to_work_for(membership.user.addresses()).delete()
        end_all(membership.user)
        write(request, membership.clinic, f"{membership.role} removed")
    return membership


def _managed(user: Any, membership_id: int) -> Membership:
    """A membership that this person may change. Two who remove each other at a moment wait here: one is too late."""
    where = Clinic.objects.filter(memberships=membership_id).values_list("pk", flat=True).first()
    clinic = get_object_or_404(Clinic.objects.select_for_update(), pk=where)
    if not clinics_managed_by(user).filter(pk=clinic.pk).exists():
        raise Http404
    membership = get_object_or_404(clinic.memberships.select_related("user", "clinic"), pk=membership_id)
    if membership.user_id == user.pk:
        raise OwnRole
    return membership


def write(request: HttpRequest, clinic: Clinic, words: str) -> None:
    """`words` are names of roles, never of people."""
    audit.write(request, audit.Line(AuditEntry.Action.STAFFED, clinic=clinic.pk, detail=words))
