"""From figures by indicator to rows of the figures' table."""

from collections.abc import Callable, Iterable

import numpy as np

from sids_core.panel.errors import DatasetError
from sids_core.panel.figures import Series
from sids_tools.importers.parts import Figures


def assemble(codes: Iterable[str], load: Callable[[str], Figures]) -> Series:
    """A row for every country and indicator that has a figure, over the years from the first to the last figure.

    `load` gives the figures of a code; it is called twice, so that they need not be in memory together.

    Raises:
        DatasetError: there is no figure at all.
    """
    years: set[int] = set()
    pairs: list[tuple[str, str]] = []
    for code in codes:
        for country, figures in load(code).items():
            if figures:
                pairs.append((country, code))
                years.update(map(int, figures))
    if not years:
        raise DatasetError("no figure arrived: there is nothing to write")
    pairs.sort()
    countries = sorted({country for country, _ in pairs})
    indicators = sorted({code for _, code in pairs})
    first = min(years)
    row_of = {pair: row for row, pair in enumerate(pairs)}
    values = np.full((len(pairs), max(years) - first + 1), np.nan)
    for code in indicators:
        for country, figures in load(code).items():
            for year, figure in figures.items():
                values[row_of[country, code], int(year) - first] = figure
    country_index = {code: index for index, code in enumerate(countries)}
    indicator_index = {code: index for index, code in enumerate(indicators)}
    return Series(
        years=tuple(range(first, max(years) + 1)),
        countries=tuple(countries),
        indicators=tuple(indicators),
        country=np.array([country_index[country] for country, _ in pairs], dtype=np.int32),
        indicator=np.array([indicator_index[code] for _, code in pairs], dtype=np.int32),
        number=np.arange(len(pairs)),
        figures=values,
    )
