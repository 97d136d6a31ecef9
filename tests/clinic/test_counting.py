"""What is kept of months is what the days say, however they are written: the database itself sees every write."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from clinic.counting import count_all, tallies
from clinic.erasure import erase
from clinic.models import CountedMonth
from clinic.tallies import MonthBits, packed
from config import month_versions
from diary import actions, receiving
from diary.imports import storage
from diary.imports.diary_csv import Report, rows
from diary.merging import HEADACHE, Operation
from diary.models import Carer, DiaryDay, Intake
from diary.rules import month_number
from tests.cast import NOON, TODAY, days_ago, medicine, new_user, record, record_all, visitor

BACK = 40


def replaced_with(patient, text):
    report = Report()
    storage.store(patient, list(rows(StringIO(text), report)), report, replace=True, by=None)
    assert report.problems == []


def by_days(patient):
    """The months of a diary, packed from the days themselves; without those that hold none."""
    months = {}
    for day in patient.days.records():
        months.setdefault(month_number(day.date), []).append(day)
    return {number: packed(days) for number, days in months.items()}


def kept(patient):
    """What the list of patients would read, counted where it must."""
    tallies(CountedMonth.objects.filter(patient=patient), month_number(days_ago(400)))
    rows = patient.counted_months.values_list("month", *MonthBits._fields)
    return {number: MonthBits(*bits) for number, *bits in rows if bits[0]}


@pytest.fixture
def counted(alice):
    """Alice's two months, counted once."""
    record_all(alice, [days_ago(back) for back in range(1, BACK)], "mild", medicine(alice))
    assert kept(alice) == by_days(alice)
    return alice


def a_day(patient):
    return patient.days.order_by("-date")[3]


def sent(patient, address, **fields):
    visitor(patient.user).sends(address, **fields)


def by_carer(patient):
    carer = Carer.objects.create(patient=patient, user=new_user("Cora Carer"))
    sent_by = visitor(carer.user)
    sent_by.sends(f"/caring/{carer.pk}/{TODAY}/headache/", headache="severe")


def imported(patient):
    lines = ("date,headache,medicines", f"{days_ago(60)},severe,ibuprofen", f"{days_ago(2)},none,")
    replaced_with(patient, "\n".join(lines))


def filled_in(patient):
    patient.days.filter(date=days_ago(2)).delete()
    sent(patient, "/days/headache-free/", days=[days_ago(2).isoformat()])


def by_phone(patient):
    operation = Operation("1" * 32, HEADACHE, "severe", frozenset(["=mild"]), None)
    receiving.receive(patient, receiving.Sent(operation, days_ago(2), NOON), NOON, timedelta(), by=None)


WAYS = {
    "a tap": lambda p: sent(p, f"/days/{days_ago(0)}/headache/", headache="severe"),
    "another word": lambda p: sent(p, f"/days/{days_ago(3)}/headache/", headache="none"),
    "a dose": lambda p: sent(
        p, f"/days/{days_ago(2)}/dose/", medicine=medicine(p, "ibuprofen", "non_opioid").pk, change="1"
    ),
    "doses of the form": lambda p: actions.save_day(
        p, days_ago(5), {}, {p.medicines.first().pk: 0}, TODAY, by=None
    ),
    "a day filled in": filled_in,
    "a carer": by_carer,
    "a phone": by_phone,
    "an import that replaces": imported,
    "a day deleted": lambda p: actions.delete_day(p, days_ago(4), by=None),
    "rows at once": lambda p: record_all(p, [days_ago(back) for back in range(50, 120)], "severe"),
    "rows changed at once": lambda p: p.days.filter(date__lt=days_ago(9)).update(headache="none"),
    "rows deleted at once": lambda p: p.days.filter(date__gte=days_ago(9)).delete(),
    "all deleted": lambda p: p.days.all().delete(),
    "another date": lambda p: p.days.filter(pk=a_day(p).pk).update(date=days_ago(200)),
    "doses deleted at once": lambda p: Intake.objects.filter(day__patient=p).delete(),
    "another medicine": lambda p: Intake.objects.filter(day=a_day(p)).update(
        medicine=medicine(p, "codeine", "opioid")
    ),
    "another class": lambda p: p.medicines.update(medication_class="opioid"),
    "a new row": lambda p: record(p, TODAY, "mild", p.medicines.first(), migraine=True),
    "INSERT OR IGNORE": lambda p: DiaryDay.objects.bulk_create(
        [DiaryDay(patient=p, date=TODAY, headache="mild"), DiaryDay(patient=p, date=days_ago(1), headache="severe")],
        ignore_conflicts=True,
    ),
    "an upsert": lambda p: DiaryDay.objects.bulk_create(
        [DiaryDay(patient=p, date=days_ago(1), headache="none")],
        update_conflicts=True,
        unique_fields=["patient", "date"],
        update_fields=["headache"],
    ),
    "plain SQL": lambda p: plain_sql(p),
    "what was rolled back": lambda p: rolled_back(p),
}  # fmt: skip


def plain_sql(patient):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM diary_intake WHERE day_id = %s", [a_day(patient).pk])
        cursor.execute("DELETE FROM diary_diaryday WHERE id = %s", [a_day(patient).pk])


def rolled_back(patient):
    with transaction.atomic():
        record(patient, TODAY, "severe")
        transaction.set_rollback(True)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_kept_equals_the_days(counted, way):
    before = by_days(counted)
    WAYS[way](counted)
    assert kept(counted) == by_days(counted)
    assert (by_days(counted) != before) == (way != "what was rolled back")


@pytest.mark.parametrize("way", [way for way in WAYS if way != "what was rolled back"])
def test_without_the_triggers_it_would_not(counted, way):
    lifted(connection)
    WAYS[way](counted)
    assert kept(counted) != by_days(counted)


def lifted(connection):
    with connection.cursor() as cursor:
        for statement in month_versions.removals(connection.vendor):
            cursor.execute(statement)


def test_triggers_stand_and_a_missing_one_is_named(db):
    assert month_versions.missing_triggers() == []
    lifted(connection)
    assert month_versions.missing_triggers() == list(month_versions.TRIGGERS)


def test_write_between_the_reading_of_version_and_days_is_counted_next_time(counted, monkeypatch):
    from clinic import counting

    record(counted, TODAY, "severe")
    read = counting._days

    def overtaken(outdated):
        days = read(outdated)
        record(counted, TODAY + timedelta(days=1), "severe")
        monkeypatch.undo()
        return days

    monkeypatch.setattr(counting, "_days", overtaken)
    kept(counted)
    assert CountedMonth.objects.changed().count() == 1
    assert kept(counted) == by_days(counted)


def test_command_counts_what_changed_and_everything(counted):
    record(counted, TODAY, "severe")
    out = StringIO()
    call_command("count_diaries", stdout=out)
    CountedMonth.objects.filter(month=month_number(TODAY)).update(recorded=0)
    call_command("count_diaries", "--all", stdout=out)
    assert out.getvalue().splitlines() == ["1 months counted.", "2 months counted."]
    assert kept(counted) == by_days(counted)
    assert count_all() == 0


def test_erased_diary_leaves_no_counts(counted, bob):
    record(bob, TODAY, "mild")
    erase(counted)
    assert set(CountedMonth.objects.values_list("patient", flat=True)) == {bob.pk}
