"""ACCESS_PROTECTS: some operations need a token, the others do not."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from sids_service.settings import Settings
from tests.calls import NO_JOB, SURVEY, served
from tests.in_process_server import serving
from tests.issuer import Issuer

JOBS = {"jobs_id", "jobs_id_result", "jobs_id_cancel"}
COMPUTED = {"twolvlImp_predict", "correlation_cluster", "survey_clustering"}
CATALOGUE = {"service_datasets", "service_params"} | {
    call.function for call in served() if call.path.startswith("/data/")
}
CLOSED = {
    "jobs": JOBS,
    "survey": {"survey_clustering"},
    "computations": COMPUTED,
    "catalogue": CATALOGUE,
    "statimpute": {call.function for call in served() if call.path.startswith("/statimpute/")},
    "jobs, survey": JOBS | {"survey_clustering"},
    "computations,jobs,catalogue": JOBS | COMPUTED | CATALOGUE,
}
LATER = [
    [("Prefer", "respond-async")],
    [("Prefer", "Respond-Async; x=1, wait=10")],
    [("Prefer", "wait=10"), ("Prefer", "respond-async")],
    [("prefer", ",, respond-async ,")],
]


@pytest.fixture(scope="module")
def service_of(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], httpx.Client]]:
    """A client of a service that protects what is named; surveys need no data."""
    with ExitStack() as stack:
        running: dict[str, httpx.Client] = {}

        def of(protects: str) -> httpx.Client:
            if protects not in running:
                cache = tmp_path_factory.mktemp("protects")
                places = {"dataset_path": cache / "none", "dataset_cache_path": cache, "jobs_path": cache}
                settings = Settings.model_validate({**places, **issuer.settings(access_protects=protects)})
                url = stack.enter_context(serving(settings, loaded=False))
                running[protects] = stack.enter_context(httpx.Client(base_url=url, timeout=60))
            return running[protects]

        yield of


@pytest.mark.parametrize("protects", CLOSED)
def test_what_is_named_is_closed_and_nothing_else(service_of: Callable[[str], httpx.Client], protects: str) -> None:
    client = service_of(protects)
    document = client.get("/openapi.json").json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    always = {each["operationId"] for each in operations if each.get("security") == [{"entra": []}]}
    assert always == CLOSED[protects]
    for call in served():
        # A body that is no JSON: who is let in gets 400, and nothing is computed.
        body = b"{" if call.method == "POST" and "jobs" not in call.path else b""
        answer = client.request(call.method, call.path, content=body)
        assert (answer.status_code == 401) is (call.function in CLOSED[protects]), call
        assert client.options(call.path).status_code == 204


@pytest.mark.parametrize("headers", LATER)
def test_where_jobs_are_closed_no_header_makes_one(
    service_of: Callable[[str], httpx.Client], issuer: Issuer, headers: list[tuple[str, str]]
) -> None:
    client, path = service_of("jobs"), "/survey/clustering"
    assert client.post(path, json=SURVEY).status_code == 200
    assert client.post(path, json=SURVEY, headers=headers).status_code == 401
    let_in = [*headers, ("Authorization", f"Bearer {issuer.token()}")]
    assert client.post(path, json=SURVEY, headers=let_in).status_code in (200, 202)


def test_a_job_is_read_by_whoever_has_access_to_jobs(service_of: Callable[[str], httpx.Client], issuer: Issuer) -> None:
    """A token opens all jobs; where jobs are open, the id does."""
    token = {"Authorization": f"Bearer {issuer.token()}"}
    for protects, status in (("jobs", 401), ("survey", 200)):
        client = service_of(protects)
        job = client.post("/survey/clustering", json=SURVEY, headers={**token, "Prefer": "respond-async"})
        assert job.status_code == 202
        place = job.headers["Location"]
        assert client.get(place).status_code == status
        assert client.get(place, headers={"Authorization": f"Bearer {issuer.token(sub='another')}"}).status_code == 200
        cancelled = client.post(f"{place}/cancel", headers=token)
        assert (cancelled.status_code, cancelled.json()["detail"]["type"]) == (403, "cancel_token")
        assert client.get(f"/jobs/{NO_JOB}").status_code == (401 if status == 401 else 404)


def test_an_open_operation_says_that_a_job_of_it_is_closed(service_of: Callable[[str], httpx.Client]) -> None:
    document = service_of("jobs").get("/openapi.json").json()
    assert document["paths"]["/survey/clustering"]["post"]["security"] == [{}, {"entra": []}]
    assert "401" in document["paths"]["/survey/clustering"]["post"]["responses"]
    assert "security" not in document["paths"]["/statimpute/impute"]["post"]
