"""The files of other programs, one rule a test: nothing is added to what they say. What they say is made up."""

import contextlib
import json
from datetime import date, time
from decimal import Decimal
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

import pytest

from diary.details import Quality, Side
from diary.imports.archive import Unreadable
from diary.imports.uploaded import reading, text_of
from diary.rules import Feature, Headache

TODAY = date(2026, 6, 17)
BERLIN = ZoneInfo("Europe/Berlin")


def read(text, **options):
    return reading(text, TODAY, options.pop("classes", {}), zone=BERLIN, **options)


def sent(content):
    return text_of(BytesIO(content if isinstance(content, bytes) else content.encode()))


def days(found):
    return {f"{row.date:%m-%d}": row.day.headache.value for row in found.rows}


def doses(row):
    return [(dose.name, dose.strength, dose.doses) for dose in row.medicines]


def said(found):
    return "\n".join([*found.report.problems, *found.report.notices])


# --- Apple Health ----------------------------------------------------------------------------------------------

DOCTYPE = """<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 12 -->
<!ELEMENT HealthData (ExportDate,Me,Record*)>
<!ATTLIST HealthData locale CDATA #REQUIRED>
<!ATTLIST Broken as some phones write it
]>
"""


def record(
    value, start="2026-06-01 11:00:00 +0200", end="2026-06-01 15:00:00 +0200", inside="", source="Health"
):
    said = f' value="{value}"' if value is not None else ""
    return (
        f'<Record type="HKCategoryTypeIdentifierHeadache" sourceName="{source}" startDate="{start}" '
        f'endDate="{end}"{said}>{inside}</Record>\n'
    )


def health(*records, doctype=DOCTYPE):
    steps = (
        '<Record type="HKQuantityTypeIdentifierStepCount" startDate="2026-06-01 11:00:00 +0200" value="7"/>\n'
    )
    body = steps.join(["", *records, ""])
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}<HealthData locale="de_DE">\n{body}</HealthData>\n'
    )


def zipped(content, name="apple_health_export/export.xml", **others):
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for other, text in others.items():
            archive.writestr(other.replace("__", "/"), text)
        archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("value", "word"),
    {
        "HKCategoryValueSeverityUnspecified": "yes",
        "HKCategoryValueSeverityNotPresent": "none",
        "HKCategoryValueSeverityMild": "mild",
        "HKCategoryValueSeverityModerate": "moderate",
        "HKCategoryValueSeveritySevere": "severe",
        "0": "yes",
        "1": "none",
        "2": "mild",
        "3": "moderate",
        "4": "severe",
        None: "yes",
    }.items(),
)
def test_each_severity_of_apple_health_is_a_word_and_not_present_is_a_free_day(value, word):
    found = read(sent(health(record(value))))
    assert days(found) == {"06-01": word}
    assert found.rows[0].day.pain is None


def test_day_without_a_record_stays_not_recorded():
    assert days(read(sent(health(record("2"))))) == {"06-01": "mild"}
    assert "the export holds no headaches" in said(read(sent(health())))


def test_export_is_read_from_its_zip_whatever_the_phone_calls_it():
    cda = "<?xml version='1.0'?><ClinicalDocument/>"
    content = zipped(health(record("3")), "apple_health_export/Exportieren.xml", **{"a__export_cda.xml": cda})
    assert days(read(sent(content))) == {"06-01": "moderate"}


def test_nothing_but_headaches_is_kept_of_an_export():
    kept = sent(health(record("3")))
    assert "StepCount" not in kept
    assert kept.count("<Record") == 1


def test_moment_is_by_the_clock_of_the_diary():
    found = read(sent(health(record("3", "2026-05-31 20:00:00 -0400", "2026-05-31 21:00:00 -0400"))))
    assert [(row.date, row.other.start, row.other.end) for row in found.rows] == [
        (date(2026, 6, 1), time(2), time(3))
    ]


def test_record_without_a_length_has_no_end():
    same = "2026-06-01 11:00:00 +0200"
    [row] = read(sent(health(record("3", same, same)))).rows
    assert (row.other.hours, row.other.end) == (None, None)


