"""`manage.py backup` and `restore`: all that was written comes back the same, or nothing does."""

import errno
import os
import threading
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, DataError, OperationalError, connection, connections, transaction
from django.db.backends.sqlite3 import base as sqlite3
from django.db.migrations.loader import MigrationLoader
from django.urls import reverse

from accounts.demonstration import PASSWORD
from accounts.models import User
from clinic.actions import save_session
from clinic.models import InjectionSessionVersion
from config.backups import archive, database, sealed
from config.settings import SQLITE
from diary import actions
from diary.models import DeviceOperation, DiaryDay, DiaryDayVersion, Intake, Patient
from tests.cast import TODAY, medicine, new_patient, record, session, signed_in
from tests.phones import said, sends, statuses

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 6


# --- How the tests go about ----------------------------------------------------------------------------


def backup(file, *options):
    output = StringIO()
    call_command("backup", file, *options, stdout=output, stderr=output)
    return output.getvalue()


def restore(file, *options):
    output = StringIO()
    call_command("restore", file, *options, stdout=output)
    return output.getvalue()


def refusal(command, file, *options):
    with pytest.raises(CommandError) as caught:
        command(file, *options)
    assert caught.value.returncode == 2
    return str(caught.value)


def fingerprints():
    """What each table holds, without the rows that every migration writes."""
    models = database.models_at(loader := MigrationLoader(connection), set(loader.graph.nodes))
    tables = {model._meta.db_table: model for model in models}
    return {
        name: archive.content_of(database.rows_of(tables[name], connection.alias))
        for name in sorted(tables.keys() - database.WRITTEN_BY_MIGRATE)
    }


def is_empty():
    return not any(content["rows"] for content in fingerprints().values())


def empty_database():
    call_command("flush", interactive=False, verbosity=0)
    assert is_empty()


@contextmanager
def new_sqlite_database(file):
    """A SQLite file that does not exist yet, in place of the tests' database."""
    usual = connections["default"]
    new = connections.configure_settings({"default": {**SQLITE, "NAME": file}})["default"]
    connections["default"] = sqlite3.DatabaseWrapper(new, "default")
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = usual


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "key"
    file.write_text("a key for the tests alone " * 3)
    return f"--key-file={file}"


@pytest.fixture
def dana(transactional_db):
    """A week of hers, with words that a careless copy would spoil."""
    dana = new_patient("Dana")
    triptan = medicine(dana)
    for number in range(7):
        record(dana, TODAY - timedelta(days=number), "mild", triptan, note=f"Łódź 😀 'quoted' \\ {number}\n")
    # Corrected words are as much hers: their tables accept rows and nothing else.
    actions.save_day(dana, TODAY, {"note": "corrected"}, {}, TODAY, by=dana.user.pseudonym)
    given = session(dana, TODAY, units=155)
    given.units = 160
    save_session(given, by=None)
    sends(signed_in(dana.user), dana, said(TODAY, "none"), said(TODAY, 2, of=f"doses:{triptan.pk}"))
    return dana


@pytest.fixture
def plain_backup(dana, tmp_path):
    file = tmp_path / "plain.backup"
    backup(file)
    return file


@pytest.fixture
def sealed_backup(dana, tmp_path, key):
    file = tmp_path / "sealed.backup"
    backup(file, key)
    return file


def rewritten(source: Path, rows=lambda table, rows: rows, **head):
    """A whole backup that says something else."""
    target = source.with_name("rewritten.backup")
    with source.open("rb") as old, target.open("wb") as new:
        manifest = archive.verified(old, None)
        tables = (
            archive.Table(table.name, table.columns, rows(table, list(table.rows)))
            for table in archive.tables(old, None)
        )
        archive.write(new, None, {**manifest.head, **head}, tables)
    return target


def migrations_of(file):
    with file.open("rb") as source:
        return archive.verified(source, None).head["migrations"]


# --- All of it comes back ------------------------------------------------------------------------------


