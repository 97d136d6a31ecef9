"""The audit log can only grow, and whatever was done to it past the database's guards is found."""

from __future__ import annotations

import random
from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts import audit
from accounts.models import AuditEntry
from config.append_only import AUDIT, GUARDED, lifted, missing_guards
from tests.cast import NOON
from tests.races import at_once

Action = AuditEntry.Action


@pytest.fixture
def chain(noon):
    """Sixty entries."""
    for number in range(20):
        audit.append([audit.Line(Action.VIEWED, UUID(int=number), 1, 2)] * 3, UUID(int=9), "patient", "r")


ATTEMPTS = {
    "update by the ORM": lambda: AuditEntry.objects.update(route="other"),
    "save of an entry": lambda: AuditEntry.objects.get(number=7).save(),
    "delete by the ORM": lambda: AuditEntry.objects.filter(number=60).delete(),
    "delete of an entry": lambda: AuditEntry.objects.get(number=7).delete(),
    "update": lambda: sql("UPDATE accounts_auditentry SET actor = NULL WHERE number = 7"),
    "delete": lambda: sql("DELETE FROM accounts_auditentry WHERE number = 60"),
    "delete of all": lambda: sql("DELETE FROM accounts_auditentry"),
    "in place of": lambda: sql(
        "REPLACE INTO accounts_auditentry SELECT * FROM accounts_auditentry WHERE number = 7"
        if connection.vendor == "sqlite"
        else "TRUNCATE accounts_auditentry"
    ),
}


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_database_refuses(attempt):
    rows = list(AuditEntry.objects.order_by("number").values())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ATTEMPTS[attempt]()
    assert list(AuditEntry.objects.order_by("number").values()) == rows


@pytest.mark.usefixtures("chain")
def test_a_chain_that_nobody_touched_is_whole():
    verdict = audit.verified()
    assert (verdict.entries, verdict.faults, verdict.has_known_head) == (60, (), True)
    assert verdict.head == AuditEntry.objects.get(number=60).digest


FORGED = {
    "action": Action.LISTED,
    "actor": UUID(int=77),
    "subject": UUID(int=78),
    "clinic": 99,
    "care_link": 99,
    "route": "caseload",
    "request": "another",
    "detail": "something",
    "previous": "f" * 64,
    "digest": "e" * 64,
    "at": NOON + timedelta(seconds=1),
}


def tamper(chance: random.Random) -> None:
    """One change of one kind at one place, as somebody with a shell could make it."""
    place = chance.randint(1, 59)
    kind = chance.choice(["change", "change", "take out", "swap", "change and recount"])
    at = AuditEntry.objects.filter(number=place)
    if kind == "take out":
        at.delete()
    elif kind == "swap":
        AuditEntry.objects.filter(number=place + 1).update(number=1000)
        at.update(number=place + 1)
        AuditEntry.objects.filter(number=1000).update(number=place)
    else:
        field = chance.choice(sorted(FORGED))
        at.update(**{field: FORGED[field]})
        if kind == "change and recount" and field != "digest":
            at.update(digest=audit.digest(at.get()))


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize("seed", range(50))
def test_a_change_past_the_guards_is_found(seed):
    with lifted():
        tamper(random.Random(seed))
    assert audit.verified().faults


@pytest.mark.usefixtures("chain")
def test_an_end_that_was_cut_off_is_found_by_the_head_kept_elsewhere():
    head = audit.verified().head
    with lifted():
        AuditEntry.objects.filter(number__gt=55).delete()
    assert audit.verified().faults == ()
    assert not audit.verified(head).has_known_head


@pytest.mark.usefixtures("chain")
def test_an_earlier_head_is_still_on_the_chain():
    head = audit.verified().head
    audit.append([audit.Line(Action.VIEWED)])
    assert audit.verified(head).has_known_head


def said_by_the_command(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("chain")
def test_the_command_prints_the_head():
    assert (
        f"60 entries, each follows from the one before.\nHead: {audit.verified().head}\n"
        == said_by_the_command()
    )


@pytest.mark.usefixtures("chain")
def test_the_command_names_what_is_wrong():
    with lifted():
        AuditEntry.objects.filter(number=7).update(actor=None)
    with pytest.raises(CommandError, match=r"entry 7 was changed") as refused:
        said_by_the_command()
    assert refused.value.returncode == 2


@pytest.mark.usefixtures("chain")
def test_the_command_asks_for_the_head_kept_elsewhere():
    with pytest.raises(CommandError, match="entries were taken out or rewritten"):
        said_by_the_command("--head", "a" * 64)


@pytest.mark.usefixtures("chain")
def test_the_command_misses_a_trigger():
    name = missing_name()
    with pytest.raises(CommandError, match=f"trigger {name} is missing"):
        said_by_the_command()


def missing_name() -> str:
    name = f"{AUDIT.table}_keeps_its_past"
    sql(f'DROP TRIGGER "{name}"' + ("" if connection.vendor == "sqlite" else f' ON "{AUDIT.table}"'))
    return name


def test_every_guard_stands_in_a_new_database(db):
    assert len(GUARDED) >= 5
    assert missing_guards() == []


# --- Many at once --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 5])
def test_entries_from_eight_threads_are_one_chain(transactional_db, lines):
    def write() -> None:
        for _ in range(5):
            audit.append([audit.Line(Action.VIEWED, UUID(int=1))] * lines)

    at_once(*[write] * 8)
    verdict = audit.verified()
    assert (verdict.entries, verdict.faults) == (40 * lines, ())


def test_an_entry_stands_or_falls_with_what_it_is_about(transactional_db):
    with transaction.atomic():
        audit.append([audit.Line(Action.CHANGED)])
        transaction.set_rollback(True)
    audit.append([audit.Line(Action.VIEWED)])
    assert audit.verified().entries == 1
    assert audit.verified().faults == ()
