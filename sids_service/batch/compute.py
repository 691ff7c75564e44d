"""Computes the items of a batch: in local worker processes, or as jobs run by workers elsewhere.

Processes, since the GIL is held for a part of each imputation. Each maps the data once, then takes one item after
another. The base imputation is not shared between the targets of a year: it is fitted on the countries with a value of
the target and on every other indicator, so that no two targets have the same one.
"""

import logging
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, groupby
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from pydantic import BaseModel

from sids_core.errors import RequestError, SidsError
from sids_core.imputation.config import ImputationConfig
from sids_core.panel.panel import Panel
from sids_service.batch.plan import BatchItem
from sids_service.batch.records import Record
from sids_service.dashboard import FIELDS
from sids_service.errors import argument_names
from sids_service.jobs.computation import Computation
from sids_service.jobs.errors import DatasetChangedError, StoreUnavailableError, UnknownJobError
from sids_service.jobs.job import FINISHED, JobError, JobRecord, Status
from sids_service.jobs.jobs import JobService
from sids_service.web.request_ids import mark_log_lines

if TYPE_CHECKING:
    from sids_core.imputation.result import ImputationResult

THREADS = 8
"""Concurrent requests to the job storage; they mostly wait."""
WINDOW = 64
"""Jobs polled per round, the oldest unfinished ones: workers take them roughly in the order of submission."""

SWEEP_SECONDS = 60.0
"""Between searches for messages that were lost, while no job ends."""
PATIENCE_SECONDS = 3600.0
"""Without any change of the jobs that are polled, after which their items fail."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The item was imputed."""

    record: Record


@dataclass(frozen=True, slots=True)
class Rejected:
    """The data does not allow the imputation; a retry would not help."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The imputation failed for a reason other than the data; a retry may succeed."""

    reason: str


ItemOutcome = Succeeded | Rejected | Failed
Compute = Callable[[Sequence[BatchItem]], Iterable[tuple[BatchItem, ItemOutcome]]]
"""Yields the outcome of each item, in the order of completion."""
Task = Callable[[BatchItem], Record]
"""Imputes an item in a worker process; can be pickled."""


def impute_item(
    open_panel: Callable[[], Panel],
    dataset_version: str,
    config: ImputationConfig,
    n_jobs: int,
    item: BatchItem,
) -> Record:
    """Impute one item with the library; errors name the fields of a request, as the endpoint's do.

    Args:
        open_panel: returns the process's panel; called for each item.
        dataset_version: version of the panel for which the item was planned.
        config: the configuration.
        n_jobs: number of threads.
        item: what to impute.

    Raises:
        RequestError: the data does not allow the imputation.
        DatasetChangedError: the panel has another version.
    """
    from sids_core.imputation.impute import impute

    panel = open_panel()
    check_version(dataset_version, panel.version)
    with argument_names(**FIELDS):
        if item.year == item.selection_year:
            return Record.of_result(_imputed(panel, item.target, item.year, item.dataset, config, n_jobs))
        try:
            like = _imputed(panel, item.target, item.selection_year, item.dataset, config, n_jobs)
        except RequestError:
            like = None
        arguments = panel, item.target, item.year
        return Record.of_result(impute(*arguments, dataset=item.dataset, config=config, like=like, n_jobs=n_jobs))


@lru_cache(maxsize=1)
def _imputed(
    panel: Panel, target: str, year: int, dataset: str, config: ImputationConfig, n_jobs: int
) -> "ImputationResult":
    """The imputation of a year; kept, since the items that follow may use the predictors selected in it."""
    from sids_core.imputation.impute import impute

    return impute(panel, target, year, dataset=dataset, config=config, n_jobs=n_jobs)


def check_version(planned: str, found: str) -> None:
    """Raise DatasetChangedError if an item was planned for another version of the dataset."""
    if planned != found:
        raise DatasetChangedError("the dataset has changed since the batch was started")


def compute_by_processes(
    items: Sequence[BatchItem], task: Task, workers: int
) -> Iterator[tuple[BatchItem, ItemOutcome]]:
    """Yield the outcome of each item, in the order of completion.

    Items that share their predictors follow each other in one process, which selects them once. If a process is killed,
    the items in progress are retried one at a time in a process of their own, so that an item fails only if its process
    is killed twice.
    """
    left = deque(list(shared) for _, shared in groupby(items, lambda item: (item.target, item.selection_year)))
    while left:
        suspects: list[BatchItem] = []
        yield from _until_broken(left, suspects, task, workers)
        for suspect in suspects:
            killed: list[BatchItem] = []
            yield from _until_broken(deque([[suspect]]), killed, task, 1)
            if killed:
                yield suspect, Failed("Its process was killed twice: out of memory?")


