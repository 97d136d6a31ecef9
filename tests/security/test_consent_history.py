"""What was agreed to can be proved: the row keeps it, and neither the program nor SQL rewrites it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from clinic import consent
from clinic.models import CareLink, Clinic
from config.append_only import lifted
from tests.cast import NOON
from tests.security import authz_matrix as matrix

OTHER = UUID(int=7)
FIXED = {
    "wording": "none",
    "language": "xx",
    "given_by": OTHER,
    "basis": "clinic",
    "sees_notes": True,
    "starts_at": NOON - timedelta(days=999),
}
"""What no open consent may change."""
ENDED = {**FIXED, "ends_at": NOON + timedelta(days=1), "ended_by": OTHER, "reference": "other"}
"""What no ended one may change."""


@pytest.fixture
def given(world):
    """The consent of a patient at a clinic she did not know before."""
    return consent.agree(world.owner, Clinic.objects.get(slug="south"), sees_notes=False)


@pytest.fixture
def ended(given, world):
    consent.end(given, world.owner.user.pseudonym)
    given.refresh_from_db()
    return given


def kept(link):
    return CareLink.objects.filter(pk=link.pk).values().get()


def refused(link, write):
    before = kept(link)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        write()
    assert kept(link) == before


def run(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def as_sql(value):
    """A value as the database keeps it, whichever of the two it is."""
    if isinstance(value, UUID) and connection.vendor == "sqlite":
        return value.hex
    return value


def test_row_keeps_wording_language_time_actor_and_scope(given, world):
    assert (given.wording, given.language, given.basis) == (consent.WORDING, "en-gb", "consent")
    assert (given.starts_at, given.given_by, given.sees_notes) == (NOON, world.owner.user.pseudonym, False)
    assert (given.ends_at, given.ended_by) == (None, None)


def test_ended_row_keeps_when_and_by_whom(ended, world):
    assert (ended.ends_at, ended.ended_by) == (NOON, world.owner.user.pseudonym)


@pytest.mark.parametrize("column", FIXED)
def test_open_consent_is_not_rewritten_through_the_program(given, column):
    refused(given, lambda: CareLink.objects.filter(pk=given.pk).update(**{column: FIXED[column]}))


@pytest.mark.parametrize("column", FIXED)
def test_open_consent_is_not_rewritten_by_save(given, column):
    setattr(given, column, FIXED[column])
    refused(given, given.save)


@pytest.mark.parametrize("column", ENDED)
def test_ended_consent_is_not_rewritten_through_the_program(ended, column):
    refused(ended, lambda: CareLink.objects.filter(pk=ended.pk).update(**{column: ENDED[column]}))


@pytest.mark.parametrize("column", ENDED)
def test_ended_consent_is_not_rewritten_by_sql(ended, column):
    refused(
        ended,
        lambda: run(
            f'UPDATE clinic_carelink SET "{column}" = %s WHERE id = %s',  # noqa: S608
            as_sql(ENDED[column]),
            ended.pk,
        ),
    )


@pytest.mark.parametrize("state", ["given", "ended"])
@pytest.mark.parametrize("way", ["row", "query", "sql", "all", "clinic", "patient"])
def test_consent_is_not_deleted(request, world, state, way):
    link = request.getfixturevalue(state)
    writes = {
        "row": link.delete,
        "query": CareLink.objects.filter(pk=link.pk).delete,
        "sql": lambda: run("DELETE FROM clinic_carelink WHERE id = %s", link.pk),
        "all": lambda: run("DELETE FROM clinic_carelink"),
        "clinic": lambda: link.clinic.care_links.all().delete(),
        "patient": lambda: link.patient.care_links.all().delete(),
    }
    refused(link, writes[way])


@pytest.mark.sqlite_only
@pytest.mark.parametrize("verb", ["REPLACE INTO", "INSERT OR REPLACE INTO"])
@pytest.mark.parametrize("state", ["given", "ended"])
def test_consent_is_not_replaced(request, world, state, verb):
    link = request.getfixturevalue(state)
    row = {**kept(link), "wording": "none"}
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(["%s"] * len(row))
    refused(
        link,
        lambda: run(
            f"{verb} clinic_carelink ({names}) VALUES ({marks})",
            *map(as_sql, row.values()),
        ),
    )


@pytest.mark.postgresql_only
@pytest.mark.parametrize("words", ["", " CASCADE", " RESTART IDENTITY"])
@pytest.mark.parametrize("state", ["given", "ended"])
def test_consents_are_not_truncated(request, world, state, words):
    link = request.getfixturevalue(state)
    run(
        "SET CONSTRAINTS ALL IMMEDIATE"
    )  # what waits for the end of this test's transaction would refuse it too
    refused(link, lambda: run(f"TRUNCATE clinic_carelink{words}"))


@pytest.mark.postgresql_only
@pytest.mark.parametrize("state", ["given", "ended"])
def test_consent_is_not_taken_over_by_an_insert(request, world, state):
    link = request.getfixturevalue(state)
    row = {**kept(link), "wording": "none"}
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(["%s"] * len(row))
    refused(
        link,
        lambda: run(
            f"INSERT INTO clinic_carelink ({names}) VALUES ({marks}) "  # noqa: S608
            "ON CONFLICT (id) DO UPDATE SET wording = EXCLUDED.wording",
            *row.values(),
        ),
    )


def test_open_consent_takes_a_clinic_number_and_an_end(given):
    """Otherwise the refusals above would prove nothing."""
    CareLink.objects.filter(pk=given.pk).update(reference="S-1")
    assert consent.end(given, None)


def test_second_end_does_not_move_the_first(ended):
    assert not consent.end(ended, OTHER, NOON + timedelta(days=1))
    assert kept(ended)["ends_at"] == NOON


@pytest.mark.parametrize("sees_notes", [False, True])
def test_giving_again_is_a_new_row(ended, world, sees_notes):
    again = consent.agree(world.owner, ended.clinic, sees_notes=sees_notes)
    assert again.pk != ended.pk
    assert world.owner.care_links.filter(clinic=ended.clinic).count() == 2


def test_history_reaches_the_patient(world, ended):
    page = world.client(matrix.OWNER).get("/sharing/").content.decode()
    assert "South Headache Clinic" in page
    assert f"to the text {consent.WORDING}" in page


def test_guard_sees_a_row_that_was_rewritten(ended):
    before = kept(ended)
    with lifted():
        CareLink.objects.filter(pk=ended.pk).update(wording="none")
    assert kept(ended) != before
