"""Forests of scikit-learn's trees, kept as flat arrays, so that one fit answers for every depth.

A tree grown to depth d is the full tree cut at depth d: the same splits, with the rows of the nodes where it is cut.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles.setting import Depth
from sids_core.imputation.ensembles.trees import Grower, Growth, float32, joined

FEWEST_TO_SPLIT = 20
"""Smaller nodes take time and gain nothing where a regression follows inside the leaves (docs/performance.md)."""

FEWEST_SPLITS = 3
"""Of few rows, nodes of fewer than this part of them are leaves, so that they split at all."""

FULL_DEPTH = np.iinfo(np.int64).max


class Forest:
    """Trees, each grown without a limit of depth and read at the depths asked for.

    Breiman (2001), Random Forests, Machine Learning 45; Geurts et al. (2006), Extremely randomized trees, Machine
    Learning 63.

    Args:
        growth: how a tree grows.
        trees: how many.
        bootstrap: grow each on rows drawn with replacement instead of on all.
        depths: to answer for.
        seed: of everything drawn.
    """

    def __init__(self, growth: Growth, trees: int, *, bootstrap: bool, depths: Sequence[Depth], seed: int = 0) -> None:
        self.growth = growth
        self.trees = trees
        self.bootstrap = bootstrap
        self.depths = tuple(depths)
        self.seed = seed

    def fit(self, X: NDArray[np.floating], y: NDArray[np.float64], weight: NDArray[np.float64]) -> Self:
        """Grow the trees on X (rows, predictors), y (rows,) with row weights."""
        rows = len(y)
        random = np.random.default_rng(self.seed)
        self._X, y = float32(X), np.ascontiguousarray(y)
        self._in_bag = np.tile(np.ascontiguousarray(weight, dtype=np.float64), (self.trees, 1))
        if self.bootstrap:
            for tree in range(self.trees):
                self._in_bag[tree] *= np.bincount(random.integers(0, rows, rows), minlength=rows)
        fewest = min(self.growth.fewest_to_split, max(2, rows // FEWEST_SPLITS))
        grower = Grower(replace(self.growth, fewest_to_split=fewest), self._X, self.seed)
        self._flatten([grower.grow(y, in_bag) for in_bag in self._in_bag])
        return self

    def leaf_weights(self, X: NDArray[np.floating]) -> NDArray[np.float64]:
        """For each depth, each training row's weight in the mean that the trees predict: (depths, rows, training rows).

        That is how often, and among how few, it shares a row's leaf (Lin and Jeon 2006, Random forests and adaptive
        nearest neighbors, JASA 101); a row's weights sum to 1.
        """
        everyone = np.concatenate([float32(X), self._X])
        nodes = self._nodes(everyone)
        # Nodes of one depth apart from those of the others, so that one product answers for all.
        apart = nodes + len(self._feature) * np.arange(len(self.depths))[:, None, None]
        reached, trained = np.split(apart, [len(X)], axis=1)
        share = self._in_bag.T / self._weight[nodes[:, len(X) :]] / self.trees
        rows = self._by_node(reached.reshape(-1, self.trees))
        training = self._by_node(*(np.hstack(list(by_depth)) for by_depth in (trained, share)))
        weights: NDArray[np.float64] = (rows @ training.T).toarray()
        return weights.reshape(len(self.depths), len(X), len(self._X))

    def importances(self, depth: Depth) -> NDArray[np.float64]:
        """Mean decrease in impurity (predictors,), sums to 1 unless no tree splits."""
        split = (self._feature >= 0) & (self._depth < _limit(depth))
        nodes = np.flatnonzero(split)
        weighted = self._weight * self._impurity
        decrease = weighted[nodes] - weighted[self._left[nodes]] - weighted[self._right[nodes]]
        count = self._X.shape[1]
        cells = self._tree[nodes] * count + self._feature[nodes]
        per_tree = np.bincount(cells, decrease, self.trees * count).reshape(self.trees, count)
        total = per_tree.sum(axis=1, keepdims=True)
        mean: NDArray[np.float64] = (per_tree / np.where(total > 0, total, 1.0)).mean(axis=0)
        return mean / mean.sum() if mean.sum() > 0 else mean

    def _flatten(self, grown: Sequence[Any]) -> None:
        sizes = np.array([tree.node_count for tree in grown])
        self._root = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        offset = np.repeat(self._root, sizes)
        self._tree = np.repeat(np.arange(len(grown)), sizes)
        self._feature = joined(grown, "feature").astype(np.intp)
        self._threshold = joined(grown, "threshold")
        self._left = joined(grown, "children_left").astype(np.intp) + offset
        self._right = joined(grown, "children_right").astype(np.intp) + offset
        # A leaf tests the first predictor and leads back to itself, so that rows may go on when they have arrived.
        leaf = self._feature < 0
        itself = np.arange(len(leaf))
        self._tested = np.where(leaf, 0, self._feature)
        self._next = np.stack([np.where(leaf, itself, side) for side in (self._left, self._right)], axis=1).ravel()
        self._impurity = joined(grown, "impurity")
        self._weight = joined(grown, "weighted_n_node_samples")
        self._depth = np.zeros(len(self._feature), dtype=np.int64)
        level = self._root
        while level.size:
            level = level[self._feature[level] >= 0]
            below = np.concatenate([self._left[level], self._right[level]])
            self._depth[below] = np.tile(self._depth[level] + 1, 2)
            level = below

    def _nodes(self, X32: NDArray[np.float32]) -> NDArray[np.intp]:
        """The nodes (depths, rows, trees) that the rows reach."""
        first_cell = np.arange(0, X32.size, X32.shape[1])[:, None]
        node = np.broadcast_to(self._root, (len(X32), self.trees))
        reached: dict[Depth, NDArray[np.intp]] = {}
        for level in range(int(self._depth.max()) + 1):
            reached.update({depth: node for depth in self.depths if depth not in reached and level >= _limit(depth)})
            goes_right = X32.take(first_cell + self._tested.take(node)) > self._threshold.take(node)
            node = self._next.take(2 * node + goes_right)
        return np.stack([reached.get(depth, node) for depth in self.depths])

    def _by_node(self, nodes: NDArray[np.intp], share: NDArray[np.float64] | None = None) -> Any:
        """Sparse (rows, nodes of all trees and depths): each row's share, else 1, in the nodes (rows, …) it reaches."""
        from scipy.sparse import csr_matrix

        cells = np.ones(nodes.size) if share is None else share.ravel()
        ends = np.arange(0, nodes.size + 1, nodes.shape[1])
        return csr_matrix((cells, nodes.ravel(), ends), shape=(len(nodes), len(self._feature) * len(self.depths)))


def random_forest(trees: int, *, depths: Sequence[Depth], seed: int = 0) -> Forest:
    """Bootstrapped trees that try two thirds of the predictors at every split."""
    growth = Growth(random_thresholds=False, share=2 / 3, fewest_to_split=FEWEST_TO_SPLIT)
    return Forest(growth, trees, bootstrap=True, depths=depths, seed=seed)


def extra_trees(trees: int, *, depths: Sequence[Depth], seed: int = 0) -> Forest:
    """Trees on all rows whose thresholds are drawn at random."""
    growth = Growth(random_thresholds=True, fewest_to_split=FEWEST_TO_SPLIT)
    return Forest(growth, trees, bootstrap=False, depths=depths, seed=seed)


def _limit(depth: Depth) -> int:
    return FULL_DEPTH if depth is None else depth
