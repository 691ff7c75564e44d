"""Pictures of results, drawn with matplotlib (extra `plot`) on axes that are given or made.

What was observed and what was imputed differ in shape, not only in colour, so that a picture can be printed in grey:
dots are observed, diamonds imputed, and hollow diamonds should not be used without care.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

OBSERVED, IMPUTED = "#56789a", "#d55e00"
"""Blue and vermilion, which the colour-blind can tell apart."""

WIDE = (9.5, 3.9)
INTERVAL = "imputed, with 90 % prediction interval"
CARE = "imputed, not to be used without care"


def plot_countries(frame: "DataFrame", *, title: str = "", ax: "Axes | None" = None) -> "Axes":
    """Draw countries sorted by value: dots where observed, diamonds with their interval where imputed.

    Args:
        frame: country, value, lower, upper, observed, unreliable.
        title: above the axes.
        ax: where to draw; None makes a figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    axes = ax or new_axes()
    frame = frame.sort_values("value", ignore_index=True, kind="stable")
    imputed = frame[~frame["observed"]]
    axes.vlines(imputed.index, imputed["lower"], imputed["upper"], color=IMPUTED, linewidth=1.6, alpha=0.55)
    _draw_points(axes, frame, np.arange(len(frame)))
    axes.set_xticks(range(len(frame)), frame["country"], rotation=90, fontsize=8)
    axes.set_xlim(-1, len(frame))
    return finished(axes, title)


def plot_series(frame: "DataFrame", *, title: str = "", ax: "Axes | None" = None) -> "Axes":
    """Draw a series over the years: dots where observed, diamonds where imputed, with a band if it has bounds.

    Args:
        frame: year, value, observed; lower, upper and unreliable, if they are known. Years without a value are gaps.
        title: above the axes.
        ax: where to draw; None makes a figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    axes = ax or new_axes()
    from matplotlib.ticker import MaxNLocator

    frame = frame.sort_values("year", ignore_index=True)
    axes.plot(frame["year"], frame["value"], color="#999999", linewidth=1, zorder=1)
    if "lower" in frame:
        axes.fill_between(frame["year"], frame["lower"], frame["upper"], color=IMPUTED, alpha=0.2, linewidth=0)
        imputed = frame[~frame["observed"]]
        axes.vlines(imputed["year"], imputed["lower"], imputed["upper"], color=IMPUTED, linewidth=1.6, alpha=0.55)
    _draw_points(axes, frame, frame["year"].to_numpy(), INTERVAL if "lower" in frame else "interpolated")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return finished(axes, title)


def plot_bars(values: Mapping[str, float], *, label: str, title: str = "", ax: "Axes | None" = None) -> "Axes":
    """Draw named values as horizontal bars, the first on top; undefined ones have none.

    Args:
        values: name → value.
        label: of the axis of values.
        title: above the axes.
        ax: where to draw; None makes a figure as high as the bars need.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    axes = ax or new_axes((7.5, 1.2 + 0.22 * len(values)))
    axes.barh(range(len(values)), list(values.values()), color=OBSERVED)
    axes.set_yticks(range(len(values)), list(values), fontsize=8)
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.set_xlabel(label)
    return finished(axes, title, grid="x")


def plot_members(members: Sequence[Sequence[str]], *, title: str = "", ax: "Axes | None" = None) -> "Axes":
    """Draw clusters as columns of their members' names.

    Args:
        members: names by cluster.
        title: above the axes.
        ax: where to draw; None makes a figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    highest = max(map(len, members))
    axes = ax or new_axes((1.2 + 0.8 * len(members), 1.2 + 0.2 * highest))
    axes.bar(range(len(members)), list(map(len, members)), color=OBSERVED, alpha=0.25, width=0.9)
    for column, names in enumerate(members):
        for row, name in enumerate(names):
            axes.text(column, row + 0.5, name, ha="center", va="center", fontsize=8)
    axes.set_xticks(range(len(members)))
    axes.set_ylim(0, highest)
    axes.set_xlabel("cluster")
    axes.set_ylabel("members")
    return finished(axes, title)


def plot_elbow(costs: Sequence[float], k: int, *, title: str = "", ax: "Axes | None" = None) -> "Axes":
    """Draw the cost of each number of clusters, from 1, with the chosen number `k` as a diamond.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    axes = ax or new_axes((6.4, 3.9))
    axes.plot(range(1, len(costs) + 1), costs, marker="o", color=OBSERVED)
    axes.scatter([k], [costs[k - 1]], s=70, marker="D", color=IMPUTED, zorder=3, label=f"chosen: {k}")
    axes.set_xticks(range(1, len(costs) + 1))
    axes.set_xlabel("clusters")
    axes.set_ylabel("cost")
    axes.legend(frameon=False)
    return finished(axes, title)


def new_axes(size: tuple[float, float] = WIDE) -> "Axes":
    """The axes of a new figure of pyplot, which notebooks show by themselves; raises MissingExtraError."""
    axes: Axes = pyplot().subplots(figsize=size, layout="constrained")[1]
    return axes


def pyplot() -> Any:
    """The module matplotlib.pyplot, which is imported here first; raises MissingExtraError."""
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise MissingExtraError("plot()", "matplotlib", "plot") from error
    return plt


def _draw_points(axes: "Axes", frame: "DataFrame", x: NDArray[np.generic], imputed: str = INTERVAL) -> None:
    observed = frame["observed"].to_numpy(dtype=bool)
    unreliable = frame["unreliable"].to_numpy(dtype=bool) if "unreliable" in frame else np.zeros(len(frame), dtype=bool)
    value = frame["value"].to_numpy()
    if observed.any():
        axes.scatter(x[observed], value[observed], s=26, color=OBSERVED, label="observed", zorder=2)
    for chosen, face, label in (
        (~observed & ~unreliable, IMPUTED, imputed),
        (~observed & unreliable, "white", CARE),
    ):
        if np.isfinite(value[chosen]).any():
            axes.scatter(
                x[chosen], value[chosen], s=34, marker="D", facecolor=face, edgecolor=IMPUTED, label=label, zorder=2
            )
    axes.legend(frameon=False, loc="best")


def finished(axes: "Axes", title: str, grid: Literal["x", "y"] = "y") -> "Axes":
    """The axes with a title, a grid along one axis behind what is drawn, and no frame."""
    if title:
        axes.set_title(title, loc="left", fontsize=11)
    axes.grid(axis=grid, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return axes
