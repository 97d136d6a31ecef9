"""Sends the reminders that are due: every few minutes by a timer, or by itself with --forever."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connections

from diary import reminders

COUNTED = (("email", "mails"), ("push", "notifications"), ("failed", "failed"))


class Command(BaseCommand):
    help = "Sends the reminders that are due, each once, however many of these run at a time. Prints counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--forever", type=int, metavar="SECONDS", help="go on, with this pause in between"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        pause = options["forever"]
        if pause is None:
            self.say(reminders.send_due())
            return
        while True:
            try:
                self.say(reminders.send_due())
            except DatabaseError as error:
                self.stderr.write(f"The database did not answer ({type(error).__name__}); trying again.")
            connections.close_all()
            time.sleep(max(pause, 1))

    def say(self, counts: Any) -> None:
        self.stdout.write(", ".join(f"{counts[word]} {what}" for word, what in COUNTED))
