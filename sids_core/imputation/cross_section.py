"""A cross-section: the countries of one year, the base imputer that fills their gaps, and the model fitted on them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.base_imputers import BaseImputer, make_base_imputer
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.cross_fitting import CrossFit, cross_fit
from sids_core.imputation.ensembles import ensembles_to_fit
from sids_core.imputation.intervals import INTERVALS, NOMINAL_COVERAGE, Interval
from sids_core.imputation.scaling import DECIMALS, shorten_tails, tail_units
from sids_core.imputation.selection import SELECTORS
from sids_core.imputation.training_data import TrainingData
from sids_core.stages import in_context, stage

Predictions = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Predictions (rows,) and conditional quantiles (levels, rows)."""


@dataclass(frozen=True)
class CrossSection:
    """A base imputer and a cross-fitted model.

    Attributes:
        data: the training data.
        config: the configuration.
        columns: positions of the candidates used.
        units: unit of each of these whose long tail is shortened, else infinite.
        sample_weight: weight of each training country.
        fold: fold of each training country.
        imputer: the base imputer, fitted on every training country.
        X: float64 (training countries, columns) without gaps.
        fitted: the model.
        aggregated: predict by the mean of the models without each fold and the one on all rows, not by that one alone.
        n_jobs: number of threads; None for one per core.
    """

    data: TrainingData
    config: ImputationConfig
    columns: NDArray[np.intp]
    units: NDArray[np.float64]
    sample_weight: NDArray[np.float64]
    fold: NDArray[np.intp]
    imputer: BaseImputer
    X: NDArray[np.float64]
    fitted: CrossFit
    aggregated: bool
    n_jobs: int | None

    @classmethod
    def fit(
        cls,
        data: TrainingData,
        config: ImputationConfig,
        fold: NDArray[np.intp],
        columns: NDArray[np.intp],
        *,
        selected: Sequence[NDArray[np.intp]] | None = None,
        shorten: bool = False,
        aggregated: bool = False,
        n_jobs: int | None = None,
    ) -> Self:
        """Fit on some of the candidates.

        Args:
            data: the training data.
            config: the configuration.
            fold: fold of each training country.
            columns: positions of the candidates to use.
            selected: instead of selecting, positions among these for each fold and, last, for all training countries.
            shorten: shorten the long tails of predictors and target.
            aggregated: predict by the mean of the models without each fold and the one on all rows.
            n_jobs: number of threads; by default one per core.
        """
        sample_weight = data.sample_weight
        with stage("base imputation"):
            units = tail_units(data.X[:, columns]) if shorten else np.full(len(columns), np.inf)
            X = shorten_tails(data.X[:, columns], units)
            imputer = make_base_imputer(config).fit(X)
            X = imputer.transform(X)
        with stage("cross-fitting"):
            fitted = cross_fit(
                X,
                data.y,
                sample_weight,
                fold,
                SELECTORS.load(config.selection)(min(config.n_predictors, len(columns))),
                ensembles_to_fit(config.ensemble, config.n_estimators),
                _make_interval(config).levels,
                shorten=shorten,
                selected=selected,
                n_jobs=n_jobs,
            )
        return cls(data, config, columns, units, sample_weight, fold, imputer, X, fitted, aggregated, n_jobs)

    @property
    def importances(self) -> NDArray[np.float64]:
        """Importance (selected columns,) in the model on all rows, sums to 1."""
        return self.fitted.importances()

    @property
    def selected(self) -> list[tuple[str, ...]]:
        """Codes of the predictors selected without each fold and, last, on all training countries."""
        models = (*self.fitted.folds, self.fitted.full)
        return [tuple(self.data.candidates[at].code for at in self.columns[model.columns]) for model in models]

    def make_interval(self) -> Interval:
        """An interval that is not calibrated yet."""
        return _make_interval(self.config)

    def missing_share(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share (rows,) of the selected predictors' importance that X (rows, candidates) lacks, 0 to 1."""
        missing = np.isnan(X[:, self.columns])
        shares = [missing[:, self.fitted.columns(fold)] @ self.fitted.importances(fold) for fold in self._used]
        share: NDArray[np.float64] = np.mean(shares, axis=0)
        return np.minimum(np.round(share, DECIMALS), 1.0)

    def predict(self, X: NDArray[np.float64]) -> Predictions:
        """Predictions for X (rows, candidates), NaN where missing."""
        columns = np.unique(np.concatenate([self.fitted.columns(fold) for fold in self._used]))
        filled = self.imputer.transform(self._shortened(X), columns)

        def predict(fold: int | None) -> Predictions:
            return self.fitted.predict(filled[:, np.searchsorted(columns, self.fitted.columns(fold))], fold)

        with ThreadPoolExecutor(self.n_jobs or cpu_count()) as pool:
            predicted, quantiles = zip(*pool.map(in_context(predict), self._used), strict=True)
        return np.mean(predicted, axis=0), np.mean(quantiles, axis=0)

    @property
    def _used(self) -> tuple[int | None, ...]:
        """The models that predict: by the fold they were fitted without, None for the one on all rows."""
        return (None, *range(len(self.fitted.folds))) if self.aggregated else (None,)

    def predict_held_out(self, X: NDArray[np.float64], rows: NDArray[np.intp]) -> Predictions:
        """Out-of-fold predictions for X (rows, candidates), NaN where missing, in the place of the training `rows`.

        Gaps are filled from the other folds alone, so that a row is never its own donor.
        """
        X = self._shortened(X)
        predicted, quantiles = np.empty(len(rows)), np.empty((len(self.fitted.levels), len(rows)))

        def predict(fold: int) -> None:
            inside = self.fold[rows] == fold
            filled = self._imputer_without(fold).transform(X[inside], self.fitted.columns(fold))
            predicted[inside], quantiles[:, inside] = self.fitted.predict(filled, fold)

        with ThreadPoolExecutor(self.n_jobs or cpu_count()) as pool:
            list(pool.map(in_context(predict), range(len(self.fitted.folds))))
        return predicted, quantiles

    def _imputer_without(self, fold: int) -> BaseImputer:
        """A base imputer fitted on the other folds; a column without a value there is filled as usual first."""
        kept = self.fold != fold
        X = self._shortened(self.data.X[kept])
        unseen = np.isnan(X).all(axis=0)
        X[:, unseen] = self.X[np.ix_(kept, unseen)]
        return make_base_imputer(self.config).fit(X, self.fitted.columns(fold))

    def _shortened(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return shorten_tails(X[:, self.columns], self.units)


def _make_interval(config: ImputationConfig) -> Interval:
    return INTERVALS.load(config.interval)(NOMINAL_COVERAGE)
