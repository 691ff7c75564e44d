"""Workers of the service that may be killed at any moment: forks of a process that has imported everything already."""

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from tests.forked import CONTEXT

if TYPE_CHECKING:
    from sids_service.dataset.panel_source import PanelSource


class Workers:
    """A number of worker processes, numbered in the order of their start; each has the loop of `sids serve`."""

    def __init__(self, count: int, environment: Mapping[str, str], log: Path) -> None:
        self._environment = dict(environment)
        self._log = log
        self._running: list[BaseProcess] = [self._started() for _ in range(count)]
        self.kills = 0

    def kill(self, number: int) -> None:
        """Kill a worker with SIGKILL, and start another."""
        self._end(self._running[number])
        self._running[number] = self._started()
        self.kills += 1

    def stop(self) -> None:
        for process in self._running:
            self._end(process)

    def _started(self) -> BaseProcess:
        process = CONTEXT.Process(target=work, args=(self._environment, self._log), daemon=True)
        process.start()
        return process

    def _end(self, process: BaseProcess) -> None:
        process.kill()
        process.join()


def work(environment: Mapping[str, str], log: Path, ready: Callable[[], None] | None = None) -> None:
    """Do jobs until killed; `ready` is called before the first one, with the dataset loaded."""
    from blueprints.app import make_worker
    from blueprints.jobs import background_worker
    from sids_service.context import Context
    from sids_service.dataset.panel_source import open_panel_source
    from sids_service.settings import read_settings

    logging.basicConfig(filename=log, level=logging.WARNING, format="%(process)d %(asctime)s %(message)s")
    os.environ.update(environment)
    settings = read_settings()
    context = Context(settings, open_panel_source(settings))
    if ready is not None:
        _load(context.dataset)
        ready()
    background_worker(context, make_worker(context)).start()
    Event().wait()


def _load(dataset: "PanelSource") -> None:
    """Wait for the dataset as long as it takes; on a busy machine longer than a request would."""
    from sids_service.errors import StillLoadingError

    while True:
        with suppress(StillLoadingError):
            dataset.panel()
            return
