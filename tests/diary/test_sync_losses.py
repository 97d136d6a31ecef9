"""A network that loses one message in five before the server has it, and one answer in five after that."""

import random
from datetime import timedelta

from diary.phone import owner_mark
from tests.cast import TODAY, medicine, signed_in
from tests.phones import Phone, buttons, doses_of, post

TAPS = 200
LOST = 0.2


def test_two_hundred_taps_and_no_wrong_value(alice):
    """The phone sends again what it was not told of, in batches, as `outbox.js` does."""
    chance, client, phone = random.Random(7), signed_in(alice.user), Phone(owner_mark(alice))
    medicines = [medicine(alice), medicine(alice, "Tea", "other")]
    tries = known = 0
    for _ in range(TAPS):
        when = TODAY - timedelta(days=chance.randrange(40))
        fields = [doses_of(one) for one in medicines] if phone.day(when).word else []
        if fields and chance.random() < 0.5:
            phone.taps(when, chance.randrange(5), chance.choice(fields))
        else:
            phone.taps(when, chance.choice(["none", "mild", "moderate", "severe"]))
        if chance.random() < 0.1:
            phone.undoes_the_last()
        if chance.random() < 0.3:
            tries, known = flushed(phone, client, chance, tries, known)
    expected = shown(phone)
    while phone.unsent:
        tries, known = flushed(phone, client, chance, tries, known)
    assert known > 10
    assert tries > 30
    days = alice.days.prefetch_related("intakes")
    there = {
        day.date.isoformat(): (
            day.headache,
            {str(intake.medicine_id): intake.doses for intake in day.intakes.all()},
        )
        for day in days
    }
    assert there == expected
    assert (shown(phone), buttons(client), phone.refused) == (expected, [], [])


def shown(phone):
    return {when: day.shown for when, day in phone.days.items() if day.word}


def flushed(phone, client, chance, tries, known):
    """One message; how many were tried, and how many entries the server had already."""
    if not phone.unsent or chance.random() < LOST:
        return tries + 1, known
    answer = post(client, phone.message()).json()
    known += sum(one["status"] == "known" for one in answer["answers"])
    if chance.random() >= LOST:
        phone.hears(answer)
    return tries + 1, known
