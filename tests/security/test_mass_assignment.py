"""Fields that no form offers, sent along with every form: what is saved is what the form alone would save."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import User
from clinic.models import (
    CareLink,
    Clinic,
    CriteriaSet,
    Decision,
    InjectionSession,
    Invitation,
    LinkCode,
    Membership,
)
from diary.models import Carer, CarerCode, DiaryDay, Intake, Medicine, Patient, Preventive
from tests.cast import PASSWORD
from tests.security import authz_matrix as matrix
from tests.security.conftest import NOWHERE, fields

MODELS = (
    User,
    EmailAddress,
    Clinic,
    Membership,
    CareLink,
    Patient,
    Medicine,
    DiaryDay,
    Intake,
    Preventive,
    InjectionSession,
    Decision,
    CriteriaSet,
    LinkCode,
    Invitation,
    Carer,
    CarerCode,
)

FORMS = [
    *(
        (name, matrix.OWNER)
        for name in (
            "day",
            "headache",
            "dose",
            "delete_day",
            "headache_free",
            "undo",
            "add_medicine",
            "add_own_medicine",
            "use_medicine",
            "relief",
            "default_dose",
            "add_preventive",
            "preventive",
            "delete_preventive",
            "begin",
            "account",
            "account_email",
            "account_change_password",
            "account_reauthenticate",
        )
    ),
    ("begin", matrix.NO_DIARY),
    ("begin", matrix.LINKED),
    ("sessions", matrix.LINKED),
    ("session", matrix.LINKED),
    ("sessions", matrix.LEAD),
    ("decisions", matrix.LINKED),
    ("decision", matrix.LINKED),
    ("add_criteria", matrix.LEAD),
    ("follow_criteria", matrix.LEAD),
    ("account_signup", matrix.STRANGER),
    ("account_login", matrix.STRANGER),
    ("account_reset_password", matrix.STRANGER),
    ("theme", matrix.OWNER),
    ("make_code", matrix.OWNER),
    ("withdraw_code", matrix.OWNER),
    ("end_access", matrix.OWNER),
    ("keep_notes", matrix.OWNER),
    ("share_notes", matrix.OWNER),
    ("agree_again", matrix.OWNER),
    ("end_carer", matrix.OWNER),
    ("caring_headache", matrix.CARER),
    ("caring_dose", matrix.CARER),
    ("stop_caring", matrix.CARER),
    ("invite", matrix.LINKED),
    ("withdraw_invitation", matrix.NURSE),
    ("invite_staff", matrix.ADMINISTRATOR),
    ("change_role", matrix.ADMINISTRATOR),
    ("remove_staff", matrix.LEAD),
    ("withdraw_staff_invitation", matrix.LEAD),
]
PROTECTED = (
    "id",
    "pk",
    "role",
    "roles",
    "clinic",
    "clinic_id",
    "clinics",
    "memberships",
    "membership",
    "user",
    "user_id",
    "is_staff",
    "is_superuser",
    "is_active",
    "session_generation",
    "works_at_clinic",
    "has_second_factor",
    "groups",
    "user_permissions",
    "date_joined",
    "last_login",
    "verified",
    "primary",
    "patient",
    "patient_id",
    "created_at",
    "updated_at",
    "recorded_on",
    "source",
    "recorded_by",
    "recorded_by_id",
    "reference",
    "starts_at",
    "ends_at",
    "care_links",
    "slug",
    "is_in_use",
    "default_dose",
    "product_key",
    "consent",
    "version",
    "pseudonym",
    "basis",
    "sees_notes",
    "wording",
    "language",
    "given_by",
    "ended_by",
    "expires_at",
    "used_at",
    "made_at",
    "made_by",
    "digest",
    "seed",
    "since",
    "until",
    "replaces",
    "is_withdrawn",
    "counted",
    "recorded_at",
    "follows",
)
FORGED = UUID(int=0)


def extra(world: Any, known: Any) -> dict[str, Any]:
    """Every protected field that the form has not itself, with a value that would do harm."""
    other = world.others[matrix.OTHER_CLINIC]
    south = Clinic.objects.get(slug="south").pk
    values: dict[str, Any] = {
        "id": NOWHERE,
        "pk": NOWHERE,
        "role": "lead",
        "roles": "administrator",
        "clinic": south,
        "clinic_id": south,
        "user": other.user_id,
        "user_id": other.user_id,
        "patient": other.pk,
        "patient_id": other.pk,
        "is_active": "",
        "groups": "1",
        "user_permissions": "1",
        "date_joined": "2001-01-01T00:00:00Z",
        "last_login": "2001-01-01T00:00:00Z",
        "created_at": "2001-01-01T00:00:00Z",
        "updated_at": "2001-01-01T00:00:00Z",
        "starts_at": "2001-01-01T00:00:00Z",
        "ends_at": "2001-01-01T00:00:00Z",
        "recorded_on": "2001-01-01",
        "source": "import",
        "recorded_by": other.user_id,
        "recorded_by_id": other.user_id,
        "is_in_use": "",
        "default_dose": 9,
        "pseudonym": FORGED,
    }
    return {name: values.get(name, "on") for name in PROTECTED if name not in known}


def saved() -> dict[str, list[dict[str, Any]]]:
    """Every row. A password's hash has its own salt, and PostgreSQL gives no number twice: users are named."""
    found = {}
    names = dict(User.objects.values_list("pk", "email"))
    for model in MODELS:
        rows = [dict(row) for row in model._default_manager.order_by("pk").values()]
        for row in rows:
            row.pop("password", None)
            # Secrets are new each time; one that came with the form would stay.
            for secret in ("seed", "digest"):
                row[secret] = row.get(secret) == "on"
            row["pseudonym"] = row.get("pseudonym") == FORGED  # each new one differs
            if "user_id" in row:
                row["user_id"] = names.get(row["user_id"])
        found[model.__name__] = [without_numbers_of_new_rows(row) for row in rows]
    return found