def test_record_over_midnight_is_on_both_days():
    found = read(sent(health(record("4", "2026-06-01 22:00:00 +0200", "2026-06-02 03:00:00 +0200"))))
    assert [(f"{row.date:%m-%d}", row.other.hours) for row in found.rows] == [
        ("06-01", Decimal("2.00")),
        ("06-02", Decimal("3.00")),
    ]


def test_headache_stands_where_the_day_is_called_free_too():
    found = read(sent(health(record("1"), record("2", source="Watch"))))
    assert days(found) == {"06-01": "mild"}
    assert "2026-06-01 is called free and has a headache too" in said(found)


@pytest.mark.parametrize("uuid", [True, False])
def test_record_that_stands_twice_counts_once(uuid):
    inside = '<MetadataEntry key="HKExternalUUID" value="one"/>' if uuid else ""
    other = record("3", "2026-06-01 12:00:00 +0200", inside=inside) if uuid else record("3")
    found = read(sent(health(record("3", inside=inside), other)))
    assert found.rows[0].other.hours == Decimal("4.00")
    assert "headache 2: the same as headache 1, counted once" in said(found)


def test_name_of_another_kind_of_record_is_not_a_headaches():
    workout = '<Workout><MetadataEntry key="HKExternalUUID" value="one"/></Workout>'
    other = record("2", "2026-06-05 11:00:00 +0200", "2026-06-05 12:00:00 +0200")
    assert days(read(sent(health(record("3"), workout, other, workout)))) == {
        "06-01": "moderate",
        "06-05": "mild",
    }


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (record("9"), "headache 1: value: '9' is no severity"),
        (record("2", start="yesterday"), "headache 1: startDate: 'yesterday' is not a moment"),
        (record("2", end="2026-05-01 11:00:00 +0200"), "is not within 31 days after the beginning"),
        (record("2", end="2026-12-01 11:00:00 +0200"), "is not within 31 days after the beginning"),
    ],
)
def test_bad_record_is_said_and_the_rest_is_read(bad, words):
    good = record("2", "2026-06-05 11:00:00 +0200", "2026-06-05 12:00:00 +0200")
    found = read(sent(health(bad, good)))
    assert words in said(found)
    assert days(found) == {"06-05": "mild"}


def test_truncated_export_is_refused_with_its_line():
    whole = health(record("2"), record("3"))
    with pytest.raises(Unreadable, match=r"line \d+: it is broken off or damaged there; export it once more"):
        sent(whole[:-30])


# --- Cluster headache tracker --------------------------------------------------------------------------------------

LOG = "start_time,end_time,intensity,medication,triggers,notes\n"
DOSES = "taken_at,medication,kind,amount,unit,duration_minutes,effectiveness,minutes_to_relief,attack_start_time\n"
ATTACK = '2026-03-14 02:10:00,2026-03-14 03:00:00,9,Sumatriptan + Oxygen,"beer, heat","one\ntwo"\n'


def test_attack_of_the_cluster_log_is_a_day():
    [row] = (found := read(LOG + ATTACK)).rows
    assert (row.day.headache, row.day.pain, row.day.migraine) == (Headache.YES, 9, None)
    assert (row.other.start, row.other.end, row.other.triggers) == (time(2, 10), time(3), ("beer", "heat"))
    assert (doses(row), row.note) == ([("sumatriptan", "", 1)], "one\ntwo")
    assert "oxygen, which counts as no medicine (1×)" in said(found)


def test_newer_column_of_the_cluster_log_is_said_and_left_out():
    text = LOG.replace("\n", ",barometric_pressure\n") + "2026-03-14 02:10:00,,,,,,1013\n"
    [row] = (found := read(text)).rows
    assert (row.day.pain, row.other.hours) == (None, None)
    assert "barometric_pressure (1×)" in said(found)


