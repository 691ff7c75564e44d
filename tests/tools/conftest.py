"""Commands as an operator runs them, and servers that play the documented answers of public sources."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tools import running
from tests.tools.played_server import PlayedServer
from tests.tools.played_world_bank import PlayedWorldBank
from tests.tools.running import Result

Command = Callable[..., Result]


@pytest.fixture
def command() -> Command:
    return lambda *arguments, **environment: running.command(*map(str, arguments), **environment)


@pytest.fixture
def server() -> Iterator[PlayedServer]:
    with PlayedServer() as played:
        yield played


@pytest.fixture
def world_bank(server: PlayedServer) -> PlayedWorldBank:
    return PlayedWorldBank(server)


@pytest.fixture
def import_wdi(command: Command, world_bank: PlayedWorldBank, tmp_path: Path) -> Command:
    """`data import world-bank` from the played server into `tmp_path / "wdi"`, with short pauses."""
    where = ("--out", tmp_path / "wdi", "--url", world_bank.url, "--backoff", "0.001")
    return lambda *arguments: command("data", "import", "world-bank", *where, *arguments)
