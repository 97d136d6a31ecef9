"""What templates ask of a chart: its picture, its legend and its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.formats import number_format

from diary.drawings import Drawing, Table, drawing, plain, table

if TYPE_CHECKING:
    from diary.charts import Chart

register = template.Library()

NARROW = (320, 280)


def in_words(value: float) -> str:
    return number_format(plain(value))


@register.simple_tag
def chart_drawing(chart: Chart) -> Drawing:
    return drawing(chart, number=in_words)


@register.simple_tag
def chart_table(chart: Chart) -> Table:
    return table(chart, number=in_words)


@register.inclusion_tag("components/chart_svg.html")
def chart_svg(chart: Chart, chart_id: str) -> dict[str, object]:
    """The chart for a wide and for a narrow column: the style sheet shows one of them."""
    width, height = NARROW
    return {
        "chart": chart,
        "pictures": [
            ("wide", f"{chart_id}-wide", drawing(chart, number=in_words)),
            ("narrow", f"{chart_id}-narrow", drawing(chart, width, height, number=in_words)),
        ],
    }
