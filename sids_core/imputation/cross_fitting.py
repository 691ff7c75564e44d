"""Cross-fitting: everything that looks at the target is done anew without each fold, so that its error is honest.

Inside the fold stand the selection of predictors and the fit. The configuration used for a fold is the one that does
best on the *other* folds. The base imputation never sees the target and is shared.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.choice import Configuration, choose
from sids_core.imputation.ensembles import Ensemble, Forecast
from sids_core.imputation.selection import Selector
from sids_core.imputation.spread import TargetScale
from sids_core.stages import counted


@dataclass(frozen=True)
class Part:
    """What was learnt from some of the training rows: the chosen columns, and each ensemble fitted on them."""

    columns: NDArray[np.intp]
    ensembles: Mapping[str, Ensemble]

    @property
    def configurations(self) -> list[Configuration]:
        """Every ensemble with every setting of its grid, in the order of `PartForecast.predicted`."""
        return [Configuration(name, setting) for name, model in self.ensembles.items() for setting in model.settings]

    def forecast(self, X: NDArray[np.float64]) -> "PartForecast":
        """What every ensemble says of X (rows, candidates)."""
        chosen = X[:, self.columns]
        return PartForecast({name: model.forecast(chosen) for name, model in self.ensembles.items()})


@dataclass(frozen=True)
class PartForecast:
    """What the ensembles of a part say of some rows, by name."""

    by_ensemble: Mapping[str, Forecast]

    @property
    def predicted(self) -> NDArray[np.float64]:
        """Predictions (configurations, rows), in the order of the part's configurations."""
        return np.concatenate([forecast.predicted for forecast in self.by_ensemble.values()])

    def quantiles(self, configuration: Configuration, levels: Sequence[float]) -> NDArray[np.float64]:
        """Conditional quantiles (levels, rows)."""
        forecast = self.by_ensemble[configuration.ensemble]
        rows = forecast.predicted.shape[1]
        return forecast.quantiles(configuration.setting, levels) if levels and rows else np.empty((len(levels), rows))


@dataclass(frozen=True)
class CrossFit:
    """The model on all training rows, and what is known of its error from models that had not seen a row.

    Attributes:
        full: learnt from every training row.
        configuration: the best over all folds; the one to use with `full`.
        predicted: out-of-fold predictions (rows,), each by the configuration that is best on the other folds.
        quantiles: out-of-fold conditional quantiles (levels, rows), likewise.
        levels: of these quantiles.
        scale: in which the target was learnt.
    """

    full: Part
    configuration: Configuration
    predicted: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    levels: Sequence[float]
    scale: TargetScale

    def predict(self, X: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predictions (rows,) and conditional quantiles (levels, rows) for X (rows, candidates)."""
        forecast = self.full.forecast(X)
        predicted = forecast.predicted[self.full.configurations.index(self.configuration)]
        quantiles = forecast.quantiles(self.configuration, self.levels)
        return self.scale.figures(predicted), self.scale.figures(quantiles)

    @property
    def importances(self) -> NDArray[np.float64]:
        """Importance (chosen columns,) of each of `full.columns`."""
        return self.full.ensembles[self.configuration.ensemble].importances(self.configuration.setting)


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
    scale = TargetScale.of(y)
    standard = scale.standard(y)

    def learn(rows: NDArray[np.bool_]) -> Part:
        given = standard[rows], weight[rows]
        columns = np.arange(X.shape[1]) if selector is None else selector.select(X[rows], *given)
        inputs = X[np.ix_(rows, columns)]
        return Part(columns, {name: make().fit(inputs, *given) for name, make in ensembles.items()})

    def forecast_without(rows: NDArray[np.bool_]) -> PartForecast:
        return learn(~rows).forecast(X[rows])

    held_out = [fold == number for number in range(fold.max() + 1)]
    with ThreadPoolExecutor(cpu_count()) as pool:
        learning = pool.submit(learn, np.ones(len(y), dtype=bool))
        forecasts = list(counted(pool.map(forecast_without, held_out), len(held_out)))
        full = learning.result()

        configurations = full.configurations
        candidates = np.empty((len(configurations), len(y)))
        for forecast, rows in zip(forecasts, held_out, strict=True):
            candidates[:, rows] = scale.figures(forecast.predicted)
        error = candidates - y
        chosen = [choose(configurations, error[:, ~rows], weight[~rows]) for rows in held_out]

        predicted = np.empty(len(y))
        quantiles = np.empty((len(levels), len(y)))
        answers = pool.map(
            lambda forecast, choice: forecast.quantiles(configurations[choice], levels), forecasts, chosen
        )
        for rows, choice, answer in zip(held_out, chosen, answers, strict=True):
            predicted[rows] = candidates[choice, rows]
            quantiles[:, rows] = scale.figures(answer)
    best = configurations[choose(configurations, error, weight)]
    return CrossFit(full, best, predicted, quantiles, tuple(levels), scale)
