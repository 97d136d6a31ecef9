"""Whoever asked for it is deleted: from every table, every file, and from a backup that is put back later."""

from __future__ import annotations

import json
import sqlite3
import uuid
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry, User
from clinic import erasure, leaving, ledger
from clinic.models import CareLink, InjectionSession, Membership, RetainedSession
from config.append_only import missing_guards
from diary.models import Deletion, DiaryDay, Erasure, Patient
from tests.cast import add_factor, add_passkey, days_ago, new_patient, new_user, session, share, visitor
from tests.races import at_once
from tests.security.conftest import fingerprint
from tests.takeout.conftest import canaries, due, full_person, leave_traces, request_of

pytestmark = pytest.mark.django_db


def housekeeping() -> str:
    out = StringIO()
    call_command("housekeeping", stdout=out, stderr=out)
    return out.getvalue()


def dump() -> str:
    """Every row of every table, and what sessions and the cache remember, decoded."""
    from django.contrib.sessions.models import Session

    rows = fingerprint(leave_out=())
    sessions = [str(found.get_decoded()) for found in Session.objects.all()]
    return json.dumps(rows) + json.dumps(sessions)


def found(words: list[str], text: str) -> list[str]:
    return [word for word in words if word in text]


def rows_of(patient: Patient) -> dict[str, list[Any]]:
    """All that a patient has, by model."""
    diary = ("days", "medicines", "sessions", "day_versions", "session_versions", "operations")
    names = (*diary, "care_links", "link_codes", "carers", "carer_codes")
    kept = {name: list(getattr(patient, name).order_by("pk").values()) for name in names}
    kept["self"] = list(Patient.objects.filter(pk=patient.pk).values())
    kept["user"] = list(User.objects.filter(pk=patient.user_id).values())
    return kept


# --- One person, all of them --------------------------------------------------------------------------------


@pytest.mark.parametrize("word", canaries("zqmira"))
def test_word_is_there_before_and_gone_after(mira, nils, data_dir, word):
    leave_traces(mira, "zqmira")
    assert word in dump()
    due(mira)
    housekeeping()
    assert word not in dump()
    assert not [file for file in data_dir.rglob("*") if file.is_file() and word in file.read_text()]


def test_nobody_else_loses_a_row(mira, nils, colleague):
    leave_traces(mira, "zqmira")
    client = leave_traces(nils, "zqnils")
    before = rows_of(nils)
    due(mira)
    housekeeping()
    assert rows_of(nils) == before
    assert found(canaries("zqnils"), dump()) == canaries("zqnils")
    assert client.get("/").status_code == 200
    assert User.objects.filter(pk=colleague.pk).exists()


def test_clinic_finds_nothing_and_the_person_is_signed_out(mira, colleague):
    client = leave_traces(mira, "zqmira")
    number = mira.pk
    clara = visitor(colleague)
    clara.opens(f"/clinic/patients/{number}/")
    due(mira)
    housekeeping()
    for address in (f"/clinic/patients/{number}/", f"/clinic/patients/{number}/sessions/"):
        clara.opens(address, status=404)
    assert "zqmira" not in clara.opens("/clinic/").html
    assert "/accounts/login/" in client.get("/").url


def test_counters_of_tries_go_and_those_of_others_stay(mira, nils):
    leave_traces(mira, "zqmira")
    leave_traces(nils, "zqnils")
    name = "allauth:rl:allauth.account:take_copy:x:user:"
    cache.set(f"{name}{mira.user.pk}0", [1], 3600)
    user = mira.user.pk
    due(mira)
    housekeeping()
    assert cache.get(f"{name}{user}") is None
    assert cache.get(f"allauth.mfa.totp.used?user={user}&code=1") is None
    assert cache.get(f"{name}{nils.user.pk}") == [1]
    assert cache.get(f"{name}{user}0") == [1]


def test_factors_devices_and_the_place_they_signed_in_from_go(mira):
    """Also the counter of tries from that place."""
    add_passkey(mira.user, "zqmira-phone")
    add_factor(mira.user)
    UserSession.objects.create(
        user=mira.user, session_key="zqmira-device", ip="203.0.113.77", user_agent="zqmira-browser"
    )
    cache.set("allauth:rl:allauth.account:login:x:ip:203.0.113.77", [1], 3600)
    words = ["zqmira-phone", "zqmira-browser", "203.0.113.77"]
    assert found(words, dump()) == words
    due(mira)
    housekeeping()
    assert found(words, dump()) == []


