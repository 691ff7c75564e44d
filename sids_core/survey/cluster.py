"""Survey clustering: from answers to clusters of rows, with diagnostics."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError
from sids_core.export import Exportable
from sids_core.stages import stage
from sids_core.survey import CATEGORICAL, CONTINUOUS, GPS
from sids_core.survey.algorithms import FITS, RANDOM_STATE, Algorithm, algorithm_for
from sids_core.survey.answers import normalized
from sids_core.survey.assignment import assign, refine, silhouette
from sids_core.survey.points import Centroids, Scaled, canonical_order, make_points, standardize
from sids_core.survey.reading import (
    Categories,
    Columns,
    Survey,
    check_questions,
    check_types,
    read_categories,
    read_numbers,
    read_survey,
)
from sids_core.survey.search import FURTHER_K, find_elbow, search

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

DEFAULT_MAX_K = 10
SIGNIFICANT_DIGITS = 10


@dataclass(frozen=True, slots=True)
class SurveyClusters(Exportable):
    """The cluster of every row of a survey.

    Attributes:
        rows: names of the rows in the order of the data: its row names or index, or positions from 0 for lists.
        labels: by row, 0 to k - 1 by decreasing size of the clusters; None for a row without coordinates if GPS
            questions are declared.
        algorithm: `k-modes`, `k-means` or `k-prototypes`.
        costs: for 1, 2 … clusters, the total dissimilarity of the clustered rows to their nearest centroid, for
            centroids fitted on a sample (the elbow plot); ends before `max_k` if there are fewer distinct rows.
        cost: cost of the clusters in `labels`.
        sizes: rows by cluster.
        centroids: by cluster and question, the most frequent answer of a categorical one (None: no answer), the mean of
            a continuous one in its own unit, imputed answers included (None: no answers).
        silhouette: mean silhouette of a sample of rows, -1 to 1, on the square root of the dissimilarity; None for a
            single cluster.
        missing_answers: number by question, among the clustered rows.
    """

    rows: tuple[object, ...]
    labels: tuple[int | None, ...]
    algorithm: Algorithm
    costs: tuple[float, ...]
    cost: float
    sizes: tuple[int, ...]
    centroids: tuple[dict[str, str | float | None], ...]
    silhouette: float | None
    missing_answers: dict[str, int]

    @property
    def k(self) -> int:
        """Number of clusters."""
        return len(self.centroids)

    def to_frame(self) -> "DataFrame":
        """One row per row of the survey: row, cluster (missing for rows that are not clustered)."""
        from pandas import DataFrame, array

        return DataFrame({"row": self.rows, "cluster": array(self.labels, dtype="Int64")})

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the cost of each number of clusters, in which the chosen one is the elbow.

        Args:
            ax: where to draw; None makes a figure of matplotlib's pyplot.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from sids_core.export.plots import plot_elbow

        return plot_elbow(self.costs, self.k, ax=ax)


@dataclass(frozen=True, slots=True)
class ReadSurvey:
    """The answers of the rows that can be clustered, by question.

    Attributes:
        rows: names of all rows.
        located: bool (rows,), which can be clustered.
        max_k: the largest number of clusters to consider.
        numbers: float64 (located rows,) by continuous question, NaN where missing.
        categories: by categorical question.
    """

    rows: tuple[object, ...]
    located: NDArray[np.bool_]
    max_k: int
    numbers: dict[str, NDArray[np.float64]]
    categories: dict[str, Categories]


def cluster_survey(
    data: "DataFrame | Columns", types: Mapping[str, str], *, max_k: int | None = None
) -> SurveyClusters:
    """Cluster the rows of a survey by their answers.

    Only categorical questions: k-modes, Z. Huang (1998); only continuous ones: k-means, S. Lloyd (1982); both:
    k-prototypes, Z. Huang (1997). k is chosen by the elbow of the costs. Two more k than `max_k` are fitted, so that an
    elbow at `max_k` is visible. The order of rows does not matter: permuted rows get permuted labels.

    Args:
        data: a DataFrame with one column per question, or answers by question: a list, or a mapping from row to answer.
            None, NaN (also as text) and blank texts are missing answers. Numbers that differ only by rounding are
            equal, and so are texts that differ only in their Unicode form (NFC or NFD).
        types: question → `categorical` or `continuous` for the questions to cluster by; `GPS longitude` or
            `GPS latitude` for those that only exclude rows without coordinates. Other questions are ignored.
        max_k: the largest number of clusters to consider; by default 10, at most the number of rows.

    Returns:
        The clusters, with diagnostics and the data of the elbow plot.

    Raises:
        RequestError: the data is ragged or empty, an answer cannot be read, a type is unknown, no question to cluster
            by is declared, or there are fewer rows than `max_k`.
        UnknownValueError: `types` names an unknown question.

    >>> answers = {"income": ["fishing", "tourism", "fishing"] * 4, "household": [6, 2, 5, 5, 1, 6] * 2}
    >>> clusters = cluster_survey(answers, {"income": "categorical", "household": "continuous"}, max_k=4)
    >>> clusters.algorithm, clusters.k
    ('k-prototypes', 2)
    >>> clusters.labels
    (0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0)
    """
    with stage("read"):
        survey = read_for_clustering(data, types, max_k=max_k)
        missing_answers = _missing_answers(survey)
        # Large surveys: answers are let go as soon as they are scaled, and these once they are points.
        scaled = {name: standardize(survey.numbers.pop(name)) for name in tuple(survey.numbers)}
        points = make_points(list(scaled.values()), list(survey.categories.values()), int(survey.located.sum()))
        scaled = {name: replace(question, values=question.values[:0].copy()) for name, question in scaled.items()}
        order = canonical_order(points)
        points = points.take(order)
    rng = np.random.default_rng(RANDOM_STATE)
    algorithm = algorithm_for(points)
    with stage("search"):
        candidates = search(points, FITS[algorithm], survey.max_k + FURTHER_K, rng)
    with stage("assign"):
        costs = [assign(points, centroids)[1] for centroids in candidates]
        # With fewer distinct rows than clusters, further clusters gain nothing; if every row is distinct, there is no
        # gain to compare with.
        beyond = [costs[-1]] if len(costs) < len(order) else []
        k = find_elbow([*costs, *beyond], survey.max_k)
        labels, centroids, cost = refine(points, candidates[k - 1])
    with stage("silhouette"):
        score = silhouette(points, labels, rng)
    return SurveyClusters(
        rows=survey.rows,
        labels=_in_order_of_data(labels, order, survey.located),
        algorithm=algorithm,
        costs=tuple(_cost(value, costs[0]) for value in costs[: survey.max_k]),
        cost=_cost(cost, costs[0]),
        sizes=tuple(np.bincount(labels).tolist()),
        centroids=_readable(centroids, scaled, survey.categories),
        silhouette=None if score is None else _rounded(score),
        missing_answers=missing_answers,
    )


def read_for_clustering(
    data: "DataFrame | Columns", types: Mapping[str, str], *, max_k: int | None = None
) -> ReadSurvey:
    """Validate a survey without clustering; raises the same as `cluster_survey`."""
    survey = read_survey(data)
    check_questions(types, survey)
    check_types(types)
    types = {normalized(name): kind for name, kind in types.items()}
    if CATEGORICAL not in types.values() and CONTINUOUS not in types.values():
        raise RequestError(
            f"types has no {CATEGORICAL} or {CONTINUOUS} question to cluster by", kind="no_question", parameter="types"
        )
    located = _located(survey, types)
    return ReadSurvey(
        tuple(survey.rows if isinstance(data, Mapping) else data.index),
        located,
        _largest_k(max_k, located),
        numbers={name: read_numbers(survey, name)[located] for name, kind in types.items() if kind == CONTINUOUS},
        categories={
            name: read_categories(survey, name, located) for name, kind in types.items() if kind == CATEGORICAL
        },
    )


def _located(survey: Survey, types: Mapping[str, str]) -> NDArray[np.bool_]:
    located = np.ones(len(survey.rows), dtype=np.bool_)
    gps = [name for name, kind in types.items() if kind in GPS]
    for name in gps:
        located &= ~np.isnan(read_numbers(survey, name))
    if not located.any():
        raise RequestError(f"no row has coordinates in the GPS questions {', '.join(gps)}", kind="too_few_rows")
    return located


def _largest_k(max_k: int | None, located: NDArray[np.bool_]) -> int:
    n_rows = int(located.sum())
    if max_k is None:
        return min(DEFAULT_MAX_K, n_rows)
    if max_k < 1:
        raise RequestError(f"max_k is {max_k}; it must be at least 1", parameter="max_k")
    if max_k > n_rows:
        without = f" ({located.size - n_rows} more have no coordinates)" if n_rows < located.size else ""
        raise RequestError(
            f"max_k {max_k} exceeds the {n_rows} rows that can be clustered{without}",
            kind="too_few_rows",
            parameter="max_k",
        )
    return max_k


def _missing_answers(survey: ReadSurvey) -> dict[str, int]:
    return {
        **{name: int(np.isnan(answers).sum()) for name, answers in survey.numbers.items()},
        **{name: answers.n_missing for name, answers in survey.categories.items()},
    }


def _in_order_of_data(
    labels: NDArray[np.intp], order: NDArray[np.intp], located: NDArray[np.bool_]
) -> tuple[int | None, ...]:
    of_located = np.empty(len(order), dtype=np.intp)
    of_located[order] = labels
    rest = iter(of_located.tolist())
    return tuple(next(rest) if has_coordinates else None for has_coordinates in located.tolist())


def _readable(
    centroids: Centroids, scaled: dict[str, Scaled], categories: dict[str, Categories]
) -> tuple[dict[str, str | float | None], ...]:
    return tuple(
        {
            **{
                name: None if np.isnan(question.mean) else _rounded(question.original(float(value)))
                for (name, question), value in zip(scaled.items(), means, strict=True)
            },
            **{name: answers.levels[mode] for (name, answers), mode in zip(categories.items(), modes, strict=True)},
        }
        for means, modes in zip(centroids.means, centroids.modes, strict=True)
    )


def _cost(value: float, largest: float) -> float:
    """Rounded; 0 if it is only the rounding error of the largest cost."""
    return _rounded(value) if value > largest * 10.0**-SIGNIFICANT_DIGITS else 0.0


def _rounded(value: float) -> float:
    """Ten significant digits, since the rest may differ between processors; as it is where that exceeds all floats."""
    rounded = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    return rounded if math.isfinite(rounded) else value
