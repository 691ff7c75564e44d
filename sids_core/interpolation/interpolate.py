"""Interpolation of an indicator's series in a country, and the list of available series."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError, UnknownValueError
from sids_core.export import Exportable
from sids_core.interpolation import DIRECTIONS, MAX_ORDER, METHODS
from sids_core.interpolation.smoothing_spline import fit_smoothing_spline
from sids_core.panel.panel import Panel
from sids_core.stages import stage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

Series = NDArray[np.float64]

WIDEST_EXCESS = 1.0
"""Distance beyond the observed values, in multiples of their range, above which a warning is given."""

SPLINE_DECIMALS = 11
"""Decimals below the largest value's first digit that a spline is rounded to: the last bits differ between processors.
"""


@dataclass(frozen=True, slots=True, eq=False)
class InterpolationResult(Exportable):
    """An indicator's series in a country with its missing years filled.

    Attributes:
        indicator: code of the indicator.
        country: code of the country.
        years: every year of the panel (n,), ascending.
        values: float64 (n,), in the indicator's unit: the observed values to the last digit, interpolated ones in the
            other years; NaN where the method or the direction defines none.
        observed: bool (n,), which of the values are observed.
    """

    indicator: str
    country: str
    years: tuple[int, ...]
    values: Series
    observed: NDArray[np.bool_]

    @property
    def missing_years(self) -> tuple[int, ...]:
        """The years without an observation, ascending, whether or not they could be filled."""
        return tuple(year for year, observed in zip(self.years, self.observed, strict=True) if not observed)

    @property
    def excess(self) -> float:
        """Distance of the filled values beyond the observed ones, in multiples of the range of these; 0 within it.

        Where all observed values are equal, in multiples of their absolute value (of 1, if they are 0).
        """
        seen, filled = self.values[self.observed], self.values[~self.observed & ~np.isnan(self.values)]
        if not len(filled):
            return 0.0
        lowest, highest = float(seen.min()), float(seen.max())
        beyond = max(0.0, lowest - float(filled.min()), float(filled.max()) - highest)
        return beyond / ((highest - lowest) or abs(highest) or 1.0)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before the filled values are used."""
        if self.excess <= WIDEST_EXCESS:
            return ()
        return (
            f"the filled values go {self.excess:.3g} times the range of the observed ones beyond them; "
            "a method that does not extrapolate, such as linear or pchip, stays closer",
        )

    def to_frame(self) -> "DataFrame":
        """One row per year: year, value, observed."""
        from pandas import DataFrame

        return DataFrame({"year": self.years, "value": self.values, "observed": self.observed})

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the series: dots where observed, diamonds where interpolated.

        Args:
            ax: where to draw; None makes a figure of matplotlib's pyplot.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from sids_core.export.plots import plot_series

        return plot_series(self.to_frame(), title=f"{self.indicator}, {self.country}", ax=ax)


def indicators(panel: Panel) -> dict[str, str]:
    """List the indicators with a value in at least one SIDS and year.

    Args:
        panel: the data.

    Returns:
        Indicator code → name, with its dimension if any.

    >>> from sids_core.panel.demo import demo_panel
    >>> indicators(demo_panel())["key-wdi-EG.ELC.ACCS.ZS"]
    'Synthetic access to electricity'
    """
    return {panel.indicators[column].code: panel.indicators[column].label for column in _with_values(panel)}


@lru_cache(maxsize=1)  # reads all values
def _with_values(panel: Panel) -> tuple[int, ...]:
    present = np.zeros(len(panel.indicators), dtype=np.bool_)
    for values in panel.values:  # year by year, since a copy of all values would be large
        present |= np.isfinite(values[panel.is_sids]).any(axis=0)
    return tuple(np.flatnonzero(present).tolist())


def countries(panel: Panel, indicator: str) -> list[str]:
    """List the SIDS with a value of an indicator in any year.

    Args:
        panel: the data.
        indicator: code of the indicator.

    Returns:
        Country codes, ascending.

    Raises:
        UnknownValueError: the panel does not have the indicator.

    >>> from sids_core.panel.demo import demo_panel
    >>> countries(demo_panel(), "key-wdi-EG.ELC.ACCS.ZS")[:3]
    ['ABW', 'AIA', 'BHR']
    """
    panel.indicator(indicator, "indicator")
    present = np.isfinite(panel.values[:, :, panel.indicator_index[indicator]]).any(axis=0) & panel.is_sids
    return [panel.countries[row] for row in np.flatnonzero(present)]


