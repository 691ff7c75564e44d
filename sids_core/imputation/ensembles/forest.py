"""Forests of scikit-learn's trees as flat arrays, so that one fit serves every depth.

A tree grown to depth d equals the full tree cut at depth d.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles import Depth
from sids_core.imputation.ensembles.trees import Grower, Growth, concatenated, float32

MIN_SAMPLES_SPLIT = 20
"""Splitting smaller nodes costs time and gains nothing before a regression inside the leaves (docs/performance.md)."""

MIN_SPLITS = 3
"""With few rows, nodes of at least a third of them are split, so that trees split at all."""

FULL_DEPTH = np.iinfo(np.int64).max


class Forest:
    """Trees grown without a depth limit and read at several depths.

    Breiman (2001), Random Forests, Machine Learning 45; Geurts et al. (2006), Extremely randomized trees, Machine
    Learning 63.

    Args:
        growth: how a tree grows.
        n_estimators: number of trees.
        bootstrap: grow each on rows drawn with replacement instead of on all.
        max_depths: the depths to read the trees at.
        random_state: seed of the random numbers.
    """

    def __init__(
        self, growth: Growth, n_estimators: int, *, bootstrap: bool, max_depths: Sequence[Depth], random_state: int = 0
    ) -> None:
        self.growth = growth
        self.n_estimators = n_estimators
        self.bootstrap = bootstrap
        self.max_depths = tuple(max_depths)
        self.random_state = random_state

    def fit(self, X: NDArray[np.floating], y: NDArray[np.float64], sample_weight: NDArray[np.float64]) -> Self:
        """Grow the trees on X (rows, predictors), y (rows,) with row weights."""
        rows = len(y)
        random = np.random.default_rng(self.random_state)
        self.X_, y = float32(X), np.ascontiguousarray(y)
        self.in_bag_ = np.tile(np.ascontiguousarray(sample_weight, dtype=np.float64), (self.n_estimators, 1))
        if self.bootstrap:
            for tree in range(self.n_estimators):
                self.in_bag_[tree] *= np.bincount(random.integers(0, rows, rows), minlength=rows)
        min_samples_split = min(self.growth.min_samples_split, max(2, rows // MIN_SPLITS))
        grower = Grower(replace(self.growth, min_samples_split=min_samples_split), self.X_, self.random_state)
        self._flatten([grower.grow(y, in_bag) for in_bag in self.in_bag_])
        return self

    def leaf_weights(self, X: NDArray[np.floating], max_depths: Sequence[Depth] | None = None) -> NDArray[np.float64]:
        """Weight of each training row in the forest's prediction: (depths, rows, training rows).

        Its share of the leaves it has in common with the row, averaged over the trees (Lin and Jeon 2006, Random
        forests and adaptive nearest neighbors, JASA 101); a row's weights sum to 1.
        """
        max_depths = self.max_depths if max_depths is None else max_depths
        both = np.concatenate([float32(X), self.X_])
        nodes = self._nodes(both, max_depths)
        # Nodes are numbered separately for each depth, so that one product serves all depths.
        apart = nodes + len(self.feature_) * np.arange(len(max_depths))[:, None, None]
        reached, trained = np.split(apart, [len(X)], axis=1)
        share = self.in_bag_.T / self.node_weight_[nodes[:, len(X) :]] / self.n_estimators
        cells = len(max_depths) * len(self.feature_)
        rows = self._by_node(cells, reached.reshape(-1, self.n_estimators))
        training = self._by_node(cells, *(np.hstack(list(by_depth)) for by_depth in (trained, share)))
        weights: NDArray[np.float64] = (rows @ training.T).toarray()
        return weights.reshape(len(max_depths), len(X), len(self.X_))

    def importances(self, max_depth: Depth) -> NDArray[np.float64]:
        """Mean decrease in impurity (predictors,), sums to 1 unless no tree splits."""
        split = (self.feature_ >= 0) & (self.node_depth_ < _limit(max_depth))
        nodes = np.flatnonzero(split)
        weighted = self.node_weight_ * self.impurity_
        decrease = weighted[nodes] - weighted[self.left_[nodes]] - weighted[self.right_[nodes]]
        count = self.X_.shape[1]
        cells = self.tree_[nodes] * count + self.feature_[nodes]
        per_tree = np.bincount(cells, decrease, self.n_estimators * count).reshape(self.n_estimators, count)
        total = per_tree.sum(axis=1, keepdims=True)
        mean: NDArray[np.float64] = (per_tree / np.where(total > 0, total, 1.0)).mean(axis=0)
        return mean / mean.sum() if mean.sum() > 0 else mean

    def _flatten(self, grown: Sequence[Any]) -> None:
        sizes = np.array([tree.node_count for tree in grown])
        self.root_ = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        offset = np.repeat(self.root_, sizes)
        self.tree_ = np.repeat(np.arange(len(grown)), sizes)
        self.feature_ = concatenated(grown, "feature").astype(np.intp)
        self.threshold_ = concatenated(grown, "threshold")
        self.left_ = concatenated(grown, "children_left").astype(np.intp) + offset
        self.right_ = concatenated(grown, "children_right").astype(np.intp) + offset
        # A leaf tests the first predictor and leads back to itself, so that rows stay once they reach it.
        leaf = self.feature_ < 0
        itself = np.arange(len(leaf))
        self.tested_ = np.where(leaf, 0, self.feature_)
        self.next_ = np.stack([np.where(leaf, itself, side) for side in (self.left_, self.right_)], axis=1).ravel()
        self.impurity_ = concatenated(grown, "impurity")
        self.node_weight_ = concatenated(grown, "weighted_n_node_samples")
        self.node_depth_ = np.zeros(len(self.feature_), dtype=np.int64)
        level = self.root_
        while level.size:
            level = level[self.feature_[level] >= 0]
            below = np.concatenate([self.left_[level], self.right_[level]])
            self.node_depth_[below] = np.tile(self.node_depth_[level] + 1, 2)
            level = below

    def _nodes(self, X32: NDArray[np.float32], max_depths: Sequence[Depth]) -> NDArray[np.intp]:
        """The node (depths, rows, trees) that each row reaches in each tree."""
        first_cell = np.arange(0, X32.size, X32.shape[1])[:, None]
        node = np.broadcast_to(self.root_, (len(X32), self.n_estimators))
        reached: dict[Depth, NDArray[np.intp]] = {}
        for level in range(int(self.node_depth_.max()) + 1):
            reached.update({depth: node for depth in max_depths if depth not in reached and level >= _limit(depth)})
            goes_right = X32.take(first_cell + self.tested_.take(node)) > self.threshold_.take(node)
            node = self.next_.take(2 * node + goes_right)
        return np.stack([reached.get(depth, node) for depth in max_depths])

    def _by_node(self, cells: int, nodes: NDArray[np.intp], share: NDArray[np.float64] | None = None) -> Any:
        """Sparse (rows, nodes of all trees and depths): each row's share, else 1, in the nodes (rows, …) it reaches."""
        from scipy.sparse import csr_matrix

        entries = np.ones(nodes.size) if share is None else share.ravel()
        ends = np.arange(0, nodes.size + 1, nodes.shape[1])
        return csr_matrix((entries, nodes.ravel(), ends), shape=(len(nodes), cells))


def random_forest(n_estimators: int, *, max_depths: Sequence[Depth], random_state: int = 0) -> Forest:
    """Bootstrapped trees with two thirds of the predictors tried at every split."""
    growth = Growth(random_thresholds=False, max_features=2 / 3, min_samples_split=MIN_SAMPLES_SPLIT)
    return Forest(growth, n_estimators, bootstrap=True, max_depths=max_depths, random_state=random_state)


def extra_trees(n_estimators: int, *, max_depths: Sequence[Depth], random_state: int = 0) -> Forest:
    """Trees on all rows with random thresholds."""
    growth = Growth(random_thresholds=True, min_samples_split=MIN_SAMPLES_SPLIT)
    return Forest(growth, n_estimators, bootstrap=False, max_depths=max_depths, random_state=random_state)


def _limit(depth: Depth) -> int:
    return FULL_DEPTH if depth is None else depth