def test_doses_take_the_place_of_what_the_log_says_of_them():
    text = (
        LOG
        + ATTACK
        + DOSES
        + "2026-03-14 02:15:00,Sumatriptan,abortive,50,mg,,helped,30,2026-03-14 02:10:00\n"
        + "2026-03-14 04:15:00,Sumatriptan,abortive,50,mg,,helped,30,\n"
        + "2026-03-14 02:15:00,Oxygen,oxygen,15,L/min,20,helped,10,2026-03-14 02:10:00\n"
        + "2026-03-14 08:00:00,Verapamil,preventive,240,mg,,,,\n"
        + "2026-03-20 08:00:00,Ibuprofen,other,400,mg,,,,\n"
    )
    [row] = (found := read(text)).rows
    assert doses(row) == [("sumatriptan", "50 mg", 2)]
    assert "preventive medicines (1×)" in said(found)
    assert "doses, line 6: not taken over: ibuprofen on 2026-03-20, a day of which nothing says" in said(
        found
    )


def test_doses_without_their_log_are_asked_for_it():
    found = read(DOSES + "2026-03-14 02:15:00,Sumatriptan,abortive,50,mg,,helped,30,\n")
    assert found.report.is_cut_short
    assert "choose the log and its doses together" in said(found)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2026-03-14 02:10:00,,11,,,", "line 2: intensity: '11' is not a whole number from 1 to 10"),
        ("14.03.2026,,5,,,", "line 2: start_time: '14.03.2026' is not a moment such as"),
        ("2026-03-14 02:10:00,2026-03-13 02:10:00,5,,,", "line 2: it ends before it begins"),
        ("2026-03-14 02:10:00,5", "line 2: 2 columns, but the header has 6"),
    ],
)
def test_bad_row_of_the_cluster_log_is_said_with_its_line(row, words):
    found = read(f"{LOG}{row}\n2026-03-20 02:10:00,,5,,,\n")
    assert words in said(found)
    assert days(found) == {"03-20": "yes"}


def test_same_beginning_counts_once():
    found = read(LOG + ATTACK + "2026-03-14 02:10:00,,3,,,\n")
    assert found.rows[0].day.pain == 9
    assert "line 4: the same beginning as line 2, counted once" in said(found)


def test_truncated_cluster_log_is_refused():
    found = read((LOG + ATTACK)[:-3])
    assert found.report.is_cut_short
    assert "may be cut off, export it once more" in said(found)


# --- MigraLog --------------------------------------------------------------------------------------------------

NOON = 1_772_445_600_000
"""2026-03-02, 11:00 in Berlin."""
HOUR = 3_600_000


def migralog(**lists):
    whole = {"metadata": {"id": "m", "version": "1", "schemaVersion": 1}, "episodes": [], "medications": [],
             "medicationDoses": [], "medicationSchedules": []}  # fmt: skip
    whole |= lists
    whole["metadata"] |= {
        "episodeCount": len(whole["episodes"]),
        "medicationCount": len(whole["medications"]),
    }
    return whole


EPISODE = {
    "id": "e1", "startTime": NOON, "endTime": NOON + 2 * HOUR, "locations": ["left_temple", "left_eye"],
    "qualities": ["throbbing"], "symptoms": ["nausea", "light_sensitivity", "dizziness"], "triggers": ["stress"],
    "notes": "first", "location": {"latitude": 52.5},
}  # fmt: skip
TABLET = {"id": "t", "name": "Sumatriptan", "type": "rescue", "dosageAmount": 50, "dosageUnit": "mg"}


def log(whole, **options):
    return read(json.dumps(whole), **options)


def dose(**said):
    return {"id": said.pop("id", "d"), "medicationId": "t", "timestamp": NOON, "quantity": 1} | said


def test_episode_is_a_day_with_what_the_other_lists_say_of_it():
    found = log(
        migralog(
            episodes=[EPISODE],
            intensityReadings=[
                {"episodeId": "e1", "timestamp": NOON, "intensity": 4},
                {"episodeId": "e1", "timestamp": NOON + HOUR, "intensity": 7},
                {"episodeId": "e1", "timestamp": NOON + HOUR, "intensity": 0},
            ],
            symptomLogs=[{"episodeId": "e1", "symptom": "vomiting", "onsetTime": NOON}],
            episodeNotes=[{"episodeId": "e1", "timestamp": NOON, "note": "second"}],
            medications=[TABLET],
            medicationDoses=[dose(quantity=1.5), dose(id="d2", status="skipped")],
        )
    )
    [row] = found.rows
    assert (row.date, row.day.headache, row.day.pain) == (date(2026, 3, 2), Headache.YES, 7)
    assert row.day.features == {
        Feature.NAUSEA, Feature.VOMITING, Feature.PHOTOPHOBIA, Feature.PULSATING, Feature.ONE_SIDED
    }  # fmt: skip
    assert (row.other.start, row.other.end, row.other.side) == (time(11), time(13), Side.LEFT)
    assert (row.other.quality, row.other.triggers) == (Quality.PULSATING, ("stress",))
    assert (row.note, doses(row)) == ("first\nsecond", [("sumatriptan", "50 mg", 2)])
    assert "a pain of 0 in an episode (1×)" in said(found)
    assert "52.5" not in str(found)


