"""A batch that the workers of the jobs' queue compute, on real Azurite, into a container."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import ContainerClient

from tests.service.batch.conftest import FEW, PROJECT, Start, files

if TYPE_CHECKING:
    from tests.conftest import Azurite

DEADLINE_SECONDS = 90
LEASE_SECONDS = 2
WORKERS = 3


@pytest.fixture
def place(azurite: "Azurite") -> Mapping[str, str]:
    azurite.start()
    name = f"batch-{os.getpid()}"
    return {
        "JOBS_STORAGE": azurite.connection_string,
        "JOBS_QUEUE": name,
        "JOBS_CONTAINER": name,
        "JOBS_LEASE_SECONDS": str(LEASE_SECONDS),
    }


@pytest.fixture
def workers(
    place: Mapping[str, str], environment: Mapping[str, str], tmp_path: Path
) -> Iterator[list[tuple["subprocess.Popen[bytes]", Path]]]:
    """Processes and their logs."""
    started = []
    for number in range(WORKERS):
        log = tmp_path / f"worker-{number}.txt"
        with log.open("wb") as file:
            command = [sys.executable, "-m", "tests.service.batch.worker_process", str(LEASE_SECONDS)]
            process = subprocess.Popen(command, cwd=PROJECT, env={**environment, **place}, stdout=file, stderr=file)
        started.append((process, log))
    yield started
    for process, _ in started:
        process.kill()
        process.wait()


def test_workers_one_of_them_killed_make_the_files_of_a_local_batch(
    start: Start,
    workers: list[tuple["subprocess.Popen[bytes]", Path]],
    place: Mapping[str, str],
    azurite: "Azurite",
    plain: Path,
    tmp_path: Path,
) -> None:
    container = f"out-{os.getpid()}"
    into = ("--out", container, "--connection-string", azurite.connection_string)
    process = start(*FEW, "--name", "few", *into, "--enqueue", **place)
    deadline = time.monotonic() + DEADLINE_SECONDS
    begun: list[subprocess.Popen[bytes]] = []
    while not begun:
        assert time.monotonic() < deadline, [log.read_text() for _, log in workers]
        begun = [worker for worker, log in workers if "attempt 1" in log.read_text()]
        time.sleep(0.005)
    begun[0].kill()
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, err
    with ContainerClient.from_connection_string(azurite.connection_string, container) as client:
        for name in client.list_blob_names(name_starts_with="ml/"):
            path = tmp_path / "fetched" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(client.download_blob(name).readall())
    assert files(tmp_path / "fetched" / "ml" / "few") == files(plain)
