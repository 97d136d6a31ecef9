"""Fills an empty database with a demonstration clinic."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.demonstration import ACCOUNTS, PASSWORD
from clinic.demonstration.database import CLINIC_NAME, PATIENTS, SEED, YEARS, create, is_empty

ROLES = ("a patient with a diary", "sees the clinic's patients", "manages the clinic's staff")


def number_of_patients(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 100_000):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to 100000")
    return int(text)


def number_of_years(text: str) -> float:
    try:
        years = float(text)
    except ValueError:
        years = 0.0
    if not 0.1 <= years <= 30:
        raise ArgumentTypeError(f"{text!r} is not a number from 0.1 to 30")
    return years


class Command(BaseCommand):
    help = "Creates a demonstration clinic with staff, patients and diaries in an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--patients", type=number_of_patients, default=PATIENTS, metavar="N")
        parser.add_argument("--years", type=number_of_years, default=YEARS, metavar="Y")
        parser.add_argument("--seed", type=int, default=SEED, metavar="S", help="another seed, other diaries")

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_empty():
            raise CommandError(
                "The database holds users or patients already; the demonstration needs an empty one.",
                returncode=2,
            )
        self.started = time.monotonic()
        self.wanted = options["patients"]
        create(timezone.localdate(), self.wanted, options["years"], options["seed"], self.progress)
        if not settings.DEBUG:
            self.stderr.write("These passwords are public: never open this installation to real patients.")
        self.stdout.write(f"{CLINIC_NAME}: {self.wanted} patients. Sign in with the password {PASSWORD} as")
        for account, role in zip(ACCOUNTS, ROLES, strict=True):
            self.stdout.write(f"  {account:<24} {role}")

    def progress(self, number: int) -> None:
        """Where a person waits at a terminal, how far it is."""
        seconds = time.monotonic() - self.started
        if seconds > 1 and sys.stderr.isatty():
            self.stderr.write(f"{number} of {self.wanted} patients after {seconds:.0f} s", ending="\r")
