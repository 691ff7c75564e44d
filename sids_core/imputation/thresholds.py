"""How much may be missing, and how the cross-validation is cut."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What an operator can set about the imputation.

    Attributes:
        target_missing_percent: an indicator missing in more than 0 % and less than this of all countries is a target.
        predictor_missing_percent: an indicator missing in less than this is a predictor.
        folds: of the cross-validation.
        neighbours: of the k-nearest-neighbours imputer.
    """

    target_missing_percent: float = 80
    predictor_missing_percent: float = 30
    folds: int = 5
    neighbours: int = 5

    def target_sample_size(self, countries: int) -> int:
        """The fewest of `countries` with a value that make an indicator a target."""
        return fewest_observed(self.target_missing_percent, countries)

    def predictor_sample_size(self, countries: int) -> int:
        """The fewest of `countries` with a value that make an indicator a predictor."""
        return fewest_observed(self.predictor_missing_percent, countries)


def fewest_observed(missing_percent: float, rows: int) -> int:
    """The fewest observed rows of which strictly less than `missing_percent` are missing."""
    return rows - math.ceil(missing_percent * rows / 100) + 1
