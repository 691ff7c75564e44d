import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.preprocessing import MinMaxScaler

from sids_core.imputation.base_imputers import BASE_IMPUTERS, make_base_imputer
from sids_core.imputation.base_imputers.nearest_neighbours import NearestNeighboursImputer
from sids_core.imputation.config import ImputationConfig


def gappy(seed: int, rows: int = 40, columns: int = 8, missing: float = 0.2) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    factors = random.normal(size=(rows, 2))
    X = factors @ random.normal(size=(2, columns)) + 0.3 * random.normal(size=(rows, columns))
    X *= 10.0 ** random.integers(-3, 6, columns)
    X[random.random(X.shape) < missing] = np.nan
    X[random.integers(rows, size=columns), np.arange(columns)] = 1.0
    return X


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    n_neighbors=st.integers(1, 9),
    missing=st.floats(0, 0.7),
    rows=st.integers(3, 60),
    columns=st.integers(1, 12),
)
def test_nearest_neighbours_are_scikit_learns(
    seed: int, n_neighbors: int, missing: float, rows: int, columns: int
) -> None:
    X = gappy(seed, rows, columns, missing)
    new = gappy(seed + 1, rows, columns, missing)
    new[0] = np.nan
    scaler = MinMaxScaler().fit(X)
    theirs = KNNImputer(n_neighbors=n_neighbors).fit(scaler.transform(X))
    ours = NearestNeighboursImputer(n_neighbors).fit(X)
    for rows_ in (X, new):
        scaled = scaler.transform(ours.transform(rows_))
        np.testing.assert_allclose(scaled, theirs.transform(scaler.transform(rows_)), atol=1e-9)


def test_the_mean_is_scikit_learns() -> None:
    X, new = gappy(0), gappy(1)
    ours = make_base_imputer(ImputationConfig(base_imputer="SimpleImputer")).fit(X).transform(new)
    np.testing.assert_allclose(ours, SimpleImputer().fit(X).transform(new))


@pytest.mark.parametrize("name", BASE_IMPUTERS)
def test_fills_every_gap_and_leaves_what_was_observed(name: str) -> None:
    X, new = gappy(2), gappy(3)
    new[0] = np.nan
    untouched = new.copy()
    filled = make_base_imputer(ImputationConfig(base_imputer=name)).fit(X).transform(new)
    assert np.isfinite(filled).all()
    np.testing.assert_array_equal(filled[~np.isnan(new)], new[~np.isnan(new)])
    np.testing.assert_array_equal(new, untouched)


@pytest.mark.parametrize("name", BASE_IMPUTERS)
def test_gives_the_same_bytes_again(name: str) -> None:
    X = gappy(4)
    first, second = (make_base_imputer(ImputationConfig(base_imputer=name)).fit(X).transform(X) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("name", ["KNNImputer", "IterativeImputer"])
def test_predicts_from_the_other_columns(name: str) -> None:
    random = np.random.default_rng(5)
    truth = random.normal(size=(150, 2)) @ random.normal(size=(2, 8)) + 0.3 * random.normal(size=(150, 8))
    hidden = random.random(truth.shape) < 0.15
    X = np.where(hidden, np.nan, truth)

    def error(imputer: str) -> float:
        filled = make_base_imputer(ImputationConfig(base_imputer=imputer)).fit(X).transform(X)
        return float(np.sqrt(np.mean((filled - truth)[hidden] ** 2)))

    assert error(name) < 0.7 * error("SimpleImputer")
