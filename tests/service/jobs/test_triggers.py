"""Queue and timer triggers on the development host, as the Functions host would serve them."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import azure.functions as func
import httpx
import pytest
from azure.functions.decorators.queue import QueueTrigger
from azure.functions.decorators.timer import TimerTrigger
from pydantic import BaseModel

from blueprints.app import build_app
from blueprints.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.errors import ConfigurationError
from sids_service.jobs.result_cache import Key
from sids_service.jobs.run import Run
from sids_service.jobs.storage_queue import StorageQueue
from sids_service.jobs.worker_thread import MOST_DEQUEUES
from sids_service.settings import Settings, read_settings
from sids_tools.local_triggers import QueueSettings, start_triggers
from tests.calls import PREDICT
from tests.local_host import PROJECT, running_host

if TYPE_CHECKING:
    from tests.service.jobs.conftest import Place

HOST_JSON = PROJECT / "host.json"
QUICK = QueueSettings(visibility_seconds=1, most_dequeues=2)
DEADLINE_SECONDS = 60


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_queue_and_timer_functions_are_there_where_a_storage_is_set(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {
            "dataset_path": tmp_path,
            "dataset_cache_path": tmp_path,
            "jobs_storage__blobserviceuri": "https://account.blob.core.windows.net",
            "jobs_storage__queueserviceuri": "https://account.queue.core.windows.net",
            "jobs_queue": "some-jobs",
        }
    )
    app = build_app(Context(settings, open_panel_source(settings)))
    triggers = {function.get_function_name(): function.get_trigger() for function in app.get_functions()}
    run, poison, expire = (triggers[name] for name in ("jobs_run", "jobs_poison", "jobs_expire"))
    assert isinstance(run, QueueTrigger)
    assert isinstance(poison, QueueTrigger)
    assert isinstance(expire, TimerTrigger)
    assert (run.queue_name, poison.queue_name) == ("some-jobs", "some-jobs-poison")
    assert run.connection == poison.connection == "JOBS_STORAGE"


def test_the_folders_worker_is_as_patient_as_the_host() -> None:
    assert QueueSettings.read(HOST_JSON, {}).most_dequeues == MOST_DEQUEUES
    queues = json.loads(HOST_JSON.read_text())["extensions"]["queues"]
    assert (queues["batchSize"], queues["newBatchThreshold"], queues["messageEncoding"]) == (1, 0, "base64")


def test_settings_override_host_json_as_on_the_platform() -> None:
    prefix = "AzureFunctionsJobHost__extensions__queues__"
    overriding = {f"{prefix}visibilityTimeout": "01:02:03", f"{prefix}maxDequeueCount": "7"}
    assert QueueSettings.read(HOST_JSON, overriding) == QueueSettings(3723, 7)


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        (
            {"JOBS_STORAGE__BLOBSERVICEURI": "https://a.blob.core.windows.net"},
            "JOBS_STORAGE__QUEUESERVICEURI go together",
        ),
        ({"JOBS_STORAGE": "a secret"}, "JOBS_STORAGE: neither AccountName nor"),
        (
            {
                "JOBS_STORAGE": "AccountName=a;AccountKey=b",
                "JOBS_STORAGE__BLOBSERVICEURI": "https://a.blob.core.windows.net",
                "JOBS_STORAGE__QUEUESERVICEURI": "https://a.queue.core.windows.net",
            },
            "instead of the URIs",
        ),
        ({"JOBS_QUEUE": "Not_A_Queue"}, "JOBS_QUEUE: "),
    ],
)
def test_wrong_settings_are_told(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], reason: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=reason) as told:
        read_settings()
    assert "a secret" not in str(told.value)


def test_the_parts_of_the_connection_are_read_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Azure's documents write them, and as the platform reads them."""
    monkeypatch.setenv("JOBS_STORAGE__blobServiceUri", "https://a.blob.core.windows.net")
    monkeypatch.setenv("JOBS_STORAGE__queueServiceUri", "https://a.queue.core.windows.net")
    assert read_settings().jobs_storage__queueserviceuri == "https://a.queue.core.windows.net"


