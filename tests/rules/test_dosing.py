"""PREEMPT's table adds up to what is published, and the drawing has room for all of it."""

from fractions import Fraction

import pytest

from clinic import dosing, figures
from clinic.dosing import counted_by_muscle, is_given_in_preempt, preempt_sites, volume_at_a_site


def test_table_adds_up_to_what_is_published():
    assert (dosing.FIXED_SITES, dosing.MOST_SITES) == (31, 39)
    assert dosing.sites_of(preempt_sites()) == 31
    assert dosing.units_of(preempt_sites()) == 155
    assert dosing.MOST_SITES * dosing.UNITS_PER_SITE == 195
    published = (dosing.FIXED_SITES, dosing.FIXED_UNITS, dosing.MOST_SITES, dosing.MOST_UNITS)
    assert published == (31, 155, 39, 195)


def test_muscles_are_those_of_the_published_table():
    assert {count.muscle.value: (count.fixed, count.most) for count in counted_by_muscle({})} == {
        "corrugator": (2, 2),
        "procerus": (1, 1),
        "frontalis": (4, 4),
        "temporalis": (8, 10),
        "occipitalis": (6, 8),
        "cervical_paraspinal": (4, 4),
        "trapezius": (6, 10),
    }


def test_fixed_pattern_is_published_and_differs_by_nothing():
    assert all(count.is_published and not count.difference for count in counted_by_muscle(preempt_sites()))


@pytest.mark.parametrize(
    ("left", "difference", "is_published"), [(3, -1, False), (4, 0, True), (6, 2, True), (7, 3, False)]
)
def test_both_sides_together_are_compared(left, difference, is_published):
    given = preempt_sites() | {"temporalis:left": left}
    [count] = [one for one in counted_by_muscle(given) if one.muscle == "temporalis"]
    assert (count.difference, count.is_published) == (difference, is_published)


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ("", True),
        ("onabotulinumtoxinA (Botox)", True),
        ("BOTOX 100 U", True),
        ("abobotulinumtoxinA (Dysport)", False),
        ("incobotulinumtoxinA (Xeomin)", False),
        ("Other", False),
    ],
)
def test_preempt_is_about_one_product(product, expected):
    assert is_given_in_preempt(product) is expected


@pytest.mark.parametrize(
    ("units", "ml", "expected"), [(200, 4, "1/10"), (100, 2, "1/10"), (100, 4, "1/5"), (100, 1, "1/20")]
)
def test_volume_of_five_units(units, ml, expected):
    assert volume_at_a_site(units, Fraction(ml)) == Fraction(expected)


SPOTS = (*figures.FRONT, *figures.BACK)


def test_every_place_is_drawn_once():
    assert sorted(spot.place for spot in SPOTS) == sorted(dosing.PLACES)


@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: spot.place)
def test_drawn_place_can_be_met_and_holds_its_dots(spot):
    left, top, width, height = spot.box
    assert width >= 50
    assert height >= 50
    assert left >= 0
    assert left + width <= figures.WIDTH
    assert top + height <= figures.HEIGHT
    assert all(left <= x <= left + width and top <= y <= top + height for x, y in spot.dots)
    assert len(set(spot.dots)) == len(spot.dots) >= preempt_sites()[spot.place]


def test_no_two_places_overlap():
    for spots in (figures.FRONT, figures.BACK):
        for one in spots:
            for other in spots:
                if one is not other:
                    assert is_apart(one.box, other.box), f"{one.place} lies on {other.place}"


def is_apart(one, other):
    return (
        one[0] + one[2] <= other[0]
        or other[0] + other[2] <= one[0]
        or one[1] + one[3] <= other[1]
        or other[1] + other[3] <= one[1]
    )


def test_overlap_is_noticed():
    assert not is_apart((0, 0, 50, 50), (49, 49, 50, 50))
    assert is_apart((0, 0, 50, 50), (50, 0, 50, 50))
