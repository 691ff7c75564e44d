"""The picture of an evaluation."""

from typing import TYPE_CHECKING

import numpy as np

from sids_core.export.plots import IMPUTED, OBSERVED, finished, pyplot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sids_core.evaluation.evaluation import Evaluation

ROW_INCHES, LEAST_INCHES = 0.24, 2.2


def plot_evaluation(evaluation: "Evaluation") -> "NDArray[np.object_]":
    """Three axes that share their rows: error, coverage with its confidence interval, and width.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    scores = list(evaluation.scores.items())
    ways = list(dict.fromkeys(way for (way, _), _ in scores))
    # Rows downwards, with a gap before each way of hiding.
    position = -np.array([number + ways.index(way) for number, ((way, _), _) in enumerate(scores)], dtype=float)
    colours = [IMPUTED if method in evaluation.settings else OBSERVED for (_, method), _ in scores]
    height = max(LEAST_INCHES, ROW_INCHES * (len(scores) + 2 * len(ways) + 3))
    columns: NDArray[np.object_] = pyplot().subplots(1, 3, sharey=True, figsize=(9.5, height), layout="constrained")[1]
    error, coverage, width = columns
    error.scatter([score.error for _, score in scores], position, color=colours, s=26)
    error.set_xlabel("error, standard deviations")
    error.set_yticks(position, [method for (_, method), _ in scores], fontsize=8)
    with_interval = [number for number, (_, score) in enumerate(scores) if np.isfinite(score.coverage)]
    rows = position[with_interval]
    known = [scores[number][1] for number in with_interval]
    coverage.axvline(evaluation.nominal_coverage, color="#444444", linewidth=0.8, linestyle="--")
    coverage.hlines(
        rows,
        [score.coverage_low for score in known],
        [score.coverage_high for score in known],
        color=IMPUTED,
        alpha=0.5,
    )
    coverage.scatter([score.coverage for score in known], rows, color=IMPUTED, s=26)
    coverage.set_xlabel(f"coverage, nominal {evaluation.nominal_coverage:.0%}")
    width.scatter([score.width for score in known], rows, color=IMPUTED, s=26)
    width.set_xlabel("median width, standard deviations")
    for way in ways:
        first = max(position[number] for number, ((each, _), _) in enumerate(scores) if each == way)
        error.annotate(way, (0, first + 0.7), xycoords=("axes fraction", "data"), fontsize=8, fontweight="bold")
    for axes in columns:
        finished(axes, "", grid="x").spines["left"].set_visible(False)
        axes.tick_params(left=False)
    error.set_xlim(left=0)
    width.set_xlim(left=0)
    error.set_ylim(position.min() - 0.7, position.max() + 1.7)
    years = ", ".join(map(str, evaluation.years))
    error.set_title(f"{evaluation.indicator}, {years}: hidden and imputed again", loc="left", fontsize=10)
    return columns
