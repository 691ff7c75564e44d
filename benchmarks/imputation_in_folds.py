"""Effect of repeating the base imputation inside every fold instead of sharing one.

`python -m benchmarks.imputation_in_folds [--targets 30] [--seed 1]`: the out-of-fold error of extra trees on ten
predictors by AFS, with the predictors' gaps filled once, and filled anew from each fold's training countries alone.
"""

import argparse

import numpy as np
from numpy.typing import NDArray

from benchmarks.held_out_cells import held_out
from benchmarks.heldout import training_data
from benchmarks.panel import real_panel
from sids_core.imputation.base_imputers.nearest_neighbours import NearestNeighboursImputer
from sids_core.imputation.cross_fitting import inverse_class_weights, stratified_folds
from sids_core.imputation.ensembles.forest import extra_trees
from sids_core.imputation.ensembles.local_linear import LocalLinearForest
from sids_core.imputation.selection.recursive_elimination import RecursiveElimination
from sids_core.imputation.training_data import TrainingData

FOLDS = 5


def main() -> None:
    """Print the ratio of both errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    each = [training_data(target) for target in held_out(real_panel(), arguments.targets, arguments.seed)]
    ratios = np.array([_error(data, inside=True) / _error(data, inside=False) for data in each])
    low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
    print(f"error inside / shared over {len(ratios)} targets: median {middle:.3f}, quartiles {low:.3f} to {high:.3f}")


def _error(data: TrainingData, *, inside: bool) -> float:
    fold = stratified_folds(data.is_sids, FOLDS)
    sample_weight = inverse_class_weights(data.is_sids)
    predicted = np.empty(len(data.y))
    for number in range(FOLDS):
        kept = fold != number
        X = _filled(data.X, kept if inside else np.ones_like(kept))
        columns = RecursiveElimination(10).select(X[kept], data.y[kept], sample_weight[kept])
        model = LocalLinearForest(extra_trees(100, max_depths=(3,)))
        model.fit(X[np.ix_(kept, columns)], data.y[kept], sample_weight[kept])
        predicted[~kept] = model.predict(X[np.ix_(~kept, columns)]).predicted[0]
    return float(np.sqrt(np.mean((predicted - data.y) ** 2)))


def _filled(X: NDArray[np.float64], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    return NearestNeighboursImputer().fit(X[rows]).transform(X)


if __name__ == "__main__":
    main()
