import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sids_core.survey.search import find_elbow

COSTS = st.lists(st.floats(0, 1e12), min_size=1, max_size=52)


@pytest.mark.parametrize(
    ("costs", "elbow"),
    [
        ([5.0], 1),
        ([5.0, 1.0], 1),
        ([9.0, 1.0, 0.9], 2),
        ([9.0, 6.0, 3.0], 1),
        ([0.0, 0.0, 0.0], 1),
        ([4.0, 4.0, 4.0, 4.0], 1),
        ([100.0, 60.0, 20.0, 18.0, 16.5, 15.0], 3),
        ([100.0, 90.0, 80.0, 70.0, 60.0], 1),
        ([100.0, 40.0, 45.0, 39.0, 41.0, 38.0], 2),
        ([100.0, 20.0, 10.0, 9.9, 9.8, 9.7], 3),
    ],
)
def test_known_curves(costs: list[float], elbow: int) -> None:
    assert find_elbow(costs, len(costs)) == elbow


@example([5e-324, 0.0, 0.0], 2)
@given(COSTS, st.integers(1, 50))
def test_any_curve_gives_a_k_that_was_asked_for(costs: list[float], largest: int) -> None:
    assert 1 <= find_elbow(costs, largest) <= largest


@given(COSTS, st.integers(1, 50), st.integers(-10, 10))
def test_the_unit_of_the_cost_does_not_matter(costs: list[float], largest: int, power: int) -> None:
    assert find_elbow([cost * 2.0**power for cost in costs], largest) == find_elbow(costs, largest)


def test_monotone_noisy_curves_keep_their_elbow() -> None:
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(200):
        elbow = int(rng.integers(2, 9))
        before = rng.uniform(0.05, 0.2, size=elbow - 1)
        after = rng.uniform(0, 0.01, size=12 - elbow)
        costs = 3 - np.concatenate([[0.0], np.cumsum(np.concatenate([before, after]))])
        found += find_elbow(costs.tolist(), 10) == elbow
    assert found >= 195
