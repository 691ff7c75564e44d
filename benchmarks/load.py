"""Concurrent users against `make start` on the real data: rates, errors, and latency of other endpoints.

`python -m benchmarks.load [--users 20] [--requests 20] [--ramp 60] [PLAN …]`, and
`python -m benchmarks.load --users 500 [--seconds 60] mixed` for users of all kinds (`benchmarks.mixed`)

The predecessor's plan (`--ramp 60`): 20 users, one more every three seconds, 20 consecutive requests each. Without a
ramp all start at once, which measures the rate. Meanwhile /health and two catalogue endpoints are probed five times a
second each, at fixed times regardless of earlier probes, so that a stall counts for its full duration. Memory is
private (RssAnon) at the start, halfway and at the end; pages of the mapped dataset can be reclaimed and do not count.
The process has imputed once before: `benchmarks.startup` measures a process's first imputation. Another process that
does nothing is probed likewise: what its probes take is not the service's fault. Nor is what the event loop's thread
waits for a processor, which /proc/<pid>/schedstat counts. The column has the idle process, and the shares of the time
for which the loop's thread ran and waited for a processor.
"""

import argparse
import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from shutil import rmtree
from statistics import median, quantiles
from tempfile import gettempdir, mkdtemp
from time import perf_counter
from typing import Any

import httpx

from benchmarks.mixed import Mixed, sent_by_users
from benchmarks.panel import REAL_DATA
from benchmarks.speed import SAMPLE

PROJECT = Path(__file__).resolve().parents[1]
HEALTH = "/health"
PROBES = (HEALTH, "/twolvlImp/target_years", "/twolvlImp/targets?target_year=2001&dataset=wdi")
PROBE_SECONDS = 0.2
SEED = 7
START_SECONDS = 60
UNLIMITED = httpx.Limits(max_connections=None)

Body = dict[str, Any]


@dataclass
class Tally:
    """Measurements: seconds per response and per probe, megabytes, and responses other than 200."""

    answers: list[float] = field(default_factory=list)
    probes: dict[str, list[float]] = field(default_factory=lambda: {path: [] for path in PROBES})
    memory: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    scheduled: tuple[float, float] = (0.0, 0.0)


def main() -> None:
    """Print a row per plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long mixed users go on")
    parser.add_argument("--ramp", type=float, default=0.0, help="seconds until the last user has started")
    parser.add_argument("plans", nargs="*", default=["sample", "manual", "afs"], metavar="PLAN")
    arguments = parser.parse_args()
    print(
        "| plan | answers | failures | per minute | median | 95 % | /health, 95 % (max) | catalogue | contention "
        "| memory, MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    asyncio.run(_measure(arguments))


async def _measure(arguments: argparse.Namespace) -> None:
    async with _host() as (client, pid), _idle_server() as idle_url:
        for plan in arguments.plans:
            mixed = await _mixed(client, arguments.seconds) if plan == "mixed" else None
            bodies = [] if mixed else await _bodies(client, plan, arguments.users * arguments.requests)
            tally = Tally()
            before = _scheduled(pid)
            async with httpx.AsyncClient(base_url=client.base_url, timeout=600, limits=UNLIMITED) as prober:
                probing = asyncio.create_task(_probe(prober, idle_url, pid, tally))
                if mixed:
                    mixed, seconds = await _run_mixed(str(client.base_url), mixed, tally, arguments.users)
                else:
                    seconds = await _run(client, bodies, tally, arguments)
                probing.cancel()
                with suppress(asyncio.CancelledError):
                    await probing
            ran, waited = (now - then for now, then in zip(_scheduled(pid), before, strict=True))
            tally.scheduled = ran / seconds, waited / seconds
            _print(plan if mixed is None else f"mixed, {arguments.users} users", tally, seconds)
            if mixed:
                _print_refusals(mixed)


async def _mixed(client: httpx.AsyncClient, seconds: float) -> Mixed:
    imputations = [*await _bodies(client, "manual", 60), *await _bodies(client, "afs", 20)]
    return Mixed(imputations, {**SAMPLE, "estimators": 500}, seconds)


async def _run_mixed(url: str, mixed: Mixed, tally: Tally, users: int) -> tuple[Mixed, float]:
    """What came of the users' requests, sent by a process of their own, and the seconds it took."""
    start = perf_counter()
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        done = await asyncio.get_running_loop().run_in_executor(pool, sent_by_users, mixed, url, users)
    tally.answers = [seconds for of_kind in done.answers.values() for seconds in of_kind]
    tally.failures += done.failures
    return done, perf_counter() - start


