"""A summary in, a JSON-able payload out: what is drawn, in words and numbers, without colours or pixels.

The same payload feeds Chart.js on screen, the server's own SVG for print and for pages without JavaScript, and the
table that stands beside both.
"""

from __future__ import annotations

from typing import TypedDict


class Series(TypedDict):
    """Numbers for each label; `None` is no number, never zero. `key` says how it looks, `label` what it is."""

    key: str
    label: str
    values: list[float | None]


class Level(TypedDict):
    """A horizontal line with its meaning, such as a published number of days."""

    key: str
    label: str
    value: float


class Marker(TypedDict):
    """A vertical line before the label at `before`, such as an injection."""

    before: int
    label: str


class Chart(TypedDict):
    """One chart. `kind`: `bars` (series stacked on each label) or `lines` (one line a series).

    `labels`: lines of text for each place on the axis. `emphasis`: the places that matter most. `most`: the top of
    the axis, in days. `description`: one sentence for those who cannot see it.
    """

    kind: str
    title: str
    description: str
    unit: str
    most: int
    labels: list[list[str]]
    series: list[Series]
    levels: list[Level]
    markers: list[Marker]
    emphasis: list[int]
