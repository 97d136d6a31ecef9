"""The small trend line of a row: where its points stand. Pure, like the shapes of the big charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from diary.rules import CHRONIC_HEADACHE_DAYS, Window

WIDTH, HEIGHT, EDGE = 96.0, 28.0, 3.0
MOST_DAYS = 28


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Points of lines for SVG; a window too thin to estimate leaves a gap, and one alone is a dot."""

    lines: list[str]
    dots: list[tuple[float, float]]
    published: float
    width: float = WIDTH
    height: float = HEIGHT


def _height(days: float) -> float:
    return round(HEIGHT - EDGE - days / MOST_DAYS * (HEIGHT - 2 * EDGE), 1)


def sparkline(windows: Sequence[Window]) -> Sparkline:
    """Estimated headache days in 28 for each window with 20 recorded days, left to right."""
    step = (WIDTH - 2 * EDGE) / max(len(windows) - 1, 1)
    points = [
        (
            round(EDGE + step * place, 1),
            None if window.estimate_28 is None else _height(float(window.estimate_28)),
        )
        for place, window in enumerate(windows)
    ]
    runs = [
        [(x, y) for x, y in run if y is not None]
        for known, run in groupby(points, lambda point: point[1] is not None)
        if known
    ]
    return Sparkline(
        [" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1],
        [run[0] for run in runs if len(run) == 1],
        _height(CHRONIC_HEADACHE_DAYS),
    )
