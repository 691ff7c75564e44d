"""What holds for any survey."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sids_core.survey.schemas import ClusteringRequest
from sids_core.survey.service import cluster

ANSWERS = {
    "categorical": st.sampled_from(["yes", "no", " no", None, "", 1, 1.0, "1", True]),
    "continuous": st.one_of(
        st.none(), st.integers(-3, 3), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["", " 2.5 "])
    ),
    "GPS longitude": st.one_of(st.none(), st.just(""), st.floats(-180, 180)),
}


@st.composite
def surveys(draw: st.DrawFn) -> dict[str, Any]:
    rows = draw(st.integers(1, 12))
    types = draw(st.lists(st.sampled_from(["categorical", "continuous"]), min_size=1, max_size=4))
    located = draw(st.booleans())
    types += ["GPS longitude"] * located
    data = {f"q{j}": draw(st.lists(ANSWERS[kind], min_size=rows, max_size=rows)) for j, kind in enumerate(types)}
    if located:
        data[f"q{len(types) - 1}"][draw(st.integers(0, rows - 1))] = 12.5
    return {
        "data": data,
        "metadata": {"Question Name": list(data), "Type": types, "Factor": ["f"] * len(types)},
        "factor": "f",
    }


def has_coordinates(survey: dict[str, Any]) -> list[bool]:
    types = survey["metadata"]["Type"]
    rows = len(survey["data"]["q0"])
    if types[-1] != "GPS longitude":
        return [True] * rows
    return [answer not in {None, ""} for answer in survey["data"][f"q{len(types) - 1}"]]


@given(surveys())
@settings(max_examples=60, deadline=None)
def test_labels_are_valid_and_null_exactly_without_coordinates(survey: dict[str, Any]) -> None:
    answer = cluster(ClusteringRequest.model_validate(survey))
    labels = [label for label in answer.cluster_label if label is not None]
    assert [label is not None for label in answer.cluster_label] == has_coordinates(survey)
    assert sorted(set(labels)) == list(range(answer.k))
    assert answer.sizes == [labels.count(label) for label in range(answer.k)]
    assert answer.sizes == sorted(answer.sizes, reverse=True)
    assert len(answer.centroids) == answer.k <= 10
    assert answer.clustered_rows == len(labels)
    assert all(cost >= 0 for _, cost in answer.costs)
    assert [k for k, _ in answer.costs] == list(range(1, len(answer.costs) + 1))


@given(surveys(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_permuted_rows_get_the_permuted_labels(survey: dict[str, Any], random: Any) -> None:
    rows = list(range(len(survey["data"]["q0"])))
    random.shuffle(rows)
    permuted = survey | {"data": {name: [answers[row] for row in rows] for name, answers in survey["data"].items()}}
    before = cluster(ClusteringRequest.model_validate(survey))
    after = cluster(ClusteringRequest.model_validate(permuted))
    assert after.cluster_label == [before.cluster_label[row] for row in rows]
    assert after.model_dump(exclude={"cluster_label"}) == before.model_dump(exclude={"cluster_label"})


@given(surveys())
@settings(max_examples=30, deadline=None)
def test_rows_by_name_are_answered_like_lists(survey: dict[str, Any]) -> None:
    named = survey | {
        "data": {
            name: {f"row {row}": answer for row, answer in enumerate(answers)}
            for name, answers in survey["data"].items()
        }
    }
    assert cluster(ClusteringRequest.model_validate(named)) == cluster(ClusteringRequest.model_validate(survey))


def test_rows_by_name_may_come_in_another_order_in_later_questions() -> None:
    data = {"c": {"a": "x", "b": "y", "d": "x"}, "x": {"d": 1, "a": 1, "b": 9}}
    metadata = {"Question Name": ["c", "x"], "Type": ["categorical", "continuous"], "Factor": ["f", "f"]}
    answer = cluster(ClusteringRequest.model_validate({"data": data, "metadata": metadata, "factor": "f"}))
    assert answer.cluster_label == [0, 1, 0]
