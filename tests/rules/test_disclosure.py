"""Which counts may stand together: a reader with pencil and paper must not find a group of one to four people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic import disclosure
from clinic.disclosure import Group, is_small, shown

KINDS = "abcd"
EVERYBODY = frozenset(KINDS)
CELLS = [frozenset(kind) for kind in KINDS]
NESTED = [frozenset(KINDS[:number]) for number in range(1, len(KINDS))]
people = st.fixed_dictionaries({kind: st.integers(0, 7) for kind in KINDS})


def crowds(kinds: str, number: int) -> Iterator[tuple[int, ...]]:
    """Every way in which so many people can be of these kinds."""
    if len(kinds) == 1:
        yield (number,)
        return
    for first in range(number + 1):
        for others in crowds(kinds[1:], number - first):
            yield first, *others


def size(group: Group, crowd: Mapping[str, int]) -> int:
    return sum(crowd[kind] for kind in group)


def given_away(crowd: Mapping[str, int], published: Sequence[Group], groups: Sequence[Group]) -> list[Group]:
    """The small groups whose number is the same in every crowd that would have been published alike."""
    said = [(group, size(group, crowd)) for group in published]
    possible = [
        other
        for counts in crowds(KINDS, sum(crowd.values()))
        if all(
            size(group, other := dict(zip(KINDS, counts, strict=True))) == number for group, number in said
        )
    ]
    return [
        group
        for group in groups
        if is_small(size(group, crowd)) and len({size(group, other) for other in possible}) == 1
    ]


@settings(max_examples=100, deadline=None)
@given(people)
def test_nothing_small_follows_from_a_row_that_sums_to_a_total(crowd):
    if is_small(sum(crowd.values())):
        return
    found = shown(crowd, [EVERYBODY], CELLS, rows=[CELLS])
    pairs = [one | other for one in CELLS for other in CELLS]
    assert given_away(crowd, [EVERYBODY, *found], [*CELLS, *pairs]) == []


@settings(max_examples=100, deadline=None)
@given(people, st.permutations([*NESTED, *CELLS]))
def test_nothing_small_follows_from_groups_within_groups(crowd, wanted):
    if is_small(sum(crowd.values())):
        return
    found = shown(crowd, [EVERYBODY], wanted, rows=[CELLS])
    assert given_away(crowd, [EVERYBODY, *found], wanted) == []


@settings(max_examples=60, deadline=None)
@given(people, st.sampled_from([*NESTED, EVERYBODY]))
def test_what_is_hidden_elsewhere_does_not_follow(crowd, secret):
    found = shown(crowd, [], [*CELLS, *NESTED], rows=[CELLS], secret=[secret])
    there = {kind for kind in secret if crowd[kind]}
    assert not there or secret not in found
    assert not there or not all(frozenset(kind) in found for kind in there)


def test_without_small_groups_all_is_shown():
    crowd = dict(zip(KINDS, [5, 0, 12, 7], strict=True))
    assert shown(crowd, [EVERYBODY], CELLS, rows=[CELLS]) == set(CELLS)


def test_one_small_cell_takes_another_with_it():
    crowd = dict(zip(KINDS, [3, 9, 8, 0], strict=True))
    assert shown(crowd, [EVERYBODY], CELLS, rows=[CELLS]) == {frozenset("b"), frozenset("d")}


def test_small_cells_that_are_small_together_take_a_third():
    crowd = dict(zip(KINDS, [1, 2, 9, 8], strict=True))
    hidden = set(CELLS) - shown(crowd, [EVERYBODY], CELLS, rows=[CELLS])
    assert hidden == {frozenset("a"), frozenset("b"), frozenset("d")}


@pytest.mark.parametrize("number", range(5))
def test_broken_twin_that_hides_small_cells_alone_gives_them_away(number):
    crowd = dict(zip(KINDS, [number, 9, 8, 7], strict=True))
    naive = [cell for cell in CELLS if not is_small(size(cell, crowd))]
    assert bool(given_away(crowd, [EVERYBODY, *naive], CELLS)) is is_small(number)


def test_smallest_group_is_five():
    assert disclosure.SMALLEST == 5
    assert [number for number in range(9) if is_small(number)] == [1, 2, 3, 4]
