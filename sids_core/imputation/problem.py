"""One imputation as arrays: who is learnt from, who is predicted, and from which candidates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.schemas import EstimateRequest, PredictRequest
from sids_core.imputation.thresholds import Thresholds
from sids_core.panel.panel import Indicator, Panel


@dataclass(frozen=True)
class Problem:
    """The year's slice cut to what the request needs.

    Attributes:
        target: what is imputed.
        candidates: the indicators that may predict it, in the order of the columns.
        X: float64 (training countries, candidates), NaN where missing.
        y: float64 (training countries,), the target.
        is_sids: bool (training countries,).
        missing: codes of the SIDS that miss the target.
        X_missing: float64 (missing SIDS, candidates), NaN where missing.
        observed: code → value of the SIDS that have the target.
    """

    target: Indicator
    candidates: tuple[Indicator, ...]
    X: NDArray[np.float64]
    y: NDArray[np.float64]
    is_sids: NDArray[np.bool_]
    missing: tuple[str, ...]
    X_missing: NDArray[np.float64]
    observed: dict[str, float]


def pose(panel: Panel, request: PredictRequest, thresholds: Thresholds) -> Problem:
    """Cut the panel to the request.

    Raises:
        UnknownValueError: a year, dataset, target or predictor that the data does not have.
        RequestError: a target that cannot be imputed, too few training countries, a constant target, no candidate,
            fewer candidates than predictors asked for, or a predictor without a value in any training country.
    """
    year = int(request.target_year)
    catalogue = Catalogue(panel, thresholds)
    column = catalogue.check_target(year, request.dataset, request.target)
    slice_ = panel.values[panel.year_index(year)]
    y = slice_[:, column]
    trains = np.isfinite(y)
    check_training(request, y[trains], thresholds)
    if request.scheme == "MANUAL":
        columns = np.array(catalogue.check_predictors(year, request.target, request.manual_predictors))
        _check_seen(request, np.isfinite(slice_[np.ix_(trains, columns)]).any(axis=0))
    else:
        columns = _candidates(slice_[trains], column, thresholds)
        _check_number(request, len(columns))
    misses = panel.is_sids & ~trains
    has = panel.is_sids & trains
    return Problem(
        target=panel.indicators[column],
        candidates=tuple(panel.indicators[index] for index in columns),
        X=slice_[np.ix_(trains, columns)],
        y=y[trains],
        is_sids=panel.is_sids[trains],
        missing=tuple(panel.countries[row] for row in np.flatnonzero(misses)),
        X_missing=slice_[np.ix_(misses, columns)],
        observed={panel.countries[row]: float(y[row]) for row in np.flatnonzero(has)},
    )


def _candidates(training: NDArray[np.float64], target: int, thresholds: Thresholds) -> NDArray[np.intp]:
    """Columns missing in few enough training rows, without the target and without those that never vary."""
    enough = np.isfinite(training).sum(axis=0) >= thresholds.predictor_sample_size(len(training))
    enough[target] = False
    columns = np.flatnonzero(enough)
    candidates = training[:, columns]
    varying: NDArray[np.intp] = columns[np.nanmin(candidates, axis=0) < np.nanmax(candidates, axis=0)]
    return varying


def check_training(request: EstimateRequest, y: NDArray[np.float64], thresholds: Thresholds) -> None:
    """Raise RequestError where the target's figures (training countries,) are too few, or all the same."""
    fewest = 2 * thresholds.folds
    if len(y) < fewest:
        raise RequestError(
            f"target {request.target!r} has a value in {len(y)} countries in {request.target_year}; "
            f"{thresholds.folds}-fold cross-validation needs at least {fewest}",
            kind="too_few_rows",
        )
    if y.min() == y.max():
        raise RequestError(
            f"target {request.target!r} is {y[0]:g} in every country that has it in {request.target_year}: "
            "there is nothing to learn",
            kind="constant_target",
        )


def _check_seen(request: PredictRequest, seen: NDArray[np.bool_]) -> None:
    """A predictor that most countries have may still be missing in every country that has the target."""
    if not seen.all():
        code = request.manual_predictors[int(np.argmin(seen))]
        raise RequestError(
            f"predictor {code!r} has no value in {request.target_year} in any country that has {request.target!r}",
            kind="predictor_never_seen",
            parameter="manual_predictors",
        )


def _check_number(request: PredictRequest, candidates: int) -> None:
    if candidates == 0:
        raise RequestError(
            f"no indicator has enough values in {request.target_year} to predict {request.target!r}",
            kind="no_predictor",
        )
    if request.number_predictor is not None and request.number_predictor > candidates:
        raise RequestError(
            f"number_predictor {request.number_predictor} is too large: {candidates} indicators can predict "
            f"{request.target!r} in {request.target_year}",
            kind="too_many_predictors",
            parameter="number_predictor",
        )
