"""Malformed settings are refused at the start, by name and with what is wrong, on every host."""

import json
import os
import runpy
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueClient

from blueprints import MODELS
from blueprints.app import build_app
from sids_service.addresses import blob_endpoint, check_connection_string, check_container_url
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.settings import Settings, read_settings
from tests.calls import CALLS, SURVEY
from tests.conftest import PROJECT
from tests.function_client import FunctionClient, read

SETTINGS = tuple(name.upper() for name in Settings.model_fields)
KEY = b64encode(b"the account's secret key").decode()
STORAGE = f"DefaultEndpointsProtocol=https;AccountName=account;AccountKey={KEY};EndpointSuffix=core.windows.net"
SIGNED = "SharedAccessSignature=sv=2022&ss=bq&sig=c2VjcmV0"
ENDPOINTS = "BlobEndpoint=http://127.0.0.1:10000/account;QueueEndpoint=http://127.0.0.1:10001/account"
BLOB, QUEUE = "https://account.blob.core.windows.net", "https://account.queue.core.windows.net"

TENANT = "11111111-2222-3333-4444-555555555555"
TOKENS = {"ACCESS": "entra", "ENTRA_AUDIENCE": "api://sids"}

MALFORMED_STRINGS = {
    "": "neither AccountName nor",
    "secret": "neither AccountName nor",
    STORAGE.replace(KEY, KEY[:-3]): "AccountKey that is not base64",
    STORAGE.replace(KEY, f'"{KEY}"'): "AccountKey that is not base64",
    STORAGE.replace("AccountKey", "AcountKey"): "neither AccountKey nor SharedAccessSignature",
    STORAGE.replace("=account;", "=Account;"): "AccountName",
    STORAGE.replace("=account;", "=;"): "empty AccountName",
    STORAGE.replace("=https", "=ftp"): "DefaultEndpointsProtocol",
    STORAGE.replace("core.windows.net", "core windows net"): "EndpointSuffix",
    STORAGE.replace(";", "; "): "white space beside AccountName",
    STORAGE.replace(";", ";;"): "separated by single semicolons",
    STORAGE.replace(";", ","): "neither AccountName nor",
    f"{STORAGE};AccountName=other": "twice",
    f"{STORAGE};BlobEndpoint=account.blob.core.windows.net": "BlobEndpoint that must be of the form",
    f"{STORAGE};BlobEndpoint={QUEUE}": "address of the queue service",
    f"{STORAGE};BlobEndpoint={BLOB}?sig=secret": "query",
    f"{STORAGE};BlobSecondaryEndpoint={BLOB}": "BlobSecondaryEndpoint without",
    f"{ENDPOINTS};AccountKey={KEY}": "AccountKey without an AccountName",
    f"{ENDPOINTS}": "neither AccountKey nor SharedAccessSignature",
    f"{ENDPOINTS};SharedAccessSignature=secret": "without sig",
    "UseDevelopmentStorage=True": "UseDevelopmentStorage=true",
}
WELL_FORMED_STRINGS = (
    STORAGE,
    f"{STORAGE};",
    STORAGE.replace(";EndpointSuffix=core.windows.net", ""),
    f"AccountName=account;AccountKey={KEY};{ENDPOINTS}",
    f"{ENDPOINTS};{SIGNED}",
    f"BlobEndpoint={BLOB}/;QueueEndpoint={QUEUE}/;{SIGNED}",
    STORAGE.replace("AccountName", "accountname"),
    "UseDevelopmentStorage=true",
    f"AccountName=dev;AccountKey={KEY};BlobEndpoint=http://host.docker.internal:10000/dev;"
    "QueueEndpoint=http://host.docker.internal:10001/dev",
    f"AccountName=dev;AccountKey={KEY};BlobEndpoint=http://azurite.default:10000/dev;"
    "QueueEndpoint=http://azurite.default:10001/dev",
)
MALFORMED_URLS = (
    "somewhere",
    "http://account.blob.core.windows.net/data",
    "https://account.blob.core.windows.net",
    "https://account.blob.core.windows.net/data/folder",
    "https://account.blob.core.windows.net/Data_1",
    "https://account.queue.core.windows.net/data",
    "https://account.blob.core.windows.net/data?sig=secret",
    "https://user:secret@account.blob.core.windows.net/data",
    "https://account.blob.core.windows.net:port/data",
    "https://acc ount.blob.core.windows.net/data",
    "https:///data",
    "https://[account/data",
)
MALFORMED: tuple[tuple[Mapping[str, str], str], ...] = (
    *(({"JOBS_STORAGE": text}, words) for text, words in MALFORMED_STRINGS.items() if text),
    ({"JOBS_STORAGE": f"'{STORAGE}'"}, "quotation marks"),
    ({"JOBS_STORAGE": f'"{STORAGE}'}, "quotation marks"),
    ({"JOBS_STORAGE": STORAGE.replace(";", ";\n", 1)}, "line break"),
    ({"DATASET_PATH": "", "DATASET_CONNECTION_STRING": "secret"}, "neither AccountName nor"),
    ({"DATASET_PATH": "", "DATASET_CONNECTION_STRING": STORAGE.replace(KEY, "***")}, "not base64"),
    ({"DATASET_PATH": "", "DATASET_CONTAINER_URL": "https://a.blob.core.windows.net/b?sig=secret"}, "query"),
    ({"DATASET_PATH": __file__}, "is not a folder"),
    ({"DATASET_CACHE_PATH": f"{__file__}/below"}, "is not a folder"),
    ({"JOBS_PATH": __file__}, "is not a folder"),
    ({"DATASET_PATH": "‘data’"}, "quotation marks"),
    ({"DATASET_PATH": "da\u200bta"}, "not printable"),
    ({"DATASET_CONTAINER": "Data"}, "match pattern"),
    ({"DATASET_REFRESH_SECONDS": "inf"}, "less than"),
    ({"DATASET_REFRESH_SECONDS": "nan"}, "less than"),
    ({"DATASET_REFRESH_SECONDS": "1e300"}, "less than"),
    ({"JOBS_KEEP_DAYS": "1e12"}, "less than"),
    ({"JOBS_LEASE_SECONDS": "inf"}, "less than"),
    ({"RUNS_AT_ONCE": "2 cores"}, "valid integer"),
    ({"MODEL_SERVICE": "twolvlimp"}, "'twolvlimp' is unknown; allowed: all, twolvlImp"),
    ({"ALLOWED_ORIGINS": "*.undp.org"}, "'*.undp.org' does not begin with http:// or https://"),
    ({"ALLOWED_ORIGINS": "https://*.undp.org"}, "'https://*.undp.org' has no valid host name"),
    ({"ALLOWED_ORIGINS": "*,https://data.undp.org"}, "stand alone"),
    ({"ALLOWED_ORIGINS": "https://data.undp.org/dashboard"}, "has a path"),
    ({"ALLOWED_ORIGINS": "https://data.undp.org https://undp.org"}, "no valid host name"),
    ({"ALLOWED_ORIGINS": "localhost:8080"}, "does not begin with"),
    ({"ALLOWED_ORIGINS": "https://me:secret@data.undp.org"}, "has a user name"),
    ({"ALLOWED_ORIGINS": ","}, "lists no origin"),
    ({"JOBS_STORAGE__BLOBSERVICEURI": f"{BLOB}/jobs", "JOBS_STORAGE__QUEUESERVICEURI": QUEUE}, "without a path"),
    ({"JOBS_STORAGE__BLOBSERVICEURI": QUEUE, "JOBS_STORAGE__QUEUESERVICEURI": BLOB}, "address of the queue service"),
    ({"JOBS_STORAGE__BLOBSERVICEURI": "account", "JOBS_STORAGE__QUEUESERVICEURI": QUEUE}, "must be of the form"),
    ({"JOBS_STORAGE__BLOBSERVICEURI": BLOB}, "go together"),
    ({"ACCESS": "key"}, "'anonymous', 'keys' or 'entra'"),
    ({"ACCESS_PROTECTS": "all"}, "nothing would be protected"),
    ({"ACCESS_PROTECTS": "jobs, surveys", "ACCESS": "keys"}, "'surveys' is unknown; allowed: all, catalogue"),
    ({"ENTRA_TENANT": TENANT}, "ACCESS is anonymous: tokens would not be checked"),
    ({"ENTRA_AUDIENCE": "api://sids", "ACCESS": "keys"}, "ACCESS is keys: tokens would not be checked"),
    (
        {"ENTRA_TENANT": "", "ACCESS": "entra", "ENTRA_AUDIENCE": "api://sids"},
        "which needs ENTRA_TENANT",
    ),
    ({"ENTRA_TENANT": "common", **TOKENS}, "match pattern"),
    ({"ENTRA_AUDIENCE": "api://a b", "ACCESS": "entra", "ENTRA_TENANT": TENANT}, "match pattern"),
    ({"ENTRA_ROLES": 'a"b', "ENTRA_TENANT": TENANT, **TOKENS}, "match pattern"),
    ({"ENTRA_AUTHORITY": "http://login.example.org", "ENTRA_TENANT": TENANT, **TOKENS}, "does not begin with https://"),
    ({"ENTRA_AUTHORITY": "https://login.example.org/tenant", "ENTRA_TENANT": TENANT, **TOKENS}, "has a path"),
    ({"ENTRA_AUTHORITY": "https://me:secret@login.example.org", **TOKENS}, "has a user name"),
)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment in which only the dataset is set, to a folder that is not there yet."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATASET_PATH", str(tmp_path / "later"))
    monkeypatch.setenv("DATASET_CACHE_PATH", str(tmp_path / "cache"))
    return monkeypatch


