"""Cross-fitting: everything that looks at the target is done anew without each fold, so that its error is honest.

Inside the fold stand the selection of predictors, the fit, and the choice of ensemble and depth: the configuration
used for a fold is the one that does best on the *other* folds. The base imputation never sees the target and is shared.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.choice import Configuration, choose
from sids_core.imputation.ensembles import Ensemble
from sids_core.imputation.selection import Selector
from sids_core.stages import counted


@dataclass(frozen=True)
class Part:
    """What was learnt from some of the training rows: the chosen columns, and each ensemble fitted on them."""

    columns: NDArray[np.intp]
    ensembles: Mapping[str, Ensemble]

    @property
    def configurations(self) -> list[Configuration]:
        """Every ensemble at every depth of its grid, in the order of `predict`."""
        return [Configuration(name, depth) for name, model in self.ensembles.items() for depth in model.depths]

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predictions (configurations, rows) for X (rows, candidates)."""
        return np.concatenate([ensemble.predict(X[:, self.columns]) for ensemble in self.ensembles.values()])

    def quantiles(
        self, X: NDArray[np.float64], configuration: Configuration, levels: Sequence[float]
    ) -> NDArray[np.float64]:
        """Conditional quantiles (levels, rows) for X (rows, candidates)."""
        if not levels or not len(X):
            return np.empty((len(levels), len(X)))
        ensemble = self.ensembles[configuration.ensemble]
        return ensemble.quantiles(X[:, self.columns], configuration.depth, levels)


@dataclass(frozen=True)
class CrossFit:
    """The model on all training rows, and what is known of its error from models that had not seen a row.

    Attributes:
        full: learnt from every training row.
        configuration: the best over all folds; the one to use with `full`.
        predicted: out-of-fold predictions (rows,), each by the configuration that is best on the other folds.
        quantiles: out-of-fold conditional quantiles (levels, rows), likewise.
        levels: of these quantiles.
    """

    full: Part
    configuration: Configuration
    predicted: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    levels: Sequence[float]

    def predict(self, X: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predictions (rows,) and conditional quantiles (levels, rows) for X (rows, candidates)."""
        predicted = self.full.predict(X)[self.full.configurations.index(self.configuration)]
        return predicted, self.full.quantiles(X, self.configuration, self.levels)

    @property
    def importances(self) -> NDArray[np.float64]:
        """Importance (chosen columns,) of each of `full.columns`."""
        return self.full.ensembles[self.configuration.ensemble].importances(self.configuration.depth)


def cross_fit(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    weight: NDArray[np.float64],
    fold: NDArray[np.intp],
    selector: Selector | None,
    ensembles: Mapping[str, Callable[[], Ensemble]],
    levels: Sequence[float] = (),
) -> CrossFit:
    """Fit on all rows of X (rows, candidates) and without each fold.

    Args:
        X: candidates without gaps.
        y: the target.
        weight: of each row in every fit, and in the comparison of configurations.
        fold: number of the fold each row belongs to.
        selector: chooses the columns; None keeps all of them.
        ensembles: what to fit, by name; with several, the best is chosen.
        levels: of the conditional quantiles to predict out of fold.
    """

    def learn(rows: NDArray[np.bool_]) -> Part:
        columns = np.arange(X.shape[1]) if selector is None else selector.select(X[rows], y[rows], weight[rows])
        inputs = X[np.ix_(rows, columns)]
        return Part(columns, {name: make().fit(inputs, y[rows], weight[rows]) for name, make in ensembles.items()})

    held_out = [fold == number for number in range(fold.max() + 1)]
    with ThreadPoolExecutor(cpu_count()) as pool:
        training = [np.ones(len(y), dtype=bool), *(~rows for rows in held_out)]
        full, *parts = counted(pool.map(learn, training), len(training))

        configurations = full.configurations
        candidates = np.empty((len(configurations), len(y)))
        for part, rows in zip(parts, held_out, strict=True):
            candidates[:, rows] = part.predict(X[rows])
        error = candidates - y
        chosen = [choose(configurations, error[:, ~rows], weight[~rows]) for rows in held_out]

        predicted = np.empty(len(y))
        quantiles = np.empty((len(levels), len(y)))
        answers = pool.map(
            lambda part, rows, choice: part.quantiles(X[rows], configurations[choice], levels), parts, held_out, chosen
        )
        for rows, choice, answer in zip(held_out, chosen, answers, strict=True):
            predicted[rows] = candidates[choice, rows]
            quantiles[:, rows] = answer
    best = configurations[choose(configurations, error, weight)]
    return CrossFit(full, best, predicted, quantiles, tuple(levels))
