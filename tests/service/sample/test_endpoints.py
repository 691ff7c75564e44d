"""The sample model as its clients see it."""

from pathlib import Path

import pytest

from blueprints.app import build_app
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.settings import Settings
from tests.function_client import FunctionClient, read


@pytest.fixture
def client(tmp_path: Path) -> FunctionClient:
    """It serves without any dataset."""
    settings = Settings(dataset_path=tmp_path, dataset_cache_path=tmp_path, model_service="sampleapi")
    return FunctionClient(build_app(Context(settings, open_panel_source(settings))))


@pytest.mark.parametrize("body", [{"requiredField": "x"}, {"requiredField": "x", "optionalField": "y"}])
def test_a_body_is_answered(client: FunctionClient, body: dict[str, str]) -> None:
    assert read(client.post("/sampleapi/test_endpoint1", body)) == {"resp1": "Test 1"}


def test_a_query_parameter_is_answered(client: FunctionClient) -> None:
    answer = client.call("POST", "/sampleapi/test_endpoint2", query={"name": "Bob"})
    assert answer.get_body() == b'"Hi Bob"'


def test_what_is_missing_is_located(client: FunctionClient) -> None:
    answer = client.post("/sampleapi/test_endpoint1", {"optionalField": "y"})
    assert answer.status_code == 422
    assert [fault["loc"] for fault in read(answer)["detail"]] == [["body", "requiredField"]]
    answer = client.call("POST", "/sampleapi/test_endpoint2")
    assert answer.status_code == 422
    assert [fault["loc"] for fault in read(answer)["detail"]] == [["query", "name"]]


def test_the_form_tells_which_field_is_required(client: FunctionClient) -> None:
    (form,) = read(client.get("/params"))
    told = [(item["parameter"], item.get("conditions")) for item in form["inputs"]]
    assert told == [("requiredField", [{"required": True}]), ("optionalField", None)]
