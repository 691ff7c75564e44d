"""Keys of the Functions host: which function needs one, and that no other server takes its place."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import azure.functions as func
import httpx
import pytest
from azure.functions.decorators.http import HttpTrigger
from openapi_spec_validator import validate

from blueprints.app import build_app
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.settings import Settings
from tests.call import Call
from tests.calls import PREDICT, served
from tests.conftest import PROJECT
from tests.function_client import FunctionClient, methods_of, read, route_pattern
from tests.in_process_server import serving
from tests.service.access.conftest import ORIGIN
from tests.service.access.test_tokens import OPEN

KEYS = {"access": "keys"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"dataset_path": tmp_path / "none", "dataset_cache_path": tmp_path, **KEYS})


@pytest.fixture
def app(settings: Settings) -> func.FunctionApp:
    return build_app(Context(settings, open_panel_source(settings)))


def triggers(app: func.FunctionApp) -> dict[str, HttpTrigger]:
    found = {str(function.get_function_name()): function.get_trigger() for function in app.get_functions()}
    return {name: trigger for name, trigger in found.items() if isinstance(trigger, HttpTrigger)}


def levels(app: func.FunctionApp, method: str, path: str) -> set[func.AuthLevel | None]:
    """The levels of all functions that the host could choose for a request."""
    matching = [t for t in triggers(app).values() if route_pattern(t).fullmatch(path) and method in methods_of(t)]
    return {trigger.auth_level for trigger in matching}


@pytest.mark.parametrize("call", served(), ids=lambda call: call.function)
def test_every_endpoint_needs_a_key_or_is_open(app: func.FunctionApp, call: Call) -> None:
    anonymous, keyed = {func.AuthLevel.ANONYMOUS}, {func.AuthLevel.FUNCTION}
    path, method, name = call.path, call.method, call.function
    assert levels(app, method, path) == (anonymous if name in OPEN else keyed)
    assert levels(app, "OPTIONS", path) == anonymous
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": method}
    preflight["Access-Control-Request-Headers"] = "authorization,cancel-token,x-functions-key"
    answer = FunctionClient(app).call("OPTIONS", path, headers=preflight)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "cancel-token", "x-functions-key"} <= {each.strip() for each in allowed.split(",")}


def test_there_is_one_function_more_for_options(app: func.FunctionApp) -> None:
    assert triggers(app).keys() - {call.function for call in served()} == {"service_options"}
    assert methods_of(triggers(app)["service_options"]) == {"OPTIONS"}


def test_what_the_host_has_passed_is_answered(app: func.FunctionApp) -> None:
    answer = FunctionClient(app).get("/params")
    assert answer.status_code == 200


@pytest.fixture
def elsewhere(settings: Settings) -> Iterator[httpx.Client]:
    """A client of the same application under another server."""
    with serving(settings, loaded=False) as url, httpx.Client(base_url=url) as client:
        yield client


def test_another_server_serves_only_what_is_open(elsewhere: httpx.Client) -> None:
    for call in served():
        answer = elsewhere.request(
            call.method,
            call.path,
            params=dict(call.query),
            json=call.body,
            headers={"X-Functions-Key": "key", "Origin": ORIGIN},
        )
        if call.function in OPEN:
            assert answer.status_code == (503 if call.function == "service_ready" else call.status), call
        else:
            assert (answer.status_code, answer.json()["detail"]["type"]) == (503, "configuration"), call
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_the_document_says_what_needs_a_key(app: func.FunctionApp) -> None:
    document = read(FunctionClient(app).get("/openapi.json"))
    validate(document)
    assert document["components"]["securitySchemes"]["keys"]["name"] == "X-Functions-Key"
    operations = {each["operationId"]: each for path in document["paths"].values() for each in path.values()}
    assert {name for name, each in operations.items() if each.get("security") == [{"keys": []}]} == {
        call.function for call in served() if call.function not in OPEN
    }
    assert "content" not in operations["service_params"]["responses"]["401"]


@pytest.mark.parametrize("command", [["-m", "sids_tools.serve"], ["function_app.py"]])
def test_who_does_not_check_keys_does_not_start(tmp_path: Path, command: list[str]) -> None:
    environment = {"ACCESS": "keys", "PORT": "0", "DATASET_PATH": str(tmp_path), "DATASET_CACHE_PATH": str(tmp_path)}
    core_tools = {"FUNCTIONS_CORETOOLS_ENVIRONMENT": "true"} if command == ["function_app.py"] else {}
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env={**os.environ, **environment, **core_tools},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("ACCESS")
    assert ended.stderr.count("\n") == 1


def test_in_the_container_of_a_functions_host_it_starts(tmp_path: Path) -> None:
    environment = {"ACCESS": "keys", "DATASET_PATH": str(tmp_path), "DATASET_CACHE_PATH": str(tmp_path)}
    subprocess.run([sys.executable, "function_app.py"], cwd=PROJECT, env={**os.environ, **environment}, check=True)


def test_the_message_of_the_start_says_what_is_enforced(tmp_path: Path) -> None:
    places = {"dataset_path": tmp_path, "dataset_cache_path": tmp_path}
    said = []
    for access in ({}, KEYS, {**KEYS, "access_protects": "survey, jobs"}):
        settings = Settings.model_validate({**places, **access})
        said.append(str(build_app(Context(settings, open_panel_source(settings))).api.state.access))
    assert said == [
        "anonymous for everything",
        "the Functions host's keys for everything but health, readiness and the pages",
        "the Functions host's keys for jobs, survey",
    ]


def test_a_job_needs_no_less_than_a_key(tmp_path: Path) -> None:
    """The host sees no header: what can make a job needs the key where jobs do."""
    places = {"dataset_path": tmp_path / "none", "dataset_cache_path": tmp_path}
    settings = Settings.model_validate({**places, **KEYS, "access_protects": "jobs"})
    app = build_app(Context(settings, open_panel_source(settings)))
    keyed = {name for name, trigger in triggers(app).items() if trigger.auth_level is func.AuthLevel.FUNCTION}
    computed = {"twolvlImp_predict", "correlation_cluster", "survey_clustering"}
    assert keyed == {"jobs_id", "jobs_id_result", "jobs_id_cancel", *computed}
    assert FunctionClient(app).post("/twolvlImp/predict", PREDICT).status_code == 503  # no data, but no refusal
