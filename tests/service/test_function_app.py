"""The app as a Functions host sees it: the list of its functions is the contract's list of endpoints."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import azure.functions as func
import pytest
from azure.functions.decorators.http import HttpTrigger

from blueprints import MODELS
from blueprints.app import build_app
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.errors import ConfigurationError
from sids_service.settings import Settings, read_settings
from tests.calls import CALLS, served
from tests.conftest import PROJECT
from tests.function_client import FunctionClient, read

EXPECTED = {
    "service": 10,
    "data": 5,
    "jobs": 3,
    "twolvlImp": 9,
    "survey": 1,
    "correlation": 6,
    "statimpute": 4,
    "sampleapi": 2,
}


def app_of(tmp_path: Path, model_service: str = "all") -> func.FunctionApp:
    settings = Settings(dataset_path=tmp_path, dataset_cache_path=tmp_path, model_service=model_service)
    return build_app(Context(settings, open_panel_source(settings)))


def names(app: func.FunctionApp) -> list[str | None]:
    return [function.get_function_name() for function in app.get_functions()]


@pytest.mark.parametrize("model", EXPECTED)
def test_the_calls_cover_the_contract(model: str) -> None:
    assert len({call.function for call in CALLS[model]}) == EXPECTED[model]


def test_the_functions_are_the_contracts_endpoints(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    assert sorted(map(str, names(app))) == sorted(call.function for call in served())
    client = FunctionClient(app)
    for call in served():
        assert client.call("OPTIONS", call.path).status_code == 204


def test_every_route_is_anonymous_and_takes_options(tmp_path: Path) -> None:
    for function in app_of(tmp_path).get_functions():
        trigger = function.get_trigger()
        assert isinstance(trigger, HttpTrigger)
        assert trigger.auth_level is func.AuthLevel.ANONYMOUS
        assert func.HttpMethod.OPTIONS in list(trigger.methods or ())
        assert trigger.route, "an empty route would be served under the function's name"


def test_functions_can_be_listed_again_and_in_several_apps(tmp_path: Path) -> None:
    first, second = app_of(tmp_path), app_of(tmp_path)
    assert names(first) == names(first) == names(second)


@pytest.mark.parametrize("model", MODELS)
def test_model_service_selects_a_model(tmp_path: Path, model: str) -> None:
    expected = {call.function for name in ("service", "data", "jobs", model) for call in CALLS[name]}
    assert set(names(app_of(tmp_path, model))) == expected


def test_an_unknown_model_fails_with_the_list(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^MODEL_SERVICE: 'nonsense' is unknown; allowed: all, .*twolvlImp"):
        app_of(tmp_path, "nonsense")


def test_wrong_settings_name_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEIGHBOURS", "0")
    monkeypatch.setenv("MAX_BODY_BYTES", "many")
    with pytest.raises(ConfigurationError, match=r"MAX_BODY_BYTES: .*; NEIGHBOURS: ") as caught:
        read_settings()
    assert "\n" not in str(caught.value)


def test_without_data_the_service_lives_and_is_not_ready(tmp_path: Path) -> None:
    client = FunctionClient(app_of(tmp_path / "missing"))
    assert client.get("/health").status_code == 200
    for path in ("/ready", "/datasets"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert read(answer)["detail"]["type"] == "data_unavailable"


def test_with_data_the_service_says_what_it_serves(demo_data: Path, tmp_path: Path) -> None:
    settings = Settings(dataset_path=demo_data, dataset_cache_path=tmp_path)
    dataset = open_panel_source(settings)
    client = FunctionClient(build_app(Context(settings, dataset)))
    assert read(client.get("/datasets")) == sorted(path.name for path in demo_data.glob("*.csv*"))
    ready = read(client.get("/ready"))
    dataset.stop()
    assert ready["version"] == dataset.panel().version
    assert ready["rows"] > 0
    assert ready["age_seconds"] >= 0
    assert ready["repairs"] == {}


def test_importing_the_function_app_starts_no_thread_and_loads_no_numerical_library(tmp_path: Path) -> None:
    code = "import function_app, sys, threading; print(threading.active_count(), 'numpy' in sys.modules)"
    environment = {**os.environ, "DATASET_PATH": str(tmp_path), "DATASET_CACHE_PATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, check=True, capture_output=True, text=True
    )
    assert run.stdout.split() == ["1", "False"]


def test_the_first_request_starts_what_works_in_the_background(
    tmp_path: Path, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    settings = Settings(dataset_path=tmp_path / "missing", dataset_cache_path=tmp_path)
    dataset = open_panel_source(settings)
    client = FunctionClient(build_app(Context(settings, dataset), autostart=True))
    client.get("/health")
    eventually(lambda: "No dataset is loaded" in read(client.get("/ready"))["detail"]["msg"])
    dataset.stop()


def test_readiness_names_no_place(tmp_path: Path, eventually: Callable[[Callable[[], bool]], None]) -> None:
    settings = Settings(dataset_path=tmp_path / "secret-folder", dataset_cache_path=tmp_path)
    dataset = open_panel_source(settings)
    client = FunctionClient(build_app(Context(settings, dataset)))
    before = client.get("/ready")
    dataset.start()
    eventually(lambda: dataset.status().error != "")
    after = client.get("/ready")
    for answer in (before, after, client.get("/datasets")):
        assert answer.status_code == 503
        assert not [part for part in (b"secret", b"/", b"folder") if part in answer.get_body()]
    assert read(before)["detail"]["msg"] != read(after)["detail"]["msg"]
    dataset.stop()
