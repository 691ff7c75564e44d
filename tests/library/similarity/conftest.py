"""Small panels of island states."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sids_core.panel.panel import SIDS, Indicator, Panel

YEARS = (2000, 2001)
COUNTRIES = tuple(sorted((*SIDS, "AUS", "USA")))
CODES = tuple(sorted(SIDS))

MakePanel = Callable[[NDArray[np.float64]], Panel]


@pytest.fixture(scope="session")
def make_panel() -> MakePanel:
    """A panel whose year 2001, dataset `d`, category `c` holds the table (SIDS in alphabetical order, indicators).

    The year 2000 is empty, two other countries have values everywhere, and two more indicators belong to another
    category and to another dataset.
    """

    def make(table: NDArray[np.float64]) -> Panel:
        indicators = (
            *(Indicator(f"d-{number:02}", f"Indicator {number}", "d", "c") for number in range(table.shape[1])),
            Indicator("d-other", "Other category", "d", "empty"),
            Indicator("e-other", "Other dataset", "e", "c"),
        )
        values = np.full((len(YEARS), len(COUNTRIES), len(indicators)), np.nan)
        is_sids = np.isin(COUNTRIES, SIDS)
        values[1, is_sids, : table.shape[1]] = table
        values[1, ~is_sids] = 1e6
        observed = np.isfinite(values).sum(axis=1).astype(np.int32)
        return Panel("v", COUNTRIES, indicators, {"d": "Dataset", "e": "Other"}, YEARS, values, observed)

    return make
