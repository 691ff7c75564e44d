"""Starts the development host as its users do, in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

PROJECT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
COMMAND = [sys.executable, "-m", "sids_tools.serve"]


@dataclass(frozen=True)
class RunningHost:
    url: str
    output: Path
    process: subprocess.Popen[bytes]

    def wait_for(self, text: str) -> str:
        """The output, once it has the text."""
        deadline = time.monotonic() + START_SECONDS
        while text not in (output := self.output.read_text()):
            assert time.monotonic() < deadline, output
            time.sleep(0.02)
        return output

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=START_SECONDS)


@contextmanager
def running_host(folder: Path, environment: Mapping[str, str]) -> Iterator[RunningHost]:
    """A host that answers, on a free port; its output and cache go into the folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    output = folder / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            COMMAND, cwd=PROJECT, env=host_environment(folder, port, environment), stdout=file, stderr=file
        )
    host = RunningHost(f"http://127.0.0.1:{port}", output, process)
    try:
        _wait_until_healthy(host)
        yield host
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def host_environment(folder: Path, port: int, environment: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without the service's own settings, and with those given."""
    own = ("DATASET_", "MODEL_", "JOBS_", "ACCESS", "ENTRA_", "OTEL_", "APPLICATIONINSIGHTS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {**kept, "PORT": str(port), "DATASET_CACHE_PATH": str(folder / "cache"), **environment}


def _wait_until_healthy(host: RunningHost) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert host.process.poll() is None, host.output.read_text()
        assert time.monotonic() < deadline, host.output.read_text()
        try:
            httpx.get(f"{host.url}/health").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.02)
        else:
            return