def test_audit_log_keeps_numbers_that_lead_nowhere(mira):
    pseudonym = mira.pseudonym
    due(mira)
    housekeeping()
    kept = AuditEntry.objects.filter(subject=pseudonym)
    assert [entry.action for entry in kept.order_by("number")] == ["viewed", "erased"]
    assert audit.verified().faults == ()
    assert not Patient.objects.filter(pseudonym=pseudonym).exists()


def test_guards_stand_and_open_for_nobody_else(mira, nils):
    due(mira)
    housekeeping()
    assert missing_guards() == []
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        nils.day_versions.all().delete()


def test_not_due_is_not_erased(mira):
    Deletion.objects.create(patient=mira, due_at=timezone.now() + timedelta(seconds=1))
    before = rows_of(mira)
    housekeeping()
    assert rows_of(mira) == before


def test_who_did_not_ask_is_not_erased(mira, nils):
    due(mira)
    housekeeping()
    assert list(Patient.objects.all()) == [nils]


def test_last_mail_says_so(mira, mailoutbox):
    due(mira)
    housekeeping()
    (mail,) = mailoutbox
    assert mail.to == ["zqmira-mail@example.org"]
    assert "no longer have your address" in mail.body
    assert "headache" not in f"{mail.subject} {mail.body}".lower()


def test_housekeeping_says_how_many_and_no_name(mira):
    due(mira)
    said = housekeeping()
    assert "         1  diaries erased, whose owners asked for it" in said
    assert "zqmira" not in said
    assert "         0  diaries erased" in housekeeping()


# --- Who is staff too ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tie", ["works", "worked", "superuser"])
def test_who_works_at_a_clinic_keeps_the_account(mira, nils, clinic, tie):
    if tie == "works":
        Membership.objects.create(clinic=clinic, user=mira.user, role="nurse")
    elif tie == "worked":
        nils.sessions.update(recorded_by=mira.user)
    else:
        User.objects.filter(pk=mira.user.pk).update(is_superuser=True)
    user = mira.user
    due(mira)
    housekeeping()
    assert User.objects.filter(pk=user.pk).exists()
    assert not Patient.objects.filter(pk=mira.pk).exists()
    assert found(["zqmira-note", "zqmira-medicine", "zqmira-batch", "zqmira-name"], dump()) == []
    assert Erasure.objects.get().user_pseudonym is None
    assert nils.sessions.get().recorded_by is not None


def test_own_record_of_own_injection_does_not_hold_the_account(mira):
    mira.sessions.update(recorded_by=mira.user)
    due(mira)
    housekeeping()
    assert not User.objects.filter(email__startswith="zqmira").exists()


# --- The ledger -----------------------------------------------------------------------------------------------


def test_ledger_holds_numbers_and_is_closed_to_others(mira, data_dir):
    pseudonyms = str(mira.pseudonym), str(mira.user.pseudonym)
    number = mira.pk
    due(mira)
    housekeeping()
    (line,) = (data_dir / "erasures").read_text().splitlines()
    said = json.loads(line)
    assert (said["pseudonym"], said["user_pseudonym"], said["number"]) == (*pseudonyms, number)
    assert set(said) == {"pseudonym", "user_pseudonym", "number", "erased_at"}
    assert (data_dir / "erasures").stat().st_mode & 0o777 == 0o600


def test_line_is_on_the_disk_before_anything_is_deleted(mira, monkeypatch):
    seen = []

    def no_disk(entries: Any) -> int:
        seen.append(rows_of(mira))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledger, "add", no_disk)
    due(mira)
    before = rows_of(mira)
    monkeypatch.setattr(erasure, "apply", lambda: erasure.Applied())
    with pytest.raises(CommandError, match="cannot be written"):
        housekeeping()
    assert seen == [before]
    assert rows_of(mira) == before
    assert not Erasure.objects.exists()


