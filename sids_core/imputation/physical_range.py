"""What a figure can be at all, as far as units and observed figures tell."""

import numpy as np
from numpy.typing import NDArray

from sids_core.panel.panel import Indicator


def physical_range(indicator: Indicator, y: NDArray[np.float64]) -> tuple[float, float]:
    """Lowest and highest possible value, infinite where nothing is known.

    Nothing below 0 where no observed figure (rows,) is; nothing above 100 where the indicator is a share in percent and
    no observed figure is.
    """
    in_percent = "%" in indicator.units or "%" in indicator.name
    lowest = 0.0 if y.min() >= 0 else -np.inf
    highest = 100.0 if in_percent and lowest == 0 and y.max() <= 100 else np.inf
    return lowest, highest
