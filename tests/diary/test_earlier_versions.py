"""Corrections keep their past: every way in which a recorded day changes, and what its owner reads of it."""

import inspect
from datetime import time, timedelta
from decimal import Decimal
from io import StringIO
from uuid import UUID, uuid4

import pytest

from diary import actions, copying, receiving, snapshots
from diary.imports import storage
from diary.imports.diary_csv import Report, rows
from diary.merging import HEADACHE, Operation
from diary.models import DiaryDayVersion
from diary.rules import Headache, Relief, changed_after_the_fact
from tests.cast import NOON, TODAY, at_most, days_ago, medicine, record, visitor
from tests.past import faults_of_history

BY = UUID("00000000-0000-4000-8000-00000000000b")
WHEN = days_ago(5)
DAY = f"/days/{WHEN}/"


@pytest.fixture
def recorded(alice):
    """A day that says something everywhere."""
    taken = [medicine(alice, "sumatriptan", strength="50 mg"), medicine(alice, "Tea", "other")]
    said = {
        "pain": 8,
        "hours": Decimal("3.50"),
        "migraine": True,
        "features": "one_sided;pulsating;nausea;aura",
        "relief": "partial",
        "disability": "bed",
        "menstruation": True,
        "note": "before",
        "start": time(20, 30),
        "end": time(0, 0),
        "side": "left",
        "quality": "pulsating",
        "aura": "visual;speech",
        "triggers": "little sleep;=storm",
    }
    return record(alice, WHEN, "severe", *taken, **said)


SAID = {
    "headache": "severe",
    "pain": 8,
    "hours": "3.5",
    "migraine": True,
    "features": "one_sided;pulsating;nausea;aura",
    "relief": "partial",
    "disability": "bed",
    "menstruation": True,
    "note": "before",
    "start": "20:30:00",
    "end": "00:00:00",
    "side": "left",
    "quality": "pulsating",
    "aura": "visual;speech",
    "triggers": "little sleep;=storm",
    "source": "own",
    "recorded_on": WHEN.isoformat(),
    "medicines": [
        {
            "product": "",
            "name": "sumatriptan",
            "strength": "50 mg",
            "medication_class": "triptan",
            "doses": 1,
        },
        {"product": "", "name": "Tea", "strength": "", "medication_class": "other", "doses": 1},
    ],
}


# --- Every way -----------------------------------------------------------------------------------------------


def record_headache(patient, word=Headache.NONE):
    return [actions.record_headache(patient, WHEN, word, TODAY, by=BY)]


def change_doses(patient, change=1):
    return [actions.change_doses(patient, WHEN, patient.medicines.first(), change, by=BY)]


def save_day(patient, **fields):
    return [actions.save_day(patient, WHEN, {"note": "after"} | fields, {}, TODAY, by=BY)]


def say_relief(patient):
    return [actions.say_relief(patient, WHEN, Relief.FULL, by=BY)]


def delete_day(patient):
    return [actions.delete_day(patient, WHEN, by=BY)]


def put_back(patient):
    changes = save_day(patient)
    DiaryDayVersion.objects.count()
    assert actions.put_back(patient, changes, by=BY)
    return changes


def replaced_with(patient, text, by=None):
    report = Report()
    outcome = storage.store(patient, list(rows(StringIO(text), report)), report, replace=True, by=by)
    assert report.problems == []
    return outcome.replaced


def store_with_replace(patient):
    assert replaced_with(patient, f"date,headache,medicines\n{WHEN},mild,sumatriptan (50 mg)\n", BY) == 1


def receive(patient, value="mild", field=HEADACHE, seen="=severe"):
    """A tap of a phone that knew the day as it stands, unless said otherwise."""
    word = None if field == HEADACHE else "severe"
    operation = Operation(str(uuid4()), field, value, frozenset([seen]), word)
    receiving.receive(patient, receiving.Sent(operation, WHEN, NOON), NOON, timedelta(), by=BY)


def receive_doses(patient):
    receive(patient, 5, f"doses:{patient.medicines.first().pk}", "=1")


def choose(patient, value="mild"):
    """What counts more stood all along, and nothing was written until the person chose."""
    receive(patient, value, seen="=")
    assert not patient.day_versions.exists()
    return [receiving.choose(patient, WHEN, HEADACHE, value, by=BY)]


def take_back(patient):
    assert copying.take_back(patient, [WHEN], NOON, by=BY) == [WHEN]