async def _run(client: httpx.AsyncClient, bodies: Sequence[Body], tally: Tally, arguments: argparse.Namespace) -> float:
    start = perf_counter()
    pause = arguments.ramp / max(arguments.users - 1, 1)
    shares = [bodies[user :: arguments.users] for user in range(arguments.users)]
    await asyncio.gather(*(_user(client, share, number * pause, tally) for number, share in enumerate(shares)))
    return perf_counter() - start


async def _user(client: httpx.AsyncClient, bodies: Sequence[Body], pause: float, tally: Tally) -> None:
    await asyncio.sleep(pause)
    for body in bodies:
        start = perf_counter()
        try:
            response = await client.post("/twolvlImp/predict", json=body)
        except httpx.HTTPError as error:
            tally.failures.append(repr(error))
            continue
        tally.answers.append(perf_counter() - start)
        if response.status_code != 200:
            tally.failures.append(f"{response.status_code} {response.text[:200]}")


async def _probe(client: httpx.AsyncClient, idle_url: str, pid: int, tally: Tally) -> None:
    """Probe at fixed times until cancelled, then wait for probes in progress."""

    async def probe(path: str) -> None:
        start = perf_counter()
        try:
            response = await client.get(path)
        except httpx.HTTPError as error:
            tally.failures.append(f"{path} {error!r}")
            return
        tally.probes[path].append(perf_counter() - start)
        if response.status_code != 200:
            tally.failures.append(f"{path} {response.status_code}")

    async def probe_idle() -> None:
        start = perf_counter()
        await client.get(idle_url)
        tally.idle.append(perf_counter() - start)

    async with asyncio.TaskGroup() as probes:
        try:
            while True:
                tally.memory.append(_resident(pid))
                for path in PROBES:
                    probes.create_task(probe(path))
                probes.create_task(probe_idle())
                await asyncio.sleep(PROBE_SECONDS)
        except asyncio.CancelledError:
            return


async def _bodies(client: httpx.AsyncClient, plan: str, count: int) -> list[Body]:
    """The documented sample request repeated, or requests with different targets and years."""
    if plan == "sample":
        return [{**SAMPLE, "estimators": 10}] * count
    chosen = random.Random(SEED)  # noqa: S311 (which requests to send)
    years = (await client.get("/twolvlImp/target_years")).json()[10:]
    bodies: list[Body] = []
    while len(bodies) < count:
        year = chosen.choice(years)
        targets = (await client.get("/twolvlImp/targets", params={"target_year": year, "dataset": "wdi"})).json()
        target = chosen.choice(sorted(targets))
        body = {**SAMPLE, "target_year": year, "target": target, "dataset": "wdi"}
        if plan == "afs":
            bodies.append({**body, "scheme": "AFS"})
            continue
        answer = await client.post("/twolvlImp/predictors", json={**body, "scheme": "MANUAL"})
        predictors = chosen.sample(sorted(answer.json()), 3)
        body |= {"manual_predictors": predictors, "estimators": 10}
        if (await client.post("/twolvlImp/estimate", json=body)).status_code == 200:
            bodies.append(body)
    return bodies


