"""Continuous answers on one scale, without gaps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A continuous question, standardised.

    Attributes:
        values: float64 (rows,), mean 0 and standard deviation 1; all 0 where the answers do not differ.
        mean: of the answers, imputed ones included; NaN where nobody answered.
        deviation: their standard deviation, 1 where they do not differ.
    """

    values: NDArray[np.float64]
    mean: float
    deviation: float

    def original(self, value: float) -> float:
        """A standardised value in the question's own unit."""
        return self.mean + value * self.deviation


def standardise(answers: NDArray[np.float64]) -> Scaled:
    """Replace missing answers (NaN) by the median of the others and standardise.

    The median keeps a row with a missing answer in the middle of that question, where it pulls towards no cluster.
    """
    present = answers[~np.isnan(answers)]
    if not present.size:
        return Scaled(np.zeros(len(answers)), float("nan"), 1.0)
    lowest, highest = float(present.min()), float(present.max())
    if lowest == highest:
        return Scaled(np.zeros(len(answers)), lowest, 1.0)
    # Answers near the largest float would overflow in the variance: sum them as parts of the largest one.
    magnitude = max(abs(lowest), abs(highest))
    complete = np.where(np.isnan(answers), np.median(present / magnitude), answers / magnitude)
    # Sums depend on the order of terms in their last digits; sorted, they do not depend on the order of rows.
    ascending = np.sort(complete)
    mean, deviation = float(ascending.mean()), float(ascending.std())
    return Scaled((complete - mean) / deviation, mean * magnitude, deviation * magnitude)