def without_numbers_of_new_rows(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("id", "day_id")}


def form_of(world: Any, name: str) -> dict[str, Any]:
    new = "another pass phrase for tests"
    passwords = {
        "account_change_password": {"oldpassword": PASSWORD, "password1": new, "password2": new},
        "account_reauthenticate": {"password": PASSWORD},
    }
    return passwords.get(name) or fields(world, name)


def after(world: Any, name: str, role: str, form: dict[str, Any], query: dict[str, Any]) -> Any:
    """What a form answers and leaves behind; then it is taken back."""
    with transaction.atomic():
        response = world.client(role).post(world.address(name), form, query_params=query)
        found = response.status_code, saved()
        known = set(User.objects.values_list("pk", flat=True)) | set(
            Patient.objects.values_list("pk", flat=True)
        )
        assert NOWHERE not in known
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("place", ["body", "query"])
@pytest.mark.parametrize(("name", "role"), FORMS)
def test_protected_fields_change_nothing(world, name, role, place):
    form = form_of(world, name)
    added = extra(world, form)
    alone = after(world, name, role, form, {})
    together = (
        after(world, name, role, form | added, {})
        if place == "body"
        else after(world, name, role, form, added)
    )
    assert alone[0] in (200, 302)
    assert together == alone


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("begin", matrix.NO_DIARY),
        ("day", matrix.OWNER),
        ("preventive", matrix.OWNER),
        ("session", matrix.LINKED),
        ("decision", matrix.LINKED),
        ("account_signup", matrix.STRANGER),
    ],
)
def test_each_protected_field_alone_changes_nothing(world, name, role):
    """One by one, so that none is only harmless because another one spoils the form."""
    form = form_of(world, name)
    alone = after(world, name, role, form, {})
    for field, value in extra(world, form).items():
        assert after(world, name, role, form | {field: value}, {}) == alone, field


def test_form_alone_does_save_something(world):
    """Otherwise nothing above could ever differ."""
    unchanged = saved()
    inert = [
        (name, role)
        for name, role in FORMS
        if after(world, name, role, form_of(world, name), {})[1] == unchanged
    ]
    assert sorted(name for name, _role in inert) == [
        "account_change_password",
        "account_email",
        "account_login",
        "account_reauthenticate",
        "account_reset_password",
        "keep_notes",
        "theme",
        "undo",
        "withdraw_code",
    ]


def test_guard_sees_a_form_that_takes_too_much(world, monkeypatch):
    from diary import forms

    monkeypatch.setattr(forms.PatientForm, "clean", takes_everything)
    form = form_of(world, "begin")
    careless = after(world, "begin", matrix.OWNER, form | {"created_at": "2001-01-01T00:00:00Z"}, {})
    assert careless != after(world, "begin", matrix.OWNER, form, {})


def takes_everything(form: Any) -> Any:
    if "created_at" in form.data:
        form.instance.created_at = form.data["created_at"]
    return form.cleaned_data
