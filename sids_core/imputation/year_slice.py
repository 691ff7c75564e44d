"""A year of some indicators, its gaps filled along each country's own time where the country has values in other years.

Linear between the nearest years with a value, else the nearest value is carried.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.panel.panel import Panel
from sids_core.panel.sparse import known_by_year

NONE = -1
"""Instead of a year's position: no such year."""


@dataclass(frozen=True)
class YearSlice:
    """One year of a panel's columns.

    Attributes:
        panel: the data.
        year: position of the year in the panel.
        columns: positions of the indicators in the panel (columns,).
        observed: float64 (countries, columns), the values of the year itself, NaN where missing.
        before: (countries, columns), position of the nearest earlier year with a value, `NONE` where there is none.
        after: the same for the nearest later year.
        values: float64 (countries, columns), filled along time; NaN where a country has no value in any year.
    """

    panel: Panel
    year: int
    columns: NDArray[np.intp]
    observed: NDArray[np.float64]
    before: NDArray[np.intp]
    after: NDArray[np.intp]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, panel: Panel, year: int, columns: NDArray[np.intp], *, along_time: bool) -> Self:
        """The slice; without `along_time` every other year counts as missing."""
        observed = panel.values[year][:, columns]
        before, after = (np.full(observed.shape, NONE, dtype=np.intp) for _ in range(2))
        values = observed.copy()
        if along_time:
            gap = row, column = np.nonzero(np.isnan(observed))
            for other, known in enumerate(known_by_year(panel.values, row, columns[column])):
                if other < year:
                    before[row[known], column[known]] = other
                elif other > year:
                    first = known & (after[gap] == NONE)
                    after[row[first], column[first]] = other
            values[gap] = _along_time(panel, year, row, columns[column], before[gap], after[gap])
        return cls(panel, year, columns, observed, before, after, values)

    def with_gaps_of(self, donors: NDArray[np.intp], rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """The rows (countries,) as if each had the gaps of its donor (countries,): (rows, columns).

        What the donor has in the year, the row keeps; what the donor takes from other years, the row takes from the
        same years, if it has them; what the donor lacks, the row lacks.
        """
        known = np.isfinite(self.values[donors])
        of_year = np.isfinite(self.observed[donors])
        worn = np.where(known, self.values[rows], np.nan)
        at, column = np.nonzero(known & ~of_year)
        if len(at):
            donor, row = donors[at], rows[at]
            before, after = self.before[donor, column], self.after[donor, column]
            worn[at, column] = _along_time(self.panel, self.year, row, self.columns[column], before, after)
        return worn


def _along_time(
    panel: Panel,
    year: int,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    before: NDArray[np.intp],
    after: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Values of the rows and columns interpolated between two years, or of one if the other is `NONE` or missing."""
    years = np.array(panel.years)
    earlier, later = (np.full(len(rows), np.nan) for _ in range(2))
    for values, other in ((earlier, before), (later, after)):
        some = np.flatnonzero(other != NONE)
        values[some] = panel.values[other[some], rows[some], columns[some]]
    share = (years[year] - years[before]) / np.where(years[after] == years[before], 1, years[after] - years[before])
    between = earlier + share * (later - earlier)
    return np.where(np.isnan(later), earlier, np.where(np.isnan(earlier), later, between))
