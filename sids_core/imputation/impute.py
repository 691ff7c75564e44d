"""Two-level imputation: fill the gaps of the predictors, then predict the target from the selected ones."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from sids_core.imputation.base_imputers import make_base_imputer
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.cross_fitting import cross_fit, inverse_class_weights, stratified_folds
from sids_core.imputation.ensembles import ensembles_to_fit
from sids_core.imputation.intervals import INTERVALS, NOMINAL_COVERAGE
from sids_core.imputation.intervals.calibration import cross_covered
from sids_core.imputation.result import ImputationResult, make_result
from sids_core.imputation.scaling import physical_range
from sids_core.imputation.selection import SELECTORS
from sids_core.imputation.training_data import TrainingData, make_training_data
from sids_core.panel.panel import Panel
from sids_core.single_thread import use_one_thread
from sids_core.stages import stage


def impute(
    panel: Panel,
    indicator: str,
    year: int,
    *,
    dataset: str | None = None,
    predictors: Sequence[str] = (),
    config: ImputationConfig | None = None,
    **options: Any,
) -> ImputationResult:
    """Impute an indicator in a year for the SIDS without a value.

    A base imputer fills the gaps of the predictors; a tree ensemble with regressions in its leaves predicts the
    indicator from them; conformal prediction makes the intervals (docs/imputation.md has the method and its sources:
    Friedberg et al. 2020 for the ensemble, Romano et al. 2019 for the intervals). Selection and fit are repeated
    without each fold, so that the reported error is out-of-sample. Equal arguments give equal results.

    Args:
        panel: the data.
        indicator: code of the indicator to impute.
        year: the year.
        dataset: code of the dataset that the indicator must belong to; None accepts any.
        predictors: codes of the indicators to predict from, with `selection="MANUAL"`.
        config: the configuration; by default `ImputationConfig()`.
        **options: fields of `ImputationConfig` that override those of `config`.

    Returns:
        The values of every SIDS in the indicator's unit, intervals of nominal 90 % for the imputed ones, the
        predictors with their importances, and the cross-validated error.

    Raises:
        UnknownValueError: a year, dataset, indicator, predictor or option's value is unknown.
        RequestError: the data cannot serve the arguments; the message says why.
        TypeError: an option is not a field of `ImputationConfig`.

    >>> from sids_core.panel.demo import demo_panel
    >>> result = impute(demo_panel(), "key-wdi-EG.ELC.ACCS.ZS", 2001, n_predictors=5, n_estimators=50)
    >>> frame = result.to_frame()
    >>> list(frame.columns), len(frame), int(frame.isna().to_numpy().sum())
    (['country', 'value', 'lower', 'upper', 'observed'], 50, 0)
    >>> len(result.predictors), round(sum(result.importances.values()), 9)
    (5, 1.0)
    >>> impute(demo_panel(), "key-wdi-EG.ELC.ACCS.ZS", 1850)
    Traceback (most recent call last):
        ...
    sids_core.errors.UnknownValueError: year '1850' is unknown; ...
    """
    config = replace(config or ImputationConfig(), **options)
    with stage("slice"):
        data = make_training_data(panel, indicator, year, dataset=dataset, predictors=predictors, config=config)
    with stage("imports"):
        use_one_thread()
    return _impute(panel, data, config)


def _impute(panel: Panel, data: TrainingData, config: ImputationConfig) -> ImputationResult:
    sample_weight = inverse_class_weights(data.is_sids)
    fold = stratified_folds(data.is_sids, config.n_folds)
    make_interval = partial(INTERVALS.load(config.interval), NOMINAL_COVERAGE)
    interval = make_interval()
    with stage("base imputation"):
        imputer = make_base_imputer(config).fit(data.X)
        X, X_missing = imputer.transform(data.X), imputer.transform(data.X_missing)
    with stage("cross-fitting"):
        selector = SELECTORS.load(config.selection)(config.n_predictors)
        ensembles = ensembles_to_fit(config.ensemble, config.n_estimators)
        fitted = cross_fit(X, data.y, sample_weight, fold, selector, ensembles, interval.levels)
    with stage("intervals"):
        values, quantiles = fitted.predict(X_missing)
        interval.fit(data.y, fitted.predicted, fitted.quantiles, sample_weight)
        bounds = interval.bounds(values, quantiles)
        covered = cross_covered(make_interval, data.y, fitted, sample_weight, fold)
        possible = physical_range(data.target, data.y)
        values, bounds = np.clip(values, *possible), np.clip(bounds, *possible)
    with stage("report"):
        return make_result(panel.version, config, data, fitted, X[:, fitted.full.columns], values, bounds, covered)
