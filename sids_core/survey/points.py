"""Rows as points: scaled numbers and category codes, the input of all three algorithms."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.survey.reading import Categories


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A continuous question, standardised.

    Attributes:
        values: float64 (rows,), mean 0 and standard deviation 1; all 0 if the answers do not differ.
        mean: mean of the answers, imputed ones included, divided by 2**exponent; NaN without answers.
        deviation: their standard deviation, divided by 2**exponent; 1 if they do not differ.
        exponent: of the largest answer, so that sums and squares of very large or small ones stay within floats.
    """

    values: NDArray[np.float64]
    mean: float
    deviation: float
    exponent: int = 0

    def original(self, value: float) -> float:
        """A standardised value in the question's own unit."""
        with np.errstate(over="ignore"):
            unit = np.ldexp(self.mean + value * self.deviation, self.exponent)
        return float(np.clip(unit, -sys.float_info.max, sys.float_info.max))


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Rows by their answers.

    Attributes:
        numbers: float64 (rows, continuous questions), standardised and complete.
        codes: int32 (rows, categorical questions).
        gamma: weight of a differing category in the dissimilarity of two rows, relative to the squared differences of
            continuous questions.
    """

    numbers: NDArray[np.float64]
    codes: NDArray[np.int32]
    gamma: float

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.codes)

    def take(self, rows: NDArray[np.intp]) -> "Points":
        """The points of these rows, in this order."""
        return Points(self.numbers[rows], self.codes[rows], self.gamma)

    def at(self, rows: NDArray[np.intp]) -> "Centroids":
        """Centroids at these rows."""
        return Centroids(self.numbers[rows], self.codes[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Centroids:
    """Centres of clusters.

    Attributes:
        means: float64 (clusters, continuous questions).
        modes: int32 (clusters, categorical questions).
    """

    means: NDArray[np.float64]
    modes: NDArray[np.int32]

    def __len__(self) -> int:
        """Number of clusters."""
        return len(self.modes)

    def take(self, clusters: NDArray[np.intp]) -> "Centroids":
        """The centroids of these clusters, in this order."""
        return Centroids(self.means[clusters], self.modes[clusters])

    def joined(self, other: "Centroids") -> "Centroids":
        """These centroids and then the others."""
        return Centroids(np.vstack([self.means, other.means]), np.vstack([self.modes, other.modes]))


def standardize(answers: NDArray[np.float64]) -> Scaled:
    """Replace missing answers (NaN) by the median of the others and standardise.

    The median places a missing answer in the middle, where it pulls towards no cluster.
    """
    present = answers[~np.isnan(answers)]
    if not present.size:
        return Scaled(np.zeros(len(answers)), float("nan"), 1.0)
    lowest, highest = float(present.min()), float(present.max())
    if lowest == highest:
        return Scaled(np.zeros(len(answers)), lowest, 1.0)
    exponent = int(np.frexp(max(abs(lowest), abs(highest)))[1])
    lowest = float(np.ldexp(lowest, -exponent))
    # Distances from the lowest answer keep the digits that answers far from 0 share out of the sums.
    above = np.ldexp(answers, -exponent) - lowest
    complete = np.where(np.isnan(answers), np.nanmedian(above), above)
    # The last digits of sums depend on the order of terms: sorting makes them independent of the order of rows.
    ascending = np.sort(complete)
    mean, deviation = float(ascending.mean()), float(ascending.std())
    return Scaled((complete - mean) / deviation, lowest + mean, deviation, exponent)


def make_points(scaled: Sequence[Scaled], categories: Sequence[Categories], n_rows: int) -> Points:
    """Make points of the answers, with the gamma that Huang proposes.

    Half the mean standard deviation of the continuous questions: Z. Huang (1997), Clustering large data sets with mixed
    numeric and categorical values. Constant questions do not count. 1 without continuous questions, so that the
    dissimilarity is the number of differing answers, as in k-modes.
    """
    numbers = np.column_stack([question.values for question in scaled]) if scaled else np.empty((n_rows, 0))
    codes = (
        np.column_stack([question.codes for question in categories])
        if categories
        else np.empty((n_rows, 0), dtype=np.int32)
    )
    deviations = [float(question.values.std()) for question in scaled if question.values.any()]
    return Points(numbers, codes, 0.5 * float(np.mean(deviations)) if deviations else 1.0)


def canonical_order(points: Points) -> NDArray[np.intp]:
    """Order the rows by their answers, so that results do not depend on the order of the input."""
    return np.lexsort([*points.numbers.T, *points.codes.T])


def count_distinct(points: Points) -> int:
    """Number of rows that differ in at least one answer, by more than a millionth of a standard deviation."""
    return len(np.unique(np.hstack([points.numbers.round(6), points.codes]), axis=0))
