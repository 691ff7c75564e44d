"""Imputed values beside the hidden ones, and what they say together: error, coverage and width."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sids_core.evaluation.hiding import HeldOut
from sids_core.imputation.result import ImputationResult

NORMAL_QUANTILE = 1.959963984540054
"""Of the 95 % confidence interval of a coverage."""


@dataclass(frozen=True, slots=True)
class ScoredValue:
    """A hidden value and what was imputed for it, in the indicator's unit.

    Attributes:
        country: code of the country.
        year: the year.
        hidden: the hidden value.
        imputed: the imputed one.
        deviation: standard deviation of the indicator in the year, over all countries.
        lower: lower bound of the interval; NaN without one.
        upper: upper bound.
        expected_error: the error reported for the country; NaN without one.
        unreliable: whether the value is reported as unreliable.
    """

    country: str
    year: int
    hidden: float
    imputed: float
    deviation: float
    lower: float = math.nan
    upper: float = math.nan
    expected_error: float = math.nan
    unreliable: bool = False

    @property
    def error(self) -> float:
        """Imputed minus hidden value, in standard deviations."""
        return (self.imputed - self.hidden) / self.deviation

    @property
    def width(self) -> float:
        """Width of the interval, in standard deviations; NaN without one."""
        return (self.upper - self.lower) / self.deviation

    @property
    def covered(self) -> bool | None:
        """Whether the hidden value lies in the interval; None without one."""
        return None if math.isnan(self.lower) else self.lower <= self.hidden <= self.upper


def score_result(hidden: HeldOut, result: ImputationResult) -> list[ScoredValue]:
    """The hidden values beside those of a result for the same panel, indicator and year."""
    position = {code: index for index, code in enumerate(result.countries)}
    return [
        ScoredValue(
            code,
            hidden.year,
            truth,
            float(result.values[position[code]]),
            hidden.standard_deviation,
            float(result.lower[position[code]]),
            float(result.upper[position[code]]),
            result.expected_error[code],
            code in result.unreliable,
        )
        for code, truth in hidden.truth.items()
    ]


def score_values(hidden: HeldOut, values: Mapping[str, float]) -> list[ScoredValue]:
    """The hidden values beside values without intervals (by country code)."""
    return [
        ScoredValue(code, hidden.year, truth, values[code], hidden.standard_deviation)
        for code, truth in hidden.truth.items()
    ]


@dataclass(frozen=True, slots=True)
class Score:
    """What some values say together.

    Attributes:
        values: number of values.
        error: root mean squared error, in standard deviations of the indicator in the year (NRMSE).
        rmse: root mean squared error, in the indicator's unit.
        coverage: share of the values in their interval; NaN without intervals.
        coverage_low: lower end of its 95 % confidence interval.
        coverage_high: upper end.
        width: median width of the intervals, in standard deviations.
        width_in_units: the same in the indicator's unit.
        reported_error: root mean square of the errors that the results tell to expect, over the error; above 1 they
            are too pessimistic. NaN if there is no error or none is reported.
    """

    values: int
    error: float
    rmse: float
    coverage: float
    coverage_low: float
    coverage_high: float
    width: float
    width_in_units: float
    reported_error: float

    @classmethod
    def of(cls, scored: Sequence[ScoredValue]) -> "Score":
        """The score of one value or more, all with intervals or all without."""
        rmse = root_mean_square(value.imputed - value.hidden for value in scored)
        reported = root_mean_square(value.expected_error for value in scored)
        covered = [value.covered for value in scored if value.covered is not None]
        coverage = float(np.mean(covered)) if covered else math.nan
        low, high = confidence_interval(sum(covered), len(covered)) if covered else (math.nan, math.nan)
        return cls(
            len(scored),
            root_mean_square(value.error for value in scored),
            rmse,
            coverage,
            low,
            high,
            float(np.median([value.width for value in scored])),
            float(np.median([value.upper - value.lower for value in scored])),
            reported / rmse if rmse > 0 else math.nan,
        )


def root_mean_square(values: Iterable[float]) -> float:
    """Root mean square of one value or more."""
    return float(np.sqrt(np.mean(np.fromiter(values, dtype=float) ** 2)))


def confidence_interval(hits: int, trials: int) -> tuple[float, float]:
    """95 % confidence interval of a share.

    Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22. It takes the trials as
    independent.

    >>> low, high = confidence_interval(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.596, 0.982)
    """
    squared = NORMAL_QUANTILE**2
    share, scale = hits / trials, 1 + squared / trials
    centre = (share + squared / (2 * trials)) / scale
    half = NORMAL_QUANTILE * math.sqrt(share * (1 - share) / trials + squared / (4 * trials**2)) / scale
    # The ends are 0 and 1 exactly for none and all, which the roundings of the sums above miss.
    return 0.0 if hits == 0 else centre - half, 1.0 if hits == trials else centre + half
