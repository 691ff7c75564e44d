"""Other imputers on the same held-out values: the training mean, scikit-learn's imputers used directly, and packages.

`python -m benchmarks.peers [--targets 24] [--seed 1] [--columns 50] [PEER …]`

Each peer gets the matrix of two-level imputation with the target as an additional column, and is used as documented.
Those that train a model per column would take hours on two thousand, so they get the `--columns` of largest rank
correlation with the target. Peers that are not installed are skipped with a message: install miceforest (with lightgbm
4.5), MissForest (with tqdm) and hyperimpute each into its own environment, with pandas 2: with pandas 3 hyperimpute
returns the means. The service needs none of them.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from benchmarks.held_out_cells import held_out
from benchmarks.heldout import SETTINGS, ours, training_data
from benchmarks.panel import real_panel
from sids_core.evaluation.hiding import HeldOut
from sids_core.imputation.training_data import TrainingData

Fill = Callable[[NDArray[np.float64]], NDArray[np.float64]]

OURS = "AFS etr quantile"


@dataclass(frozen=True)
class Peer:
    """A function that fills a matrix, and whether it trains a model per column."""

    fill: Fill
    by_column: bool = False


def main() -> None:
    """Print a row per peer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--columns", type=int, default=50, help="for the peers that train a model for every column")
    parser.add_argument("peers", nargs="*", default=list(PEERS), metavar="PEER")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    targets = list(held_out(real_panel(), arguments.targets, arguments.seed))
    print("| imputer | NRMSE median | mean | seconds, median |")
    print("|---|---|---|---|")
    _print(f"this project, {OURS}", [_ours(target) for target in targets])
    for name in arguments.peers:
        peer = PEERS[name]
        try:
            scores = [_score(target, peer, arguments.columns) for target in targets]
        except ImportError as reason:
            print(f"{name} is left out: {reason}", file=sys.stderr)
            continue
        _print(f"{name}, {arguments.columns} columns" if peer.by_column else name, scores)


def _print(name: str, scores: list[tuple[float, float]]) -> None:
    nrmse, seconds = np.array(scores).T
    print(f"| {name} | {np.median(nrmse):.3f} | {nrmse.mean():.3f} | {np.median(seconds):.2f} |", flush=True)


def _ours(target: HeldOut) -> tuple[float, float]:
    cells = ours(0, target, SETTINGS[OURS])
    return float(np.sqrt(np.mean([cell.scored.error**2 for cell in cells]))), cells[0].seconds


def _score(target: HeldOut, peer: Peer, columns: int) -> tuple[float, float]:
    """NRMSE on the held-out values, and seconds."""
    data = training_data(target)
    matrix, scale = _matrix(data)
    if peer.by_column:
        matrix = matrix[:, _related(matrix, columns)]
    start = perf_counter()
    filled = peer.fill(matrix)
    seconds = perf_counter() - start
    values = dict(zip(data.missing, filled[len(data.y) :, 0] * scale[0] + scale[1], strict=True))
    error = np.array([values[code] - truth for code, truth in target.truth.items()])
    return float(np.sqrt(np.mean(error**2)) / target.standard_deviation), seconds


def _matrix(data: TrainingData) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Training countries, then those to predict; target first; columns min-max scaled. And the inverse scaling."""
    target = np.concatenate([data.y, np.full(len(data.missing), np.nan)])
    columns = np.column_stack([target, np.concatenate([data.X, data.X_missing])])
    lowest = np.nanmin(columns, axis=0)
    spread = np.nanmax(columns, axis=0) - lowest
    spread[spread == 0] = 1.0
    return (columns - lowest) / spread, (float(spread[0]), float(lowest[0]))


def _related(matrix: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """The target's position, 0, and those of the `count` columns of largest absolute rank correlation with it."""
    import pandas as pd

    frame = pd.DataFrame(matrix)
    correlation = frame.corrwith(frame[0], method="spearman").abs().fillna(0.0).to_numpy(copy=True)
    correlation[0] = np.inf
    return np.argsort(-correlation, kind="stable")[: count + 1]


def _mean(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    from sklearn.impute import SimpleImputer

    return np.asarray(SimpleImputer().fit_transform(matrix))


def _nearest_neighbours(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    from sklearn.impute import KNNImputer

    return np.asarray(KNNImputer().fit_transform(matrix))


def _iterative(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401 (makes the next line work)
    from sklearn.impute import IterativeImputer

    return np.asarray(IterativeImputer(random_state=0).fit_transform(matrix))


def _miceforest(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    import miceforest
    import pandas as pd

    frame = pd.DataFrame(matrix, columns=[f"x{number}" for number in range(matrix.shape[1])])
    kernel = miceforest.ImputationKernel(frame, num_datasets=1, random_state=0)
    kernel.mice(5, verbose=False)
    return np.asarray(kernel.complete_data(0))


def _missforest(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    import pandas as pd
    from missforest import MissForest

    frame = pd.DataFrame(matrix, columns=[f"x{number}" for number in range(matrix.shape[1])])
    # It returns the columns in the order of their gaps.
    return np.asarray(MissForest(verbose=0).fit_transform(frame)[frame.columns])


def _hyperimpute(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    import pandas as pd
    from hyperimpute.plugins.imputers import Imputers

    frame = pd.DataFrame(matrix, columns=[f"x{number}" for number in range(matrix.shape[1])])
    return np.asarray(Imputers().get("hyperimpute", random_state=0).fit_transform(frame))


PEERS: Mapping[str, Peer] = MappingProxyType(
    {
        "mean": Peer(_mean),
        "scikit-learn KNNImputer": Peer(_nearest_neighbours),
        "scikit-learn IterativeImputer": Peer(_iterative, by_column=True),
        "miceforest": Peer(_miceforest, by_column=True),
        "MissForest": Peer(_missforest, by_column=True),
        "hyperimpute": Peer(_hyperimpute, by_column=True),
    }
)


if __name__ == "__main__":
    main()