def test_pain_of_each_day_is_its_own_and_is_not_carried_over():
    night = EPISODE | {"endTime": NOON + 40 * HOUR}
    readings = [{"episodeId": "e1", "timestamp": NOON, "intensity": 6}]
    found = log(migralog(episodes=[night], intensityReadings=readings))
    assert [row.day.pain for row in found.rows] == [6, None, None]


def test_episode_that_goes_on_is_on_its_first_day():
    [row] = log(migralog(episodes=[{"id": "e1", "startTime": NOON}])).rows
    assert (row.other.hours, row.day.pain) == (None, None)


def test_zone_of_the_file_goes_before_that_of_the_diary():
    schedule = [{"id": "s", "medicationId": "t", "timezone": "Pacific/Auckland"}]
    late = EPISODE | {"startTime": NOON + 2 * HOUR, "endTime": None}
    assert days(log(migralog(episodes=[late], medicationSchedules=schedule))) == {"03-03": "yes"}
    assert "time zone of the diary, Europe/Berlin" in said(log(migralog(episodes=[late])))


def test_green_day_is_free_and_a_red_one_without_an_episode_says_nothing():
    statuses = [
        {"id": "1", "date": "2026-03-01", "status": "green", "notes": "fine"},
        {"id": "2", "date": "2026-03-04", "status": "red"},
    ]
    found = log(migralog(dailyStatusLogs=statuses))
    assert days(found) == {"03-01": "none"}
    assert found.rows[0].note == "fine"
    assert "a red day without an episode (1×)" in said(found)


@pytest.mark.parametrize(
    ("answer", "kept"), [("free", {"03-01": "none"}), ("headache", {"03-01": "yes"}), ("leave", {})]
)
def test_yellow_day_is_asked_about(answer, kept):
    whole = migralog(dailyStatusLogs=[{"id": "1", "date": "2026-03-01", "status": "yellow"}])
    assert log(whole).asks == "yellow"
    assert days(log(whole, yellow=answer)) == kept


def test_yellow_day_of_an_episode_is_not_asked_about():
    whole = migralog(
        episodes=[EPISODE], dailyStatusLogs=[{"id": "1", "date": "2026-03-02", "status": "yellow"}]
    )
    assert days(log(whole)) == {"03-02": "yes"}


def test_dose_on_a_day_of_which_nothing_is_said_is_named():
    found = log(migralog(medications=[TABLET], medicationDoses=[dose()]))
    assert found.rows == []
    assert "medicationDoses[0]: not taken over: sumatriptan on 2026-03-02" in said(found)


def test_category_of_an_unknown_medicine_is_its_class_and_else_it_is_asked_for():
    own = TABLET | {"name": "Oma's Tropfen", "category": "triptan"}
    whole = migralog(episodes=[EPISODE], medications=[own], medicationDoses=[dose()])
    assert [one.medication_class for one in log(whole).rows[0].medicines] == ["triptan"]
    own["category"] = "otc"
    assert log(whole).unknown == ["Oma's Tropfen"]
    found = log(whole, classes={"oma's tropfen": "other"})
    assert [one.medication_class for one in found.rows[0].medicines] == ["other"]


