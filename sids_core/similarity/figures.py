"""The figures of the island states in one category and year, and which there are to choose from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError, UnknownValueError
from sids_core.panel.panel import Panel


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """One table.

    Attributes:
        countries: the SIDS (n,), ascending, also those without a figure.
        indicators: codes (m,) of the category's indicators that at least one SIDS has a figure of, ascending.
        values: float64 (n, m), NaN where there is no figure.
    """

    countries: tuple[str, ...]
    indicators: tuple[str, ...]
    values: NDArray[np.float64]


def years(panel: Panel) -> list[str]:
    """The years in which a SIDS has a figure in any category, ascending."""
    return [str(year) for year in panel.years if _with_figures(panel, year)]


def datasets(panel: Panel, year: int) -> dict[str, str]:
    """Code → name of the datasets in which a SIDS has a figure in the year."""
    found = {panel.indicators[column].dataset for column in _with_figures(panel, year)}
    return {code: name for code, name in panel.datasets.items() if code in found}


def categories(panel: Panel, dataset: str, year: int) -> list[str]:
    """The dataset's categories in which a SIDS has a figure in the year, in alphabetical order."""
    panel.check_dataset(dataset)
    indicators = [panel.indicators[column] for column in _with_figures(panel, year)]
    return sorted({indicator.category for indicator in indicators if indicator.dataset == dataset})


def countries(panel: Panel, dataset: str, category: str, year: int) -> list[str]:
    """The SIDS with a figure in the category and year, ascending."""
    return with_figures(read_figures(panel, dataset, category, year))


def with_figures(figures: Figures) -> list[str]:
    """The countries of the table that have a figure, in its order."""
    return [figures.countries[row] for row in np.flatnonzero(np.isfinite(figures.values).any(axis=1))]


def read_figures(panel: Panel, dataset: str, category: str, year: int) -> Figures:
    """The table of a category and year.

    Raises:
        UnknownValueError: the data has no such dataset, category or year.
        RequestError: no SIDS has a figure there; the message lists the years in which one has.
    """
    year_index = panel.year_index(year)
    panel.check_dataset(dataset)
    known = {indicator.category for indicator in panel.indicators if indicator.dataset == dataset} - {""}
    if category not in known:
        raise UnknownValueError("category", category, sorted(known))
    belongs = [(indicator.dataset, indicator.category) == (dataset, category) for indicator in panel.indicators]
    columns, sids = np.flatnonzero(belongs), np.flatnonzero(panel.is_sids)
    values = panel.values[year_index][np.ix_(sids, columns)]
    filled = np.isfinite(values).any(axis=0)
    if not filled.any():
        served = [
            str(other)
            for other, figures in zip(panel.years, panel.values, strict=True)
            if np.isfinite(figures[np.ix_(sids, columns)]).any()
        ]
        raise RequestError(
            f"no SIDS has a figure in category {category!r} of dataset {dataset!r} in {year}; "
            f"years with figures: {', '.join(served) or 'none'}",
            kind="no_data",
            parameter="category",
        )
    codes = tuple(panel.indicators[column].code for column, has in zip(columns, filled, strict=True) if has)
    return Figures(tuple(panel.countries[row] for row in sids), codes, values[:, filled])


def _with_figures(panel: Panel, year: int) -> list[int]:
    """Columns of the indicators with a category that a SIDS has a figure of in the year."""
    figures = panel.values[panel.year_index(year)][panel.is_sids]
    return [
        int(column) for column in np.flatnonzero(np.isfinite(figures).any(axis=0)) if panel.indicators[column].category
    ]