WAYS = {
    "record_headache": record_headache,
    "change_doses": change_doses,
    "save_day": save_day,
    "say_relief": say_relief,
    "delete_day": delete_day,
    "put_back": put_back,
    "receive": receive,
    "choose": choose,
    "take_back": take_back,
}
ONLY_ADDS_OR_READS = {"record_headache_free", "seen", "copy_paper"}
ALL_WAYS = WAYS | {
    "doses taken back": lambda patient: change_doses(patient, -1),
    "doses of the form": lambda patient: [
        actions.save_day(patient, WHEN, {}, {patient.medicines.first().pk: 0}, TODAY, by=BY)
    ],
    "import with replace": store_with_replace,
    "doses by a phone": receive_doses,
    "nothing chosen": lambda patient: choose(patient, None),
}
MODULES = (actions, receiving, copying)


def test_each_action_on_a_diary_is_walked_here():
    public = {
        name
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "patient" in inspect.signature(inspect.unwrap(function)).parameters
    }
    assert public == WAYS.keys() | ONLY_ADDS_OR_READS


@pytest.mark.parametrize("name", WAYS)
def test_each_action_is_told_who_does_it(name):
    [action] = [getattr(module, name) for module in MODULES if hasattr(module, name)]
    by = inspect.signature(inspect.unwrap(action)).parameters["by"]
    assert (by.kind, by.default) == (by.KEYWORD_ONLY, by.empty)


@pytest.mark.parametrize("way", ALL_WAYS)
def test_what_stood_there_is_kept(alice, recorded, way):
    with faults_of_history() as faults:
        ALL_WAYS[way](alice)
    assert faults == []
    version = alice.day_versions.first()
    assert (version.date, version.said, version.replaced_by) == (WHEN, SAID, BY)
    assert (version.replaced_at, version.replaced_on) == (NOON, TODAY)
    assert version.is_deletion is (way in ("delete_day", "take_back", "nothing chosen"))
    assert alice.day_versions.count() == (2 if way == "put_back" else 1)


@pytest.mark.parametrize("way", ALL_WAYS)
def test_guard_reports_a_way_that_keeps_nothing(alice, recorded, monkeypatch, way):
    for place in (actions, snapshots):
        monkeypatch.setattr(place, "kept", lambda patient, change, taken, by: change)
    monkeypatch.setattr(storage, "keep_days", lambda patient, days, by, is_deletion=False: None)
    with faults_of_history() as faults:
        ALL_WAYS[way](alice)
        if way == "put_back":
            save_day(alice)  # else nothing differs in the end
    assert faults == [f"('day', {alice.pk}, '{WHEN}') was changed and nothing says what it was"]


def test_guard_reports_a_version_without_a_change(alice, recorded):
    with faults_of_history() as faults:
        snapshots.earlier_version(alice, WHEN, recorded.fields_said, [], by=None).save()
    assert faults == [f"('day', {alice.pk}, '{WHEN}') has an earlier version and did not change"]


