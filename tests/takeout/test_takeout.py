"""The copy holds everything that is known about a person, and nothing about anybody else."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from datetime import UTC, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import jsonschema
import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db import models
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry, User
from clinic import imports, takeout
from clinic.actions import correct_adverse_event
from clinic.models import (
    Appointment,
    CareLink,
    Clinic,
    ClinicFeed,
    Decision,
    ImportBatch,
    InjectionSession,
    InjectionSessionVersion,
    LinkCode,
    Review,
    Tag,
)
from diary.imports.diary_csv import FORMULA_STARTS, Report, rows, unescaped, without_repeats
from diary.imports.storage import recorded_rows, store
from diary.models import (
    Carer,
    CarerCode,
    DeviceOperation,
    DiaryDay,
    DiaryDayVersion,
    Intake,
    Medicine,
    Patient,
    Preventive,
)
from tests.cast import TODAY, add_factor, add_passkey, adverse_event, days_ago, new_patient, session
from tests.reading import Page
from tests.takeout.conftest import canaries, due

pytestmark = pytest.mark.django_db
SCHEMA = jsonschema.Draft202012Validator(json.loads(takeout.SCHEMA_FILE.read_text()))


def files(patient: Patient) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(takeout.archive(patient, timezone.now()))) as zipped:
        assert zipped.testzip() is None
        return {name: zipped.read(name).decode() for name in zipped.namelist()}


def copy_of(patient: Patient) -> Any:
    return json.loads(files(patient)["diary.json"])


# --- Every model and field is spoken of -----------------------------------------------------------------------


def forgotten(every: Any) -> list[str]:
    """Models and fields of which the copy says neither that it holds them nor why not, and those that are gone."""
    told = takeout.EXPORTED.keys() | takeout.NOT_EXPORTED.keys()
    models_ = {model._meta.label: model for model in every}
    found = [f"{label}: say in takeout.py whether the copy holds it" for label in models_.keys() - told]
    for label, section in takeout.EXPORTED.items():
        if label not in models_:
            # Of a part of the sign-in that is not installed nothing is asked.
            found += [f"{label}: is gone"] if label.partition(".")[0] in {"diary", "clinic"} else []
            continue
        fields = {field.name for field in models_[label]._meta.concrete_fields}
        said = [*section.fields, *section.left_out]
        found += [f"{label}.{name}: say whether the copy holds it" for name in fields - set(said)]
        found += [f"{label}.{name}: is gone, or said twice" for name in said if said.count(name) > 1]
        found += [f"{label}.{name}: is gone" for name in set(said) - fields]
    return sorted(found)


def test_every_model_and_field_is_in_the_copy_or_left_out_for_a_reason():
    assert forgotten(apps.get_models(include_auto_created=True)) == []
    reasons = [*takeout.NOT_EXPORTED.values()]
    reasons += [reason for section in takeout.EXPORTED.values() for reason in section.left_out.values()]
    assert all(reasons)


def twin(label: str, *names: str) -> Any:
    """As much of a model as is asked for its fields."""
    fields = [SimpleNamespace(name=name) for name in names]
    return SimpleNamespace(_meta=SimpleNamespace(label=label, concrete_fields=fields))


def test_new_model_and_new_field_are_reported():
    every = [m for m in apps.get_models(include_auto_created=True) if m._meta.label != "diary.Deletion"]
    changed = twin("diary.Deletion", "id", "patient", "asked_at", "mood")
    assert forgotten([*every, twin("twins.Fresh", "id"), changed]) == [
        "diary.Deletion.due_at: is gone",
        "diary.Deletion.mood: say whether the copy holds it",
        "twins.Fresh: say in takeout.py whether the copy holds it",
    ]
    assert forgotten(every) == ["diary.Deletion: is gone"]


# --- A hundred people ------------------------------------------------------------------------------------------

TEXTS = [
    "",
    "ä 😀",
    "=1+1",
    "'=x",
    "line\nline",
    '"quoted"',
    "<b>&amp;",
    "a;b",
    "\ttab",
    "{{ x }}",
    "\\",
    "'",
]


DETAILS = {
    "features": "one_sided;pulsating;aura",
    "start": time(22, 5),
    "end": time(3, 0),
    "side": "right",
    "quality": "pulsating",
    "aura": "visual;other",
    "triggers": "=1+1;little sleep",
}


def somebody(seed: int, clinic: Clinic, colleague: User) -> Patient:
    """A person made up by chance, with rows of every kind, in few statements."""
    chance = random.Random(seed)
    now = timezone.now()

    def text(limit: int = 60) -> str:
        return (chance.choice(TEXTS) + str(chance.random()))[:limit] if chance.random() < 0.7 else ""

    user = User.objects.create(email=f"someone{seed}@example.org", name=text(), last_login=now)
    patient = Patient.objects.create(
        user=user,
        name=text() or "x",
        time_zone=chance.choice(["UTC", "Asia/Kathmandu"]),
        date_of_birth=chance.choice([None, days_ago(chance.randrange(9999, 30000))]),
    )
    names = ["", "sumatriptan", "Ginger tea", "=HYPERLINK(1)"]
    medicines = Medicine.objects.bulk_create(
        Medicine(
            patient=patient,
            name=name,
            strength=chance.choice(["", "50 mg", "+3"]),
            medication_class=chance.choice(["triptan", "other"]),
            is_in_use=chance.random() < 0.5,
            default_dose=chance.randrange(1, 10),
        )
        for name in names
    )
    Preventive.objects.bulk_create(
        Preventive(
            patient=patient,
            name=text() or "candesartan",
            dose=text(),
            started_on=chance.choice([None, days_ago(400)]),
            ended_on=(ended := chance.choice([None, TODAY])),
            reason=chance.choice(["", *Preventive.Reason.values]) if ended else "",
            remark=text(),
        )
        for _number in range(chance.randrange(3))
    )
    days = DiaryDay.objects.bulk_create(
        DiaryDay(
            patient=patient,
            date=days_ago(back),
            headache=(word := chance.choice(["none", "yes", "mild", "severe"])),
            pain=None if word == "none" else chance.choice([None, 1, 10]),
            hours=chance.choice([None, Decimal("0"), Decimal("7.50"), Decimal("24")]),
            migraine=chance.choice([None, True, False]),
            **chance.choice([{}, {"features": "nausea;aura"}, DETAILS]),
            relief=chance.choice(["", "none", "full"]),
            disability=chance.choice(["", "bed"]),
            menstruation=chance.choice([None, True, False]),
            note=text(),
            source=chance.choice(["own", "import", "paper", "carer"]),
            recorded_on=chance.choice([None, TODAY]),
        )
        for back in chance.sample(range(400), chance.randrange(25))
    )
    Intake.objects.bulk_create(
        Intake(day=day, medicine=one, doses=chance.randrange(1, 99))
        for day in days
        for one in chance.sample(medicines, chance.randrange(3))
    )
    DiaryDayVersion.objects.bulk_create(
        DiaryDayVersion(
            patient=patient,
            date=day.date,
            said=day.fields_said | {"note": text(), "pain": None, "medicines": []},
            is_deletion=chance.random() < 0.5,
            replaced_at=now,
            replaced_on=TODAY,
            replaced_by=chance.choice([None, user.pseudonym, colleague.pseudonym, uuid4()]),
        )
        for day in days[:3]
    )
    DeviceOperation.objects.bulk_create(
        DeviceOperation(
            patient=patient,
            name=str(UUID(int=chance.getrandbits(128))) + chance.choice(["", "=mild", ":gone"]),
            date=days_ago(chance.randrange(400)),
            field=(field := chance.choice(["headache", f"doses:{medicines[0].pk}"])),
            value=chance.choice([None, "none", "severe"] if field == "headache" else [0, 1, 99]),
            seen=["=", str(uuid4())][: chance.randrange(3)],
            word="" if field == "headache" else "mild",
            stands=chance.random() < 0.5,
            is_contested=chance.random() < 0.5,
            cleared=chance.choice([{}, {"pain": 8, "hours": "3.5"}]),
            said_at=chance.choice([None, now - timedelta(days=chance.randrange(4000))]),
            clock_off=chance.randrange(-(2**31), 2**31),
            received_at=now,
        )
        for _ in range(chance.randrange(8))
    )
    given = InjectionSession.objects.bulk_create(
        InjectionSession(
            patient=patient,
            clinic=chance.choice([None, clinic]),
            date=days_ago(back * 90),
            product=text(80),
            units=chance.choice([None, 155]),
            sites=chance.choice([None, 31]),
            batch=text(40),
            expiry=chance.choice([None, TODAY]),
            note=text(),
            recorded_by=chance.choice([None, colleague]),
        )
        for back in range(chance.randrange(4))
    )
    InjectionSessionVersion.objects.bulk_create(
        InjectionSessionVersion(patient=patient, session=one, said={"units": 1}, replaced_at=now)
        for one in given[:1]
    )
    CareLink.objects.create(
        clinic=clinic,
        patient=patient,
        reference=f"R{seed}",
        basis=chance.choice(["consent", "clinic"]),
        sees_notes=chance.random() < 0.5,
        wording="1",
        language="en-gb",
        given_by=chance.choice([None, user.pseudonym]),
        ends_at=chance.choice([None, now + timedelta(days=1)]),
    )
    CarerCode.objects.create(patient=patient, seed=str(seed), digest=str(seed), expires_at=now)
    Carer.objects.create(
        patient=patient, user=colleague, until=chance.choice([None, now]), ended_by=user.pseudonym
    )
    LinkCode.objects.create(
        patient=patient, seed=str(seed), digest=str(seed), wording="1", language="en-gb", expires_at=now
    )
    return patient


def spelt(value: Any) -> Any:
    """As JSON must say it, written once more apart from the program."""
    if isinstance(value, Decimal):
        return f"{float(value):g}"
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "astimezone"):
        return value.astimezone(UTC).isoformat()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


DIRECT = {
    "diary.Medicine": ("medicines", "medicines", "pk"),
    "diary.Preventive": ("preventives", "preventives", "pk"),
    "diary.DiaryDay": ("days", "days", "date"),
    "diary.DiaryDayVersion": ("earlier_days", "day_versions", "pk"),
    "diary.DeviceOperation": ("taps", "operations", "pk"),
    "clinic.InjectionSession": ("injections", "sessions", "date"),
    "clinic.InjectionSessionVersion": ("earlier_injections", "session_versions", "pk"),
    "clinic.CareLink": ("consents", "care_links", "pk"),
    "clinic.LinkCode": ("codes", "link_codes", "pk"),
    "diary.Carer": ("carers", "carers", "pk"),
    "diary.CarerCode": ("carer_codes", "carer_codes", "pk"),
    "diary.PushSubscription": ("reminder_devices", "push_subscriptions", "pk"),
    "diary.SentReminder": ("reminders_sent", "sent_reminders", "pk"),
}


def unlike(row: models.Model, said: dict[str, Any], own: UUID) -> list[str]:
    """Fields of a row that the copy does not say as they are."""
    found = []
    for field in row._meta.concrete_fields:
        key = takeout.EXPORTED[row._meta.label].fields.get(field.name)
        if key is None:
            continue
        value, shown = getattr(row, field.attname), said[key]
        if field.name in takeout.PEOPLE:
            is_me = value == own
            found += [] if (shown["is"] == "you") == is_me and (value or shown["is"] == "program") else [key]
        elif field.name == "clinic":
            found += [] if shown == (value and Clinic.objects.get(pk=value).name) else [key]
        elif spelt(value) != shown:
            found.append(f"{row._meta.label}.{field.name}: {spelt(value)!r} is {shown!r}")
    return found


def differences(patient: Patient, said: dict[str, Any]) -> list[str]:
    """What the database holds of a person and the copy does not say, field by field."""
    own = patient.user.pseudonym
    found = unlike(patient, said["profile"], own) + unlike(patient.user, said["account"], own)
    for place, relation, order in DIRECT.values():
        standing = list(getattr(patient, relation).order_by(order))
        if len(standing) != len(said[place]):
            found.append(f"{place}: {len(said[place])} of {len(standing)}")
        pairs = zip(standing, said[place], strict=False)
        found += [fault for row, shown in pairs for fault in unlike(row, shown, own)]
    taken = sorted(Intake.objects.filter(day__patient=patient).values_list("day__date", "medicine", "doses"))
    shown = [
        (day["date"], dose["medicine"], dose["doses"]) for day in said["days"] for dose in day["medicines"]
    ]
    found += [] if sorted(shown) == [(day.isoformat(), *rest) for day, *rest in taken] else ["intakes"]
    return found


@pytest.mark.parametrize("seed", range(100))
def test_copy_says_all_that_the_database_holds(clinic, colleague, seed):
    patient = somebody(seed, clinic, colleague)
    found = files(patient)
    said = json.loads(found["diary.json"])
    assert differences(patient, said) == []
    assert [error.message for error in SCHEMA.iter_errors(said)] == []

    other = new_patient("Olga Other")
    report = Report()
    lines = rows(io.StringIO(found["diary.csv"], newline=""), report)
    store(other, without_repeats(lines, report), report)
    assert not list(report.problems)
    assert [row[2:] for row in recorded_rows(other)] == [row[2:] for row in recorded_rows(patient)]

    report = Report()
    sessions = imports.sessions_by_patient(io.StringIO(found["sessions.csv"], newline=""), report)
    kept = ("date", "units", "sites", "expiry")
    read = [tuple(getattr(row, name) for name in kept) for row in sessions.get("", [])]
    assert read == list(patient.sessions.order_by("date").values_list(*kept))


def test_comparison_reports_what_a_copy_lacks(clinic, colleague):
    """Broken twins of the test above."""
    patient = somebody(3, clinic, colleague)
    for place, change in [
        ("days", lambda said: said["days"].pop()),
        ("note", lambda said: said["days"][0].update(note="another")),
        ("taps", lambda said: said["taps"].pop()),
        ("value", lambda said: said["taps"][0].update(value="another")),
        ("hours", lambda said: said["profile"].update(time_zone="Europe/Paris")),
        ("medicines", lambda said: said["medicines"][0].update(is_in_use=None)),
        ("intakes", lambda said: [day.update(medicines=[]) for day in said["days"]]),
        ("consents", lambda said: said["consents"][0].update(reference="")),
    ]:
        said = copy_of(patient)
        assert differences(patient, said) == []
        change(said)
        assert differences(patient, said), place


@pytest.mark.parametrize("spoil", ["days", "schema", "account"])
def test_schema_refuses_another_shape(mira, spoil):
    said = copy_of(mira)
    assert not list(SCHEMA.iter_errors(said))
    said[spoil] = {"days": [{"date": "yesterday"}], "schema": 2, "account": {"password": "x"}}[spoil]
    assert list(SCHEMA.iter_errors(said))


# --- Whose words are in it --------------------------------------------------------------------------------------

UNSAID = {"key", "seed", "digest", "cseed", "cdigest", "invitation", "session"}
"""Secrets, and what a device remembers."""


def test_everything_of_mine_and_nothing_of_anybody_elses(mira, nils, colleague):
    found = files(mira)
    everything = "\n".join(found.values())
    for word in canaries("zqmira"):
        is_secret = word.partition("-")[2] in UNSAID
        assert (word in found["diary.json"]) is not is_secret, word
        is_for_programs = word == "zqmira-tap"
        assert (word in found["index.html"]) is not (is_secret or is_for_programs), word
    assert "zqnils" not in everything
    assert colleague.email not in everything
    assert "Cora Colleague · River Clinic" in found["diary.json"]
    assert mira.user.password not in everything


def test_who_looked_is_said_by_name_and_clinic_never_by_address(mira, colleague, nils):
    colleague.name = ""
    colleague.save()
    for actor in (nils.user.pseudonym, mira.user.pseudonym, None):
        audit.append([audit.Line(AuditEntry.Action.VIEWED, mira.pseudonym)], actor=actor)
    # A refused attempt, mostly mistyped, accuses nobody.
    audit.append([audit.Line(AuditEntry.Action.DENIED, mira.pseudonym)], actor=nils.user.pseudonym)
    looks = copy_of(mira)["who_looked"]
    assert [look["who"] for look in looks] == [
        {"is": "staff", "name": "River Clinic"},
        {"is": "other", "name": ""},
        {"is": "you", "name": ""},
        {"is": "program", "name": ""},
    ]
    assert looks[0]["clinic"] == "River Clinic"


def test_who_worked_there_then_is_still_named(mira, colleague):
    colleague.memberships.all().delete()
    said = copy_of(mira)
    assert said["who_looked"][0]["who"] == {"is": "staff", "name": "Cora Colleague"}
    assert said["injections"][0]["recorded_by"] == {"is": "staff", "name": "Cora Colleague"}


def test_text_that_was_agreed_to_is_in_it(mira):
    (consent,) = copy_of(mira)["consents"]
    assert consent["wording"] == "2026-11"
    assert "You can end this at any time, with one tap and without a reason." in consent["text"]
    assert "You can end this at any time" in files(mira)["index.html"]


def test_factors_and_devices_are_named_and_their_secrets_are_not(mira):
    add_passkey(mira.user, "zqmira-phone")
    secret = add_factor(mira.user).data["secret"]
    UserSession.objects.create(
        user=mira.user, session_key="zqmira-device", ip="203.0.113.77", user_agent="zqmira-browser"
    )
    said = copy_of(mira)["account"]
    assert [(factor["type"], factor["name"]) for factor in said["factors"]] == [
        ("webauthn", "zqmira-phone"),
        ("totp", ""),
    ]
    assert {device["user_agent"] for device in said["devices"]} >= {"zqmira-browser"}
    everything = "\n".join(files(mira).values())
    assert secret not in everything
    assert "zqmira-device" not in everything
    assert not list(SCHEMA.iter_errors(copy_of(mira)))


def test_deletion_that_was_asked_for_is_in_it(mira):
    due(mira)
    assert copy_of(Patient.objects.get(pk=mira.pk))["deletion"]["due_at"].startswith("2026-06-16")
    assert not list(SCHEMA.iter_errors(copy_of(Patient.objects.get(pk=mira.pk))))


def test_patient_without_a_sign_in(noon, clinic):
    patient = Patient.objects.create(name="P1")
    said = copy_of(patient)
    assert said["account"] is None
    assert not list(SCHEMA.iter_errors(said))


# --- The tables -------------------------------------------------------------------------------------------------

PAYLOADS = [
    *(
        f"{start}{rest}"
        for start in "=+-@\t＝＋－＠"
        for rest in ("1+1", "cmd|' /C calc'!A0", "HYPERLINK(1)", "")
    ),
    *("'=1", "''=1", '"=1"', "'"),
]


@pytest.mark.parametrize("column", ["product", "batch", "note"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_of_the_injections_is_a_formula(mira, column, payload):
    mira.sessions.update(**{column: payload})
    (line,) = csv.DictReader(io.StringIO(takeout.sessions_text(mira), newline=""))
    assert not line[column].startswith(tuple(FORMULA_STARTS))
    assert unescaped(line[column]) == payload


def test_column_that_is_not_escaped_would_be_seen(mira, monkeypatch):
    monkeypatch.setattr(takeout, "escaped", lambda text: text)
    mira.sessions.update(note="=1+1")
    (line,) = csv.DictReader(io.StringIO(takeout.sessions_text(mira), newline=""))
    assert line["note"].startswith(tuple(FORMULA_STARTS))


def test_clinic_number_is_no_formula_either(mira, clinic):
    session(mira, days_ago(90), clinic=clinic)
    out = io.StringIO(newline="")
    takeout.write_sessions([("=1", one) for one in mira.sessions.all()], out, has_patient=True)
    assert all(row["patient"] == "'=1" for row in csv.DictReader(io.StringIO(out.getvalue(), newline="")))


# --- The page ---------------------------------------------------------------------------------------------------


def test_page_needs_nothing_else_and_runs_nothing(mira):
    mira.days.update(note="<script>alert(1)</script><img src=x onerror=alert(1)>")
    html = files(mira)["index.html"]
    for word in ("<script", "<img", "<link", "<iframe", "<object", "href=", "@import", "url(", "http-equiv"):
        assert word not in html, word
    assert "&lt;script&gt;alert(1)" in html
    assert "prefers-color-scheme: dark" in html
    assert "<style>:root { color-scheme" in html
    assert "&gt;" not in html.partition("</style>")[0]


def test_page_reads_well(mira):
    html = files(mira)["index.html"].encode()
    page = Page(SimpleNamespace(status_code=200, content=html, request={"PATH_INFO": "index.html"}))
    for words in (
        "Your headache diary",
        "17 Jun 2026 Severe headache 8",
        "zqmira-medicine zqmira-strength ×1",
        "Mild headache · worst pain 8 of 10 · “I think it was migraine” · 7.5 hours · "
        "may have played a part: zqmira-trigger · zqmira-earlier",
        "zqmira-preventive zqmira-daily 19 Mar 2026 14 Jun 2026 another reason zqmira-remark",
        "17 Jun 2026, 12:00 UTC Cora Colleague · River Clinic read the diary River Clinic",
    ):
        assert words in page.text, words


def read(patient):
    html = files(patient)["index.html"].encode()
    return Page(SimpleNamespace(status_code=200, content=html, request={"PATH_INFO": "index.html"}))


def test_what_the_clinic_wrote_down_is_read_in_words(mira, clinic, colleague):
    by = {"patient": mira, "clinic": clinic, "recorded_by": colleague.pseudonym}
    given = mira.sessions.get()
    mira.sessions.update(
        muscles={"temporalis:left": 4, "procerus:midline": 1},
        product="Botox",
        diluted_units=200,
        diluted_ml=Decimal("4.0"),
        wasted_units=45,
        injector="Nora Needle",
        checks=["consent"],
    )
    event = adverse_event(
        mira, clinic, session=given, note="zq-stiff", ended_on=days_ago(2), recorded_by=colleague.pseudonym
    )
    correct_adverse_event(event, {"severity": "severe", "is_serious": True}, by=colleague.pseudonym)
    correct_adverse_event(
        adverse_event(mira, clinic, term="other", words="zq-rash"), {}, by=None, is_withdrawn=True
    )
    Decision.objects.create(
        **by,
        made_on=days_ago(1),
        kind="stop",
        stop_reason="no_response",
        reason="zq-reason",
        cycle=2,
        criteria="nice-ta260",
        overuse_managed="yes",
        preventives_tried=3,
        counted={"headache_days": {"baseline": 21, "cycle 2": [17, 19]}},
    )
    Review.objects.create(**by, reviewed_on=days_ago(4), note="zq-review")
    Appointment.objects.create(
        patient=mira, clinic=clinic, date=TODAY + timedelta(days=9), made_by=colleague.pseudonym
    )
    ImportBatch.objects.create(
        patient=mira, clinic=clinic, kind="paper", added=12, made_by=colleague.pseudonym
    )
    Tag.objects.create(clinic=clinic, name="zq-study").patients.add(mira)
    ClinicFeed.objects.create(clinic=clinic, user=mira.user, seed="zq-seed", digest="zq-digest")
    text = read(mira).text
    for words in (
        "Places: Procerus 1; Temporalis left 4 · 200 units in 4 mL of saline: 0.1 mL for 5 units · "
        "Units thrown away: 45 · Injected by: Nora Needle · Checked before: Consent to the treatment",
        "7 Jun 2026 River Clinic replaced later · Adverse event: Neck pain · Mild · Recovering · "
        "over on 15 Jun 2026 · after the injection of 18 May 2026 · zq-stiff 17 Jun 2026, 12:00 UTC, Cora Colleague",
        "Adverse event: Neck pain · Severe · serious · Recovering",
        "replaced later · Adverse event: zq-rash",
        "taken back · Adverse event: zq-rash",
        "16 Jun 2026 River Clinic Decision: Stop · after cycle 2 · Too little response · zq-reason · ",
        "medication overuse managed: Yes · preventives tried or unsuitable: 3 · "
        "counted then: headache days baseline 21, headache days cycle 2 17 / 19",
        "13 Jun 2026 River Clinic The diary was gone through · zq-review",
        "26 Jun 2026 River Clinic Appointment for the next injection",
        "copied from a paper diary · 12 days were new",
        "Tag: zq-study",
        "A clinic’s calendar River Clinic",
    ):
        assert words in text, words
    assert "zq-seed" not in text
    assert "zq-digest" not in text


def test_copy_of_nothing_written_down_says_so(noon):
    assert (
        "What the clinic wrote down Date Clinic What Written by Nothing." in read(new_patient("Nobody")).text
    )


def test_moments_are_those_of_the_persons_own_clock(mira):
    mira.time_zone = "Asia/Kathmandu"
    mira.save()
    found = files(mira)
    assert "17 June 2026, 17:45 +0545" in found["README.txt"]
    assert "17 Jun 2026, 17:45 +0545" in found["index.html"]


def test_note_for_the_reader(mira):
    note = files(mira)["README.txt"]
    assert "Made on 17 June 2026, 12:00 UTC" in note
    assert "&" not in note
