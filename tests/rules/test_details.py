"""Times of a headache, the features that details imply, and the words of what may have played a part."""

from datetime import date, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.details import (
    MOST_TRIGGERS,
    TRIGGER_LENGTH,
    Aura,
    BadTrigger,
    Quality,
    Side,
    hours_on_day,
    implied_features,
    is_past_midnight,
    trigger_words,
)
from diary.rules import Feature

BERLIN = ZoneInfo("Europe/Berlin")
WINTER = date(2026, 1, 5)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""The clocks go from 2:00 to 3:00, and from 3:00 back to 2:00."""


@pytest.mark.parametrize(
    ("when", "start", "end", "hours"),
    [
        (WINTER, "08:00", "14:30", "6.50"),
        (WINTER, "08:00", "08:20", "0.33"),
        (WINTER, "08:00", "08:40", "0.67"),
        # Past midnight each day has its own part.
        (WINTER, "23:30", "00:45", "0.50"),
        (WINTER, "22:00", "02:00", "2.00"),
        (WINTER, "18:00", "00:00", "6.00"),
        (WINTER, "00:00", "00:45", "0.75"),
        (WINTER, "00:00", "00:00", "24.00"),
        (WINTER, "07:00", "07:00", None),
        # A day on which the clocks are changed has 23 or 25 hours, and none has more than 24.
        (SPRING, "01:00", "04:00", "2.00"),
        (SPRING, "00:00", "00:00", "23.00"),
        (AUTUMN, "01:00", "04:00", "4.00"),
        (AUTUMN, "00:00", "00:00", "24.00"),
        (AUTUMN, "01:00", "23:59", "23.98"),
    ],
)
def test_hours_that_lie_on_the_day(when, start, end, hours):
    found = hours_on_day(when, time.fromisoformat(start), time.fromisoformat(end), BERLIN)
    assert found == (Decimal(hours) if hours else None)


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_hours_fit_on_a_day(when, start, end, zone):
    hours = hours_on_day(when, start, end, ZoneInfo(zone))
    assert hours is None or 0 <= hours <= 24


@pytest.mark.parametrize(
    ("start", "end", "past"),
    [
        ("23:30", "00:45", True),
        ("08:00", "07:59", True),
        ("23:30", "00:00", False),
        ("00:00", "00:00", False),
        ("08:00", "14:00", False),
        (None, "03:00", False),
        ("22:00", None, False),
    ],
)
def test_end_before_the_start_went_past_midnight(start, end, past):
    clock = [time.fromisoformat(text) if text else None for text in (start, end)]
    assert is_past_midnight(*clock) is past


@pytest.mark.parametrize(
    ("side", "quality", "aura", "features"),
    [
        (None, None, [], []),
        (Side.LEFT, None, [], [Feature.ONE_SIDED]),
        (Side.RIGHT, None, [], [Feature.ONE_SIDED]),
        (Side.BOTH, None, [], []),
        (Side.VARIES, None, [], []),
        (None, Quality.PULSATING, [], [Feature.PULSATING]),
        (None, Quality.PRESSING, [], []),
        (None, Quality.STABBING, [], []),
        (None, Quality.OTHER, [], []),
        *((None, None, [kind], [Feature.AURA]) for kind in Aura),
        (Side.LEFT, Quality.PULSATING, list(Aura), [Feature.ONE_SIDED, Feature.PULSATING, Feature.AURA]),
    ],
)
def test_details_imply_features_and_nothing_else(side, quality, aura, features):
    assert implied_features(side, quality, aura) == set(features)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        (" ; , ;", ()),
        ("storm", ("storm",)),
        ("storm; little sleep ,wine", ("storm", "little sleep", "wine")),
        ("Storm;storm;STORM", ("Storm",)),
        ("x" * TRIGGER_LENGTH, ("x" * TRIGGER_LENGTH,)),
    ],
)
def test_words_of_a_text(text, words):
    assert trigger_words(text) == words


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("x" * (TRIGGER_LENGTH + 1), "x" * (TRIGGER_LENGTH + 1)),
        ("wine;a\nb", "a\nb"),
        ("a\x00b", "a\x00b"),
        ("a\ud800b", "a\ud800b"),
        (";".join(str(number) for number in range(MOST_TRIGGERS + 1)), None),
    ],
)
def test_word_that_cannot_be_kept(text, word):
    with pytest.raises(BadTrigger) as error:
        trigger_words(text)
    assert error.value.word == word


@given(st.text(max_size=60))
def test_words_read_again_are_the_same(text):
    try:
        words = trigger_words(text)
    except BadTrigger:
        return
    assert trigger_words(";".join(words)) == words
