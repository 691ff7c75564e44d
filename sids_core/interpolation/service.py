"""Interpolation over time, from request to response."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError, UnknownValueError
from sids_core.interpolation.catalogue import countries
from sids_core.interpolation.methods import METHODS
from sids_core.interpolation.schemas import ImputeRequest, ImputeResponse, Series
from sids_core.panel.panel import SIDS, Panel
from sids_core.stages import stage

Figures = NDArray[np.float64]


def impute(panel: Panel, request: ImputeRequest) -> ImputeResponse:
    """The series of an indicator in a country over all years of the data, with its gaps filled.

    Observed figures are those of the data, to the last digit.

    Raises:
        UnknownValueError: the data has no such indicator, or the country is no SIDS.
        RequestError: the data has no figure of it in that country, or in fewer years than the method needs.
    """
    observed = _series(panel, request)
    missing = np.isnan(observed)
    if missing.any():
        _check_observations(request, int((~missing).sum()))
    with stage("interpolate"):
        filled = interpolate(panel.years, observed, request.method, request.direction, request.d)
    return ImputeResponse(
        missing_years=[str(year) for year, gap in zip(panel.years, missing, strict=True) if gap],
        imputed_series=Series(
            index=[(request.target, request.country)],
            columns=list(panel.years),
            data=[[float(figure) if np.isfinite(figure) else None for figure in filled]],
        ),
    )


def interpolate(
    years: tuple[int, ...], observed: Figures, method: str, direction: str, order: int | None = None
) -> Figures:
    """The figures (years,) with NaN replaced where method and direction define a value: pandas' Series.interpolate.

    The index is the years as numbers. `order` matters to spline and polynomial only.
    """
    from pandas import Series as PandasSeries

    options: dict[str, Any] = {"order": order} if METHODS[method].takes_order else {}
    series = PandasSeries(observed, index=list(years))
    # pandas-stubs knows fewer methods than pandas.
    filled = series.interpolate(method=cast("Any", method), limit_direction=cast("Any", direction), **options)
    return cast("Figures", filled.to_numpy(dtype=np.float64))


def _series(panel: Panel, request: ImputeRequest) -> Figures:
    allowed = countries(panel, request.target)
    if request.country not in SIDS:
        raise UnknownValueError("country", request.country, allowed)
    if request.country not in allowed:
        raise RequestError(
            f"country {request.country!r} has no figure of target {request.target!r}; "
            f"those that have: {', '.join(allowed) or 'none'}",
            kind="no_data",
            parameter="country",
        )
    row, column = panel.country_index[request.country], panel.indicator_index[request.target]
    series: Figures = panel.values[:, row, column]
    return series


def _check_observations(request: ImputeRequest, count: int) -> None:
    needed = METHODS[request.method].fewest_observations(request.d)
    if count < needed:
        named = f"method {request.method!r}" + (f" with d = {request.d}" if METHODS[request.method].takes_order else "")
        raise RequestError(
            f"{named} needs at least {needed} observed years; target {request.target!r} has {count} in country "
            f"{request.country!r}",
            kind="too_few_observations",
            parameter="country",
        )
