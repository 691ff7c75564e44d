"""Interpolation of an indicator's series in a country, and the list of available series."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError, UnknownValueError
from sids_core.interpolation import DIRECTIONS, MAX_ORDER, METHODS
from sids_core.panel.panel import Panel
from sids_core.stages import stage

if TYPE_CHECKING:
    from pandas import DataFrame

Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class InterpolationResult:
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

    def to_frame(self) -> "DataFrame":
        """One row per year: year, value, observed."""
        from pandas import DataFrame

        return DataFrame({"year": self.years, "value": self.values, "observed": self.observed})


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
    present = np.zeros(len(panel.indicators), dtype=np.bool_)
    for values in panel.values:  # year by year, since a copy of all values would be large
        present |= np.isfinite(values[panel.is_sids]).any(axis=0)
    return {panel.indicators[column].code: panel.indicators[column].label for column in np.flatnonzero(present)}


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
    https://pandas.pydata.org/docs/reference/api/pandas.Series.interpolate.html

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
        values = _fill(panel.years, series, method, direction, order)
    return InterpolationResult(indicator, country, panel.years, values, observed)


def _fill(years: tuple[int, ...], series: Series, method: str, direction: str, order: int | None) -> Series:
    from pandas import Series as PandasSeries

    options: dict[str, Any] = {"order": order} if METHODS[method].takes_order else {}
    # pandas-stubs knows fewer methods than pandas.
    filled = PandasSeries(series, index=list(years)).interpolate(
        method=cast("Any", method), limit_direction=cast("Any", direction), **options
    )
    return cast("Series", filled.to_numpy(dtype=np.float64))


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
