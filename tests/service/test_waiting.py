"""What a busy process says of the wait for a turn, and what it does for clients that have gone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event, Lock
from typing import Any

import httpx
import pytest

from sids_core.imputation import impute
from sids_core.stages import stage
from sids_service.estimates import Estimates
from sids_service.settings import Settings
from tests.calls import PREDICT
from tests.in_process_server import serving

DEADLINE_SECONDS = 60
EXPECTED = 1000
LONG, OTHER, THIRD = ({**PREDICT, "estimators": trees} for trees in (1000, 999, 998))
SHORT = {**PREDICT, "estimators": 10}


class Gate:
    """Holds trainings of many trees until it is opened, in ever new stages, so that they can be cancelled."""

    def __init__(self) -> None:
        self.opened = Event()
        self.begun = 0
        self.stopped = 0
        self._lock = Lock()

    def close(self, monkeypatch: pytest.MonkeyPatch) -> None:
        train = impute.impute

        def held(*arguments: Any, **options: Any) -> Any:
            if options["config"].n_estimators > 100:
                with self._lock:
                    self.begun += 1
                try:
                    while not self.opened.wait(0.01):
                        with stage("held"):
                            pass
                except BaseException:
                    with self._lock:
                        self.stopped += 1
                    raise
            return train(*arguments, **options)

        monkeypatch.setattr(impute, "impute", held)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    gate.close(monkeypatch)
    yield gate
    gate.opened.set()


@pytest.fixture
def serve(demo_data: Path, tmp_path: Path) -> Callable[[int], Any]:
    """A server over real HTTP in this process with one turn."""

    def served(runs_waiting: int) -> Any:
        return serving(
            Settings(dataset_path=demo_data, dataset_cache_path=tmp_path, runs_at_once=1, runs_waiting=runs_waiting)
        )

    return served


class Asking:
    """Clients of the server that ask and go away."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    def begin(self, body: dict[str, Any]) -> "asyncio.Task[httpx.Response]":
        return asyncio.create_task(self.client.post("/twolvlImp/predict", json=body))

    async def estimate(self, body: dict[str, Any]) -> Any:
        return (await self.client.post("/twolvlImp/estimate", json=body)).json()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not condition():
                await self.client.get("/health")

    async def leave(self, request: "asyncio.Task[httpx.Response]") -> None:
        """Close its connection."""
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request


@asynccontextmanager
async def asking(url: str) -> AsyncIterator[Asking]:
    async with httpx.AsyncClient(base_url=url, timeout=DEADLINE_SECONDS) as client:
        yield Asking(client)


def test_retry_after_and_estimates_count_what_runs_and_waits(
    serve: Callable[[int], Any], gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Estimates, "seconds", lambda _self, _workload: EXPECTED - 0.5)

    async def scene(url: str) -> None:
        async with asking(url) as clients:
            assert await clients.estimate(LONG) == EXPECTED
            running = clients.begin(LONG)
            await clients.until(lambda: gate.begun == 1)
            assert 1.8 * EXPECTED < await clients.estimate(OTHER) <= 2 * EXPECTED
            assert 1.8 * EXPECTED < await clients.estimate({**OTHER, "manual_predictors": []}) <= 2 * EXPECTED
            assert 0.8 * EXPECTED < await clients.estimate(LONG) <= EXPECTED
            waiting = clients.begin(OTHER)
            async with asyncio.timeout(DEADLINE_SECONDS):
                while await clients.estimate(THIRD) <= 2 * EXPECTED:
                    pass
            refused = await clients.begin(THIRD)
            assert refused.status_code == 503
            assert 1.8 * EXPECTED < int(refused.headers["retry-after"]) <= 2 * EXPECTED
            gate.opened.set()
            assert {(await running).status_code, (await waiting).status_code} == {200}
            assert await clients.estimate(LONG) == 0

    with serve(1) as url:
        asyncio.run(scene(url))


def test_an_estimate_is_of_whole_seconds(serve: Callable[[int], Any]) -> None:
    async def scene(url: str) -> None:
        async with asking(url) as clients:
            answer = await clients.client.post("/twolvlImp/estimate", json=SHORT)
            assert answer.text.isdecimal()
            assert int(answer.text) >= 1

    with serve(1) as url:
        asyncio.run(scene(url))


def test_a_run_stops_when_its_last_client_has_gone(serve: Callable[[int], Any], gate: Gate) -> None:
    async def scene(url: str) -> None:
        async with asking(url) as clients:
            requests = [clients.begin(LONG) for _ in range(2)]
            await clients.until(lambda: gate.begun == 1)
            shorter = clients.begin(SHORT)
            for request in requests:
                assert gate.stopped == 0
                await clients.leave(request)
            assert (await shorter).status_code == 200
        assert (gate.begun, gate.stopped) == (1, 1)

    with serve(5) as url:
        asyncio.run(scene(url))


def test_a_run_goes_on_for_the_client_that_stays(serve: Callable[[int], Any], gate: Gate) -> None:
    async def scene(url: str) -> None:
        async with asking(url) as clients:
            gone, stays = clients.begin(LONG), clients.begin(LONG)
            await clients.until(lambda: gate.begun == 1)
            await clients.leave(gone)
            gate.opened.set()
            assert (await stays).status_code == 200
        assert (gate.begun, gate.stopped) == (1, 0)

    with serve(5) as url:
        asyncio.run(scene(url))


def test_a_client_that_leaves_gives_its_place_in_the_queue_back(serve: Callable[[int], Any], gate: Gate) -> None:
    async def scene(url: str) -> None:
        async with asking(url) as clients:
            running = clients.begin(LONG)
            await clients.until(lambda: gate.begun == 1)
            await clients.leave(waiting := clients.begin(OTHER))
            assert waiting.cancelled()
            later = clients.begin(SHORT)
            await clients.leave(running)
            async with asyncio.timeout(DEADLINE_SECONDS):
                while (answer := await later).status_code == 503:
                    later = clients.begin(SHORT)
            assert answer.status_code == 200
        assert gate.begun == 1

    with serve(1) as url:
        asyncio.run(scene(url))
