"""Survey clustering from request to response."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError
from sids_core.stages import stage
from sids_core.survey.algorithms import FITS, SEED, algorithm_for
from sids_core.survey.answers import Categories, read_categories, read_numbers
from sids_core.survey.dissimilarity import assign
from sids_core.survey.elbow import find_elbow
from sids_core.survey.points import Centroids, canonical_order, make_points
from sids_core.survey.questions import Questions, select_questions
from sids_core.survey.refinement import refine
from sids_core.survey.scaling import Scaled, standardise
from sids_core.survey.schemas import ClusteringRequest, ClusteringResponse
from sids_core.survey.search import search
from sids_core.survey.silhouette import silhouette
from sids_core.survey.table import Table, read_table

SIGNIFICANT_DIGITS = 10


def cluster(request: ClusteringRequest) -> ClusteringResponse:
    """Cluster the rows of a survey by their answers to the questions of one factor.

    Only categorical questions: k-modes; only continuous ones: k-means; both: k-prototypes. Two k more than `max_k` are
    fitted, so that an elbow at `max_k` can be seen. The order of rows does not matter: permuted rows get the permuted
    labels.

    Raises:
        RequestError: the data is ragged, empty, not what metadata says, or has fewer rows than the `max_k` sent.
        UnknownValueError: metadata names a question that data lacks, or the factor is unknown.
    """
    with stage("read"):
        survey = _read(request)
        located, largest = survey.located, survey.largest_k
        numbers, categories = survey.numbers, survey.categories
        scaled = {name: standardise(answers) for name, answers in numbers.items()}
        points = make_points(list(scaled.values()), list(categories.values()), int(located.sum()))
        order = canonical_order(points)
        points = points.take(order)
    rng = np.random.default_rng(SEED)
    algorithm = algorithm_for(points)
    with stage("search"):
        found = search(points, FITS[algorithm], largest + 2, rng)
    with stage("assign"):
        costs = [assign(points, centroids)[1] for centroids in found]
        # Where rows repeat and their kinds are fewer than the clusters looked for, more clusters gain nothing. Where
        # every row is a cluster of its own, that nothing is left to gain says nothing.
        beyond = [costs[-1]] if len(costs) < len(order) else []
        k = find_elbow([*costs, *beyond], largest)
        labels, centroids, cost = refine(points, found[k - 1])
    with stage("silhouette"):
        score = silhouette(points, labels, rng)
    return ClusteringResponse(
        cluster_label=_in_order_of_data(labels, order, located),
        algorithm=algorithm,
        k=len(centroids),
        costs=[(size, _cost(value, costs[0])) for size, value in enumerate(costs[:largest], start=1)],
        cost=_cost(cost, costs[0]),
        sizes=np.bincount(labels).tolist(),
        centroids=_readable(centroids, scaled, categories),
        silhouette=None if score is None else _rounded(score),
        clustered_rows=len(labels),
        missing_answers={
            **{name: int(np.isnan(answers).sum()) for name, answers in numbers.items()},
            **{name: answers.n_missing for name, answers in categories.items()},
        },
    )


def check(request: ClusteringRequest) -> None:
    """Raise what `cluster` would raise, without clustering."""
    _read(request)


@dataclass(frozen=True, slots=True)
class _Survey:
    """The answers of the rows that can be clustered, by question."""

    located: NDArray[np.bool_]
    largest_k: int
    numbers: dict[str, NDArray[np.float64]]
    categories: dict[str, Categories]


def _read(request: ClusteringRequest) -> _Survey:
    table = read_table(request.data)
    questions = select_questions(request.metadata, request.factor, request.data)
    located = _located(table, questions)
    return _Survey(
        located,
        _largest_k(request, located),
        numbers={name: read_numbers(table, name)[located] for name in questions.continuous},
        categories={name: read_categories(table, name, located) for name in questions.categorical},
    )


def _located(table: Table, questions: Questions) -> NDArray[np.bool_]:
    located = np.ones(len(table.rows), dtype=np.bool_)
    for name in questions.coordinates:
        located &= ~np.isnan(read_numbers(table, name))
    if not located.any():
        names = ", ".join(questions.coordinates)
        raise RequestError(f"no row has coordinates in the GPS questions {names}", kind="too_few_rows")
    return located


def _largest_k(request: ClusteringRequest, located: NDArray[np.bool_]) -> int:
    """The `max_k` sent, which the rows must suffice for; the default one gives way to fewer rows."""
    n_rows = int(located.sum())
    if "max_k" in request.model_fields_set and request.max_k > n_rows:
        without = f" ({located.size - n_rows} more have no coordinates)" if n_rows < located.size else ""
        raise RequestError(
            f"max_k {request.max_k} is more than the {n_rows} rows there are to cluster{without}",
            kind="too_few_rows",
            parameter="max_k",
        )
    return min(request.max_k, n_rows)


def _in_order_of_data(
    labels: NDArray[np.intp], order: NDArray[np.intp], located: NDArray[np.bool_]
) -> list[int | None]:
    of_located = np.empty(len(order), dtype=np.intp)
    of_located[order] = labels
    rest = iter(of_located.tolist())
    return [next(rest) if has_coordinates else None for has_coordinates in located.tolist()]


def _readable(
    centroids: Centroids, scaled: dict[str, Scaled], categories: dict[str, Categories]
) -> list[dict[str, str | float | None]]:
    return [
        {
            **{
                name: None if np.isnan(question.mean) else _rounded(question.original(float(value)))
                for (name, question), value in zip(scaled.items(), means, strict=True)
            },
            **{name: answers.levels[mode] for (name, answers), mode in zip(categories.items(), modes, strict=True)},
        }
        for means, modes in zip(centroids.means, centroids.modes, strict=True)
    ]


def _cost(value: float, largest: float) -> float:
    """Rounded; 0 where it is what rounding left of the largest cost."""
    return _rounded(value) if value > largest * 10.0**-SIGNIFICANT_DIGITS else 0.0


def _rounded(value: float) -> float:
    """Ten significant digits: what processors add up differently is not shown."""
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
