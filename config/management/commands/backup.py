"""Writes all that people entered into one file, while the diary goes on."""

import contextlib
import os
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from config.backups import Refused, archive, database, sealed


class Command(BaseCommand):
    help = "Writes a backup of the database into a new file, encrypted with the key in --key-file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file to write; it must not exist")
        parser.add_argument(
            "--key-file", type=Path, metavar="KEY", help="a file with at least 50 random characters"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = sealed.key_of(options["key_file"]) if options["key_file"] else None
            manifest = written(options["file"], key)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        except OSError as error:
            raise CommandError(
                f"The backup was not made: {error.strerror}: {error.filename or options['file']}",
                returncode=2,
            ) from error
        except DatabaseError as error:
            raise CommandError(
                f"The backup was not made: the database failed ({database.failure(error)}).", returncode=2
            ) from error
        for table, content in manifest.tables.items():
            self.stdout.write(f"{content['rows']:>10,}  {table}")
        self.stdout.write(f"Left out: {', '.join(manifest.head['left_out'])}. Written to {options['file']}.")
        if key is None:
            self.stderr.write("It is not encrypted: whoever has the file can read every diary.")


def written(file: Path, key: bytes | None) -> archive.Manifest:
    with new_file(file) as output:
        with database.one_moment() as alias:
            manifest = archive.write(output, key, *database.head_and_tables(alias))
        if archive.verified(output, key) != manifest:
            raise Refused("The backup could not be read back as it was written.")
    return manifest


@contextlib.contextmanager
def new_file(file: Path) -> Iterator[BinaryIO]:
    """Under its name only once it is whole and on the disk."""
    refuse_existing(file)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".unfinished")
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as output:
            yield output
            output.flush()
            os.fsync(output.fileno())
        refuse_existing(file)
        unfinished.rename(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def refuse_existing(file: Path) -> None:
    if file.exists() or file.is_symlink():
        raise Refused(f"{file} exists already: choose another name.")
