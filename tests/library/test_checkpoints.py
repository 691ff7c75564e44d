"""Every long computation can be ended while it fits, by what watches it, in whatever thread it fits."""

from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
import pytest

from sids_core.imputation.impute import impute
from sids_core.panel.demo import demo_panel
from sids_core.similarity.cluster import cluster_countries
from sids_core.stages import checkpoint, in_context, watch
from sids_core.survey.cluster import cluster_survey

THREADS = 64
"""More than fit at the same time on any machine; each may have passed its checkpoint when another one is stopped."""

TARGET = "key-wdi-EG.ELC.ACCS.ZS", 2001
ROWS = 300


class Stop(Exception):  # noqa: N818
    pass


class Stopping:
    """Counts the checkpoints, and stops the work from one of them on."""

    def __init__(self, stop_at: float = float("inf")) -> None:
        self.passed = 0
        self._stop_at = stop_at
        self._lock = Lock()

    def entered(self, stage: str) -> None:
        pass

    def advanced(self, share: float) -> None:
        pass

    def checkpoint(self) -> None:
        with self._lock:
            self.passed += 1
            if self.passed >= self._stop_at:
                raise Stop


def survey(*kinds: str) -> Callable[[], object]:
    random = np.random.default_rng(0)
    answers = {
        "categorical": [str(number) for number in random.integers(0, 9, ROWS)],
        "continuous": random.normal(size=ROWS).tolist(),
    }
    return lambda: cluster_survey({kind: answers[kind] for kind in kinds}, {kind: kind for kind in kinds})


def imputation(**options: Any) -> Callable[[], object]:
    return lambda: impute(demo_panel(), *TARGET, **{"selection": "PCA", "n_predictors": 3, **options})


COMPUTATIONS: dict[str, tuple[int, Callable[[], object]]] = {
    "a random forest": (6 * 50, imputation(ensemble="rfr", n_estimators=50)),
    "extra trees": (6 * 200, imputation(ensemble="etr", n_estimators=200)),
    "boosting": (6 * 3 * 20, imputation(ensemble="gbr", n_estimators=20)),
    "elimination": (6 * 30, imputation(ensemble="etr", n_estimators=1, selection="AFS")),
    "round-robin regression": (100, imputation(ensemble="etr", n_estimators=1, base_imputer="IterativeImputer")),
    "k-modes": (23 * ROWS, survey("categorical")),
    "k-prototypes": (23 * ROWS, survey("categorical", "continuous")),
    "k-means": (100, survey("continuous")),
    "similar countries": (
        100,
        lambda: cluster_countries(demo_panel(), dataset="key", category="Economy", year=2001, k=4),
    ),
}


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_a_computation_can_be_ended_between_two_steps(name: str) -> None:
    least, compute = COMPUTATIONS[name]
    counting = Stopping()
    with watch(counting):
        compute()
    assert counting.passed >= least
    halfway = counting.passed // 2
    stopping = Stopping(halfway)
    with pytest.raises(Stop), watch(stopping):
        compute()
    assert stopping.passed <= halfway + THREADS


def test_a_thread_is_watched_only_while_it_works_for_the_caller() -> None:
    stopping = Stopping(1)
    with watch(stopping):
        watched = in_context(checkpoint)
    with pytest.raises(Stop):
        watched()
    checkpoint()
    assert stopping.passed == 1
