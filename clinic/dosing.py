"""PREEMPT's injection sites: which muscles, how many sites a side, how many units. No Django, no database.

Source: PREEMPT's dosing as the summary of product characteristics publishes it (5 units = 0.1 mL a site).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


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


UNITS_PER_SITE = 5
"""Of onabotulinumtoxinA alone, as is all of PREEMPT."""
FIXED_SITES = sum(dose.fixed * len(dose.sides) for dose in PREEMPT_MUSCLES)
MOST_SITES = sum(dose.most for dose in PREEMPT_MUSCLES)
FIXED_UNITS, MOST_UNITS = FIXED_SITES * UNITS_PER_SITE, MOST_SITES * UNITS_PER_SITE
"""31 fixed sites and 155 units, up to 39 and 195 with those that follow the pain."""


def dosing_remarks(units: int | None, sites: int | None) -> list[str]:
    """What lies outside PREEMPT's published dosing: `units`, `sites`, `units_per_site`. `None` is not recorded."""
    remarks = []
    if units is not None and not FIXED_UNITS <= units <= MOST_UNITS:
        remarks.append("units")
    if sites is not None and not FIXED_SITES <= sites <= MOST_SITES:
        remarks.append("sites")
    if units is not None and sites is not None and units != sites * UNITS_PER_SITE:
        remarks.append("units_per_site")
    return remarks


class Product(StrEnum):
    """What a clinic is likely to hold. Units are not interchangeable between them."""

    ONABOTULINUM = "onabotulinumtoxinA (Botox)"
    ABOBOTULINUM = "abobotulinumtoxinA (Dysport)"
    INCOBOTULINUM = "incobotulinumtoxinA (Xeomin)"


PREEMPT_PRODUCT = ("onabotulinum", "botox")
"""A product that has one of these in its name is the one that PREEMPT gave."""


def is_given_in_preempt(product: str) -> bool:
    """Whether PREEMPT's numbers may stand beside this product's. One that was not said is taken for it (ours)."""
    return not product.strip() or any(name in product.lower() for name in PREEMPT_PRODUCT)


def places_of(dose: MuscleDose) -> list[str]:
    return [f"{dose.muscle}:{side}" for side in dose.sides]


def sites_of(muscles: Mapping[str, int]) -> int:
    """All sites, whatever the place is called."""
    return sum(muscles.values())


def units_of(muscles: Mapping[str, int]) -> int:
    return UNITS_PER_SITE * sites_of(muscles)


@dataclass(frozen=True, slots=True)
class MuscleCount:
    """Sites of a muscle beside PREEMPT's: `fixed` of both sides together, up to `most`."""

    muscle: Muscle
    sites: int
    fixed: int
    most: int

    @property
    def difference(self) -> int:
        """From the fixed pattern."""
        return self.sites - self.fixed

    @property
    def is_published(self) -> bool:
        return self.fixed <= self.sites <= self.most


def counted_by_muscle(muscles: Mapping[str, int]) -> list[MuscleCount]:
    """One a muscle, in the order of the table."""
    return [
        MuscleCount(
            dose.muscle,
            sum(muscles.get(place, 0) for place in places_of(dose)),
            dose.fixed * len(dose.sides),
            dose.most,
        )
        for dose in PREEMPT_MUSCLES
    ]


def volume_at_a_site(diluted_units: int, diluted_ml: Fraction) -> Fraction:
    """Millilitres that hold five units, where so many units are dissolved in so much."""
    return UNITS_PER_SITE * diluted_ml / diluted_units
