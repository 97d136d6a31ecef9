"""A chart's payload in, shapes on a plane out: where each bar, line and word stands, without colours.

Lengths are units of the view box, rounded to one decimal so that the same chart is always the same text.
Words are measured by a rough width per character: there is no font here to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the shapes of a payload, and nothing that makes one: this room stays pure
    from diary.charts import Chart, Level, Marker, Series

Number = Callable[[float], str]

FONT = 13
CHARACTER = 7.8
LINE = 16.0
GAP = 8.0
WIDEST_BAR = 44.0
BAR_SHARE = 0.72
MARKER_ROWS = 2
MOST_TICKS = 7

# Six lines are told apart by the shape of their points as well as by colour and dashes.
DOTS = (
    "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",
    "m-3-3h6v6h-6z",
    "m0-4.2l4 7h-8z",
    "m0-4.5l4.5 4.5l-4.5 4.5l-4.5-4.5z",
    "m0 4.2l4-7h-8z",
    "m-1.2-4h2.4v2.8h2.8v2.4h-2.8v2.8h-2.4v-2.8h-2.8v-2.4h2.8z",
)


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text at its base line; `anchor` is SVG's `text-anchor`."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line; `text` stands beside it where there is room, `title` always says what it is."""

    x1: float
    y1: float
    x2: float
    y2: float
    css: str
    title: str = ""
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a stacked bar; `hatched` parts are uncertain and need a texture."""

    x: float
    y: float
    width: float
    height: float
    css: str
    hatched: bool


@dataclass(frozen=True, slots=True)
class Column:
    """The whole height over one label: `title` says all its numbers, `bars` stand in it from below."""

    x: float
    y: float
    width: float
    height: float
    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One series as unbroken runs of points: where a number is missing the line has a gap."""

    key: str
    runs: tuple[tuple[tuple[float, float], ...], ...]
    dot: str

    @property
    def path(self) -> str:
        return "".join("M" + "L".join(f"{x} {y}" for x, y in run) for run in self.runs)

    @property
    def dots(self) -> str:
        return "".join(f"M{x} {y}{self.dot}" for run in self.runs for x, y in run)


@dataclass(frozen=True, slots=True)
class Key:
    """A legend's entry. `shape`: `bar`, `line` or `level`; `dots`: path of a line's point at (14, 7)."""

    key: str
    label: str
    shape: str
    dots: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that is drawn, in this order. `top` and `step` belong to the axis of days."""

    width: float
    height: float
    font: int
    top: float
    step: int
    grid: tuple[Stroke, ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    zeros: tuple[Text, ...]
    levels: tuple[Stroke, ...]
    markers: tuple[Stroke, ...]
    labels: tuple[Text, ...]
    legend: tuple[Key, ...]

    @property
    def looks(self) -> list[tuple[str, bool, str]]:
        """All bars that look alike as one path: what it is called, whether it is hatched, and the path."""
        paths: dict[tuple[str, bool], list[str]] = {}
        for column in self.columns:
            for bar in column.bars:
                box = f"M{bar.x} {bar.y}h{bar.width}v{bar.height}h-{bar.width}z"
                paths.setdefault((bar.css, bar.hatched), []).append(box)
        return [(css, hatched, "".join(boxes)) for (css, hatched), boxes in paths.items()]

    @property
    def ticks(self) -> tuple[Text, ...]:
        """The numbers beside the grid."""
        return tuple(line.text for line in self.grid if line.text)

    @property
    def grid_path(self) -> str:
        """The lines of the grid but for the axis."""
        return "".join(f"M{line.x1} {line.y1}H{line.x2}" for line in self.grid if line.css == "grid")

    @property
    def axis(self) -> str:
        """The line on which everything stands."""
        return "".join(f"M{line.x1} {line.y1}H{line.x2}" for line in self.grid if line.css == "axis")


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows from one marker to the next; `markers` is empty for what comes before the first."""

    markers: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The same numbers as the picture, as text: an en dash is no number."""

    headings: tuple[str, ...]
    groups: tuple[Group, ...]
    levels: tuple[str, ...]


def plain(value: float) -> str:
    """A number of days with one decimal at most, and with none where it is whole."""
    return f"{value:.1f}".removesuffix(".0")


def drawing(chart: Chart, width: float = 720, height: float = 320, number: Number = plain) -> Drawing:
    """The chart within `width` × `height`; `number` writes a number in the reader's language."""
    plane = _plane(chart, width, height, number)
    return Drawing(
        width=width,
        height=height,
        font=FONT,
        top=plane.top,
        step=plane.step,
        grid=tuple(_grid(plane, number)),
        columns=tuple(_column(chart, plane, place, number) for place in range(len(chart["labels"]))),
        lines=tuple(_line(plane, place, series) for place, series in _lines(chart)),
        zeros=tuple(
            Text(plane.middle(place), _rounded(plane.bottom - 4), number(0)) for place in _zeros(chart)
        ),
        levels=tuple(_levels(chart["levels"], plane, number)),
        markers=tuple(_markers(chart["markers"], plane)),
        labels=tuple(_labels(chart, plane)),
        legend=legend(chart, number),
    )


