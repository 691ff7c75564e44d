"""The arithmetic of scores."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sids_core.evaluation.scores import Score, ScoredValue, confidence_interval


@given(st.integers(1, 10_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_a_confidence_interval_holds_its_share_and_mirrors(counts: tuple[int, int]) -> None:
    hits, trials = counts
    low, high = confidence_interval(hits, trials)
    assert 0 <= low <= hits / trials <= high <= 1
    assert confidence_interval(trials - hits, trials) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_the_confidence_interval_covers_as_often_as_it_says() -> None:
    """Over draws of 30 values from intervals that cover 90 %."""
    hits = np.random.default_rng(0).binomial(30, 0.9, size=4000)
    ends = np.array([confidence_interval(int(count), 30) for count in hits])
    assert 0.93 < np.mean((ends[:, 0] <= 0.9) & (ends[:, 1] >= 0.9)) < 0.985


FINITE = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(FINITE, FINITE, st.floats(0, 1e6)), min_size=1), st.floats(0.1, 1e3), st.floats(0.5, 100))
def test_scores_in_deviations_do_not_depend_on_the_unit(
    rows: list[tuple[float, float, float]], deviation: float, unit: float
) -> None:
    def score(factor: float) -> Score:
        return Score.of(
            [
                ScoredValue(
                    "FJI",
                    2000,
                    hidden * factor,
                    imputed * factor,
                    deviation * factor,
                    (imputed - half) * factor,
                    (imputed + half) * factor,
                    half * factor,
                )
                for hidden, imputed, half in rows
            ]
        )

    one, other = score(1.0), score(unit)
    assert other.error == pytest.approx(one.error, rel=1e-6, abs=1e-6)
    assert other.width == pytest.approx(one.width, rel=1e-6, abs=1e-6)
    assert other.rmse == pytest.approx(one.rmse * unit, rel=1e-6, abs=1e-6)
    assert one.rmse == pytest.approx(one.error * deviation, rel=1e-9)


def test_a_value_without_interval_has_no_coverage() -> None:
    value = ScoredValue("FJI", 2000, 1.0, 3.0, 4.0)
    assert (value.error, value.covered) == (0.5, None)
    score = Score.of([value])
    assert (score.values, score.error, score.rmse) == (1, 0.5, 2.0)
    for figure in (score.coverage, score.coverage_low, score.width, score.reported_error):
        assert math.isnan(figure)
