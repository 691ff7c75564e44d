"""Jobs as a client sees them: over the functions of the service, and over HTTP with a worker behind."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from blueprints.app import build_app, computed_endpoints, make_worker
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.jobs.consumer import Consumer
from sids_service.jobs.store import Part
from sids_service.settings import Settings
from sids_service.web.app import ServiceApp
from tests.calls import PREDICT, SURVEY
from tests.function_client import FunctionClient, read
from tests.local_host import running_host

LATER = {"Prefer": "respond-async"}


class Service:
    """A process of the service that has the jobs of a folder, and works on them when told to."""

    def __init__(
        self, folder: Path, data: Path, model_service: str = "all", *, shares_jobs: bool = True, run_seconds: float = 60
    ) -> None:
        settings = Settings(
            dataset_path=data,
            dataset_cache_path=folder,
            model_service=model_service,
            jobs_path=folder / "jobs" if shares_jobs else None,
            run_seconds=run_seconds,
        )
        self.context = Context(settings, open_panel_source(settings))
        self.app: ServiceApp = build_app(self.context)
        self.client = FunctionClient(self.app)

    def work(self) -> None:
        does = make_worker(self.context)
        consumer = Consumer(self.context.job_queue, does.work, does.give_up, hidden_seconds=30, max_dequeues=1)
        while consumer.once():
            pass


@pytest.fixture
def service(demo_data: Path, tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path, demo_data)
    yield service
    service.context.dataset.stop()


def test_a_job_that_takes_too_long_fails_once_for_the_reason_of_the_synchronous_answer(
    demo_data: Path, tmp_path: Path
) -> None:
    service = Service(tmp_path, demo_data, run_seconds=1e-6)
    synchronous = service.client.post("/twolvlImp/predict", PREDICT)
    assert synchronous.status_code == 422
    detail = read(synchronous)["detail"]
    assert detail["type"] == "takes_too_long"
    assert "given up after 1e-06 seconds" in detail["msg"]
    location = read(service.client.post("/twolvlImp/predict", PREDICT, **LATER))["location"]
    service.work()
    failed = read(service.client.get(location))
    assert (failed["status"], failed["attempts"], failed["reason"]) == ("failed", 1, detail["msg"])
    result = service.client.get(failed["result"])
    assert (result.status_code, read(result)) == (422, read(synchronous))
    # The machine may have been busy with other work: who asks again gets another attempt.
    assert read(service.client.post("/twolvlImp/predict", PREDICT, **LATER))["status"] == "queued"
    service.context.dataset.stop()


@pytest.mark.parametrize(("path", "body"), [("/twolvlImp/predict", PREDICT), ("/survey/clustering", SURVEY)])
def test_a_job_gives_the_bytes_of_the_synchronous_answer(
    service: Service, demo_data: Path, tmp_path: Path, path: str, body: dict[str, Any]
) -> None:
    accepted = service.client.post(path, body, **LATER)
    assert accepted.status_code == 202
    assert accepted.headers["Preference-Applied"] == "respond-async"
    state = read(accepted)
    assert accepted.headers["Location"] == state["location"] == f"/jobs/{state['id']}"
    assert (state["status"], state["position"], state["result"]) == ("queued", 0, None)
    assert read(service.client.get(state["location"])) == state
    unfinished = service.client.get(f"{state['location']}/result")
    assert unfinished.status_code == 409
    assert read(unfinished)["detail"]["type"] == "job_unfinished"

    service.work()
    done = read(service.client.get(state["location"]))
    assert (done["status"], done["progress"], done["model"]) == ("succeeded", 1.0, path.split("/")[1])
    result = service.client.get(done["result"])
    other = Service(tmp_path / "other", demo_data)
    synchronous = other.client.post(path, body)
    other.context.dataset.stop()
    assert (result.status_code, result.headers["Content-Type"]) == (200, "application/json")
    assert result.get_body() == synchronous.get_body()

    again = service.client.post(path, body, **LATER)
    assert (again.status_code, read(again)["status"]) == (202, "succeeded")


def test_a_synchronous_request_finds_what_a_job_has_left(service: Service, demo_data: Path, tmp_path: Path) -> None:
    job_id = read(service.client.post("/survey/clustering", SURVEY, **LATER))["id"]
    service.work()
    # What could not have been computed shows where the answer comes from.
    service.context.job_store.keep(Part.RESULT, job_id, b'{"left": "by a job"}')
    restarted = Service(tmp_path, demo_data)
    assert read(restarted.client.post("/survey/clustering", SURVEY)) == {"left": "by a job"}


@pytest.mark.parametrize(
    "prefer", ["respond-async", "Respond-Async", "respond-async, wait=10", "handling=lenient,respond-async;x=1"]
)
def test_the_preference_is_read_as_the_standard_has_it(service: Service, prefer: str) -> None:
    assert service.client.post("/survey/clustering", SURVEY, Prefer=prefer).status_code == 202


@pytest.mark.parametrize("prefer", ["", "wait=10", "x=respond-async", "respond-asynchronously"])
def test_without_the_preference_the_answer_is_waited_for(service: Service, prefer: str) -> None:
    answer = service.client.post("/survey/clustering", SURVEY, Prefer=prefer)
    assert answer.status_code == 200
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/twolvlImp/predict", {**PREDICT, "target": "nonsense"}),
        ("/twolvlImp/predict", {**PREDICT, "target_year": "1066"}),
        ("/twolvlImp/predict", {**PREDICT, "estimators": 0}),
        ("/survey/clustering", {**SURVEY, "factor": "nonsense"}),
        ("/survey/clustering", {**SURVEY, "max_k": 4}),
    ],
)
def test_an_invalid_request_is_never_queued(service: Service, path: str, body: dict[str, Any]) -> None:
    refused = service.client.post(path, body, **LATER)
    assert refused.status_code == 422
    assert refused.get_body() == service.client.post(path, body).get_body()
    assert service.context.job_queue.length() == 0


@pytest.mark.parametrize(
    ("path", "model", "body"),
    [
        ("/twolvlImp/predict", "twolvlImp", {**PREDICT, "target": "nonsense"}),
        ("/twolvlImp/predict", "twolvlImp", {**PREDICT, "target_year": "1066"}),
        ("/survey/clustering", "survey", {**SURVEY, "factor": "nonsense"}),
    ],
)
def test_a_request_found_at_fault_by_a_job_gets_the_synchronous_error(
    service: Service, path: str, model: str, body: dict[str, Any]
) -> None:
    name = path.strip("/").replace("/", "_")
    handler = computed_endpoints(service.context)[name].handler(service.context)
    described = handler.computation(json.dumps(body).encode())
    job = service.context.jobs.submit(name, model, replace(described, check=lambda: None, expected_seconds=None))
    service.work()
    assert read(service.client.get(f"/jobs/{job.id}"))["status"] == "failed"
    failed, synchronous = service.client.get(f"/jobs/{job.id}/result"), service.client.post(path, body)
    assert failed.status_code == synchronous.status_code == 422
    assert failed.get_body() == synchronous.get_body()


@pytest.mark.parametrize("damaged", [b"", b'{"target_year": "20', b"[1]", bytes(20)])
def test_the_error_of_a_job_needs_no_stored_request(service: Service, damaged: bytes) -> None:
    body = json.dumps({**PREDICT, "target": "nonsense"}).encode()
    described = computed_endpoints(service.context)["twolvlImp_predict"].handler(service.context).computation(body)
    job = service.context.jobs.submit(
        "twolvlImp_predict", "twolvlImp", replace(described, check=lambda: None, expected_seconds=None)
    )
    service.work()
    service.context.job_store.keep(Part.REQUEST, job.id, damaged)
    failed = service.client.get(f"/jobs/{job.id}/result")
    assert (failed.status_code, read(failed)["detail"]["type"]) == (422, "unknown_target")


def test_a_stored_request_that_is_no_longer_valid_fails_and_is_submitted_again(service: Service) -> None:
    location = read(service.client.post("/survey/clustering", SURVEY, **LATER))["location"]
    service.context.job_store.keep(Part.REQUEST, location.rpartition("/")[2], b'{"data": {}}')
    service.work()
    failed = service.client.get(f"{location}/result")
    assert (failed.status_code, read(failed)["detail"]["type"]) == (500, "job_failed")
    assert "metadata: Field required" in read(failed)["detail"]["msg"]
    assert read(service.client.post("/survey/clustering", SURVEY, **LATER))["status"] == "queued"
    service.work()
    assert service.client.get(f"{location}/result").status_code == 200


def test_what_a_request_leaves_out_stays_out(service: Service) -> None:
    """Ten clusters by default give way to three rows; ten that are asked for do not."""
    assert service.client.post("/survey/clustering", SURVEY).status_code == 200
    assert service.client.post("/survey/clustering", {**SURVEY, "max_k": 10}).status_code == 422


def test_a_job_is_cancelled_and_asked_for_again(service: Service) -> None:
    accepted = service.client.post("/survey/clustering", SURVEY, **LATER)
    location = accepted.headers["Location"]
    token = {"Cancel-Token": accepted.headers["Cancel-Token"]}
    assert read(service.client.post(f"{location}/cancel", b"", **token))["status"] == "cancelled"
    service.work()
    assert read(service.client.get(location))["status"] == "cancelled"
    gone = service.client.get(f"{location}/result")
    assert (gone.status_code, read(gone)["detail"]["type"]) == (409, "job_cancelled")
    assert read(service.client.post("/survey/clustering", SURVEY, **LATER))["status"] == "queued"
    service.work()
    assert service.client.get(f"{location}/result").status_code == 200


def test_a_worker_of_another_model_says_what_is_set_wrong(service: Service, demo_data: Path, tmp_path: Path) -> None:
    location = read(service.client.post("/survey/clustering", SURVEY, **LATER))["location"]
    Service(tmp_path, demo_data, "twolvlImp").work()
    failed = service.client.get(f"{location}/result")
    assert failed.status_code == 500
    assert "JOBS_QUEUE" in read(failed)["detail"]["msg"]


def test_who_serves_other_models_has_other_jobs_unless_told_to_share(demo_data: Path, tmp_path: Path) -> None:
    asked = Service(tmp_path, demo_data, shares_jobs=False)
    location = read(asked.client.post("/survey/clustering", SURVEY, **LATER))["location"]
    other = Service(tmp_path, demo_data, "twolvlImp", shares_jobs=False)
    other.work()
    assert other.client.get(location).status_code == 404
    assert read(asked.client.get(location))["status"] == "queued"
    asked.work()
    assert read(asked.client.get(location))["status"] == "succeeded"


def test_an_unknown_job_is_404_everywhere(service: Service) -> None:
    for method, path in (("GET", "/jobs/x"), ("GET", "/jobs/x/result"), ("POST", "/jobs/x/cancel")):
        answer = service.client.call(method, path)
        assert (answer.status_code, read(answer)["detail"]["type"]) == (404, "unknown_job")


def test_the_document_tells_of_jobs(service: Service) -> None:
    paths = read(service.client.get("/openapi.json"))["paths"]
    accepted = paths["/twolvlImp/predict"]["post"]["responses"]["202"]
    assert {"Location", "Preference-Applied", "Cancel-Token"} <= accepted["headers"].keys()
    cancel = paths["/jobs/{id}/cancel"]["post"]
    assert {each["name"] for each in cancel["parameters"]} == {"id", "Cancel-Token"}
    assert {"403", "404"} <= cancel["responses"].keys()
    assert "403" not in paths["/jobs/{id}"]["get"]["responses"]
    assert accepted["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/JobState"}
    assert "202" not in paths["/twolvlImp/estimate"]["post"]["responses"]
    assert {"404", "409"} <= paths["/jobs/{id}/result"]["get"]["responses"].keys()
    assert "409" not in paths["/jobs/{id}"]["get"]["responses"]


def test_queued_and_interrupted_jobs_survive_a_kill_of_the_host(demo_data: Path, tmp_path: Path) -> None:
    environment = {"DATASET_PATH": str(demo_data), "JOBS_LEASE_SECONDS": "1"}
    long = {**PREDICT, "scheme": "AFS", "number_predictor": 20, "estimators": 1000, "model": "all"}
    requests = [long, *({**PREDICT, "estimators": count} for count in (11, 12))]
    with running_host(tmp_path, environment) as host:
        host.wait_for("Ready: ")
        asked = [httpx.post(f"{host.url}/twolvlImp/predict", json=body, headers=LATER) for body in requests]
        places = [answer.headers["Location"] for answer in asked]
        _wait_for(host.url + places[0], "running")
        host.process.kill()
        host.process.wait()
    with running_host(tmp_path, environment) as host:
        states = [_wait_for(host.url + place, "succeeded") for place in places[1:]]
        interrupted = _wait_for(host.url + places[0], "running", "succeeded", attempts=2)
        assert interrupted["id"] == asked[0].json()["id"]
        for state, body in zip(states, requests[1:], strict=True):
            result = httpx.get(host.url + state["result"])
            assert result.content == httpx.post(f"{host.url}/twolvlImp/predict", json=body).content
        token = {"Cancel-Token": asked[0].headers["Cancel-Token"]}
        assert httpx.post(f"{host.url}{places[0]}/cancel", headers=token).status_code == 200


def _wait_for(url: str, *statuses: str, attempts: int = 1) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while True:
        state: dict[str, Any] = httpx.get(url).json()
        if state["status"] in statuses and state["attempts"] >= attempts:
            return state
        assert time.monotonic() < deadline, json.dumps(state)
        time.sleep(0.05)
