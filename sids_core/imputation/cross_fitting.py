"""Cross-fitting: every step that uses the target is repeated without each fold, so that the error is out-of-sample.

These steps are the selection of predictors and the fit. The configuration used for a fold is the best one on the
*other* folds. The base imputation never sees the target and is shared.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles import Ensemble, GridPredictions
from sids_core.imputation.model_selection import Configuration, select_configuration
from sids_core.imputation.scaling import TargetScaler
from sids_core.imputation.selection import Selector
from sids_core.stages import counted, in_context


def stratified_folds(is_sids: NDArray[np.bool_], n_folds: int, random_state: int = 0) -> NDArray[np.intp]:
    """The fold (rows,) of each row, stratified by SIDS and others.

    >>> stratified_folds(np.array([True, True, False, False]), 2)[:2].sum()
    np.int64(1)
    """
    random = np.random.default_rng(random_state)
    fold = np.empty(len(is_sids), dtype=np.intp)
    shuffled = [random.permutation(np.flatnonzero(group)) for group in (is_sids, ~is_sids)]
    fold[np.concatenate(shuffled)] = np.arange(len(is_sids)) % n_folds
    return fold


FEWEST_SIDS = 5
"""Training SIDS, with fewer of which their errors alone say nothing."""


def inverse_class_weights(is_sids: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights (rows,) that give SIDS and the others the same total; their mean is 1.

    King and Zeng (2001), Logistic regression in rare events data, Political Analysis 9(2).

    >>> inverse_class_weights(np.array([True, False, False, False]))
    array([2.        , 0.66666667, 0.66666667, 0.66666667])
    """
    rows, sids = len(is_sids), int(is_sids.sum())
    if sids in (0, rows):
        return np.ones(rows)
    return np.where(is_sids, rows / (2 * sids), rows / (2 * (rows - sids)))


