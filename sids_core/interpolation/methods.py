"""The interpolation methods: pandas' own, with what each needs and what it does outside the observed years.

https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.interpolate.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Outside(Enum):
    """What a method gives for years before the first or after the last observed one, if the direction asks for it."""

    REPEATED = "repeated"
    EXTRAPOLATED = "extrapolated"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Method:
    """One method.

    Attributes:
        label: for people.
        fewest: observed years that it needs; of a method with an order, at order 0.
        outside: what it does outside the observed years.
        takes_order: whether it needs the order `d`.
    """

    label: str
    fewest: int
    outside: Outside
    takes_order: bool = False

    def fewest_observations(self, order: int | None) -> int:
        """The observed years that it needs at an order."""
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
