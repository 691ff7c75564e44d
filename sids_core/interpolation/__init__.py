"""Interpolation over time: the missing years of a country's series, from its other years.

The methods are those of pandas, with the observations each needs and its behaviour outside the observed years:
https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.interpolate.html. This module loads no numerical library.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

DIRECTIONS = ("forward", "backward", "both")
MAX_ORDER = 3


class Outside(Enum):
    """A method's result before the first or after the last observed year, if the direction includes it."""

    REPEATED = "repeated"
    EXTRAPOLATED = "extrapolated"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Method:
    """An interpolation method.

    Attributes:
        label: shown to people.
        fewest: number of observed years needed; at order 0 for a method with an order.
        outside: behaviour outside the observed years.
        takes_order: whether it needs an order, 1 to `MAX_ORDER`.
    """

    label: str
    fewest: int
    outside: Outside
    takes_order: bool = False

    def fewest_observations(self, order: int | None) -> int:
        """Number of observed years needed at an order."""
        return self.fewest + (order or 0) if self.takes_order else self.fewest


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "linear": Method("Straight lines (years taken as equally spaced)", 1, Outside.REPEATED),
        "nearest": Method("Nearest year", 1, Outside.MISSING),
        "zero": Method("Last value before (spline of order 0)", 1, Outside.MISSING),
        "slinear": Method("Spline of order 1", 2, Outside.MISSING),
        "quadratic": Method("Spline of order 2", 3, Outside.MISSING),
        "cubic": Method("Spline of order 3", 4, Outside.MISSING),
        "spline": Method("Smoothing spline of order d", 1, Outside.EXTRAPOLATED, takes_order=True),
        "polynomial": Method("Interpolating spline of order d", 1, Outside.MISSING, takes_order=True),
        "piecewise_polynomial": Method("Piecewise polynomials", 2, Outside.MISSING),
        "pchip": Method("Monotone piecewise cubics (PCHIP)", 2, Outside.EXTRAPOLATED),
        "akima": Method("Akima's piecewise cubics", 2, Outside.MISSING),
        "cubicspline": Method("Cubic spline, not-a-knot ends", 2, Outside.EXTRAPOLATED),
    }
)
