"""A country's own history: its values before and after the year, combined with the cross-section.

How an indicator moved in the countries that have values in the same years shows how a country's own values are best
carried into the year, and how far to trust them against the cross-section's prediction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.cross_fitting import FEWEST_SIDS, inverse_class_weights
from sids_core.imputation.intervals import Interval
from sids_core.imputation.intervals.scaled import ScaledInterval
from sids_core.imputation.scaling import DECIMALS, rounded
from sids_core.imputation.training_data import TrainingData

FEWEST_COUNTRIES = 20
"""Training countries with values in the same years; with fewer, nothing is learnt from them."""

WEIGHTS = np.linspace(0.0, 1.0, 11)
"""Weights of the cross-section that are tried."""

SPREAD, DISAGREEMENT, LEVEL, DEVIATION = 0.3, 0.15, 0.05, 0.02
"""Shares of |after − before|, |own − cross-section|, |own| and the target's deviation in the local scale of an error.

Chosen on 100 targets apart from those of docs/performance.md.
"""


@dataclass(frozen=True, slots=True)
class OwnHistory:
    """How a country's own values enter its prediction.

    Attributes:
        before: the nearest earlier year used; None if none is.
        after: the nearest later year used.
        form: how they are carried into the year: `linear` (between both, else the one value), `shift` (plus the median
            change of the training countries) or `ratio` (times their median ratio).
        cross_section_weight: weight of the cross-section's prediction, 0 to 1.
    """

    before: int | None
    after: int | None
    form: str
    cross_section_weight: float


@dataclass(frozen=True, slots=True)
class HistoryPrediction:
    """A prediction that rests on own history, in the target's unit.

    Attributes:
        value: the prediction.
        lower: lower bound.
        upper: upper bound.
        expected_error: root mean squared error to expect.
        history: how own values enter it.
    """

    value: float
    lower: float
    upper: float
    expected_error: float
    history: OwnHistory


class OwnValues:
    """Carries the values of one or two other years into the year, in several forms.

    Args:
        share: position of the year between both, 0 to 1; 0 with one value.

    >>> values, y = np.array([[1.0, 2.0, 4.0], [3.0, 4.0, 6.0]]), np.array([2.5, 3.5, 5.5])
    >>> forms = OwnValues(0.5).fit(values, y, np.ones(3)).carry(np.array([[5.0], [7.0]]))
    >>> {form: carried.round(2).tolist() for form, carried in forms.items()}
    {'linear': [6.0], 'shift': [6.5], 'ratio': [7.0]}
    """

    def __init__(self, share: float) -> None:
        self.share = share

    def fit(self, values: NDArray[np.float64], y: NDArray[np.float64], sample_weight: NDArray[np.float64]) -> Self:
        """Fit on the values of the other years (years, rows), the target (rows,) and the rows' weights."""
        own = self._linear(values)
        self.shift_ = weighted_median(y - own, sample_weight)
        positive = bool((own > 0).all() and (y > 0).all())
        self.ratio_ = weighted_median(y / own, sample_weight) if positive else None
        return self

    def carry(self, values: NDArray[np.float64]) -> Mapping[str, NDArray[np.float64]]:
        """By form, the values (years, rows) carried into the year (rows,); `ratio` for positive series only."""
        own = self._linear(values)
        forms = {"linear": own, "shift": own + self.shift_}
        if self.ratio_ is not None and (own > 0).all():
            forms["ratio"] = own * self.ratio_
        return forms

    def _linear(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        between: NDArray[np.float64] = values[0] + self.share * (values[-1] - values[0])
        return between


def predict_from_history(
    data: TrainingData,
    country: int,
    cross_section: NDArray[np.float64],
    cross_section_value: float,
    make_interval: Callable[[], Interval],
) -> HistoryPrediction | None:
    """Predict a country from its own values in other years and the cross-section.

    Args:
        data: the training data.
        country: position of the country in the panel.
        cross_section: predictions of the training countries, out of fold and under gaps like the country's.
        cross_section_value: prediction of the country.
        make_interval: makes an interval that is not calibrated yet.

    Returns:
        The prediction; None if no own value lies in a year that enough training countries have, or own values do not
        help.
    """
    years, rows = _years_used(data, country)
    if not len(years):
        return None
    series, training = data.series, data.training[rows]
    y, cross = data.y[rows], cross_section[rows]
    is_sids = data.is_sids[rows]
    weight = inverse_class_weights(is_sids) if is_sids.sum() >= FEWEST_SIDS else np.ones(len(y))
    deviation = float(data.y.std())
    values, own_values = series[np.ix_(years, training)], series[np.ix_(years, np.array([country]))]
    forms = OwnValues(_share(data, years)).fit(values, y, weight)
    carried, own = forms.carry(values), forms.carry(own_values)
    form, k = _best(carried, own, cross, y, weight / deviation)
    if k == 1:
        return None
    predicted = (1 - k) * carried[form] + k * cross
    value = (1 - k) * own[form] + k * cross_section_value
    local = _scale(values, carried[form], cross, deviation)
    local_own = _scale(own_values, own[form], np.array([cross_section_value]), deviation)
    interval = min(
        (
            ScaledInterval(make_interval, scale, own_scale).fit(y, predicted, weight)
            for scale, own_scale in ((np.ones_like(y), np.ones(1)), (local, local_own))
        ),
        key=lambda fitted: rounded(fitted.mean_width_, deviation),
    )
    lower, upper = interval.bounds(value)[:, 0]
    before, after = (
        next((data.panel.years[at] for at in years if earlier == (data.panel.years[at] < data.year)), None)
        for earlier in (True, False)
    )
    history = OwnHistory(before, after, form, round(k, 1))
    return HistoryPrediction(
        value=rounded(float(value[0]), deviation),
        lower=rounded(float(lower), deviation),
        upper=rounded(float(upper), deviation),
        expected_error=rounded(interval.expected_error_, deviation),
        history=history,
    )


def weighted_median(values: NDArray[np.float64], sample_weight: NDArray[np.float64]) -> float:
    """Smallest of the values (rows,) at which half of the weight is reached.

    >>> weighted_median(np.array([3.0, 1.0, 2.0]), np.ones(3))
    2.0
    """
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(sample_weight[order])
    return float(values[order][np.searchsorted(cumulated, cumulated[-1] / 2)])


def _years_used(data: TrainingData, country: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Positions of the years of own values to use, and which training countries have values in them.

    The nearest on both sides, else the nearer one, else the other, whichever enough training countries have.
    """
    year = data.panel.year_index(data.year)
    own = np.flatnonzero(np.isfinite(data.series[:, country]))
    before, after = own[own < year][-1:], own[own > year][:1]
    alone = sorted((before, after), key=lambda years: [abs(data.panel.years[at] - data.year) for at in years])
    for years in (np.concatenate([before, after]), *alone):
        if not len(years):
            continue
        rows = np.isfinite(data.series[np.ix_(years, data.training)]).all(axis=0)
        if rows.sum() >= FEWEST_COUNTRIES:
            return years, rows
    return own[:0], np.zeros(len(data.y), dtype=bool)


def _share(data: TrainingData, years: NDArray[np.intp]) -> float:
    """Position of the year between the first and the last of the years, 0 to 1."""
    first, last = data.panel.years[years[0]], data.panel.years[years[-1]]
    return (data.year - first) / (last - first) if first < last else 0.0


def _best(
    carried: Mapping[str, NDArray[np.float64]],
    own: Mapping[str, NDArray[np.float64]],
    cross: NDArray[np.float64],
    y: NDArray[np.float64],
    sample_weight: NDArray[np.float64],
) -> tuple[str, float]:
    """The form that the country also has, and the cross-section's weight, with the smallest weighted absolute error."""
    errors = {
        form: np.round(np.abs((1 - WEIGHTS[:, None]) * values + WEIGHTS[:, None] * cross - y) @ sample_weight, DECIMALS)
        for form, values in carried.items()
        if form in own
    }
    form = min(errors, key=lambda name: float(errors[name].min()))
    return form, float(WEIGHTS[np.argmin(errors[form])])


def _scale(
    values: NDArray[np.float64], own: NDArray[np.float64], cross: NDArray[np.float64], deviation: float
) -> NDArray[np.float64]:
    """Scale (rows,) of the error to expect, above 0."""
    scale: NDArray[np.float64] = (
        SPREAD * np.abs(values[-1] - values[0])
        + DISAGREEMENT * np.abs(own - cross)
        + LEVEL * np.abs(own)
        + DEVIATION * deviation
    )
    return scale
