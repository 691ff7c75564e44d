"""Scores of imputed values on held-out cells."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from benchmarks.held_out_cells import HeldOut
from sids_core.imputation.result import ImputationResult

HEAD = """| {} | values | NRMSE median | mean | coverage | width / deviation, median | reported / real | s |
|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Cell:
    """A held-out value and what was imputed for it, in standard deviations of the indicator in that year.

    Attributes:
        target: number of the target.
        error: imputed minus held-out value.
        width: width of the interval; NaN without one.
        covered: whether the value lies in the interval; None without one.
        expected_error: the error reported for the country; NaN without one.
        importance_missing: share of the predictors' importance without a value in the year itself.
        distance: years to the nearest own value; None without own values.
        past_only: whether all own values are earlier.
        unreliable: whether the value is reported as unreliable.
        seconds: of the whole imputation.
    """

    target: int
    error: float
    seconds: float
    width: float = np.nan
    covered: bool | None = None
    expected_error: float = np.nan
    importance_missing: float = np.nan
    distance: int | None = None
    past_only: bool = False
    unreliable: bool = False


def cells_of_result(number: int, hidden: HeldOut, result: ImputationResult, seconds: float) -> list[Cell]:
    """The cells of a target that this library imputed."""
    panel, deviation = hidden.panel, hidden.standard_deviation
    position = {code: index for index, code in enumerate(result.countries)}
    year = panel.year_index(hidden.year)
    columns = [panel.indicator_index[code] for code in result.predictors]
    cells = []
    for code, truth in hidden.truth.items():
        at, row = position[code], panel.country_index[code]
        missing = np.isnan(panel.values[year, row, columns])
        own = np.array(panel.years)[np.isfinite(panel.values[:, row, panel.indicator_index[hidden.target]])]
        cells.append(
            Cell(
                number,
                error=(result.values[at] - truth) / deviation,
                seconds=seconds,
                width=(result.upper[at] - result.lower[at]) / deviation,
                covered=bool(result.lower[at] <= truth <= result.upper[at]),
                expected_error=result.expected_error[code] / deviation,
                importance_missing=float(missing @ np.array(list(result.importances.values()))),
                distance=int(np.abs(own - hidden.year).min()) if len(own) else None,
                past_only=bool(len(own)) and bool((own < hidden.year).all()),
                unreliable=code in result.unreliable,
            )
        )
    return cells


def cells_of_values(number: int, hidden: HeldOut, values: Mapping[str, float], seconds: float) -> list[Cell]:
    """The cells of a target for which only values were imputed."""
    return [
        Cell(number, (values[code] - truth) / hidden.standard_deviation, seconds)
        for code, truth in hidden.truth.items()
    ]


def row(name: str, cells: Sequence[Cell]) -> str:
    """A row of the table: NRMSE by target, coverage and width over all cells, reported over real error by target."""
    by_target = _by_target(cells)
    nrmse = [_root_mean_square(cell.error for cell in each) for each in by_target]
    reported = [
        _root_mean_square(cell.expected_error for cell in each) / real
        for each, real in zip(by_target, nrmse, strict=True)
        if real > 0
    ]
    covered = [cell.covered for cell in cells if cell.covered is not None]
    columns = [name, str(len(cells)), f"{np.median(nrmse):.3f}", f"{np.mean(nrmse):.3f}"]
    columns += [f"{np.mean(covered):.1%}" if covered else ""]
    columns += [f"{value:.2f}" if np.isfinite(value := np.median([cell.width for cell in cells])) else ""]
    columns += [f"{value:.2f}" if np.isfinite(value := np.median(reported)) else ""]
    columns += [f"{np.median([each[0].seconds for each in by_target]):.2f}"]
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
    "reported as unreliable": lambda cell: cell.unreliable,
    "not reported as unreliable": lambda cell: not cell.unreliable,
}
"""Groups of cells by what is known of the country."""


def _by_target(cells: Sequence[Cell]) -> list[list[Cell]]:
    ordered = sorted(cells, key=lambda cell: cell.target)
    return [list(each) for _, each in groupby(ordered, lambda cell: cell.target)]


def _root_mean_square(values: Iterable[float]) -> float:
    return float(np.sqrt(np.mean(np.fromiter(values, dtype=float) ** 2)))
