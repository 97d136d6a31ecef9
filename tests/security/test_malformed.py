"""Whatever is sent to a form: a page that says what is wrong, or a saved row that is whole. Never a fault of ours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.security import authz_matrix as matrix
from tests.security.conftest import RECORDS, fields, fingerprint

VALUES: dict[str, Any] = {
    "nothing": "",
    "a space": " ",
    "NUL": "a\x00b",
    "control characters": "\x01\x1b[31m\x7f\x85",
    "line breaks": "a\r\nSet-Cookie: x=1\r\n\r\nb",
    "invalid UTF-8": b"\xed\xa0\x80\xff\xfe",
    "right to left": "\u202eabc\u2066",
    "emoji": "🧠" * 50,
    "combining": "e" + "\u0301" * 500,
    "5,000 digits": "9" * 5000,
    "negative": "-1",
    "very negative": "-99999999999999999999",
    "fraction": "1.5",
    "comma": "1,5",
    "exponent": "1e999",
    "NaN": "NaN",
    "infinity": "-Infinity",
    "hexadecimal": "0x10",
    "underscored": "1_0",
    "Arabic digits": "١٢",
    "full-width digits": "２０２６",
    "week date": "2026-W25-3",
    "date without signs": "20260617",
    "no such date": "2027-02-29",
    "year 1": "0001-01-01",
    "year 9999": "9999-12-31",
    "year 10000": "10000-01-01",
    "date and time": "2026-06-17T12:00:00Z",
    "list": ["a", "b"],
    "JSON": '{"$gt": ""}',
    "SQL": "1; DROP TABLE diary_patient --",
    "20,000 letters": "x" * 20_000,
}
FORMS = [
    (name, role)
    for name, role in (
        ("day", matrix.OWNER),
        ("headache", matrix.OWNER),
        ("dose", matrix.OWNER),
        ("headache_free", matrix.OWNER),
        ("add_medicine", matrix.OWNER),
        ("add_own_medicine", matrix.OWNER),
        ("use_medicine", matrix.OWNER),
        ("undo", matrix.OWNER),
        ("begin", matrix.OWNER),
        ("sessions", matrix.LINKED),
        ("session", matrix.LINKED),
        ("decisions", matrix.LINKED),
        ("decision", matrix.LINKED),
        ("add_criteria", matrix.LEAD),
        ("paper_month", matrix.LINKED),
        ("import_diary", matrix.LINKED),
        ("import_own", matrix.OWNER),
        ("theme", matrix.STRANGER),
        ("account_login", matrix.STRANGER),
        ("account_signup", matrix.STRANGER),
        ("account_reset_password", matrix.STRANGER),
    )
]
EXTRA = {
    "day": ("hours", "relief", "disability", "features", "seen"),
    "session": ("expiry", "batch"),
    "sessions": ("expiry", "batch"),
    "undo": ("undo",),
    "account_login": ("next",),
}


def named(world: Any, name: str) -> list[str]:
    return sorted({*fields(world, name), *EXTRA.get(name, ())})


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize(("name", "role"), FORMS)
def test_each_field_takes_it_or_says_no(world, name, role, kind):
    client, address = world.client(role), world.address(name)
    before = fingerprint(of=RECORDS)
    for field in named(world, name):
        answer = client.post(address, fields(world, name, role) | {field: VALUES[kind]})
        assert answer.status_code in (200, 302, 404, 413, 422, 429), f"{field}: {answer.status_code}"
        refused, after = answer.status_code in (404, 422), fingerprint(of=RECORDS)
        assert after == before or not refused, f"{field}: refused, and something was written all the same"
        before = after


BODIES = {
    "no form at all": (b"not a form", "application/x-www-form-urlencoded"),
    "broken escapes": (b"headache=%E0%80&note=%zz%", "application/x-www-form-urlencoded"),
    "another charset": (b"headache=\xff\xfem", "application/x-www-form-urlencoded; charset=utf-16"),
    "an unknown charset": (b"headache=mild", "application/x-www-form-urlencoded; charset=nonsense"),
    "JSON": (b'{"headache": "mild"}', "application/json"),
    "plain text": (b"headache=mild", "text/plain"),
    "multipart without a boundary": (b"--x\r\n", "multipart/form-data"),
    "multipart cut short": (
        b'--x\r\nContent-Disposition: form-data; name="no',
        "multipart/form-data; boundary=x",
    ),
    "201 fields": (b"&".join(b"a%d=1" % n for n in range(201)), "application/x-www-form-urlencoded"),
    "300 kB": (b"note=" + b"x" * 300_000, "application/x-www-form-urlencoded"),
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize(("name", "role"), FORMS)
def test_a_body_that_is_no_form_is_no_fault_of_ours(world, name, role, kind):
    body, content_type = BODIES[kind]
    answer = world.client(role).generic("POST", world.address(name), body, content_type)
    assert answer.status_code < 500


QUERIES = [("caseload", "q"), ("caseload", "page"), ("medicines", "q"), ("account_login", "next")]


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize(("name", "parameter"), QUERIES)
def test_a_query_is_no_fault_of_ours(world, name, parameter, kind):
    role = {"caseload": matrix.LINKED, "medicines": matrix.OWNER}.get(name, matrix.STRANGER)
    answer = world.client(role).get(world.address(name), {parameter: VALUES[kind]})
    assert answer.status_code == 200