def test_messages_and_times_reach_the_functions(in_azurite: "Place") -> None:
    app = func.FunctionApp()
    bodies: list[tuple[str, int]] = []
    told = Event()

    @app.queue_trigger(arg_name="message", queue_name=in_azurite.settings.jobs_queue, connection="JOBS_STORAGE")
    def takes(message: func.QueueMessage) -> None:
        bodies.append((message.get_body().decode(), message.dequeue_count or 0))
        if message.get_body() == b"bad":
            raise RuntimeError("cannot be done")

    @app.timer_trigger(arg_name="timer", schedule="* * * * * *")
    def ticks(timer: func.TimerRequest) -> None:
        assert not timer.past_due
        told.set()

    in_azurite.queue.put("bad")
    in_azurite.queue.put("good")
    stop = Event()
    start_triggers(app.get_functions(), QUICK, in_azurite.environment, stop)
    assert told.wait(DEADLINE_SECONDS)
    secret = in_azurite.environment["JOBS_STORAGE"]
    poison = StorageQueue.by_connection_string(secret, f"{in_azurite.settings.jobs_queue}-poison")
    eventually(lambda: poison.length() == 1)
    eventually(lambda: in_azurite.queue.length() == 0)
    stop.set()
    assert bodies == [("bad", 1), ("good", 1), ("bad", 2)]
    message = poison.receive(30)
    assert message is not None
    assert message.text == "bad"


def test_a_queue_without_a_connection_is_a_fault_of_the_settings() -> None:
    app = func.FunctionApp()

    @app.queue_trigger(arg_name="message", queue_name="q", connection="NOWHERE")
    def takes(message: func.QueueMessage) -> None:
        raise AssertionError(message)

    with pytest.raises(ConfigurationError, match="NOWHERE and NOWHERE__queueServiceUri are not set"):
        start_triggers(app.get_functions(), QUICK, {}, Event())


def test_the_service_works_through_azurite(demo_data: Path, tmp_path: Path, in_azurite: "Place") -> None:
    environment = {
        **in_azurite.environment,
        "DATASET_PATH": str(demo_data),
        "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:01",
        "AzureFunctionsJobHost__extensions__queues__maxDequeueCount": "1",
    }
    in_azurite.queue.put("no job at all")
    with running_host(tmp_path, environment) as host:
        host.wait_for("Ready: ")
        accepted = httpx.post(f"{host.url}/twolvlImp/predict", json=PREDICT, headers={"Prefer": "respond-async"})
        location = host.url + accepted.headers["Location"]
        eventually(lambda: httpx.get(location).json()["status"] == "succeeded")
        result = httpx.get(f"{location}/result")
        synchronous = httpx.post(f"{host.url}/twolvlImp/predict", json=PREDICT)
        assert result.content == synchronous.content
        host.wait_for("a message that is no job's: 'no job at all'")
    eventually(lambda: in_azurite.queue.length() == 0)


def test_a_job_that_fails_every_time_ends_in_the_poison_queue(
    demo_data: Path, tmp_path: Path, in_azurite: "Place"
) -> None:
    """Its worker has another version of the dataset, and so never the data it was asked for."""
    run = Run(Key("old data", "twolvlImp", json.dumps(PREDICT)), compute=BaseModel, check=lambda: None, stages={})
    job = in_azurite.jobs.submit("twolvlImp_predict", "twolvlImp", run)
    environment = {
        **in_azurite.environment,
        "DATASET_PATH": str(demo_data),
        "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:01",
        "AzureFunctionsJobHost__extensions__queues__maxDequeueCount": "2",
    }
    with running_host(tmp_path, environment) as host:
        location = f"{host.url}/jobs/{job.id}"
        eventually(lambda: httpx.get(location).json()["status"] == "failed")
        state = httpx.get(location).json()
        assert (state["attempts"], "has changed" in state["reason"]) == (2, True)
        failed = httpx.get(f"{location}/result")
        assert (failed.status_code, failed.json()["detail"]["type"]) == (500, "job_failed")
        assert failed.json()["detail"]["msg"] == state["reason"]
