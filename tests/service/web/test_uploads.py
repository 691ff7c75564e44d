"""Bodies are counted while they arrive: one that is slow, and too many of them together."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import Message

from sids_service.web import uploads
from sids_service.web.uploads import ORDINARY_AT_ONCE
from tests.service.web.conftest import MAX_BODY_BYTES, shop_api

HALF = MAX_BODY_BYTES // 2


@dataclass
class Client:
    """A client that sends the rest of its body, a valid order, when it is told to."""

    first: bytes = b" " * HALF
    rest: bytes = b'{"item":"tea","how":"POST"}'
    sent: int = 0
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    detail: Any = None

    async def ask(self, app: FastAPI) -> None:
        scope = {"type": "http", "method": "POST", "path": "/shop/order", "query_string": b"", "headers": []}
        await app(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        self.sent += 1
        if self.sent == 1:
            return {"type": "http.request", "body": self.first, "more_body": True}
        await self.goes_on.wait()
        return {"type": "http.request", "body": self.rest, "more_body": False}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            self.detail = json.loads(message["body"]).get("detail")


async def until_waiting(clients: list[Client]) -> None:
    while not all(client.sent == 2 or client.status for client in clients):
        await asyncio.sleep(0)


def test_too_many_bytes_together_and_room_again() -> None:
    async def act() -> None:
        app = shop_api()
        held = [Client() for _ in range(2 * ORDINARY_AT_ONCE - 1)]
        asked = [asyncio.create_task(client.ask(app)) for client in held]
        await until_waiting(held)
        assert {client.status for client in held} == {0}
        large = b" " * (MAX_BODY_BYTES - 100)
        refused = Client(first=large)
        await refused.ask(app)
        assert (refused.status, refused.detail["type"]) == (503, "overloaded")
        assert refused.headers[b"retry-after"] == b"10"
        for client in held:
            client.goes_on.set()
        await asyncio.gather(*asked)
        assert {client.status for client in held} == {200}
        later = Client(first=large)
        later.goes_on.set()
        await later.ask(app)
        assert later.status == 200

    asyncio.run(act())


def test_a_slow_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "GRACE_SECONDS", 0)
    monkeypatch.setattr(uploads, "SLOWEST_BYTES_PER_SECOND", 1e9)
    client = Client()
    asyncio.run(client.ask(shop_api()))
    assert (client.status, client.detail["type"]) == (408, "slow_body")


def test_a_refused_body_is_forgotten() -> None:
    async def act() -> None:
        app = shop_api()
        for _ in range(2 * ORDINARY_AT_ONCE):
            client = Client(first=b" " * (MAX_BODY_BYTES - 10))
            client.goes_on.set()
            await client.ask(app)
            assert (client.status, client.detail["type"]) == (413, "too_large")

    asyncio.run(act())
