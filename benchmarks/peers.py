"""Other imputers on the same hidden figures: the training mean, scikit-learn's imputers used directly, and packages.

`python -m benchmarks.peers [--targets 24] [--seed 1] [PEER …]`

Each peer gets the matrix that two-level imputation sees, the target as one more column, and fills it as its
documentation says. Peers that are not installed are left out with a line: install miceforest, MissForest and
hyperimpute each into an environment of its own, beside requirements.txt; the service needs none of them.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Mapping
from time import perf_counter
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from benchmarks.held_out_cells import HeldOut, held_out
from benchmarks.heldout import pose_target
from benchmarks.panel import real_panel
from sids_core.imputation.problem import Problem

Fill = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def main() -> None:
    """Print a row a peer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("peers", nargs="*", default=list(PEERS), metavar="PEER")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    targets = list(held_out(real_panel(), arguments.targets, arguments.seed))
    print("| imputer | NRMSE median | mean | seconds, median |")
    print("|---|---|---|---|")
    for name in arguments.peers:
        try:
            scores = np.array([_score(target, PEERS[name]) for target in targets])
        except ImportError as reason:
            print(f"{name} is left out: {reason}", file=sys.stderr)
            continue
        nrmse, seconds = scores.T
        print(f"| {name} | {np.median(nrmse):.3f} | {nrmse.mean():.3f} | {np.median(seconds):.2f} |", flush=True)


def _score(target: HeldOut, fill: Fill) -> tuple[float, float]:
    """NRMSE on the hidden figures, and seconds."""
    problem = pose_target(target, "AFS")
    matrix, scale = _matrix(problem)
    start = perf_counter()
    filled = fill(matrix)
    seconds = perf_counter() - start
    values = dict(zip(problem.missing, filled[len(problem.y) :, 0] * scale[0] + scale[1], strict=True))
    error = np.array([values[code] - truth for code, truth in target.truth.items()])
    return float(np.sqrt(np.mean(error**2)) / target.deviation), seconds


def _matrix(problem: Problem) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Training countries, then those to predict; the target first; every column min-max scaled. And how to undo it."""
    target = np.concatenate([problem.y, np.full(len(problem.missing), np.nan)])
    columns = np.column_stack([target, np.concatenate([problem.X, problem.X_missing])])
    lowest = np.nanmin(columns, axis=0)
    spread = np.nanmax(columns, axis=0) - lowest
    spread[spread == 0] = 1.0
    return (columns - lowest) / spread, (float(spread[0]), float(lowest[0]))


def _mean(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    from sklearn.impute import SimpleImputer

    return np.asarray(SimpleImputer().fit_transform(matrix))


def _nearest_neighbours(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    from sklearn.impute import KNNImputer

    return np.asarray(KNNImputer().fit_transform(matrix))


def _iterative(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401 (makes the next line work)
    from sklearn.impute import IterativeImputer

    imputer = IterativeImputer(random_state=0, n_nearest_features=20, sample_posterior=False)
    return np.asarray(imputer.fit_transform(matrix))


def _miceforest(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    import miceforest
    import pandas as pd

    frame = pd.DataFrame(matrix, columns=[f"x{number}" for number in range(matrix.shape[1])])
    kernel = miceforest.ImputationKernel(frame, num_datasets=1, random_state=0)
    kernel.mice(2, verbose=False)
    return np.asarray(kernel.complete_data(0))


def _missforest(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    import pandas as pd
    from missforest import MissForest

    frame = pd.DataFrame(matrix, columns=[f"x{number}" for number in range(matrix.shape[1])])
    return np.asarray(MissForest(max_iter=2, verbose=0).fit_transform(frame))


def _hyperimpute(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    import pandas as pd
    from hyperimpute.plugins.imputers import Imputers

    frame = pd.DataFrame(matrix, columns=[f"x{number}" for number in range(matrix.shape[1])])
    return np.asarray(Imputers().get("hyperimpute", random_state=0).fit_transform(frame))


PEERS: Mapping[str, Fill] = MappingProxyType(
    {
        "mean": _mean,
        "scikit-learn KNNImputer": _nearest_neighbours,
        "scikit-learn IterativeImputer": _iterative,
        "miceforest": _miceforest,
        "MissForest": _missforest,
        "hyperimpute": _hyperimpute,
    }
)


if __name__ == "__main__":
    main()
