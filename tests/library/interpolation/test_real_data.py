"""Real series, where they are, against pandas on the file itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sids_core.interpolation import METHODS
from sids_core.interpolation.interpolate import interpolate
from sids_core.panel.panel import SIDS, Panel

ROWS_EACH = 40


@pytest.fixture(scope="module")
def rows(real_data: Path) -> pd.DataFrame:
    """Rows of the file, by indicator and country, that have values and gaps."""
    table = pd.read_csv(real_data / "indicatorData.csv.gz")
    table = table[table["Country Code"].isin(SIDS)].set_index(["Indicator Code", "Country Code"])
    table.columns = table.columns.astype(int)
    gappy = table.notna().sum(axis=1).between(6, len(table.columns) - 1)
    return table[gappy].sample(ROWS_EACH, random_state=1)


# The smoothing spline is left out, since it warns on some of them; test_impute.py has it.
@pytest.mark.parametrize("method", [name for name in METHODS if name != "spline"])
@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_real_series_are_filled_as_pandas_fills_the_file(
    real_panel: Panel, rows: pd.DataFrame, method: str, direction: str
) -> None:
    order: dict[str, Any] = {"order": 2} if METHODS[method].takes_order else {}
    options: dict[str, Any] = {"method": method, "limit_direction": direction, **order}
    expected = rows.interpolate(axis=1, **options)
    for (indicator, country), values in zip(rows.index.to_list(), expected.to_numpy(), strict=True):
        result = interpolate(real_panel, indicator, country, method=method, direction=direction, order=2)
        np.testing.assert_array_equal(result.values, values)