def interpolate(
    panel: Panel,
    indicator: str,
    country: str,
    *,
    method: str = "linear",
    direction: str = "both",
    order: int | None = None,
) -> InterpolationResult:
    """Fill the missing years of an indicator's series in a country from its observed years.

    `pandas.Series.interpolate` over the years as numbers:
    https://pandas.pydata.org/docs/reference/api/pandas.Series.interpolate.html; for `spline` the same values from
    `fit_smoothing_spline`.

    Args:
        panel: the data.
        indicator: code of an indicator.
        country: ISO 3166-1 alpha-3 code of a SIDS.
        method: a name in `sids_core.interpolation.METHODS`.
        direction: which missing years at the ends are filled: after the last observed one (`forward`), before the first
            (`backward`), or `both`.
        order: of `spline` and `polynomial`, 1 to 3; the other methods ignore it.

    Returns:
        The series over all years of the panel.

    Raises:
        UnknownValueError: the panel does not have the indicator, the country is no SIDS, or the method or the direction
            is unknown.
        RequestError: the country has no value of the indicator, or fewer than the method needs; the order is missing or
            out of range.

    >>> from sids_core.panel.demo import demo_panel
    >>> result = interpolate(demo_panel(), "key-wdi-EG.ELC.ACCS.ZS", "FJI", method="pchip")
    >>> list(result.to_frame())
    ['year', 'value', 'observed']
    >>> len(result.missing_years) + int(result.observed.sum()) == len(result.years)
    True
    """
    _check_options(method, direction, order)
    series = _observed_series(panel, indicator, country)
    observed = ~np.isnan(series)
    if not observed.all():
        _check_observations(int(observed.sum()), method, order, indicator, country)
    with stage("interpolate"):
        values = fill(panel.years, series, method, direction, order)
    return InterpolationResult(indicator, country, panel.years, values, observed)


def fill(years: tuple[int, ...], series: Series, method: str, direction: str, order: int | None) -> Series:
    """The series (years,) with its gaps filled; method, direction, order and number of observations are valid."""
    from pandas import Series as PandasSeries

    if method == "spline":
        return _fill_by_spline(np.array(years, dtype=np.float64), series, direction, cast("int", order))
    options: dict[str, Any] = {"order": order} if METHODS[method].takes_order else {}
    # pandas-stubs knows fewer methods than pandas.
    filled = PandasSeries(series, index=list(years)).interpolate(
        method=cast("Any", method), limit_direction=cast("Any", direction), **options
    )
    return cast("Series", filled.to_numpy(dtype=np.float64))


def _fill_by_spline(years: Series, series: Series, direction: str, order: int) -> Series:
    seen = np.flatnonzero(~np.isnan(series))
    missing = np.isnan(series)
    if direction == "forward":
        missing[: seen[0]] = False
    elif direction == "backward":
        missing[seen[-1] :] = False
    filled = series.copy()
    if missing.any():
        spline = fit_smoothing_spline(years[seen], series[seen], order)(years[missing])
        unit = 10.0 ** np.floor(np.log10(np.abs(spline).max() or 1.0))
        filled[missing] = np.round(spline / unit, SPLINE_DECIMALS) * unit
    return filled


def _check_options(method: str, direction: str, order: int | None) -> None:
    if method not in METHODS:
        raise UnknownValueError("method", method, METHODS)
    if direction not in DIRECTIONS:
        raise UnknownValueError("direction", direction, DIRECTIONS)
    if METHODS[method].takes_order and (order is None or not 1 <= order <= MAX_ORDER):
        raise RequestError(f"method {method!r} needs an order, 1 to {MAX_ORDER}; got {order}", parameter="order")


def _observed_series(panel: Panel, indicator: str, country: str) -> Series:
    allowed = countries(panel, indicator)
    row = panel.country_index.get(country)
    if row is None or not panel.is_sids[row]:
        raise UnknownValueError("country", country, allowed)
    if country not in allowed:
        raise RequestError(
            f"country {country!r} has no value of indicator {indicator!r}; "
            f"countries with values: {', '.join(allowed) or 'none'}",
            kind="no_data",
            parameter="country",
        )
    series: Series = panel.values[:, row, panel.indicator_index[indicator]]
    return series


def _check_observations(count: int, method: str, order: int | None, indicator: str, country: str) -> None:
    needed = METHODS[method].fewest_observations(order)
    if count < needed:
        named = f"method {method!r}" + (f" of order {order}" if METHODS[method].takes_order else "")
        raise RequestError(
            f"{named} needs at least {needed} observed years; indicator {indicator!r} has {count} in country "
            f"{country!r}",
            kind="too_few_observations",
            parameter="country",
        )
