"""Start-up time of a process until it serves a dataset, and its memory.

    python -m benchmarks.startup [--data FOLDER] [--runs 5]

Each run starts the development server in a new process and polls it over HTTP. `cold` starts without a cache of packed
datasets, `warm` with one; the operating system's file cache is warm in both. Memory is the resident set (VmRSS,
including touched mapped pages) when /ready returns 200, and its peak until then.
"""

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.speed import SAMPLE

PROJECT = Path(__file__).resolve().parents[1]
REAL_DATA = PROJECT.parent / "shared" / "data" / "indicators"
DEADLINE_SECONDS, POLL_SECONDS = 120.0, 0.01
TARGETS = {"cold": 10.0, "warm": 1.5}
TARGET_MEGABYTES = 350
REQUEST = {**SAMPLE, "estimators": 10}


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds until /health, /ready and an imputation returned 200, and megabytes when ready and at peak."""

    health: float
    ready: float
    imputed: float
    resident: float
    highest: float


def main() -> None:
    """Measure and print a table of medians, with the maximum of the runs in brackets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REAL_DATA, help="folder with the three tables")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.exit(2, f"{arguments.data} is not a folder\n")
    print(f"{arguments.data}, {arguments.runs} runs each: median (largest)\n")
    print("| start | /health | /ready | target | first imputation | resident | highest | target |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for kind in ("cold", "warm"):
            caches = [Path(scratch) / (f"cold-{run}" if kind == "cold" else "cold-0") for run in range(arguments.runs)]
            _print(kind, [measure(arguments.data, cache) for cache in caches])


def _print(kind: str, starts: list[Start]) -> None:
    seconds = [f"{_summary([getattr(start, name) for start in starts])} s" for name in ("health", "ready")]
    megabytes = [f"{_summary([getattr(start, name) for start in starts])} MB" for name in ("resident", "highest")]
    first = f"{_summary([start.imputed for start in starts])} s"
    cells = (kind, *seconds, f"{TARGETS[kind]} s", first, *megabytes, f"{TARGET_MEGABYTES} MB")
    print(f"| {' | '.join(cells)} |")


def _summary(values: list[float]) -> str:
    return f"{statistics.median(values):.3g} ({max(values):.3g})"


def measure(data: Path, cache: Path) -> Start:
    """Start the development server on the data with this cache folder, and stop it when it is ready."""
    with httpx.Client(timeout=DEADLINE_SECONDS) as client, _host(data, cache) as (process, port, begin):
        health = _answered(client, process, f"http://127.0.0.1:{port}/health", begin)
        ready = _answered(client, process, f"http://127.0.0.1:{port}/ready", begin)
        resident, highest = (_megabytes(process.pid, name) for name in ("VmRSS", "VmHWM"))
        client.post(f"http://127.0.0.1:{port}/twolvlImp/predict", json=REQUEST).raise_for_status()
        return Start(health, ready, time.perf_counter() - begin, resident, highest)


@contextlib.contextmanager
def _host(data: Path, cache: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {"PORT": str(port), "DATASET_PATH": str(data), "DATASET_CACHE_PATH": str(cache)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATASET_")} | given
    command = [sys.executable, "-m", "sids_tools.serve"]
    begin = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - the command is ours
        command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process, port, begin
    finally:
        process.terminate()
        process.wait()


def _answered(client: httpx.Client, process: subprocess.Popen[bytes], url: str, begin: float) -> float:
    """Seconds from `begin` to the first response with status 200."""
    while process.poll() is None and time.perf_counter() - begin < DEADLINE_SECONDS:
        with contextlib.suppress(httpx.TransportError):
            if client.get(url).status_code == httpx.codes.OK:
                return time.perf_counter() - begin
        time.sleep(POLL_SECONDS)
    raise SystemExit(f"{url} did not answer 200: the host ended with {process.poll()}")


def _megabytes(pid: int, name: str) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
