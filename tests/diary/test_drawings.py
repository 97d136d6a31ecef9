"""Where a chart's shapes stand, and what its picture and its table say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from diary.charts import Chart, Level, Marker, Series
from diary.drawings import CHARACTER, Drawing, Stroke, Text, drawing, labelled, legend, plain, sentence, table

SIZES = [(720, 320), (320, 280)]


def chart(
    *values: list[float | None],
    kind: str = "bars",
    keys: tuple[str, ...] = ("counted", "missing"),
    most: int = 28,
    levels: tuple[Level, ...] = (),
    markers: tuple[Marker, ...] = (),
    emphasis: tuple[int, ...] = (),
    label: str = "weeks {}",
) -> Chart:
    """A chart of as many series as lists of values; the label of each place is its number, from 1."""
    return Chart(
        kind=kind,
        title="Headache days",
        description="Bars of headache days.",
        unit="days",
        most=most,
        labels=[[label.format(place), "cycle 1"] for place in range(1, len(values[0]) + 1)],
        series=[
            Series(key=key, label=f"{key} days", values=list(v)) for key, v in zip(keys, values, strict=False)
        ],
        levels=list(levels),
        markers=list(markers),
        emphasis=list(emphasis),
    )


def lines(*values: list[float | None]) -> Chart:
    return chart(*values, kind="lines", keys=tuple(f"series-{n}" for n in range(1, 7)), most=7)


BASELINE = Level(key="baseline", label="Baseline", value=20)
PUBLISHED = Level(key="published", label="Published number", value=15)


def bars_of(picture: Drawing) -> list[tuple[str, float]]:
    return [(bar.css, bar.height) for column in picture.columns for bar in column.bars]


def places(picture: Drawing) -> Iterator[tuple[float, float]]:
    """Every point of every shape."""
    strokes: tuple[Stroke, ...] = (*picture.grid, *picture.levels, *picture.markers)
    texts = (*picture.labels, *picture.zeros, *(stroke.text for stroke in strokes if stroke.text))
    for stroke in strokes:
        yield from ((stroke.x1, stroke.y1), (stroke.x2, stroke.y2))
    yield from ((text.x, text.y) for text in texts)
    for box in (*picture.columns, *(bar for column in picture.columns for bar in column.bars)):
        yield from ((box.x, box.y), (box.x + box.width, box.y + box.height))
    yield from (point for line in picture.lines for run in line.runs for point in run)


def extent(text: Text) -> tuple[float, float]:
    width = len(text.text) * CHARACTER
    start = {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
    return text.x - start, text.x - start + width


# --- Bars --------------------------------------------------------------------------------------------------------


def test_parts_stand_on_each_other():
    [column] = drawing(chart([14], [4])).columns
    counted, missing = column.bars
    assert missing.y + missing.height == pytest.approx(counted.y)
    assert counted.y + counted.height == pytest.approx(column.y + column.height)
    assert counted.height / missing.height == pytest.approx(14 / 4, rel=0.02)
    assert (missing.hatched, counted.hatched) == (True, False)


def test_missing_number_is_not_drawn_and_zero_is_said():
    picture = drawing(chart([None, 0, 3], [28, 0, None]))
    assert [len(column.bars) for column in picture.columns] == [1, 2, 1]
    assert [(zero.text, zero.x) for zero in picture.zeros] == [
        ("0", picture.columns[1].x + picture.columns[1].width / 2)
    ]


def test_nothing_known_is_not_zero():
    picture = drawing(chart([None], [None]))
    assert (picture.columns[0].bars, picture.zeros) == ((), ())
    assert picture.columns[0].title == "weeks 1, cycle 1. –"


def test_all_that_is_known_is_said():
    assert sentence(chart([14.5], [4]), 0) == "weeks 1, cycle 1. counted days: 14.5; missing days: 4"


def test_emphasised_bars_have_a_class_of_their_own():
    picture = drawing(chart([1, 2], [1, 1], emphasis=(1,)))
    assert [css for css, _ in bars_of(picture)] == [
        "chart__bar--counted",
        "chart__bar--missing",
        "chart__bar--counted chart__bar--emphasis",
        "chart__bar--missing chart__bar--emphasis",
    ]


@pytest.mark.parametrize(
    ("made", "top", "ticks"),
    [
        (chart([3]), 28, ["0", "5", "10", "15", "20", "25"]),
        (chart([3], most=31), 31, ["0", "5", "10", "15", "20", "25", "30"]),
        (chart([3], most=7), 7, ["0", "1", "2", "3", "4", "5", "6", "7"]),
        (chart([3], most=0), 3, ["0", "1", "2", "3"]),
        (chart([20], [31], most=28), 51, ["0", "10", "20", "30", "40", "50"]),
        (chart([1], most=10, levels=(PUBLISHED,)), 15, ["0", "5", "10", "15"]),
        (chart([]), 28, ["0", "5", "10", "15", "20", "25"]),
        (chart([], most=0), 1, ["0", "1"]),
    ],
)
def test_axis_holds_everything_with_few_whole_ticks(made, top, ticks):
    picture = drawing(made)
    assert picture.top == top
    assert [line.text.text for line in picture.grid if line.text] == ticks


def test_chart_without_labels_is_an_empty_axis():
    picture = drawing(chart([], [], levels=(BASELINE,)))
    assert (picture.columns, picture.labels, picture.zeros) == ((), (), ())
    assert [level.title for level in picture.levels] == ["Baseline: 20"]
    assert table(chart([], [])).groups == ()


# --- Lines -------------------------------------------------------------------------------------------------------


def test_missing_number_breaks_a_line():
    picture = drawing(lines([1, 2, None, 3, None]))
    assert [len(run) for run in picture.lines[0].runs] == [2, 1]
    assert picture.lines[0].path.count("M") == 2
    assert picture.lines[0].dots.count("M") == 3
    assert all(column.bars == () for column in picture.columns)


def test_lines_stand_beside_each_other_and_differ_in_their_points():
    picture = drawing(lines(*([value] for value in range(1, 7))))
    heights = [line.runs[0][0][1] for line in picture.lines]
    assert heights == sorted(heights, reverse=True)
    assert len({line.dot for line in picture.lines}) == 6
    assert [key.shape for key in legend(lines([1]))] == ["line"]


# --- Levels, markers, labels -------------------------------------------------------------------------------------


def test_level_stands_at_its_value_with_its_number():
    picture = drawing(chart([20], [0], levels=(PUBLISHED, BASELINE)))
    baseline, published = picture.levels
    assert baseline.y1 == baseline.y2 == picture.columns[0].bars[0].y
    assert (baseline.css, published.css) == ("level--baseline", "level--published")
    assert [level.text.text for level in picture.levels if level.text] == ["20", "15"]
    assert [(key.label, key.shape) for key in picture.legend[2:]] == [
        ("Published number: 15", "level"),
        ("Baseline: 20", "level"),
    ]


def test_numbers_of_two_close_levels_do_not_meet():
    close = Level(key="baseline", label="Baseline", value=14.5)
    upper, lower = drawing(chart([3], levels=(close, PUBLISHED))).levels
    assert (upper.text.text, lower.text.text) == ("15", "14.5")
    assert lower.text.y - upper.text.y >= 12


def test_marker_stands_before_its_label():
    marks = tuple(Marker(before=place, label=f"Injection {place}") for place in (0, 2, 3))
    picture = drawing(chart([1, 2, 3], markers=marks))
    edges = [picture.columns[0].x, picture.columns[2].x, picture.columns[2].x + picture.columns[2].width]
    assert [marker.x1 for marker in picture.markers] == pytest.approx(edges, abs=0.2)
    assert [marker.title for marker in picture.markers] == ["Injection 0", "Injection 2", "Injection 3"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [1, 4, 18, 55])
def test_words_do_not_meet(size, count):
    marks = tuple(
        Marker(before=place, label=f"Injection {place}, 14 Jan 2024") for place in range(3, count, 3)
    )
    picture = drawing(
        chart([1] * count, markers=marks, emphasis=tuple(range(5, count, 3)), levels=(BASELINE, PUBLISHED)),
        *size,
    )
    marked = [marker.text for marker in picture.markers if marker.text]
    assert picture.labels
    rows: dict[float, list[tuple[float, float]]] = {}
    for text in (*picture.labels, *marked):
        rows.setdefault(text.y, []).append(extent(text))
    for row in rows.values():
        assert all(end <= start for (_, end), (start, _) in pairwise(sorted(row)))
        assert all(start >= 0 and end <= size[0] for start, end in row)


@pytest.mark.parametrize(
    ("count", "slot", "emphasis", "expected"),
    [
        (0, 40, (), []),
        (4, 80, (), [0, 1, 2, 3]),
        (7, 30, (), [0, 3, 6]),
        (8, 30, (), [1, 4, 7]),
        (10, 30, (3, 6, 9), [0, 3, 6, 9]),
        (10, 15, (3, 6, 9), [3, 9]),
        (10, 45, (4,), [0, 2, 4, 7, 9]),
    ],
)
def test_labels_are_thinned_around_what_matters(count, slot, emphasis, expected):
    assert labelled(count, slot, 70, emphasis) == expected


# --- Every chart -------------------------------------------------------------------------------------------------

days = st.one_of(st.none(), st.integers(0, 31), st.floats(0, 31).map(lambda value: round(value, 1)))


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    count = draw(st.integers(0, 55))
    values = st.lists(days, min_size=count, max_size=count)
    kind = draw(st.sampled_from(["bars", "lines"]))
    keys = tuple(f"series-{n}" for n in range(1, 7)) if kind == "lines" else ("counted", "missing")
    inside = st.sets(st.integers(0, count - 1)) if count else st.just(set())
    marks = st.builds(Marker, before=st.integers(0, count), label=st.text("Injection 12", max_size=20))
    return chart(
        *draw(st.lists(values, min_size=1, max_size=len(keys))),
        kind=kind,
        keys=keys,
        most=draw(st.integers(0, 31)),
        levels=tuple(draw(st.sets(st.sampled_from([15.0, 14.5, 40.0, 0.0])).map(levels_at))),
        markers=tuple(draw(st.lists(marks, max_size=16))),
        emphasis=tuple(draw(inside)),
        label=draw(st.sampled_from(["{}", "weeks {}", "{} with far more words than there is room for"])),
    )


def levels_at(values: set[float]) -> list[Level]:
    return [Level(key="published", label="Published number", value=value) for value in values]


@given(made=charts(), size=st.sampled_from(SIZES))
def test_nothing_leaves_the_picture(made, size):
    width, height = size
    for x, y in places(drawing(made, width, height)):
        assert -0.2 <= x <= width + 0.2
        assert -0.2 <= y <= height + 0.2


@given(made=charts())
def test_bars_are_as_high_as_their_numbers(made):
    picture = drawing(made)
    if made["kind"] == "lines":
        return
    for place, column in enumerate(picture.columns):
        known = [s["values"][place] for s in made["series"] if s["values"][place] is not None]
        assert [bar.height for bar in column.bars] == pytest.approx(
            [value / picture.top * column.height for value in known], abs=0.2
        )


@given(made=charts())
def test_table_has_every_number_once(made):
    rows = [row for group in table(made).groups for row in group.rows]
    assert [row.label for row in rows] == [", ".join(label) for label in made["labels"]]
    for place, row in enumerate(rows):
        values = [series["values"][place] for series in made["series"]]
        assert list(row.cells) == ["–" if value is None else plain(value) for value in values]
    written = [marker for group in table(made).groups for marker in group.markers]
    assert sorted(written) == sorted(marker["label"] for marker in made["markers"])


# --- What a person gets ------------------------------------------------------------------------------------------


class Outline(HTMLParser):
    """Tags with their attributes, and the words in each tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, list[str]] = {}
        self.inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.setdefault(self.inside, []).append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def rendered(made: Chart, chart_id: str = "headache-days") -> str:
    return render_to_string("components/chart.html", {"chart": made, "chart_id": chart_id})


