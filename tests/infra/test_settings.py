"""The settings of settings.py, and no others, are set wherever the service runs."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from sids_service.dataset.panel_source import open_panel_source
from sids_service.jobs.store import is_remote
from sids_service.settings import Settings, read_settings
from tests.infra.bicep_references import read
from tests.infra.conftest import Manifests, containers, of_kind
from tests.infra.tools import PROJECT

MODULES = PROJECT / "infra" / "bicep" / "modules"
SETTINGS = frozenset(name.upper() for name in Settings.model_fields)
# The platform's own names; each is described in Microsoft's reference of app settings.
IDENTITY = {
    "AZURE_CLIENT_ID",
    "AzureWebJobsStorage__accountName",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "JOBS_STORAGE__credential",
    "JOBS_STORAGE__clientId",
    "PYTHON_ENABLE_OPENTELEMETRY",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
PLATFORM = {
    "bicep": IDENTITY,
    "manifests": IDENTITY,
    "local": {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"},
}
# Connection strings hold a key. They are for Azurite on one's own machine; in Azure there are identities.
KEYS = {"DATASET_CONNECTION_STRING", "JOBS_STORAGE"}
LEFT_OUT = {"bicep": KEYS, "manifests": KEYS, "local": set[str]()}


def faults(place: str, found: Iterable[str]) -> list[str]:
    names = set(found)
    wanted = (SETTINGS - LEFT_OUT[place]) | PLATFORM[place]
    return [f"{place}: {name} is missing" for name in sorted(wanted - names)] + [
        f"{place}: {name} is neither in settings.py nor the platform's" for name in sorted(names - wanted)
    ]


@pytest.fixture(scope="module")
def bicep() -> Mapping[str, str]:
    path = MODULES / "app-settings.bicep"
    variables = read(path)[path].names("variables")
    return {**variables["service"]["value"], **variables["platform"]["value"]}


@pytest.fixture(scope="module")
def local() -> Mapping[str, str]:
    values: Mapping[str, str] = json.loads((PROJECT / "local.settings.json.example").read_text())["Values"]
    return values


@pytest.fixture
def in_pod(manifests: Mapping[str, Manifests]) -> Mapping[str, str]:
    found = [m for m in of_kind(manifests["production"], "ConfigMap") if m["metadata"]["name"].startswith("settings-")]
    data: Mapping[str, str] = found[0]["data"]
    return data


def test_bicep_sets_every_setting(bicep: Mapping[str, str]) -> None:
    assert faults("bicep", bicep) == []


def test_the_manifests_set_every_setting(in_pod: Mapping[str, str]) -> None:
    assert faults("manifests", in_pod) == []


def test_the_host_speaks_the_protocol_of_the_service_to_its_collector(
    bicep: Mapping[str, str], in_pod: Mapping[str, str]
) -> None:
    assert {place["OTEL_EXPORTER_OTLP_PROTOCOL"] for place in (bicep, in_pod)} == {"http/protobuf"}


def test_the_example_for_local_use_has_every_setting(local: Mapping[str, str]) -> None:
    assert faults("local", local) == []


def test_containers_set_nothing_that_there_is_not(manifests: Mapping[str, Manifests]) -> None:
    host = {
        "AzureFunctionsWebHost__hostId",
        "AzureFunctionsJobHost__functionTimeout",
        "AzureWebJobsSecretStorageType",
    }
    for overlay in manifests.values():
        names = {entry["name"] for container in containers(overlay) for entry in container.get("env", ())}
        assert names <= SETTINGS | host


def test_a_missing_or_misspelt_setting_is_found(in_pod: Mapping[str, str]) -> None:
    without = {name for name in in_pod if name != "RUNS_AT_ONCE"} | {"RUNS_AT_ONE"}
    assert faults("manifests", without) == [
        "manifests: RUNS_AT_ONCE is missing",
        "manifests: RUNS_AT_ONE is neither in settings.py nor the platform's",
    ]


def test_a_pod_starts_with_its_settings(in_pod: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in in_pod.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert open_panel_source(settings).status().source == in_pod["DATASET_CONTAINER_URL"]
    assert is_remote(settings)


def test_the_example_for_local_use_starts(local: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in local.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert settings.dataset_path == Path("demo-data")
    open_panel_source(settings)