def legend(chart: Chart, number: Number = plain) -> tuple[Key, ...]:
    """What each series and each level looks like, and what it is."""
    shape = "line" if chart["kind"] == "lines" else "bar"
    series = (
        Key(entry["key"], entry["label"], shape, f"M14 7{_dot(place)}" if shape == "line" else "")
        for place, entry in enumerate(chart["series"])
    )
    return (*series, *(Key(level["key"], _valued(level, number), "level") for level in chart["levels"]))


def table(chart: Chart, number: Number = plain) -> Table:
    """One row a label, one column a series, in groups that begin at the markers."""
    places = range(len(chart["labels"]) + 1)
    markers = {place: tuple(m["label"] for m in chart["markers"] if m["before"] == place) for place in places}
    starts = sorted({0, *(place for place in places if markers[place])}) if chart["labels"] else []
    groups = (
        Group(markers[start], tuple(_row(chart, place, number) for place in range(start, end)))
        for start, end in pairwise([*starts, len(chart["labels"])])
    )
    last = [Group(markers[len(chart["labels"])], ())] if markers[len(chart["labels"])] else []
    return Table(
        headings=tuple(series["label"] for series in chart["series"]),
        groups=(*(group for group in groups if group.rows), *last),
        levels=tuple(_valued(level, number) for level in chart["levels"]),
    )


def labelled(count: int, slot: float, widest: float, emphasis: Sequence[int]) -> list[int]:
    """The places whose labels have room beside each other: emphasised ones first, then from the last one back."""
    apart = ceil((widest + GAP) / slot)
    kept: list[int] = []
    for place in (*sorted(emphasis), *reversed(range(count))):
        if all(abs(place - other) >= apart for other in kept):
            kept.append(place)
    return sorted(set(kept))


@dataclass(frozen=True, slots=True)
class _Plane:
    """Where days and labels lie: the plot's edges and the way from a number to a place on the picture."""

    width: float
    left: float
    right: float
    above: float
    bottom: float
    slot: float
    top: float
    step: int

    def y(self, value: float) -> float:
        inside = min(max(value, 0), self.top)
        return _rounded(self.bottom - inside / self.top * (self.bottom - self.above))

    def x(self, place: float) -> float:
        return _rounded(self.left + place * self.slot)

    def middle(self, place: int) -> float:
        return self.x(place + 0.5)


