"""The observations of one indicator, and what has to be said about them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

Observations = Mapping[str, Mapping[str, float]]
"""Country → year → value."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """What an answer says beside its values.

    Attributes:
        lastupdated: when the source last updated its data, as it says so; empty if it does not.
        repeated: number of values left out, because the country has another one for the year.
        unlisted: country that the source's own list lacks → number of its values, which are left out.
    """

    lastupdated: str = ""
    repeated: int = 0
    unlisted: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndicatorValues:
    """A fetched indicator."""

    observations: Observations
    remarks: Remarks = field(default_factory=Remarks)


class Collector:
    """Takes the values of one indicator one by one; of two for one country and year the first is kept."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, float]] = {}
        self._repeated = 0
        self._unlisted: dict[str, int] = {}

    def add(self, country: str, year: str, value: float) -> None:
        """Take a value, unless it is not finite, which is how some series write that they have none."""
        if not _is_finite(value):
            return
        by_year = self._found.setdefault(country, {})
        if year in by_year:
            self._repeated += 1
        else:
            by_year[year] = float(value)

    def leave_out(self, country: str, value: float) -> None:
        """Count a value of a country that the source does not list."""
        if _is_finite(value):
            self._unlisted[country] = self._unlisted.get(country, 0) + 1

    def values(self, lastupdated: str = "") -> IndicatorValues:
        """All that was taken, from an answer of this date."""
        return IndicatorValues(self._found, Remarks(lastupdated, self._repeated, self._unlisted))


def is_number(value: object) -> bool:
    """Whether a value of JSON is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond the range of float
        return False
