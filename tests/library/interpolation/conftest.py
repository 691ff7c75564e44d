"""Small panels of one indicator's series."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sids_core.panel.panel import SIDS, Indicator, Panel

FIRST_YEAR = 1990
COUNTRIES = tuple(sorted((*SIDS, "AUS")))

MakePanel = Callable[..., Panel]


@pytest.fixture(scope="session")
def make_panel() -> MakePanel:
    """A panel whose indicator `d-1` has the series given by country; Australia alone has values of `d-2`."""

    def make(years: tuple[int, ...] | None = None, /, **series: NDArray[np.float64]) -> Panel:
        length = len(next(iter(series.values())))
        years = years or tuple(range(FIRST_YEAR, FIRST_YEAR + length))
        indicators = (Indicator("d-1", "One", "d", dimension="total"), Indicator("d-2", "Two", "d"))
        values = np.full((length, len(COUNTRIES), 2), np.nan)
        values[:, COUNTRIES.index("AUS"), :] = 1
        for country, row in series.items():
            values[:, COUNTRIES.index(country), 0] = row
        observed = np.isfinite(values).sum(axis=1).astype(np.int32)
        return Panel("v", COUNTRIES, indicators, {"d": "Dataset"}, years, values, observed)

    return make
