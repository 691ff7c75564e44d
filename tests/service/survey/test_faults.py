"""Every error message names the faulty value."""

from typing import Any

import pytest
from pydantic import ValidationError

from blueprints.survey import ClusteringRequest, check, cluster
from sids_core.errors import RequestError, UnknownValueError

GOOD: dict[str, Any] = {
    "data": {"a": ["x", "y", "x"], "b": [1, 2, 3], "lat": [1, 2, 3]},
    "metadata": {
        "Question Name": ["a", "b", "lat"],
        "Type": ["categorical", "continuous", "GPS latitude"],
        "Factor": ["f", "f", None],
    },
    "factor": "f",
    "max_k": 2,
}


def message(change: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(RequestError) as raised:
        cluster(ClusteringRequest.model_validate(GOOD | change))
    with pytest.raises(RequestError) as checked:
        check(ClusteringRequest.model_validate(GOOD | change))
    assert str(checked.value) == str(raised.value)
    assert raised.value.parameter in {*GOOD, "question", None}
    return str(raised.value), raised.value.kind


def test_the_request_that_the_others_spoil_is_good() -> None:
    assert len(cluster(ClusteringRequest.model_validate(GOOD | {"colour": "unknown fields are ignored"})).sizes) >= 1


@pytest.mark.parametrize(
    ("data", "expected", "kind"),
    [
        ({}, "data has no question", "no_data"),
        ({"a": [], "b": [], "lat": []}, "data has no row: question 'a' is empty", "no_data"),
        ({"a": ["x"], "b": [1, 2], "lat": [1]}, "question 'b' has 2 answers, question 'a' has 1", "ragged_data"),
        ({"a": ["x"], "b": {"0": 1}, "lat": [1]}, "one is a list, the other an object", "ragged_data"),
        (
            {"a": {"r1": 1, "r2": 2}, "b": {"r1": 1}, "lat": {}},
            "question 'b' lacks rows of question 'a': 'r2'",
            "ragged_data",
        ),
        (
            {"a": {"r1": 1}, "b": {"r1": 1, "r9": 1}, "lat": {"r1": 1}},
            "question 'b' has rows that question 'a' lacks: 'r9'",
            "ragged_data",
        ),
        (
            {"a": ["x"] * 3, "b": [1, "many", 3], "lat": [1, 2, 3]},
            "question 'b', row 1 (the first is 0): 'many' is not a finite number",
            "bad_answer",
        ),
        ({"a": ["x"] * 3, "b": [1, True, 3], "lat": [1] * 3}, "row 1 (the first is 0): True is not", "bad_answer"),
        ({"a": ["x"] * 3, "b": [1, 2, "inf"], "lat": [1] * 3}, "'inf' is not a finite number", "bad_answer"),
        ({"a": ["x"] * 3, "b": [1, 2, [3]], "lat": [1] * 3}, "[3] is not a finite number", "bad_answer"),
        ({"a": ["x"] * 3, "b": [10**400, 2, 3], "lat": [1] * 3}, "000… is not a finite number", "bad_answer"),
        (
            {"a": {"p": "x", "q": {"n": 1}}, "b": {"p": 1, "q": 2}, "lat": {"p": 1, "q": 2}},
            "question 'a', row 'q': {'n': 1} is neither a text, a number nor a truth value",
            "bad_answer",
        ),
        ({"a": ["x"] * 3, "b": [1] * 3, "lat": ["N", 2, 3]}, "question 'lat', row 0", "bad_answer"),
        (
            {"a": ["x"] * 3, "b": [1] * 3, "lat": [None] * 3},
            "no row has coordinates in the GPS questions lat",
            "too_few_rows",
        ),
        ({"a": ["x"], "b": [1], "lat": [1]}, "max_k 2 exceeds the 1 rows that can be clustered", "too_few_rows"),
        ({"a": ["x"] * 3, "b": [1] * 3, "lat": [None, 1, ""]}, "(2 more have no coordinates)", "too_few_rows"),
    ],
)
def test_faults_of_data(data: dict[str, Any], expected: str, kind: str) -> None:
    text, found = message({"data": data})
    assert expected in text
    assert found == kind


@pytest.mark.parametrize(
    ("column", "value", "expected", "kind"),
    [
        ("Question Name", ["a", "b"], "different lengths: Question Name 2, Type 3, Factor 3", "unequal_columns"),
        ("Question Name", ["a", "b", "z"], "question 'z' is unknown; allowed: a, b, lat", "unknown_question"),
        ("Question Name", ["a", "b", "b"], "question 'b' is in metadata more than once", "duplicate_question"),
        (
            "Type",
            ["categorical", "ordinal", "GPS latitude"],
            "type 'ordinal' of question 'b' is unknown; allowed: categorical, continuous, GPS longitude, GPS latitude",
            "unknown_type",
        ),
        ("Factor", ["g", "h", None], "factor 'f' is unknown; allowed: g, h", "unknown_factor"),
        ("Factor", ["g", "g", "f"], "factor 'f' has no categorical or continuous question", "no_question"),
    ],
)
def test_faults_of_metadata(column: str, value: list[Any], expected: str, kind: str) -> None:
    text, found = message({"metadata": GOOD["metadata"] | {column: value}})
    assert expected in text
    assert found == kind


def test_unknown_names_are_unknown_values() -> None:
    with pytest.raises(UnknownValueError, match="factor 'health' is unknown"):
        cluster(ClusteringRequest.model_validate(GOOD | {"factor": "health"}))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"max_k": 0}, ("max_k",)),
        ({"max_k": 51}, ("max_k",)),
        ({"data": [1, 2]}, ("data",)),
        ({"data": {"a": "text"}}, ("data", "a")),
        ({"metadata": {}}, ("metadata", "Question Name")),
        ({"factor": None}, ("factor",)),
    ],
)
def test_a_malformed_request_is_located(change: dict[str, Any], place: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as raised:
        ClusteringRequest.model_validate(GOOD | change)
    assert raised.value.errors()[0]["loc"][: len(place)] == place


def test_only_the_questions_of_the_factor_count() -> None:
    metadata = {
        "Question Name": ["c", "x"],
        "Type": ["categorical", "continuous"],
        "Factor": ["Livelihood", "Health"],
    }
    data = {"c": ["a", "b", "a"], "x": [1, 1, 9], "undeclared": ["?", None, 3]}
    request = {"data": data, "metadata": metadata}
    livelihood = cluster(ClusteringRequest.model_validate({**request, "factor": "Livelihood"}))
    assert livelihood.algorithm == "k-modes"
    health = cluster(ClusteringRequest.model_validate({**request, "factor": "Health"}))
    assert (health.algorithm, health.cluster_label) == ("k-means", [0, 0, 1])
    assert health.clustered_rows == 3
    assert [k for k, _ in health.costs] == list(range(1, len(health.costs) + 1))
