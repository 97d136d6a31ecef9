"""Where signing in leads."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from clinic import invitations
from clinic.access import manages_staff, sees_diaries
from diary.access import caring_of, patient_of


@require_safe
@signed_in
def front_door(request: HttpRequest) -> HttpResponse:
    """Where signing in leads: back to an invitation; to the patients for staff, or to the staff for who chooses them;
    to Today for who keeps a diary, to whom they log for for a carer, else to beginning a diary.
    """
    if invitations.held(request):
        return redirect("accept_invitation")
    if sees_diaries(request.user):
        return redirect("caseload")
    if manages_staff(request.user) and not patient_of(request.user):
        return redirect("staff")
    if patient_of(request.user):
        return redirect("today")
    return redirect("caring" if caring_of(request.user).exists() else "begin")
