"""Trainings occupy no thread that others need: what answers while twenty of them are held."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Lock
from typing import Any

import httpx
import pytest

from sids_core.imputation import impute
from sids_service.settings import Settings
from tests.calls import PREDICT
from tests.in_process_server import serving

USERS = 20
DEADLINE_SECONDS = 60
OTHERS = ("/health", "/ready", "/twolvlImp/target_years", "/twolvlImp/targets?target_year=2001&dataset=key", "/params")


class Gate:
    """Holds every training until it is opened."""

    def __init__(self) -> None:
        self.opened = Event()
        self.held = 0
        self._lock = Lock()

    def close(self, monkeypatch: pytest.MonkeyPatch) -> None:
        train = impute.impute

        def held(*arguments: Any, **options: Any) -> Any:
            with self._lock:
                self.held += 1
            assert self.opened.wait(DEADLINE_SECONDS)
            return train(*arguments, **options)

        monkeypatch.setattr(impute, "impute", held)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    gate.close(monkeypatch)
    yield gate
    gate.opened.set()


@pytest.fixture
def url(demo_data: Path, tmp_path: Path) -> Iterator[str]:
    """A server over real HTTP in this process."""
    with serving(Settings(dataset_path=demo_data, dataset_cache_path=tmp_path)) as base_url:
        yield base_url


def test_health_and_catalogue_answer_while_twenty_trainings_are_held(url: str, gate: Gate) -> None:
    async def scene() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=DEADLINE_SECONDS) as client:
            bodies = [{**PREDICT, "estimators": number} for number in range(1, USERS + 1)]
            trainings = [asyncio.create_task(client.post("/twolvlImp/predict", json=body)) for body in bodies]
            async with asyncio.timeout(DEADLINE_SECONDS):
                while gate.held < 2:
                    await client.get("/health")
            for path in OTHERS:
                assert (await client.get(path)).status_code == 200, path
            assert not any(training.done() for training in trainings)
            gate.opened.set()
            assert {answer.status_code for answer in await asyncio.gather(*trainings)} == {200}

    asyncio.run(scene())
