"""How good the imputation of one indicator in one year is, by its own diagnostics."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from sids_service.batch.planning import Item


@dataclass(frozen=True, slots=True)
class Quality:
    """Out-of-fold figures of an answer.

    Attributes:
        deviation: root mean squared error in relation to the target's mean or range, as clients are shown it.
        coverage: share of the training countries whose value the interval held, and of the SIDS among them.
        nominal: the coverage that the intervals are made for.
        imputed: how many SIDS got a figure.
    """

    item: Item
    deviation: float
    coverage: float
    coverage_sids: float | None
    nominal: float
    imputed: int

    @classmethod
    def of(cls, item: Item, answer: Mapping[str, Any]) -> Self:
        """Read from an answer."""
        diagnostics = answer["diagnostics"]
        out_of_fold = diagnostics["out_of_fold"]
        return cls(
            item,
            answer["rmse_deviation"],
            out_of_fold["coverage"],
            out_of_fold["coverage_sids"],
            diagnostics["nominal_coverage"],
            len(answer["prediction"]["prediction"]),
        )
