"""A full disk, a locked or absent database: people are told to try again, keep what they have, and lose no words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.core.cache.backends.db import DatabaseCache
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from config.limits import CountingDatabaseCache
from diary.models import DeviceOperation, DiaryDay, Intake, Medicine, Patient
from diary.phone import owner_mark
from tests.cast import PASSWORD, medicine, new_patient, new_user, record, with_password
from tests.phones import Phone, message_of, post, said, statuses
from tests.security.conftest import fingerprint

pytestmark = pytest.mark.django_db(transaction=True)
on_sqlite = pytest.mark.sqlite_only
on_postgresql = pytest.mark.postgresql_only
LOCKED = OperationalError("database is locked")
WORDS = "words that must not be lost " * 60


class Person:
    """Alice at her phone, with a session from yesterday."""

    def __init__(self) -> None:
        self.patient: Patient = new_patient("Alice Archer", time_zone="UTC")
        self.triptan: Medicine = medicine(self.patient)
        self.day = DiaryDay.objects.create(
            patient=self.patient, date="2024-05-01", headache="mild", recorded_on="2024-05-01"
        )
        self.client = Client(raise_request_exception=False)
        self.client.force_login(self.patient.user)

    def saves(self, name: str, number: int = 0) -> Any:
        address, form = self.forms(number)[name]
        return self.client.post(address, form)

    def forms(self, number: int) -> dict[str, tuple[str, dict[str, Any]]]:
        when = f"2024-06-{number % 30 + 1:02}"
        said = {"headache": "mild", "pain": "3", "migraine": "unknown", "menstruation": "unknown"}
        doses = {f"doses_{self.triptan.pk}": "1"}
        return {
            "day": (f"/days/{when}/", {**said, **doses, "note": f"{number} {WORDS}"}),
            "changed day": ("/days/2024-05-01/", {**said, **doses, "note": WORDS}),
            "headache": (f"/days/{when}/headache/", {"headache": "severe"}),
            "dose": ("/days/2024-05-01/dose/", {"medicine": self.triptan.pk, "change": "1"}),
            "deleted day": ("/days/2024-05-01/delete/", {}),
            "medicine": (reverse("add_medicine"), {"name": "Maxalt"}),
            "own medicine": (
                reverse("add_own_medicine"),
                {"name": f"Tea {number}", "medication_class": "other"},
            ),
            "name": (reverse("begin"), {"name": "A" * 100, "time_zone": "UTC", "date_of_birth": ""}),
        }


@pytest.fixture
def alice(transactional_db: None) -> Person:
    return Person()


def sql(statement: str) -> Any:
    with connection.cursor() as cursor:
        return cursor.execute(statement).fetchone()


def is_told_to_try_again(response: Any, saved: str = "was not saved") -> None:
    page = response.content.decode()
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert saved in page
    assert response["X-Request-ID"] in page


def reads_on(person: Person) -> None:
    for address in ("/", "/days/2024-05-01/", "/months/2024-05/", "/trends/", "/medicines/", "/help/"):
        assert person.client.get(address, follow=True).status_code == 200, address


# --- The disk is full ------------------------------------------------------------------------------------------


@contextmanager
def full_disk() -> Iterator[None]:
    """Every page is used, and not one more can be had. SQLite answers as it does on a full disk."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("VACUUM")
    (pages,) = sql("PRAGMA page_count")
    sql(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        sql("PRAGMA max_page_count = 1073741823")


@on_sqlite
@pytest.mark.parametrize("name", ["day", "headache", "own medicine"])
def test_full_disk_refuses_what_does_not_fit_and_keeps_the_rest(alice, name):
    with full_disk():
        for number in range(28):
            before = fingerprint()
            response = alice.saves(name, number)
            if response.status_code != 302:
                break
            for filler in range(20):
                fill(alice, number * 20 + filler)
        is_told_to_try_again(response)
        assert fingerprint() == before
        reads_on(alice)
    assert alice.saves(name, 29).status_code == 302
    assert fingerprint() != before
    assert sql("PRAGMA integrity_check") == ("ok",)


def fill(person: Person, number: int) -> None:
    """Rows of hers that take what is left of the pages, one by one."""
    when = date(2020, 1, 1) + timedelta(days=number)
    with suppress(OperationalError), transaction.atomic():
        day = record(person.patient, when, "mild", note=f"{number} " * 40)
        Intake.objects.create(day=day, medicine=person.triptan)
    with suppress(OperationalError), transaction.atomic():
        medicine(person.patient, f"filler {number}")


@on_sqlite
def test_full_disk_keeps_who_is_signed_in(alice):
    with full_disk():
        for number in range(30):
            with suppress(OperationalError):
                SessionStore().create()
            assert alice.client.get(f"/days/2024-05-{number % 28 + 1:02}/").status_code == 200
        reads_on(alice)


# --- Somebody else holds the lock ------------------------------------------------------------------------------


@contextmanager
def lock(kind: str = "IMMEDIATE", patience: int = 30) -> Iterator[sqlite3.Connection]:
    sql(f"PRAGMA busy_timeout = {patience}")
    with closing(
        sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute(f"BEGIN {kind}")
        yield other
    sql("PRAGMA busy_timeout = 5000")


FORMS = ["day", "changed day", "headache", "dose", "deleted day", "medicine", "own medicine", "name"]


@on_sqlite
@pytest.mark.parametrize("name", FORMS)
def test_locked_database_refuses_and_reads_on(alice, name):
    before = fingerprint()
    with lock():
        is_told_to_try_again(alice.saves(name))
        assert fingerprint() == before
        reads_on(alice)
    assert alice.saves(name).status_code == 302
    assert fingerprint() != before


@on_sqlite
@pytest.mark.parametrize("address", ["/", "/days/2024-05-01/", "/healthz"])
def test_database_that_nobody_can_read_asks_to_try_again(alice, address):
    with lock("EXCLUSIVE"):
        response = alice.client.get(address)
        assert response.status_code == 503
    assert alice.client.get(address).status_code == 200


@on_sqlite
@pytest.mark.parametrize("name", ["day", "dose"])
def test_lock_that_is_released_in_time_is_waited_for(alice, name):
    with lock(patience=20_000) as other:
        release = threading.Timer(0.1, other.rollback)
        release.start()
        assert alice.saves(name).status_code == 302
        release.join()
    assert alice.patient.days.filter(intakes__doses=1).count() == 1


# --- One table alone fails -------------------------------------------------------------------------------------


def failing(*args: Any, **options: Any) -> Any:
    raise LOCKED


def a_user() -> User:
    return with_password(new_user("Clara Clinician"))


def signs_in(client: Client, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_login"), {"login": "clara@example.org", "password": password})


@on_sqlite
@pytest.mark.parametrize(
    ("kind", "method"),
    [(DatabaseCache, "get"), (CountingDatabaseCache, "_base_set"), (SessionStore, "save")],
)
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_sign_in_waits_for_its_counters_and_its_session(alice, monkeypatch, kind, method, password):
    a_user()
    monkeypatch.setattr(kind, method, failing)
    client = Client(raise_request_exception=False)
    response = signs_in(client, password)
    if kind is SessionStore and password == "wrong":
        assert response.status_code == 200  # nobody is signed in, and no session is needed to say so
    else:
        is_told_to_try_again(response)
    monkeypatch.undo()
    assert client.get("/").status_code == 302


@on_sqlite
def test_guesses_are_counted_or_refused_while_the_disk_is_full(alice):
    a_user()
    client = Client(raise_request_exception=False)
    with full_disk():
        answers = [signs_in(client, f"guess {number}") for number in range(12)]
    assert {answer.status_code for answer in answers} <= {200, 429, 503}
    assert answers[-1].status_code in (429, 503) or "Too many" in answers[-1].content.decode()


@on_sqlite
def test_guard_reports_a_counter_that_forgets(alice, monkeypatch):
    """Django's own cache says nothing when it cannot write."""
    with lock():
        DatabaseCache("cache", {}).set("a", 1)
        with pytest.raises(OperationalError):
            cache.set("a", 1)
    assert DatabaseCache("cache", {}).get("a") is None


@on_sqlite
@pytest.mark.parametrize("name", FORMS)
def test_save_stands_although_its_session_could_not_be_written(alice, monkeypatch, name):
    before = fingerprint()
    monkeypatch.setattr(SessionStore, "save", failing)
    assert alice.saves(name).status_code == 302
    assert fingerprint() != before
    monkeypatch.undo()
    reads_on(alice)


@on_sqlite
def test_session_that_cannot_be_read_is_no_reason_to_sign_out(alice, monkeypatch):
    monkeypatch.setattr(SessionStore, "load", failing)
    is_told_to_try_again(alice.client.get("/"))
    monkeypatch.undo()
    reads_on(alice)


@on_sqlite
@pytest.mark.parametrize("method", ["get", "set", "add", "delete"])
def test_existing_session_needs_no_counters(alice, monkeypatch, method: str):
    monkeypatch.setattr(DatabaseCache, method, failing)
    reads_on(alice)
    assert alice.saves("day").status_code == 302


# --- A phone keeps what it was not told to be saved -------------------------------------------------------------


def flush(person: Person, phone: Phone) -> Any:
    """As `outbox.js` does: an answer that is none of its own leaves everything where it is."""
    response = post(person.client, phone.message())
    if response.status_code == 200:
        phone.hears(response.json())
    return response


@pytest.fixture
def offline(alice: Person) -> Phone:
    """With three days in its outbox."""
    phone = Phone(owner_mark(alice.patient))
    for number in range(3):
        phone.taps(date(2024, 6, 1 + number), "mild")
    return phone


def keeps_and_sends_again(person: Person, phone: Phone, before: Any) -> None:
    assert len(phone.unsent) == 3
    assert fingerprint() == before
    assert statuses(flush(person, phone).json()) == ["saved"] * 3
    assert (phone.unsent, person.patient.days.count()) == ([], 4)


@on_sqlite
def test_phone_keeps_its_entries_while_the_database_is_locked(alice, offline):
    before = fingerprint()
    with lock():
        is_told_to_try_again(flush(alice, offline))
    keeps_and_sends_again(alice, offline, before)


@on_sqlite
@pytest.mark.parametrize("method", ["bulk_create", "bulk_update"])
def test_phone_keeps_its_entries_while_their_own_table_fails(alice, offline, monkeypatch, method):
    """The day that was written before it goes with it."""
    before = fingerprint()
    with monkeypatch.context() as broken:
        broken.setattr(DeviceOperation.objects, method, failing)
        broken.setattr(type(DeviceOperation.objects), method, failing, raising=False)
        is_told_to_try_again(flush(alice, offline))
    keeps_and_sends_again(alice, offline, before)


@on_sqlite
def test_phone_keeps_its_entries_while_the_disk_is_full(alice, offline):
    with full_disk():
        for number in range(400):
            fill(alice, number)
        before = fingerprint()
        for _ in range(3):
            response = flush(alice, offline)
        # What fitted is saved and known; the rest waits.
        is_told_to_try_again(response)
        saved = alice.patient.operations.count()
        assert alice.patient.days.filter(date__gte=date(2024, 6, 1)).count() == saved
        assert saved or fingerprint() == before
        reads_on(alice)
    assert set(statuses(flush(alice, offline).json())) <= {"saved", "known"}
    assert offline.unsent == []
    assert alice.patient.days.filter(date__gte=date(2024, 6, 1), headache="mild").count() == 3


@on_sqlite
def test_who_is_here_can_be_asked_while_nobody_can_write(alice):
    with lock():
        assert alice.client.get("/sync/").json()["owner"] == owner_mark(alice.patient)


@on_sqlite
def test_entries_are_taken_although_the_session_could_not_be_written(alice, offline, monkeypatch):
    monkeypatch.setattr(SessionStore, "save", failing)
    assert statuses(flush(alice, offline).json()) == ["saved"] * 3


@on_sqlite
def test_second_entry_that_fails_leaves_the_first_saved_and_known(alice, monkeypatch):
    taps = [said(date(2024, 6, 1 + number), "mild") for number in range(2)]
    written = DiaryDay.objects.create
    answers = [written, failing]
    with monkeypatch.context() as broken:
        broken.setattr(DiaryDay.objects, "create", lambda **fields: answers.pop(0)(**fields))
        is_told_to_try_again(post(alice.client, message_of(alice.patient, taps)))
    assert (alice.patient.days.count(), alice.patient.operations.count()) == (2, 1)
    again = post(alice.client, message_of(alice.patient, taps)).json()
    assert statuses(again) == ["known", "saved"]


# --- PostgreSQL ------------------------------------------------------------------------------------------------


@contextmanager
def locked_table(setting: str) -> Iterator[None]:
    """Somebody else has the days for themselves, and this connection's patience is short."""
    sql_without_answer(f"SET {setting} = '50ms'")
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLE diary_diaryday IN ACCESS EXCLUSIVE MODE")
    try:
        yield
    finally:
        other.rollback()
        other.close()
        sql_without_answer(f"SET {setting} = '15s'")


def sql_without_answer(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@on_postgresql
@pytest.mark.parametrize("setting", ["lock_timeout", "statement_timeout"])
@pytest.mark.parametrize("name", ["day", "headache", "dose"])
def test_locked_table_refuses(alice, setting, name):
    before = fingerprint()
    with locked_table(setting):
        is_told_to_try_again(alice.saves(name))
    assert fingerprint() == before
    assert alice.saves(name).status_code == 302
    reads_on(alice)


@on_postgresql
@pytest.mark.parametrize("setting", ["lock_timeout", "statement_timeout"])
def test_phone_keeps_its_entries_while_the_days_are_locked(alice, offline, setting):
    before = fingerprint()
    with locked_table(setting):
        is_told_to_try_again(flush(alice, offline))
    keeps_and_sends_again(alice, offline, before)


@on_postgresql
def test_pool_without_a_free_connection_asks_to_try_again(alice, monkeypatch):
    pool = connection.pool
    connection.close()
    monkeypatch.setattr(pool, "timeout", 0.1)
    held = [pool.getconn(5) for _ in range(pool.max_size)]
    for address in ("/", "/healthz"):
        assert alice.client.get(address).status_code == 503
    is_told_to_try_again(alice.saves("day"), "may be saved or not")
    for one in held:
        pool.putconn(one)
    assert alice.saves("day").status_code == 302


@on_postgresql
@pytest.mark.parametrize("name", ["day", "dose"])
def test_connection_that_breaks_says_what_is_true(alice, name):
    """Whether the last commit was heard is not known to anybody."""
    before = fingerprint()
    process = backend()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [process])
    other.close()
    is_told_to_try_again(alice.saves(name), "may be saved or not")
    connection.close()
    assert fingerprint() == before
    assert alice.saves(name).status_code == 302


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