def test_day_with_a_medicine_that_cannot_be_read_is_left_out_whole():
    own = TABLET | {"name": "Oma's Tropfen"}
    other = EPISODE | {"id": "e2", "startTime": NOON + 48 * HOUR, "endTime": None}
    found = log(migralog(episodes=[EPISODE, other], medications=[own], medicationDoses=[dose()]))
    assert days(found) == {"03-04": "yes"}
    assert "episodes[0]: 2026-03-02 is left out whole: a medicine of that day cannot be read" in said(found)
    for bad in ({"medicationId": "gone"}, {"quantity": 1000}):
        whole = migralog(episodes=[EPISODE, other], medications=[TABLET], medicationDoses=[dose(**bad)])
        assert days(log(whole)) == {"03-04": "yes"}
    taken = [{"name": "Oma's Tropfen", "type": "other"}]
    companions = [
        companion(PAIN, medications=taken),
        companion(PAIN | {"startTime": None}, when="2026-03-05"),
    ]
    assert days(read(json.dumps(companions))) == {"03-05": "yes"}
    row = "2026-03-14 02:15:00,Oma's Tropfen,abortive,,,,,,\n"
    assert days(read(LOG + ATTACK + "2026-03-20 02:10:00,,5,,,\n" + DOSES + row)) == {"03-20": "yes"}


def test_preventive_medicine_is_no_dose():
    whole = migralog(
        episodes=[EPISODE], medications=[TABLET | {"type": "preventative"}], medicationDoses=[dose()]
    )
    assert log(whole).rows[0].medicines == ()
    assert "preventive medicines (1×)" in said(log(whole))


def test_ids_that_stand_twice():
    found = log(migralog(episodes=[EPISODE, EPISODE, EPISODE | {"notes": "other"}]))
    assert "episodes[1]: the same as episodes[0], counted once" in said(found)
    assert "episodes[2]: id: is the id of episodes[0] too, which differs" in said(found)
    assert found.rows[0].other.hours == Decimal("2.00")


@pytest.mark.parametrize("name", ["counts", "cut off", "a list"])
def test_truncated_migralog_is_refused(name):
    whole = migralog(episodes=[EPISODE])
    if name == "counts":
        whole["metadata"]["episodeCount"] = 3
    text = json.dumps(whole)
    broken = {"cut off": text[:-9], "a list": text.replace('"medications": []', '"medications": 1')}
    found = read(broken.get(name, text))
    words = {"counts": "it says that it holds 3 episodes, and 1 are there: it is cut off",
             "cut off": "the file: line 1: it is broken off or damaged there",
             "a list": "its list 'medications' is missing"}[name]  # fmt: skip
    assert found.report.is_cut_short
    assert found.rows == []
    assert words in said(found)


@pytest.mark.parametrize(
    ("episode", "words"),
    [
        ({"startTime": None}, "episodes[0]: startTime: is missing"),
        ({"startTime": "noon"}, "episodes[0]: startTime: 'noon' is not a moment, as a number since 1970"),
        ({"startTime": 1e30}, "episodes[0]: startTime: '1e+30' is not a moment"),
        ({"endTime": NOON - HOUR}, "episodes[0]: it ends before it begins"),
        ({"notes": 5}, "episodes[0]: notes: '5' is not a text"),
    ],
)
def test_bad_episode_is_said_with_its_place(episode, words):
    good = EPISODE | {"id": "e2", "startTime": NOON + 48 * HOUR, "endTime": None}
    found = log(migralog(episodes=[EPISODE | episode, good]))
    assert words in said(found)
    assert days(found) == {"03-04": "yes"}


# --- Headache Companion ----------------------------------------------------------------------------------------

PAIN = {
    "id": "a", "headacheType": "migraine", "painLevel": 6, "pressing": False, "pressingSide": 0, "pulsating": True,
    "pulsatingSide": 1, "auras": ["zigzag"], "symptoms": ["Nausea", "Stiff neck"], "onPeriod": True,
    "startTime": NOON / 1000, "stopTime": NOON / 1000 + 3600,
}  # fmt: skip


def companion(*attacks, medications=(), when="2026-03-02", **said):
    return {"date": when, "attacks": list(attacks), "medications": list(medications), "notes": "", **said}


