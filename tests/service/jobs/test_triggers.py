"""The functions that the platform triggers, and the worker loop that does their work on the development host."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import httpx
import pytest
from azure.functions.decorators.queue import QueueTrigger
from azure.functions.decorators.timer import TimerTrigger
from pydantic import BaseModel

from blueprints.app import build_app
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.errors import ConfigurationError
from sids_service.jobs.computation import Computation, Key
from sids_service.jobs.consumer import MAX_DEQUEUES, BackgroundWorker, Consumer
from sids_service.jobs.job import Status
from sids_service.jobs.jobs import JobService
from sids_service.jobs.worker import MAX_FAILURES
from sids_service.settings import Settings, read_settings
from tests.calls import PREDICT
from tests.local_host import PROJECT, running_host

if TYPE_CHECKING:
    from tests.service.jobs.conftest import Place

DEADLINE_SECONDS = 60

PLENTY = 2**30


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
    run, poison = (triggers[name] for name in ("jobs_run", "jobs_poison"))
    assert isinstance(run, QueueTrigger)
    assert isinstance(poison, QueueTrigger)
    for timed in ("jobs_expire", "jobs_sweep"):
        assert isinstance(triggers[timed], TimerTrigger)
    assert (run.queue_name, poison.queue_name) == ("some-jobs", "some-jobs-poison")
    assert run.connection == poison.connection == "JOBS_STORAGE"


def test_the_worker_loop_is_as_patient_as_the_host() -> None:
    queues = json.loads((PROJECT / "host.json").read_text())["extensions"]["queues"]
    assert queues["maxDequeueCount"] == MAX_DEQUEUES
    assert (queues["batchSize"], queues["newBatchThreshold"], queues["messageEncoding"]) == (1, 0, "base64")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        (
            {"JOBS_STORAGE__BLOBSERVICEURI": "https://a.blob.core.windows.net"},
            "JOBS_STORAGE__QUEUESERVICEURI go together",
        ),
        ({"JOBS_STORAGE": "a secret"}, "JOBS_STORAGE: names neither AccountName nor"),
        (
            {
                "JOBS_STORAGE": "AccountName=account;AccountKey=a2V5",
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


def test_a_message_that_fails_comes_again_and_is_given_up_after_its_last_time(place: "Place") -> None:
    worked: list[str] = []
    given_up: list[str] = []

    def work(text: str) -> None:
        worked.append(text)
        if text == "bad":
            raise RuntimeError("cannot be done")

    place.queue.put("bad")
    place.queue.put("good")
    stop = Event()
    consumer = Consumer(place.queue, work, given_up.append, hidden_seconds=1, max_dequeues=2)
    thread = Thread(target=consumer.run, args=(stop,))
    thread.start()
    eventually(lambda: given_up == ["bad"])
    eventually(lambda: place.queue.length() == 0)
    stop.set()
    thread.join()
    assert worked == ["bad", "good", "bad"]


def test_a_message_whose_process_died_every_time_is_given_up_unworked(place: "Place") -> None:
    place.queue.put("deadly")
    for _ in range(2):
        message = place.queue.receive(30)
        assert message is not None
        place.queue.hide(message, 0)
    worked: list[str] = []
    given_up: list[str] = []
    assert Consumer(place.queue, worked.append, given_up.append, hidden_seconds=30, max_dequeues=2).once()
    assert (worked, given_up) == ([], ["deadly"])
    assert place.queue.length() == 0


def test_a_background_worker_does_waiting_jobs(in_folder: "Place") -> None:
    job = in_folder.submit(number=1)
    does = in_folder.worker()
    consumer = Consumer(in_folder.queue, does.work, does.give_up, hidden_seconds=30)
    jobs = JobService(in_folder.store, in_folder.queue)
    background = BackgroundWorker(consumer, jobs, keep_days=1, most_bytes=PLENTY)
    assert in_folder.handler.begun() == []
    background.start()
    background.start()
    eventually(lambda: jobs.state(job.id).status is Status.SUCCEEDED)
    background.stop()
    assert in_folder.handler.begun() == [1]


def test_the_service_works_through_azurite(demo_data: Path, tmp_path: Path, in_azurite: "Place") -> None:
    environment = {
        **in_azurite.environment,
        "DATASET_PATH": str(demo_data),
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
        host.wait_for("message of no known job: 'no job at all'")
    eventually(lambda: in_azurite.queue.length() == 0)


def test_a_job_of_older_data_is_posed_anew_by_the_running_service(
    demo_data: Path, tmp_path: Path, in_azurite: "Place"
) -> None:
    key = Key("old data", "twolvlImp", json.dumps(PREDICT))
    described = Computation(key, compute=BaseModel, check=lambda: None, stages={})
    job = in_azurite.jobs.submit("twolvlImp_predict", "twolvlImp", described)
    with running_host(tmp_path, {**in_azurite.environment, "DATASET_PATH": str(demo_data)}) as host:
        location = f"{host.url}/jobs/{job.id}"
        eventually(lambda: httpx.get(location).json()["status"] == "succeeded")
        state = httpx.get(location).json()
        version = httpx.get(f"{host.url}/ready").json()["version"]
        assert (state["posed_anew"], state["dataset_version"], state["attempts"]) == (True, version, 1)
        result = httpx.get(f"{location}/result")
        assert (result.headers["Posed-Anew"], result.headers["Dataset-Version"]) == ("?1", version)
        assert result.content == httpx.post(f"{host.url}/twolvlImp/predict", json=PREDICT).content
    eventually(lambda: in_azurite.queue.length() == 0)


def test_a_job_that_fails_every_time_is_given_up(place: "Place") -> None:
    """A message is received five times for some attempts in vain, until the attempts are used up."""
    job = place.submit(number=1, fault="a fault")
    worker = place.worker()
    consumer = Consumer(place.queue, worker.work, worker.give_up, hidden_seconds=1, max_dequeues=2)

    def given_up() -> bool:
        consumer.once()
        return place.jobs.state(job.id).status is Status.FAILED

    eventually(given_up)
    assert place.jobs.state(job.id).attempts == MAX_FAILURES
    eventually(lambda: place.queue.length() == 0 or not consumer.once())
