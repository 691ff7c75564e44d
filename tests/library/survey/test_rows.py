"""What holds for any survey."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sids_core.survey.cluster import cluster_survey

Data = dict[str, Any]

ANSWERS = {
    "categorical": st.sampled_from(["yes", "no", " no", None, "", 1, 1.0, "1", True]),
    "continuous": st.one_of(
        st.none(), st.integers(-3, 3), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["", " 2.5 "])
    ),
    "GPS longitude": st.one_of(st.none(), st.just(""), st.floats(-180, 180)),
}


@st.composite
def surveys(draw: st.DrawFn) -> tuple[Data, dict[str, str]]:
    rows = draw(st.integers(1, 12))
    types = draw(st.lists(st.sampled_from(["categorical", "continuous"]), min_size=1, max_size=4))
    located = draw(st.booleans())
    types += ["GPS longitude"] * located
    data = {f"q{j}": draw(st.lists(ANSWERS[kind], min_size=rows, max_size=rows)) for j, kind in enumerate(types)}
    if located:
        data[f"q{len(types) - 1}"][draw(st.integers(0, rows - 1))] = 12.5
    return data, dict(zip(data, types, strict=True))


def has_coordinates(data: Data, types: dict[str, str]) -> list[bool]:
    question, kind = list(types.items())[-1]
    if kind != "GPS longitude":
        return [True] * len(data["q0"])
    return [answer not in {None, ""} for answer in data[question]]


@given(surveys())
@settings(max_examples=60, deadline=None)
def test_labels_are_valid_and_none_exactly_without_coordinates(survey: tuple[Data, dict[str, str]]) -> None:
    clusters = cluster_survey(*survey)
    labels = [label for label in clusters.labels if label is not None]
    assert [label is not None for label in clusters.labels] == has_coordinates(*survey)
    assert sorted(set(labels)) == list(range(clusters.k))
    assert list(clusters.sizes) == [labels.count(label) for label in range(clusters.k)]
    assert list(clusters.sizes) == sorted(clusters.sizes, reverse=True)
    assert len(clusters.centroids) == clusters.k <= 10
    assert all(cost >= 0 for cost in clusters.costs)


@given(surveys(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_permuted_rows_get_the_permuted_labels(survey: tuple[Data, dict[str, str]], random: Any) -> None:
    data, types = survey
    rows = list(range(len(data["q0"])))
    random.shuffle(rows)
    before = cluster_survey(data, types)
    after = cluster_survey({name: [answers[row] for row in rows] for name, answers in data.items()}, types)
    assert after.labels == tuple(before.labels[row] for row in rows)
    assert replace(after, labels=before.labels) == before


@given(surveys())
@settings(max_examples=30, deadline=None)
def test_rows_by_name_are_clustered_like_lists(survey: tuple[Data, dict[str, str]]) -> None:
    data, types = survey
    named = {name: {f"row {row}": answer for row, answer in enumerate(answers)} for name, answers in data.items()}
    clusters = cluster_survey(named, types)
    assert clusters.rows == tuple(named["q0"])
    assert replace(clusters, rows=tuple(range(len(clusters.rows)))) == cluster_survey(data, types)


def test_rows_by_name_may_come_in_another_order_in_later_questions() -> None:
    data: Data = {"c": {"a": "x", "b": "y", "d": "x"}, "x": {"d": 1, "a": 1, "b": 9}}
    clusters = cluster_survey(data, {"c": "categorical", "x": "continuous"})
    assert clusters.labels == (0, 1, 0)
