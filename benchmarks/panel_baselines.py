"""Baselines beside those of the library that impute held-out values: matrix completion and Amelia-like EM.

`BASELINES` holds them by name, with the library's interpolation and median. Equal arguments give equal values.

They are linear, so long tails are shortened first: Amelia's authors advise logarithms; `arcsinh`, used here,
also takes zero and negative values. Their predictions are clipped to the range of the target's values in the year.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from benchmarks.panel_em import conditional_means
from sids_core.errors import RequestError
from sids_core.evaluation.baselines import Baseline, interpolation, sids_median
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.training_data import make_training_data
from sids_core.panel.panel import Panel

LONG_TAIL = 10
COMPLETION_PREDICTORS = 50
EM_PREDICTORS = 10
YEARS_APART = 2
HELD_OUT_SHARE = 0.1
PENALTIES = 12
SMALLEST_PENALTY = 0.003
STEPS = 15
TOLERANCE = 1e-4


def soft_impute(panel: Panel, target: str, year: int, countries: Sequence[str]) -> dict[str, float]:
    """Completion of a matrix of countries by penalising its nuclear norm.

    Columns, standardised: the target in each year with enough values, and its predictors in the year and `YEARS_APART`
    earlier and later. Mazumder, Hastie & Tibshirani (2010), Spectral regularization algorithms for learning large
    incomplete matrices, JMLR 11.
    """
    column, now = panel.indicator_index[target], panel.year_index(year)
    shortened = _shortened(panel.values[:, :, [column, *_predictors(panel, target, year, COMPLETION_PREDICTORS)]])
    own, predictors = shortened[:, :, 0], shortened[:, :, 1:]
    near = [index for index, other in enumerate(panel.years) if abs(other - year) in (0, YEARS_APART)]
    others = np.concatenate([own.T, *predictors[near]], axis=1)
    enough = np.isfinite(others).sum(axis=0) >= ImputationConfig().target_sample_size(len(panel.countries))
    enough[now] = False
    matrix, scale = _standardised(np.column_stack([own[now], others[:, enough]]))
    completed = complete(matrix)[:, 0] * scale[0] + scale[1]
    return _in_units(panel, target, year, countries, completed)


def complete(matrix: NDArray[np.float64], seed: int = 0) -> NDArray[np.float64]:
    """The low-rank matrix of softImpute, with the penalty of least error on held-out cells.

    Args:
        matrix: float64 (rows, columns), NaN where missing.
        seed: draws a tenth of the observed cells, to choose the penalty.

    Returns:
        float64 (rows, columns) without NaN.

    >>> table = np.outer(np.arange(-10.0, 11.0), np.arange(-10.0, 11.0))
    >>> table[20, 20] = np.nan
    >>> bool(90 < complete(table)[20, 20] < 100)
    True
    """
    known = np.isfinite(matrix)
    held = known & (np.random.default_rng(seed).random(matrix.shape) < HELD_OUT_SHARE)
    kept = np.where(held, np.nan, matrix)
    largest = np.linalg.norm(np.where(known, matrix, 0.0), ord=2)
    penalties = largest * np.geomspace(1.0, SMALLEST_PENALTY, PENALTIES)
    estimate, errors = np.zeros(matrix.shape), []
    for penalty in penalties:
        estimate = _soft_threshold(kept, estimate, penalty)
        errors.append(float(np.sum((estimate - matrix)[held] ** 2)))
        if errors[-1] > 1.1 * min(errors):
            break
    estimate = np.zeros(matrix.shape)
    for penalty in penalties[: int(np.argmin(errors)) + 1]:
        estimate = _soft_threshold(matrix, estimate, penalty)
    return estimate


def _soft_threshold(matrix: NDArray[np.float64], estimate: NDArray[np.float64], penalty: float) -> NDArray[np.float64]:
    """Fill the gaps by the estimate and shrink the singular values, alternately, from a warm start."""
    from scipy.linalg import eigh

    known = np.isfinite(matrix)
    for _ in range(STEPS):
        filled = np.where(known, matrix, estimate)
        # The left singular vectors, and the squared singular values above the penalty.
        squares, vectors = eigh(filled @ filled.T, subset_by_value=(penalty**2, np.inf), check_finite=False)
        before, estimate = estimate, (vectors * (1 - penalty / np.sqrt(squares))) @ (vectors.T @ filled)
        if np.sum((estimate - before) ** 2) <= TOLERANCE * np.sum(before**2):
            break
    return estimate


def amelia(panel: Panel, target: str, year: int, countries: Sequence[str]) -> dict[str, float]:
    """Conditional mean of a normal distribution over country-years.

    Columns: the target, its value in the previous and next year, the country's mean of its other years (shrunken to the
    mean of all), the predictors, time and its square. Honaker & King (2010), What to do about missing values in
    time-series cross-section data, AJPS 54(2). Simplified: no draws and bootstrap, since a point estimate is compared;
    one intercept column instead of an indicator per country; time has no effects by country.
    """
    column, now = panel.indicator_index[target], panel.year_index(year)
    shortened = _shortened(panel.values[:, :, [column, *_predictors(panel, target, year, EM_PREDICTORS)]])
    own = shortened[:, :, :1]
    absent = np.full_like(own[:1], np.nan)
    before, after = np.concatenate([absent, own[:-1]]), np.concatenate([own[1:], absent])
    years = np.array(panel.years, dtype=float)[:, None, None]
    time = np.broadcast_to((years - years.mean()) / max(float(np.ptp(years)), 1.0), own.shape)
    columns = np.concatenate([shortened, before, after, _other_years(own), time, time**2], axis=2)
    informed = np.isfinite(columns[:, :, :-2]).any(axis=2)
    informed[now] = True
    matrix, scale = _standardised(columns[informed])
    expected = conditional_means(matrix)[:, 0] * scale[0] + scale[1]
    return _in_units(panel, target, year, countries, expected[np.nonzero(informed)[0] == now])


def _other_years(own: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the country's values in other years, shrunken as if it had one value more, the mean of all."""
    known = np.isfinite(own)
    deviation = np.where(known, own - (own[known].mean() if known.any() else 0.0), 0.0)
    number = known.sum(axis=0) - known
    return np.where(number > 0, (deviation.sum(axis=0) - deviation) / (number + 1), np.nan)


