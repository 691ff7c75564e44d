"""Two-level imputation: fill the gaps of the predictors, then predict the target from the selected ones."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sids_core.errors import RequestError
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.imputed_values import fit_models, impute_missing
from sids_core.imputation.result import ImputationResult, make_result
from sids_core.imputation.selected_predictors import SelectedPredictors
from sids_core.imputation.selection import AUTOMATIC
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
    like: ImputationResult | None = None,
    n_jobs: int | None = None,
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
        config: the configuration; by default `ImputationConfig()`, with all candidates as predictors where they are
            fewer than it selects, as in a regional panel with few indicators.
        like: a result for the same indicator in another year, whose predictors are used again as far as they are
            candidates, which saves half of the time. Its configuration must be the same, with a selection other than
            `MANUAL`.
        n_jobs: number of threads; by default one per core.
        **options: fields of `ImputationConfig` that override those of `config`.

    Returns:
        The values of every SIDS in the indicator's unit, intervals of nominal 90 % for the imputed ones, the
        predictors with their importances, and the cross-validated error.

    Raises:
        UnknownValueError: a year, dataset, indicator, predictor or option's value is unknown.
        RequestError: the data cannot serve the arguments; the message says why.
        RequestError: `like` is of another indicator or configuration.
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
    unasked = config is None and like is None and "n_predictors" not in options
    config = replace(config or ImputationConfig(), **options)
    if unasked and config.selection in AUTOMATIC:
        return impute_from_at_most(
            panel, indicator, year, dataset=dataset, predictors=predictors, config=config, n_jobs=n_jobs
        )
    if like is not None:
        _check_like(indicator, config, like)
    check_n_jobs(n_jobs)
    with stage("slice"):
        data = make_training_data(panel, indicator, year, dataset=dataset, predictors=predictors, config=config)
    return _result(data, config, None if like is None else like.selected, n_jobs)


def impute_from_at_most(
    panel: Panel,
    indicator: str,
    year: int,
    *,
    dataset: str | None = None,
    predictors: Sequence[str] = (),
    config: ImputationConfig,
    n_jobs: int | None,
) -> ImputationResult:
    """As `impute`, with all candidates as predictors where they are fewer than the configuration's number."""
    check_n_jobs(n_jobs)
    fewest = replace(config, n_predictors=1)
    with stage("slice"):
        data = make_training_data(panel, indicator, year, dataset=dataset, predictors=predictors, config=fewest)
    if config.selection in AUTOMATIC:
        config = replace(config, n_predictors=min(config.n_predictors, len(data.columns)))
    return _result(data, config, None, n_jobs)


def _result(
    data: TrainingData, config: ImputationConfig, selected: SelectedPredictors | None, n_jobs: int | None
) -> ImputationResult:
    with stage("imports"):
        use_one_thread()
    models = fit_models(data, config, selected, n_jobs)
    imputed, bins = impute_missing(models)
    with stage("report"):
        return make_result(config, models, imputed, bins)


def check_n_jobs(n_jobs: int | None) -> None:
    """Raise RequestError for a number of threads below 1."""
    if n_jobs is not None and n_jobs < 1:
        raise RequestError(f"n_jobs {n_jobs!r} is not at least 1", kind="out_of_range", parameter="n_jobs")


def _check_like(indicator: str, config: ImputationConfig, like: ImputationResult) -> None:
    """Raise RequestError unless the other result's predictors can be used."""
    if config.selection not in AUTOMATIC:
        reason = f"its predictors cannot be used with selection {config.selection!r}"
    elif like.indicator != indicator:
        reason = f"it is of indicator {like.indicator!r}, not of {indicator!r}"
    elif like.config != config:
        reason = f"its configuration is {like.config}, not {config}"
    else:
        return
    raise RequestError(f"like is no result to select predictors from: {reason}", kind="other_result", parameter="like")
