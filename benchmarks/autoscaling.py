"""KEDA and the Kubernetes autoscaler, played: worker processes are started and ended by the length of a queue."""

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path

import yaml

from tests.conftest import PROJECT
from tests.killed_workers import work

SCALED_OBJECT = PROJECT / "infra" / "k8s" / "base" / "worker" / "scaled-object.yaml"


@dataclass(frozen=True)
class Rules:
    """When workers are started and ended; durations in seconds.

    Attributes:
        polling: interval between two looks at the queue.
        cooldown: without a message before the last worker is ended.
        stabilisation: for which the number of workers stays at its maximum.
        most: workers at once.
        messages: for each worker.
    """

    polling: float
    cooldown: float
    stabilisation: float
    most: int
    messages: int

    @classmethod
    def of_the_manifests(cls, faster: float) -> "Rules":
        """Those of infra/k8s, with durations divided by `faster`."""
        spec = yaml.safe_load(SCALED_OBJECT.read_text())["spec"]
        down = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
        return cls(
            spec["pollingInterval"] / faster,
            spec["cooldownPeriod"] / faster,
            down["stabilizationWindowSeconds"] / faster,
            spec["maxReplicaCount"],
            int(spec["triggers"][0]["metadata"]["queueLength"]),
        )


class Pods:
    """Worker processes; each is pinned to one core, and starts as a pod does: imports, then reads its dataset."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._processes = multiprocessing.get_context("spawn")
        self._environment = dict(environment)
        self._folder = folder
        self._running: list[tuple[BaseProcess, Event]] = []
        self.started = self.killed = 0

    @property
    def running(self) -> int:
        """How many there are."""
        return len(self._running)

    def scale(self, count: int) -> None:
        """Start or end workers until `count` of them run."""
        while self.running < count:
            self._start()
        while self.running > count:
            self._end(self._running.pop())

    def kill(self, number: int) -> None:
        """Kill a worker; its deployment starts another."""
        self._end(self._running.pop(number))
        self.killed += 1
        self._start()

    def wait_until_ready(self) -> None:
        """Wait until every worker has read its dataset."""
        for _, ready in self._running:
            ready.wait()

    def _start(self) -> None:
        core = self.started % (os.cpu_count() or 1)
        cache = self._folder / f"worker-{self.started}"
        ready = self._processes.Event()
        environment = {**self._environment, "DATASET_CACHE_PATH": str(cache)}
        process = self._processes.Process(
            target=pinned, args=(core, environment, self._folder / "workers.txt", ready), daemon=True
        )
        process.start()
        self._running.append((process, ready))
        self.started += 1

    def _end(self, pod: tuple[BaseProcess, Event]) -> None:
        pod[0].kill()
        pod[0].join()


def pinned(core: int, environment: Mapping[str, str], log: Path, ready: Event) -> None:
    """Work on one core until killed."""
    os.sched_setaffinity(0, {core})
    work(environment, log, ready.set)


class Autoscaler:
    """Decides at each polling interval how many workers there are to be."""

    def __init__(self, rules: Rules, length: Callable[[], int], pods: Pods) -> None:
        self._rules = rules
        self._length = length
        self._pods = pods
        self._next = self._active = time.monotonic()
        self._wanted: deque[tuple[float, int]] = deque()
        self.most = 0

    def step(self) -> None:
        """Look at the queue if it is time to, and scale."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._rules.polling
        length = self._length()
        if length:
            self._active = now
        self._wanted.append((now, min(self._rules.most, ceil(length / self._rules.messages))))
        while self._wanted[0][0] < now - self._rules.stabilisation:
            self._wanted.popleft()
        wanted = max(count for _, count in self._wanted)
        if now - self._active >= self._rules.cooldown:
            wanted = 0
        elif self._pods.running:
            wanted = max(1, wanted)  # to zero only after the cool-down
        self._pods.scale(wanted)
        self.most = max(self.most, wanted)