@pytest.mark.parametrize("step", ["_retain_treatment", "_forget", "_forget_tries", "_end_sessions"])
def test_interrupted_erasure_is_finished_by_the_next(mira, nils, monkeypatch, step):
    """Wherever it stops: either all rows are there or none, and the second run ends it."""
    leave_traces(mira, "zqmira")
    due(mira)
    before = rows_of(mira)
    with monkeypatch.context() as broken:
        broken.setattr(erasure, step, lambda *_: (_ for _ in ()).throw(RuntimeError("power cut")))
        with pytest.raises(RuntimeError):
            housekeeping()
    assert rows_of(mira) == before
    assert Erasure.objects.count() == 1
    assert leaving.keep(mira) is False
    housekeeping()
    assert found(canaries("zqmira"), dump()) == []
    assert Erasure.objects.count() == 1
    assert len(ledger.entries(ledger.place())[0]) == 1


def test_interrupted_between_file_and_row(mira, monkeypatch):
    ledger.add(
        [erasure.entry_of(Erasure(pseudonym=mira.pseudonym, number=mira.pk, erased_at=timezone.now()))]
    )
    housekeeping()
    assert found(["zqmira-note", "zqmira-name"], dump()) == []


def test_row_that_is_missing_from_the_file_is_added(data_dir):
    row = Erasure.objects.create(pseudonym=uuid.uuid4(), number=7, erased_at=timezone.now())
    housekeeping()
    assert ledger.entries(data_dir / "erasures") == ([erasure.entry_of(row)], 0)


@pytest.mark.parametrize(
    "rest", [b'{"pseudonym": "1', b"not json", b'{"pseudonym": 1}', b"[]", b"\xff\xfe", b"null", b"3"]
)
def test_line_cut_short_spoils_no_other(mira, data_dir, rest):
    (data_dir / "erasures").write_bytes(rest)
    due(mira)
    said = housekeeping()
    entries, unreadable = ledger.entries(data_dir / "erasures")
    assert [entry.number for entry in entries] == [mira.pk]
    assert unreadable == 1
    assert "1 lines of the erasure ledger cannot be read." in said


def test_number_is_given_to_nobody_else(mira):
    number = mira.pk
    due(mira)
    housekeeping()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'diary_patient'")
    erasure.give_no_number_twice()
    assert new_patient("Nina New").pk > number


# --- An account without a diary --------------------------------------------------------------------------------


def test_account_without_a_diary(eve):
    pseudonym = eve.pseudonym
    erasure.erase_account(eve)
    assert not User.objects.filter(pseudonym=pseudonym).exists()
    row = Erasure.objects.get()
    assert (row.pseudonym, row.user_pseudonym, row.number) == (pseudonym, pseudonym, 0)


def test_account_without_a_diary_that_comes_back(eve):
    erasure.erase_account(eve)
    again = new_user("Eve Everyone")
    User.objects.filter(pk=again.pk).update(pseudonym=Erasure.objects.get().pseudonym)
    assert erasure.apply().erased == 1
    assert not User.objects.filter(pk=again.pk).exists()


# --- What a clinic must keep -----------------------------------------------------------------------------------


def test_by_default_nothing_is_retained(mira):
    due(mira)
    housekeeping()
    assert not RetainedSession.objects.exists()


def test_treatment_is_retained_without_the_person(mira, clinic, settings):
    settings.TREATMENT_RECORDS_YEARS = 10
    session(mira, days_ago(400), product="unknown clinic")
    due(mira)
    housekeeping()
    kept = RetainedSession.objects.get()
    assert (kept.clinic, kept.reference, kept.batch, kept.units) == (
        clinic,
        "zqmira-number",
        "zqmira-batch",
        155,
    )
    assert kept.kept_until == days_ago(30).replace(year=2036)
    left = {"zqmira-number", "zqmira-batch", "zqmira-product"}
    assert set(found(canaries("zqmira"), dump())) == left
    columns = {field.name for field in RetainedSession._meta.fields}
    assert columns.isdisjoint({"note", "patient", "pseudonym", "recorded_by"})


def test_retained_treatment_goes_when_its_time_is_over(mira, settings, noon):
    settings.TREATMENT_RECORDS_YEARS = 1
    due(mira)
    housekeeping()
    last = RetainedSession.objects.get().kept_until
    noon.move_to(timezone.now().replace(year=last.year, month=last.month, day=last.day))
    housekeeping()
    assert RetainedSession.objects.count() == 1
    noon.shift(timedelta(days=1))
    housekeeping()
    assert RetainedSession.objects.count() == 0


