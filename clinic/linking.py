"""How a clinic comes to a diary: a patient's code, or an invitation by mail or on paper."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit, limits
from accounts.access import GET_OR_POST
from accounts.models import AuditEntry
from clinic import consent, invitations
from clinic.access import clinician_only, clinics_read_by, seen, show_listed
from clinic.forms import LinkForm, PatientInvitationForm
from clinic.models import CareLink, Invitation


@require_http_methods(GET_OR_POST)
@clinician_only
def link(request: HttpRequest) -> HttpResponse:
    show_listed(request, [])  # it shows nobody; whom it opens, `_linked` writes down
    form = LinkForm(clinics_read_by(request.user), request.POST or None)
    if form.is_valid() and not limits.may_try(request, "link_code"):
        form.add_error(None, _("Those were many codes that did not fit. Please wait a quarter of an hour."))
    found = _linked(request, form) if form.is_valid() else None
    if found:
        return redirect("patient", found.patient_id)
    return render(request, "clinic/link.html", {"form": form}, status=422 if form.errors else 200)


def _linked(request: HttpRequest, form: LinkForm) -> CareLink | None:
    said = form.cleaned_data
    try:
        with transaction.atomic():
            found = consent.use_code(said["code"], said["clinic"], said["reference"])
            audit.write(request, seen(AuditEntry.Action.CONSENTED, found))
    except consent.UnknownCode:
        limits.count(request, "link_code")
        audit.write(request, audit.Line(AuditEntry.Action.DENIED, clinic=said["clinic"].pk, detail="code"))
        form.add_error("code", _("This code opens nothing. It works once, for two days: ask for a new one."))
        return None
    except consent.AlreadyLinked as known:
        messages.info(request, _("This diary is open to your clinic already. The code was not used up."))
        return known.link
    except IntegrityError:
        form.add_error("reference", _("This number is another patient's. The code was not used up."))
        return None
    tell(found)
    messages.success(request, _("The diary is open to %(clinic)s.") % {"clinic": found.clinic})
    return found


def tell(found: CareLink) -> None:
    """A mail without a name and without a word on health; what it is about stands on the page of sharing."""
    if found.patient.user:
        text = _(
            "Who can see your entries has changed. What it is now, and how to end it, stands here once you are "
            "signed in:\n\n%(address)s\n\nIf this was not you, end the access there and change your password.\n"
        )
        address = settings.SITE_URL + reverse("sharing")
        to = [found.patient.user.email]
        send_mail(_("Your sharing has changed"), text % {"address": address}, None, to, fail_silently=True)


@require_http_methods(GET_OR_POST)
@clinician_only
def invite(request: HttpRequest) -> HttpResponse:
    """An invitation by mail, or a sheet to print, which is shown this once."""
    show_listed(request, [])
    clinics = clinics_read_by(request.user)
    form = PatientInvitationForm(clinics, request.POST or None)
    if form.is_valid() and not limits.count(request, "invite"):
        form.add_error(None, limits.TOO_MANY_INVITATIONS)
    if form.is_valid():
        return _invited(request, form)
    context = {
        "form": form,
        "invitations": Invitation.objects.open_at(timezone.now()).for_patients().of_clinics(clinics),
    }
    return render(request, "clinic/invite.html", context, status=422 if form.errors else 200)


def _invited(request: HttpRequest, form: PatientInvitationForm) -> HttpResponse:
    said = form.cleaned_data
    by = request.user.pseudonym  # type: ignore[union-attr]
    invitation, address = invitations.make(said["clinic"], by, said["email"], reference=said["reference"])
    if not invitation.email:
        context = {"invitation": invitation, "address": address}
        return render(request, "clinic/sheet.html", context)
    if invitations.mail(invitation, address):
        messages.success(
            request, _("An invitation is on its way to %(email)s.") % {"email": invitation.email}
        )
    else:
        invitation.delete()
        messages.error(request, _("The invitation could not be mailed. Print a sheet instead."))
    return redirect("invite")


@require_POST
@clinician_only
def withdraw_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    show_listed(request, [])
    mine = Invitation.objects.unused().for_patients().of_clinics(clinics_read_by(request.user))
    get_object_or_404(mine, pk=invitation_id).delete()
    messages.success(request, _("The invitation is withdrawn. Its address no longer works."))
    return redirect("invite")
