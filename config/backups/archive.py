"""The inside of a backup: compressed JSON lines.

First what this is: format, time, database, migrations, what is left out. Then each table, a line with its columns
and a line for each row. Last what it must add up to: for each table the rows and their content, and the SHA-256 of
all lines before.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from config.backups import Refused, sealed

FORMAT = 1
MODULUS = 2**256

Row = list[Any]


@dataclass
class Content:
    """Equal for equal rows, in whichever order they come."""

    rows: int = 0
    total: int = 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self.total = (self.total + int.from_bytes(hashlib.sha256(line).digest(), "big")) % MODULUS

    def summary(self) -> dict[str, Any]:
        return {"rows": self.rows, "content": f"{self.total:064x}"}


@dataclass(frozen=True)
class Table:
    name: str
    columns: list[str]
    rows: Iterable[Row]


@dataclass
class Manifest:
    """What a backup says of itself before its rows (head) and after them (tables)."""

    head: dict[str, Any]
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def migrations(self) -> set[tuple[str, str]]:
        return {(app, name) for app, names in self.head["migrations"].items() for name in names}


def line_of(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def content_of(rows: Iterable[Row]) -> dict[str, Any]:
    content = Content()
    for row in rows:
        content.add(line_of(row))
    return content.summary()


# --- Writing -------------------------------------------------------------------------------------


def write(file: BinaryIO, key: bytes | None, head: dict[str, Any], tables: Iterable[Table]) -> Manifest:
    manifest = Manifest({"format": FORMAT, **head})
    outside = sealed.writer(file, key)
    with gzip.GzipFile(fileobj=outside, mode="wb", filename="", compresslevel=6, mtime=0) as inside:
        digest = hashlib.sha256()
        for line in lines_of(manifest, tables):
            digest.update(line)
            inside.write(line)
        inside.write(line_of({"tables": manifest.tables, "sha256": digest.hexdigest()}))
    outside.finish()
    return manifest


def lines_of(manifest: Manifest, tables: Iterable[Table]) -> Iterator[bytes]:
    yield line_of(manifest.head)
    for table in tables:
        yield line_of({"table": table.name, "columns": table.columns})
        content = Content()
        for row in table.rows:
            line = line_of(row)
            content.add(line)
            yield line
        manifest.tables[table.name] = content.summary()


# --- Reading -------------------------------------------------------------------------------------


def lines(file: BinaryIO, key: bytes | None) -> Iterator[bytes]:
    outside = sealed.reader(file, key)
    try:
        with gzip.GzipFile(fileobj=outside, mode="rb") as inside:
            yield from inside
        while outside.read(sealed.CHUNK):  # only its end says that the file is whole
            pass
    except (zlib.error, gzip.BadGzipFile, EOFError):
        raise Refused(sealed.DAMAGED) from None


def verified(file: BinaryIO, key: bytes | None) -> Manifest:
    """Reads all of the file, so that nothing is begun with a damaged one."""
    manifest, digest, last, contents, content = None, hashlib.sha256(), None, {}, Content()
    for line in lines(file, key):
        if manifest is None:
            manifest = Manifest(known_head(line))
        elif last is not None:
            raise Refused(sealed.DAMAGED)
        elif line.startswith(b"["):
            content.add(line)
        else:
            said = json.loads(line)
            if "sha256" in said:
                last = said
                continue
            contents[said["table"]] = content = Content()
        digest.update(line)
    found = {name: content.summary() for name, content in contents.items()}
    if manifest is None or last != {"tables": found, "sha256": digest.hexdigest()}:
        raise Refused(sealed.DAMAGED)
    manifest.tables = found
    return manifest


def known_head(line: bytes) -> dict[str, Any]:
    head: dict[str, Any] = json.loads(line)
    if head.get("format") != FORMAT:
        raise Refused(
            f"The backup has format {head.get('format')}, and this version of the diary reads {FORMAT}: "
            "use the version that it was made with, or a newer one."
        )
    return head


def tables(file: BinaryIO, key: bytes | None) -> Iterator[Table]:
    """The tables in turn; the rows of one must be taken before the next is asked for."""
    source = lines(file, key)
    next(source)
    said = json.loads(next(source))

    def rows() -> Iterator[Row]:
        nonlocal said
        for line in source:
            value = json.loads(line)
            if isinstance(value, dict):
                said = value
                return
            yield value

    while "table" in said:
        yield Table(said["table"], said["columns"], rows())
