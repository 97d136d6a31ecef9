"""Writes a person's diary to standard output: as the diary CSV, as JSON, or as FHIR."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry
from clinic.programs import EXPORTS
from diary.models import Patient

FORMATS = {"csv": "diary.csv", "json": "diary.json", "fhir": "fhir.json"}


class Command(BaseCommand):
    help = "Writes a person's diary to standard output, as CSV, JSON or FHIR."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--patient", required=True, metavar="EMAIL", help="the address the person signs in with"
        )
        parser.add_argument("--format", choices=FORMATS, default="csv", help="CSV where it is not said")

    def handle(self, *args: Any, **options: Any) -> None:
        patient = Patient.objects.filter(user__email__iexact=options["patient"].strip()).first()
        if patient is None:
            raise CommandError(f"Nobody with a diary signs in as {options['patient']}.", returncode=2)
        words = f"the diary as {options['format'].upper()}, by command"
        audit.append([audit.Line(AuditEntry.Action.EXPORTED, patient.pseudonym, detail=words)])
        if sys.stdout is self.stdout._out:
            sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        content = EXPORTS[FORMATS[options["format"]]].content(patient, timezone.now())
        self.stdout.write(content.decode(), ending="")
