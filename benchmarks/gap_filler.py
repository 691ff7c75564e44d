"""`GapFiller` beside scikit-learn's imputers, on cells of real tables that are hidden at random.

`python -m benchmarks.gap_filler [--tables 3] [--columns 30] [--seed 1]`

A table is a year of the real data, with indicators drawn among those that at least 120 countries have; a tenth of the
known cells is hidden. NRMSE is the root mean squared error on the hidden cells of a column over its standard deviation.
"""

import argparse
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping
from time import perf_counter
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 (makes it importable)
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.panel import real_panel
from sids_core.gap_filling.gap_filler import GapFiller

FEWEST_COUNTRIES = 120
HIDDEN_SHARE = 0.1
YEARS = (2005, 2010, 2015)

IMPUTERS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "GapFiller": GapFiller,
        "KNNImputer, standardised": lambda: make_pipeline(StandardScaler(), KNNImputer()),
        "IterativeImputer, standardised": lambda: make_pipeline(StandardScaler(), IterativeImputer(random_state=0)),
        "SimpleImputer, mean": SimpleImputer,
    }
)


def main() -> None:
    """Print a row per imputer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=3)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    panel, random = real_panel(), np.random.default_rng(arguments.seed)
    errors, seconds = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    covered: list[bool] = []
    for number in range(arguments.tables):
        full = panel.values[panel.year_index(YEARS[number % len(YEARS)])]
        enough = np.flatnonzero((np.isfinite(full).sum(axis=0) >= FEWEST_COUNTRIES) & (np.nanstd(full, axis=0) > 0))
        full = full[:, random.choice(enough, arguments.columns, replace=False)]
        hidden = np.isfinite(full) & (random.random(full.shape) < HIDDEN_SHARE)
        X = np.where(hidden, np.nan, full)
        for name, make in IMPUTERS.items():
            start = perf_counter()
            imputer = make()
            filled = imputer.fit_transform(X)
            seconds[name].append(perf_counter() - start)
            if not isinstance(imputer, GapFiller | SimpleImputer):
                filled = imputer[0].inverse_transform(filled)
            errors[name] += _nrmse(filled, full, hidden)
            if isinstance(imputer, GapFiller):
                lower, upper = imputer.predict_interval(X)
                covered += ((lower <= full) & (full <= upper))[hidden].tolist()
    print("| imputer | NRMSE median | mean | coverage | seconds, median |\n|---|---|---|---|---|")
    for name, each in errors.items():
        share = f"{np.mean(covered):.1%}" if name == "GapFiller" else ""
        print(f"| {name} | {np.median(each):.3f} | {np.mean(each):.3f} | {share} | {np.median(seconds[name]):.1f} |")
    print(f"\n{len(covered)} hidden cells of {arguments.tables * arguments.columns} columns")


def _nrmse(filled: NDArray[np.float64], full: NDArray[np.float64], hidden: NDArray[np.bool_]) -> list[float]:
    """By column with a hidden cell."""
    squared = np.where(hidden, filled - full, np.nan) ** 2
    columns = hidden.any(axis=0)
    nrmse: NDArray[np.float64] = np.sqrt(np.nanmean(squared[:, columns], axis=0)) / np.nanstd(full[:, columns], axis=0)
    return [float(each) for each in nrmse]


if __name__ == "__main__":
    main()
