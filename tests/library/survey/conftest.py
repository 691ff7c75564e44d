from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sids_core.survey.cluster import SurveyClusters, cluster_survey


@dataclass(frozen=True)
class Planted:
    """A survey whose rows belong to known clusters."""

    numbers: NDArray[np.float64]
    codes: NDArray[np.intp]
    labels: NDArray[np.intp]

    @property
    def data(self) -> dict[str, list[Any]]:
        return {
            **{f"c{j}": [f"answer {code}" for code in column] for j, column in enumerate(self.codes.T)},
            **{f"x{j}": column.tolist() for j, column in enumerate(self.numbers.T)},
        }


Plant = Callable[..., Planted]


@pytest.fixture(scope="session")
def plant() -> Plant:
    """Half of the categorical answers are their cluster's own, the others are drawn among five at random; continuous
    ones scatter around their cluster's mean as much as those means do."""

    def planted(rows: int, *, categorical: int, continuous: int, clusters: int, seed: int = 0) -> Planted:
        rng = np.random.default_rng(seed)
        labels = rng.integers(clusters, size=rows)
        modes = rng.integers(5, size=(clusters, categorical))
        own = rng.random((rows, categorical)) < 0.5
        codes = np.where(own, modes[labels], rng.integers(5, size=(rows, categorical)))
        means = rng.normal(size=(clusters, continuous))
        units = 10.0 ** rng.integers(-3, 4, size=continuous)
        numbers = (means[labels] + rng.normal(size=(rows, continuous))) * units + 5 * units
        return Planted(numbers, codes, labels)

    return planted


def cluster(data: Mapping[str, Any], types: Mapping[str, str] | None = None, **options: Any) -> SurveyClusters:
    """The clusters of a survey; types by question are guessed from its name where they are not given."""
    kinds = {"c": "categorical", "x": "continuous"}
    return cluster_survey(data, types if types is not None else {name: kinds[name[0]] for name in data}, **options)
