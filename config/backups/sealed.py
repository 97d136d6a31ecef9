"""The outside of a backup file: plain with its SHA-256 behind it, or encrypted. Damage is told, never passed on."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.backups import Refused

MAGIC_LENGTH = 24
PLAIN = b"headache-diary plain 01\n"
ENCRYPTED = b"headache-diary sealed 01"
DAMAGED = "The backup is damaged or cut short."

SHORTEST_KEY = 32
SALT = CHECK = TAG = 16
DIGEST = 32
CHUNK = 64 * 1024


def key_of(file: Path) -> bytes:
    key = file.read_bytes().strip()
    if len(key) < SHORTEST_KEY:
        raise Refused(f"The key in {file} is too short: use at least 50 random characters.")
    return key


def derived(key: bytes, salt: bytes) -> tuple[bytes, AESGCM]:
    """What shows that the key is the right one, and the cipher. Every file has a salt and so a cipher of its own."""
    material = hashlib.scrypt(key, salt=salt, n=2**14, r=8, p=1, dklen=CHECK + 32)
    return material[:CHECK], AESGCM(material[CHECK:])


def nonce(number: int, is_last: bool) -> bytes:
    """The order of the chunks and their end are sealed too: none can be moved, left out or cut off."""
    return number.to_bytes(11, "big") + bytes([is_last])


# --- Writing -------------------------------------------------------------------------------------


class PlainWriter:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.digest = hashlib.sha256()
        self.write(PLAIN)

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()

    def finish(self) -> None:
        self.file.write(self.digest.digest())


class SealingWriter:
    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self.file = file
        salt = os.urandom(SALT)
        check, self.cipher = derived(key, salt)
        self.head = ENCRYPTED + salt + check
        self.file.write(self.head)
        self.waiting = bytearray()
        self.number = 0

    def write(self, data: bytes) -> int:
        self.waiting += data
        while len(self.waiting) > CHUNK:
            self.seal(bytes(self.waiting[:CHUNK]), is_last=False)
            del self.waiting[:CHUNK]
        return len(data)

    def seal(self, chunk: bytes, is_last: bool) -> None:
        self.file.write(self.cipher.encrypt(nonce(self.number, is_last), chunk, self.head))
        self.number += 1

    def flush(self) -> None:
        self.file.flush()

    def finish(self) -> None:
        self.seal(bytes(self.waiting), is_last=True)


def writer(file: BinaryIO, key: bytes | None) -> PlainWriter | SealingWriter:
    return SealingWriter(file, key) if key else PlainWriter(file)


# --- Reading -------------------------------------------------------------------------------------


class Reader(io.RawIOBase):
    """What was written, as a file. Its end is reached only if all of it is what was written."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.chunks = chunks
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.rest:
            chunk = next(self.chunks, None)
            if chunk is None:
                return 0
            self.rest = chunk
        length = min(len(buffer), len(self.rest))
        buffer[:length], self.rest = self.rest[:length], self.rest[length:]
        return length


def reader(file: BinaryIO, key: bytes | None) -> io.BufferedReader:
    file.seek(0)
    magic = file.read(MAGIC_LENGTH)
    if magic == ENCRYPTED:
        if key is None:
            raise Refused("The backup is encrypted: name the file of its key with --key-file.")
        return io.BufferedReader(Reader(decrypted_chunks(file, key)), CHUNK)
    if magic == PLAIN:
        if key is not None:
            raise Refused("The backup is not encrypted, though a key is given: is it the right file?")
        return io.BufferedReader(Reader(plain_chunks(file)), CHUNK)
    raise Refused("This is no backup of the diary, or its first bytes are damaged.")


def plain_chunks(file: BinaryIO) -> Iterator[bytes]:
    digest = hashlib.sha256(PLAIN)
    left = os.fstat(file.fileno()).st_size - MAGIC_LENGTH - DIGEST
    while left > 0:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            raise Refused(DAMAGED)
        left -= len(chunk)
        digest.update(chunk)
        yield chunk
    if left < 0 or file.read() != digest.digest():
        raise Refused(DAMAGED)


def decrypted_chunks(file: BinaryIO, key: bytes) -> Iterator[bytes]:
    salt, check = file.read(SALT), file.read(CHECK)
    expected, cipher = derived(key, salt)
    if check != expected:
        raise Refused(
            "The key is not the one that this backup was made with, or its first bytes are damaged."
        )
    head = ENCRYPTED + salt + check
    number, sealed = 0, file.read(CHUNK + TAG)
    while True:
        following = file.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(nonce(number, not following), sealed, head)
        except (InvalidTag, ValueError):
            raise Refused(DAMAGED) from None
        if not following:
            return
        number, sealed = number + 1, following
