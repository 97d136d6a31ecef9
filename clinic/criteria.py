"""Which criteria a clinic looks at: the published ones and sets of its own, those that it follows first."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from clinic.models import Clinic, CriteriaSet
from clinic.rules import PUBLISHED_CRITERIA, PublishedCriteria, in_order


class NotInUse(ValueError):
    """These criteria are retired, or another clinic's."""


class Followed(ValueError):
    """What a clinic follows is not retired: it chooses others first."""


def criteria_of(clinic: Clinic, *, has_own: bool = True) -> list[PublishedCriteria]:
    """Those in use, the followed ones first; one query, none where the clinic is known to have none of its own."""
    own = clinic.criteria_sets.in_use() if has_own else ()
    return in_order((one.numbers for one in own), clinic.follows)


def names_of(keys: Iterable[str]) -> dict[str, str]:
    """The names of criteria by their keys, also of retired ones; no query where all are published."""
    found = {one.key: one.name for one in PUBLISHED_CRITERIA}
    unknown = {key for key in keys if key} - set(found)
    own = CriteriaSet.objects.with_keys(unknown) if unknown else ()
    return found | {one.key: one.name for one in own}


@transaction.atomic
def follow(clinic: Clinic, key: str) -> None:
    """Raises `NotInUse`."""
    standing = Clinic.objects.select_for_update().get(pk=clinic.pk)
    if key not in {one.key for one in criteria_of(standing)}:
        raise NotInUse
    standing.follows = key
    standing.save(update_fields=["follows"])


@transaction.atomic
def add(made: CriteriaSet, *, by: UUID) -> CriteriaSet:
    """The set as it is kept: a second tap finds the one that the first one added."""
    Clinic.objects.select_for_update().get(pk=made.clinic_id)
    standing = made.clinic.criteria_sets.in_use().saying(made).first()
    if standing:
        return standing
    made.made_by = by
    made.save()
    return made


@transaction.atomic
def retire(made: CriteriaSet) -> None:
    """Decisions that looked at it keep its name and numbers. Raises `Followed`."""
    if Clinic.objects.select_for_update().get(pk=made.clinic_id).follows == made.key:
        raise Followed
    made.is_in_use = False
    made.save(update_fields=["is_in_use"])