MADE = chart(
    [19, None, 14.5],
    [4, 28, 0],
    levels=(BASELINE, PUBLISHED),
    markers=(Marker(before=1, label="Injection 1"), Marker(before=3, label="Injection 2")),
    emphasis=(2,),
)


def test_numbers_are_in_the_table():
    page = Outline(rendered(MADE))
    assert page.words["caption"] == ["Headache days"]
    headings = ["counted days", "missing days", "weeks 1, cycle 1", "weeks 2, cycle 1", "weeks 3, cycle 1"]
    assert page.words["th"] == headings
    assert page.words["td"] == ["19", "4", "Injection 1", "–", "28", "14.5", "0", "Injection 2"]
    assert page.words["li"] == ["Baseline: 20", "Published number: 15"]


def test_picture_has_a_title_and_a_description():
    page = Outline(rendered(MADE))
    pictures = [svg for svg in page.all("svg") if svg.get("role") == "img"]
    named = [str(svg["aria-labelledby"]).split() for svg in pictures]
    assert named == [
        [f"headache-days-{size}-title", f"headache-days-{size}-desc"] for size in ("wide", "narrow")
    ]
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {name for names in named for name in names} <= ids
    assert page.words["desc"] == ["Bars of headache days."] * 2


def test_two_charts_share_no_id():
    page = Outline(rendered(MADE, "first") + rendered(MADE, "second"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = {name for _, attributes in page.tags for name in re.findall(r"url\(#(.+?)\)", str(attributes))}
    assert used <= set(ids)


def test_payload_is_in_the_page():
    [data] = re.findall(r'<script id="headache-days" type="application/json">(.*?)</script>', rendered(MADE))
    assert json.loads(data) == MADE


def test_policy_refuses_nothing():
    page = Outline(rendered(MADE))
    assert not [tag for tag, attributes in page.tags if "style" in attributes]
    assert [script["type"] for script in page.all("script")] == ["application/json"]


def test_what_people_wrote_is_escaped():
    hostile: Any = chart([1], markers=(Marker(before=0, label="<script>alert(1)</script>"),))
    hostile["series"][0]["label"] = hostile["labels"][0][0] = "</script><b>"
    page = Outline(rendered(hostile))
    assert len(page.all("script")) == 1
    assert page.all("b") == []


def test_numbers_are_written_in_the_language_and_places_are_not():
    with translation.override("de"):
        html = rendered(MADE)
    page = Outline(html)
    assert "14,5" in page.words["td"]
    places_of = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("x", "y", "x1", "y1", "width", "height", "data-top", "d")
    ]
    assert places_of
    assert not [value for value in places_of if value and "," in value]