async def idle(scope: dict[str, Any], _receive: object, send: Any) -> None:
    """An application that does nothing but answer."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


@asynccontextmanager
async def _idle_server() -> AsyncIterator[str]:
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.load:idle", "--port", str(port), "--lifespan", "off"]
    command += ["--timeout-keep-alive", "120"]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        async with httpx.AsyncClient() as client:
            url = f"http://127.0.0.1:{port}/"
            while not await _is_up(client, url):
                await asyncio.sleep(PROBE_SECONDS)
            yield url
    finally:
        process.terminate()
        process.wait()


@asynccontextmanager
async def _host() -> AsyncIterator[tuple[httpx.AsyncClient, int]]:
    """A client of `make start`, and the server process."""
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    environment = {
        **kept,
        "PORT": str(port),
        "DATASET_PATH": str(REAL_DATA),
        "DATASET_CACHE_PATH": str(Path(gettempdir()) / "sids-ml-benchmarks"),
        "JOBS_PATH": mkdtemp(prefix="sids-ml-load-"),
    }
    command = ["make", "--no-print-directory", "start"]
    process = subprocess.Popen(  # noqa: S603 (the README's own command)
        command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=600, limits=UNLIMITED) as client:
            deadline = perf_counter() + START_SECONDS
            while not await _is_up(client, "/ready"):
                if perf_counter() > deadline:
                    raise SystemExit("make start did not become ready")
                await asyncio.sleep(PROBE_SECONDS)
            (await client.post("/twolvlImp/predict", json={**SAMPLE, "estimators": 1})).raise_for_status()
            yield client, _served_by(process.pid)
    finally:
        os.kill(_served_by(process.pid), signal.SIGTERM)
        process.wait()
        rmtree(environment["JOBS_PATH"])


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _served_by(pid: int) -> int:
    """The last process in the chain of single children: make, then what it runs."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return _served_by(int(children[0])) if children else pid


async def _is_up(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == 200
    except httpx.TransportError:
        return False


def _resident(pid: int) -> float:
    """Private memory of a process in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


def _scheduled(pid: int) -> tuple[float, float]:
    """Seconds that the first thread of a process, its event loop, has run and has waited for a processor."""
    ran, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    return int(ran) / 1e9, int(waited) / 1e9


def _print(plan: str, tally: Tally, seconds: float) -> None:
    for failure in tally.failures[:3]:
        print(failure, file=sys.stderr)
    row = [plan, str(len(tally.answers)), str(len(tally.failures)), f"{60 * len(tally.answers) / seconds:.0f}"]
    row += [f"{median(tally.answers):.3f} s", f"{_percentile_95(tally.answers):.3f} s"]
    catalogue = [seconds for path in PROBES if path != HEALTH for seconds in tally.probes[path]]
    row += [_milliseconds(tally.probes[HEALTH]), _milliseconds(catalogue)]
    row += [f"{_milliseconds(tally.idle)}; {tally.scheduled[0]:.0%}, {tally.scheduled[1]:.0%}"]
    row += [", ".join(f"{tally.memory[at]:.0f}" for at in (0, len(tally.memory) // 2, -1))]
    print(f"| {' | '.join(row)} |", flush=True)


def _print_refusals(mixed: Mixed) -> None:
    """Requests that were told to come back later, and what came of those that did."""
    refused = sorted(mixed.refusals) or [0]
    print(
        f"answered by kind: { {kind: len(seconds) for kind, seconds in sorted(mixed.answers.items())} }; "
        f"told to come back later: {len(mixed.refusals)}, in {refused[0]} to {refused[-1]} s, median "
        f"{median(refused):.0f} s; of {len(mixed.retried)} that came back in time {sum(mixed.retried)} were answered",
        flush=True,
    )


def _percentile_95(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=20, method="inclusive")[-1]  # never beyond the maximum


def _milliseconds(seconds: Sequence[float]) -> str:
    return f"{1000 * _percentile_95(seconds):.0f} ({1000 * max(seconds):.0f}) ms"


if __name__ == "__main__":
    main()
