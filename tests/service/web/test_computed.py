"""Answers that are computed: what a client leaves behind that does not wait for its answer."""

import asyncio
import gc
import logging
from threading import Event
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.requests import Request
from starlette.types import Message

from sids_core.errors import RequestError
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.jobs.computation import Computation, Key
from sids_service.settings import Settings
from sids_service.web.computed import Answering, ComputedEndpoint
from sids_service.web.tables import Tabular
from tests.service.web.conftest import NOWHERE

SECONDS = 20


class Nothing(BaseModel):
    """A request and its answer."""


def test_a_cancelled_request_leaves_nothing_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    begun, go_on = Event(), Event()

    def compute() -> Nothing:
        begun.set()
        assert go_on.wait(SECONDS)
        raise RequestError("too few rows")

    def describe(_context: Any, _request: Nothing) -> Computation[BaseModel]:
        return Computation(Key("", "test", "{}"), compute=compute, check=lambda: None, stages={})

    settings = Settings(dataset_path=NOWHERE, dataset_cache_path=NOWHERE)
    context = Context(settings, open_panel_source(settings))

    async def connected() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def scene() -> None:
        http = Request({"type": "http", "headers": []}, connected)
        answer = Answering(context, http, Tabular(http))
        request = asyncio.create_task(answer(ComputedEndpoint("test", Nothing, describe), Nothing()))
        assert await asyncio.to_thread(begun.wait, SECONDS)
        other = context.executor.submit(describe(None, Nothing()))
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        go_on.set()
        with pytest.raises(RequestError):
            await asyncio.wrap_future(other)

    with caplog.at_level(logging.ERROR):
        asyncio.run(scene())
        gc.collect()  # asyncio reports errors that nobody has read when it loses them
    assert [record.message for record in caplog.records] == []
