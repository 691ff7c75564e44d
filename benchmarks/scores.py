"""Scores of imputed values on held-out cells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from sids_core.evaluation.hiding import HeldOut
from sids_core.evaluation.scores import Score, ScoredValue, score_result, score_values
from sids_core.imputation.result import ImputationResult

HEAD = """| {} | values | NRMSE median | mean | coverage | width / deviation, median | reported / real | s |
|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Cell:
    """A held-out value, what was imputed for it, and what was known of the country.

    Attributes:
        target: number of the target.
        scored: the held-out and the imputed value.
        seconds: of the whole imputation.
        importance_missing: share of the predictors' importance without a value in the year itself.
        distance: years to the nearest own value; None without own values.
        past_only: whether all own values are earlier.
    """

    target: int
    scored: ScoredValue
    seconds: float
    importance_missing: float = np.nan
    distance: int | None = None
    past_only: bool = False


def cells_of_result(number: int, hidden: HeldOut, result: ImputationResult, seconds: float) -> list[Cell]:
    """The cells of a target that this library imputed."""
    panel = hidden.panel
    year = panel.year_index(hidden.year)
    columns = [panel.indicator_index[code] for code in result.predictors]
    cells = []
    for scored in score_result(hidden, result):
        row = panel.country_index[scored.country]
        missing = np.isnan(panel.values[year, row, columns])
        own = np.array(panel.years)[np.isfinite(panel.values[:, row, panel.indicator_index[hidden.target]])]
        cells.append(
            Cell(
                number,
                scored,
                seconds,
                importance_missing=float(missing @ np.array(list(result.importances.values()))),
                distance=int(np.abs(own - hidden.year).min()) if len(own) else None,
                past_only=bool(len(own)) and bool((own < hidden.year).all()),
            )
        )
    return cells


def cells_of_values(number: int, hidden: HeldOut, values: Mapping[str, float], seconds: float) -> list[Cell]:
    """The cells of a target for which only values were imputed."""
    return [Cell(number, scored, seconds) for scored in score_values(hidden, values)]


def row(name: str, cells: Sequence[Cell]) -> str:
    """A row of the table: NRMSE by target, coverage and width over all cells, reported over real error by target."""
    by_target = [Score.of([cell.scored for cell in each]) for each in _by_target(cells)]
    overall = Score.of([cell.scored for cell in cells])
    nrmse = [score.error for score in by_target]
    reported = [score.reported_error for score in by_target if score.rmse > 0]
    columns = [name, str(len(cells)), f"{np.median(nrmse):.3f}", f"{np.mean(nrmse):.3f}"]
    columns += [f"{overall.coverage:.1%}" if np.isfinite(overall.coverage) else ""]
    columns += [f"{overall.width:.2f}" if np.isfinite(overall.width) else ""]
    columns += [f"{value:.2f}" if np.isfinite(value := np.median(reported)) else ""]
    columns += [f"{np.median([each[0].seconds for each in _by_target(cells)]):.2f}"]
    return f"| {' | '.join(columns)} |"


GROUPS: Mapping[str, Callable[[Cell], bool]] = {
    "< 20 % of the importance missing": lambda cell: cell.importance_missing < 0.2,
    "20 to 80 %": lambda cell: 0.2 <= cell.importance_missing <= 0.8,
    "> 80 %": lambda cell: cell.importance_missing > 0.8,
    "nearest own value 1 year away": lambda cell: cell.distance is not None and cell.distance <= 1,
    "2 or 3 years": lambda cell: cell.distance is not None and 2 <= cell.distance <= 3,
    "4 or more years": lambda cell: cell.distance is not None and cell.distance >= 4,
    "own values in the past only": lambda cell: cell.past_only,
    "no own value": lambda cell: cell.distance is None,
    "reported as unreliable": lambda cell: cell.scored.unreliable,
    "not reported as unreliable": lambda cell: not cell.scored.unreliable,
}
"""Groups of cells by what is known of the country."""


def _by_target(cells: Sequence[Cell]) -> list[list[Cell]]:
    ordered = sorted(cells, key=lambda cell: cell.target)
    return [list(each) for _, each in groupby(ordered, lambda cell: cell.target)]
