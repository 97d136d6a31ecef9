"""Fills an empty database from a backup: all of it, or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from clinic import erasure, ledger
from config.backups import Refused, archive, database, sealed


class Command(BaseCommand):
    help = "Restores a backup into an empty database, then brings that up to date."
    requires_system_checks: list[str] = []  # a check may connect, and leftovers are looked for before

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--key-file", type=Path, metavar="KEY", help="the key it was encrypted with")
        parser.add_argument(
            "--erasures",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="the erasure ledger that was kept beside the backups: whom it names is erased again",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = sealed.key_of(options["key_file"]) if options["key_file"] else None
            refuse_missing(options["erasures"])
            manifest = restored(options["file"], key)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        except OSError as error:
            raise CommandError(
                f"Nothing was restored: {error.strerror}: {error.filename}", returncode=2
            ) from error
        except DatabaseError as error:
            raise CommandError(
                f"Nothing was restored: the database failed ({database.failure(error)}): is the diary stopped?",
                returncode=2,
            ) from error
        ContentType.objects.clear_cache()
        call_command("prepare", stdout=self.stdout)
        self.erase_again(options["erasures"])
        for table, content in manifest.tables.items():
            self.stdout.write(f"{content['rows']:>10,}  {table}")
        self.stdout.write(f"Restored as it was at {manifest.head['made_at']}. Everybody signs in anew.")
        self.stdout.write(
            "So is who may see what: access that was ended and staff who were removed since are back. "
            "End it again before you start, and tell the patients."
        )

    def erase_again(self, ledgers: list[Path]) -> None:
        """Before anybody can sign in. Should this be interrupted, housekeeping does it."""
        has_ledger = bool(ledgers) or ledger.place().exists()
        applied = erasure.apply(*ledgers)
        erasure.give_no_number_twice()
        if applied.unreadable:
            self.stderr.write(f"{applied.unreadable} lines of the erasure ledger cannot be read.")
        if not has_ledger:
            self.stderr.write(
                "No erasure ledger was found: people who deleted their diary after this backup was made are back. "
                "Give the ledger with --erasures, or put it into DATA_DIR and run manage.py housekeeping."
            )
        self.stdout.write(f"{applied.erased:>10,}  people erased again, whom the ledger names")


def refuse_missing(ledgers: list[Path]) -> None:
    for file in ledgers:
        if not file.is_file():
            raise Refused(f"There is no erasure ledger at {file}.")


def restored(path: Path, key: bytes | None) -> archive.Manifest:
    database.refuse_leftovers()
    with path.open("rb") as file:
        manifest = archive.verified(file, key)
        past = database.prepare(manifest)
        database.load(past, manifest, archive.tables(file, key))
    return manifest