def _until_broken(
    left: deque[list[BatchItem]], in_progress: list[BatchItem], task: Task, workers: int
) -> Iterator[tuple[BatchItem, ItemOutcome]]:
    """Take from `left` until it is empty or a process dies; `in_progress` then holds the items without an outcome."""
    # A fork would copy locks held by other threads of this process.
    context = multiprocessing.get_context("spawn")
    running: dict[Future[list[ItemOutcome]], list[BatchItem]] = {}
    with ProcessPoolExecutor(workers, context, initializer=_start) as pool:
        try:
            while left or running:
                while left and len(running) < 2 * workers:
                    running[pool.submit(_outcomes, task, left[0])] = left[0]
                    left.popleft()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcomes = future.result()
                    yield from zip(running.pop(future), outcomes, strict=True)
        except BrokenProcessPool:
            in_progress.extend(chain.from_iterable(running.values()))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start() -> None:
    mark_log_lines()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; the parent stops these
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A killed parent cannot stop its workers, which would wait for work forever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _outcomes(task: Task, items: Sequence[BatchItem]) -> list[ItemOutcome]:
    return [_outcome(task, item) for item in items]


def _outcome(task: Task, item: BatchItem) -> ItemOutcome:
    try:
        return Succeeded(task(item))
    except RequestError as error:
        return Rejected(str(error))
    except SidsError as error:
        return Failed(str(error))
    except Exception as error:  # noqa: BLE001 - a failed imputation never stops the batch; the manifest lists it
        return Failed(f"{type(error).__name__}: {error}")


@dataclass(frozen=True)
class JobBatch:
    """Computes each item as a job, run by the workers of the queue.

    Attributes:
        jobs: submits and polls.
        endpoint: name of the endpoint whose responses the jobs compute.
        model: its model.
        describe: makes the endpoint's computation of an item.
        dataset_version: version of the panel for which the items were planned.
    """

    jobs: JobService
    endpoint: str
    model: str
    describe: Callable[[BatchItem], Computation[BaseModel]]
    dataset_version: str
    _ids: dict[BatchItem, str] = field(default_factory=dict, init=False)
    _states: dict[BatchItem, tuple[object, ...]] = field(default_factory=dict, init=False)

    def outcomes(
        self, items: Sequence[BatchItem], pause: Callable[[], object]
    ) -> Iterator[tuple[BatchItem, ItemOutcome]]:
        """Yield the outcome of each item, roughly in the order of completion; `pause` is called after idle polls.

        Items fail, and their jobs go on, if nothing happens to the jobs for PATIENCE_SECONDS.

        Raises:
            StoreUnavailableError: the storage is unreachable while jobs are submitted; jobs already submitted continue.
        """
        left: list[BatchItem] = []
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                for item, outcome in zip(items, pool.map(self._submit, items), strict=True):
                    if outcome is None:
                        left.append(item)
                    else:
                        yield item, outcome
                idle = _Idle(self.jobs)
                while left:
                    ended = self._poll_window(pool, left[:WINDOW])
                    yield from ended.items()
                    left = [item for item in left if item not in ended]
                    if idle.for_ever(dict(self._states)):
                        reason = "no worker has done anything for an hour; the job goes on, continue with --resume"
                        yield from ((item, Failed(reason)) for item in left)
                        return
                    if not ended:
                        pause()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _poll_window(self, pool: ThreadPoolExecutor, window: Sequence[BatchItem]) -> dict[BatchItem, ItemOutcome]:
        """The finished items; empty while the storage is unreachable, since the jobs continue meanwhile."""
        try:
            outcomes = list(pool.map(self._poll, window))
        except StoreUnavailableError as error:
            logger.warning("%s; polling again", error)
            return {}
        return {item: outcome for item, outcome in zip(window, outcomes, strict=True) if outcome is not None}

    def _submit(self, item: BatchItem) -> ItemOutcome | None:
        """None if the item now has a job."""
        try:
            computation = self.describe(item)
            check_version(self.dataset_version, computation.key.version)
            self._ids[item] = self.jobs.submit(self.endpoint, self.model, computation).id
        except StoreUnavailableError:
            raise
        except RequestError as error:
            return Rejected(str(error))
        except SidsError as error:
            return Failed(str(error))
        return None

    def _poll(self, item: BatchItem) -> ItemOutcome | None:
        """None if the job has not finished."""
        try:
            job = self.jobs.state(self._ids[item])
            self._states[item] = (job.status, job.progress, job.attempts)
            return self._job_outcome(job) if job.status in FINISHED else None
        except UnknownJobError:  # expired: an old result of an equal request
            return self._submit(item)

    def _job_outcome(self, job: JobRecord) -> ItemOutcome:
        if job.posed_anew:
            return Failed("the dataset or the service has changed since the batch was started")
        if job.status is Status.SUCCEEDED:
            result = self.jobs.result(job.id)
            return Rejected(result.message) if isinstance(result, JobError) else Succeeded(Record.of_response(result))
        if job.error is not None:
            return Rejected(job.error.message)
        return Failed(job.reason or f"the job was {job.status}")


class _Idle:
    """How long nothing has happened to a batch's jobs; meanwhile it looks for messages that were lost."""

    def __init__(self, jobs: JobService) -> None:
        self._jobs = jobs
        self._seen: object = None
        self._since = self._swept = monotonic()

    def for_ever(self, states: object) -> bool:
        """Whether the states have been the same for PATIENCE_SECONDS."""
        now = monotonic()
        if states != self._seen:
            self._seen, self._since, self._swept = states, now, now
        elif now - self._swept >= SWEEP_SECONDS:
            self._swept = now
            try:
                self._jobs.sweep()
            except StoreUnavailableError as error:
                logger.warning("%s", error)
        return now - self._since >= PATIENCE_SECONDS
