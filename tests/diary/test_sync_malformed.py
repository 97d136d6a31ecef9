"""Whatever is sent to /sync/: an answer that names the place, never a fault of ours and never half of it saved."""

from __future__ import annotations

import copy
import gzip
import json
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diary.models import DeviceOperation, DiaryDay
from tests.cast import days_ago, medicine, signed_in
from tests.phones import ADDRESS, doses_of, message_of, post, said
from tests.security.conftest import RECORDS, fingerprint

EXAMPLES = 300 if connection.vendor == "sqlite" else 60
NAME = "0b5f2f6e-3f0e-4a57-9a3c-2f3f1f8f9a10"
WHEN = days_ago(1)
PLACES = {"message", "owner", "now", "operations", "session"}


@pytest.fixture
def phone(alice):
    return signed_in(alice.user)


def entry(**changed: Any) -> dict[str, Any]:
    return said(WHEN, "mild", name=NAME) | {"said_at": "2026-06-17T12:00:00.000Z"} | changed


def dose(**changed: Any) -> dict[str, Any]:
    return entry(field="doses:1", value=1, word="mild") | changed


def text(message: Any) -> bytes:
    return json.dumps(message).encode()


# --- Messages that are refused as a whole ------------------------------------------------------------------------

BODIES = {
    "nothing": lambda m: b"",
    "a space": lambda m: b" ",
    "not JSON": lambda m: b"headache=mild",
    "cut short": lambda m: text(m)[:-5],
    "two messages": lambda m: text(m) * 2,
    "a comma too many": lambda m: text(m)[:-1] + b",}",
    "single quotes": lambda m: text(m).replace(b'"', b"'"),
    "a comment": lambda m: b"/* */" + text(m),
    "null": lambda m: b"null",
    "a list": lambda m: b"[]",
    "a number": lambda m: b"1",
    "a word": lambda m: b'"mild"',
    "true": lambda m: b"true",
    "an empty object": lambda m: b"{}",
    "100,000 brackets": lambda m: b"[" * 100_000,
    "100,000 braces": lambda m: b'{"a":' * 40_000,
    "brackets within": lambda m: text(m).replace(b'"mild"', b"[" * 100_000),
    "5,000 digits": lambda m: text(m).replace(b'"mild"', b"9" * 5000),
    "NaN": lambda m: text(m).replace(b'"mild"', b"NaN"),
    "Infinity": lambda m: text(m).replace(b'"mild"', b"Infinity"),
    "minus Infinity": lambda m: text(m).replace(b'"mild"', b"-Infinity"),
    "1e999": lambda m: text(m).replace(b'"mild"', b"1e999"),
    "a fraction": lambda m: text(m).replace(b'"mild"', b"1.0"),
    "a key twice": lambda m: text(m).replace(b'"owner"', b'"owner": "x", "owner"'),
    "a key twice within": lambda m: text(m).replace(b'"value"', b'"value": "none", "value"'),
    "bad UTF-8": lambda m: text(m).replace(b"mild", b"\xff\xfe"),
    "an overlong NUL": lambda m: text(m).replace(b"mild", b"\xc0\x80"),
    "a surrogate in UTF-8": lambda m: text(m).replace(b"mild", b"\xed\xa0\x80"),
    "UTF-16": lambda m: json.dumps(m).encode("utf-16"),
    "UTF-32": lambda m: json.dumps(m).encode("utf-32"),
    "a byte order mark": lambda m: b"\xef\xbb\xbf" + text(m),
    "a raw NUL": lambda m: text(m).replace(b"mild", b"mi\x00ld"),
    "an unpacked line break": lambda m: text(m).replace(b"mild", b"mi\nld"),
    "gzip without saying so": lambda m: gzip.compress(text(m)),
    "no owner": lambda m: text({k: v for k, v in m.items() if k != "owner"}),
    "no time": lambda m: text({k: v for k, v in m.items() if k != "now"}),
    "no operations": lambda m: text({k: v for k, v in m.items() if k != "operations"}),
    "a key more": lambda m: text(m | {"patient": 1}),
    "owner null": lambda m: text(m | {"owner": None}),
    "owner a number": lambda m: text(m | {"owner": 17}),
    "owner a list": lambda m: text(m | {"owner": [m["owner"]]}),
    "owner too long": lambda m: text(m | {"owner": m["owner"] + "0"}),
    "owner with a line break": lambda m: text(m | {"owner": m["owner"] + "\n"}),
    "owner in capitals": lambda m: text(m | {"owner": "ABCDEF" + m["owner"][6:]}),
    "owner with a surrogate": lambda m: text(m | {"owner": "\ud800" * 32}),
    "owner in other digits": lambda m: text(m | {"owner": "١" * 32}),
    "now null": lambda m: text(m | {"now": None}),
    "now a number": lambda m: text(m | {"now": 1_781_697_600}),
    "now without a zone": lambda m: text(m | {"now": "2026-06-17T12:00:00"}),
    "now with another zone": lambda m: text(m | {"now": "2026-06-17T12:00:00+02:00"}),
    "now a date": lambda m: text(m | {"now": "2026-06-17"}),
    "now in the 60th second": lambda m: text(m | {"now": "2026-06-17T12:00:60Z"}),
    "now at 24 o'clock": lambda m: text(m | {"now": "2026-06-17T24:00:00Z"}),
    "now in year 0": lambda m: text(m | {"now": "0000-06-17T12:00:00Z"}),
    "now in year 10000": lambda m: text(m | {"now": "+010000-06-17T12:00:00Z"}),
    "now in a leap day that is none": lambda m: text(m | {"now": "2025-02-29T12:00:00Z"}),
    "operations null": lambda m: text(m | {"operations": None}),
    "operations an object": lambda m: text(m | {"operations": {"0": m["operations"][0]}}),
    "operations a text": lambda m: text(m | {"operations": "[]"}),
    "201 operations": lambda m: text(m | {"operations": m["operations"] * 201}),
    "1,001 operations": lambda m: text(m | {"operations": [{}] * 1001}),
    "an operation null": lambda m: text(m | {"operations": [*m["operations"], None]}),
    "an operation a list": lambda m: text(m | {"operations": [*m["operations"], []]}),
    "an operation without a name": lambda m: text(m | {"operations": [*m["operations"], {"value": "mild"}]}),
    "a name null": lambda m: text(m | {"operations": [*m["operations"], entry(name=None)]}),
    "a name a number": lambda m: text(m | {"operations": [*m["operations"], entry(name=1)]}),
    "a name of ours": lambda m: text(m | {"operations": [*m["operations"], entry(name=f"{NAME}=mild")]}),
    "a name in capitals": lambda m: text(m | {"operations": [*m["operations"], entry(name=NAME.upper())]}),
    "a name without signs": lambda m: text(m | {"operations": [entry(name=NAME.replace("-", ""))]}),
    "a name with a line break": lambda m: text(m | {"operations": [entry(name=NAME + "\n")]}),
    "a name with NUL": lambda m: text(m | {"operations": [entry(name=NAME[:-1] + "\x00")]}),
    "a name that is markup": lambda m: text(m | {"operations": [entry(name="<script>alert(1)</script>")]}),
}  # fmt: skip


