"""scikit-learn's regression trees, grown without the estimators around them.

An estimator validates parameters and data for every tree, which takes longer than growing one on two hundred rows. The
classes behind the estimators, used here, are not public: a test compares both, so that a change in scikit-learn is
noticed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sids_core.stages import checkpoint

UNLIMITED_DEPTH = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Growth:
    """How a tree grows.

    Attributes:
        random_thresholds: draw one threshold per predictor and node (extra trees) instead of trying all.
        max_features: share of the predictors tried at each split.
        max_depth: depth limit; None lets the tree grow until the leaves are pure.
        min_samples_split: a node with fewer rows is a leaf.
    """

    random_thresholds: bool
    max_features: float = 1.0
    max_depth: int | None = None
    min_samples_split: int = 2


class Grower:
    """Grows trees of one kind on the same rows, from one stream of random numbers."""

    def __init__(self, growth: Growth, X: NDArray[np.float32], random_state: int) -> None:
        from sklearn.tree import _criterion, _splitter, _tree

        rows, self._columns = X.shape
        self._X = X
        self._new_tree = _tree.Tree
        tried = max(1, int(growth.max_features * self._columns))
        kind = _splitter.RandomSplitter if growth.random_thresholds else _splitter.BestSplitter
        splitter = kind(_criterion.MSE(1, rows), tried, 1, 0.0, np.random.RandomState(random_state), None)
        max_depth = UNLIMITED_DEPTH if growth.max_depth is None else growth.max_depth
        self._builder = _tree.DepthFirstTreeBuilder(splitter, growth.min_samples_split, 1, 0.0, max_depth, 0.0)

    def grow(self, y: NDArray[np.float64], sample_weight: NDArray[np.float64]) -> Any:
        """A tree that predicts y (rows,) with the rows' weights; rows of weight 0 are left out.

        Every method that grows many trees can be ended between two of them.
        """
        checkpoint()
        tree = self._new_tree(self._columns, np.ones(1, dtype=np.intp), 1)
        self._builder.build(tree, self._X, y.reshape(-1, 1), sample_weight, None)
        return tree


def float32(X: NDArray[np.floating]) -> NDArray[np.float32]:
    """X in the dtype and memory layout that the trees read."""
    return np.ascontiguousarray(X, dtype=np.float32)


def nodes_of(trees: Sequence[Any]) -> NDArray[Any]:
    """The nodes of all trees as one structured array: what `Tree.__getstate__` has of each, read at once."""
    nodes = [tree.__getstate__()["nodes"] for tree in trees]
    # Copied as bytes: numpy copies structured arrays field by field.
    whole = np.dtype((np.void, nodes[0].dtype.itemsize))
    return np.concatenate([each.view(whole) for each in nodes]).view(nodes[0].dtype)
