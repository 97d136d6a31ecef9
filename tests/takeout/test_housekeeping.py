"""What has had its time is thrown away, and nothing else; every table says how long it is kept."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from clinic import ledger
from clinic.models import Invitation, LinkCode
from config import checks, retention
from diary.models import CarerCode
from tests.security.conftest import fingerprint

pytestmark = pytest.mark.django_db


def housekeeping() -> str:
    out = StringIO()
    call_command("housekeeping", stdout=out, stderr=out)
    return out.getvalue()


def code(patient: Any, name: str, **moments: Any) -> None:
    now = timezone.now()
    LinkCode.objects.create(
        patient=patient,
        seed=name,
        digest=name,
        wording="1",
        language="en",
        expires_at=now + moments.get("expires", timedelta()),
        used_at=now + moments["used"] if "used" in moments else None,
    )


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("moments", "goes"),
    [
        ({"expires": DAY}, False),
        ({"expires": -29 * DAY}, False),
        ({"expires": -31 * DAY}, True),
        ({"expires": DAY, "used": -29 * DAY}, False),
        ({"expires": DAY, "used": -31 * DAY}, True),
    ],
)
def test_codes_and_invitations_go_thirty_days_after(alice, north, moments, goes):
    code(alice, "x", **moments)
    found = LinkCode.objects.get()
    Invitation.objects.create(
        clinic=north, digest="y", expires_at=found.expires_at, used_at=found.used_at, reference="N"
    )
    CarerCode.objects.create(
        patient=alice, seed="z", digest="z", expires_at=found.expires_at, used_at=found.used_at
    )
    housekeeping()
    assert LinkCode.objects.exists() is not goes
    assert CarerCode.objects.exists() is not goes
    assert Invitation.objects.exists() is not goes


def test_sessions_that_ended(noon):
    for key, days in (("over", -1), ("running", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + days * DAY)
    assert "         1  ended sessions" in housekeeping()
    assert [found.pk for found in Session.objects.all()] == ["running"]


def test_confirmations_that_ended(eve):
    address = EmailAddress.objects.create(user=eve, email=eve.email)
    for key, days in (("over", -4), ("running", -1)):
        EmailConfirmation.objects.create(
            email_address=address, key=key, sent=timezone.now() + days * DAY, created=timezone.now()
        )
    housekeeping()
    assert [found.key for found in EmailConfirmation.objects.all()] == ["running"]


def test_cache_that_ended(noon):
    cache.set("over", 1, 60)
    cache.set("running", 1, 7200)
    noon.shift(timedelta(hours=1))
    assert "         1  expired entries of the cache" in housekeeping()
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM cache")
        assert cursor.fetchall() == [(":1:running",)]


def test_twice_changes_no_more_than_once(alice, bob):
    housekeeping()
    before = fingerprint(leave_out=())
    housekeeping()
    assert fingerprint(leave_out=()) == before


def test_ledger_that_cannot_be_written_stops_only_the_erasures(alice, monkeypatch):
    def no_disk(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledger, "add", no_disk)
    Session.objects.create(session_key="over", session_data="", expire_date=timezone.now() - DAY)
    with pytest.raises(CommandError, match="No space left on device"):
        housekeeping()
    assert not Session.objects.exists()


# --- Retention as data ------------------------------------------------------------------------------------------


def installed() -> tuple[list[str], list[str]]:
    models = [model._meta.label for model in apps.get_models(include_auto_created=True)]
    return models, [config.label for config in apps.get_app_configs()]


def test_every_table_has_a_line():
    assert retention.differences(*installed()) == []
    assert checks.every_table_is_told_how_long_it_is_kept() == []


def test_table_without_a_line_and_line_without_a_table_are_reported(monkeypatch):
    models, labels = installed()
    assert retention.differences([*models, "diary.Mood"], labels) == [
        "diary.Mood has no line: say how long it is kept."
    ]
    models.remove("diary.Deletion")
    assert retention.differences(models, labels) == ["The line diary.Deletion has no model: take it out."]
    monkeypatch.setattr(checks, "differences", lambda *_: ["diary.Mood has no line"])
    assert [error.id for error in checks.every_table_is_told_how_long_it_is_kept()] == ["diary.E021"]


def test_no_line_is_empty_or_doubled():
    lines = [*retention.KEPT, *retention.BESIDES]
    assert all(all(vars(line).values()) for line in lines)
    assert len({line.model for line in lines}) == len(lines)


def test_document_says_the_same():
    written = Path(retention.__file__).parents[1] / "docs" / "retention.md"
    assert written.read_text() == retention.document()
