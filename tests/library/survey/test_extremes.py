"""Whatever finite numbers a survey holds, its clusters are finite numbers too."""

import math
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sids_core.survey.cluster import SurveyClusters
from sids_core.survey.points import standardize
from tests.library.survey.conftest import cluster

LARGEST = sys.float_info.max
EXTREMES = [
    LARGEST,
    -LARGEST,
    1e308,
    -1e308,
    1e-308,
    5e-324,
    -5e-324,
    0.0,
    -0.0,
    1.0,
    0.3,
    0.1 + 0.2,
    1e16,
    2.0**53,
    None,
]


def check_finite(answer: SurveyClusters) -> None:
    assert all(map(math.isfinite, (*answer.costs, answer.cost)))
    for centroid in answer.centroids:
        assert all(math.isfinite(value) for value in centroid.values() if isinstance(value, float))
    assert answer.silhouette is None or -1 <= answer.silhouette <= 1
    assert sorted(set(answer.labels)) == list(range(answer.k))  # type: ignore[type-var]


@st.composite
def surveys(draw: st.DrawFn) -> dict[str, Any]:
    rows = draw(st.integers(1, 12))
    pool = draw(st.lists(st.sampled_from(EXTREMES), min_size=1, max_size=6))
    names = draw(st.lists(st.sampled_from(["x1", "x2", "c1", "c2"]), min_size=1, unique=True))
    return {name: draw(st.lists(st.sampled_from(pool), min_size=rows, max_size=rows)) for name in names}


@given(surveys())
@settings(max_examples=80, deadline=None)
def test_extreme_answers_have_finite_clusters(data: dict[str, Any]) -> None:
    check_finite(cluster(data))


@pytest.mark.parametrize("kinds", ["x", "c", "xc"])
@pytest.mark.parametrize("answers", [[1e308], [None], [None] * 5, [-0.0, 0.0], [5e-324] * 4, [1e308, -1e308] * 3])
def test_one_row_equal_rows_and_missing_ones(kinds: str, answers: list[Any]) -> None:
    check_finite(cluster(dict.fromkeys(kinds, answers)))


def test_the_largest_numbers_are_their_own_centroids() -> None:
    answer = cluster({"x": [LARGEST, -LARGEST] * 5})
    assert sorted(centroid["x"] for centroid in answer.centroids) == pytest.approx([-LARGEST, LARGEST])  # type: ignore[type-var]
    assert cluster({"x": [-0.0, 0.0]}).centroids == ({"x": 0.0},)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_standardised_answers_have_mean_0_and_deviation_1(answers: list[float]) -> None:
    scaled = standardize(np.array(answers))
    if len(set(answers)) == 1:
        assert not scaled.values.any()
        assert scaled.mean == answers[0]
        return
    assert scaled.values.mean() == pytest.approx(0, abs=1e-9)
    assert scaled.values.std() == pytest.approx(1)
    largest = max(map(abs, answers))
    restored = [scaled.original(float(value)) / largest for value in scaled.values]
    assert restored == pytest.approx([answer / largest for answer in answers], abs=1e-12)


@pytest.mark.parametrize("offset", [1e3, 1e9, 1e12])
def test_answers_far_from_0_are_clustered_like_those_near_it(offset: float) -> None:
    near = [1.0, 1.5, 1.25, 8.0, 8.5, 8.25] * 4
    assert cluster({"x": [value + offset for value in near]}).labels == cluster({"x": near}).labels
