"""Small panels of several years with a known structure."""

from dataclasses import replace

import numpy as np
import pytest

from sids_core.panel.panel import SIDS, Indicator, Panel

OTHERS = tuple(f"{first}{second}X" for first in "QXZ" for second in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
YEARS = (2000, 2001, 2002)
NEVER, GAP = SIDS[:8], SIDS[8:14]


def of(panel: Panel, values: np.ndarray) -> Panel:
    """The panel with other values."""
    return replace(panel, values=values, observed=np.isfinite(values).sum(axis=1).astype(np.int32))


@pytest.fixture(scope="session")
def panel() -> Panel:
    """128 countries, 24 indicators of three factors, three years.

    Eight SIDS never report `d-00` and little else; six lack it in 2001 only. `d-01` repeats it under another code.
    """
    random = np.random.default_rng(3)
    countries = tuple(sorted((*SIDS, *OTHERS)))
    factors = random.normal(size=(len(countries), 3))
    values = factors @ random.normal(size=(3, 24)) + 0.2 * random.normal(size=(3, len(countries), 24))
    values[:, :, 1] = 3 * values[:, :, 0] + 1
    values[random.random(values.shape) < 0.05] = np.nan
    values[:, np.isin(countries, NEVER), :12] = np.nan
    values[1, np.isin(countries, GAP), :4] = np.nan
    indicators = tuple(Indicator(f"d-{number:02}", f"Indicator {number}", "d") for number in range(24))
    empty = np.zeros((3, 24), dtype=np.int32)
    return of(Panel("version", countries, indicators, {"d": "Dataset"}, YEARS, values, empty), values)
