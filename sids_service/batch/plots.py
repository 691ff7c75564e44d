"""Bar charts in characters: they show in any reader of Markdown, and equal figures give equal text."""

from collections.abc import Mapping

WIDTH = 40
FULL, EMPTY = "█", "░"


def bars(values: Mapping[str, float], full: float) -> str:
    """A line a value, longest at `full`, as a code block; the value stands behind its bar."""
    name_width = max(len(name) for name in values)
    lines = [
        f"{name:<{name_width}}  {_bar(value / full if full > 0 else 0.0)}  {value:.3f}"
        for name, value in values.items()
    ]
    return "\n".join(["```", *lines, "```"])


def _bar(share: float) -> str:
    length = round(WIDTH * min(max(share, 0.0), 1.0))
    return FULL * length + EMPTY * (WIDTH - length)