def test_attack_of_headache_companion_is_a_day():
    found = read(
        json.dumps([companion(PAIN, notes="hard day", sleep=2, medications=[
            {"id": "m", "name": "Sumatriptan 50 mg", "type": "symptom relieving", "amount": "2", "effective": 1},
            {"id": "n", "name": "Topiramate", "type": "preventive", "amount": 1},
        ])])
    )  # fmt: skip
    [row] = found.rows
    assert (row.day.pain, row.day.migraine, row.other.menstruation) == (6, True, True)
    assert row.day.features == {Feature.NAUSEA, Feature.PULSATING, Feature.ONE_SIDED, Feature.AURA}
    assert (row.other.start, row.other.end, row.other.quality) == (time(11), time(12), Quality.PULSATING)
    assert (doses(row), row.note) == ([("sumatriptan", "50 mg", 2)], "hard day")
    for words in ("other symptoms", "how well medicines helped", "preventive medicines", "sleep and water"):
        assert words in said(found)


def test_day_of_headache_companion_without_an_attack_stays_not_recorded():
    found = read(json.dumps([companion(), companion(PAIN, when="2026-03-02")]))
    assert days(found) == {"03-02": "yes"}
    assert "a day without an attack, which the app writes whenever it is opened (1×)" in said(found)


@pytest.mark.parametrize(
    ("kind", "opinion"), [("migraine", True), ("tension", False), ("other", None), ("x", None)]
)
def test_kind_of_headache_is_the_opinion_of_the_person(kind, opinion):
    found = read(json.dumps([companion(PAIN | {"headacheType": kind, "auras": []})]))
    assert found.rows[0].day.migraine is opinion


def test_end_that_was_never_set_is_none_and_pain_of_0_is_not_said():
    [row] = read(json.dumps([companion(PAIN | {"stopTime": 0, "painLevel": 0})])).rows
    assert (row.other.end, row.other.hours, row.day.pain) == (None, None, None)


def test_attack_with_one_id_counts_once():
    found = read(json.dumps([companion(PAIN, PAIN)]))
    assert "day[0], attacks[1]: an attack with this id stands there already" in said(found)


def test_list_of_medicines_is_refused_with_the_name_of_the_other_file():
    text = json.dumps([{"id": "m", "name": "x", "frequency": "daily", "startDate": 1}])
    assert "choose the file HC-DailyData" in said(read(text))


@pytest.mark.parametrize("cut", [5, 60])
def test_truncated_headache_companion_is_refused(cut):
    found = read(json.dumps([companion(PAIN)])[:-cut])
    assert found.report.is_cut_short
    assert "broken off or damaged" in said(found)


# --- Migraine Buddy's page -------------------------------------------------------------------------------------


def page(*rows, end="</tbody></table></body></html>"):
    head = '<html><body><table class="table reports-table"><thead><tr><th>#</th></tr></thead><tbody>'
    return head + "".join(rows) + end


def html_row(
    started="14/03/26 22:30",
    lasted="05h 30m",
    pain="7",
    taken="Helpful - 2x Sumatriptan, 1x Advil",
    aura="Yes",
    kind="Migraine",
):
    triggers, left, right, notes = "Stress, Period: No", "Temple", "", "a &amp; b"
    cells = ["1", f"<span>{started}</span><span>At home</span><span>{lasted}</span>", kind, pain, "Missed work",
             triggers, "Nausea, Worse pain if moving", aura, left, right, taken, "Dark room"]  # fmt: skip
    return (
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        f'<tr class="notes"><td colspan="12">{notes}</td></tr>\n'
    )


def test_attack_of_the_page_is_on_its_days_with_the_number_of_doses():
    found = read(page(html_row()))
    first, second = found.rows
    assert (f"{first.date:%m-%d}", first.day.pain, first.day.migraine, first.note) == (
        "03-14",
        7,
        True,
        "a & b",
    )
    assert first.day.features == {
        Feature.NAUSEA, Feature.WORSE_WITH_ACTIVITY, Feature.AURA, Feature.ONE_SIDED
    }  # fmt: skip
    assert doses(first) == [("sumatriptan", "", 2), ("Advil", "", 1)]
    assert (second.medicines, second.other.hours, first.other.side) == ((), Decimal("4.00"), Side.LEFT)
    assert first.other.triggers == ("Stress",)