def _predictors(panel: Panel, target: str, year: int, most: int) -> list[int]:
    """Columns of the candidates with the largest absolute correlation with the target in the year, best first."""
    try:
        data = make_training_data(panel, target, year, config=ImputationConfig(n_predictors=1))
    except RequestError:
        return []
    columns = np.array([panel.indicator_index[candidate.code] for candidate in data.candidates])
    slice_ = panel.values[panel.year_index(year)]
    y = slice_[:, panel.indicator_index[target]]
    trains = np.isfinite(y)
    X, _ = _standardised(_shortened(slice_[np.ix_(trains, columns)]))
    products = X * _standardised(_shortened(y[trains, None]))[0]
    shared = np.isfinite(products).sum(axis=0)
    strength = np.abs(np.nansum(products, axis=0)) / np.maximum(shared, len(X) / 2)
    return [int(column) for column in columns[np.argsort(-strength, kind="stable")[:most]]]


def _shortened(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values with the long tails of each indicator (last axis) shortened."""
    unit = _unit(values)
    return np.where(np.isfinite(unit), np.arcsinh(values / unit), values)


def _unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The size up to which `arcsinh` is nearly linear, by indicator (last axis); NaN for those without long tails.

    It is the first decile of the absolute values other than 0, the median if some values are negative.
    """
    size = np.sort(np.abs(values).reshape(-1, values.shape[-1]), axis=0)  # NaN last
    count, zeros = np.isfinite(size).sum(axis=0), (size == 0).sum(axis=0)
    last = np.maximum(count - 1, 0)

    def quantile(share: NDArray[np.float64] | float) -> NDArray[np.float64]:
        position = np.minimum(zeros + ((count - zeros) * share).astype(int), last)
        found: NDArray[np.float64] = np.take_along_axis(size, position[None], axis=0)[0]
        return found

    signed = (values < 0).any(axis=tuple(range(values.ndim - 1)))
    long = quantile(1.0) > LONG_TAIL * quantile(0.5)
    return np.where(long, quantile(np.where(signed, 0.5, 0.1)), np.nan)


def _standardised(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Columns of mean 0 and variance 1 (0 if constant), NaN where missing; deviation and mean of the first column."""
    known = np.isfinite(matrix)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, matrix, 0.0).sum(axis=0) / count
    deviation = np.sqrt((np.where(known, matrix - mean, 0.0) ** 2).sum(axis=0) / count)
    varies = deviation > 1e-9 * np.abs(mean)
    scale = np.where(varies, deviation, 1.0)
    return (matrix - mean) / scale, (float(scale[0]), float(mean[0]))


def _in_units(
    panel: Panel, target: str, year: int, countries: Sequence[str], values: NDArray[np.float64]
) -> dict[str, float]:
    """The predictions (countries,) back in units and clipped; the median of the SIDS if the year has no value."""
    series = panel.values[:, :, panel.indicator_index[target]]
    slice_ = series[panel.year_index(year)]
    if not np.isfinite(slice_).any():
        return sids_median(panel, target, year, countries)
    unit = float(_unit(series[:, :, None])[0])
    bounds = np.array([np.nanmin(slice_), np.nanmax(slice_)])
    if np.isfinite(unit):
        clipped = np.sinh(np.clip(values, *np.arcsinh(bounds / unit))) * unit
    else:
        clipped = np.clip(values, *bounds)
    return {code: float(clipped[panel.country_index[code]]) for code in countries}


BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {
        "interpolation of the own series": interpolation,
        "SIDS median": sids_median,
        "soft-impute": soft_impute,
        "Amelia-like EM": amelia,
    }
)
