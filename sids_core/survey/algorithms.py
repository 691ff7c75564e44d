"""The three algorithms, one per combination of question types: initial centroids in, fitted ones out."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sids_core.single_thread import use_one_thread
from sids_core.stages import checkpoint
from sids_core.survey.points import Centroids, Points

RANDOM_STATE = 0

# On a sample, the first few iterations bring nearly all of the gain; all rows are iterated over afterwards anyway.
MAX_ITERATIONS = 15

Algorithm = Literal["k-modes", "k-means", "k-prototypes"]
Fit = Callable[[Points, Centroids], Centroids]


def k_modes(points: Points, start: Centroids) -> Centroids:
    """Fit categorical questions only: kmodes.KModes, Huang (1998)."""
    from kmodes.kmodes import KModes

    codes, modes, levels = _dense(points.codes, start.modes)
    model = KModes(
        len(start),
        init=modes,
        n_init=1,
        max_iter=MAX_ITERATIONS,
        cat_dissim=_differing,
        random_state=RANDOM_STATE,
    ).fit(codes)
    return Centroids(np.empty((len(model.cluster_centroids_), 0)), _sparse(model.cluster_centroids_, levels))


def k_prototypes(points: Points, start: Centroids) -> Centroids:
    """Fit both types of questions: kmodes.KPrototypes, Huang (1997)."""
    from kmodes.kprototypes import KPrototypes

    codes, modes, levels = _dense(points.codes, start.modes)
    split = points.numbers.shape[1]
    model = KPrototypes(
        len(start),
        init=[start.means, modes],
        n_init=1,
        max_iter=MAX_ITERATIONS,
        gamma=points.gamma,
        cat_dissim=_differing,
        random_state=RANDOM_STATE,
    ).fit(np.hstack([points.numbers, codes]), categorical=list(range(split, split + codes.shape[1])))
    centroids = model.cluster_centroids_
    return Centroids(centroids[:, :split].astype(np.float64), _sparse(centroids[:, split:], levels))


def k_means(points: Points, start: Centroids) -> Centroids:
    """Fit continuous questions only: sklearn.cluster.KMeans, Lloyd (1982)."""
    from sklearn.cluster import KMeans

    # One thread: several add up their parts in the order they finish, which changes the last digits.
    use_one_thread()
    model = KMeans(len(start), init=start.means, n_init=1, random_state=RANDOM_STATE).fit(points.numbers)
    return Centroids(model.cluster_centers_, start.modes)


FITS: Mapping[Algorithm, Fit] = MappingProxyType({"k-modes": k_modes, "k-means": k_means, "k-prototypes": k_prototypes})


def algorithm_for(points: Points) -> Algorithm:
    """Name of the algorithm for the question types of the points."""
    if not points.numbers.shape[1]:
        return "k-modes"
    return "k-prototypes" if points.codes.shape[1] else "k-means"


def _differing(modes: NDArray[np.int32], row: NDArray[np.int32], **_: object) -> NDArray[np.intp]:
    """Number of differing categories (clusters,), as kmodes counts it; it asks for every row, so that a fit can end."""
    checkpoint()
    differing: NDArray[np.intp] = np.sum(modes != row, axis=1)
    return differing


def _dense(
    codes: NDArray[np.int32], modes: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], list[NDArray[np.int32]]]:
    """Codes and modes renumbered from 0 without gaps: kmodes renumbers the codes itself, but not the initial modes."""
    levels = [np.unique(column) for column in codes.T]
    return _encode(codes, levels), _encode(modes, levels), levels


def _encode(codes: NDArray[np.int32], levels: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.column_stack(
        [np.searchsorted(level, column) for level, column in zip(levels, codes.T, strict=True)]
    ).astype(np.int32)


def _sparse(modes: NDArray[np.float64], levels: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.column_stack([level[column.astype(np.intp)] for level, column in zip(levels, modes.T, strict=True)])
