"""A table of observed values, for which nothing is imputed, and one that has both."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

import sids_core as sids
from sids_core.imputation.filled import FillResult
from sids_core.panel.demo import demo_panel
from sids_core.panel.panel import SIDS, Indicator, Panel

Observed = Callable[[Sequence[float]], FillResult]


def panel_of(numbers: Sequence[float], indicator: Indicator) -> Panel:
    """The numbers as values of the first SIDS in one year, as they are: no reader has checked them."""
    countries = tuple(sorted(SIDS))
    values = np.full((1, len(countries), 1), np.nan)
    values[0, : len(numbers), 0] = numbers
    observed = np.array([[len(numbers)]], dtype=np.int32)
    return Panel("test", countries, (indicator,), {"d": "Dataset"}, (2019,), values, observed)


@pytest.fixture(scope="session")
def observed() -> Observed:
    def fill(numbers: Sequence[float], indicator: Indicator | None = None) -> FillResult:
        panel = panel_of(numbers, indicator or Indicator("d-x", "X", "d"))
        return sids.fill(panel, countries=panel.countries[: len(numbers)])

    return fill


@pytest.fixture(scope="session")
def filled() -> FillResult:
    return sids.fill(demo_panel(), "key-wdi-EG.ELC.ACCS.ZS", [2018, 2019], n_estimators=20)
