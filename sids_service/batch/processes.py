"""Computing here: worker processes that import and map the data once, then take one imputation after another.

Processes, since an imputation spends part of its time where Python's threads exclude each other. The base imputation is
not shared between the targets of a year: it is learnt from the countries that have the target and from every indicator
but the target, so that no two targets have the same one, and a shared one would change the figures.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from threading import Thread

from sids_service.batch.outcome import Failed, Outcome, computed
from sids_service.batch.records import Planned
from sids_service.jobs.worker import JobHandler

OpenHandler = Callable[[], JobHandler]
"""Importable by name, since every process calls it for itself."""

_handlers: list[JobHandler] = []


def outcomes(planned: Sequence[Planned], open_handler: OpenHandler, workers: int) -> Iterator[tuple[Planned, Outcome]]:
    """The outcome of each, in the order they end.

    When a process is killed, those that were in work are tried again one by one in a process of their own, so that only
    what kills its process a second time is given up.
    """
    left = deque(planned)
    while left:
        suspects: list[Planned] = []
        yield from _until_broken(left, suspects, open_handler, workers)
        for suspect in suspects:
            alone: list[Planned] = []
            yield from _until_broken(deque([suspect]), alone, open_handler, 1)
            if alone:
                yield suspect, Failed("Its process was killed twice: out of memory?")


def _until_broken(
    left: deque[Planned], in_work: list[Planned], open_handler: OpenHandler, workers: int
) -> Iterator[tuple[Planned, Outcome]]:
    """Take from `left` until it is empty or a process dies; `in_work` then has those whose outcome is not known."""
    # A fork would copy the locks of the threads that this process has.
    context = multiprocessing.get_context("spawn")
    running: dict[Future[Outcome], Planned] = {}
    with ProcessPoolExecutor(workers, context, initializer=_start, initargs=(open_handler,)) as pool:
        try:
            while left or running:
                while left and len(running) < 2 * workers:
                    running[pool.submit(_work, left[0])] = left[0]
                    left.popleft()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    yield running.pop(future), outcome
        except BrokenProcessPool:
            in_work.extend(running.values())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start(open_handler: OpenHandler) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; the parent ends these
    Thread(target=_end_with_parent, daemon=True).start()
    _handlers.append(open_handler())


def _end_with_parent() -> None:
    # Whoever is killed cannot tell its workers, which would wait for work for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(planned: Planned) -> Outcome:
    return computed(_handlers[0], planned)
