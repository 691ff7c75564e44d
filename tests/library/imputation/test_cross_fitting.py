"""What an out-of-fold prediction may depend on, and which configuration it is of."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sids_core.imputation.cross_fitting import cross_fit, stratified_folds
from sids_core.imputation.ensembles import ENSEMBLES
from sids_core.imputation.ensembles.boosting import GradientBoosting
from sids_core.imputation.selection import SELECTORS
from sids_core.imputation.selection.manual import ManualSelection

ROWS = 90
EVEN = np.ones(ROWS)
LEVELS = (0.05, 0.95)

Data = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]


@pytest.fixture(scope="module")
def data() -> Data:
    random = np.random.default_rng(2)
    X = random.normal(size=(ROWS, 12))
    y = X[:, 3] + 2 * np.abs(X[:, 7]) + random.normal(size=ROWS)
    return X, y, stratified_folds(np.arange(ROWS) < 20, 5)


@pytest.mark.parametrize("selection", ["AFS", "PCA"])
def test_selection_and_fit_of_a_fold_do_not_see_its_targets(selection: str, data: Data) -> None:
    """Boosting with one depth leaves nothing to choose, so that a fold's own targets can come in by these two only."""
    X, y, fold = data
    held_out = fold == 2
    other = y.copy()
    other[held_out] = y[held_out][::-1]

    def out_of_fold(target: NDArray[np.float64]) -> NDArray[np.float64]:
        ensembles = {"gbr": lambda: GradientBoosting(20, max_depths=(2,))}
        found = cross_fit(X, target, EVEN, fold, SELECTORS.load(selection)(3), ensembles, LEVELS)
        return np.vstack([found.predicted, found.quantiles])

    before, after = out_of_fold(y), out_of_fold(other)
    np.testing.assert_allclose(before[:, held_out], after[:, held_out], atol=1e-6)
    assert np.abs(before - after)[:, ~held_out].max() > 0.01


def test_predictions_and_quantiles_of_a_fold_are_of_one_configuration(data: Data) -> None:
    X, y, fold = data
    found = cross_fit(X, y, EVEN, fold, ManualSelection(12), {"etr": lambda: ENSEMBLES.load("etr")(20)}, LEVELS)
    standard = found.scaler.transform(y)
    chosen = []
    for number in range(5):
        held_out = fold == number
        model = ENSEMBLES.load("etr")(20).fit(X[~held_out], standard[~held_out], EVEN[~held_out])
        predictions = model.predict(X[held_out])
        predicted = found.scaler.transform(found.predicted[held_out])
        chosen.append(int(np.abs(predictions.predicted - predicted).max(axis=1).argmin()))
        np.testing.assert_allclose(predictions.predicted[chosen[-1]], predicted, atol=1e-6)
        quantiles = predictions.quantiles(model.settings[chosen[-1]], LEVELS)
        np.testing.assert_allclose(quantiles, found.scaler.transform(found.quantiles[:, held_out]), atol=1e-6)
    assert set(chosen) != {0}


@pytest.mark.parametrize(("factor", "offset"), [(1.0, 1e9), (1e-10, 0.0), (1e12, -1e14)])
@pytest.mark.parametrize("model", ENSEMBLES)
def test_the_targets_unit_makes_no_difference(model: str, factor: float, offset: float, data: Data) -> None:
    X, y, fold = data
    errors = []
    for target in (y, factor * y + offset):
        ensembles = {model: lambda: ENSEMBLES.load(model)(20)}
        found = cross_fit(X, target, EVEN, fold, SELECTORS.load("AFS")(3), ensembles)
        errors.append(np.sqrt(np.mean((found.predicted - target) ** 2)) / target.std())
    assert errors[1] == pytest.approx(errors[0], rel=1e-3)


@pytest.mark.parametrize("name", ENSEMBLES)
def test_equal_rows_are_predicted_equally_wherever_they_stand(name: str, data: Data) -> None:
    X, y, fold = data
    fitted = cross_fit(X, y, EVEN, fold, ManualSelection(12), {name: lambda: ENSEMBLES.load(name)(10)}, LEVELS)
    single = [fitted.predict(X[row : row + 1], 1) for row in range(6)]
    order = np.array([3, 0, 3, 5, 1, 1, 2, 4, 3])
    predicted, quantiles = fitted.predict(X[order], 1)
    np.testing.assert_allclose(predicted, [single[row][0][0] for row in order], atol=1e-8)
    np.testing.assert_allclose(quantiles, np.transpose([single[row][1][:, 0] for row in order]), atol=1e-8)
