"""A new clinic, and the invitation of the person who will choose its staff."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from accounts import audit
from accounts.models import AuditEntry
from clinic import invitations
from clinic.models import Clinic, Membership


class Command(BaseCommand):
    help = "Creates a clinic, and prints and mails the address at which its first administrator begins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="as patients know it")
        parser.add_argument("--slug", required=True, metavar="SLUG", help="a short name for commands")
        parser.add_argument("--administrator", required=True, metavar="EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["administrator"].strip().lower()
        clinic = Clinic(name=options["name"].strip(), slug=options["slug"])
        try:
            validate_email(email)
            clinic.full_clean(validate_unique=False)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from error
        if Clinic.objects.filter(slug=clinic.slug).exists():
            raise CommandError(
                f"There is a clinic {clinic.slug!r} already. Choose another --slug.", returncode=2
            )
        with transaction.atomic():
            clinic.save()
            role = Membership.Role.ADMINISTRATOR
            invitation, address = invitations.make(clinic, None, email=email, role=role)
            audit.append([audit.Line(AuditEntry.Action.STAFFED, clinic=clinic.pk, detail=f"{role} invited")])
        if not invitations.mail(invitation, address):
            self.stderr.write("The mail could not be sent: hand the address over yourself.")
        self.stdout.write(f"{clinic.name} is ready. {email} becomes its administrator at:")
        self.stdout.write(address)
        self.stdout.write(
            f"The address works once, for {invitations.MAIL_DAYS} days, with that e-mail address."
        )
