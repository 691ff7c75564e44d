"""Simple ways to fill a gap, which an imputation has to beat.

Each is a function of the panel, the indicator's code, the year and the codes of countries without a value in that year,
and returns country code → value for each of them.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from sids_core.panel.panel import Panel

Baseline = Callable[[Panel, str, int, Sequence[str]], dict[str, float]]


def interpolation(panel: Panel, target: str, year: int, countries: Sequence[str]) -> dict[str, float]:
    """Linear between the nearest own values before and after, else the nearest; without any, the median of the SIDS."""
    series = panel.values[:, :, panel.indicator_index[target]]
    values = sids_median(panel, target, year, countries)
    for code in countries:
        own = series[:, panel.country_index[code]]
        known = np.isfinite(own)
        if known.any():
            values[code] = float(np.interp(year, np.array(panel.years)[known], own[known]))
    return values


def sids_median(panel: Panel, target: str, year: int, countries: Sequence[str]) -> dict[str, float]:
    """Median of the SIDS in the year; without any, of all countries; else of all years; NaN without any value."""
    series = panel.values[:, :, panel.indicator_index[target]]
    slice_ = series[panel.year_index(year)]
    samples = (sample[np.isfinite(sample)] for sample in (slice_[panel.is_sids], slice_, series))
    typical = next((float(np.median(sample)) for sample in samples if len(sample)), np.nan)
    return dict.fromkeys(countries, typical)


def mean(panel: Panel, target: str, year: int, countries: Sequence[str]) -> dict[str, float]:
    """Mean of all countries in the year; without any, of all years; NaN without any value."""
    series = panel.values[:, :, panel.indicator_index[target]]
    samples: tuple[NDArray[np.float64], ...] = (series[panel.year_index(year)], series)
    return dict.fromkeys(
        countries, next((float(np.nanmean(sample)) for sample in samples if np.isfinite(sample).any()), np.nan)
    )


BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {
        "interpolation of the own series": interpolation,
        "SIDS median": sids_median,
        "mean": mean,
    }
)