@pytest.mark.parametrize("kind", BODIES)
def test_message_that_cannot_be_read(alice, phone, kind):
    """A good entry beside it is not saved either: the phone is told where it failed, and keeps all."""
    body = BODIES[kind](message_of(alice, [said(days_ago(3), "none"), entry()]))
    assert isinstance(body, bytes)
    before = fingerprint(of=RECORDS)
    response = post(phone, body)
    assert (response.status_code, response["Content-Type"]) == (400, "application/json"), response.content
    said_there = response.json()
    assert said_there.keys() == {"where", "why"}
    assert said_there["where"].split("[")[0] in PLACES
    assert fingerprint(of=RECORDS) == before
    assert "script" not in response.content.decode()


def test_message_beyond_300_kB(alice, phone):
    body = text(message_of(alice, [entry(value="x" * 300_000)]))
    response = post(phone, body)
    assert (response.status_code, response.json()["where"]) == (413, "message")
    assert not DeviceOperation.objects.exists()


HEADERS = {
    "gzip": ({"HTTP_CONTENT_ENCODING": "gzip"}, 415),
    "a charset": ({"content_type": "application/json; charset=utf-8"}, 200),
    "another charset": ({"content_type": "application/json; charset=utf-16"}, 200),
    "an unknown charset": ({"content_type": "application/json; charset=nonsense"}, 200),
    "another type": ({"content_type": "text/json"}, 415),
    "a form": ({"content_type": "application/x-www-form-urlencoded"}, 415),
    "no length": ({"CONTENT_LENGTH": ""}, 400),
    "a negative length": ({"CONTENT_LENGTH": "-1"}, 400),
    "too short a length": ({"CONTENT_LENGTH": "17"}, 400),
    "chunked without a length": ({"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}, 400),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_headers(alice, phone, kind):
    headers, status = HEADERS[kind]
    content_type = headers.get("content_type", "application/json")
    others = {name: value for name, value in headers.items() if name != "content_type"}
    body = text(message_of(alice, [entry()]))
    body = gzip.compress(body) if kind == "gzip" else body
    response = phone.generic("POST", ADDRESS, body, content_type, **others)
    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    assert DiaryDay.objects.exists() is (status == 200)


# --- Entries that are refused one by one ----------------------------------------------------------------------

ENTRIES = {
    "a key missing": {k: v for k, v in entry().items() if k != "undoes"},
    "a key more": entry(patient=1),
    "nothing but a name": {"name": NAME},
    "an unknown word": entry(value="awful"),
    "a word in capitals": entry(value="MILD"),
    "a word with a space": entry(value="mild "),
    "a word that is empty": entry(value=""),
    "a word of a thousand letters": entry(value="x" * 1000),
    "a word with NUL": entry(value="mi\x00ld"),
    "a lone surrogate": entry(value="\ud800"),
    "right to left": entry(value="\u202emild"),
    "markup": entry(value="<script>alert(1)</script>"),
    "a word that is a number": entry(value=1),
    "a word that is true": entry(value=True),
    "a word that is a list": entry(value=["mild"]),
    "a word that is an object": entry(value={"$gt": ""}),
    "a headache with a word beside it": entry(word="mild"),
    "an unknown field": entry(field="note"),
    "a field of the database": entry(field="patient_id"),
    "a field that is null": entry(field=None),
    "a field that is a list": entry(field=["headache"]),
    "a headache with a line break": entry(field="headache\n"),
    "doses of nothing": dose(field="doses:"),
    "doses of 0": dose(field="doses:0"),
    "doses of a negative number": dose(field="doses:-1"),
    "doses of 01": dose(field="doses:01"),
    "doses of other digits": dose(field="doses:١"),
    "doses of 19 digits": dose(field="doses:" + "9" * 19),
    "doses true": dose(value=True),
    "doses as text": dose(value="1"),
    "doses null": dose(value=None),
    "doses negative": dose(value=-1),
    "doses 100": dose(value=100),
    "doses without end": dose(value=10**400),
    "doses with no word": dose(word=None),
    "doses with an unknown word": dose(word="awful"),
    "a week date": entry(date="2026-W25-2"),
    "a date without signs": entry(date="20240101"),
    "a date in other digits": entry(date="٢٠٢٦-٠٦-١٦"),
    "a date in wide digits": entry(date="２０２６-06-16"),
    "a date and time": entry(date="2026-06-16T00:00:00Z"),
    "a date with a space": entry(date=" 2026-06-16"),
    "a day that is not": entry(date="2026-06-31"),
    "a leap day that is not": entry(date="2026-02-29"),
    "month 13": entry(date="2026-13-01"),
    "year 0": entry(date="0000-01-01"),
    "year 1": entry(date="0001-01-01"),
    "year 1899": entry(date="1899-12-31"),
    "year 9999": entry(date="9999-12-31"),
    "year 10000": entry(date="10000-01-01"),
    "far away": entry(date="2030-01-01"),
    "a date that is a number": entry(date=20260616),
    "a date that is null": entry(date=None),
    "seen nothing": entry(seen=[]),
    "seen null": entry(seen=None),
    "seen a text": entry(seen="="),
    "seen a number": entry(seen=[1]),
    "seen null within": entry(seen=["=", None]),
    "seen a list within": entry(seen=[["="]]),
    "seen markup": entry(seen=["<script>"]),
    "seen NUL": entry(seen=["=\x00"]),
    "seen 401": entry(seen=["="] * 401),
    "seen 65 letters": entry(seen=["a" * 65]),
    "said at no time": entry(said_at=None),
    "said at a date": entry(said_at="2026-06-16"),
    "said at without a zone": entry(said_at="2026-06-16T12:00:00"),
    "said at in year 0": entry(said_at="0000-01-01T00:00:00Z"),
    "said at in seven digits": entry(said_at="2026-06-16T12:00:00.1234567Z"),
    "undoes null": entry(undoes=None),
    "undoes 0": entry(undoes=0),
    "undoes false": entry(undoes=False),
    "undoes an empty list": entry(undoes=[]),
    "undoes no name": entry(undoes="x"),
    "undoes markup": entry(undoes="<script>"),
}


@pytest.mark.parametrize("kind", ENTRIES)
def test_entry_that_is_refused_and_its_neighbour(alice, phone, kind):
    medicine(alice)
    neighbour = said(days_ago(3), "none")
    before = fingerprint(of=RECORDS)
    response = post(phone, message_of(alice, [ENTRIES[kind]]))
    assert response.status_code == 200
    [answer] = response.json()["answers"]
    assert (answer["name"], answer["status"]) == (NAME, "refused")
    assert answer["why"]
    assert "script" not in response.content.decode()
    assert fingerprint(of=RECORDS) == before
    both = post(phone, message_of(alice, [ENTRIES[kind], neighbour])).json()
    assert [one["status"] for one in both["answers"]] == ["refused", "saved"]
    assert list(DiaryDay.objects.values_list("date", flat=True)) == [days_ago(3)]


TAKEN = {
    "said in year 1": entry(said_at="0001-01-01T00:00:00Z"),
    "said in year 9999": entry(said_at="9999-12-31T23:59:59.999999Z"),
    "said to the microsecond": entry(said_at="2026-06-16T12:00:00.123456Z"),
    "seen 400": entry(seen=["="] * 400),
    "seen what is nowhere": entry(seen=["=", "f" * 64]),
    "undoes what is nowhere": entry(undoes=NAME),
    "sees itself": entry(seen=["=", NAME]),
}


@pytest.mark.parametrize("now", ["2026-06-17T12:00:00.000Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize("kind", TAKEN)
def test_entry_that_is_odd_and_whole(alice, phone, kind, zone, now):
    alice.time_zone = zone
    alice.save()
    response = post(phone, message_of(alice, [TAKEN[kind]], now=now))
    assert response.status_code == 200, response.content
    assert response.json()["answers"][0]["status"] in ("saved", "older", "kept")
    assert alice.days.get().recorded_on >= alice.days.get().date
    assert phone.get("/").status_code == 200
    assert post(phone, message_of(alice, [TAKEN[kind]], now=now)).json()["answers"][0]["status"] == "known"


# --- By chance -----------------------------------------------------------------------------------------------------

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(alphabet=st.characters(), max_size=20),
    st.sampled_from(["mild", "none", "=", NAME, "2026-06-16", "2026-06-17T12:00:00Z", "headache", "doses:1"]),
)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
KEYS = ["name", "date", "field", "value", "seen", "word", "said_at", "undoes"]
CHANGES = st.one_of(
    st.tuples(st.just("entry"), st.sampled_from(KEYS), ANY_JSON),
    st.tuples(st.just("message"), st.sampled_from(["owner", "now", "operations"]), ANY_JSON),
    st.tuples(st.just("entry"), st.text(max_size=8), ANY_JSON),
    st.tuples(st.just("gone"), st.sampled_from(KEYS), st.none()),
)


def changed(message: dict[str, Any], changes: list[tuple[str, str, Any]]) -> dict[str, Any]:
    message = copy.deepcopy(message)
    first = message["operations"][0]
    for kind, key, value in changes:
        if kind == "entry":
            first[key] = value
        elif kind == "gone":
            first.pop(key, None)
        else:
            message[key] = value
    return message


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
@given(changes=st.lists(CHANGES, min_size=1, max_size=3), is_dose=st.booleans())
def test_anything_near_a_message(alice, phone, changes, is_dose):
    with transaction.atomic():
        field = {"field": doses_of(alice.medicines.first() or medicine(alice))}
        message = message_of(
            alice,
            [dose(**field) if is_dose else entry(), said(days_ago(3), "none")],
            now="2026-06-17T12:00:00Z",
        )
        before = fingerprint(of=("diary_",))
        response = post(phone, json.dumps(changed(message, changes)).encode())
        assert response.status_code in (200, 400, 409)
        assert response["Content-Type"] == "application/json"
        after = fingerprint(of=("diary_",))
        if response.status_code != 200:
            assert response.json()["where"]
            assert after == before
        else:
            saved = {one["name"] for one in response.json()["answers"] if one["status"] != "refused"}
            assert len(after["diary_deviceoperation"]) >= len(saved)
            assert len(after["diary_diaryday"]) <= len(saved)
        transaction.set_rollback(True)
