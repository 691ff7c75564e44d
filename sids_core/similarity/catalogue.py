"""The values of the SIDS in a category and year, and the years, datasets, categories and countries with values."""

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError, UnknownValueError
from sids_core.panel.panel import Panel

Matrix = NDArray[np.float64]

# Of 64-bit floats, with room for sums: a few of the last bits.
ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class CategoryTable:
    """The values of one category in one year.

    Attributes:
        countries: the SIDS (n,), ascending, including those without a value.
        indicators: codes (m,) of the category's indicators with a value in at least one SIDS, ascending.
        values: float64 (n, m), each column in its indicator's unit; NaN where a value is missing.
    """

    countries: tuple[str, ...]
    indicators: tuple[str, ...]
    values: Matrix

    @property
    def has_values(self) -> NDArray[np.bool_]:
        """Bool (n,): which countries have at least one value."""
        return cast("NDArray[np.bool_]", np.isfinite(self.values).any(axis=1))

    def countries_with_values(self) -> list[str]:
        """The countries that have at least one value, ascending."""
        return [self.countries[row] for row in np.flatnonzero(self.has_values)]


def years(panel: Panel) -> list[int]:
    """List the years in which a SIDS has a value in any category.

    Args:
        panel: the data.

    Returns:
        Years, ascending.

    >>> from sids_core.panel.demo import demo_panel
    >>> years(demo_panel())[:3]
    [2000, 2001, 2002]
    """
    return list(_years(panel))


@lru_cache(maxsize=1)  # reads all values
def _years(panel: Panel) -> tuple[int, ...]:
    return tuple(year for year in panel.years if _columns_with_values(panel, year))


def datasets(panel: Panel, year: int) -> dict[str, str]:
    """List the datasets in which a SIDS has a value in a year.

    Args:
        panel: the data.
        year: year of the values.

    Returns:
        Dataset code → name.

    Raises:
        UnknownValueError: the panel does not have the year.

    >>> from sids_core.panel.demo import demo_panel
    >>> list(datasets(demo_panel(), 2001))[:2]
    ['env', 'hdr']
    """
    codes = {panel.indicators[column].dataset for column in _columns_with_values(panel, year)}
    return {code: name for code, name in panel.datasets.items() if code in codes}


def categories(panel: Panel, dataset: str, year: int) -> list[str]:
    """List the categories of a dataset in which a SIDS has a value in a year.

    Args:
        panel: the data.
        dataset: code of the dataset.
        year: year of the values.

    Returns:
        Names in alphabetical order.

    Raises:
        UnknownValueError: the panel does not have the dataset or the year.

    >>> from sids_core.panel.demo import demo_panel
    >>> categories(demo_panel(), "key", 2001)[:2]
    ['Digital', 'Economy']
    """
    panel.check_dataset(dataset)
    indicators = [panel.indicators[column] for column in _columns_with_values(panel, year)]
    return sorted({indicator.category for indicator in indicators if indicator.dataset == dataset})


def countries(panel: Panel, dataset: str, category: str, year: int) -> list[str]:
    """List the SIDS with a value in a category and year.

    Args:
        panel: the data.
        dataset: code of a dataset.
        category: one of its categories.
        year: year of the values.

    Returns:
        Country codes, ascending.

    Raises:
        UnknownValueError: the panel does not have the year, dataset or category.
        RequestError: no SIDS has a value in the category and year.

    >>> from sids_core.panel.demo import demo_panel
    >>> countries(demo_panel(), "key", "Economy", 2001)[:3]
    ['ABW', 'AIA', 'ATG']
    """
    return read_category(panel, dataset, category, year).countries_with_values()


def read_category(panel: Panel, dataset: str, category: str, year: int) -> CategoryTable:
    """Read the values of a category and year.

    Args:
        panel: the data.
        dataset: code of a dataset.
        category: one of its categories.
        year: year of the values.

    Returns:
        The table of the SIDS and the category's indicators.

    Raises:
        UnknownValueError: the panel does not have the year, dataset or category.
        RequestError: no SIDS has a value in the category and year; the message lists the years with values.
    """
    year_index = panel.year_index(year)
    panel.check_dataset(dataset)
    known = {indicator.category for indicator in panel.indicators if indicator.dataset == dataset} - {""}
    if category not in known:
        raise UnknownValueError("category", category, sorted(known))
    belongs = [(indicator.dataset, indicator.category) == (dataset, category) for indicator in panel.indicators]
    columns, sids = np.flatnonzero(belongs), np.flatnonzero(panel.is_sids)
    values = panel.values[year_index][np.ix_(sids, columns)]
    observed = np.isfinite(values).any(axis=0)
    if not observed.any():
        other_years = [
            str(other)
            for other, slice_ in zip(panel.years, panel.values, strict=True)
            if np.isfinite(slice_[np.ix_(sids, columns)]).any()
        ]
        raise RequestError(
            f"no SIDS has a value in category {category!r} of dataset {dataset!r} in {year}; "
            f"years with values: {', '.join(other_years) or 'none'}",
            kind="no_data",
            parameter="category",
        )
    codes = tuple(panel.indicators[column].code for column, any_ in zip(columns, observed, strict=True) if any_)
    return CategoryTable(tuple(panel.countries[row] for row in sids), codes, values[:, observed])


def standardized(values: Matrix) -> Matrix:
    """Scale each column of (n, m) to mean 0 and standard deviation 1; NaN stays.

    A column whose values differ by no more than their rounding becomes 0.
    """
    from sklearn.preprocessing import StandardScaler

    highest, lowest = np.nanmax(values, axis=0), np.nanmin(values, axis=0)
    varies = highest - lowest > ROUNDING * np.maximum(np.abs(highest), np.abs(lowest))
    return cast("Matrix", StandardScaler().fit_transform(np.where(varies | np.isnan(values), values, 0.0)))


def _columns_with_values(panel: Panel, year: int) -> list[int]:
    """Columns of the indicators that have a category, and a value in at least one SIDS in the year."""
    values = panel.values[panel.year_index(year)][panel.is_sids]
    return [
        int(column) for column in np.flatnonzero(np.isfinite(values).any(axis=0)) if panel.indicators[column].category
    ]
