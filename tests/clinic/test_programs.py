"""Programs that read a diary: a token opens what it says of one patient until it is over, and leaves a trace."""

import json
import re
import zipfile
from datetime import timedelta
from io import BytesIO
from unittest import mock

import jsonschema
import pytest
from django.test import Client
from django.utils import timezone

from accounts import limits
from accounts.audit import AuditUnavailable
from accounts.models import AuditEntry
from clinic import programs, takeout
from clinic.models import AccessToken
from clinic.openapi import document
from diary.models import Deletion
from tests.cast import TODAY, new_patient, record, session, visitor

pytestmark = pytest.mark.django_db
DIARY = "/api/v1/diary.json"


@pytest.fixture
def anna(db, noon):
    patient = new_patient("Anna Example")
    record(patient, TODAY - timedelta(days=2), "severe", note="zq-annas-note")
    session(patient, TODAY - timedelta(days=30), product="Botox", units=155)
    return patient


@pytest.fixture
def as_anna(anna):
    return visitor(anna.user)


def make(patient, *scopes, days=30, name="my script"):
    return programs.make(patient, name, scopes or ("diary",), days, timezone.now())


def get(token, address=DIARY, client=None, **headers):
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    return (client or Client()).get(address, headers=headers)


# --- The page --------------------------------------------------------------------------------------------------


def test_token_is_shown_once_and_its_digest_alone_is_kept(as_anna, anna):
    page = as_anna.sends("/data/programs/", name="my script", scopes=["diary"], days="90")
    [token] = re.findall(r"hd_[A-Za-z0-9_-]{32}", page.main.text)
    assert get(token).json()["days"][0]["headache"] == "severe"
    assert token not in as_anna.opens("/data/programs/").main.text
    row = anna.access_tokens.get()
    assert token not in str(AccessToken.objects.values())
    assert (row.name, row.scopes, row.expires_at - row.made_at) == ("my script", "diary", timedelta(days=90))
    entry = AuditEntry.objects.get(action="consented", subject=anna.pseudonym)
    assert entry.detail == f"program {row.pk} let in"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": "", "scopes": ["diary"], "days": "30"}, "This field is required"),
        ({"name": "x", "days": "30"}, "Tick what it may read."),
        ({"name": "x", "scopes": ["everything"], "days": "30"}, "Select a valid choice"),
        ({"name": "x", "scopes": ["diary"], "days": "36500"}, "Select a valid choice"),
        ({"name": "x" * 61, "scopes": ["diary"], "days": "30"}, "at most 60 characters"),
    ],
)
def test_what_is_said_wrongly_makes_no_token(as_anna, anna, said, words):
    assert words in as_anna.sends("/data/programs/", 422, **said).main.text
    assert not anna.access_tokens.exists()


def test_eleventh_token_is_refused_until_one_ends(as_anna, anna):
    for _ in range(10):
        make(anna)
    form = {"name": "one more", "scopes": ["diary"], "days": "30"}
    assert (
        "There are 10 tokens already. End one first."
        in as_anna.sends("/data/programs/", 422, **form).main.text
    )
    as_anna.sends(f"/data/programs/{anna.access_tokens.first().pk}/end/")
    as_anna.sends("/data/programs/", **form)
    assert anna.access_tokens.count() == 11


def test_ended_token_opens_nothing_at_once(as_anna, anna):
    row, token = make(anna)
    assert get(token).status_code == 200
    page = as_anna.sends(f"/data/programs/{row.pk}/end/")
    assert "No program may read your diary." in page.main.text
    assert get(token).status_code == 401
    assert AuditEntry.objects.get(action="withdrew").detail == f"program {row.pk} ended"


def test_no_token_is_made_that_is_not_written_down(as_anna, anna):
    with mock.patch("accounts.audit.append", side_effect=AuditUnavailable):
        as_anna.sends("/data/programs/", 503, name="x", scopes=["diary"], days="30")
    assert not anna.access_tokens.exists()


def test_ending_holds_although_the_log_is_stuck(as_anna, anna):
    row, token = make(anna)
    with mock.patch("accounts.audit.append", side_effect=AuditUnavailable):
        as_anna.sends(f"/data/programs/{row.pk}/end/")
    assert get(token).status_code == 401


# --- Reading ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", programs.EXPORTS)
def test_each_export_is_read_with_its_scopes_alone(anna, name):
    wanted = programs.EXPORTS[name]
    _row, token = make(anna, *wanted.scopes)
    answer = get(token, f"/api/v1/{name}")
    assert (answer.status_code, answer["Content-Type"]) == (200, wanted.content_type)
    assert answer.content == wanted.content(anna, timezone.now())
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    for missing in wanted.scopes:
        _row, less = make(anna, *(set(programs.SCOPES) - {missing}))
        refused = get(less, f"/api/v1/{name}")
        assert refused.status_code == 403
        assert refused.json()["error"].startswith("This token may not read that. It needs: ")


