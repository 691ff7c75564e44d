"""An interval calibrated on errors in units of a scale: normalised conformal prediction.

Papadopoulos, Gammerman and Vovk (2008), Normalized nonconformity measures for regression conformal prediction, AIA.
"""

from collections.abc import Callable
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.intervals import Interval


class ScaledInterval:
    """Calibrates another interval on errors divided by their scale.

    Args:
        make_interval: makes an interval that is not calibrated yet.
        scale: scale (rows,) of the training rows' errors, above 0.
        own_scale: scale (1,) of the country's error, above 0.
    """

    def __init__(
        self, make_interval: Callable[[], Interval], scale: NDArray[np.float64], own_scale: NDArray[np.float64]
    ) -> None:
        self.make_interval = make_interval
        self.scale = scale
        self.own_scale = own_scale

    def fit(self, y: NDArray[np.float64], predicted: NDArray[np.float64], sample_weight: NDArray[np.float64]) -> Self:
        """Calibrate on the target, out-of-fold predictions (rows,) and weights."""
        scaled = predicted / self.scale
        self.interval_ = self.make_interval().fit(y / self.scale, scaled, np.stack([scaled] * 2), sample_weight)
        lower, upper = self.interval_.bounds(scaled, np.stack([scaled] * 2)) * self.scale
        self.mean_width_ = float(np.average(upper - lower, weights=sample_weight))
        error = np.average((y / self.scale - scaled) ** 2, weights=sample_weight)
        self.expected_error_ = float(np.sqrt(error) * self.own_scale[0])
        return self

    def bounds(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Lower and upper bound (2, 1) of the country's prediction (1,)."""
        scaled = value / self.own_scale
        bounds: NDArray[np.float64] = self.interval_.bounds(scaled, np.stack([scaled] * 2)) * self.own_scale
        return bounds
