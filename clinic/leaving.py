"""A person's wish to be deleted, and taking it back. Access of others ends with the wish, not with the deletion."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import AuditEntry, User
from clinic import consent
from clinic.access import seen
from clinic.models import InjectionSession, Membership
from diary.models import Deletion, Patient

COOLING_OFF = timedelta(days=7)
logger = logging.getLogger(__name__)


def account_stays(user: User) -> bool:
    """Whether somebody works or worked at a clinic: records of other people's treatment name them."""
    return (
        user.is_superuser
        or Membership.objects.filter(user=user).exists()
        or InjectionSession.objects.filter(recorded_by=user).exclude(patient__user=user).exists()
    )


def ask(request: HttpRequest, patient: Patient) -> Deletion:
    """Writes the wish down, ends the access of clinics and of a carer at once, and says so by mail. Asked twice counts
    once.
    """
    now = timezone.now()
    with transaction.atomic():
        Patient.objects.select_for_update().get(pk=patient.pk)
        deletion, is_new = Deletion.objects.get_or_create(
            patient=patient, defaults={"asked_at": now, "due_at": now + COOLING_OFF}
        )
        consent.withdraw_code(patient)
        links = patient.care_links.lasting().select_related("patient")
        # One that ended a moment ago, on another page, stays as it ended.
        ended = [link for link in links if consent.end(link, _by(request), now)]
        lines = [seen(AuditEntry.Action.WITHDREW, link) for link in ended]
        patient.carer_codes.unused().delete()
        if patient.carers.end(now, _by(request)):
            lines.append(audit.Line(AuditEntry.Action.WITHDREW, patient.pseudonym, detail="carer"))
        audit.write_if_possible(request, *lines)
    if is_new and patient.user:
        _tell(patient, patient.user, deletion)
    return deletion


def _by(request: HttpRequest) -> UUID | None:
    return getattr(request.user, "pseudonym", None)


def keep(patient: Patient) -> bool:
    """Takes the wish back. False once the time is over: then deleting may have begun."""
    with transaction.atomic():
        Patient.objects.select_for_update().get(pk=patient.pk)
        taken_back, _rows = Deletion.objects.filter(patient=patient, due_at__gt=timezone.now()).delete()
    return taken_back > 0


def _tell(patient: Patient, user: User, deletion: Deletion) -> None:
    context = {
        "deletion": deletion,
        "site": settings.SITE_URL,
        "zone": patient.time_zone,
        "account_stays": account_stays(user),
    }
    _send(_("Your diary will be deleted"), render_to_string("data/mail_asked.txt", context), user.email)


def tell_gone(address: str) -> None:
    text = render_to_string("data/mail_gone.txt", {"site": settings.SITE_URL, "days": settings.BACKUP_DAYS})
    _send(_("Your account is deleted"), text, address)


def _send(subject: str, text: str, address: str) -> None:
    """A mail server that is away stops nobody from leaving."""
    try:
        send_mail(subject, text, None, [address])
    except (OSError, SMTPException) as error:
        logger.error("A mail about leaving was not sent (%s).", type(error).__name__)
