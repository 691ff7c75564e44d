"""Imputed values of the SIDS that miss the target: by which model, with which interval, on what evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.config import MOST_REDUCED_ESTIMATORS, MOST_REDUCED_PREDICTORS, ImputationConfig
from sids_core.imputation.cross_fitting import stratified_folds
from sids_core.imputation.cross_section import CrossSection
from sids_core.imputation.gap_calibration import GapBin, predict_under_gaps
from sids_core.imputation.history import OwnHistory, predict_from_history
from sids_core.imputation.scaling import DECIMALS
from sids_core.imputation.selected_predictors import SelectedPredictors
from sids_core.imputation.selection import SELECTORS
from sids_core.imputation.training_data import TrainingData
from sids_core.stages import stage

CROSS_SECTION, REDUCED, HISTORY = "cross-section", "reduced", "history"
"""Methods: the model on all candidates, the reduced model, own history combined with one of them."""

GAP_RICH = 0.5
"""Share of missing importance from which a country is predicted by the reduced model."""

REPORTED = 0.8
"""Share of the gap-rich SIDS that have a predictor of the reduced model, unless too few predictors reach it."""

FEWEST_CANDIDATES = 20
"""Candidates of the reduced model; the most reported ones, if fewer reach the share."""


@dataclass(frozen=True, slots=True)
class ImputedValue:
    """The imputed value of one country, in the target's unit.

    Attributes:
        value: the prediction.
        lower: lower bound.
        upper: upper bound.
        expected_error: root mean squared error to expect.
        evidence: share of what the prediction rests on that was observed, in this year or another, 0 to 1.
        method: `cross-section`, `reduced` or `history`.
        history: how own values enter it; None without.
    """

    value: float
    lower: float
    upper: float
    expected_error: float
    evidence: float
    method: str
    history: OwnHistory | None = None


def fit_models(
    data: TrainingData, config: ImputationConfig, like: SelectedPredictors | None = None, n_jobs: int | None = None
) -> dict[str, CrossSection]:
    """By method, the model on all candidates and, if any country is gap-rich, the reduced one.

    Args:
        data: the training data.
        config: the configuration.
        like: predictors selected in another year, to use again as far as possible.
        n_jobs: number of threads; by default one per core.
    """
    fold = stratified_folds(data.is_sids, config.folds_of(len(data.y))) if like is None else like.folds(data)

    def fit(method: str, config: ImputationConfig, candidates: NDArray[np.intp]) -> CrossSection:
        selected = None if like is None else like.columns(method, data, fold, candidates)
        reduced = method == REDUCED
        return CrossSection.fit(
            data, config, fold, candidates, selected=selected, shorten=reduced, aggregated=reduced, n_jobs=n_jobs
        )

    general = fit(CROSS_SECTION, config, np.arange(len(data.columns)))
    candidates = reported_candidates(data.X_missing[_gap_rich(general)])
    if not (SELECTORS[config.selection].automatic and len(candidates)):
        return {CROSS_SECTION: general}
    return {CROSS_SECTION: general, REDUCED: fit(REDUCED, _reduced_config(config, general), candidates)}


def impute_missing(models: Mapping[str, CrossSection]) -> tuple[dict[str, ImputedValue], list[tuple[str, GapBin]]]:
    """Impute the SIDS without a value, gap-rich ones by the reduced model, if there is one.

    Returns:
        The imputed values by country code, in the panel's order, and the bins their intervals were calibrated in, with
        the method.
    """
    general, members = models[CROSS_SECTION], _members(models)
    with stage("intervals"):
        bins = [(name, each) for name, model in models.items() for each in predict_under_gaps(model, members[name])]
        by_member: dict[int, ImputedValue] = {}
        for name, gap_bin in bins:
            values = _imputed_values(models[name], name, gap_bin)
            by_member.update(zip(gap_bin.members.tolist(), values, strict=True))
    return {code: by_member[member] for member, code in enumerate(general.data.missing)}, bins


def predict_missing(models: Mapping[str, CrossSection]) -> NDArray[np.float64]:
    """The values (missing countries,) of `impute_missing` alone, without intervals and own history."""
    data = models[CROSS_SECTION].data
    values = np.empty(len(data.missing_rows))
    for name, members in _members(models).items():
        if len(members):
            values[members], _ = models[name].predict(data.X_missing[members])
    return np.clip(values, data.possible.lowest, data.possible.highest)


def _members(models: Mapping[str, CrossSection]) -> dict[str, NDArray[np.intp]]:
    """By method, positions of the countries that it predicts among those to predict."""
    routed = _gap_rich(models[CROSS_SECTION]) & (REDUCED in models)
    return {CROSS_SECTION: np.flatnonzero(~routed), REDUCED: np.flatnonzero(routed)}


def _gap_rich(general: CrossSection) -> NDArray[np.bool_]:
    """Which of the SIDS to predict (missing SIDS,) miss most of the predictors."""
    return general.missing_share(general.data.X_missing) >= GAP_RICH


def _reduced_config(config: ImputationConfig, general: CrossSection) -> ImputationConfig:
    """That of the reduced model: the ensemble chosen for the model on all candidates, fewer predictors and trees."""
    return replace(
        config,
        n_predictors=min(config.n_predictors, MOST_REDUCED_PREDICTORS),
        ensemble=general.fitted.configuration.ensemble,
        n_estimators=min(config.n_estimators, MOST_REDUCED_ESTIMATORS),
    )


def _imputed_values(section: CrossSection, method: str, gap_bin: GapBin) -> Iterator[ImputedValue]:
    """Imputed values of a bin's members, from own history where there is one, within the possible range."""
    data = section.data
    cross_section, *_ = gap_bin.predicted  # not their mean, which has a smaller error than one prediction
    for position, member in enumerate(gap_bin.members):
        predicted = gap_bin.values[position], *gap_bin.bounds[:, position]
        evidence, expected_error = 1 - gap_bin.missing_share[position], gap_bin.expected_error
        own = predict_from_history(data, data.missing_rows[member], cross_section, predicted[0], section.make_interval)
        if own is not None:
            predicted, expected_error = (own.value, own.lower, own.upper), own.expected_error
            evidence = 1 - own.history.cross_section_weight * (1 - evidence)
        value, lower, upper = data.possible.within(*map(float, predicted))
        yield ImputedValue(
            value,
            lower,
            upper,
            expected_error,
            evidence=round(float(evidence), DECIMALS),
            method=method if own is None else HISTORY,
            history=None if own is None else own.history,
        )


def reported_candidates(X: NDArray[np.float64]) -> NDArray[np.intp]:
    """Positions of the candidates of the reduced model for gap-rich countries X (countries, candidates).

    >>> X = np.full((5, 30), np.nan)
    >>> X[:, :3] = 1.0
    >>> reported_candidates(X)
    array([0, 1, 2])
    """
    if not len(X):
        return np.arange(0)
    reported = np.isfinite(X).mean(axis=0)
    least = min(REPORTED, np.sort(reported)[-min(FEWEST_CANDIDATES, len(reported))])
    return np.flatnonzero((reported >= least) & (reported > 0))
