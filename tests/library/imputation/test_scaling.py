import numpy as np
import pytest

from sids_core.imputation.scaling import physical_range
from sids_core.panel.panel import Indicator


@pytest.mark.parametrize(
    ("units", "observed", "expected"),
    [
        ("%", [0.0, 40.0, 100.0], (0.0, 100.0)),
        ("% of population", [3.0], (0.0, 100.0)),
        ("%", [3.0, 140.0], (0.0, np.inf)),
        ("%", [-3.0, 40.0], (-np.inf, np.inf)),
        ("people", [0.0, 40.0], (0.0, np.inf)),
        ("°C", [-3.0, 40.0], (-np.inf, np.inf)),
    ],
)
def test_units_and_observed_values_limit_what_is_possible(
    units: str, observed: list[float], expected: tuple[float, float]
) -> None:
    indicator = Indicator("d-1", "Something", "d", units=units)
    assert physical_range(indicator, np.array(observed)) == expected
