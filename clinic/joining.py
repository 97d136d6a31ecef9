"""What an invitation's address opens: whose it is, a sign-in or a new account, and then a yes or a no."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.access import GET_OR_POST, INVITATION, public, recently_signed_in, signed_in
from accounts.models import AuditEntry
from accounts.sessions import end_all
from clinic import consent, invitations
from clinic import staff as staffing
from clinic.access import seen
from clinic.forms import StaffNameForm
from clinic.models import Invitation
from diary.access import patient_of
from diary.forms import PatientForm
from diary.models import Patient


@require_safe
@public
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the secret out of the address bar at once, so that it stays in no history and no log of later pages."""
    digest = invitations.digest(token)
    if invitations.open_at_digest(digest) is None:
        return _unknown(request)
    request.session[INVITATION] = digest
    return redirect("join")


@require_safe
@public
def join(request: HttpRequest) -> HttpResponse:
    invitation = invitations.held(request)
    if invitation is None:
        return _unknown(request)
    if request.user.is_authenticated:
        return redirect("accept_invitation")
    return render(request, "join/join.html", _about(invitation))


@require_http_methods(GET_OR_POST)
@signed_in
def accept(request: HttpRequest) -> HttpResponse:
    invitation = invitations.held(request)
    if invitation is None:
        return _unknown(request)
    if request.POST.get("answer") == "no":
        invitations.let_go(request)
        messages.info(request, _("You can still come back through the same address."))
        return redirect("front_door")
    if invitation.role:
        return _work(request, invitation)
    patient = patient_of(request.user)
    return _share(request, invitation, patient) if patient else _begin(request, invitation)


def _unknown(request: HttpRequest) -> HttpResponse:
    """The same for what never was, is over, was used or withdrawn."""
    invitations.let_go(request)
    response = render(request, "join/unknown.html", status=404)
    response.is_our_own = True  # type: ignore[attr-defined]  # and stays while DEBUG is on
    return response


def _about(invitation: Invitation) -> dict[str, object]:
    return {
        "invitation": invitation,
        "clinic": invitation.clinic,
        "role": invitation.get_role_display(),
        "wording": consent.WORDINGS[consent.WORDING],
    }


def _begin(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """A diary of one's own first."""
    instance = Patient(time_zone=settings.TIME_ZONE, name=request.user.name, user=request.user)  # type: ignore[union-attr, misc]
    form = PatientForm(request.POST or None, instance=instance)
    if form.is_valid():
        with suppress(IntegrityError), transaction.atomic():  # a second tap
            form.save()
        return redirect("accept_invitation")
    context = {**_about(invitation), "form": form}
    return render(request, "join/begin.html", context, status=422 if form.errors else 200)


def _share(request: HttpRequest, invitation: Invitation, patient: Patient) -> HttpResponse:
    if request.method != "POST":
        return render(request, "join/share.html", _about(invitation))
    return _shared(request, invitation, patient)


@recently_signed_in
def _shared(request: HttpRequest, invitation: Invitation, patient: Patient) -> HttpResponse:
    try:
        with transaction.atomic():
            if not invitations.spend(invitation):
                return _unknown(request)
            sees_notes = request.POST.get("notes") == "yes"
            link = consent.agree(patient, invitation.clinic, sees_notes, _free_reference(invitation))
            audit.write(request, seen(AuditEntry.Action.CONSENTED, link))
    except consent.AlreadyLinked:
        pass  # the invitation stays for whom it was meant
    invitations.let_go(request)
    words = _("%(clinic)s can read your diary. You can end this here at any time.")
    messages.success(request, words % {"clinic": invitation.clinic})
    return redirect("sharing")


def _free_reference(invitation: Invitation) -> str:
    """The clinic's number, unless another patient came by it in the meantime."""
    taken = invitation.clinic.care_links.lasting().with_reference(invitation.reference).exists()
    return "" if taken else invitation.reference


def _work(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if not invitations.is_for(invitation, request.user):
        return render(request, "join/other_address.html", _about(invitation), status=403)
    form = None if request.user.name else StaffNameForm(request.POST or None, instance=request.user)  # type: ignore[union-attr]
    if request.method != "POST" or (form and not form.is_valid()):
        status = 422 if form and form.errors else 200
        return render(request, "join/work.html", _about(invitation) | {"form": form}, status=status)
    return _joined(request, invitation, form)


@recently_signed_in
def _joined(request: HttpRequest, invitation: Invitation, form: StaffNameForm | None) -> HttpResponse:
    with transaction.atomic():
        if form:
            form.save()
        membership = invitations.join_staff(invitation, request.user)
        if membership:
            end_all(request.user, but=request)
            staffing.write(request, invitation.clinic, f"joined as {membership.role}")
    invitations.let_go(request)
    if membership is None:
        messages.info(request, _("You work there already, or the invitation is over. Nothing has changed."))
        return redirect("front_door")
    words = _("You work at %(clinic)s now: %(role)s.")
    messages.success(request, words % {"clinic": invitation.clinic, "role": membership.get_role_display()})
    return redirect("front_door")
