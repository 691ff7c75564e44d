"""Shared by every room's tests: storage that is real, data that is real, and data that is generated."""

import os
import shutil
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local_host import running_host

PROJECT = Path(__file__).resolve().parents[1]
AZURITE = PROJECT / "node_modules" / ".bin" / "azurite-blob"
REAL_DATA = PROJECT.parent / "shared" / "data" / "indicators"
ACCOUNT = "testaccount"
START_SECONDS = 60


class Azurite:
    """Blob storage on this machine, which a test may stop and start; its port and content stay."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._key = b64encode(os.urandom(32)).decode()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def connection_string(self) -> str:
        return (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={self._key};"
            f"BlobEndpoint=http://127.0.0.1:{self.port}/{ACCOUNT};"
        )

    def start(self) -> None:
        if self._process is not None:
            return
        quiet = ("--silent", "--skipApiVersionCheck", "--disableTelemetry")
        self._process = subprocess.Popen(
            [str(AZURITE), *quiet, "--blobPort", str(self.port), "--location", str(self._folder)],
            env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{self._key}"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, "azurite-blob ended while starting"
            assert time.monotonic() < deadline, "azurite-blob did not start"

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=START_SECONDS)
            self._process = None

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
            return False
        return True


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    if shutil.which("node") is None or not AZURITE.exists():
        pytest.skip("Azurite needs Node and `npm ci`")
    service = Azurite(tmp_path_factory.mktemp("azurite"))
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="session")
def real_data() -> Path:
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real data is not at {REAL_DATA}")
    return REAL_DATA


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from sids_core.data.demo import write_demo_data

    folder = tmp_path_factory.mktemp("demo") / "data"
    write_demo_data(folder)
    return folder


@pytest.fixture(scope="session")
def host(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of a development host that serves the demo data, loaded."""
    with running_host(tmp_path_factory.mktemp("host"), {"DATASET_PATH": str(demo_data)}) as running:
        running.wait_for("Ready: ")
        yield running.url
