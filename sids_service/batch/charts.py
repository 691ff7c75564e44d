"""Plots as SVG elements within a page: no script, no style, no font or file of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 28
INK, GRID, MAIN, SECOND = "#1f2933", "#d5dbe1", "#1c6ea4", "#c2571a"
MOST_LABELS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of two parts; the second lies over the first, which is at least as long."""

    label: str
    value: float
    part: float = 0.0


def lines(title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], *, percent: bool) -> str:
    """Series over the same labels, from 0 on; the second is dashed."""
    top = _top(max((value for _, values in series for value in values), default=0.0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(labels) - 1)
    parts = [*_grid(top, percent=percent), *_labels(labels, [LEFT + step * place for place in range(len(labels))])]
    for number, (name, values) in enumerate(series):
        points = [(LEFT + step * place, _y(value, top)) for place, value in enumerate(values)]
        dash = ' stroke-dasharray="6 4"' if number else ""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        colour = (MAIN, SECOND)[number % 2]
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        if not number:
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}">'
                f"<title>{escape(label)}: {_number(value, percent=percent)}</title></circle>"
                for (x, y), label, value in zip(points, labels, values, strict=True)
            ]
        parts.append(_text(LEFT + 8 + 170 * number, TOP + 10, name, colour=colour))
    return _svg(title, parts)


def bars(title: str, bars: Sequence[Bar]) -> str:
    """Upright bars, each with its part in another colour."""
    top = _top(max((bar.value for bar in bars), default=0.0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(bars))
    middles = [LEFT + step * (place + 0.5) for place in range(len(bars))]
    parts = [*_grid(top, percent=False), *_labels([bar.label for bar in bars], middles)]
    for x, bar in zip(middles, bars, strict=True):
        for value, colour in ((bar.value, MAIN), (bar.part, SECOND)):
            y = _y(value, top)
            parts.append(
                f'<rect x="{x - step * 0.4:.1f}" y="{y:.1f}" width="{step * 0.8:.1f}" '
                f'height="{HEIGHT - BOTTOM - y:.1f}" fill="{colour}"><title>{escape(bar.label)}: '
                f"{_number(value, percent=False)}</title></rect>"
            )
    return _svg(title, parts)


def histogram(values: Sequence[float], upper: float, bins: int) -> list[Bar]:
    """How many of the values lie in each of so many equal bins from 0 to `upper`; the last holds what is above, too."""
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, int(value / upper * bins))] += 1
    width = upper / bins
    labels = [f"{width * place:.2f}–{width * (place + 1):.2f}" for place in range(bins - 1)]
    return [Bar(label, count) for label, count in zip([*labels, f"≥ {width * (bins - 1):.2f}"], counts, strict=True)]


def _svg(title: str, parts: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
            f'font-family="sans-serif" font-size="11"><title>{escape(title)}</title>',
            *parts,
            "</svg>",
        ]
    )


def _grid(top: float, *, percent: bool) -> list[str]:
    parts = []
    for quarter in range(5):
        value = top * quarter / 4
        y = _y(value, top)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>')
        parts.append(_text(LEFT - 6, y + 4, _number(value, percent=percent), anchor="end"))
    return parts


def _labels(labels: Sequence[str], places: Sequence[float]) -> list[str]:
    every = max(1, ceil(len(labels) / MOST_LABELS))
    return [
        _text(place, HEIGHT - BOTTOM + 16, label, anchor="middle")
        for number, (label, place) in enumerate(zip(labels, places, strict=True))
        if number % every == 0
    ]


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(1.0, value / top)


def _top(largest: float) -> float:
    """A round number that is not below the largest value."""
    if largest <= 0:
        return 1.0
    unit: float = 10.0 ** floor(log10(largest))
    return next(unit * step for step in (1, 2, 2.5, 4, 5, 8, 10, 20) if unit * step >= largest)


def _number(value: float, *, percent: bool) -> str:
    return f"{value:.0%}" if percent else f"{value:,.10g}" if value >= 10 else f"{value:.3g}"
