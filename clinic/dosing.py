"""PREEMPT's injection sites: which muscles, how many sites a side, how many units. No Django, no database.

Source: PREEMPT's dosing as the summary of product characteristics publishes it (5 units = 0.1 mL a site).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Seen from the patient."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"


class Muscle(StrEnum):
    CORRUGATOR = "corrugator"
    PROCERUS = "procerus"
    FRONTALIS = "frontalis"
    TEMPORALIS = "temporalis"
    OCCIPITALIS = "occipitalis"
    CERVICAL_PARASPINAL = "cervical_paraspinal"
    TRAPEZIUS = "trapezius"


@dataclass(frozen=True, slots=True)
class MuscleDose:
    """`fixed`: sites a side in the fixed pattern. `most`: sites of both sides with those that follow the pain."""

    muscle: Muscle
    sides: tuple[Side, ...]
    fixed: int
    most: int


BOTH = (Side.LEFT, Side.RIGHT)
PREEMPT_MUSCLES = (
    MuscleDose(Muscle.CORRUGATOR, BOTH, 1, 2),
    MuscleDose(Muscle.PROCERUS, (Side.MIDLINE,), 1, 1),
    MuscleDose(Muscle.FRONTALIS, BOTH, 2, 4),
    MuscleDose(Muscle.TEMPORALIS, BOTH, 4, 10),
    MuscleDose(Muscle.OCCIPITALIS, BOTH, 3, 8),
    MuscleDose(Muscle.CERVICAL_PARASPINAL, BOTH, 2, 4),
    MuscleDose(Muscle.TRAPEZIUS, BOTH, 3, 10),
)
PLACES = frozenset(f"{dose.muscle}:{side}" for dose in PREEMPT_MUSCLES for side in dose.sides)
"""Every muscle and side, as `temporalis:left`: how a session names where it was given."""
MOST_SITES_AT_A_PLACE = 20
"""Of one muscle on one side; more is a slip of the finger (ours)."""


def preempt_sites() -> dict[str, int]:
    """The fixed pattern: 31 sites by place."""
    return {f"{dose.muscle}:{side}": dose.fixed for dose in PREEMPT_MUSCLES for side in dose.sides}
