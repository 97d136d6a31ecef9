"""Files that mean harm, or nothing: each is refused in a sentence that says what to do, and nothing is written.

Also that reading one takes little memory; how fast an honest large one is read stands in bench/imports.py.
"""

import json
import struct
import tracemalloc
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import limits
from diary.models import DiaryDay
from tests.cast import new_patient, visitor

MEGABYTE = 1024**2
EXPORT = '<?xml version="1.0" encoding="UTF-8"?>\n<HealthData>{}</HealthData>'
RECORD = (
    '<Record type="HKCategoryTypeIdentifierHeadache" startDate="2026-06-01 11:00:00 +0200" '
    'endDate="2026-06-01 12:00:00 +0200" value="2"/>'
)
CLUSTER = "start_time,end_time,intensity,medication,triggers,notes\n"
BUDDY = '"#","Started","Lasted","Pain Level"\n'
LISTS = '"episodes": [], "medications": [], "medicationDoses": []'


def zipped(*members, method=ZIP_DEFLATED):
    file = BytesIO()
    with ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def bomb():
    """A few kilobytes that say they are four gigabytes."""
    content = bytearray(zipped(("export.xml", b"<HealthData>" + b" " * 4 * MEGABYTE)))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<L", 2**32 - 2)
    return bytes(content)


def lying_bomb():
    """Unpacks to more than its list says."""
    content = bytearray(zipped(("export.xml", b"<HealthData>" + b" " * 4 * MEGABYTE)))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<L", 1000)
    return bytes(content)


def overfull():
    """Its list of files is said to be of four gigabytes."""
    content = bytearray(zipped(("export.xml", EXPORT.format(""))))
    end = content.rindex(b"PK\x05\x06")
    content[end + 12 : end + 16] = struct.pack("<L", 2**32 - 2)
    return bytes(content)


def encrypted():
    content = bytearray(zipped(("export.xml", EXPORT.format(RECORD))))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(mark) + at
        content[place] |= 1
    return bytes(content)


def method(number):
    content = bytearray(zipped(("export.xml", EXPORT.format(RECORD))))
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        place = content.index(mark) + at
        content[place] = number
    return bytes(content)


def symlink():
    link = ZipInfo("export.xml")
    link.external_attr = 0o120777 << 16
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    return file.getvalue()


def flipped():
    content = bytearray(zipped(("export.xml", EXPORT.format(RECORD)), method=ZIP_STORED))
    content[content.index(b"Record") + 1] ^= 1
    return bytes(content)


def laughs(depth=12):
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(depth))
    return f"<?xml version='1.0'?><!DOCTYPE HealthData [{entities}]><HealthData>&l{depth - 1};</HealthData>"


def declared(entity, body=""):
    return f"<?xml version='1.0'?><!DOCTYPE HealthData [{entity}]><HealthData>{body}</HealthData>"


ENTITIES = "declares entities"
DAMAGED = "This zip file is damaged or cut off. Export it once more."
BROKEN = "export it once more"
NO_EXPORT = "This zip file holds no Apple Health export"
NO_COLUMN = "the column 'date' is missing"
NO_DAYS = "There is no day to add."

