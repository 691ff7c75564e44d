import numpy as np
import pytest
from numpy.typing import NDArray

from sids_core.imputation.selection import AUTOMATIC, SELECTORS

INFORMATIVE = (4, 17, 31)


@pytest.fixture(scope="module")
def planted() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Three of forty columns make the target."""
    random = np.random.default_rng(11)
    X = random.normal(size=(150, 40)) * 10.0 ** random.integers(-2, 5, 40)
    standard = X / X.std(axis=0)
    return X, standard[:, INFORMATIVE].sum(axis=1) + 0.3 * random.normal(size=150)


@pytest.mark.parametrize("name", AUTOMATIC)
@pytest.mark.parametrize("count", [1, 3, 10, 40])
def test_selects_as_many_different_columns_as_asked_for(
    name: str, count: int, planted: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> None:
    X, y = planted
    first, second = (SELECTORS.load(name)(count).select(X, y, np.ones(len(y))) for _ in range(2))
    assert len(set(first.tolist())) == count
    assert first.tolist() == second.tolist()


def test_elimination_keeps_the_columns_that_make_the_target(
    planted: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    X, y = planted
    assert set(SELECTORS.load("AFS")(3).select(X, y, np.ones(len(y))).tolist()) == set(INFORMATIVE)


def test_components_that_matter_for_the_target_choose() -> None:
    """Thirty columns follow a large factor that has nothing to do with the target, five a small one that makes it."""
    random = np.random.default_rng(12)
    large, small = random.normal(size=(2, 150))
    X = np.column_stack([np.outer(large, np.ones(30)), np.outer(small, np.ones(5))]) + 0.3 * random.normal(
        size=(150, 35)
    )
    assert SELECTORS.load("PCA")(1).select(X, small, np.ones(150))[0] >= 30


def test_components_are_the_same_from_products_of_rows_and_of_columns(
    planted: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Constant columns change no component; with enough of them there are more columns than rows."""
    X, y = planted
    more = np.hstack([X, np.ones((len(X), 200))])
    assert X.shape[1] < len(X) < more.shape[1]
    few, many = (SELECTORS.load("PCA")(30).select(columns, y, np.ones(len(y))).tolist() for columns in (X, more))
    assert few == many


@pytest.mark.parametrize("name", AUTOMATIC)
def test_more_columns_than_rank_can_be_selected(name: str) -> None:
    random = np.random.default_rng(13)
    X = np.repeat(random.normal(size=(30, 3)), 4, axis=1)
    chosen = SELECTORS.load(name)(10).select(X, X[:, 0], np.ones(30))
    assert len(set(chosen.tolist())) == 10


def test_manual_selection_keeps_every_column(planted: tuple[NDArray[np.float64], NDArray[np.float64]]) -> None:
    X, y = planted
    assert SELECTORS.load("MANUAL")(3).select(X, y, np.ones(len(y))).tolist() == list(range(X.shape[1]))
