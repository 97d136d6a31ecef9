"""Two phones and a page, with a network that drops, repeats and reorders: whatever happens, nothing is silently lost.

Most of it goes to the view itself, without the middlewares around it, which know nothing of entries: a thousand runs
then take a minute. The decoder and the database are always in it.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import RequestFactory
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from diary import actions, merging, phone
from diary.merging import HEADACHE
from diary.models import DeviceOperation, Patient
from diary.receiving import choose
from diary.rules import Headache
from diary.sync import sync
from tests.cast import TODAY, days_ago, medicine, new_patient, signed_in
from tests.phones import ADDRESS, AT_ONCE, Day, Phone, Said, buttons, doses_of, message_of

pytestmark = pytest.mark.django_db
RUNS = 1000 if connection.vendor == "sqlite" else 150
PARTS = 4
"""So that they can run beside each other."""
DAYS = [days_ago(1), days_ago(2)]
IN_CI = os.environ.get("CI", "").lower() == "true"
WORDS = ["none", "mild", "severe"]
PHONES = st.integers(0, 1)


def answered(patient: Patient, message: Said) -> Said:
    """By the view, without a network."""
    request = RequestFactory().post(ADDRESS, json.dumps(message), content_type="application/json")
    request.user = patient.user
    response = sync(request)
    assert response.status_code == 200, response.content
    answer: Said = json.loads(response.content)
    return answer


@dataclass(frozen=True)
class Diary:
    """All days as the server would tell a phone that asks anew, what it asks the person, and its operations."""

    days: dict[str, Day]
    open_to_choose: dict[tuple[str, str], list[Any]]
    operations: list[DeviceOperation]


def looked_up(patient: Patient) -> Diary:
    days = patient.days.between(DAYS[-1], TODAY).records_with_doses()
    dates = [day.date for day, _doses in days]
    assert len(dates) == len(set(dates)), "a date has one row at most"
    operations = list(patient.operations.order_by("pk"))
    on_phone = [one for one in operations if one.stands]
    told = [phone.day_payload(day) for day in phone.standing_days(days, on_phone)]
    conflicts = phone.conflicts(on_phone, patient.medicines.all())
    return Diary(
        {when: Day(word, doses, seen) for when, word, doses, seen in told},
        {(one.date.isoformat(), one.field): one.values for one in conflicts},
        operations,
    )


def shown(days: dict[str, Day]) -> dict[str, Any]:
    """As a person reads them: a day of which nothing is said is as good as none."""
    return {when: day.shown for when, day in days.items() if day.shown != (None, {})}


class Everyday(RuleBasedStateMachine):
    """`by_pages`: which fields of which days something other than a phone wrote, after how many answers."""

    patient: Patient
    other: Patient
    run = 0

    @initialize(
        seed=st.integers(0, 2**32), has_page=st.booleans(), skews=st.tuples(*[st.floats(-10, 10)] * 2)
    )
    def begin(self, seed: int, has_page: bool, skews: tuple[float, float]) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.chance = random.Random(seed)
        owner = phone.owner_mark(self.patient)
        self.phones = [
            Phone(owner, clock_off=timedelta(days=365.25 * years), names=self.new_name) for years in skews
        ]
        self.has_page = has_page
        self.fields = [HEADACHE, doses_of(self.patient.medicines.get())]
        self.on_the_way: list[Said] = []  # messages that may arrive later, or again
        self.sent: dict[str, Said] = {}  # every operation that a message held
        self.answered: dict[str, int] = {}  # when each of them was first heard of
        self.by_pages: dict[tuple[str, str], int] = {}
        self.steps = self.checked = 0
        self.looked: tuple[int, Diary] | None = None

    @property
    def diary(self) -> Diary:
        """As it stands. Between two steps nothing is written, so that one look is enough."""
        if self.looked is None or self.looked[0] != self.steps:
            self.looked = self.steps, looked_up(self.patient)
        return self.looked[1]

    def new_name(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128))

    # --- What people do

    @rule(which=PHONES, when=st.sampled_from(DAYS), word=st.sampled_from(WORDS))
    def says(self, which: int, when: Any, word: str) -> None:
        self.phones[which].taps(when, word)

    @rule(which=PHONES, when=st.sampled_from(DAYS), step=st.sampled_from([1, 1, -1]))
    def takes(self, which: int, when: Any, step: int) -> None:
        one, field = self.phones[which], self.fields[1]
        one.taps(when, max(0, one.day(when).value(field) + step), field)

    @rule(which=PHONES)
    def undoes(self, which: int) -> None:
        self.phones[which].undoes_the_last()

    @rule(which=PHONES)
    def opens_a_page(self, which: int) -> None:
        self.opened(self.phones[which])

    def opened(self, one: Phone) -> None:
        told = [[when, day.word, day.doses, day.seen] for when, day in self.diary.days.items()]
        one.opens({"days": told})

    @rule(which=PHONES, years=st.floats(-10, 10))
    def clock_jumps(self, which: int, years: float) -> None:
        self.phones[which].clock_off = timedelta(days=365.25 * years)

    # --- What the network does

    def arrives(self, message: Said) -> Said:
        self.steps += 1
        answer = answered(self.patient, message)
        for one in answer["answers"]:
            assert one["status"] in {"saved", "known", "older", "kept"}, one
            if one["status"] == "known":
                assert one["name"] in self.answered
            self.answered.setdefault(one["name"], self.steps)
        return answer

    def leaves(self, which: int) -> Said:
        message = self.phones[which].message()
        self.sent |= {one["name"]: one for one in message["operations"]}
        self.on_the_way.append(message)
        return message

    @rule(which=PHONES)
    def sends(self, which: int) -> None:
        one = self.phones[which]
        # What a phone that knows all says on top of it, is what there is then.
        knows_all, was_open = self.knows_all(one), self.diary.open_to_choose
        expected, message = shown(one.days), self.leaves(which)
        # What has arrived before counts once, and a page may have written since.
        is_new = not any(said["name"] in self.answered for said in message["operations"])
        one.hears(self.arrives(message))
        if knows_all and is_new and not was_open and not self.diary.open_to_choose:
            assert shown(self.diary.days) == expected

    def knows_all(self, one: Phone) -> bool:
        """Of every field, it has seen what stands."""
        days = self.diary.days
        mine = {day[0]: Day(day[1], day[2], day[3]) for day in one.days_said.values()}
        return shown(days) == shown(mine) and all(
            days.get(str(when), Day()).marks(name) == mine.get(str(when), Day()).marks(name)
            for when in DAYS
            for name in self.fields
        )

    @rule(which=PHONES)
    def sends_and_never_hears(self, which: int) -> None:
        """The server took it in; the phone waits and sends it again some time."""
        self.arrives(self.leaves(which))

    @rule(which=PHONES)
    def sends_into_nothing(self, which: int) -> None:
        self.leaves(which)

    @precondition(lambda self: self.on_the_way)
    @rule()
    def an_old_message_arrives(self) -> None:
        self.arrives(self.chance.choice(self.on_the_way))

    @precondition(lambda self: self.on_the_way)
    @rule()
    def a_message_arrives_in_another_order(self) -> None:
        message = self.chance.choice(self.on_the_way)
        operations = list(message["operations"])
        self.chance.shuffle(operations)
        self.arrives(message | {"operations": operations})

    @precondition(lambda self: self.answered)
    @rule()
    def the_same_again_changes_nothing(self) -> None:
        again = [self.sent[self.chance.choice(list(self.answered))]]
        before = self.all_there_is()
        answer = self.arrives(message_of(self.patient, again))
        assert [one["status"] for one in answer["answers"]] == ["known"]
        assert self.all_there_is() == before

    def all_there_is(self) -> Any:
        versions, diary = self.patient.day_versions.count(), self.diary
        rows = [(one.name, one.value, one.stands, one.is_contested) for one in diary.operations]
        return versions, rows, shown(diary.days), diary.open_to_choose

    # --- What a page of the site does

    def page_wrote(self, when: Any, *fields: str) -> None:
        self.steps += 1
        for field in fields:
            self.by_pages[when.isoformat(), field] = self.steps

    @precondition(lambda self: self.has_page)
    @rule(
        when=st.sampled_from(DAYS), word=st.sampled_from(WORDS), doses=st.integers(0, 2), note=st.booleans()
    )
    def saves_the_form_of_a_day(self, when: Any, word: str, doses: int, note: bool) -> None:
        fields = {"headache": Headache(word), "note": "a note" if note else ""}
        taken = {self.patient.medicines.get().pk: doses}
        change = actions.save_day(self.patient, when, fields, taken, TODAY, by=None)
        assert change
        if change["before"] != change["after"]:
            self.page_wrote(when, *self.fields)

    @precondition(lambda self: self.has_page)
    @rule(when=st.sampled_from(DAYS))
    def deletes(self, when: Any) -> None:
        change = actions.delete_day(self.patient, when, by=None)
        if change["before"]["fields"]:
            self.page_wrote(when, *self.fields)

    @precondition(lambda self: self.has_page)
    @rule()
    def chooses(self) -> None:
        offered = self.diary.open_to_choose
        if not offered:
            return
        (day, field), values = self.chance.choice(list(offered.items()))
        when, value = next(one for one in DAYS if one.isoformat() == day), self.chance.choice(values)
        assert choose(self.patient, when, field, value, by=None)
        self.page_wrote(when, field, *(self.fields if value is None else ()))
        assert (day, field) not in self.diary.open_to_choose
        assert self.diary.days.get(day, Day()).value(field) == (value or (0 if field != HEADACHE else None))

    # --- What always holds

    @invariant()
    def nothing_is_lost_on_the_way(self) -> None:
        if hasattr(self, "steps") and self.checked != self.steps:  # else nothing was written since
            self.checked = self.steps
            self.what_was_answered_is_reflected()

    def what_was_answered_is_reflected(self) -> None:
        if not self.answered:
            return
        rows = {row.name: row for row in self.diary.operations}
        seen = {(row.date, row.field, name) for row in rows.values() for name in row.seen}
        days, offered = self.diary.days, self.diary.open_to_choose
        for name, heard in self.answered.items():
            one = self.sent[name]
            place = one["date"], one["field"]
            row = rows[name]
            if (row.date, row.field, name) in seen or self.by_pages.get(place, 0) > heard:
                continue  # something that had seen it, or a page after it
            assert row.stands, one
            stands = days.get(one["date"], Day()).value(one["field"])
            assert stands == one["value"] or one["value"] in offered.get(place, []), (one, stands, offered)

    def teardown(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        try:
            self.in_the_end()
        finally:
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def in_the_end(self) -> None:
        """All is sent and both phones look again: they show what the server shows."""
        for _ in range(2):
            for which, one in enumerate(self.phones):
                while one.unsent:
                    one.hears(self.arrives(self.leaves(which)))
        self.what_was_answered_is_reflected()
        for one in self.phones:
            assert not one.refused
            self.opened(one)
            assert shown(one.days) == shown(self.diary.days)
        if not self.by_pages:
            self.other_orders_come_to_the_same()

    def other_orders_come_to_the_same(self) -> None:
        """The same entries in another order, in the diary of somebody else."""
        own, theirs = self.fields[1], doses_of(self.other.medicines.get())
        entries = [self.sent[name] for name in self.answered]
        entries = [one | {"field": one["field"].replace(own, theirs)} for one in entries]
        entries += self.chance.sample(entries, len(entries) // 3)
        self.chance.shuffle(entries)
        for start in range(0, len(entries), AT_ONCE):
            answered(self.other, message_of(self.other, entries[start : start + AT_ONCE]))
        other = looked_up(self.other)
        mine, others = (
            {when: self.names_apart(day) for when, day in shown(found.days).items()}
            for found in (self.diary, other)
        )
        assert others == mine
        there = {
            (when, field.replace(theirs, own)): values
            for (when, field), values in other.open_to_choose.items()
        }
        assert there == self.diary.open_to_choose
        type(self).run += 1
        if self.run % 50 == 1:
            assert buttons(signed_in(self.other.user)) == buttons(signed_in(self.patient.user))

    @staticmethod
    def names_apart(day: Any) -> Any:
        word, doses = day
        return word, sorted(doses.values())


@pytest.fixture
def two(noon: Any) -> tuple[Patient, Patient]:
    found = new_patient("Alice Archer"), new_patient("Olga Other")
    for patient in found:
        medicine(patient)
    return found


def walk(two: tuple[Patient, Patient], runs: int, seed: int | None, *phases: Phase) -> None:
    own = {"patient": two[0], "other": two[1], "_hypothesis_internal_use_seed": seed}
    run_state_machine_as_test(
        type("Machine", (Everyday,), own),
        settings=settings(
            max_examples=runs,
            stateful_step_count=14,
            deadline=None,
            database=None,
            phases=phases or tuple(Phase),
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
def test_two_phones_and_a_page(two, part):
    # In CI the same every time, and each part another.
    walk(two, RUNS // PARTS, part if IN_CI else None)


def last_write_wins(known, new, recorded, says_more=False):
    """What most programs do: by the order of arrival, and nobody is asked."""
    if any(one.id == new.id for one in known):
        return merging.Merged(tuple(known), {}, frozenset(), merging.KNOWN)
    others = tuple(replace(one, stands=one.stands and one.field != new.field) for one in known)
    return merging.Merged((*others, new), {new.field: new.value}, frozenset(), merging.SAVED)


def counted_twice(known, new, recorded, says_more=False):
    return RIGHT([one for one in known if one.id != new.id], new, recorded, says_more)


def late_ones_count_anew(known, new, recorded, says_more=False):
    """What had seen an entry before it arrived is forgotten."""
    return RIGHT([replace(one, seen=frozenset()) for one in known], new, recorded, says_more)


RIGHT = merging.merged


@pytest.mark.parametrize("wrong", [last_write_wins, counted_twice, late_ones_count_anew])
def test_guard_reports(two, monkeypatch, wrong):
    monkeypatch.setattr(merging, "merged", wrong)
    with pytest.raises((AssertionError, IntegrityError, FlakyFailure, ExceptionGroup)):
        walk(two, RUNS, 1, Phase.generate)