def test_demonstration_comes_back_and_signs_in(tmp_path, key, client):
    call_command("demo", "--patients=2", "--years=0.3", stdout=StringIO(), stderr=StringIO())
    before = fingerprints()
    days = DiaryDay.objects.count()
    said = backup(tmp_path / "demo.backup", key)
    assert f"{days:>10,}  diary_diaryday" in said
    assert "Left out: django_session, clinic_countedmonth, cache." in said
    assert (tmp_path / "demo.backup").stat().st_mode & 0o777 == 0o600

    empty_database()
    assert f"{days:>10,}  diary_diaryday" in restore(tmp_path / "demo.backup", key)
    assert fingerprints() == before
    answer = client.post(reverse("account_login"), {"login": "patient@example.org", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get(answer.url, follow=True).status_code == 200
    assert str(client.session["_auth_user_id"]) == str(User.objects.get(email="patient@example.org").pk)


def test_new_rows_get_new_numbers(plain_backup):
    highest = DiaryDay.objects.latest("pk").pk
    empty_database()
    restore(plain_backup)
    day = record(Patient.objects.get(), TODAY - timedelta(days=99))
    assert day.pk > highest


def test_earlier_versions_come_back_and_stay_as_they_are(plain_backup):
    before = list(DiaryDayVersion.objects.values())
    empty_database()
    restore(plain_backup)
    assert list(DiaryDayVersion.objects.values()) == before
    assert InjectionSessionVersion.objects.get().said["units"] == 155
    for model in (DiaryDayVersion, InjectionSessionVersion):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            model.objects.update(said={})


def test_taps_of_phones_come_back_and_are_not_taken_twice(plain_backup):
    before = list(DeviceOperation.objects.order_by("pk").values())
    empty_database()
    restore(plain_backup)
    assert list(DeviceOperation.objects.order_by("pk").values()) == before
    dana, days = Patient.objects.get(), list(DiaryDay.objects.values_list("date", "headache"))
    again = [said(one["date"], one["value"], name=one["name"]) for one in before if one["said_at"]]
    headache = [one for one in again if not isinstance(one["value"], int)]
    assert statuses(sends(signed_in(dana.user), dana, *headache)) == ["known"]
    assert list(DiaryDay.objects.values_list("date", "headache")) == days


def test_move_from_sqlite_and_back(tmp_path):
    """On PostgreSQL this is the move of an installation; on SQLite, to a database without any tables."""
    with new_sqlite_database(tmp_path / "from.sqlite3"):
        call_command("prepare", stdout=StringIO())
        call_command("demo", "--patients=1", "--years=0.2", stdout=StringIO(), stderr=StringIO())
        before = fingerprints()
        backup(tmp_path / "there")
    restore(tmp_path / "there")
    assert fingerprints() == before
    backup(tmp_path / "back")
    with new_sqlite_database(tmp_path / "to.sqlite3"):
        restore(tmp_path / "back")
        assert fingerprints() == before


def test_sessions_stay_behind_and_old_ones_end(plain_backup, client):
    empty_database()
    client.session.create()
    restore(plain_backup)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)


def test_older_backup_is_brought_up_to_date(plain_backup, tmp_path):
    migrations = migrations_of(plain_backup)
    newest = migrations["account"].pop()
    before = fingerprints()
    older = rewritten(plain_backup, migrations=migrations)
    with new_sqlite_database(tmp_path / "older.sqlite3"):
        restore(older)
        assert fingerprints() == before
        assert ("account", newest) in MigrationLoader(connection).applied_migrations
    empty_database()
    assert "newer than the backup" in refusal(restore, older)
    assert is_empty()


def test_backup_beside_six_writers(tmp_path, transactional_db, monkeypatch):
    patients = [new_patient(f"Writer{number} Six") for number in range(WRITERS)]
    medicines = [medicine(patient) for patient in patients]
    acknowledged = [[] for _ in patients]
    enough, stop = threading.Barrier(WRITERS + 1), threading.Event()

    def write(number):
        try:
            for days in range(3000):
                if days == 5:
                    enough.wait(60)
                try:
                    with transaction.atomic():
                        day = record(
                            patients[number], TODAY - timedelta(days=days), "mild", medicines[number]
                        )
                except OperationalError:
                    continue  # a busy database: not acknowledged
                acknowledged[number].append(day.pk)
                if stop.wait(0.002):
                    return
        finally:
            connections["default"].close()

    def total():
        return sum(map(len, acknowledged))

    def rows_after_more_writes(model, alias, rows_of=database.rows_of):
        """All the while between two tables every patient writes: a backup must neither see it nor stop it."""
        wanted = total() + WRITERS
        for _ in range(3000):
            if total() >= wanted:
                break
            stop.wait(0.01)
        return rows_of(model, alias)

    monkeypatch.setattr(database, "rows_of", rows_after_more_writes)
    threads = [threading.Thread(target=write, args=[number]) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        enough.wait(60)
        before = {pk for pks in acknowledged for pk in pks}
        backup(tmp_path / "busy.backup")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    monkeypatch.undo()
    assert total() > len(before) + WRITERS
    empty_database()
    restore(tmp_path / "busy.backup")
    restored = set(DiaryDay.objects.values_list("pk", flat=True))
    assert len(before) >= WRITERS
    assert before <= restored
    assert len(restored) == len(set(DiaryDay.objects.values_list("patient", "date")))
    # A day and its intake were one transaction.
    assert set(Intake.objects.values_list("day", flat=True)) == restored
    assert Intake.objects.count() == len(restored)


# --- Or nothing does -----------------------------------------------------------------------------------

DAMAGE = ("damaged", "encrypted: name the file", "no backup of the diary")


def assert_each_flip_is_refused(file, *options):
    whole = file.read_bytes()
    empty_database()
    places = [len(whole) * number // 19 for number in range(19)] + [len(whole) - 1]
    for place in places:
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        message = refusal(restore, file, *options)
        assert any(word in message for word in DAMAGE), (place, message)
    assert is_empty()
    file.write_bytes(whole)
    restore(file, *options)  # it was the flips


def test_flipped_bytes_are_refused(plain_backup):
    assert_each_flip_is_refused(plain_backup)


def test_flipped_bytes_are_refused_where_encrypted(sealed_backup, key):
    assert_each_flip_is_refused(sealed_backup, key)


def test_truncated_backup_is_refused(plain_backup, sealed_backup, key):
    empty_database()
    for file, options in ((plain_backup, []), (sealed_backup, [key])):
        whole = file.read_bytes()
        for kept in (0, 10, 24, 30, 60, len(whole) // 2, -40, -32, -16, -1):
            file.write_bytes(whole[:kept])
            assert any(word in refusal(restore, file, *options) for word in DAMAGE), kept
    assert is_empty()


def test_longer_backup_is_refused(plain_backup, sealed_backup, key):
    for file, options in ((plain_backup, []), (sealed_backup, [key])):
        file.write_bytes(file.read_bytes() + b"\0")
        assert "damaged" in refusal(restore, file, *options)


def test_chunks_of_encrypted_backup_cannot_be_moved_or_left_out(tmp_path):
    """Cut where one chunk ends, or with two exchanged, every chunk is still whole in itself."""
    key, file = b"k" * 40, tmp_path / "chunks"
    with file.open("wb") as output:
        writer = sealed.writer(output, key)
        writer.write(os.urandom(3 * sealed.CHUNK))
        writer.finish()
    whole = file.read_bytes()
    start, size = len(whole) - 3 * (sealed.CHUNK + sealed.TAG), sealed.CHUNK + sealed.TAG
    head, chunks = whole[:start], [whole[start + n * size : start + (n + 1) * size] for n in range(3)]
    for wrong in (chunks[:2], chunks[1:], [chunks[1], chunks[0], chunks[2]], [chunks[0], chunks[2]]):
        file.write_bytes(head + b"".join(wrong))
        with file.open("rb") as source, pytest.raises(sealed.Refused, match="damaged"):
            sealed.reader(source, key).read()


def test_keys(plain_backup, sealed_backup, key, tmp_path):
    empty_database()
    wrong, short = tmp_path / "wrong", tmp_path / "short"
    wrong.write_text("another key, as long as the first " * 2)
    short.write_text("short")
    assert "name the file of its key" in refusal(restore, sealed_backup)
    assert "key is not the one" in refusal(restore, sealed_backup, f"--key-file={wrong}")
    assert "too short" in refusal(restore, sealed_backup, f"--key-file={short}")
    assert "No such file" in refusal(restore, sealed_backup, f"--key-file={tmp_path / 'absent'}")
    assert "not encrypted" in refusal(restore, plain_backup, key)
    assert "too short" in refusal(backup, tmp_path / "new", f"--key-file={short}")
    assert is_empty()
    assert not (tmp_path / "new").exists()


def test_encrypted_backup_shows_nothing(sealed_backup, plain_backup):
    assert b"quoted" not in sealed_backup.read_bytes()
    assert "not encrypted" in backup(plain_backup.with_name("another"))


def test_filled_database_is_refused(plain_backup):
    before = fingerprints()
    assert "not empty" in refusal(restore, plain_backup)
    assert fingerprints() == before
    empty_database()
    User.objects.create_user("first@example.org")  # one row is enough
    assert "not empty (see accounts_user)" in refusal(restore, plain_backup)


def test_newer_backups_are_refused(plain_backup):
    empty_database()
    assert "format 2" in refusal(restore, rewritten(plain_backup, format=2))
    migrations = migrations_of(plain_backup)
    migrations["diary"].append("0999_from_the_future")
    message = refusal(restore, rewritten(plain_backup, migrations=migrations))
    assert "newer version" in message
    assert "diary 0999_from_the_future" in message
    assert is_empty()


def test_migrations_with_a_gap_are_refused(plain_backup, tmp_path):
    migrations = migrations_of(plain_backup)
    del migrations["account"][3]
    file = rewritten(plain_backup, migrations=migrations)
    with new_sqlite_database(tmp_path / "gap.sqlite3"):
        assert "do not follow from each other" in refusal(restore, file)
        assert connection.introspection.table_names() == []


def test_orphan_is_refused(plain_backup):
    def without_patients(table, rows):
        return [] if table.name == "diary_patient" else rows

    empty_database()
    assert "points to one that is not in it" in refusal(restore, rewritten(plain_backup, without_patients))
    assert is_empty()


def test_row_that_the_database_refuses(plain_backup):
    def with_pain_of_99(table, rows):
        if table.name == "diary_diaryday":
            rows[3][table.columns.index("pain")] = 99
        return rows

    empty_database()
    message = refusal(restore, rewritten(plain_backup, with_pain_of_99))
    assert message == "The database does not take a row of diary_diaryday (IntegrityError)."
    assert is_empty()


def test_value_that_comes_back_different_is_refused(plain_backup, monkeypatch):
    """A restore that spoils one value: the rows are counted right, and their content tells."""
    faithful = database.stored

    def careless(fields, row):
        return faithful(
            fields, [f"{value}." if value == "Łódź 😀 'quoted' \\ 3\n" else value for value in row]
        )

    empty_database()
    monkeypatch.setattr(database, "stored", careless)
    assert "did not give back what was put into diary_diaryday" in refusal(restore, plain_backup)
    assert is_empty()


def test_content_tells_one_value_and_not_the_order(dana):
    before = fingerprints()
    day = DiaryDay.objects.order_by("pk")[3]
    DiaryDay.objects.filter(pk=day.pk).update(note=day.note + ".")
    after = fingerprints()
    assert [name for name in before if before[name] != after[name]] == ["diary_diaryday"]
    DiaryDay.objects.filter(pk=day.pk).update(note=day.note)
    assert fingerprints() == before
    rows = [[1, "one"], [2, "two"], [2, "two"]]
    assert archive.content_of(rows) == archive.content_of(rows[::-1])
    assert archive.content_of(rows) != archive.content_of(rows[:2])
    assert archive.content_of([[1, "ab"]]) != archive.content_of([["1", "ab"]])


def test_backup_that_adds_up_to_something_else_is_refused(plain_backup, monkeypatch):
    empty_database()
    other = plain_backup.with_name("other.backup")
    with plain_backup.open("rb") as old, other.open("wb") as new:
        head = archive.verified(old, None).head
        monkeypatch.setattr(archive.Content, "summary", lambda self: {"rows": self.rows, "content": "0" * 64})
        archive.write(new, None, head, archive.tables(old, None))
        monkeypatch.undo()
    assert "damaged" in refusal(restore, other)
    assert is_empty()


# --- What a backup leaves behind -----------------------------------------------------------------------


def beside_the_database():
    if connection.vendor != "sqlite":
        return []
    return list(Path(connection.settings_dict["NAME"]).parent.glob("backup-*"))


def test_existing_file_is_kept(dana, tmp_path):
    (tmp_path / "there").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert "exists already" in refusal(backup, tmp_path / "there")
    assert "exists already" in refusal(backup, tmp_path / "link")
    assert (tmp_path / "there").read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "there"]


def test_folder_that_cannot_be_written(dana, tmp_path):
    (tmp_path / "file").touch()
    assert "The backup was not made: No such file" in refusal(backup, tmp_path / "absent" / "new")
    assert "The backup was not made: Not a directory" in refusal(backup, tmp_path / "file" / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert "Nothing was restored: No such file" in refusal(restore, tmp_path / "absent")


def test_full_disk(dana, tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sealed.PlainWriter, "write", full)
    assert "No space left on device" in refusal(backup, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
    assert beside_the_database() == []


def test_database_that_is_lost(dana, plain_backup, monkeypatch):
    """Its words are passed on only where they cannot quote a row."""
    empty_database()

    def lost(*arguments):
        raise error

    monkeypatch.setattr(database, "one_moment", lost)
    monkeypatch.setattr(database, "prepare", lost)
    error = OperationalError("database is locked\nmore")
    assert "the database failed (database is locked)" in refusal(backup, plain_backup.with_name("new"))
    assert "the database failed (database is locked)" in refusal(restore, plain_backup)
    error = DataError("Failing row contains (a note)")
    assert "the database failed (DataError)" in refusal(restore, plain_backup)
    assert not plain_backup.with_name("new").exists()


def test_nothing_is_left_beside_the_database(plain_backup, tmp_path):
    assert beside_the_database() == []
    assert [path.name for path in tmp_path.iterdir()] == [plain_backup.name]


def test_database_that_is_not_up_to_date(tmp_path):
    with new_sqlite_database(tmp_path / "bare.sqlite3"):
        assert "run manage.py prepare first" in refusal(backup, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("ending", ["-journal", "-wal", "-shm"])
def test_leftover_of_another_database_is_refused(plain_backup, tmp_path, ending):
    target = tmp_path / "target.sqlite3"
    leftover = Path(f"{target}{ending}")
    leftover.write_bytes(b"of another database")
    with new_sqlite_database(target):
        assert f"{leftover} is beside the database" in refusal(restore, plain_backup)
    assert not target.exists()
    assert leftover.read_bytes() == b"of another database"


def test_every_kind_of_value_has_one_spelling():
    spellings = {
        "6f1c1f0e-0000-4000-8000-000000000001": UUID("6f1c1f0e-0000-4000-8000-000000000001"),
        "P1DT00H00M02S": timedelta(days=1, seconds=2),
        "AP8=": b"\x00\xff",
    }
    assert {database.plain(value): value for value in spellings.values()} == spellings
    with pytest.raises(TypeError, match="no spelling for object"):
        database.plain(object())
