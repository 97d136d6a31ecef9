"""Walks the audit log's chain and says whether anything in it was changed, taken out or put in."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit
from config.append_only import missing_guards


class Command(BaseCommand):
    help = "Checks the audit log and prints its head; keep the head on another machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head", default="", metavar="HEAD", help="a head printed earlier, which must still be there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = audit.verified(options["head"].strip())
        faults = [f"The audit log is not whole: {fault}." for fault in verdict.faults]
        faults += [f"The trigger {name} is missing from the database." for name in missing_guards()]
        if not verdict.has_known_head:
            faults.append("The head given is not on this chain: entries were taken out or rewritten since.")
        if faults:
            raise CommandError("\n".join(faults), returncode=2)
        self.stdout.write(f"{verdict.entries:,} entries, each follows from the one before.")
        self.stdout.write(f"Head: {verdict.head}")
