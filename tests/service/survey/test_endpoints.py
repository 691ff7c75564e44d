"""Survey clustering over HTTP's shapes."""

from pathlib import Path

import pytest

from blueprints.app import build_app
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.settings import Settings
from tests.function_client import FunctionClient, read

BODY = {
    "data": {"Main income": {"r1": "fishing", "r2": "tourism", "r3": "fishing"}, "lon": {"r1": 1, "r2": 2, "r3": None}},
    "metadata": {
        "Question Name": ["Main income", "lon"],
        "Type": ["categorical", "GPS longitude"],
        "Factor": ["Livelihood", None],
    },
    "factor": "Livelihood",
}


@pytest.fixture
def client(tmp_path: Path) -> FunctionClient:
    settings = Settings(dataset_path=tmp_path, dataset_cache_path=tmp_path, model_service="survey")
    return FunctionClient(build_app(Context(settings, open_panel_source(settings))))


def test_a_survey_is_clustered_without_any_dataset(client: FunctionClient) -> None:
    answer = client.post("/survey/clustering", BODY)
    assert answer.status_code == 200
    found = read(answer)
    assert found["cluster_label"] == [0, 0, None]  # two rows that differ are no two clusters
    assert (found["algorithm"], found["k"]) == ("k-modes", 1)
    assert found["costs"] == [[1, 1.0], [2, 0.0]]
    assert answer.get_body() == client.post("/survey/clustering", BODY).get_body()


def test_a_fault_of_the_data_is_one_problem(client: FunctionClient) -> None:
    answer = client.post("/survey/clustering", BODY | {"factor": "Health"})
    assert answer.status_code == 422
    assert read(answer)["detail"] == {
        "msg": "factor 'Health' is unknown; allowed: Livelihood",
        "type": "unknown_factor",
    }


def test_a_malformed_body_is_a_list_of_faults(client: FunctionClient) -> None:
    answer = client.post("/survey/clustering", {"data": {}, "metadata": BODY["metadata"], "max_k": 99})
    assert answer.status_code == 422
    assert [fault["loc"] for fault in read(answer)["detail"]] == [["body", "factor"], ["body", "max_k"]]


def test_the_form_asks_for_every_field(client: FunctionClient) -> None:
    (form,) = read(client.get("/params"))
    assert [item["parameter"] for item in form["inputs"]] == ["data", "metadata", "factor", "max_k"]
    assert [item["type"] for item in form["inputs"]] == ["object", "object", "string", "integer"]
    assert all(item["label"] and item["description"] for item in form["inputs"])


def test_answers_are_documented_as_plain_json_values(client: FunctionClient) -> None:
    schema = read(client.get("/openapi.json"))["components"]["schemas"]["ClusteringRequest"]
    columns, _ = schema["properties"]["data"]["additionalProperties"]["anyOf"]
    assert columns["items"]["type"] == ["string", "number", "boolean", "null"]