def _plane(chart: Chart, width: float, height: float, number: Number) -> _Plane:
    top = max([1.0, chart["most"], *(level["value"] for level in chart["levels"]), *_highest(chart)])
    step = _step(top)
    left = _text_width(number(top // step * step)) + GAP
    right = width - max([GAP, *(_text_width(number(level["value"])) + GAP for level in chart["levels"])])
    lines = max((len(label) for label in chart["labels"]), default=0)
    return _Plane(
        width=width,
        left=left,
        right=right,
        above=LINE * _marker_rows(chart["markers"]) + GAP,
        bottom=height - LINE * lines - GAP,
        slot=(right - left) / max(1, len(chart["labels"])),
        top=top,
        step=step,
    )


def _highest(chart: Chart) -> Iterator[float]:
    for place in range(len(chart["labels"])):
        values = [value for _, value in _values(chart, place) if value is not None]
        yield max(values, default=0) if chart["kind"] == "lines" else sum(values)


def _step(top: float) -> int:
    """Whole days between two ticks: 1, 2, 5, 10, 20, 50 …, with few ticks."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if top / step <= MOST_TICKS:
                return step
        size *= 10


def _grid(plane: _Plane, number: Number) -> Iterator[Stroke]:
    for value in range(0, int(plane.top) + 1, plane.step):
        y = plane.y(value)
        text = Text(_rounded(plane.left - 6), _rounded(y + 4.5), number(value), "end")
        yield Stroke(
            _rounded(plane.left), y, _rounded(plane.right), y, "axis" if value == 0 else "grid", "", text
        )


def _column(chart: Chart, plane: _Plane, place: int, number: Number) -> Column:
    bars = () if chart["kind"] == "lines" else tuple(_bars(chart, plane, place))
    left, right = plane.x(place), plane.x(place + 1)
    return Column(
        x=left,
        y=_rounded(plane.above),
        width=_rounded(right - left),
        height=_rounded(plane.bottom - plane.above),
        title=sentence(chart, place, number),
        bars=bars,
    )


def sentence(chart: Chart, place: int, number: Number = plain) -> str:
    """All that is known about one label, in the payload's own words."""
    known = [f"{series['label']}: {number(v)}" for series, v in _values(chart, place) if v is not None]
    return f"{', '.join(chart['labels'][place])}. {'; '.join(known) or '–'}"


def _bars(chart: Chart, plane: _Plane, place: int) -> Iterator[Bar]:
    width = min(WIDEST_BAR, plane.slot * BAR_SHARE)
    emphasis = " chart__bar--emphasis" if place in chart["emphasis"] else ""
    below = 0.0
    for series, value in _values(chart, place):
        if value is None:
            continue
        bottom, above = plane.y(below), plane.y(below + value)
        yield Bar(
            x=_rounded(plane.left + (place + 0.5) * plane.slot - width / 2),
            y=above,
            width=_rounded(width),
            height=_rounded(bottom - above),
            css=f"chart__bar--{series['key']}{emphasis}",
            hatched=series["key"] == "missing",
        )
        below += value


def _lines(chart: Chart) -> Iterator[tuple[int, Series]]:
    return iter(enumerate(chart["series"]) if chart["kind"] == "lines" else ())


def _line(plane: _Plane, order: int, series: Series) -> Line:
    known = groupby(enumerate(series["values"]), key=lambda pair: pair[1] is not None)
    runs = (
        tuple((plane.middle(place), plane.y(value)) for place, value in run if value is not None)
        for is_known, run in known
        if is_known
    )
    return Line(series["key"], tuple(runs), _dot(order))


def _zeros(chart: Chart) -> Iterator[int]:
    """Bars that were counted and came to nothing: without a sign they would look like no number."""
    for place in range(len(chart["labels"]) if chart["kind"] == "bars" else 0):
        values = [value for _, value in _values(chart, place) if value is not None]
        if values and not any(values):
            yield place


def _levels(levels: Sequence[Level], plane: _Plane, number: Number) -> Iterator[Stroke]:
    """From the highest down; a number that would stand on the one above it moves down."""
    free = 0.0
    for level in sorted(levels, key=lambda level: -level["value"]):
        y = plane.y(level["value"])
        base = max(y + 4.5, free)
        free = base + FONT
        text = Text(_rounded(plane.right + 4), _rounded(base), number(level["value"]), "start")
        title = _valued(level, number)
        yield Stroke(_rounded(plane.left), y, _rounded(plane.right), y, f"level--{level['key']}", title, text)


def _markers(markers: Sequence[Marker], plane: _Plane) -> Iterator[Stroke]:
    """A label is written in the first row above the plot where it meets no other, or left to the title."""
    ends = [-GAP] * _marker_rows(markers)
    for marker in sorted(markers, key=lambda marker: marker["before"]):
        x = plane.x(marker["before"])
        start = max(0.0, min(x - 3, plane.width - _text_width(marker["label"])))
        row = next((row for row, end in enumerate(ends) if start >= end + GAP), None)
        text = None
        y = plane.above - GAP / 2
        if row is not None:
            ends[row] = start + _text_width(marker["label"])
            y = LINE * (row + 1)
            text = Text(_rounded(start), _rounded(y - 4), marker["label"], "start")
        yield Stroke(x, _rounded(y), x, _rounded(plane.bottom), "marker", marker["label"], text)


def _marker_rows(markers: Sequence[Marker]) -> int:
    return min(len(markers), MARKER_ROWS)


def _labels(chart: Chart, plane: _Plane) -> Iterator[Text]:
    labels = chart["labels"]
    widest = max((_text_width(line) for label in labels for line in label), default=0)
    for place in labelled(len(labels), plane.slot, widest, chart["emphasis"]):
        half = max((_text_width(line) / 2 for line in labels[place]), default=0)
        x = _rounded(min(max(plane.middle(place), half), max(half, plane.width - half)))
        for order, line in enumerate(labels[place], start=1):
            yield Text(x, _rounded(plane.bottom + LINE * order), line)


def _row(chart: Chart, place: int, number: Number) -> Row:
    cells = ("–" if value is None else number(value) for _, value in _values(chart, place))
    return Row(", ".join(chart["labels"][place]), tuple(cells))


def _values(chart: Chart, place: int) -> Iterator[tuple[Series, float | None]]:
    for series in chart["series"]:
        yield series, series["values"][place]


def _valued(level: Level, number: Number) -> str:
    return f"{level['label']}: {number(level['value'])}"


def _dot(order: int) -> str:
    return DOTS[order % len(DOTS)]


def _text_width(text: str) -> float:
    return len(text) * CHARACTER


def _rounded(value: float) -> float:
    return round(value, 1)
