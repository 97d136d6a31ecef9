"""The pages: what is said beforehand, the password first, three copies an hour, and the way back."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User
from clinic.models import CareLink
from diary.models import Deletion, Patient
from tests.cast import (
    PASSWORD,
    Visitor,
    add_factor,
    at_most,
    days_ago,
    record_all,
    staff,
    visitor,
    with_password,
)

pytestmark = pytest.mark.django_db
COPY, ASK = "/data/copy/", "/data/delete/ask/"


@pytest.fixture
def signed_in(mira: Patient) -> Visitor:
    """Her browser; she has a password, and said it long ago."""
    with_password(mira.user)
    client = Client()
    client.force_login(mira.user)
    return Visitor(client)


@pytest.fixture
def fresh(signed_in: Visitor) -> Visitor:
    """The same, just after she said her password once more."""
    signed_in.sends("/accounts/reauthenticate/", password=PASSWORD)
    return signed_in


def taken(client: Client, **form: Any) -> Any:
    return client.post(COPY, form)


# --- The copy ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", [COPY, ASK])
def test_asks_for_the_password_first(signed_in, mira, address, method):
    if (address, method) == (ASK, "get"):
        assert signed_in.client.get(ASK).status_code == 405
        return
    answer = getattr(signed_in.client, method)(address, {"understood": "yes"} if method == "post" else {})
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/reauthenticate/")
    assert not Deletion.objects.exists()
    assert not AuditEntry.objects.filter(action="exported").exists()


@pytest.mark.parametrize(("seconds", "is_enough"), [(-1, True), (1, False)])
def test_password_counts_for_fifteen_minutes(fresh, noon, seconds, is_enough):
    noon.shift(timedelta(minutes=15, seconds=seconds))
    assert (taken(fresh.client, what="everything").status_code == 200) is is_enough


def test_everything_comes_as_a_zip(fresh, mira):
    answer = taken(fresh.client, what="everything")
    assert answer["Content-Disposition"] == 'attachment; filename="headache-diary-2026-06-17.zip"'
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/zip", "no-store")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        assert zipped.namelist() == [
            "README.txt",
            "index.html",
            "diary.json",
            "schema.json",
            "diary.csv",
            "sessions.csv",
        ]
        out = StringIO(newline="")
        call_command("export_diary", "--patient", mira.user.email, stdout=out)
        assert zipped.read("diary.csv").decode() == out.getvalue()


def test_days_alone_come_as_csv(fresh, mira):
    answer = taken(fresh.client, what="diary")
    assert answer["Content-Disposition"] == 'attachment; filename="headache-diary-2026-06-17.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    out = StringIO(newline="")
    call_command("export_diary", "--patient", mira.user.email, stdout=out)
    assert answer.content.decode() == out.getvalue()


def test_days_come_as_json(fresh, mira):
    answer = taken(fresh.client, what="json")
    assert answer["Content-Disposition"] == 'attachment; filename="headache-diary-2026-06-17.json"'
    out = StringIO()
    call_command("export_diary", "--patient", mira.user.email, "--format", "json", stdout=out)
    assert answer.content.decode() == out.getvalue()
    assert AuditEntry.objects.filter(detail="the diary as JSON").count() == 1


def test_injections_come_as_a_calendar(fresh, mira):
    answer = taken(fresh.client, what="injections")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    lines = answer.content.decode().split("\r\n")
    dates = [f"DTSTART;VALUE=DATE:{one.date:%Y%m%d}" for one in mira.sessions.order_by("date")]
    assert dates
    assert [line for line in lines if line.startswith("DTSTART")] == dates
    assert (lines[0], lines[-2]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert max(len(line.encode()) for line in lines) <= 75
    first = [line for line in lines if line.startswith("UID")]
    again = taken(fresh.client, what="injections").content.decode().split("\r\n")
    assert [line for line in again if line.startswith("UID")] == first


def test_every_copy_is_written_down(fresh, mira):
    taken(fresh.client, what="everything")
    taken(fresh.client, what="diary")
    entries = AuditEntry.objects.filter(action="exported").order_by("number")
    assert [entry.detail for entry in entries] == ["everything", "the diary as CSV"]
    assert {(entry.actor, entry.subject) for entry in entries} == {(mira.user.pseudonym, mira.pseudonym)}


def test_no_copy_goes_out_unwritten(fresh, monkeypatch):
    from accounts import audit

    def away(*_: Any, **__: Any) -> None:
        raise audit.AuditUnavailable

    monkeypatch.setattr(audit, "append", away)
    answer = taken(fresh.client, what="everything")
    assert answer.status_code == 503
    assert "zqmira" not in answer.content.decode("latin-1")


def test_three_an_hour_of_either_kind(fresh, noon, nils):
    for what in ("everything", "diary", "everything"):
        assert taken(fresh.client, what=what).status_code == 200
    refused = fresh.sends(COPY, 429, what="everything")
    assert "You have taken three copies within an hour" in refused.main.text
    assert AuditEntry.objects.filter(action="exported").count() == 3
    assert taken(visitor(nils.user).client, what="everything").status_code == 200
    noon.shift(timedelta(hours=1, seconds=1))
    fresh.sends("/accounts/reauthenticate/", password=PASSWORD)
    assert taken(fresh.client, what="everything").status_code == 200


def test_looking_at_the_page_takes_no_copy(fresh):
    for _ in range(5):
        fresh.opens(COPY)
    assert taken(fresh.client, what="everything").status_code == 200


def test_copy_holds_the_own_diary_alone(fresh, nils):
    assert b"zqnils" not in taken(fresh.client, what="diary", patient=nils.pk).content


def test_ten_years_take_no_more_queries_than_a_day(mira):
    client = visitor(mira.user).client
    record_all(mira, [days_ago(back) for back in range(10, 700)], "mild", mira.medicines.get())
    with at_most(52):
        assert taken(client, what="everything").status_code == 200


# --- Leaving ----------------------------------------------------------------------------------------------------


def test_says_beforehand_what_goes_and_what_stays(signed_in, settings):
    page = signed_in.opens("/data/delete/")
    gone, stays = page.section("gone").text, page.section("stays").text
    assert "all days, medicines and notes" in gone
    assert "The injections recorded for you here" in gone
    assert "Your account: name, e-mail address, password" in gone
    assert "at most 30 days" in stays
    assert "random number" in stays
    assert "must keep its record" not in stays
    assert page.section("first").one("a")["href"] == COPY
    assert "Clinics lose access at once" in page.main.text
    settings.BACKUP_DAYS, settings.TREATMENT_RECORDS_YEARS = 90, 10
    page = signed_in.opens("/data/delete/")
    assert "for 10 years after the last injection" in page.section("stays").text
    assert "The injections recorded for you here" not in page.section("gone").text
    assert "at most 90 days" in page.section("stays").text


def test_box_must_be_ticked(fresh):
    assert "tick the box first" in fresh.sends(ASK).messages
    assert not Deletion.objects.exists()


def test_wish_is_on_every_page_and_taken_back_with_one_tap(fresh, mira, mailoutbox):
    page = fresh.sends(ASK, understood="yes")
    assert "It will be deleted on Wednesday, 24 June 2026" in page.main.text
    assert len(mailoutbox) == 1
    for address in ("/", "/medicines/", "/trends/", "/data/", "/help/", "/accounts/email/"):
        page = fresh.opens(address)
        assert "Your diary will be deleted on 24 June." in page.main.text, address
        assert "Keep my diary" in page.buttons(), address
    page = fresh.sends("/data/keep/")
    assert "Your diary stays. Clinics no longer see it" in page.messages
    assert "Keep my diary" not in page.buttons()
    assert not Deletion.objects.exists()
    assert not CareLink.objects.open_at(timezone.now()).filter(patient=mira).exists()


def test_nobody_elses_page_says_it(fresh, nils, colleague):
    fresh.sends(ASK, understood="yes")
    for user in (nils.user, colleague):
        assert "Keep my diary" not in visitor(user).opens("/welcome/").html


def test_keeping_after_the_time_is_over(fresh, mira, noon):
    fresh.sends(ASK, understood="yes")
    noon.shift(timedelta(days=7))
    assert "the time for it is over" in fresh.sends("/data/keep/").messages
    call_command("housekeeping", stdout=StringIO())
    assert "/accounts/login/" in fresh.opens("/data/").path


def test_notice_costs_no_query(mira):
    as_mira = visitor(mira.user)
    as_mira.opens("/help/")
    with at_most(4):
        as_mira.opens("/help/")


def test_staff_with_a_diary_are_told_that_the_account_stays(mira, clinic):
    mira.user.memberships.create(clinic=clinic, role="clinician")
    add_factor(mira.user)
    page = visitor(mira.user).opens("/data/delete/")
    assert "Your account, because you work or worked at a clinic" in page.section("stays").text
    assert "Your account: name" not in page.section("gone").text


def test_account_without_a_diary_goes_at_once(eve, mailoutbox):
    as_eve = visitor(eve)
    page = as_eve.opens("/data/delete/")
    assert "nothing to wait for" in page.main.text
    page = as_eve.sends(ASK, understood="yes")
    assert page.path == "/accounts/login/"
    assert "Your account is deleted." in page.messages
    assert not User.objects.filter(pk=eve.pk).exists()
    assert mailoutbox[0].to == ["eve@example.org"]


def test_staff_without_a_diary_are_sent_to_their_administrator(clinic):
    user = staff("Sam Staff", clinic)
    as_sam = visitor(user)
    assert "ask the administrator" in as_sam.opens("/data/delete/").main.text
    as_sam.sends(ASK, understood="yes")
    assert User.objects.filter(pk=user.pk).exists()


def test_data_page_leads_to_both(signed_in):
    links = [link["href"] for link in signed_in.opens("/data/").main.all("a")]
    assert {COPY, "/data/delete/"} <= set(links)
