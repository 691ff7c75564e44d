"""The plain pipeline: two-level imputation written directly with scikit-learn, not tuned for speed.

The baseline of the benchmarks: one imputer, recursive elimination in steps of the number of selected predictors, one
grid search; its error is that of the grid search, with the selection outside the folds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DEPTHS = (5, 10, 20, 100, None)
FOLDS = 5
SELECTION_TREES = 100
LEVELS = (0.05, 0.95)


@dataclass(frozen=True)
class Answer:
    """Predictions (rows,), their bounds from the quantiles over the trees, and the grid search's error."""

    predicted: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    rmse: float
    columns: NDArray[np.intp]


def impute(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    is_sids: NDArray[np.bool_],
    X_missing: NDArray[np.float64],
    *,
    base_imputer: str = "KNNImputer",
    selection: str = "MANUAL",
    n_predictors: int = 10,
    ensemble: str = "rfr",
    n_estimators: int = 100,
) -> Answer:
    """Impute the rows of X_missing (rows, candidates) from X (training rows, candidates), both with NaN."""
    from sklearn.preprocessing import MinMaxScaler
    from sklearn.utils.class_weight import compute_sample_weight

    scaler = MinMaxScaler().fit(X)
    imputer = _base_imputer(base_imputer).fit(scaler.transform(X))
    filled, filled_missing = imputer.transform(scaler.transform(X)), imputer.transform(scaler.transform(X_missing))
    sample_weight = compute_sample_weight("balanced", is_sids)
    columns = _select(selection, n_predictors, filled, y, sample_weight)
    names = ["rfr", "gbr", "etr"] if ensemble == "all" else [ensemble]
    searches = [_search(name, n_estimators, filled[:, columns], y, sample_weight) for name in names]
    best = max(searches, key=lambda search: search.best_score_)
    inputs = filled_missing[:, columns]
    by_tree = np.array([np.ravel(tree.predict(inputs)) for tree in np.ravel(best.best_estimator_.estimators_)])
    lower, upper = np.quantile(by_tree, LEVELS, axis=0)
    return Answer(best.best_estimator_.predict(inputs), lower, upper, -best.best_score_, columns)


def _base_imputer(name: str) -> Any:
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401 (makes the next line work)
    from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

    if name == "IterativeImputer":
        return IterativeImputer(ExtraTreesRegressor(n_estimators=10, random_state=0), random_state=0)
    return KNNImputer(n_neighbors=5) if name == "KNNImputer" else SimpleImputer()


def _select(
    selection: str,
    n_predictors: int,
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    sample_weight: NDArray[np.float64],
) -> NDArray[np.intp]:
    from sklearn.decomposition import PCA
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.feature_selection import RFE
    from sklearn.preprocessing import StandardScaler

    if selection == "AFS":
        learner = RandomForestRegressor(SELECTION_TREES, random_state=0)
        elimination = RFE(learner, n_features_to_select=n_predictors, step=n_predictors).fit(
            X, y, sample_weight=sample_weight
        )
        return np.flatnonzero(elimination.support_)
    if selection == "PCA":
        components = PCA(n_predictors, random_state=0).fit(StandardScaler().fit_transform(X)).components_
        return np.unique(np.abs(components).argmax(axis=1))
    return np.arange(X.shape[1])


def _search(
    name: str, n_estimators: int, X: NDArray[np.float64], y: NDArray[np.float64], sample_weight: NDArray[np.float64]
) -> Any:
    from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestRegressor
    from sklearn.model_selection import GridSearchCV, KFold

    learners = {"rfr": RandomForestRegressor, "gbr": GradientBoostingRegressor, "etr": ExtraTreesRegressor}
    search = GridSearchCV(
        learners[name](n_estimators=n_estimators, random_state=0),
        {"max_depth": DEPTHS},
        cv=KFold(FOLDS, shuffle=True, random_state=0),
        scoring="neg_root_mean_squared_error",
    )
    return search.fit(X, y, sample_weight=sample_weight)
