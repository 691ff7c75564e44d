"""Metrics, whose values are known from what was asked."""

import asyncio
import shutil
import socket
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from azure.storage.queue import QueueClient
from pydantic import SecretStr

from sids_service.dataset.panel_source import PanelSource, open_panel_source
from sids_service.settings import Settings
from tests.calls import PREDICT
from tests.conftest import Azurite
from tests.function_client import read
from tests.service.telemetry.conftest import LATER, Observed, Told

OTHER = PREDICT | {"estimators": 11}


def test_requests_are_counted_by_route_and_status(service: Observed) -> None:
    for _ in range(3):
        service.client.get("/health")
    service.client.post("/twolvlImp/predict", {})
    assert {
        (dict(attributes)["http.route"], dict(attributes)["http.response.status_code"]): count
        for attributes, count in service.told.metric("http.server.request.duration").items()
    } == {("/health", 200): 3, ("/twolvlImp/predict", 422): 1}


def test_results_are_counted_by_where_they_came_from(service: Observed) -> None:
    service.client.post("/twolvlImp/predict", PREDICT)
    service.client.post("/twolvlImp/predict", PREDICT)
    service.client.post("/twolvlImp/predict", OTHER, **LATER)
    service.work()
    another = Observed(service.context.settings, Told())
    another.client.post("/twolvlImp/predict", OTHER)
    another.stop()
    outcomes = ("miss", "hit", "stored", "collapsed")
    assert [service.told.total("sids.cache", outcome=each) for each in outcomes] == [2, 1, 0, 0]
    assert [another.told.total("sids.cache", outcome=each) for each in outcomes] == [0, 0, 1, 0]
    assert service.told.total("sids.run.duration", sids_model="twolvlImp") == 2
    assert another.told.metric("sids.run.duration") == {}


def test_requests_for_a_run_in_flight_are_counted(service: Observed, monkeypatch: pytest.MonkeyPatch) -> None:
    from sids_core.imputation import impute as module

    go, impute = Event(), module.impute

    def held(*args: Any, **options: Any) -> Any:
        go.wait()
        return impute(*args, **options)

    monkeypatch.setattr(module, "impute", held)
    post = service.client.post

    async def both() -> None:
        first = asyncio.create_task(asyncio.to_thread(post, "/twolvlImp/predict", PREDICT))
        second = asyncio.create_task(asyncio.to_thread(post, "/twolvlImp/predict", PREDICT))
        while not service.told.total("sids.cache", outcome="collapsed"):
            await asyncio.sleep(0.01)
        go.set()
        await asyncio.gather(first, second)

    asyncio.run(both())
    assert service.told.total("sids.cache", outcome="miss") == 1
    assert service.told.total("sids.run.duration") == 1


def test_jobs_by_state_and_messages(service: Observed) -> None:
    for request in (PREDICT, OTHER):
        assert service.client.post("/twolvlImp/predict", request, **LATER).status_code == 202
    assert jobs(service) == {"queued": 2, "running": 0}
    assert service.told.total("sids.queue.messages", sids_queue_name="sids-jobs") == 2
    service.work()
    assert jobs(service) == {"queued": 0, "running": 0}
    assert service.told.total("sids.queue.messages") == 0
    assert service.told.total("sids.jobs.ended", state="succeeded") == 2


def test_a_job_in_progress_is_running(service: Observed, monkeypatch: pytest.MonkeyPatch) -> None:
    from sids_core.imputation import impute as module

    seen: list[dict[str, int]] = []
    impute = module.impute

    def looked(*args: Any, **options: Any) -> Any:
        seen.append(jobs(service))
        return impute(*args, **options)

    monkeypatch.setattr(module, "impute", looked)
    for request in (PREDICT, OTHER):
        service.client.post("/twolvlImp/predict", request, **LATER)
    service.work()
    assert seen == [{"queued": 1, "running": 1}, {"queued": 0, "running": 1}]


def jobs(service: Observed) -> dict[str, int]:
    return {dict(attributes)["state"]: value for attributes, value in service.told.metric("sids.jobs").items()}


def test_jobs_and_both_queues_in_azure_storage(azurite: Azurite, demo_data: Path, packed: Path) -> None:
    service = Observed(stored(azurite.connection_string, demo_data, packed), Told())
    assert service.told.total("sids.queue.messages") == 0  # there are no queues yet
    assert read(service.client.post("/twolvlImp/predict", PREDICT, **LATER))["status"] == "queued"
    with QueueClient.from_connection_string(azurite.connection_string, "told-poison") as poison:
        poison.create_queue()
        poison.send_message("bG9zdA==")
    found = service.told.metric("sids.queue.messages").items()
    assert {dict(attributes)["sids.queue.name"]: value for attributes, value in found} == {"told": 1, "told-poison": 1}
    assert jobs(service) == {"queued": 1, "running": 0}
    service.stop()


def test_an_unreachable_store_leaves_its_gauges_out_and_the_others_in(
    azurite: Azurite, demo_data: Path, packed: Path
) -> None:
    with socket.socket() as closed:  # bound, and nobody listens
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        service = Observed(stored(azurite.connection_through(port, port), demo_data, packed), Told())
        service.context.dataset.refresh()
        assert service.told.names() == {"sids.dataset.age"}
        service.stop()


def stored(connection_string: str, data: Path, packed: Path) -> Settings:
    return Settings(
        dataset_path=data,
        dataset_cache_path=packed,
        jobs_storage=SecretStr(connection_string),
        jobs_container="told",
        jobs_queue="told",
    )


def test_a_process_that_needs_no_dataset_has_no_age(service: Observed) -> None:
    """Such as an instance for timers alone: it polls no source, and its age would grow until somebody is told."""
    service.context.jobs.sweep()
    assert "sids.jobs" in service.told.names()
    assert service.told.metric("sids.dataset.age") == {}
    service.context.dataset.refresh()
    assert len(service.told.metric("sids.dataset.age")) == 1


def age(source: PanelSource) -> float:
    seconds = source.status().confirmed_seconds
    assert seconds is not None
    return seconds


def test_the_datasets_age_grows_while_its_source_cannot_be_read(demo_data: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(demo_data, data)
    settings = Settings(dataset_path=data, dataset_cache_path=tmp_path / "cache", dataset_refresh_seconds=3600)
    source = open_panel_source(settings)
    source.refresh()
    loaded = age(source)
    data.rename(tmp_path / "away")
    source.refresh()
    assert source.status().error
    unconfirmed = age(source)
    assert unconfirmed > loaded
    (tmp_path / "away").rename(data)
    source.refresh()
    assert age(source) < unconfirmed


def test_a_version_that_is_refused_does_not_make_the_served_one_young(demo_data: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(demo_data, data)
    settings = Settings(dataset_path=data, dataset_cache_path=tmp_path / "cache", dataset_refresh_seconds=3600)
    source = open_panel_source(settings)
    source.refresh()
    (data / "datasetMeta.csv").write_text("nothing\n")
    ages = []
    for _ in range(3):
        source.refresh()
        ages.append(age(source))
    assert ages == sorted(ages)
    assert source.status().ready