NOTHING_CHANGES = {
    "same word": lambda patient: record_headache(patient, Headache.SEVERE),
    "same relief": lambda patient: actions.say_relief(patient, WHEN, Relief.PARTIAL, by=BY),
    "relief of a day that is not recorded": lambda patient: actions.say_relief(
        patient, days_ago(1), Relief.FULL, by=BY
    ),
    "no dose to take back": lambda patient: [
        actions.change_doses(patient, WHEN, medicine(patient, "Advil", "non_opioid"), -1, by=BY)
    ],
    "same form": lambda patient: save_day(patient, note="before"),
    "same doses": lambda patient: [
        actions.save_day(patient, WHEN, {}, {patient.medicines.first().pk: 1}, TODAY, by=BY)
    ],
    "day that is not recorded": lambda patient: actions.delete_day(patient, days_ago(1), by=BY),
    "dose of a day that is not recorded": lambda patient: actions.change_doses(
        patient, days_ago(1), patient.medicines.first(), 1, by=BY
    ),
    "first answer": lambda patient: actions.record_headache(patient, days_ago(1), Headache.MILD, TODAY, by=BY),
    "headache-free together": lambda patient: actions.record_headache_free(patient, [WHEN, days_ago(1)], TODAY),
    "form that was overtaken": lambda patient: actions.save_day(
        patient, WHEN, {"note": "x"}, {}, TODAY, "an older mark", by=BY
    ),
    "the same word by a phone": lambda patient: receive(patient, "severe"),
    "a word that another outweighs": lambda patient: receive(patient, "none", seen="="),
    "a choice where nothing is open": lambda patient: receiving.choose(patient, WHEN, HEADACHE, "mild", by=BY),
    "undo that was overtaken": lambda patient: actions.put_back(
        patient, [{"date": WHEN.isoformat(), "before": actions.NOT_RECORDED, "after": actions.NOT_RECORDED}], by=BY
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING_CHANGES)
def test_what_changes_nothing_writes_no_version(alice, recorded, name):
    with faults_of_history() as faults:
        NOTHING_CHANGES[name](alice)
    assert faults == []
    assert not DiaryDayVersion.objects.exists()


def test_import_keeps_all_days_that_it_replaces(alice):
    days = [days_ago(back) for back in range(1, 30)]
    for when in days:
        record(alice, when, "mild")
    with faults_of_history() as faults:
        assert replaced_with(alice, "date,headache\n" + "".join(f"{when},severe\n" for when in days)) == 29
    assert faults == []
    assert [version.replaced_by for version in alice.day_versions.all()] == [None] * 29


def test_undo_of_many_days_keeps_each(alice):
    changes = actions.record_headache_free(alice, [days_ago(1), days_ago(2)], TODAY)
    with faults_of_history() as faults:
        assert actions.put_back(alice, changes, by=BY)
    assert faults == []
    assert list(alice.day_versions.values_list("is_deletion", flat=True)) == [True, True]


def test_version_is_read_without_the_list_of_medicines(alice, recorded):
    delete_day(alice)
    alice.medicines.all().delete()
    version = alice.day_versions.get()
    assert [(str(one), doses) for one, doses in version.medicines] == [("sumatriptan 50 mg", 1), ("Tea", 1)]
    assert {word.value for word in version.record.day.classes} == {"triptan", "other"}


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", 0), ("Pacific/Kiritimati", 1), ("Pacific/Pago_Pago", 0), ("Asia/Kathmandu", 0)]
)
def test_date_of_a_change_is_the_patients_own(alice, recorded, zone, day):
    alice.time_zone = zone
    alice.save()
    delete_day(alice)
    assert alice.day_versions.get().replaced_on == TODAY + timedelta(days=day)


def test_failed_version_takes_the_change_with_it(alice, recorded, monkeypatch):
    def fails(*args, **options):
        raise RuntimeError

    ways = (record_headache, change_doses, save_day, say_relief, delete_day, receive, receive_doses, choose)
    for way in ways:
        with monkeypatch.context() as broken:
            broken.setattr(snapshots, "earlier_version", fails)
            with pytest.raises(RuntimeError):
                way(alice)
    assert alice.days.get().fields_said | {"medicines": SAID["medicines"]} == SAID


def test_version_from_before_there_were_details_is_read(as_alice, alice, recorded):
    new = ("start", "end", "side", "quality", "aura", "triggers")
    said = {name: value for name, value in SAID.items() if name not in new}
    DiaryDayVersion.objects.create(
        patient=alice, date=WHEN, said=said, replaced_at=NOON, replaced_on=TODAY, replaced_by=BY
    )
    [line] = before(as_alice.opens(DAY))
    assert "relief: Some · 3.5 hours · kept from the day’s work: In bed · period · sumatriptan" in line


def test_undo_brings_the_details_back(alice, recorded):
    changes = save_day(alice, start=None, end=None, side="", quality="", aura="", triggers="", features="")
    assert actions.put_back(alice, changes, by=BY)
    assert alice.days.get().fields_said | {"medicines": SAID["medicines"]} == SAID


def test_times_go_with_the_headache(alice, recorded):
    record_headache(alice)
    day = alice.days.get()
    assert (day.hours, day.start, day.end, day.side) == (None, None, None, "left")


def test_details_that_are_not_counted_change_no_counted_day(alice, recorded):
    """Only what is counted makes a day a changed one: a side that says a feature does, another one does not."""
    record(alice, days_ago(6), "mild", recorded_on=days_ago(6))
    quiet = {"start": time(8), "end": time(9), "side": "both", "quality": "other", "triggers": "x"}
    actions.save_day(alice, days_ago(6), quiet, {}, TODAY, by=BY)
    assert changed_days(alice) == []
    loud = {"side": "left", "features": "one_sided"}
    actions.save_day(alice, days_ago(6), loud, {}, TODAY, by=BY)
    assert changed_days(alice) == [days_ago(6)]


def changed_days(patient):
    standing = {day.date: day for day in patient.days.all().records()}
    earlier = patient.day_versions.after_two_days().records()
    return [changed.now.date for changed in changed_after_the_fact(earlier, standing)]


# --- What the owner reads ------------------------------------------------------------------------------------


