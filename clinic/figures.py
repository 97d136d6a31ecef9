"""Where the sites lie on the drawings of head, neck and shoulders, seen from the front and from behind.

A place has a shape that a finger meets, at least 50 of the view box's units each way (48 px on a phone), and its dots
in the order in which they fill: PREEMPT's own first, then those that follow the pain. One half is drawn; the other is
its mirror. No Django, no database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clinic.dosing import Muscle, Side

WIDTH, HEIGHT = 300, 360
MIDDLE = WIDTH // 2

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Spot:
    """A muscle on one side as it is drawn. `box`: left, top, width and height of what a finger meets."""

    muscle: Muscle
    side: Side
    box: tuple[int, int, int, int]
    dots: tuple[Point, ...]

    @property
    def place(self) -> str:
        return f"{self.muscle}:{self.side}"

    @property
    def number_at(self) -> Point:
        """Where a number stands when there are more sites than dots."""
        left, top, width, height = self.box
        return left + width // 2, top + height - 4


def _both(first: Side, second: Side, spot: Spot) -> Iterator[Spot]:
    """The spot as it is drawn, in the left half of the picture, and its mirror."""
    left, top, width, height = spot.box
    yield Spot(spot.muscle, first, spot.box, spot.dots)
    mirrored = tuple((WIDTH - x, y) for x, y in spot.dots)
    yield Spot(spot.muscle, second, (WIDTH - left - width, top, width, height), mirrored)


_FRONT = (
    Spot(
        Muscle.FRONTALIS,
        Side.RIGHT,
        (76, 42, 74, 58),
        ((108, 84), (134, 84), (121, 68), (95, 74), (138, 64), (108, 62)),
    ),
    Spot(Muscle.CORRUGATOR, Side.RIGHT, (74, 102, 50, 52), ((119, 119), (106, 114), (93, 113))),
    Spot(
        Muscle.TEMPORALIS,
        Side.RIGHT,
        (12, 68, 60, 92),
        ((66, 92), (61, 107), (69, 120), (60, 132), (72, 104), (59, 119), (68, 135), (69, 78)),
    ),
)
_PROCERUS = Spot(Muscle.PROCERUS, Side.MIDLINE, (125, 102, 50, 60), ((150, 132), (150, 120)))
_BACK = (
    Spot(
        Muscle.OCCIPITALIS,
        Side.LEFT,
        (70, 96, 78, 66),
        ((112, 146), (94, 130), (124, 126), (108, 116), (84, 146), (134, 142), (92, 112)),
    ),
    Spot(
        Muscle.CERVICAL_PARASPINAL,
        Side.LEFT,
        (90, 170, 58, 62),
        ((137, 188), (127, 206), (138, 218), (116, 190)),
    ),
    Spot(
        Muscle.TRAPEZIUS,
        Side.LEFT,
        (14, 240, 134, 84),
        ((108, 262), (80, 278), (50, 291), (94, 290), (122, 284), (66, 304), (34, 306)),
    ),
)

FRONT: tuple[Spot, ...] = (
    *(spot for half in _FRONT for spot in _both(Side.RIGHT, Side.LEFT, half)),
    _PROCERUS,
)
BACK: tuple[Spot, ...] = tuple(spot for half in _BACK for spot in _both(Side.LEFT, Side.RIGHT, half))