def on_functions() -> FunctionClient:
    """The app as the Functions host loads it."""
    return FunctionClient(runpy.run_path(str(PROJECT / "function_app.py"), run_name="function_app")["app"])


def refusals(client: FunctionClient) -> set[str]:
    """The messages of everything that needs valid settings."""
    answers = [client.get("/ready"), client.get("/datasets"), client.get("/jobs/1")]
    answers += [
        client.call(call.method, call.path, query=call.query, body=json.dumps(call.body).encode())
        for name in MODELS
        for call in CALLS[name]
    ]
    assert {answer.status_code for answer in answers} == {503}
    assert {read(answer)["detail"]["type"] for answer in answers} == {"configuration"}
    return {read(answer)["detail"]["msg"] for answer in answers}


@pytest.mark.parametrize(("variables", "words"), MALFORMED)
def test_on_functions_everything_is_indexed_and_answers_503_with_the_reason(
    clean: pytest.MonkeyPatch, variables: Mapping[str, str], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in variables.items():
        clean.setenv(name, value)
    client = on_functions()
    (message,) = refusals(client)
    faulty = next(name for name in variables if variables[name])
    assert message.startswith("The service's settings are invalid (")
    assert faulty in message
    assert not [part for part in ("/", "://", KEY, "secret", "c2VjcmV0") if part in message]
    logged = next(record.getMessage() for record in caplog.records if record.levelname == "CRITICAL")
    assert logged.startswith(faulty)
    assert words in logged
    assert not [part for part in (KEY, "secret", "c2VjcmV0") if part in logged]
    for path in ("/", "/health", "/docs", "/openapi.json", "/params"):
        assert client.get(path).status_code == 200
    assert client.call("OPTIONS", "/twolvlImp/predict").status_code == 204


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_in_quotation_marks_is_refused_by_name(
    clean: pytest.MonkeyPatch, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    clean.setenv(name, '"2"')
    with caplog.at_level("CRITICAL"):
        (message,) = refusals(on_functions())
    assert f"({name})" in message
    assert f"{name}: has quotation marks, which are not part of a value" in caplog.text


@pytest.mark.parametrize("command", [["function_app.py"], ["-m", "sids_tools.serve"]])
def test_a_program_ends_with_one_line(clean: pytest.MonkeyPatch, command: list[str]) -> None:
    clean.setenv("JOBS_STORAGE", f'"{STORAGE}"')
    clean.setenv("PORT", "0")
    ended = subprocess.run([sys.executable, *command], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == "JOBS_STORAGE: has quotation marks, which are not part of a value\n"


def test_valid_settings_let_a_container_go_on(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("JOBS_STORAGE", STORAGE)
    subprocess.run([sys.executable, "function_app.py"], cwd=PROJECT, env=dict(os.environ), check=True)


def test_white_space_around_a_value_is_not_part_of_it(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("JOBS_STORAGE", f"\t{STORAGE}\r\n")
    clean.setenv("RUNS_AT_ONCE", " 3\n")
    clean.setenv("DATASET_CONTAINER_URL", " \n")
    settings = read_settings()
    assert settings.jobs_storage is not None
    assert settings.jobs_storage.get_secret_value() == STORAGE
    assert settings.runs_at_once == 3
    assert settings.dataset_container_url is None


@pytest.mark.parametrize("text", WELL_FORMED_STRINGS)
def test_a_well_formed_connection_string_is_one_for_the_clients_too(text: str) -> None:
    check_connection_string(text, ("blob", "queue"))
    with ContainerClient.from_connection_string(text, "jobs") as container:
        assert container.url == f"{blob_endpoint(text)}/jobs" + container.url.partition("/jobs")[2]
    QueueClient.from_connection_string(text, "jobs").close()


@pytest.mark.parametrize("text", MALFORMED_STRINGS)
def test_a_malformed_connection_string_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=MALFORMED_STRINGS[text]):
        check_connection_string(text, ("blob", "queue"))


@pytest.mark.parametrize("url", MALFORMED_URLS)
def test_a_malformed_container_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be of the form") as fault:
        check_container_url(url)
    assert "secret" not in str(fault.value)


@pytest.mark.parametrize("url", [f"{BLOB}/data", f"{BLOB}:443/data/", "https://127.0.0.1:10000/account/data"])
def test_a_well_formed_container_url_is_accepted(url: str) -> None:
    check_container_url(url)


def test_job_storage_out_of_reach_fails_only_what_is_asynchronous(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        place = f"http://127.0.0.1:{closed.getsockname()[1]}/account"
        storage = f"AccountName=account;AccountKey={KEY};BlobEndpoint={place};QueueEndpoint={place}"
        environment = {"dataset_path": tmp_path, "dataset_cache_path": tmp_path, "jobs_storage": storage}
        settings = Settings.model_validate(environment)
        client = FunctionClient(build_app(Context(settings, open_panel_source(settings))))
        assert client.post("/survey/clustering", SURVEY).status_code == 200
        refused = client.post("/survey/clustering", SURVEY, Prefer="respond-async")
    assert (refused.status_code, read(refused)["detail"]["type"]) == (503, "jobs_unavailable")
    assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize("folder", ["x" * 300, "later/and/deeper"])
def test_a_job_folder_that_cannot_be_used_fails_only_what_is_asynchronous(tmp_path: Path, folder: str) -> None:
    settings = Settings(dataset_path=tmp_path, dataset_cache_path=tmp_path, jobs_path=tmp_path / folder)
    client = FunctionClient(build_app(Context(settings, open_panel_source(settings))))
    assert client.post("/survey/clustering", SURVEY).status_code == 200
    later = client.post("/survey/clustering", SURVEY, Prefer="respond-async")
    assert later.status_code == (202 if len(folder) < 255 else 503)
