"""How answers are read, seen from outside."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sids_core.survey.cluster import cluster_survey
from tests.library.survey.conftest import cluster

PROJECT = Path(__file__).resolve().parents[3]


def test_identical_rows_are_one_cluster_whatever_max_k() -> None:
    answer = cluster({"c": ["a"] * 60, "x": [1] * 60}, max_k=50)
    assert (answer.k, answer.costs, answer.labels) == (1, (0.0,), (0,) * 60)


def test_k_is_capped_at_the_number_of_distinct_rows() -> None:
    answer = cluster({"c1": ["a", "b"] * 20, "c2": ["m", "n"] * 20}, max_k=30)
    assert answer.k == 2
    assert len(answer.costs) == 2
    assert answer.silhouette == 1.0


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_default_max_k_gives_way_to_fewer_rows(rows: int) -> None:
    answer = cluster({"c": ["a", "b", "c"][:rows], "x": [1, 2, 3][:rows]})
    assert len(answer.labels) == rows
    assert answer.k <= rows


def test_a_missing_answer_is_a_category_of_its_own() -> None:
    answer = cluster({"c1": ["a", None, "", "a", " ", "a", "a"], "c2": ["m", None, None, "m", None, "m", "m"]})
    assert answer.labels == (0, 1, 1, 0, 1, 0, 0)
    assert answer.centroids == ({"c1": "a", "c2": "m"}, {"c1": None, "c2": None})
    assert answer.missing_answers == {"c1": 3, "c2": 3}


def test_a_missing_number_is_the_median_of_the_others() -> None:
    answer = cluster({"x": [1, 2, 60, None]}, max_k=1)
    (centroid,) = answer.centroids
    assert centroid == {"x": pytest.approx((1 + 2 + 60 + 2) / 4)}
    assert answer.missing_answers == {"x": 1}


def test_a_question_that_nobody_answered_decides_nothing() -> None:
    data = {"x1": [1, 1, 9, 9, 9], "c": ["a", "a", "b", "b", "b"]}
    answer = cluster(data | {"x2": [None] * 5, "c2": [None] * 5})
    assert answer.labels == (1, 1, 0, 0, 0)
    assert answer.centroids[0] == {"x1": 9.0, "x2": None, "c": "b", "c2": None}


def test_numbers_as_text_are_numbers() -> None:
    plain = cluster({"x": [3.5, 100, 4, 101, 3.5]})
    assert cluster({"x": ["3.5", "1e2", " 4 ", "101", 3.5]}) == plain
    assert plain.labels == (0, 1, 0, 1, 0)


def test_equal_texts_are_one_category() -> None:
    answer = cluster({"c": [1, 1.0, "1", " 1 ", True, "true"]})
    assert answer.labels == (0, 0, 0, 0, 1, 1)
    assert answer.centroids == ({"c": "1"}, {"c": "true"})


def test_coordinates_filter_rows_and_do_not_cluster_them() -> None:
    types = {"c": "categorical", "lon": "GPS longitude", "lat": "GPS latitude"}
    data = {
        "c": ["a", "a", "b", "b", "b"],
        "lon": [None, 10, -60.5, "150", 10],
        "lat": [1, 1, 13, -9, None],
    }
    answer = cluster(data, types)
    assert answer.labels == (None, 1, 0, 0, None)
    assert sum(answer.sizes) == 3
    assert answer.centroids == ({"c": "b"}, {"c": "a"})


def test_only_the_declared_questions_count() -> None:
    data = {"c": ["a", "b", "a"], "x": [1, 1, 9], "undeclared": ["?", None, 3]}
    assert cluster(data, {"c": "categorical"}).algorithm == "k-modes"
    health = cluster(data, {"x": "continuous"})
    assert (health.algorithm, health.labels) == ("k-means", (0, 0, 1))


def test_a_data_frame_is_read_like_lists() -> None:
    data: dict[str, list[object]] = {"c": ["a", "b", None, "a"], "x": [1, 2, 9, None]}
    frame = pd.DataFrame(data, index=["p", "q", "r", "s"]).assign(c=lambda table: table["c"].astype("category"))
    types = {"c": "categorical", "x": "continuous", "n": "continuous"}
    clusters = cluster_survey(frame.assign(n=np.arange(4)), types)
    assert replace(clusters, rows=(0, 1, 2, 3)) == cluster_survey(data | {"n": [0, 1, 2, 3]}, types)
    assert clusters.to_frame()["row"].tolist() == ["p", "q", "r", "s"]
    assert clusters.to_frame()["cluster"].tolist() == list(clusters.labels)


def test_the_algorithms_are_not_touched_by_units() -> None:
    c, x = ["a", "a", "b", "b"] * 5, [1.0, 1.5, 8.0, 8.5] * 5
    plain, large = cluster({"c": c, "x": x}), cluster({"c": c, "x": [1e300 * value for value in x]})
    assert large.labels == plain.labels


SCRIPT = """
import sys, numpy as np
from sids_core.survey.cluster import cluster_survey
rng = np.random.default_rng(3)
label = rng.integers(3, size=1500)
data = {f"x{j}": (2 * rng.normal(size=3)[label] + rng.normal(size=1500)).tolist() for j in range(8)}
data |= {f"c{j}": rng.integers(4, size=1500).tolist() for j in range(4)}
for kinds in ("x", "c", "xc"):
    types = {name: "continuous" if name[0] == "x" else "categorical" for name in data if name[0] in kinds}
    print(cluster_survey(data, types, max_k=4))
"""


def test_the_bytes_depend_on_neither_threads_nor_hashes() -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=PROJECT,
            env=os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "PYTHONHASHSEED": threads},
            check=True,
            capture_output=True,
        ).stdout
        for threads in ("1", "4")
    }
    assert len(answers) == 1
    assert answers.pop().count(b"\n") == 3
