"""Earlier versions of days and of sessions: the database refuses every change, until the ledger names the person."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from clinic import actions as clinic_actions
from clinic.models import InjectionSession, InjectionSessionVersion
from config.append_only import lifted, missing_guards
from diary import actions
from diary.models import DiaryDay, DiaryDayVersion, Erasure, Intake, Patient
from diary.rules import Headache
from tests.cast import NOON, TODAY, days_ago, medicine, record, session

TABLES = (DiaryDayVersion, InjectionSessionVersion)


def with_a_past(patient):
    """A day and a session that were both corrected."""
    record(patient, days_ago(5), "mild", medicine(patient), note="before")
    actions.record_headache(patient, days_ago(5), Headache.NONE, TODAY, by=None)
    given = session(patient, days_ago(90), units=155)
    given.units = 160
    clinic_actions.save_session(given, by=None)
    return patient


@pytest.fixture
def past(alice):
    return with_a_past(alice)


def sql(model, statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("TABLE", f'"{model._meta.db_table}"'), values)


def replaced(model):
    """REPLACE on SQLite, its like on PostgreSQL: the row of the same number with something else in it."""
    columns = [field.column for field in model._meta.concrete_fields]
    names = ", ".join(columns)
    copied = names.replace("said", "'{}'")
    if connection.vendor == "sqlite":
        sql(model, f"REPLACE INTO TABLE ({names}) SELECT {copied} FROM TABLE")  # noqa: S608
    else:
        change = "ON CONFLICT (id) DO UPDATE SET said = EXCLUDED.said"
        sql(model, f"INSERT INTO TABLE ({names}) SELECT {copied} FROM TABLE {change}")  # noqa: S608


def emptied(model):
    """TRUNCATE, which SQLite spells DELETE without a condition."""
    if connection.vendor == "postgresql":
        # Foreign keys that are checked at the end of a transaction would refuse it first.
        sql(model, "SET CONSTRAINTS ALL IMMEDIATE")
    sql(model, "DELETE FROM TABLE" if connection.vendor == "sqlite" else "TRUNCATE TABLE")


def saved(model):
    version = model.objects.get()
    version.said = {}
    version.save()


ATTEMPTS = {
    "save": saved,
    "update of a queryset": lambda model: model.objects.update(said={}),
    "bulk update": lambda model: model.objects.bulk_update(
        [model(pk=one.pk, said={}) for one in model.objects.all()], ["said"]
    ),
    "delete of a row": lambda model: model.objects.get().delete(),
    "delete of a queryset": lambda model: model.objects.all().delete(),
    "raw delete": lambda model: model.objects.all()._raw_delete("default"),
    "UPDATE": lambda model: sql(model, "UPDATE TABLE SET said = %s", "{}"),
    "UPDATE of who": lambda model: sql(model, "UPDATE TABLE SET replaced_by = NULL"),
    "UPDATE of when": lambda model: sql(model, "UPDATE TABLE SET replaced_at = %s", NOON - timedelta(days=1)),
    "UPDATE of whose": lambda model: sql(model, "UPDATE TABLE SET patient_id = patient_id"),
    "DELETE": lambda model: sql(model, "DELETE FROM TABLE WHERE id > 0"),
    "REPLACE": replaced,
    "TRUNCATE": emptied,
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("model", TABLES)
def test_what_was_written_stays(past, model, attempt):
    before = list(model.objects.values())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ATTEMPTS[attempt](model)
    assert list(model.objects.values()) == before


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("model", TABLES)
def test_without_the_guards_each_attempt_would_succeed(past, model, attempt):
    before = list(model.objects.values())
    with lifted():
        ATTEMPTS[attempt](model)
    if attempt not in ("UPDATE of whose", "UPDATE of who"):
        assert list(model.objects.values()) != before


def test_guards_stand(db):
    assert missing_guards() == []


# --- Erasing -------------------------------------------------------------------------------------------------


def erased(patient):
    """As whoever erases a diary does it: the ledger first."""
    Erasure.objects.create(pseudonym=patient.pseudonym, number=patient.pk, erased_at=timezone.now())


@pytest.mark.parametrize("model", TABLES)
def test_versions_go_once_the_ledger_names_the_person(past, model):
    erased(past)
    model.objects.filter(patient=past).delete()
    assert not model.objects.exists()


@pytest.mark.parametrize("model", TABLES)
def test_the_ledger_lets_nobody_elses_go(past, bob, model):
    with_a_past(bob)
    erased(past)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.filter(patient=bob).delete()
    model.objects.filter(patient=past).delete()
    assert list(model.objects.values_list("patient", flat=True)) == [bob.pk]


@pytest.mark.parametrize("model", TABLES)
def test_the_ledger_allows_no_change(past, model):
    erased(past)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.update(said={})


def test_person_cannot_go_without_the_ledger(past):
    Intake.objects.filter(day__patient=past).delete()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        past.delete()
    assert (DiaryDay.objects.count(), InjectionSession.objects.count()) == (1, 1)


def test_person_goes_with_the_ledger(past):
    erased(past)
    Intake.objects.filter(day__patient=past).delete()
    past.delete()
    assert not Patient.objects.exists()
    assert not any(model.objects.exists() for model in TABLES)


def test_session_with_a_past_cannot_go_by_itself(past):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        past.sessions.get().delete()
    assert past.sessions.count() == 1
