from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import ks_2samp
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor

from sids_core.imputation.ensembles import ENSEMBLES, Ensemble, Setting
from sids_core.imputation.ensembles.boosting import GradientBoosting
from sids_core.imputation.ensembles.forest import MIN_SAMPLES_SPLIT, Forest, extra_trees, random_forest
from sids_core.imputation.ensembles.local_linear import PENALTY, LocalLinearForest
from sids_core.imputation.ensembles.trees import Grower, Growth, float32

Data = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@pytest.fixture(scope="module")
def data() -> Data:
    random = np.random.default_rng(3)
    X = random.normal(size=(120, 5))
    y = X[:, 0] * 3 + np.abs(X[:, 1]) + random.normal(size=120) * 0.5
    return X, y, np.where(random.random(120) < 0.2, 2.5, 0.6)


@pytest.mark.parametrize("name", ENSEMBLES)
def test_predicts_at_every_depth_and_repeats_itself(name: str, data: Data) -> None:
    X, y, weight = data
    new = np.random.default_rng(4).normal(size=(50, 5))
    truth = new[:, 0] * 3 + np.abs(new[:, 1])
    first, second = (ENSEMBLES.load(name)(60).fit(X, y, weight).predict(new).predicted for _ in range(2))
    assert first.shape == (len(ENSEMBLES.load(name)(60).settings), 50)
    assert first.tobytes() == second.tobytes()
    assert (np.sqrt(((first - truth) ** 2).mean(axis=1)) < 0.6 * truth.std()).all()


@pytest.mark.parametrize("name", ENSEMBLES)
def test_importances_find_what_matters(name: str, data: Data) -> None:
    model = ENSEMBLES.load(name)(60).fit(*data)
    for setting in model.settings:
        importances = model.importances(setting)
        assert importances.sum() == pytest.approx(1)
        assert importances.argmax() == 0
        assert importances[:2].sum() > 0.8


@pytest.mark.parametrize("name", ENSEMBLES)
def test_quantiles_do_not_cross(name: str, data: Data) -> None:
    X, y, weight = data
    model = ENSEMBLES.load(name)(40).fit(X, y, weight)
    predictions = model.predict(X)
    for setting in model.settings:
        low, middle, high = predictions.quantiles(setting, (0.05, 0.5, 0.95))
        assert (low <= middle).all()
        assert (middle <= high).all()
        assert (low < high).any()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(random_forest, RandomForestRegressor), (extra_trees, ExtraTreesRegressor)],
)
@pytest.mark.parametrize("depth", [1, 3, None])
def test_a_truncated_forest_is_a_depth_limited_one_in_distribution(
    ours: Callable[..., Forest], theirs: type[RandomForestRegressor], depth: int | None, data: Data
) -> None:
    """The same point predicted by many single trees of either kind: two samples of one distribution."""
    X, y, _ = data
    point = X[:1] + 0.1
    trees = 400
    cut = np.empty(trees)
    for seed in range(trees):
        tree = ours(1, max_depths=(depth,), random_state=seed).fit(X, y, np.ones(len(y)))
        cut[seed] = (tree.leaf_weights(point)[0] @ y).item()
    options: dict[str, float] = {} if theirs is ExtraTreesRegressor else {"max_features": 2 / 3}
    limited = theirs(trees, max_depth=depth, min_samples_split=MIN_SAMPLES_SPLIT, random_state=1, **options).fit(X, y)
    grown = np.array([tree.predict(point)[0] for tree in limited.estimators_])
    assert ks_2samp(cut, grown, method="asymp").pvalue > 0.001
    assert cut.mean() == pytest.approx(grown.mean(), abs=5 * grown.std() / np.sqrt(trees) + 1e-9)


def test_full_depth_importances_are_scikit_learns(data: Data) -> None:
    X, y, weight = data
    ours = random_forest(300, max_depths=(None,)).fit(X, y, weight).importances(None)
    forest = RandomForestRegressor(300, max_features=2 / 3, min_samples_split=MIN_SAMPLES_SPLIT, random_state=0)
    np.testing.assert_allclose(ours, forest.fit(X, y, sample_weight=weight).feature_importances_, atol=0.02)


