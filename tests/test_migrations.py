"""A database of the first release comes forward: every row survives, everybody gets a number, the guards stand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from config.append_only import missing_guards

FIRST = [("accounts", "0001_user"), ("diary", "0001_diary"), ("clinic", "0001_clinic")]
MOMENT = datetime(2026, 1, 5, 12, tzinfo=UTC)
TABLES = (
    ("accounts", "User"),
    ("diary", "Patient"),
    ("diary", "Medicine"),
    ("diary", "DiaryDay"),
    ("diary", "Intake"),
    ("clinic", "Clinic"),
    ("clinic", "Membership"),
    ("clinic", "CareLink"),
    ("clinic", "InjectionSession"),
)


def migrated(targets: list[tuple[str, str]]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def people(old: Any) -> None:
    """Three patients, a clinician and a row in every table of the first release."""
    model = old.get_model
    clinic = model("clinic", "Clinic").objects.create(name="North", slug="north")
    for number in range(3):
        user = model("accounts", "User").objects.create(email=f"p{number}@example.org", password="x")
        patient = model("diary", "Patient").objects.create(user=user, name=f"Patient {number}")
        taken = model("diary", "Medicine").objects.create(
            patient=patient, name="sumatriptan", medication_class="triptan"
        )
        day = model("diary", "DiaryDay").objects.create(
            patient=patient, date=date(2026, 1, 5), headache="mild", note=f"note {number}"
        )
        model("diary", "Intake").objects.create(day=day, medicine=taken, doses=2)
        model("clinic", "CareLink").objects.create(
            clinic=clinic, patient=patient, reference=f"N-{number}", starts_at=MOMENT
        )
        model("clinic", "InjectionSession").objects.create(
            patient=patient, clinic=clinic, date=date(2026, 1, 5), units=155
        )
    model("clinic", "Membership").objects.create(clinic=clinic, user=user, role="clinician")


def rows(state: Any, fields: dict[str, list[str]]) -> dict[str, list[Any]]:
    """The rows of the first release's tables, in its columns."""
    return {
        name: list(state.get_model(app, name)._base_manager.order_by("pk").values_list(*fields[name]))
        for app, name in TABLES
    }


@pytest.fixture
def first_release(transactional_db: None) -> Any:
    for app in ("clinic", "diary", "accounts"):
        call_command("migrate", app, "zero", verbosity=0)
    yield migrated(FIRST)
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_rows_survive_and_guards_stand(first_release):
    people(first_release)
    fields = {
        name: [field.attname for field in first_release.get_model(app, name)._meta.concrete_fields]
        for app, name in TABLES
    }
    before = rows(first_release, fields)

    call_command("migrate", verbosity=0, stdout=StringIO())
    from django.apps import apps

    assert rows(apps, fields) == before
    for app, name in (("accounts", "User"), ("diary", "Patient")):
        pseudonyms = list(apps.get_model(app, name).objects.values_list("pseudonym", flat=True))
        assert len(set(pseudonyms)) == len(pseudonyms) == 3
        assert None not in pseudonyms
    assert {link.basis for link in apps.get_model("clinic", "CareLink").objects.all()} == {"clinic"}
    assert missing_guards() == []
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        apps.get_model("clinic", "CareLink").objects.all().delete()
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
