"""What is held occupies no thread, turn or place that others need: what answers meanwhile, and what is refused."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event, Lock
from typing import Any

import httpx
import pytest

from sids_core.imputation import impute
from sids_core.survey import cluster
from sids_service.context import STORE_CALLS_WAITING, STORE_THREADS
from sids_service.dataset import loading
from sids_service.jobs.local_store import LocalJobStore
from sids_service.settings import Settings
from tests.calls import PREDICT, SURVEY
from tests.in_process_server import serving

USERS = 20
CROWD = 60
DEADLINE_SECONDS = 60
LIVENESS = ("/health", "/params", "/openapi.json", "/docs", "/docs/swagger-ui.css", "/statimpute/methods")
CATALOGUE = (
    "/ready",
    "/datasets",
    "/twolvlImp/target_years",
    "/twolvlImp/targets?target_year=2001&dataset=key",
    "/correlation/datasets?year=2001",
    "/correlation/years",
    "/statimpute/targets",
)
NO_JOB = "/jobs/" + "0" * 32


class Gate:
    """Holds every call of a function until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = Event()
        self.held = 0
        self._monkeypatch = monkeypatch
        self._lock = Lock()

    def close(self, owner: object, name: str) -> None:
        function = getattr(owner, name)

        def held(*arguments: Any, **options: Any) -> Any:
            with self._lock:
                self.held += 1
            assert self.opened.wait(DEADLINE_SECONDS)
            return function(*arguments, **options)

        self._monkeypatch.setattr(owner, name, held)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate(monkeypatch)
    yield gate
    gate.opened.set()


@pytest.fixture
def settings(demo_data: Path, tmp_path: Path) -> Settings:
    return Settings(dataset_path=demo_data, dataset_cache_path=tmp_path)


@asynccontextmanager
async def clients(url: str) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=DEADLINE_SECONDS, limits=limits) as client:
        yield client


async def until(client: httpx.AsyncClient, gate: Gate, held: int) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while gate.held < held:
            assert (await client.get("/health")).status_code == 200


async def refused(tasks: "list[asyncio.Task[httpx.Response]]", least: int) -> "list[asyncio.Task[httpx.Response]]":
    """Those that are answered before the gate opens, at least so many: 503 with an honest Retry-After."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while sum(task.done() for task in tasks) < least:
            await asyncio.wait([task for task in tasks if not task.done()], return_when=asyncio.FIRST_COMPLETED)
    done = [task for task in tasks if task.done()]
    for task in done:
        assert task.result().status_code == 503, task.result().text
        assert int(task.result().headers["retry-after"]) >= 1
    return done


async def check_answers(client: httpx.AsyncClient, *paths: str) -> None:
    for path in paths:
        assert (await client.get(path)).status_code == 200, path


def bodies(count: int) -> list[dict[str, Any]]:
    return [{**PREDICT, "estimators": number} for number in range(1, count + 1)]


def surveys(count: int) -> list[dict[str, Any]]:
    return [{**SURVEY, "data": _data(n)} for n in range(count)]


def _data(number: int) -> dict[str, Any]:
    return {"Main income": ["fishing", "tourism", f"number {number}"], "Household size": [4, 2, 5]}


def test_health_and_catalogue_answer_while_twenty_trainings_are_held(settings: Settings, gate: Gate) -> None:
    async def scene(url: str) -> None:
        gate.close(impute, "impute")
        async with clients(url) as client:
            trainings = [asyncio.create_task(client.post("/twolvlImp/predict", json=body)) for body in bodies(USERS)]
            await until(client, gate, 2)
            await check_answers(client, *LIVENESS, *CATALOGUE)
            assert not any(training.done() for training in trainings)
            gate.opened.set()
            assert {answer.status_code for answer in await asyncio.gather(*trainings)} == {200}

    with serving(settings) as url:
        asyncio.run(scene(url))


def test_of_sixty_equal_requests_those_beyond_the_bound_are_refused(settings: Settings, gate: Gate) -> None:
    async def scene(url: str) -> None:
        gate.close(impute, "impute")
        async with clients(url) as client:
            asked = [asyncio.create_task(client.post("/twolvlImp/predict", json=PREDICT)) for _ in range(CROWD)]
            await until(client, gate, 1)
            beyond = await refused(asked, CROWD - 1 - settings.runs_waiting)
            await check_answers(client, *LIVENESS, *CATALOGUE)
            gate.opened.set()
            answers = {answer.content for answer in await asyncio.gather(*set(asked).difference(beyond))}
            assert len(answers) == 1
            assert gate.held == 1

    with serving(settings) as url:
        asyncio.run(scene(url))


def test_imputations_have_a_turn_while_surveys_are_held(settings: Settings, gate: Gate) -> None:
    async def scene(url: str) -> None:
        gate.close(cluster, "cluster_survey")
        async with clients(url) as client:
            held = [asyncio.create_task(client.post("/survey/clustering", json=body)) for body in surveys(CROWD)]
            await until(client, gate, 1)
            beyond = await refused(held, CROWD - 1 - settings.runs_waiting // 2)
            for body in bodies(3):
                assert (await client.post("/twolvlImp/predict", json=body)).status_code == 200
            await check_answers(client, *LIVENESS, *CATALOGUE)
            assert gate.held == 1
            gate.opened.set()
            assert {answer.status_code for answer in await asyncio.gather(*set(held).difference(beyond))} == {200}

    with serving(settings) as url:
        asyncio.run(scene(url))


def test_nothing_else_waits_for_a_slow_store(settings: Settings, gate: Gate) -> None:
    async def scene(url: str) -> None:
        for name in ("read", "content"):
            gate.close(LocalJobStore, name)
        async with clients(url) as client:
            most = STORE_THREADS + STORE_CALLS_WAITING
            asked = [asyncio.create_task(client.get(NO_JOB)) for _ in range(most)]
            await until(client, gate, STORE_THREADS)
            await check_answers(client, *LIVENESS, *CATALOGUE)
            further = [
                *(asyncio.create_task(client.post("/twolvlImp/estimate", json=body)) for body in bodies(USERS)),
                asyncio.create_task(
                    client.post("/twolvlImp/predict", json=PREDICT, headers={"Prefer": "respond-async"})
                ),
                asyncio.create_task(client.post(f"{NO_JOB}/cancel")),
            ]
            assert len(await refused(further, len(further))) == len(further)
            assert not any(task.done() for task in asked)
            gate.opened.set()
            assert {answer.status_code for answer in await asyncio.gather(*asked)} == {404}
            assert (await client.post("/twolvlImp/estimate", json=PREDICT)).status_code == 200

    with serving(settings) as url:
        asyncio.run(scene(url))


def test_nothing_else_waits_for_the_first_load_of_the_data(settings: Settings, gate: Gate) -> None:
    async def scene(url: str) -> None:
        async with clients(url) as client:
            paths = [path for path in CATALOGUE if path != "/ready"]
            asked = [asyncio.create_task(client.get(paths[number % len(paths)])) for number in range(3 * CROWD)]
            asked += [asyncio.create_task(client.post("/twolvlImp/predict", json=PREDICT)) for _ in range(3)]
            await until(client, gate, 1)
            await check_answers(client, *LIVENESS)
            assert (await client.get("/ready")).status_code == 503
            assert (await client.get(NO_JOB)).status_code == 404
            assert (await client.post("/survey/clustering", json=SURVEY)).status_code == 200
            assert not any(task.done() for task in asked)
            gate.opened.set()
            assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}

    gate.close(loading, "load")
    with serving(settings, loaded=False) as url:
        asyncio.run(scene(url))
