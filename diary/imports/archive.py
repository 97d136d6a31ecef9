"""The Apple Health export within its zip file: never unpacked onto a disk, and a bomb is not unpacked at all."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import IO, cast

from django.utils.translation import gettext as _

from diary.imports import apple_health

ZIP = b"PK\x03\x04"
MOST_DIRECTORY = 2 * 1024 * 1024
"""Of the list of files. Python would hold it all in memory before anything could be asked of it."""
MOST_FILES = 10_000
MOST_UNPACKED = 2 * 1024**3
MOST_LOOKED_INTO = 50
"""Of the files that could be an export by their name."""
MOST_RATIO = 200
"""Such a file becomes some thirty times as small."""


class Unreadable(ValueError):
    """A file that cannot be read; the text says what it looks like and what to do, for people."""


class _Bounded:
    """Reads no more of a member than it may hold, whatever it says of itself."""

    def __init__(self, member: IO[bytes]) -> None:
        self._member, self._left = member, MOST_UNPACKED

    def read(self, size: int) -> bytes:
        chunk = self._member.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            raise Unreadable(_too_large())
        return chunk


def _too_large() -> str:
    return _(
        "Unpacked, the export is larger than %(most)d GB. Ask the person who runs this diary to import it unpacked."
    ) % {"most": MOST_UNPACKED // 1024**3}


def headaches_of_zip(file: IO[bytes]) -> str:
    """An export that holds the headaches alone. Raises `Unreadable`."""
    try:
        if _directory_bytes(file) > MOST_DIRECTORY:
            raise Unreadable(_("This zip file holds too many files. Choose the one that Apple Health wrote."))
        with zipfile.ZipFile(file) as archive:
            member = _export(archive)
            with archive.open(member) as opened:
                return headaches_of_xml(cast("IO[bytes]", _Bounded(opened)))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error, UnicodeDecodeError):
        raise Unreadable(_("This zip file is damaged or cut off. Export it once more.")) from None
    except (NotImplementedError, RuntimeError):
        raise Unreadable(
            _("This zip file is encrypted or packed in another way. Choose it as Apple Health wrote it.")
        ) from None


def headaches_of_xml(file: IO[bytes]) -> str:
    """The same of an export that is not packed. Raises `Unreadable`."""
    try:
        return apple_health.headaches_alone(file)
    except apple_health.BadExport as error:
        raise Unreadable(_("This export cannot be read: %(why)s.") % {"why": error}) from None


def _export(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The member that is an export, known by its beginning: its name is of the phone's language."""
    members = archive.infolist()
    if len(members) > MOST_FILES:
        raise Unreadable(_("This zip file holds too many files. Choose the one that Apple Health wrote."))
    if any(member.filename.startswith(("xl/", "content.xml")) for member in members):
        raise Unreadable(_("This is a spreadsheet. Save it as “CSV UTF-8” and choose that file."))
    named = [one for one in members if one.filename.lower().endswith(".xml") and one.filename.count("/") < 2]
    for member in named[:MOST_LOOKED_INTO]:
        if member.file_size > MOST_UNPACKED:
            raise Unreadable(_too_large())
        if member.file_size > MOST_RATIO * max(member.compress_size, 1024):
            raise Unreadable(_("This zip file unpacks to far more than an export does. Export it once more."))
        with archive.open(member) as opened:
            if b"<HealthData" in opened.read(apple_health.MOST_HEAD):
                return member
    raise Unreadable(
        _("This zip file holds no Apple Health export. Unpack it and choose the diary file in it.")
    )


def _directory_bytes(file: IO[bytes]) -> int:
    """How large the list of files is, as the end of the zip says it; `zipfile` believes the same number."""
    size = file.seek(0, 2)
    tail_at = max(0, size - 65_557 - 20)
    file.seek(tail_at)
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        raise zipfile.BadZipFile
    locator = tail[max(0, end - 20) : end]
    if locator.startswith(b"PK\x06\x07"):
        file.seek(min(struct.unpack("<Q", locator[8:16])[0], size))
        return int(struct.unpack("<Q", file.read(56)[40:48])[0])
    return int(struct.unpack("<L", tail[end + 12 : end + 16])[0])