@pytest.mark.parametrize("lasted", ["Ongoing", ""])
def test_attack_of_the_page_without_an_end(lasted):
    [row] = read(page(html_row(lasted=lasted))).rows
    assert row.other.hours is None


def test_pain_and_kind_that_the_page_does_not_say_are_not_made_up():
    [row] = read(
        page(html_row(pain="", kind="Don't know yet", lasted="", taken="No medication", aura="No"))
    ).rows
    assert (row.day.pain, row.day.migraine, row.medicines) == (None, None, ())


def test_order_of_the_page_is_asked_where_it_is_not_shown():
    text = page(html_row(started="04/03/26 10:00"))
    assert read(text).asks_order
    assert days(read(text, order="day")) == {"03-04": "yes"}


def test_truncated_page_is_refused():
    found = read(page(html_row(), end=""))
    assert found.report.is_cut_short
    assert "the page ends within its table" in said(found)


# --- Which program it was --------------------------------------------------------------------------------------


def test_named_form_goes_before_what_the_content_looks_like():
    assert "a header row is needed" not in said(read(LOG + ATTACK, form="cluster-headache-tracker"))
    found = read(LOG + ATTACK, form="migralog")
    assert found.report.is_cut_short


def test_utf_16_with_its_mark_is_read():
    content = 'date,headache,hours\n2026-03-01,mild,"2,5"\n'.encode("utf-16")
    [row] = read(sent(content)).rows
    assert row.other.hours == Decimal("2.5")


# --- Whatever the file says ------------------------------------------------------------------------------------

ODD = (None, True, 0, -1, 1e300, "", "x", "\ud800", [], [[]], {}, {"a": []}, 10**30, "2026-13-40")
WHOLE = {
    "migralog": migralog(
        episodes=[EPISODE],
        medications=[TABLET],
        medicationDoses=[dose()],
        intensityReadings=[{"episodeId": "e1", "timestamp": NOON, "intensity": 4}],
        symptomLogs=[{"episodeId": "e1", "symptom": "vomiting"}],
        painLocationLogs=[{"episodeId": "e1", "painLocations": ["left_eye"]}],
        episodeNotes=[{"episodeId": "e1", "note": "second"}],
        dailyStatusLogs=[{"id": "1", "date": "2026-03-01", "status": "green"}],
    ),
    "companion": [
        companion(PAIN, medications=[{"id": "m", "name": "Advil", "type": "other", "amount": "2"}])
    ],
    "json": {
        "format": "headache-diary",
        "version": 1,
        "days": [
            {
                "date": "2026-03-01",
                "headache": "mild",
                "pain": 2,
                "features": ["aura"],
                "medicines": [{"name": "Imigran", "strength": "", "class": "triptan", "doses": 1}],
                "note": "n",
            }
        ],
    },
}


def places_in(value, path=()):
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places_in(value[key], (*path, key))


def with_odd(value, path, odd):
    if not path:
        return odd
    copy = value.copy()
    copy[path[0]] = with_odd(value[path[0]], path[1:], odd)
    return copy


@pytest.mark.parametrize("name", WHOLE)
def test_odd_value_anywhere_in_a_json_is_said_and_is_no_fault_of_ours(name):
    whole = WHOLE[name]
    for path in places_in(whole):
        for odd in ODD:
            text = json.dumps(with_odd(whole, path, odd))
            found = read(text, yellow="leave")
            assert all(isinstance(problem, str) and problem for problem in found.report.problems)
            said(found).encode()
            for row in found.rows:
                assert row.date <= TODAY


@pytest.mark.parametrize(
    "text",
    [LOG + ATTACK + DOSES + "2026-03-14 02:15:00,Advil,other,,,,,,\n", page(html_row()), health(record("2"))],
    ids=["cluster", "page", "health"],
)
def test_text_that_is_damaged_anywhere_is_no_fault_of_ours(text):
    for at in range(0, len(text), 7):
        for damaged in (
            text[:at],
            text[:at] + text[at + 1 :],
            text[:at] + '"' + text[at:],
            text[:at] + "<" + text[at:],
        ):
            with contextlib.suppress(Unreadable):
                assert all(row.date <= TODAY for row in read(sent(damaged), order="day").rows)