REFUSED = {
    # Zip
    "zip: bomb": (bomb, "Unpacked, the export is larger than 2 GB"),
    "zip: lying bomb": (lying_bomb, DAMAGED),
    "zip: ratio": (lambda: zipped(("export.xml", b"<HealthData>" + b" " * 8 * MEGABYTE)), "far more than an export"),
    "zip: huge list": (overfull, "too many files"),
    "zip: 10,001 files": (lambda: zipped(*((f"{n}.gpx", "") for n in range(10_001))), "too many files"),
    "zip: thousands that could be it": (
        lambda: zipped(*((f"{n}.xml", b" " * 200_000) for n in range(3000))), NO_EXPORT),
    "zip: in a zip": (lambda: zipped(("a.zip", zipped(("export.xml", EXPORT)))), NO_EXPORT),
    "zip: climbs": (lambda: zipped(("../../../export.xml", EXPORT.format(RECORD))), NO_EXPORT),
    "zip: absolute": (lambda: zipped(("/etc/passwd", "x")), NO_EXPORT),
    "zip: link": (symlink, NO_EXPORT),
    "zip: encrypted": (encrypted, "encrypted or packed in another way"),
    "zip: unknown method": (lambda: method(99), "encrypted or packed in another way"),
    "zip: damaged": (flipped, DAMAGED),
    "zip: cut off": (lambda: zipped(("export.xml", EXPORT.format(RECORD)))[:-30], DAMAGED),
    "zip: no end": (lambda: b"PK\x03\x04" + b"\0" * 1000, DAMAGED),
    "zip: empty": (lambda: zipped(), "damaged|is not in UTF-8|NUL"),
    "zip: spreadsheet": (lambda: zipped(("xl/workbook.xml", "<x/>")), "This is a spreadsheet"),
    "zip: spreadsheet, entities": (lambda: zipped(("xl/workbook.xml", laughs())), "This is a spreadsheet"),
    "zip: laughs": (lambda: zipped(("export.xml", laughs())), ENTITIES),
    "zip: another diary": (lambda: zipped(("diary.csv", "date,headache\n2026-06-01,mild\n")), NO_EXPORT),
    # XML
    "xml: laughs": (laughs, ENTITIES),
    "xml: quadratic": (lambda: declared(f'<!ENTITY a "{"a" * 50_000}">', "&a;" * 5000), ENTITIES),
    "xml: reads a file": (lambda: declared('<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;"), ENTITIES),
    "xml: asks a server": (lambda: declared('<!ENTITY a SYSTEM "http://127.0.0.1:9/">', "&a;"), ENTITIES),
    "xml: parameter": (lambda: declared('<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;'), ENTITIES),
    "xml: declared late": (
        lambda: declared(f'<!--{"x" * 300_000}--><!ENTITY a "b">', "&a;"), "cannot be read"),
    "xml: not declared": (lambda: EXPORT.format("&secret;"), BROKEN),
    "xml: cut off": (lambda: EXPORT.format(RECORD)[:-8], BROKEN),
    "xml: not closed": (lambda: EXPORT.format("<Record>"), BROKEN),
    "xml: two roots": (lambda: EXPORT.format("") + "<a/>", BROKEN),
    "xml: one tag of 5 MB": (lambda: EXPORT.format(f'<Record a="{"x" * 5 * MEGABYTE}"/>'), "a single tag is too"),
    "xml: one name of 5 MB": (lambda: EXPORT.format("<" + "x" * 5 * MEGABYTE), "a single tag is too long"),
    "xml: an unknown encoding": (lambda: EXPORT.replace("UTF-8", "EBCDIC-42").format(RECORD), BROKEN),
    "xml: not utf-8": (lambda: EXPORT.format(RECORD).encode() + b"\xff", BROKEN),
    "xml: NUL": (lambda: EXPORT.format("\0"), BROKEN),
    "xml: 20,001 headaches": (lambda: EXPORT.format(RECORD * 20_001), "holds more than 20000 headaches"),
    # JSON
    "json: deep": (lambda: "{" + LISTS + ', "a": ' + "[" * 100_000, BROKEN),
    "json: deep objects": (lambda: "{" + LISTS + ', "a": ' + '{"a":' * 50_000, BROKEN),
    "json: a number of 9,000 digits": (lambda: "{" + LISTS + ', "a": ' + "9" * 9000 + "}", BROKEN),
    "json: half a million objects": (
        lambda: '{"a": [' + "{}," * 500_000 + '1], "episodes": 1, "medications": 1, "medicationDoses": 1}', BROKEN),
    "json: NaN": (lambda: "{" + LISTS + ', "a": NaN}', BROKEN),
    "json: cut off": (lambda: "{" + LISTS, BROKEN),
    "json: lists that are none": (lambda: '{"episodes": 1, "medications": 2, "medicationDoses": 3}', BROKEN),
    "json: a later version": (lambda: '{"format": "headache-diary", "version": 99, "days": []}', "of version '99'"),
    "json: no days": (lambda: '{"format": "headache-diary", "version": 1}', "of version"),
    "json: days that are none": (
        lambda: json.dumps({"format": "headache-diary", "version": 1, "days": [{"date": {}}]}), "days[0]: date:"),
    "json: companion cut off": (lambda: '[{"attacks": [', BROKEN),
    "json: companion of medicines": (lambda: '[{"startDate": 1, "frequency": "daily"}]', "HC-DailyData"),
    "json: nothing known": (lambda: '{"a": 1}', NO_COLUMN),
    # Tables
    "csv: quote never closed": (lambda: 'date,headache,note\n2026-06-01,mild,"x\n' * 2, "is a quote opened"),
    "csv: 10,000 columns": (lambda: ",".join(f"c{n}" for n in range(10_000)) + "\n", NO_COLUMN),
    "csv: a cell of 1 MB": (lambda: f"date,headache,note\n2026-06-01,mild,{'x' * MEGABYTE}\n", "cannot be read"),
    "csv: a million rows": (lambda: "a\n" * 1_040_000, NO_COLUMN),
    "csv: larger than 2 MB": (lambda: b"date,headache\n" * 200_000, "larger than 2 MB. Split it by years."),
    "csv: 4,001 days": (lambda: "date,headache\n" + "".join(
        f"{1990 + n // 365}-{n % 12 + 1:02d}-{n % 28 + 1:02d},none\n" for n in range(4001)), "split the file by years"),
    "csv: cannot be packed": (lambda: "date,headache,note\n" + "".join(
        f"2026-06-01,mild,{n * 2654435761 % 2**64:x}{n * 40503 % 65521:x}\n" for n in range(24_000)), "too much to be"),
    "csv: NUL": (lambda: b"date,headache\n2026-06-01,mi\0ld\n", "holds a NUL character"),
    "csv: not utf-8": (lambda: b"date,headache\n2026-06-01,\xff\n", "is not in UTF-8"),
    "csv: a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is not in UTF-8"),
    "csv: a web page": (lambda: "<!doctype html><script>alert(1)</script>", NO_COLUMN),
    "csv: white space": (lambda: b" \r\n\t ", "The file is empty"),
    "cluster: quote never closed": (lambda: CLUSTER + '2026-06-01 02:00:00,,5,,,"x', BROKEN),
    "cluster: a cell of 1 MB": (lambda: CLUSTER + f"2026-06-01 02:00:00,,5,,,{'x' * MEGABYTE}\n", BROKEN),
    "cluster: only doses": (lambda: "taken_at,medication,kind\n2026-06-01 02:00:00,x,other\n", "choose the log"),
    "buddy: quote never closed": (lambda: BUDDY + '"1","03/14/26 08:30","', BROKEN),
    "buddy: page cut off": (lambda: '<table class="reports-table"><tr><td>1', "save it once more"),
    "buddy: page of rows": (lambda: '<table class="reports-table">' + "<tr>" * 400_000 + "</table>", "save it once"),
    "buddy: page of cells": (lambda: '<table class="reports-table"><tr>' + "<td>" * 400_000 + "</table>", NO_DAYS),
    "buddy: tag of names": (lambda: '<table class="reports-table"><tr ' + "b " * 500_000 + "></table>", "too long"),
    "buddy: tag of quotes": (lambda: '<table class="reports-table"><tr ' + "b='x'" * 300_000 + "></table>", "too long"),
    "buddy: page of open comments": (lambda: '<table class="reports-table">' + "<!--" * 400_000, "save it once more"),
    "buddy: page of open tags": (lambda: '<table class="reports-table">' + "<a " * 500_000, "save it once more"),
}  # fmt: skip


@pytest.fixture
def as_anna(db, noon):
    return visitor(new_patient("Anna Example").user)


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_file_is_refused_in_words_and_nothing_is_written(as_anna, name):
    make, words = REFUSED[name]
    content = make()
    content = content if isinstance(content, bytes) else content.encode()
    file = SimpleUploadedFile('x".csv\r\nX-Evil: 1', content, "text/csv")
    tracemalloc.start()
    response = as_anna.client.post("/data/import/", {"file": file})
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert response.status_code in (200, 422)
    page = response.content.decode().replace("&#x27;", "'").replace("&quot;", '"')
    assert any(one in page for one in words.split("|"))
    assert 'name="import"' not in page
    assert "root:" not in page
    assert not DiaryDay.objects.exists()
    # Of the request itself there are several copies; what is read from it adds little.
    assert peak < 64 * MEGABYTE + 4 * len(content)


def test_sixty_of_them():
    assert len(REFUSED) >= 60


def test_too_many_files_are_stopped(as_anna, monkeypatch):
    monkeypatch.setitem(limits.RATES, "import", "2/h/user")
    statuses = [
        as_anna.client.post("/data/import/", {"file": SimpleUploadedFile("x.csv", b"x")}).status_code
        for _ in range(3)
    ]
    assert statuses == [200, 200, 429]


def test_large_files_are_taken_for_an_import_alone(as_anna, client):
    file = SimpleUploadedFile("x.csv", b"x" * MEGABYTE, "text/csv")
    assert as_anna.client.post("/caring/", {"file": file}).status_code in (400, 413)
    file = SimpleUploadedFile("x.csv", b"x" * MEGABYTE, "text/csv")
    assert client.post("/data/import/", {"file": file}).status_code in (302, 400, 413)
