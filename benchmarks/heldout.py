"""Error, coverage and width on held-out values of SIDS, missing the way values are really missing.

`python -m benchmarks.heldout [--targets 80] [--seed 1] [--hiding WAY …] [--plain 0] [SETTING …]`

For every way of hiding values (`sids_core.evaluation.hiding`): the settings; with up to three of them, the same without
history and with predictors selected in another year of the decade (archive); the baselines on the same values; and the
first setting by what is known of the country. NRMSE is the root mean squared error on the held-out values of a target
over the standard deviation of the indicator in that year. "Reported / real" is the error that the result tells to
expect, over the error on the held-out values, median over targets.
"""

import argparse
import warnings
from collections.abc import Mapping
from time import perf_counter
from types import MappingProxyType
from typing import Any

from benchmarks import reference
from benchmarks.held_out_cells import held_out
from benchmarks.panel import real_panel
from benchmarks.panel_baselines import BASELINES
from benchmarks.scores import GROUPS, HEAD, Cell, cells_of_result, cells_of_values, row
from sids_core.errors import RequestError
from sids_core.evaluation.hiding import HIDING, HeldOut
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.impute import impute
from sids_core.imputation.result import ImputationResult
from sids_core.imputation.training_data import TrainingData, make_training_data
from sids_core.panel.panel import Panel

SETTINGS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        f"{selection} {ensemble} {interval}": {"selection": selection, "ensemble": ensemble, "interval": interval}
        for selection in ("AFS", "PCA")
        for ensemble in ("etr", "rfr", "gbr", "all")
        for interval in ("quantile", "bootstrap")
    }
)

MOST_WITH_VARIANTS = 3

SELECTION_YEARS = 10
"""Years that share their predictors in the rows of archives, as with `sids batch --selection-years 10`."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hiding", action="append", choices=HIDING, help="may be repeated; by default all ways")
    parser.add_argument("--plain", type=int, default=0, help="targets to run the slow plain pipeline on")
    parser.add_argument(
        "settings", nargs="*", default=["AFS etr quantile", "PCA rfr quantile"], metavar="SETTING", help="or `every`"
    )
    arguments = parser.parse_args()
    names = list(SETTINGS) if arguments.settings == ["every"] else arguments.settings
    panel = real_panel()
    for hiding in arguments.hiding or HIDING:
        cells = _cells(panel, arguments.targets, arguments.seed, hiding, names, arguments.plain)
        print(f"\n{HEAD.format(hiding)}")
        print("\n".join(row(name, each) for name, each in cells.items()))
        print(f"\n{HEAD.format(f'{hiding}: {names[0]} by what is known')}")
        groups = {name: [cell for cell in cells[names[0]] if belongs(cell)] for name, belongs in GROUPS.items()}
        print("\n".join(row(name, each) for name, each in groups.items() if each), flush=True)


def _cells(panel: Panel, count: int, seed: int, hiding: str, names: list[str], plain: int) -> dict[str, list[Cell]]:
    """Cells by setting and baseline."""
    cells: dict[str, list[Cell]] = {}
    for number, hidden in enumerate(held_out(panel, count, seed, hiding)):
        for name in names:
            options = SETTINGS[name]
            cells.setdefault(name, []).extend(ours(number, hidden, options))
            if len(names) > MOST_WITH_VARIANTS:
                continue
            cells.setdefault(f"{name}, history off", []).extend(ours(number, hidden, {**options, "history": False}))
            like = _selected(hidden, options)
            cells.setdefault(f"{name}, archive", []).extend(ours(number, hidden, options, like))
        for name, baseline in BASELINES.items():
            start = perf_counter()
            values = baseline(hidden.panel, hidden.target, hidden.year, list(hidden.truth))
            cells.setdefault(name, []).extend(cells_of_values(number, hidden, values, perf_counter() - start))
        if number < plain:
            cells.setdefault("plain pipeline, AFS rfr", []).extend(_plain(number, hidden))
    return cells


def ours(number: int, hidden: HeldOut, options: Mapping[str, Any], like: ImputationResult | None = None) -> list[Cell]:
    """The cells of a target, imputed by the library."""
    start = perf_counter()
    result = impute(hidden.panel, hidden.target, hidden.year, like=like, **options)
    return cells_of_result(number, hidden, result, perf_counter() - start)


def _selected(hidden: HeldOut, options: Mapping[str, Any]) -> ImputationResult | None:
    """The imputation that selects the predictors of the target in an archive; None if the data does not allow it."""
    catalogue, span = Catalogue(hidden.panel), hidden.year // SELECTION_YEARS
    years = [
        year
        for year in hidden.panel.years
        if year // SELECTION_YEARS == span and hidden.target in catalogue.targets(year, _dataset(hidden))
    ]
    try:
        return impute(hidden.panel, hidden.target, years[len(years) // 2], **options)
    except RequestError:
        return None


def _dataset(hidden: HeldOut) -> str:
    return hidden.panel.indicator(hidden.target).dataset


def _plain(number: int, hidden: HeldOut) -> list[Cell]:
    data = training_data(hidden)
    start = perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = reference.impute(data.X, data.y, data.is_sids, data.X_missing, selection="AFS")
    values = dict(zip(data.missing, answer.predicted.tolist(), strict=True))
    return cells_of_values(number, hidden, values, perf_counter() - start)


def training_data(hidden: HeldOut) -> TrainingData:
    """The matrices of a target, from the year's own slice."""
    config = ImputationConfig(history=False)
    return make_training_data(hidden.panel, hidden.target, hidden.year, config=config)


if __name__ == "__main__":
    main()
