"""The result of an evaluation: error, coverage and width by way of hiding and setting."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sids_core.evaluation.scores import Score, ScoredValue
from sids_core.export import Exportable
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.intervals import NOMINAL_COVERAGE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame

FEW_VALUES = 30
"""Hidden values, with fewer of which error and coverage are themselves rough estimates."""


@dataclass(frozen=True, eq=False)
class Evaluation(Exportable):
    """How good imputations of an indicator are, by way of hiding and method: a setting or a baseline.

    Attributes:
        indicator: code of the indicator.
        years: the years tested.
        settings: name → configuration of each setting.
        scored: (way of hiding, method) → the hidden values with what was imputed for them. Every method has the same
            hidden values.
        left_out: (way of hiding, year) → why nothing could be hidden and imputed.
        nominal_coverage: nominal coverage of the intervals.
    """

    indicator: str
    years: tuple[int, ...]
    settings: Mapping[str, ImputationConfig]
    scored: Mapping[tuple[str, str], Sequence[ScoredValue]]
    left_out: Mapping[tuple[str, int], str]
    nominal_coverage: float = NOMINAL_COVERAGE

    @cached_property
    def scores(self) -> Mapping[tuple[str, str], Score]:
        """(way of hiding, method) → its score."""
        return {key: Score.of(values) for key, values in self.scored.items()}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before the figures are used."""
        number = {way: score.values for (way, _), score in self.scores.items()}
        few = [f"{way!r} rests on {count} hidden values only" for way, count in number.items() if count < FEW_VALUES]
        return (*few, *(f"{year}: {reason}" for (_, year), reason in self.left_out.items()))

    def to_frame(self) -> "DataFrame":
        """One row per way of hiding and method.

        Returns:
            hiding, method, values (their number), error and width (in standard deviations of the indicator), rmse and
            width_in_units (in its unit), coverage (a share) with coverage_low and coverage_high (its 95 % confidence
            interval), and reported_error (over the real one); NaN for what baselines do not have. `Score` explains
            them.
        """
        from pandas import DataFrame

        rows = [{"hiding": way, "method": method, **asdict(score)} for (way, method), score in self.scores.items()]
        return DataFrame(rows)

    def values_to_frame(self) -> "DataFrame":
        """One row per hidden value and method.

        Returns:
            hiding, method, country, year, hidden, imputed, deviation, lower, upper, expected_error (in the indicator's
            unit) and unreliable.
        """
        from pandas import DataFrame

        return DataFrame(
            [
                {"hiding": way, "method": method, **asdict(value)}
                for (way, method), values in self.scored.items()
                for value in values
            ]
        )

    def plot(self) -> "NDArray[np.object_]":
        """Draw error, coverage and width of each method, by way of hiding, in a new figure of matplotlib's pyplot.

        Returns:
            Its three axes (3,).

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from sids_core.evaluation.plot import plot_evaluation

        return plot_evaluation(self)
