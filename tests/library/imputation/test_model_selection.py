import numpy as np

from sids_core.imputation.ensembles import Setting
from sids_core.imputation.model_selection import Configuration, select_configuration

CONFIGURATIONS = [
    Configuration("etr", Setting(5)),
    Configuration("etr", Setting(None)),
    Configuration("gbr", Setting(3)),
]


def test_of_one_ensemble_the_depth_with_the_smallest_squared_error_is_chosen() -> None:
    error = np.array([[1.0, 1.0], [0.5, 0.5]])
    assert select_configuration(CONFIGURATIONS[:2], error, np.ones(2)) == 1


def test_weights_decide_between_depths() -> None:
    error = np.array([[1.0, 0.1], [0.1, 0.9]])
    assert select_configuration(CONFIGURATIONS[:2], error, np.array([1.0, 3.0])) == 0
    assert select_configuration(CONFIGURATIONS[:2], error, np.array([3.0, 1.0])) == 1


def test_another_ensemble_must_be_better_by_more_than_two_standard_errors() -> None:
    random = np.random.default_rng(1)
    noise = random.normal(size=100)
    preferred = np.stack([noise, 2 * noise])
    slightly = select_configuration(
        CONFIGURATIONS, np.stack([*preferred, random.permutation(noise) * 0.85]), np.ones(100)
    )
    clearly = select_configuration(
        CONFIGURATIONS, np.stack([*preferred, random.permutation(noise) * 0.5]), np.ones(100)
    )
    assert (slightly, clearly) == (0, 2)


def test_equal_errors_keep_the_preferred_ensemble() -> None:
    assert select_configuration(CONFIGURATIONS, np.ones((3, 10)), np.ones(10)) == 0


def test_the_mean_inside_the_leaves_must_be_better_by_more_than_one_standard_error() -> None:
    random = np.random.default_rng(1)
    noise = random.normal(size=100)
    settings = [Configuration("etr", Setting(3, regression)) for regression in (True, False)]
    chosen = [
        select_configuration(settings, np.stack([noise, factor * random.permutation(noise)]), np.ones(100))
        for factor in (0.97, 0.5)
    ]
    assert chosen == [0, 1]
