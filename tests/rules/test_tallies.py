"""Days as bits: the same windows and months as the rules count from the days themselves, on 500 generated diaries."""

from calendar import monthrange
from datetime import date, timedelta
from random import Random

import pytest

from clinic.tallies import NO_DAYS, Tally, packed, tally
from diary.rules import (
    COUNTED_CLASSES,
    Day,
    Diary,
    Feature,
    Headache,
    MedicationClass,
    Relief,
    first_of,
    month,
    month_number,
)

ORIGIN = date(2024, 1, 1)
CHUNKS = range(20)


def diary(chance):
    """Any kind of diary of up to half a year."""
    began = ORIGIN + timedelta(days=chance.randrange(400))
    density, bad = chance.choice([0.3, 0.7, 1.0]), chance.choice([0.1, 0.5, 0.9])
    words = [word for word in Headache if word is not Headache.NONE]
    return [
        Day(
            began + timedelta(days=back),
            chance.choice(words) if chance.random() < bad else Headache.NONE,
            pain=chance.choice([None, 2, 5, 9]),
            migraine=chance.choice([None, True, False]),
            features=frozenset(chance.sample(list(Feature), chance.randrange(4))),
            classes=frozenset(chance.sample(list(MedicationClass), chance.choice([0, 0, 1, 2]))),
            relief=chance.choice([None, *Relief]),
        )
        for back in range(chance.randrange(1, 180))
        if chance.random() < density
    ]


@pytest.mark.parametrize("chunk", CHUNKS)
def test_500_diaries_are_counted_as_the_rules_count_them(chunk):
    chance = Random(f"tallies {chunk}")
    for _ in range(500 // len(CHUNKS)):
        days = diary(chance)
        whole, bits = Diary(days), tally(days, ORIGIN)
        assert bits.last_day == whole.last_day
        for _ in range(6):
            first = ORIGIN + timedelta(days=chance.randrange(700))
            last = first + timedelta(days=chance.choice([0, 1, 27, 27, 27, 90]))
            assert bits.window(first, last) == whole.window(first, last)
        for number in range(month_number(ORIGIN), month_number(ORIGIN) + 20, 3):
            assert bits.month(first_of(number)) == month(whole, first_of(number))


def test_days_that_were_not_read_are_not_called_missing():
    bits = tally([Day(date(2026, 5, 1), Headache.MILD)], date(2026, 5, 1))
    with pytest.raises(ValueError, match="2026-04-30 is not known"):
        bits.window(date(2026, 4, 30), date(2026, 5, 1))
    assert bits.window(date(2026, 5, 1), date(2026, 5, 28)).missing == 27


def test_longest_month_of_everything_fits_into_its_column():
    full = [
        Day(date(2026, 1, day), Headache.SEVERE, classes=frozenset(COUNTED_CLASSES)) for day in range(1, 32)
    ]
    bits = packed(full)
    assert len(bits.medicines) <= 200
    assert bits.recorded == 2**31 - 1
    found = Tally(date(2026, 1, 1))
    found.add(month_number(date(2026, 1, 1)), bits)
    assert found.month(date(2026, 1, 1)) == month(Diary(full), date(2026, 1, 1))


def test_nothing_is_no_days():
    assert packed([]) == NO_DAYS
    assert monthrange(2026, 2)[1] == Tally(date(2026, 2, 1)).month(date(2026, 2, 1)).missing
