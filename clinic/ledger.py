"""The erasure ledger as a file: whose diary was deleted, in numbers that lead to nobody.

One line for each, in JSON. It lies outside the database, so that it outlives a loss and is applied to an older backup.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

MODE = 0o600


@dataclass(frozen=True)
class Entry:
    """What a row of `diary.models.Erasure` says."""

    pseudonym: UUID
    user_pseudonym: UUID | None
    number: int
    erased_at: datetime

    def line(self) -> bytes:
        user = str(self.user_pseudonym) if self.user_pseudonym else None
        said = {
            "pseudonym": str(self.pseudonym),
            "user_pseudonym": user,
            "number": self.number,
            "erased_at": self.erased_at.isoformat(),
        }
        return json.dumps(said).encode() + b"\n"


def entry_of(said: dict[str, Any]) -> Entry:
    user = said["user_pseudonym"]
    return Entry(
        UUID(said["pseudonym"]),
        UUID(user) if user else None,
        int(said["number"]),
        datetime.fromisoformat(said["erased_at"]),
    )


def place() -> Path:
    return Path(settings.DATA_DIR) / "erasures"


def entries(file: Path) -> tuple[list[Entry], int]:
    """What a ledger says, and how many of its lines cannot be read: one that was cut short by a fault."""
    found: dict[UUID, Entry] = {}
    unreadable = 0
    for line in file.read_bytes().splitlines():
        try:
            entry = entry_of(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            unreadable += 1
            continue
        found.setdefault(entry.pseudonym, entry)
    return list(found.values()), unreadable


def add(wanted: Iterable[Entry]) -> int:
    """Adds what is not in the file yet, and says how many; it is on the disk when this returns."""
    file = place()
    is_new = not file.exists()
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        known = {entry.pseudonym for entry in entries(file)[0]}
        missing = [entry for entry in wanted if entry.pseudonym not in known]
        text = b"".join(entry.line() for entry in missing)
        if text:
            os.write(descriptor, (b"\n" if _is_cut_short(descriptor) else b"") + text)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        _sync_folder(file.parent)
    return len(missing)


def _is_cut_short(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return bool(size) and os.pread(descriptor, 1, size - 1) != b"\n"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