@dataclass(frozen=True)
class FoldModel:
    """A model trained on some of the rows: the selected columns, and each ensemble fitted on them."""

    columns: NDArray[np.intp]
    ensembles: Mapping[str, Ensemble]

    @property
    def configurations(self) -> list[Configuration]:
        """Each ensemble with each setting of its grid, in the order of `FoldPredictions.predicted`."""
        return [Configuration(name, setting) for name, model in self.ensembles.items() for setting in model.settings]

    def predict(self, X: NDArray[np.float64]) -> "FoldPredictions":
        """Predictions of every ensemble for X (rows, candidates)."""
        selected = X[:, self.columns]
        return FoldPredictions({name: model.predict(selected) for name, model in self.ensembles.items()})

    def predict_by(
        self, configuration: Configuration, X: NDArray[np.float64], levels: Sequence[float]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predictions (rows,) and conditional quantiles (levels, rows) of one configuration for X (rows, selected).

        Equal rows are predicted once: countries that are given the gaps of others often have equal predictors.
        """
        name = configuration.ensemble
        position: dict[bytes, int] = {}
        place = [position.setdefault(row.tobytes(), len(position)) for row in X]
        distinct = np.empty((len(position), X.shape[1]))
        distinct[place] = X
        predictions = FoldPredictions({name: self.ensembles[name].predict(distinct, [configuration.setting])})
        return predictions.predicted[0, place], predictions.quantiles(configuration, levels)[:, place]


@dataclass(frozen=True)
class FoldPredictions:
    """Predictions of a fold's ensembles for some rows, by ensemble name."""

    by_ensemble: Mapping[str, GridPredictions]

    @property
    def predicted(self) -> NDArray[np.float64]:
        """Predictions (configurations, rows), in the order of the fold model's configurations."""
        return np.concatenate([predictions.predicted for predictions in self.by_ensemble.values()])

    def quantiles(self, configuration: Configuration, levels: Sequence[float]) -> NDArray[np.float64]:
        """Conditional quantiles (levels, rows)."""
        predictions = self.by_ensemble[configuration.ensemble]
        rows = predictions.predicted.shape[1]
        if not (levels and rows):
            return np.empty((len(levels), rows))
        return predictions.quantiles(configuration.setting, levels)


@dataclass(frozen=True)
class CrossFit:
    """The model trained on all rows, and out-of-fold predictions for each row.

    Attributes:
        full: trained on every row.
        configuration: the best over all folds, used with `full`.
        folds: for each fold, the model trained on the others.
        configurations: for each fold, the best configuration on the others.
        predicted: out-of-fold predictions (rows,), each by the best configuration on the other folds.
        quantiles: out-of-fold conditional quantiles (levels, rows), likewise.
        levels: levels of the quantiles.
        scaler: scaler of the target in training.
    """

    full: FoldModel
    configuration: Configuration
    folds: Sequence[FoldModel]
    configurations: Sequence[Configuration]
    predicted: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    levels: Sequence[float]
    scaler: TargetScaler

    def columns(self, without: int | None = None) -> NDArray[np.intp]:
        """Columns (selected,) of the model trained without a fold, or on all rows."""
        return self._model(without)[0].columns

    def predict(
        self, selected: NDArray[np.float64], without: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predictions (rows,) and conditional quantiles (levels, rows) for values of the model's selected columns."""
        model, configuration = self._model(without)
        predicted, quantiles = model.predict_by(configuration, selected, self.levels)
        return self.scaler.inverse_transform(predicted), self.scaler.inverse_transform(quantiles)

    def importances(self, without: int | None = None) -> NDArray[np.float64]:
        """Importance (selected columns,) in a model, sums to 1; equal ones if no tree splits."""
        model, configuration = self._model(without)
        importances = model.ensembles[configuration.ensemble].importances(configuration.setting)
        return importances if importances.sum() > 0 else np.full(len(importances), 1 / len(importances))

    def _model(self, without: int | None) -> tuple[FoldModel, Configuration]:
        if without is None:
            return self.full, self.configuration
        return self.folds[without], self.configurations[without]


def cross_fit(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    sample_weight: NDArray[np.float64],
    fold: NDArray[np.intp],
    selector: Selector,
    ensembles: Mapping[str, Callable[[], Ensemble]],
    levels: Sequence[float] = (),
    *,
    shorten: bool = False,
    selected: Sequence[NDArray[np.intp]] | None = None,
    n_jobs: int | None = None,
) -> CrossFit:
    """Fit on all rows of X (rows, candidates) and without each fold.

    Args:
        X: candidates without gaps.
        y: the target (rows,).
        sample_weight: weight of each row in every fit and in the comparison of configurations.
        fold: fold of each row.
        selector: selects the columns.
        ensembles: factories of the ensembles to fit, by name; the best one is used.
        levels: levels of the conditional quantiles to predict out of fold.
        shorten: fit and compare on a logarithmic scale if the target has a long tail.
        selected: instead of selecting, the columns for the fit without each fold and, last, for the fit on all rows.
        n_jobs: number of threads; by default one per core.
    """
    scaler = TargetScaler.fit(y, shorten=shorten)
    scaled = scaler.transform(y)

    def fit(number: int, rows: NDArray[np.bool_]) -> FoldModel:
        target = scaled[rows], sample_weight[rows]
        columns = selector.select(X[rows], *target) if selected is None else selected[number]
        inputs = X[np.ix_(rows, columns)]
        return FoldModel(
            columns,
            {name: make().fit(inputs, *target) for name, make in ensembles.items()},
        )

    def fit_and_predict(number: int, rows: NDArray[np.bool_]) -> tuple[FoldModel, FoldPredictions]:
        model = fit(number, ~rows)
        return model, model.predict(X[rows])

    def quantiles_by_best(of_fold: FoldPredictions, best: int) -> NDArray[np.float64]:
        return of_fold.quantiles(configurations[best], levels)

    held_out = [fold == number for number in range(fold.max() + 1)]
    with ThreadPoolExecutor(n_jobs or cpu_count()) as pool:
        fitting = pool.submit(in_context(fit), len(held_out), np.ones(len(y), dtype=bool))
        fits = pool.map(in_context(fit_and_predict), range(len(held_out)), held_out)
        folds, predictions = zip(*counted(fits, len(held_out)), strict=True)
        full = fitting.result()

        configurations = full.configurations
        candidates = np.empty((len(configurations), len(y)))
        for of_fold, rows in zip(predictions, held_out, strict=True):
            candidates[:, rows] = scaler.inverse_transform(of_fold.predicted)
        error = candidates - y if np.isinf(scaler.unit) else scaler.transform(candidates) - scaled
        best_elsewhere = [
            select_configuration(configurations, error[:, ~rows], sample_weight[~rows]) for rows in held_out
        ]

        predicted = np.empty(len(y))
        quantiles = np.empty((len(levels), len(y)))
        quantiles_of_folds = pool.map(in_context(quantiles_by_best), predictions, best_elsewhere)
        for rows, best, quantiles_of_fold in zip(held_out, best_elsewhere, quantiles_of_folds, strict=True):
            predicted[rows] = candidates[best, rows]
            quantiles[:, rows] = scaler.inverse_transform(quantiles_of_fold)
    return CrossFit(
        full=full,
        configuration=configurations[select_configuration(configurations, error, sample_weight)],
        folds=folds,
        configurations=[configurations[best] for best in best_elsewhere],
        predicted=predicted,
        quantiles=quantiles,
        levels=tuple(levels),
        scaler=scaler,
    )
