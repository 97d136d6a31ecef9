"""Counts diaries for the list of patients: what changed, or everything anew."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from clinic.counting import count_all
from clinic.models import CountedMonth


class Command(BaseCommand):
    help = "Counts the months of diaries that were written to, so that the list of patients opens at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="count every month anew")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"]:
            CountedMonth.objects.update(counted=-1)
        self.stdout.write(f"{count_all()} months counted.")
