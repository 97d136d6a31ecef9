"""Brings the database up to date and makes the key of notifications: after an upgrade, and before every start of the
demonstration.
"""

from argparse import ArgumentParser
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.demonstration import ACCOUNTS, PASSWORD
from accounts.models import User
from config import vapid


class Command(BaseCommand):
    help = "Migrates the database and creates the cache table; with --demo fills an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="create the demonstration if there is no user"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["demo"] and not settings.DEBUG:
            raise CommandError("The demonstration's passwords are public: it is made only while DEBUG is on.")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        if not settings.VAPID_PRIVATE_KEY:
            vapid.make(settings.VAPID_KEY_FILE)
        if options["demo"]:
            self.fill_empty_database()
            self.print_accounts()
        if "count_diaries" in get_commands():
            call_command("count_diaries", stdout=StringIO())

    def fill_empty_database(self) -> None:
        if User.objects.exists():
            return
        if "demo" not in get_commands():
            raise CommandError("The demo command is missing from this copy of the source.")
        self.stdout.write("Creating the demonstration clinic.")
        # All or nothing: a start that is interrupted here begins again from an empty database.
        with transaction.atomic():
            call_command("demo", stdout=StringIO())

    def print_accounts(self) -> None:
        accounts = User.objects.filter(email__in=ACCOUNTS).values_list("email", flat=True)
        if accounts:
            in_order = ", ".join(email for email in ACCOUNTS if email in accounts)
            self.stdout.write(f"Demonstration accounts: {in_order}. Password: {PASSWORD}")
