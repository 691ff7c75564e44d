"""How long clustering a survey takes, before it begins: at most, by its size alone.

The bound is the sum over every step of its largest number of repetitions × the seconds of one, measured on one core by
`python -m benchmarks.survey_work`, where surveys took at most 0.55 of it. k-modes and k-prototypes take what they
take for the rows that move between clusters in an iteration, which only the answers decide: answers that are made to be
slow may exceed the bound.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sids_core.survey.assignment import MAX_ITERATIONS, SILHOUETTE_ROWS
from sids_core.survey.search import FURTHER_K, SAMPLE_ROWS, STARTS, TRIALS

TYPICAL_SHARE = 0.4
"""Expected seconds as a share of the bound."""

# Seconds, per answer where nothing else is said.
READ = 4e-6
COMPARE_NUMBER, COMPARE_CATEGORY = 9e-9, 2e-9
COMPARE_CALL, COMPARE_ROW = 3e-5, 2e-8
K_MODES_ROW, K_PROTOTYPES_ROW = 6e-5, 5e-4
K_MODES_ANSWER, K_MODES_ANSWER_AND_CLUSTER = 5e-6, 2e-7
K_PROTOTYPES_NUMBER = 1e-6
K_MEANS_FIT, K_MEANS_ANSWER_AND_CLUSTER = 2e-3, 1e-8
SILHOUETTE_PAIR_AND_ANSWER = 2e-9


@dataclass(frozen=True, slots=True)
class SurveyWork:
    """The size of a survey to cluster.

    Attributes:
        categorical: number of categorical questions.
        continuous: number of continuous questions.
        rows: number of rows.
        max_k: the largest number of clusters to consider.

    >>> small, large = SurveyWork(10, 5, 1000, 10), SurveyWork(1500, 0, 1000, 50)
    >>> 1 < small.most_seconds() < 60 < 600 < large.most_seconds()
    True
    >>> large.largest_max_k(300) < 50
    True
    """

    categorical: int
    continuous: int
    rows: int
    max_k: int

    def most_seconds(self) -> float:
        """Upper bound of the seconds of `cluster_survey` on one core."""
        sample = min(self.rows, SAMPLE_ROWS)
        largest = min(self.max_k + FURTHER_K, sample)
        compare_sample, compare_all = self._compare(sample), self._compare(self.rows)
        seconds = READ * self.rows * (self.categorical + self.continuous)
        for k in range(1, largest + 1):
            # A new start draws one row after the other; the other one adds a row; both are compared.
            drawn = k * (k - 1) / 2 + k + STARTS * k + TRIALS * k
            seconds += compare_sample * drawn + STARTS * self._fit(sample, k) + compare_all * k
        seconds += compare_all * MAX_ITERATIONS * min(self.max_k, sample)
        scored = min(self.rows, SILHOUETTE_ROWS)
        return seconds + SILHOUETTE_PAIR_AND_ANSWER * scored**2 * (self.categorical + self.continuous)

    def expected_seconds(self) -> float:
        """Seconds that most surveys of this size take."""
        return TYPICAL_SHARE * self.most_seconds()

    def largest_max_k(self, seconds: float) -> int:
        """The largest `max_k` up to this one with which the bound keeps to so many seconds; 0 if there is none."""
        return _largest(self.max_k, lambda max_k: replace(self, max_k=max_k).most_seconds() <= seconds)

    def most_rows(self, seconds: float) -> int:
        """The most rows up to these with which the bound keeps to so many seconds; 0 if there are none."""
        return _largest(self.rows, lambda rows: replace(self, rows=rows).most_seconds() <= seconds)

    def _compare(self, rows: int) -> float:
        """Seconds to compare rows with one centroid."""
        answers = COMPARE_NUMBER * self.continuous + COMPARE_CATEGORY * self.categorical
        return COMPARE_CALL + rows * (COMPARE_ROW + answers)

    def _fit(self, rows: int, k: int) -> float:
        """Seconds of one fit of k clusters."""
        if not self.categorical:
            return K_MEANS_FIT + rows * self.continuous * k * K_MEANS_ANSWER_AND_CLUSTER
        per_row = self.categorical * (K_MODES_ANSWER + K_MODES_ANSWER_AND_CLUSTER * k)
        if not self.continuous:
            return rows * (K_MODES_ROW + per_row)
        return rows * (K_PROTOTYPES_ROW + per_row + self.continuous * K_PROTOTYPES_NUMBER)


def _largest(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `most` that fits, where all smaller ones do, too; 0 if none does."""
    fitting, beyond = 0, most + 1
    while beyond - fitting > 1:
        middle = (fitting + beyond) // 2
        if fits(middle):
            fitting = middle
        else:
            beyond = middle
    return fitting