def before(page):
    found = [
        one for one in page.main.all("details") if one.one("summary").text == "What this day said before"
    ]
    return [line.text for line in found[0].all("li")] if found else []


def test_late_change_is_told_in_the_owners_words(as_alice, recorded):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    assert before(as_alice.opens(DAY)) == [
        "Changed on 17 June 2026; it said before: Severe headache · worst pain 8 of 10 · “I think it was migraine” · "
        "On one side · Throbbing · Nausea · Aura before or with it · relief: Some · 3.5 hours · "
        "kept from the day’s work: In bed · period · from 20:30 to 00:00 · side: Left · felt: Throbbing · "
        "aura: Seeing things: zigzags, spots, gaps, Trouble finding words · "
        "may have played a part: little sleep, =storm · sumatriptan 50 mg ×1 · Tea ×1 before"
    ]


def test_deletion_is_told_and_the_day_is_missing(as_alice, recorded):
    as_alice.sends(f"{DAY}delete/")
    page = as_alice.opens(DAY)
    assert "This day is not recorded." in page.text
    assert before(page)[0].startswith("Deleted on 17 June 2026; it said before: Severe headache")


def test_import_is_told(as_alice, alice, recorded):
    replaced_with(alice, f"date,headache\n{WHEN},mild\n")
    assert before(as_alice.opens(DAY))[0].startswith(
        "Changed by an import on 17 June 2026; it said before: Severe"
    )


def test_latest_change_comes_first(as_alice, recorded):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    as_alice.sends(f"{DAY}headache/", headache="moderate")
    assert [line.split(": ")[1].split(" ·")[0] for line in before(as_alice.opens(DAY))] == [
        "Mild headache",
        "Severe headache",
    ]


@pytest.mark.parametrize("days", [0, 1, 2])
def test_taps_of_the_first_days_are_no_news(as_alice, alice, days):
    address = f"/days/{days_ago(days)}/"
    record(alice, days_ago(days), "mild")
    as_alice.sends(f"{address}headache/", headache="severe")
    as_alice.sends(f"{address}headache/", headache="none")
    assert alice.day_versions.count() == 2
    assert before(as_alice.opens(address)) == []


def test_taps_of_a_day_recorded_late_are_no_news(as_alice, alice):
    as_alice.sends(f"{DAY}headache/", headache="severe")
    as_alice.sends(f"{DAY}dose/", medicine=medicine(alice).pk, change="1")
    assert alice.day_versions.count() == 1
    assert before(as_alice.opens(DAY)) == []


def test_day_that_never_changed_says_nothing(as_alice, recorded):
    assert before(as_alice.opens(DAY)) == []


def test_undo_is_one_more_version(as_alice, alice, recorded):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    as_alice.sends("/undo/")
    assert alice.days.get().headache == "severe"
    assert len(before(as_alice.opens(DAY))) == 2


def test_writer_is_the_user_who_is_signed_in(as_alice, alice, recorded):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    assert alice.day_versions.get().replaced_by == alice.user.pseudonym


def test_what_was_written_is_shown_as_it_was_written(as_alice, alice):
    evil = "</details><script>alert(1)</script>"
    record(alice, WHEN, "mild", medicine(alice, evil), note=evil)
    as_alice.sends(f"{DAY}delete/")
    page = as_alice.opens(DAY)
    assert before(page)[0].endswith(f"{evil} ×1 {evil}")
    assert "<script>alert" not in page.html


def test_nobody_else_reads_it(as_bob, alice, recorded):
    delete_day(alice)
    assert before(as_bob.opens(DAY)) == []


@pytest.mark.parametrize("changes", [1, 30])
def test_queries_do_not_grow_with_the_changes(alice, recorded, changes):
    for number in range(changes):
        save_day(alice, note=f"note {number}")
    client = visitor(alice.user).client
    with at_most(8):
        client.get(DAY)
    with at_most(10):
        client.post(f"{DAY}headache/", {"headache": "mild"})


def test_day_on_which_the_window_closes(as_alice, alice, noon):
    """The evening of the second day afterwards is in time, the next morning is not."""
    record(alice, days_ago(2), "mild")
    noon.move_to("2026-06-17 23:59:59+00:00")
    as_alice.sends(f"/days/{days_ago(2)}/headache/", headache="severe")
    noon.move_to("2026-06-18 00:00:00+00:00")
    as_alice.sends(f"/days/{days_ago(2)}/headache/", headache="none")
    lines = before(as_alice.opens(f"/days/{days_ago(2)}/"))
    assert [line.split(": ")[1] for line in lines] == ["Severe headache"]