@pytest.mark.parametrize("random_thresholds", [False, True])
def test_trees_are_those_of_the_public_estimators(random_thresholds: bool, data: Data) -> None:
    X, y, weight = float32(data[0]), data[1], data[2]
    kind = ExtraTreeRegressor if random_thresholds else DecisionTreeRegressor
    for max_features, max_depth, min_samples_split in ((1.0, None, 2), (0.6, 4, 7)):
        estimator = kind(
            max_features=max_features, max_depth=max_depth, min_samples_split=min_samples_split, random_state=9
        )
        theirs = estimator.fit(X, y, sample_weight=weight).tree_
        ours = Grower(Growth(random_thresholds, max_features, max_depth, min_samples_split), X, random_state=9).grow(
            y, weight
        )
        for name in ("feature", "threshold", "children_left", "children_right", "value", "impurity"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


def test_boosting_is_scikit_learns(data: Data) -> None:
    X, y, weight = data
    ours = GradientBoosting(50, max_depths=(3,)).fit(X, y, weight)
    theirs = GradientBoostingRegressor(n_estimators=50, max_depth=3, random_state=0).fit(X, y, sample_weight=weight)
    new = np.random.default_rng(6).normal(size=(30, 5))
    np.testing.assert_allclose(ours.predict(new).predicted[0], theirs.predict(new), atol=1e-9)
    np.testing.assert_allclose(ours.importances(Setting(3)), theirs.feature_importances_, atol=1e-9)


def test_boosted_quantiles_cover_new_observations() -> None:
    random = np.random.default_rng(8)
    X, new = random.normal(size=(300, 2)), random.normal(size=(2000, 2))
    y, truth = (x[:, 0] + random.normal(size=len(x)) * np.where(x[:, 1] > 0, 2.0, 0.5) for x in (X, new))
    low, high = (
        GradientBoosting(100, max_depths=(2,)).fit(X, y, np.ones(300)).predict(new).quantiles(Setting(2), (0.05, 0.95))
    )
    assert 0.75 < np.mean((low <= truth) & (truth <= high)) < 0.95
    noisy = new[:, 1] > 0
    assert np.median((high - low)[noisy]) > 1.5 * np.median((high - low)[~noisy])


@pytest.mark.parametrize("depth", [0, 2, None])
def test_leaf_weights_give_a_trees_predictions(depth: int | None, data: Data) -> None:
    X, y, weight = data
    new = X[:40] + 0.1
    forest = Forest(Growth(random_thresholds=False, min_samples_split=8), 1, bootstrap=False, max_depths=(depth,))
    (weights,) = forest.fit(X, y, weight).leaf_weights(new)
    if depth == 0:
        predicted = np.full(len(new), np.average(y, weights=weight))
    else:
        tree = DecisionTreeRegressor(max_depth=depth, min_samples_split=8, random_state=0)
        predicted = tree.fit(float32(X), y, sample_weight=weight).predict(float32(new))
    np.testing.assert_allclose(weights @ y, predicted, atol=1e-9)
    np.testing.assert_allclose(weights.sum(axis=1), 1)


def test_around_a_row_the_regression_is_ridge_on_its_leaf_weights(data: Data) -> None:
    X, y, weight = data
    new = X[:9] + 0.1
    model = LocalLinearForest(random_forest(40, max_depths=(3,))).fit(X, y, weight)
    standard, point = (X - X.mean(axis=0)) / X.std(axis=0), (new - X.mean(axis=0)) / X.std(axis=0)
    ridge = [
        Ridge(alpha=PENALTY).fit(standard, y, sample_weight=around).predict(point[row : row + 1])[0]
        for row, around in enumerate(model.forest.leaf_weights(new)[0])
    ]
    np.testing.assert_allclose(model.predict(new).predicted[0], ridge, atol=1e-9)


def test_a_straight_line_is_predicted_better_than_by_the_leaves_means() -> None:
    random = np.random.default_rng(7)
    X, new = random.uniform(size=(150, 4)), random.uniform(size=(80, 4))
    y, truth = (x @ [3.0, -1.0, 0.5, 0.0] + x[:, 3] ** 2 for x in (X, new))
    model = LocalLinearForest(extra_trees(50, max_depths=(3,))).fit(X, y, np.ones(150))
    error = np.abs(model.predict(new).predicted[0] - truth).mean()
    assert error < 0.5 * np.abs(model.forest.leaf_weights(new)[0] @ y - truth).mean()


def test_no_prediction_lies_beyond_what_was_observed(data: Data) -> None:
    X, y, weight = data
    far = np.concatenate([X * 50, np.full((1, 5), 1e6)])
    predictions = ENSEMBLES.load("etr")(20).fit(X, y, weight).predict(far)
    bounds = [*predictions.predicted, *predictions.quantiles(Setting(3, regression_in_leaves=True), (0.05, 0.95))]
    assert np.min(bounds) >= y.min()
    assert np.max(bounds) <= y.max()


def test_more_predictors_than_rows_are_used() -> None:
    random = np.random.default_rng(9)
    X = random.normal(size=(60, 120))
    y = 4 * X[:, 100] + random.normal(size=60)
    new = random.normal(size=(40, 120))
    model = ENSEMBLES.load("rfr")(50)
    predicted = model.fit(X, y, np.ones(60)).predict(new).predicted
    assert len(predicted) == len(model.settings)
    assert all(np.corrcoef(row, new[:, 100])[0, 1] > 0.5 for row in predicted)


def test_forest_quantiles_cover_new_observations() -> None:
    random = np.random.default_rng(5)
    X, new = random.normal(size=(200, 3)), random.normal(size=(500, 3))
    y, truth = (x[:, 0] + random.normal(size=len(x)) * np.where(x[:, 1] > 0, 1.5, 0.5) for x in (X, new))
    low, high = (
        ENSEMBLES.load("rfr")(100)
        .fit(X, y, np.ones(200))
        .predict(new)
        .quantiles(Setting(5, regression_in_leaves=True), (0.05, 0.95))
    )
    noisy = new[:, 1] > 0
    assert 0.8 < np.mean((low <= truth) & (truth <= high)) < 0.97
    assert np.median((high - low)[noisy]) > 1.25 * np.median((high - low)[~noisy])


def test_one_value_everywhere_teaches_nothing() -> None:
    model: Ensemble = ENSEMBLES.load("rfr")(5).fit(np.ones((20, 2)), np.arange(20.0), np.ones(20))
    assert model.importances(Setting(None)).sum() == 0


def test_bootstrapped_trees_weigh_rows_by_how_often_they_were_drawn(data: Data) -> None:
    """Averages of the single trees' means, which scikit-learn's own leaves hold, are the forest's."""
    X, y, weight = data
    new = X[:20] + 0.1
    forest = random_forest(25, max_depths=(None,)).fit(X, y, weight)
    nodes = forest._leaves(float32(new)).T
    drawn = forest.in_bag_
    members = forest._leaves(float32(X)).T
    means = [
        [np.average(y, weights=drawn[tree] * (members[:, tree] == nodes[row, tree])) for tree in range(25)]
        for row in range(20)
    ]
    np.testing.assert_allclose(forest.leaf_weights(new)[0] @ y, np.mean(means, axis=1), atol=1e-9)


def test_a_setting_without_regression_is_the_leaves_mean(data: Data) -> None:
    X, y, weight = data
    model = LocalLinearForest(extra_trees(20, max_depths=(3, None))).fit(X, y, weight)
    means = model.forest.leaf_weights(X) @ y
    predicted = model.predict(X).predicted
    np.testing.assert_allclose(predicted[2:], means)
    assert (np.abs(predicted[:2] - means).max(axis=1) > 0.1).all()


@pytest.mark.parametrize("constant", [7.0, 0.1])
def test_a_predictor_that_the_training_rows_have_in_common_says_nothing_of_another_value(
    constant: float, data: Data
) -> None:
    X, y, weight = data
    model = ENSEMBLES.load("etr")(30)
    without = model.fit(X, y, weight).predict(X[:9]).predicted
    same, other = (np.column_stack([rows, np.full(len(rows), constant)]) for rows in (X, X[:9]))
    other[:, -1] += 0.1
    predicted = ENSEMBLES.load("etr")(30).fit(same, y, weight).predict(other).predicted
    assert np.abs(predicted - without).max() < y.std()


def test_a_regression_follows_a_predictor_a_little_beyond_its_range_only(data: Data) -> None:
    X, y, weight = data
    model = LocalLinearForest(extra_trees(30, max_depths=(3,))).fit(X, y, weight)
    near, far, farther = (np.array([[X[:, 0].max() + beyond, 0, 0, 0, 0]]) for beyond in (0.0, 5.0, 1e30))
    predicted = [model.predict(row).predicted[0, 0] for row in (near, far, farther)]
    assert predicted[0] <= predicted[1] == predicted[2]


def test_few_rows_are_split(data: Data) -> None:
    X, y, weight = data
    forest = extra_trees(20, max_depths=(None,)).fit(X[:12], y[:12], weight[:12])
    assert forest.importances(None).sum() == pytest.approx(1)


@pytest.mark.parametrize("kind", [random_forest, extra_trees])
def test_leaf_weights_are_those_of_the_last_fit_whatever_was_asked_for_before(
    kind: Callable[..., Forest], data: Data
) -> None:
    X, y, weight = data
    depths = (3, 5, None)
    used, new = kind(15, max_depths=depths), kind(15, max_depths=depths)
    used.fit(X[:80], y[:80], weight[:80]).leaf_weights(X, [5])
    expected = new.fit(X, y[::-1], weight).leaf_weights(X[:30])
    used.fit(X, y[::-1], weight)
    for at, depth in enumerate(depths):
        np.testing.assert_array_equal(used.leaf_weights(X[:30], [depth])[0], expected[at])
    assert used.leaf_weights(X[:0]).shape == (3, 0, len(X))
