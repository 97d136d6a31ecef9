"""Writes a person's diary as the diary CSV to standard output."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit
from accounts.models import AuditEntry
from diary.exports import diary_csv
from diary.models import Patient


class Command(BaseCommand):
    help = "Writes a person's diary as CSV to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--patient", required=True, metavar="EMAIL", help="the address the person signs in with"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        patient = Patient.objects.filter(user__email__iexact=options["patient"].strip()).first()
        if patient is None:
            raise CommandError(f"Nobody with a diary signs in as {options['patient']}.", returncode=2)
        audit.append(
            [audit.Line(AuditEntry.Action.EXPORTED, patient.pseudonym, detail="the diary as CSV, by command")]
        )
        if sys.stdout is self.stdout._out:
            sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        diary_csv(patient, self.stdout)  # type: ignore[arg-type]
