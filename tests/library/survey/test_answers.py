"""How answers are read, seen from outside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sids_core.survey.service import cluster
from tests.library.survey.conftest import Ask

PROJECT = Path(__file__).resolve().parents[3]


def test_identical_rows_are_one_cluster_whatever_max_k(ask: Ask) -> None:
    answer = cluster(ask({"c": ["a"] * 60, "x": [1] * 60}, max_k=50))
    assert (answer.k, answer.costs, answer.cluster_label) == (1, [(1, 0.0)], [0] * 60)


def test_k_is_capped_at_the_number_of_distinct_rows(ask: Ask) -> None:
    answer = cluster(ask({"c1": ["a", "b"] * 20, "c2": ["m", "n"] * 20}, max_k=30))
    assert answer.k == 2
    assert [k for k, _ in answer.costs] == [1, 2]
    assert answer.silhouette == 1.0


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_default_max_k_gives_way_to_fewer_rows(ask: Ask, rows: int) -> None:
    answer = cluster(ask({"c": ["a", "b", "c"][:rows], "x": [1, 2, 3][:rows]}))
    assert len(answer.cluster_label) == rows
    assert answer.k <= rows


def test_a_missing_answer_is_a_category_of_its_own(ask: Ask) -> None:
    answer = cluster(ask({"c1": ["a", None, "", "a", " ", "a", "a"], "c2": ["m", None, None, "m", None, "m", "m"]}))
    assert answer.cluster_label == [0, 1, 1, 0, 1, 0, 0]
    assert answer.centroids == [{"c1": "a", "c2": "m"}, {"c1": None, "c2": None}]
    assert answer.missing_answers == {"c1": 3, "c2": 3}


def test_a_missing_number_is_the_median_of_the_others(ask: Ask) -> None:
    answer = cluster(ask({"x": [1, 2, 60, None]}, max_k=1))
    assert answer.centroids == [{"x": pytest.approx((1 + 2 + 60 + 2) / 4)}]
    assert answer.missing_answers == {"x": 1}


def test_a_question_that_nobody_answered_decides_nothing(ask: Ask) -> None:
    data = {"x1": [1, 1, 9, 9, 9], "c": ["a", "a", "b", "b", "b"]}
    answer = cluster(ask(data | {"x2": [None] * 5, "c2": [None] * 5}))
    assert answer.cluster_label == [1, 1, 0, 0, 0]
    assert answer.centroids[0] == {"x1": 9.0, "x2": None, "c": "b", "c2": None}


def test_numbers_as_text_are_numbers(ask: Ask) -> None:
    plain = cluster(ask({"x": [3.5, 100, 4, 101, 3.5]}))
    assert cluster(ask({"x": ["3.5", "1e2", " 4 ", "101", 3.5]})) == plain
    assert plain.cluster_label == [0, 1, 0, 1, 0]


def test_equal_texts_are_one_category(ask: Ask) -> None:
    answer = cluster(ask({"c": [1, 1.0, "1", " 1 ", True, "true"]}))
    assert answer.cluster_label == [0, 0, 0, 0, 1, 1]
    assert answer.centroids == [{"c": "1"}, {"c": "true"}]


def test_coordinates_filter_rows_and_do_not_cluster_them(ask: Ask) -> None:
    types = {"c": "categorical", "lon": "GPS longitude", "lat": "GPS latitude"}
    data = {
        "c": ["a", "a", "b", "b", "b"],
        "lon": [None, 10, -60.5, "150", 10],
        "lat": [1, 1, 13, -9, None],
    }
    answer = cluster(ask(data, types))
    assert answer.cluster_label == [None, 1, 0, 0, None]
    assert answer.clustered_rows == 3
    assert answer.centroids == [{"c": "b"}, {"c": "a"}]


def test_only_the_questions_of_the_factor_count(ask: Ask) -> None:
    metadata = {
        "Question Name": ["c", "x"],
        "Type": ["categorical", "continuous"],
        "Factor": ["Livelihood", "Health"],
    }
    data = {"c": ["a", "b", "a"], "x": [1, 1, 9], "undeclared": ["?", None, 3]}
    assert cluster(ask(data, {}, metadata=metadata)).algorithm == "k-modes"
    health = cluster(ask(data, {}, metadata=metadata, factor="Health"))
    assert (health.algorithm, health.cluster_label) == ("k-means", [0, 0, 1])


def test_the_algorithms_are_not_touched_by_units(ask: Ask) -> None:
    c, x = ["a", "a", "b", "b"] * 5, [1.0, 1.5, 8.0, 8.5] * 5
    plain, large = ask({"c": c, "x": x}), ask({"c": c, "x": [1e300 * value for value in x]})
    assert cluster(large).cluster_label == cluster(plain).cluster_label


SCRIPT = """
import sys, numpy as np
from sids_core.survey.schemas import ClusteringRequest
from sids_core.survey.service import cluster
rng = np.random.default_rng(3)
label = rng.integers(3, size=1500)
data = {f"x{j}": (2 * rng.normal(size=3)[label] + rng.normal(size=1500)).tolist() for j in range(8)}
data |= {f"c{j}": rng.integers(4, size=1500).tolist() for j in range(4)}
for kinds in ("x", "c", "xc"):
    names = [name for name in data if name[0] in kinds]
    types = ["continuous" if name[0] == "x" else "categorical" for name in names]
    metadata = {"Question Name": names, "Type": types, "Factor": ["f"] * len(names)}
    request = ClusteringRequest.model_validate({"data": data, "metadata": metadata, "factor": "f", "max_k": 4})
    print(cluster(request).model_dump_json())
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
