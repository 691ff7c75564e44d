"""Small panels with a known truth."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sids_core.imputation.impute import impute
from sids_core.imputation.result import ImputationResult
from sids_core.panel.panel import SIDS, Indicator, Panel

YEAR = 2001
OTHERS = tuple(f"{first}{second}X" for first in "QXZ" for second in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")

MakePanel = Callable[[NDArray[np.float64]], Panel]
Impute = Callable[..., ImputationResult]


@pytest.fixture(scope="session")
def make_panel() -> MakePanel:
    """Builds a one-year panel of (128 countries, indicators): `d-0` is the target, `d-1`, `d-2` … the others."""

    def make(values: NDArray[np.float64]) -> Panel:
        countries = tuple(sorted((*SIDS, *OTHERS)))
        assert len(values) == len(countries)
        indicators = tuple(
            Indicator(f"d-{number}", f"Indicator {number}", "d", category=f"Category {number % 3}")
            for number in range(values.shape[1])
        )
        cube = values[None].astype(np.float64)
        observed = np.isfinite(cube).sum(axis=1).astype(np.int32)
        return Panel("version", countries, indicators, {"d": "Dataset"}, (YEAR,), cube, observed)

    return make


@pytest.fixture(scope="session")
def linear_panel(make_panel: MakePanel) -> Panel:
    """The target is the sum of `d-1` to `d-3` and noise; 36 more indicators are noise; ten SIDS miss the target."""
    random = np.random.default_rng(7)
    values = random.normal(size=(128, 40))
    values[:, 0] = 50 + 5 * values[:, 1:4].sum(axis=1) + random.normal(size=128)
    values[random.random(values.shape) < 0.1] = np.nan
    panel = make_panel(values)
    sids = np.flatnonzero(panel.is_sids)
    values[sids[::5], 0] = np.nan
    return make_panel(values)


@pytest.fixture(scope="session")
def impute_target() -> Impute:
    """Imputes `d-0` in a panel, by default from three predictors and with few trees."""

    def run(panel: Panel, indicator: str = "d-0", year: int = YEAR, **changes: object) -> ImputationResult:
        options: dict[str, Any] = {"n_predictors": 3, "n_estimators": 20, **changes}
        return impute(panel, indicator, year, **options)

    return run
