"""The endpoints of interpolation over time."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from sids_core.interpolation import DIRECTIONS, MAX_ORDER, METHODS, Method, Outside
from sids_service.context import Context, Loaded
from sids_service.dashboard import OBSERVED
from sids_service.errors import argument_names
from sids_service.web.app import model_router
from sids_service.web.forms import MAIN, Choices, Input, one_of
from sids_service.web.tables import ESTIMATES, TABULAR, AsTable, Tabular

INTERPOLATED = "interpolated"

Target = Annotated[
    str,
    Field(description="Code of the indicator.", examples=["key-wdi-EG.ELC.ACCS.ZS"]),
    Input("Indicator", choices=Choices("statimpute/targets")),
]


class ImputeRequest(BaseModel):
    """The series to interpolate, and the method."""

    target: Target
    country: Annotated[
        str,
        Field(description="ISO 3166-1 alpha-3 code of a SIDS with values of the indicator.", examples=["FJI"]),
        Input("Country", choices=Choices("statimpute/countries", inputs=("target",))),
    ]
    method: Annotated[
        str,
        one_of(METHODS),
        Field(description="As in pandas.DataFrame.interpolate.", examples=["linear"]),
        Input("Method", values=tuple((name, method.label) for name, method in METHODS.items())),
    ]
    direction: Annotated[
        str,
        one_of(DIRECTIONS),
        Field(
            description="Which missing years at the ends are filled: after the last observed one, before the first, "
            "or both."
        ),
        Input("Direction", values=(("both", "Both"), ("forward", "Forward"), ("backward", "Backward"))),
    ] = "both"
    d: Annotated[
        int | None,
        Field(ge=1, le=MAX_ORDER, validate_default=True, description="Order of a spline or polynomial."),
        Input(
            "Order",
            values=tuple((str(order), str(order)) for order in range(1, MAX_ORDER + 1)),
            required_when=tuple(("method", name) for name, method in METHODS.items() if method.takes_order),
        ),
    ] = None

    @field_validator("d")
    @classmethod
    def _order_goes_with_method(cls, d: int | None, info: ValidationInfo) -> int | None:
        method = info.data.get("method")
        if d is None and method is not None and METHODS[method].takes_order:
            raise PydanticCustomError(
                "missing", "method {method} needs d, 1 to {largest}", {"method": method, "largest": MAX_ORDER}
            )
        return d


class Series(BaseModel):
    """One row by year, in the split orientation of pandas."""

    index: list[tuple[str, str]] = Field(description="One row: the indicator and the country.")
    columns: list[int] = Field(description="Years, ascending.")
    data: list[list[float | None]] = Field(
        description="One row: observed and interpolated values; null for years with neither."
    )


class SeriesDiagnostics(BaseModel):
    """What to know before the filled values are used."""

    excess: float = Field(
        description="Distance of the filled values beyond the observed ones, in multiples of the range of these; "
        "0 within it."
    )
    warnings: list[str] = Field(description="One where the excess is above 1: the method runs away from the data.")


class ImputeResponse(BaseModel):
    """A series with its missing years filled."""

    missing_years: list[str] = Field(
        description="The years without an observation, ascending, whether or not the method could fill them."
    )
    imputed_series: Series
    diagnostics: SeriesDiagnostics


class MethodDescription(BaseModel):
    """A method and its requirements."""

    value: str = Field(description="As in a request.")
    label: str
    takes_d: bool = Field(description="Whether the order d must be sent.")
    fewest_observations: dict[str, int] | int = Field(description="Observed years needed; by d if the method has one.")
    outside: Outside = Field(
        description="Years outside the observed ones, on the side given by the direction: the nearest observed "
        "value is repeated, the curve is extrapolated, or they stay missing."
    )


COMPUTED = ()

router = model_router("statimpute", "Time series interpolation")


@router.get("/targets")
def targets(context: Loaded) -> dict[str, str]:
    """Code and name of the indicators with a value in at least one SIDS."""
    from sids_core.interpolation.interpolate import indicators

    return indicators(context.dataset.panel())


@router.get("/countries")
async def countries(target: Target, context: Loaded) -> list[str]:
    """The SIDS with values of an indicator."""
    from sids_core.interpolation import interpolate

    with argument_names(indicator="target"):
        return interpolate.countries(context.dataset.panel(), target)


@router.get("/methods")
async def methods() -> list[MethodDescription]:
    """The methods, with their requirements and behaviour outside the observed years."""
    return describe_methods()


@router.post("/impute", response_model=ImputeResponse, responses=TABULAR, openapi_extra=MAIN)
async def impute(request: ImputeRequest, context: Loaded, table: AsTable) -> Response:
    """Fill the missing years of an indicator's series in a country."""
    return await context.short_threads.run(_interpolated, context, request, table)


def _interpolated(context: Context, request: ImputeRequest, table: Tabular) -> Response:
    from sids_core.interpolation.interpolate import interpolate

    with argument_names(indicator="target"):
        result = interpolate(
            context.dataset.panel(),
            request.target,
            request.country,
            method=request.method,
            direction=request.direction,
            order=request.d,
        )
    answer = ImputeResponse(
        missing_years=[str(year) for year in result.missing_years],
        imputed_series=Series(
            index=[(result.indicator, result.country)],
            columns=list(result.years),
            data=[[value if math.isfinite(value) else None for value in result.values.tolist()]],
        ),
        diagnostics=SeriesDiagnostics(excess=result.excess, warnings=list(result.warnings)),
    )
    return table(
        answer,
        ESTIMATES,
        lambda: (
            (result.country, year, result.indicator, value, None, None, OBSERVED if observed else INTERPOLATED)
            for year, value, observed in zip(result.years, result.values.tolist(), result.observed, strict=True)
            if math.isfinite(value)
        ),
    )


def describe_methods() -> list[MethodDescription]:
    """The methods, with the contract's field names."""
    return [
        MethodDescription(
            value=name,
            label=method.label,
            takes_d=method.takes_order,
            fewest_observations=_fewest_observations(method),
            outside=method.outside,
        )
        for name, method in METHODS.items()
    ]


def _fewest_observations(method: Method) -> dict[str, int] | int:
    if not method.takes_order:
        return method.fewest
    return {str(order): method.fewest_observations(order) for order in range(1, MAX_ORDER + 1)}
