"""Fills an empty database from a backup: all of it, or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from config.backups import Refused, archive, database, sealed


class Command(BaseCommand):
    help = "Restores a backup into an empty database, then brings that up to date."
    requires_system_checks: list[str] = []  # a check may connect, and leftovers are looked for before

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--key-file", type=Path, metavar="KEY", help="the key it was encrypted with")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = sealed.key_of(options["key_file"]) if options["key_file"] else None
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
        for table, content in manifest.tables.items():
            self.stdout.write(f"{content['rows']:>10,}  {table}")
        self.stdout.write(f"Restored as it was at {manifest.head['made_at']}. Everybody signs in anew.")


def restored(path: Path, key: bytes | None) -> archive.Manifest:
    database.refuse_leftovers()
    with path.open("rb") as file:
        manifest = archive.verified(file, key)
        past = database.prepare(manifest)
        database.load(past, manifest, archive.tables(file, key))
    return manifest
