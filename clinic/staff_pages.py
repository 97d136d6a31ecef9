"""A clinic's staff, for its lead and its administrator."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from clinic import invitations
from clinic import staff as staffing
from clinic.access import clinics_managed_by, staff_manager_only
from clinic.forms import RoleForm, StaffInvitationForm
from clinic.models import Invitation, Membership


@require_safe
@staff_manager_only
def staff(request: HttpRequest) -> HttpResponse:
    return _page(request, StaffInvitationForm(clinics_managed_by(request.user)))


def _page(request: HttpRequest, form: StaffInvitationForm) -> HttpResponse:
    clinics = clinics_managed_by(request.user)
    context = {
        "clinics": [
            {
                "clinic": clinic,
                "members": clinic.memberships.select_related("user").order_by("user__name", "user__email"),
                "invitations": clinic.invitations.open_at(timezone.now()).for_staff().order_by("made_at"),
            }
            for clinic in clinics
        ],
        "roles": Membership.Role.choices,
        "form": form,
        "days": invitations.MAIL_DAYS,
    }
    return render(request, "clinic/staff.html", context, status=422 if form.errors else 200)


@require_POST
@staff_manager_only
def invite_staff(request: HttpRequest) -> HttpResponse:
    form = StaffInvitationForm(clinics_managed_by(request.user), request.POST)
    if form.is_valid() and not limits.count(request, "invite"):
        form.add_error(None, limits.TOO_MANY_INVITATIONS)
    if not form.is_valid():
        return _page(request, form)
    clinic, role = form.cleaned_data["clinic"], form.cleaned_data["role"]
    by = request.user.pseudonym  # type: ignore[union-attr]
    with transaction.atomic():
        invitation, address = invitations.make(clinic, by, form.cleaned_data["email"], role)
        staffing.write(request, clinic, f"{role} invited")
    if invitations.mail(invitation, address):
        messages.success(
            request, _("An invitation is on its way to %(email)s.") % {"email": invitation.email}
        )
    else:
        invitation.delete()
        messages.error(request, _("The invitation could not be mailed. Please try again later."))
    return redirect("staff")


@require_POST
@staff_manager_only
def change_role(request: HttpRequest, membership_id: int) -> HttpResponse:
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the roles."))
        return redirect("staff")
    try:
        member = staffing.change_role(request, membership_id, form.cleaned_data["role"])
    except staffing.OwnRole:
        return _own_role(request)
    words = _("%(person)s is now: %(role)s. This holds from their next tap on.")
    messages.success(request, words % {"person": member.user, "role": member.get_role_display()})
    return redirect("staff")


@require_POST
@staff_manager_only
def remove_staff(request: HttpRequest, membership_id: int) -> HttpResponse:
    try:
        member = staffing.remove(request, membership_id)
    except staffing.OwnRole:
        return _own_role(request)
    words = _("%(person)s no longer works at %(clinic)s and sees none of its patients any more.")
    messages.success(request, words % {"person": member.user, "clinic": member.clinic})
    return redirect("staff")


def _own_role(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("Nobody changes their own role. Another lead or administrator can do it."))
    return redirect("staff")


@require_POST
@staff_manager_only
def withdraw_staff_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    mine = Invitation.objects.unused().for_staff().of_clinics(clinics_managed_by(request.user))
    invitation = get_object_or_404(mine.select_related("clinic"), pk=invitation_id)
    with transaction.atomic():
        invitation.delete()
        staffing.write(request, invitation.clinic, f"{invitation.role} invitation withdrawn")
    messages.success(request, _("The invitation is withdrawn. Its address no longer works."))
    return redirect("staff")
