"""What interpolation over time is asked and what it answers, in the field names that existing clients use."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from sids_core.forms import Choices, Input
from sids_core.interpolation.methods import METHODS, Outside

LARGEST_ORDER = 3

Target = Annotated[
    str,
    Field(description="Code of the indicator.", examples=["key-wdi-EG.ELC.ACCS.ZS"]),
    Input("Indicator", choices=Choices("statimpute/targets")),
]


class ImputeRequest(BaseModel):
    """Which series to fill, and how."""

    target: Target
    country: Annotated[
        str,
        Field(description="ISO 3166-1 alpha-3 code of a SIDS with data.", examples=["FJI"]),
        Input("Country", choices=Choices("statimpute/countries", inputs=("target",))),
    ]
    method: Annotated[
        Literal[
            "linear",
            "nearest",
            "zero",
            "slinear",
            "quadratic",
            "cubic",
            "spline",
            "polynomial",
            "piecewise_polynomial",
            "pchip",
            "akima",
            "cubicspline",
        ],
        Field(description="As in pandas.DataFrame.interpolate.", examples=["linear"]),
        Input("Method", values=tuple((name, method.label) for name, method in METHODS.items())),
    ]
    direction: Annotated[
        Literal["forward", "backward", "both"],
        Field(
            description="Which gaps at the ends may be filled: after the last observed year, before the first, both."
        ),
        Input("Direction", values=(("both", "Both"), ("forward", "Forward"), ("backward", "Backward"))),
    ] = "both"
    d: Annotated[
        int | None,
        Field(ge=1, le=LARGEST_ORDER, validate_default=True, description="Order of a spline or polynomial."),
        Input(
            "Order",
            values=tuple((str(order), str(order)) for order in range(1, LARGEST_ORDER + 1)),
            required_when=tuple(("method", name) for name, method in METHODS.items() if method.takes_order),
        ),
    ] = None

    @field_validator("d")
    @classmethod
    def _order_goes_with_method(cls, d: int | None, info: ValidationInfo) -> int | None:
        method = info.data.get("method")
        if d is None and method is not None and METHODS[method].takes_order:
            raise PydanticCustomError(
                "missing", "method {method} needs d, 1 to {largest}", {"method": method, "largest": LARGEST_ORDER}
            )
        return d


class Series(BaseModel):
    """One row by year: what pandas calls the split orientation."""

    index: list[tuple[str, str]] = Field(description="One row: the indicator and the country.")
    columns: list[int] = Field(description="Years, ascending.")
    data: list[list[float | None]] = Field(description="One row: observed and filled figures; null where neither is.")


class ImputeResponse(BaseModel):
    """A series with its gaps filled."""

    missing_years: list[str] = Field(
        description="The years without an observed figure, ascending, whether the method could fill them or not."
    )
    imputed_series: Series


class MethodDescription(BaseModel):
    """A method and what it needs."""

    value: str = Field(description="As in a request.")
    label: str
    takes_d: bool = Field(description="Whether the order d must be sent.")
    fewest_observations: dict[str, int] | int = Field(description="Observed years needed; by d where there is one.")
    outside: Outside = Field(
        description="Years outside the observed ones, on the side that the direction asks for: the nearest observed "
        "figure is repeated, the curve is extrapolated, or they stay missing."
    )
