"""Which counts of people may stand on one page, so that no group of one to four of them can be worked out.

Pure functions over values. A count is a sum over *kinds* of people that exclude each other; what a reader can work out
by adding and subtracting are the sums of counts that are shown. So a count is shown only when no small group lies
among those sums afterwards, counts that matter most first. Five as the smallest group is ours.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

SMALLEST = 5
"""People below which a group is not shown."""
PRIME = (1 << 61) - 1
"""Sums are compared modulo this number: exact enough for counts, and faster than fractions."""

Kind = Hashable
Group = frozenset[Kind]


def is_small(people: int) -> bool:
    """Somebody, and fewer than five: nobody is no group."""
    return 0 < people < SMALLEST


def shown(
    people: Mapping[Kind, int],
    known: Sequence[Group],
    wanted: Sequence[Group],
    rows: Collection[Sequence[Group]] = (),
    secret: Collection[Group] = (),
) -> set[Group]:
    """The groups of `wanted` whose number of people may be shown, the first ones first.

    `people`: how many there are of each kind. `known`: groups whose numbers stand on the page in any case. `rows`:
    groups that together make up a known one, such that some of them might be added up. `secret`: groups that are
    hidden elsewhere, whatever their size.
    """
    places = {kind: place for place, kind in enumerate(kind for kind, number in people.items() if number)}
    numbers = [people[kind] for kind in places]

    def mask(group: Group) -> int:
        return sum(1 << places[kind] for kind in group if kind in places)

    def size(group: int) -> int:
        return sum(number for place, number in enumerate(numbers) if group >> place & 1)

    named = [mask(group) for group in (*known, *wanted)]
    composed = _composed(named, [[mask(group) for group in row] for row in rows])
    hidden = {group for group in composed if is_small(size(group))} | {mask(group) for group in secret} - {0}
    worked_out = _Sums(len(numbers), hidden)
    for group in known:
        worked_out.add(mask(group), in_any_case=True)
    return {group for group in wanted if worked_out.add(mask(group))}


def _composed(named: Sequence[int], rows: Iterable[Sequence[int]]) -> set[int]:
    """The groups that a reader might think of: those named, what two of them share or do not, and parts of rows."""
    found = set(named)
    for one, other in combinations(set(named), 2):
        found |= {one & other, one & ~other, other & ~one, one | other}
    for row in rows:
        found |= set(_unions(row))
    return found


def _unions(row: Sequence[int]) -> Iterator[int]:
    for number in range(1, len(row) + 1):
        for some in combinations(row, number):
            union = 0
            for group in some:
                union |= group
            yield union


class _Sums:
    """All sums and differences of the counts added so far, and whether a hidden group is one of them."""

    def __init__(self, width: int, hidden: Iterable[int]) -> None:
        self.width = width
        self.basis: list[tuple[int, list[int]]] = []
        self.hidden = [self._vector(group) for group in hidden]

    def _vector(self, group: int) -> list[int]:
        return [group >> place & 1 for place in range(self.width)]

    def add(self, group: int, in_any_case: bool = False) -> bool:
        """Adds a count unless a hidden group could be worked out from it. Says whether it was added."""
        vector = self._vector(group)
        for pivot, known in self.basis:
            vector = _without(vector, pivot, known)
        pivot = next((place for place, value in enumerate(vector) if value), -1)
        if pivot < 0:
            return True  # it follows from what is shown already
        inverse = pow(vector[pivot], -1, PRIME)
        vector = [value * inverse % PRIME for value in vector]
        left = [_without(hidden, pivot, vector) for hidden in self.hidden]
        if not in_any_case and not all(map(any, left)):
            return False
        self.hidden = left
        self.basis.append((pivot, vector))
        return True


def _without(vector: list[int], pivot: int, known: list[int]) -> list[int]:
    """The vector less as much of the known one as makes it nothing at the pivot."""
    times = vector[pivot]
    if not times:
        return vector
    return [(value - times * other) % PRIME for value, other in zip(vector, known, strict=True)]
