"""What templates ask of a chart: its picture, its legend and its table."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html_join

from diary.drawings import Drawing, Row, Table, Text, drawing, plain, table

if TYPE_CHECKING:
    from diary.charts import Chart

register = template.Library()

NARROW = (320, 280)


def in_words(value: float) -> str:
    return number_format(plain(value))


@register.simple_tag
def chart_pictures(chart: Chart) -> dict[str, Drawing]:
    """The chart for a wide and for a narrow column: the style sheet shows one of them."""
    number = cache(in_words)  # the same few numbers stand in hundreds of places
    width, height = NARROW
    return {"wide": drawing(chart, number=number), "narrow": drawing(chart, width, height, number=number)}


@register.simple_tag
def chart_table(chart: Chart) -> Table:
    return table(chart, number=cache(in_words))


@register.simple_tag
def chart_texts(texts: Iterable[Text]) -> str:
    """Words in a picture. Made here rather than in a template, since a page of charts has hundreds of them."""
    return format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="{}">{}</text>',
        ((str(text.x), str(text.y), text.anchor, text.text) for text in texts),
    )


@register.simple_tag
def chart_columns(picture: Drawing) -> str:
    """What a pointer over a place reads: the whole height above a label with its numbers in words."""
    return format_html_join(
        "",
        '<g><title>{}</title><rect class="chart__column" x="{}" y="{}" width="{}" height="{}" /></g>',
        (
            (column.title, str(column.x), str(column.y), str(column.width), str(column.height))
            for column in picture.columns
        ),
    )


@register.simple_tag
def chart_rows(rows: Iterable[Row]) -> str:
    """The rows of a chart's table."""
    return format_html_join(
        "\n",
        '<tr><th scope="row">{}</th>{}</tr>',
        (
            (row.label, format_html_join("", '<td class="num">{}</td>', ((cell,) for cell in row.cells)))
            for row in rows
        ),
    )


@register.inclusion_tag("components/chart_svg.html")
def chart_svg(chart: Chart, chart_id: str, drawn: dict[str, Drawing]) -> dict[str, object]:
    """Both pictures."""
    pictures = [(size, f"{chart_id}-{size}", picture) for size, picture in drawn.items()]
    return {"chart": chart, "pictures": pictures}