def test_notes_of_a_diary_are_not_in_what_the_scope_of_injections_reads(anna):
    _row, token = make(anna, "sessions")
    assert b"zq-annas-note" not in get(token, "/api/v1/sessions.csv").content
    assert b"Botox" in get(token, "/api/v1/sessions.csv").content


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Bearer", "Bearer ", "Bearer hd_", "Bearer " + "x" * 5000, "Basic aGE6aGE=", "hd_" + "a" * 32,
        "Bearer hd_" + "a" * 32, "Bearer hd_" + "ä" * 32, "Bearer  hd_" + "a" * 32,
    ],
)  # fmt: skip
def test_every_wrong_token_gets_one_and_the_same_answer(anna, header):
    make(anna)
    answer = Client().get(DIARY, headers={} if header is None else {"Authorization": header})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json() == {"error": "Send a token that is valid: Authorization: Bearer hd_…"}


def test_token_that_is_over_and_one_of_a_person_who_left_open_nothing(anna):
    row, token = make(anna)
    AccessToken.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert get(token).status_code == 401
    _row, token = make(anna)
    anna.user.is_active = False
    anna.user.save()
    assert get(token).status_code == 401
    anna.user.is_active = True
    anna.user.save()
    assert get(token).status_code == 200


def test_token_opens_nothing_once_the_diary_is_to_be_deleted(anna):
    _row, token = make(anna)
    Deletion.objects.create(patient=anna, due_at=timezone.now() + timedelta(days=7))
    assert get(token).status_code == 401


def test_token_reads_its_own_patient_whoever_is_signed_in(anna):
    other = new_patient("Otto Other")
    record(other, TODAY, "none", note="zq-ottos-note")
    _row, token = make(anna)
    client = visitor(other.user).client
    assert b"zq-annas-note" in get(token, client=client).content
    assert get(None, client=client).status_code == 401
    assert b"zq-ottos-note" not in get(token, f"{DIARY}?patient={other.pk}", client=client).content


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(anna, method):
    _row, token = make(anna)
    answer = getattr(Client(), method)(DIARY, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 405
    assert anna.days.count() == 1


def test_head_tells_the_kind_alone(anna):
    _row, token = make(anna)
    answer = Client().head(DIARY, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.content) == (200, b"")


# --- The trace -------------------------------------------------------------------------------------------------


def test_every_use_is_in_the_list_that_the_patient_reads(as_anna, anna):
    row, token = make(anna, name="Clockwork <b>")
    get(token)
    get(token)
    entries = AuditEntry.objects.filter(action="exported")
    assert [(one.detail, one.subject, one.actor) for one in entries] == [
        (f"program {row.pk}: diary.json", anna.pseudonym, None)
    ] * 2
    for address in ("/sharing/", "/sharing/looks/"):
        assert (
            "The program “Clockwork <b>”, took a copy of your record on 17 June 2026, 2 times"
            in as_anna.opens(address).main.text
        )


def test_without_the_log_nothing_is_told(anna):
    _row, token = make(anna)
    with mock.patch("accounts.audit.append", side_effect=AuditUnavailable):
        answer = get(token)
    assert answer.status_code == 503
    assert b"zq-annas-note" not in answer.content


def test_too_many_wrong_tokens_are_stopped_and_a_good_one_too(anna, monkeypatch):
    monkeypatch.setitem(limits.RATES, "api_refused", "3/h/ip")
    _row, token = make(anna)
    assert [get("hd_" + "b" * 32).status_code for _ in range(4)] == [401, 401, 401, 429]
    assert get(token).status_code == 429


def test_copy_of_everything_names_the_programs_and_no_secret(as_anna, anna):
    _row, token = make(anna, name="Clockwork")
    with zipfile.ZipFile(BytesIO(takeout.archive(anna, timezone.now()))) as zipped:
        texts = {name: zipped.read(name).decode() for name in zipped.namelist()}
    [said] = json.loads(texts["diary.json"])["programs"]
    assert (said["name"], said["scopes"], said["ended_at"]) == ("Clockwork", "diary", None)
    assert "Your program “Clockwork” may read" in texts["index.html"]
    for text in texts.values():
        assert token not in text
        assert programs.digest(token) not in text


# --- The description -------------------------------------------------------------------------------------------


def test_description_names_every_address_and_what_it_answers(anna):
    said = Client().get("/api/v1/openapi.json").json()
    assert said == json.loads(json.dumps(document()))
    assert said["openapi"] == "3.1.0"
    assert set(said["paths"]) == {f"/api/v1/{name}" for name in programs.EXPORTS}
    _row, token = make(anna, *programs.SCOPES)
    refusal = jsonschema.Draft202012Validator(said["components"]["schemas"]["Refusal"])
    for address, path in said["paths"].items():
        answer = get(token, address)
        [kind] = path["get"]["responses"][str(answer.status_code)]["content"]
        assert answer["Content-Type"].partition(";")[0] == kind
        refusal.validate(get(None, address).json())