def test_treatment_long_ago_is_not_retained(mira, settings):
    settings.TREATMENT_RECORDS_YEARS = 1
    InjectionSession.objects.filter(patient=mira).update(date=days_ago(800))
    due(mira)
    housekeeping()
    assert not RetainedSession.objects.exists()


def test_leap_day(settings):
    from datetime import date

    assert erasure.years_after(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert erasure.years_after(date(2024, 2, 29), 4) == date(2028, 2, 29)


def test_sessions_of_a_clinic_as_a_file(mira, nils, clinic, east, settings):
    settings.TREATMENT_RECORDS_YEARS = 10
    mira_number = mira.pseudonym
    due(mira)
    housekeeping()
    share(nils, east, "E-1")
    session(nils, days_ago(60), clinic=east, batch="of the East")
    out = StringIO()
    call_command("export_sessions", "--clinic=river", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "patient,date,product,units,sites,batch,expiry,note"
    assert lines[1] == "zqnils-number,2026-05-18,zqnils-product,155,31,zqnils-batch,2027-01-01,zqnils-given"
    assert lines[2] == "zqmira-number,2026-05-18,zqmira-product,155,31,zqmira-batch,2027-01-01,"
    assert len(lines) == 3
    entry = AuditEntry.objects.filter(action="exported").get()
    assert (entry.subject, entry.clinic, entry.detail) == (nils.pseudonym, clinic.pk, "injection sessions")
    assert entry.subject != mira_number


def test_sessions_of_no_clinic(clinic):
    with pytest.raises(CommandError, match="There is no clinic nowhere"):
        call_command("export_sessions", "--clinic=nowhere")


# --- Asking, and taking it back ----------------------------------------------------------------------------------


def test_asking_ends_access_at_once_and_is_written_down(mira, colleague, mailoutbox):
    clara = visitor(colleague)
    clara.opens(f"/clinic/patients/{mira.pk}/")
    leaving.ask(request_of(mira.user), mira)
    clara.opens(f"/clinic/patients/{mira.pk}/", status=404)
    link = CareLink.objects.get(patient=mira)
    assert (link.ends_at, link.ended_by) == (timezone.now(), mira.user.pseudonym)
    assert not mira.link_codes.filter(expires_at__gt=timezone.now()).exists()
    entry = AuditEntry.objects.filter(action="withdrew").get()
    assert (entry.actor, entry.subject, entry.care_link) == (mira.user.pseudonym, mira.pseudonym, link.pk)
    (mail,) = mailoutbox
    assert mail.subject == "Your diary will be deleted"
    assert "24 June" in mail.body
    assert "zqmira" not in f"{mail.subject} {mail.body}"


def test_access_that_was_to_begin_later_never_does(mira, east, noon):
    later = share(mira, east, "E-2", starts_at=timezone.now() + timedelta(days=1))
    leaving.ask(request_of(mira.user), mira)
    noon.shift(timedelta(days=2))
    assert not CareLink.objects.open_at(timezone.now()).filter(pk=later.pk).exists()


def test_asked_twice_counts_once(mira, mailoutbox, noon):
    first = leaving.ask(request_of(mira.user), mira).due_at
    noon.shift(timedelta(days=1))
    assert leaving.ask(request_of(mira.user), mira).due_at == first
    assert len(mailoutbox) == 1


@pytest.mark.parametrize(("seconds", "is_kept"), [(-1, True), (0, False), (1, False)])
def test_taken_back_until_the_last_second(mira, noon, seconds, is_kept):
    due_at = leaving.ask(request_of(mira.user), mira).due_at
    noon.move_to(due_at + timedelta(seconds=seconds))
    assert leaving.keep(mira) is is_kept
    housekeeping()
    assert Patient.objects.filter(pk=mira.pk).exists() is is_kept


def test_taking_back_does_not_restore_access(mira):
    leaving.ask(request_of(mira.user), mira)
    leaving.keep(mira)
    assert not CareLink.objects.open_at(timezone.now()).filter(patient=mira).exists()


def test_mail_server_that_is_away_stops_nobody(mira, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    assert leaving.ask(request_of(mira.user), mira).due_at > timezone.now()


# --- In the file on the disk, and after a loss -------------------------------------------------------------------


@pytest.fixture
def committed(transactional_db: None, clinic: Any, colleague: Any) -> Patient:
    return full_person("zqmira", clinic, colleague)


def raw() -> str:
    """The bytes of the database file itself, with its journal."""
    file = Path(connection.settings_dict["NAME"])
    beside = [file.with_name(file.name + ending) for ending in ("", "-journal", "-wal")]
    return "".join(part.read_bytes().decode("latin-1") for part in beside if part.exists())


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_bytes_of_the_file_are_overwritten(committed):
    leave_traces(committed, "zqmira")
    written = [word for word in canaries("zqmira") if not word.endswith("-session")]
    assert found(written, raw()) == written
    due(committed)
    housekeeping()
    assert found(written, raw()) == []


@pytest.mark.sqlite_only
def test_bytes_stay_where_sqlite_does_not_overwrite(tmp_path):
    """The broken twin of the test above: without secure_delete the file still holds what was deleted."""
    for mode, remains in (("OFF", True), ("ON", False)):
        file = tmp_path / mode
        with sqlite3.connect(file) as database:
            database.execute(f"PRAGMA secure_delete={mode}")
            database.execute("CREATE TABLE t (a)")
            database.execute("INSERT INTO t VALUES ('zqmira-note')")
            database.commit()
            database.execute("DELETE FROM t")
        database.close()
        assert (b"zqmira-note" in file.read_bytes()) is remains


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["in DATA_DIR", "beside the backups", "none"])
def test_older_backup_brings_nobody_back(committed, clinic, colleague, data_dir, tmp_path, settings, way):
    nils = full_person("zqnils", clinic, colleague)
    file = tmp_path / "older.backup"
    quiet = StringIO()
    call_command("backup", file, stdout=quiet, stderr=quiet)
    number = committed.pk
    due(committed)
    housekeeping()
    before = rows_of(nils)

    call_command("flush", interactive=False, verbosity=0)
    settings.DATA_DIR = data_dir if way == "in DATA_DIR" else tmp_path / "new"
    settings.DATA_DIR.mkdir(exist_ok=True)
    options = [f"--erasures={data_dir / 'erasures'}"] if way == "beside the backups" else []
    out, faults = StringIO(), StringIO()
    call_command("restore", file, *options, stdout=out, stderr=faults)
    assert rows_of(nils) == before
    if way == "none":
        assert "people who deleted their diary after this backup was made are back" in faults.getvalue()
        assert "zqmira-note" in dump()
        return
    assert faults.getvalue() == ""
    assert "         1  people erased again" in out.getvalue()
    assert found(canaries("zqmira"), dump()) == []
    assert [entry.number for entry in ledger.entries(settings.DATA_DIR / "erasures")[0]] == [number]
    assert new_patient("Nina New").pk > number
    assert audit.verified().faults == ()
    Client().get("/")


@pytest.mark.django_db(transaction=True)
def test_ledger_that_is_not_there_is_refused_before_anything_is_restored(committed, tmp_path):
    file = tmp_path / "b"
    call_command("backup", file, stdout=StringIO(), stderr=StringIO())
    call_command("flush", interactive=False, verbosity=0)
    with pytest.raises(CommandError, match="There is no erasure ledger at"):
        call_command("restore", file, "--erasures=/nowhere/erasures", stdout=StringIO())
    assert not DiaryDay.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_erase_once(committed):
    leave_traces(committed, "zqmira")
    due(committed)
    at_once(*[lambda: call_command("housekeeping", stdout=StringIO(), stderr=StringIO())] * 2)
    assert found(canaries("zqmira"), dump()) == []
    assert AuditEntry.objects.filter(action="erased").count() == 1
    assert Erasure.objects.count() == 1


@pytest.mark.parametrize(
    ("forgotten", "word"),
    [("_end_sessions", "zqmira-session"), ("_invitations_of", "zqmira-number"), ("_forget", "zqmira-mail")],
)
def test_search_reports_erasure_that_forgets_a_table(mira, monkeypatch, forgotten, word):
    """Broken twins: the search for words above finds what such an erasure leaves."""
    leave_traces(mira, "zqmira")
    nothing = Patient.objects.none() if forgotten == "_invitations_of" else None
    monkeypatch.setattr(erasure, forgotten, lambda *_: nothing)
    due(mira)
    erasure.erase(mira)
    assert word in dump()
