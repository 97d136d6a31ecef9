"""Addresses that let one person in, as a patient or as staff: made, mailed or printed, found again and used once."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import INVITATION
from accounts.codes import ALPHABET, grouped, keyed, normal
from clinic.models import Clinic, Invitation, Membership

TOKEN_LENGTH = 20
"""A hundred bits, in letters that can be typed from paper."""
MAIL_DAYS = 14
SHEET_DAYS = 30


def digest(token: str) -> str:
    """What the database and the session keep of an address."""
    return keyed("invitation", normal(token)).hex()


def make(
    clinic: Clinic, by: UUID | None, email: str = "", role: str = "", reference: str = ""
) -> tuple[Invitation, str]:
    """An invitation and its address, which is known now and never again."""
    token = grouped("".join(secrets.choice(ALPHABET) for _place in range(TOKEN_LENGTH)))
    now = timezone.now()
    invitation = Invitation.objects.create(
        clinic=clinic,
        role=role,
        email=email.lower(),
        reference=reference,
        digest=digest(token),
        made_by=by,
        made_at=now,
        expires_at=now + timedelta(days=MAIL_DAYS if email else SHEET_DAYS),
    )
    return invitation, settings.SITE_URL + reverse("open_invitation", args=[token.lower()])


def mail(invitation: Invitation, address: str) -> bool:
    """To a patient the mail names no clinic: that somebody goes to one is nobody else's business."""
    words: dict[str, Any] = {"address": address, "days": MAIL_DAYS}
    if invitation.role:
        words |= {"clinic": invitation.clinic.name, "role": invitation.get_role_display()}
        text = _(
            "You are invited to work with the diaries of %(clinic)s. Your role: %(role)s.\n\n%(address)s\n\n"
            "The address works once, for %(days)d days, for an account with the e-mail address that this mail came "
            "to. If you expected no such mail, leave it alone.\n"
        )
    else:
        text = _(
            "You are invited to share what you write down with the people who treat you. Who invites you, and what "
            "they would see, stands here:\n\n%(address)s\n\nThe address works once, for %(days)d days. You decide; "
            "nothing happens before you agree. If you expected no such mail, leave it alone.\n"
        )
    return bool(send_mail(_("Your invitation"), text % words, None, [invitation.email], fail_silently=True))


def open_at_digest(found: str) -> Invitation | None:
    return (
        Invitation.objects.open_at(timezone.now()).select_related("clinic").filter(digest=found).first()
        if found
        else None
    )


def held(request: HttpRequest) -> Invitation | None:
    """The invitation that this visitor came with, as long as it holds."""
    return open_at_digest(str(request.session.get(INVITATION, "")))


def let_go(request: HttpRequest) -> None:
    request.session.pop(INVITATION, None)


def spend(invitation: Invitation) -> bool:
    """`False` where somebody else was quicker, or it was withdrawn meanwhile."""
    now = timezone.now()
    return bool(Invitation.objects.open_at(now).filter(pk=invitation.pk).update(used_at=now))


def is_for(invitation: Invitation, user: Any) -> bool:
    """An invitation to work somewhere is for the address it was sent to, which the account must have confirmed."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return not invitation.role or invitation.email in {address.lower() for address in confirmed}


def join_staff(invitation: Invitation, user: Any) -> Membership | None:
    """`None` where the invitation holds no more, or the person works there already and keeps their role."""
    with transaction.atomic():
        if not spend(invitation):
            return None
        membership, is_new = Membership.objects.get_or_create(
            clinic=invitation.clinic, user=user, defaults={"role": invitation.role}
        )
        # A second one, for a mail that was thought lost, would let them in again after they have left.
        invitation.clinic.invitations.open_to_work_for(user.addresses()).delete()
        return membership if is_new else None
