"""Requests that once failed, and others of their kind, over HTTP's shapes."""

import json
from pathlib import Path
from typing import Any

import pytest

from blueprints.app import build_app
from blueprints.survey import ClusteringRequest, cluster
from sids_core.errors import RequestError
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.settings import Settings
from tests.function_client import FunctionClient, read

COMPOSED, DECOMPOSED = "Caf\u00e9", "Cafe\u0301"


@pytest.fixture
def client(tmp_path: Path) -> FunctionClient:
    settings = Settings(dataset_path=tmp_path, dataset_cache_path=tmp_path, model_service="survey")
    return FunctionClient(build_app(Context(settings, open_panel_source(settings))))


def body(answers: str, kind: str) -> bytes:
    """A request with one question, whose answers are JSON, and one that does not vary."""
    rest = json.dumps([1] * len(json.loads(answers)))
    types = f'{{"Question Name": ["q", "r"], "Type": ["{kind}", "continuous"], "Factor": ["F", "F"]}}'
    return f'{{"data": {{"q": {answers}, "r": {rest}}}, "metadata": {types}, "factor": "F"}}'.encode()


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("survey-rounding-noise/request", [1, 1, 1, 1, 0, 0, 0, 0]),
        ("survey-rounding-noise/request_one_question", [0] * 8),
        ("unicode-and-text/nfc_nfd", [1, 1, 1, 1, 0, 0, 0, 0]),
        ("unicode-and-text/text_nan_categorical", [2, 2, 0, 1, 0, 1]),
        ("unicode-and-text/text_nan_continuous", [2, 2, 0, 1, 0, 1]),
    ],
)
def test_cases_have_the_clusters_that_were_wanted(cases: Path, name: str, labels: list[int]) -> None:
    request = ClusteringRequest.model_validate_json((cases / f"{name}.json").read_bytes())
    answer = cluster(request)
    assert (answer.cluster_label, answer.k) == (labels, max(labels) + 1)
    if "nan" in name:
        assert answer.missing_answers == {"q": 2}


def test_digits_with_an_underscore_are_refused(cases: Path) -> None:
    request = ClusteringRequest.model_validate_json((cases / "unicode-and-text" / "underscore.json").read_bytes())
    with pytest.raises(RequestError, match="'1_000' is not a finite number"):
        cluster(request)


@pytest.mark.parametrize("answers", ['["1_000", 1]', '["\uff11\uff12", 1]', '["inf", 1]', '["1e400", 1]', "[1e400, 1]"])
@pytest.mark.parametrize("kind", ["continuous", "GPS latitude"])
def test_what_is_no_finite_number_is_a_422(client: FunctionClient, answers: str, kind: str) -> None:
    answer = client.post("/survey/clustering", body(answers, kind))
    assert answer.status_code == 422
    assert "question 'q', row 0" in read(answer)["detail"]["msg"]


@pytest.mark.parametrize("kind", ["continuous", "categorical"])
@pytest.mark.parametrize(
    "answers",
    ["[1e308, -1e308, 1.7976931348623157e308]", "[5e-324, 0, 1e-308]", "[-0.0, 0, 0.0]", "[null, null]", "[1e308]"],
)
def test_extreme_numbers_have_an_answer_in_json(client: FunctionClient, answers: str, kind: str) -> None:
    answer = client.post("/survey/clustering", body(answers, kind))
    assert answer.status_code == 200
    found = read(answer)
    assert len(found["cluster_label"]) == len(json.loads(answers))
    assert None not in [cost for _, cost in found["costs"]]


def test_unicode_forms_of_names_are_one(client: FunctionClient) -> None:
    request: dict[str, Any] = {
        "data": {COMPOSED: ["a", "b", "a", "b"]},
        "metadata": {"Question Name": [DECOMPOSED], "Type": ["categorical"], "Factor": [DECOMPOSED]},
        "factor": COMPOSED,
    }
    answer = client.post("/survey/clustering", request)
    assert answer.status_code == 200
    assert read(answer)["missing_answers"] == {COMPOSED: 0}
    request["metadata"] = {name: column * 2 for name, column in request["metadata"].items()}
    request["metadata"]["Question Name"] = [COMPOSED, DECOMPOSED]
    answer = client.post("/survey/clustering", request)
    assert read(answer)["detail"]["type"] == "duplicate_question"
