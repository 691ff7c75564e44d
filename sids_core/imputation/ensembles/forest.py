"""Forests of scikit-learn's trees as flat arrays, so that one fit serves every depth.

A tree grown to depth d equals the full tree cut at depth d.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sids_core.imputation.ensembles import Depth
from sids_core.imputation.ensembles.trees import Grower, Growth, float32, nodes_of

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
            drawn = random.integers(0, rows, self.in_bag_.shape) + rows * np.arange(self.n_estimators)[:, None]
            self.in_bag_ *= np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
        min_samples_split = min(self.growth.min_samples_split, max(2, rows // MIN_SPLITS))
        grower = Grower(replace(self.growth, min_samples_split=min_samples_split), self.X_, self.random_state)
        self.trees_ = [grower.grow(y, in_bag) for in_bag in self.in_bag_]
        self._flatten()
        self._trained: NDArray[np.int32] | None = None  # the leaves of the training rows
        return self

    def leaf_weights(self, X: NDArray[np.floating], max_depths: Sequence[Depth] | None = None) -> NDArray[np.float64]:
        """Weight of each training row in the forest's prediction: (depths, rows, training rows).

        Its share of the leaves it has in common with the row, averaged over the trees (Lin and Jeon 2006, Random
        forests and adaptive nearest neighbors, JASA 101); a row's weights sum to 1.
        """
        if self._trained is None:
            leaves, self._trained = np.split(self._leaves(np.concatenate([float32(X), self.X_])), [len(X)], axis=1)
        else:
            leaves = self._leaves(float32(X))
        depths = [self.max_depths.index(depth) for depth in (self.max_depths if max_depths is None else max_depths)]
        cells = self._cells(leaves, depths).swapaxes(1, 2)
        ends = np.arange(0, cells.size + 1, self.n_estimators, dtype=np.int32)
        shares = self._shares(self._trained, depths)
        reached = csr_matrix((np.ones(cells.size), cells.ravel(), ends), shape=(len(ends) - 1, shares.shape[0]))
        weights: NDArray[np.float64] = (reached @ shares).toarray()
        return weights.reshape(len(depths), len(X), len(self.X_))

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

    def _flatten(self) -> None:
        nodes = nodes_of(self.trees_)
        sizes = np.array([tree.node_count for tree in self.trees_])
        self.root_ = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        offset = np.repeat(self.root_, sizes)
        self.tree_ = np.repeat(np.arange(len(sizes)), sizes)
        self.feature_ = nodes["feature"].astype(np.intp)
        self.left_, self.right_ = nodes["left_child"] + offset, nodes["right_child"] + offset
        self.impurity_ = nodes["impurity"].copy()
        self.node_weight_ = nodes["weighted_n_node_samples"].copy()
        self.node_depth_ = np.zeros(len(nodes), dtype=np.int64)
        # The node (depths, nodes) that a row which reaches a node has at a depth.
        self.cut_ = np.tile(np.arange(len(nodes), dtype=np.int32), (len(self.max_depths), 1))
        level, depth = self.root_, 0
        while level.size:
            level = level[self.feature_[level] >= 0]
            below = np.concatenate([self.left_[level], self.right_[level]])
            self.node_depth_[below] = depth + 1
            for cut, max_depth in zip(self.cut_, self.max_depths, strict=True):
                if depth >= _limit(max_depth):
                    cut[below] = np.tile(cut[level], 2)
            level, depth = below, depth + 1

    def _leaves(self, X32: NDArray[np.float32]) -> NDArray[np.int32]:
        """The leaf (trees, rows) of each tree that each row reaches."""
        leaves: NDArray[np.intp] = np.array([tree.apply(X32) for tree in self.trees_]) + self.root_[:, None]
        return leaves.astype(np.int32)

    def _cells(self, leaves: NDArray[np.int32], depths: Sequence[int]) -> NDArray[np.int32]:
        """Where trees that are cut at some of the depths end (depths, …): nodes, numbered apart for each depth."""
        return np.stack([self.cut_[depth].take(leaves) + at * self.cut_.shape[1] for at, depth in enumerate(depths)])

    def _shares(self, leaves: NDArray[np.int32], depths: Sequence[int]) -> Any:
        """Sparse (cells, training rows): the share of each training row in a cell, over the number of trees."""
        drawn = self.in_bag_ > 0
        cells = self._cells(leaves[drawn], depths)
        weight = np.tile(self.node_weight_, len(depths))
        share = self.in_bag_[drawn] / weight[cells] / self.n_estimators
        rows = np.tile(np.nonzero(drawn)[1].astype(np.int32), len(depths))
        return csr_matrix((share.ravel(), (cells.ravel(), rows)), shape=(len(weight), len(self.X_)))


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
