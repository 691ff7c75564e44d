"""Planted clusters are found, as plain kmodes finds them."""

import numpy as np
import pytest
from kmodes.kmodes import KModes
from kmodes.kprototypes import KPrototypes
from sklearn.metrics import adjusted_rand_score

from tests.library.survey.conftest import Plant, cluster


@pytest.mark.parametrize(
    ("algorithm", "rows", "categorical", "continuous", "clusters"),
    [
        ("k-modes", 1500, 30, 0, 3),
        ("k-modes", 5000, 30, 0, 5),
        ("k-means", 5000, 0, 30, 4),
        ("k-means", 5000, 0, 30, 5),
        ("k-prototypes", 1500, 15, 15, 3),
        ("k-prototypes", 5000, 20, 10, 5),
    ],
)
def test_planted_clusters_of_a_large_survey_are_recovered(
    plant: Plant, algorithm: str, rows: int, categorical: int, continuous: int, clusters: int
) -> None:
    survey = plant(rows, categorical=categorical, continuous=continuous, clusters=clusters)
    answer = cluster(survey.data)
    assert answer.algorithm == algorithm
    assert answer.k == clusters
    assert adjusted_rand_score(survey.labels, answer.labels) >= 0.9


@pytest.mark.parametrize("seed", range(2))
def test_missing_answers_do_not_hide_the_clusters(plant: Plant, seed: int) -> None:
    survey = plant(800, categorical=15, continuous=15, clusters=4, seed=seed)
    rng = np.random.default_rng(seed)
    data = {
        name: [None if missing else answer for answer, missing in zip(answers, rng.random(800) < 0.1, strict=True)]
        for name, answers in survey.data.items()
    }
    answer = cluster(data, max_k=6)
    assert answer.k == 4
    assert adjusted_rand_score(survey.labels, answer.labels) >= 0.9
    assert answer.missing_answers == {name: answers.count(None) for name, answers in data.items()}


@pytest.mark.parametrize("clusters", [2, 4])
def test_an_elbow_at_max_k_is_seen(plant: Plant, clusters: int) -> None:
    survey = plant(600, categorical=30, continuous=0, clusters=clusters)
    answer = cluster(survey.data, max_k=clusters)
    assert answer.k == clusters
    assert len(answer.costs) == clusters


def test_rows_without_structure_are_one_cluster() -> None:
    rng = np.random.default_rng(0)
    answer = cluster({f"x{j}": rng.normal(size=1000).tolist() for j in range(30)})
    assert answer.k == 1
    assert answer.silhouette is None


@pytest.mark.parametrize("seed", range(2))
def test_k_prototypes_finds_what_plain_kmodes_finds(plant: Plant, seed: int) -> None:
    survey = plant(800, categorical=15, continuous=15, clusters=3, seed=seed)
    standardised = (survey.numbers - survey.numbers.mean(axis=0)) / survey.numbers.std(axis=0)
    plain = KPrototypes(3, n_init=3, random_state=0).fit(
        np.hstack([standardised, survey.codes]), categorical=list(range(15, 30))
    )
    answer = cluster(survey.data, max_k=6)
    assert adjusted_rand_score(plain.labels_, answer.labels) >= 0.95
    assert answer.cost <= plain.cost_ * 1.001


@pytest.mark.parametrize("seed", range(2))
def test_k_modes_finds_what_plain_kmodes_finds(plant: Plant, seed: int) -> None:
    survey = plant(800, categorical=30, continuous=0, clusters=4, seed=seed)
    plain = KModes(4, init="Huang", n_init=3, random_state=0).fit(survey.codes)
    answer = cluster(survey.data, max_k=6)
    assert adjusted_rand_score(plain.labels_, answer.labels) >= 0.95
    assert answer.cost <= plain.cost_ * 1.001


@pytest.mark.parametrize("seed", range(3))
def test_a_question_that_nobody_answers_alike_hides_nothing(seed: int) -> None:
    answers = np.random.default_rng(seed).integers(3, size=2000)
    answer = cluster({"c1": [f"text {row}" for row in range(2000)], "c2": answers.tolist()})
    assert answer.k == 3
    assert adjusted_rand_score(answers, answer.labels) == 1
