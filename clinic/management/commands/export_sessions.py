"""Writes the injections that a clinic gave, as the injection sessions CSV, with those kept of deleted diaries."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit
from accounts.models import AuditEntry
from clinic.models import Clinic
from clinic.takeout import sessions_of_clinic, write_sessions


class Command(BaseCommand):
    help = "Writes the injection sessions that a clinic gave as CSV to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", required=True, metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = Clinic.objects.filter(slug=options["clinic"]).first()
        if clinic is None:
            raise CommandError(f"There is no clinic {options['clinic']}.", returncode=2)
        subjects, rows = sessions_of_clinic(clinic)
        exported = AuditEntry.Action.EXPORTED
        audit.append(
            [audit.Line(exported, subject, clinic.pk, detail="injection sessions") for subject in subjects]
            or [audit.Line(exported, clinic=clinic.pk, detail="injection sessions")]
        )
        if sys.stdout is self.stdout._out:
            sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        write_sessions(rows, self.stdout, has_patient=True)  # type: ignore[arg-type]
