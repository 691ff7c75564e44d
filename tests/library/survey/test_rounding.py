"""Numbers that differ only by rounding, texts that differ only in their Unicode form, and numbers that are none."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sids_core.errors import RequestError
from sids_core.survey.answers import merge_rounding, to_category, to_number
from tests.library.survey.conftest import cluster

ULP = 2.0**-52
FINITE = st.floats(allow_nan=False, allow_infinity=False)
COMPOSED, DECOMPOSED = "Caf\u00e9", "Cafe\u0301"


def noisy(value: float, count: int = 8) -> list[float]:
    """The value and its neighbours, in turn."""
    return [float(np.nextafter(value, (-1) ** row * np.inf)) if row % 3 else value for row in range(count)]


@pytest.mark.parametrize("value", [0.3, -0.3, 1e6 + 0.3, 1e15 + 0.5, -4.2e9, 1e16, 1e300, 3e-300])
def test_a_question_that_varies_only_by_rounding_does_not_vary(value: float) -> None:
    assert (cluster({"x": noisy(value)}).k, cluster({"c": noisy(value)}).k) == (1, 1)
    income = [1, 1.1, 0.9, 1, 9, 9.1, 8.9, 9]
    for name in ("x share", "c share"):
        answer = cluster({"x income": income, name: noisy(value)})
        assert (answer.k, answer.labels) == (2, (1, 1, 1, 1, 0, 0, 0, 0))


def test_sums_in_another_order_are_one_number() -> None:
    rng = np.random.default_rng(0)
    terms = rng.random(30).round(2)
    sums = [float(sum(rng.permutation(terms))) for _ in range(40)]
    assert len(set(sums)) > 1
    assert len(set(merge_rounding(np.array(sums)).tolist())) == 1


def test_what_differs_by_more_than_rounding_stays_apart() -> None:
    for apart in (
        [1e15, 1e15 + 1, 1e15 + 2],
        [2.0**53 - 2, 2.0**53 - 1],
        [123456789012.34, 123456789012.35],
        [0, 5e-324],
    ):
        assert merge_rounding(np.array(apart)).tolist() == apart
    dense = np.array([1 + 2 * row * ULP for row in range(4000)])
    assert len(set(merge_rounding(dense).tolist())) > 50


def test_a_group_is_named_by_its_shortest_number() -> None:
    assert cluster({"c": [0.1 + 0.2, 0.3, 0.30000000000000004]}).centroids == ({"c": "0.3"},)
    assert cluster({"c": [7.000000000000001, 7, "7", "7.000000000000001"]}).centroids == ({"c": "7"},)
    assert cluster({"c": ["0.30000000000000004", "0.3", 0.3]}).costs == (0.0,)


@given(st.lists(st.one_of(FINITE, st.just(math.nan)), max_size=30))
def test_merging_moves_no_number_further_than_rounding(numbers: list[float]) -> None:
    merged = merge_rounding(np.array(numbers, dtype=np.float64))
    np.testing.assert_allclose(merged, numbers, rtol=64 * ULP * 2, atol=0)
    np.testing.assert_array_equal(merge_rounding(merged), merged)
    assert set(merged[~np.isnan(merged)].tolist()) <= set(numbers)


@given(FINITE.filter(lambda number: abs(number) > 1e-290), st.integers(1, 8))
def test_neighbours_are_one_number(number: float, steps: int) -> None:
    other = number
    for _ in range(steps):
        other = float(np.nextafter(other, 0))
    merged = merge_rounding(np.array([number, other]))
    exact = number.is_integer() and other.is_integer() and abs(number) < 2**53
    assert (merged[0] == merged[1]) is not exact


def test_unicode_forms_of_a_text_are_one_answer() -> None:
    answer = cluster({"c1": [COMPOSED, DECOMPOSED] * 4, "c2": ["a"] * 4 + ["b"] * 4})
    assert answer.labels == (1, 1, 1, 1, 0, 0, 0, 0)
    assert answer.centroids[0]["c1"] == COMPOSED
    assert cluster({"c": [COMPOSED, DECOMPOSED] * 4}).k == 1


def test_unicode_forms_of_a_name_are_one_question_and_one_row() -> None:
    data: dict[str, Any] = {DECOMPOSED: {DECOMPOSED: "a", "r": "b"}, "x": {"r": 2, COMPOSED: 1}}
    answer = cluster(data, {COMPOSED: "categorical", "x": "continuous"})
    assert answer.rows == (DECOMPOSED, "r")
    assert answer.missing_answers == {COMPOSED: 0, "x": 0}
    for twice in ({COMPOSED: ["a"], DECOMPOSED: ["b"]}, {"c": {COMPOSED: "a", DECOMPOSED: "b"}}):
        with pytest.raises(RequestError, match="more than once, in different Unicode forms") as caught:
            cluster(twice, {next(iter(twice)): "categorical"})
        assert (caught.value.kind, caught.value.parameter) == ("duplicate_name", "data")


@pytest.mark.parametrize("spelling", ["nan", "NaN", "NAN", " nan ", "+nan", "-NaN", math.nan, None, "", " ", "\u00a0"])
def test_a_missing_answer_is_missing_in_every_type(spelling: Any) -> None:
    assert cluster({"c": [spelling, "1", "2"], "x": [spelling, "1", "2"]}).missing_answers == {"c": 1, "x": 1}
    types = {"x": "continuous", "lat": "GPS latitude"}
    assert cluster({"x": [1, 2], "lat": [spelling, 2]}, types).labels == (None, 0)


HUGE = pytest.param(10**5000, id="5001 digits")
NO_NUMBERS = [
    "1_000",
    "\uff11\uff12",
    "\u0663",
    "inf",
    "-Infinity",
    "1e400",
    "0x10",
    "1,5",
    "1 000",
    "- 5",
    "\u22125",
    ".",
]


@pytest.mark.parametrize("answer", [*NO_NUMBERS, "e5", "1e", "5\x00", math.inf, 10**400, HUGE, True, [1]])
@pytest.mark.parametrize("kind", ["continuous", "GPS longitude"])
def test_what_is_no_finite_number_is_refused(answer: Any, kind: str) -> None:
    with pytest.raises(RequestError, match=r"question 'q', row 1 .* is not a finite number") as caught:
        cluster({"q": [1, answer], "x": [1, 2]}, {"q": kind, "x": "continuous"})
    assert caught.value.kind == "bad_answer"


@pytest.mark.parametrize("answer", [math.inf, -math.inf, 10**400, HUGE])
def test_an_infinite_number_is_no_category(answer: Any) -> None:
    with pytest.raises(RequestError, match="is not a finite number"):
        cluster({"c": ["a", answer]})


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_a_text_that_is_no_number_is_a_category(text: str) -> None:
    assert to_category(text) == text


@pytest.mark.parametrize(
    ("text", "number"), [("\u00a05\u2003", 5), ("+5", 5), (".5", 0.5), ("5.", 5), ("1E3", 1000), ("-0", 0), ("007", 7)]
)
def test_decimal_and_scientific_notation_are_numbers(text: str, number: float) -> None:
    assert to_number(text) == number


@given(FINITE)
def test_a_number_as_text_is_that_number(number: float) -> None:
    assert to_number(repr(number)) == to_number(number) == number


@given(st.one_of(st.integers(-(10**14), 10**14), st.decimals(-999, 999, places=3).map(float)))
def test_a_number_as_text_is_the_same_category(number: float) -> None:
    text = str(int(number)) if float(number).is_integer() else repr(number)
    assert cluster({"c": [number, float(number), text]}).costs == (0.0,)
