"""The drill: the real server is killed while people save, again and again. What they were told is saved is there."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.installation import Installation
from tests.reliability.postgresql import Server, served
from tests.reliability.writers import ROWS, Crowd, Writer, losses, new_writers

pytestmark = [pytest.mark.drill, pytest.mark.timeout(400)]

WRITERS = 8
SEED = 20260617
SQLITE_KILLS = 20
POSTGRESQL_KILLS = 10
POSTGRESQL_STOPS = 5
MOST_SAVES = 80
"""A kill comes after one to so many acknowledged saves, and a moment later."""


def sqlite_rows(file: Path, question: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(file)) as database:
        return database.execute(question).fetchall()


def sqlite_faults(file: Path) -> list[str]:
    integrity = sqlite_rows(file, "PRAGMA integrity_check")
    keys = sqlite_rows(file, "PRAGMA foreign_key_check")
    return [] if integrity == [("ok",)] and keys == [] else [f"{integrity} {keys}"]


def write_until(moment: random.Random, writers: list[Writer]) -> Crowd:
    """Leaves the crowd in the middle of its saves."""
    crowd = Crowd(writers)
    crowd.__enter__()
    crowd.wait_for(moment.randint(1, MOST_SAVES))
    crowd.stop.wait(moment.uniform(0, 0.03))
    return crowd


def summary(writers: list[Writer], kills: int, where: str) -> str:
    total, halves = sum(w.answers for w in writers), sum(len(w.unanswered) for w in writers)
    refusals = sum(w.refusals for w in writers)
    return (
        f"{where}: {kills} kills, {total} acknowledged saves, {halves} in flight, {refusals} refused, 0 lost"
    )


@pytest.mark.sqlite_only
def test_nothing_acknowledged_is_lost(installation, record_property):
    moment = random.Random(SEED)
    installation.serve()
    writers = new_writers(installation, WRITERS, SEED)
    for _ in range(SQLITE_KILLS):
        crowd = write_until(moment, writers)
        installation.kill()
        crowd.__exit__()
        installation.serve()
        assert losses(sqlite_rows(installation.database, ROWS), writers) == []
    assert sqlite_faults(installation.database) == []
    assert sum(len(writer.unanswered) for writer in writers) > SQLITE_KILLS  # the kills came in the middle
    assert '"status": 500' not in installation.log
    record_property("drill", summary(writers, SQLITE_KILLS, "SQLite"))
    print(summary(writers, SQLITE_KILLS, "SQLite"))


@pytest.fixture
def server() -> Iterator[Server]:
    # A socket's address must be short, so not in pytest's folder.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder, served(Path(folder)) as server:
        yield server


@pytest.mark.postgresql_only
@pytest.mark.django_db
def test_nothing_acknowledged_is_lost_on_postgresql(server, prepared, tmp_path, record_property):
    moment = random.Random(SEED)
    installation = prepared.copied_to(tmp_path / "installation")
    installation.more |= {"DATABASE_URL": server.url}
    installation.manage("prepare")
    try:
        installation.serve()
        writers = new_writers(installation, WRITERS, SEED)
        hows = ["app"] * POSTGRESQL_KILLS + ["server"] * POSTGRESQL_STOPS
        for how in moment.sample(hows, len(hows)):
            crowd = write_until(moment, writers)
            if how == "app":
                installation.kill()
                crowd.__exit__()
                installation.serve()
            else:
                server.stop(signal.SIGQUIT)
                server.start()
                crowd.__exit__()
                installation.wait_until_it_answers()  # the same processes go on
            assert losses(server.rows(ROWS), writers) == []
        assert '"status": 500' not in installation.log
        record_property("drill", summary(writers, len(hows), "PostgreSQL"))
        print(summary(writers, len(hows), "PostgreSQL"))
    finally:
        installation.stop()


# --- Commands that are killed ----------------------------------------------------------------------------------


def killed(installation: Installation, sign: Any, *words: str) -> None:
    """Starts a command and kills it as soon as the sign is there that it is at work."""
    process = installation.begin("manage.py", *words)
    while not sign():
        assert process.poll() is None, process.communicate()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.sqlite_only
def test_migration_that_is_killed_is_begun_again(installation):
    installation.database.unlink()
    journal = installation.database.with_name("diary.sqlite3-journal")
    killed(installation, journal.exists, "prepare")
    installation.manage("prepare")
    assert sqlite_faults(installation.database) == []
    assert "No planned migration operations" in installation.manage("migrate", "--plan")
    installation.serve()


@pytest.fixture
def filled(installation: Installation) -> Installation:
    installation.serve()
    with Crowd(new_writers(installation, WRITERS, SEED)) as crowd:
        crowd.wait_for(60)
    installation.kill()
    return installation


@pytest.mark.sqlite_only
def test_backup_that_is_killed_has_no_name(filled, tmp_path):
    file, rows = tmp_path / "diary.backup", sqlite_rows(filled.database, ROWS)
    killed(
        filled,
        lambda: list(tmp_path.glob(".*.unfinished")) or list(tmp_path.glob("*unfinished*")),
        "backup",
        str(file),
    )
    assert not file.exists()
    filled.manage("backup", str(file))
    assert file.exists()
    assert sqlite_rows(filled.database, ROWS) == rows


@pytest.mark.sqlite_only
def test_restore_that_is_killed_is_begun_again_elsewhere(filled, tmp_path):
    file, rows = tmp_path / "diary.backup", sqlite_rows(filled.database, ROWS)
    filled.manage("backup", str(file))
    filled.more["DATA_DIR"] = str(tmp_path / "killed")
    journal = tmp_path / "killed" / "diary.sqlite3-journal"
    killed(filled, journal.exists, "restore", str(file))
    filled.more["DATA_DIR"] = str(tmp_path / "fresh")
    filled.manage("restore", str(file))
    assert sorted(sqlite_rows(tmp_path / "fresh" / "diary.sqlite3", ROWS)) == sorted(rows)
    assert sqlite_faults(tmp_path / "fresh" / "diary.sqlite3") == []


# --- The drill would tell --------------------------------------------------------------------------------------


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("DELETE FROM diary_intake WHERE day_id = (SELECT max(id) FROM diary_diaryday)", "stands by half"),
        (
            "UPDATE diary_intake SET doses = 1 WHERE id = (SELECT max(id) FROM diary_intake)",
            "acknowledged was",
        ),
        (
            "UPDATE diary_diaryday SET note = 'else' WHERE id = (SELECT max(id) FROM diary_diaryday)",
            "acknowledged",
        ),
        (
            "DELETE FROM diary_intake WHERE id = (SELECT min(id) FROM diary_intake); DELETE FROM diary_diaryday"
            " WHERE id NOT IN (SELECT day_id FROM diary_intake)",
            "is lost",
        ),
    ],
)
def test_drill_reports_a_loss(installation, statement, finding):
    installation.serve()
    writers = new_writers(installation, 2, SEED)
    with Crowd(writers) as crowd:
        crowd.wait_for(10)
    assert losses(sqlite_rows(installation.database, ROWS), writers) == []
    with contextlib.closing(sqlite3.connect(installation.database)) as database:
        database.executescript(statement)
    (found,) = losses(sqlite_rows(installation.database, ROWS), writers)
    assert finding in found
