"""Threads of their own for the endpoints that block, so that liveness and catalogue never depend on free ones.

FastAPI runs plain functions on 40 threads that all endpoints share: a slow store would soon hold all of them. What only
looks something up is therefore a coroutine, and what waits for the store or computes a moment has its own threads, with
a bound on the calls that wait for one.
"""

from asyncio import wrap_future
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from math import ceil
from threading import Lock
from time import perf_counter
from typing import ParamSpec, TypeVar

from sids_service.errors import OverloadedError

T = TypeVar("T")
P = ParamSpec("P")

MEMORY = 0.9
"""Weight of the past in the running mean of the seconds per call."""


class Threads:
    """Threads for calls of one kind.

    Args:
        name: of the kind, for the threads.
        count: number of threads.
        waiting: number of calls that may wait for one.
    """

    def __init__(self, name: str, *, count: int, waiting: int) -> None:
        self._count = count
        self._most = count + waiting
        self._calls = 0
        self._mean_seconds = 0.0
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of a call, in the caller's context. Raises OverloadedError if too many wait, else its errors."""
        call = partial(function, *args, **kwargs)
        with self._lock:
            if self._calls >= self._most:
                raise OverloadedError(
                    f"Server busy: {self._count} such requests in progress and {self._calls - self._count} waiting, "
                    "the maximum",
                    retry_after=max(1, ceil(self._mean_seconds * self._calls / self._count)),
                )
            self._calls += 1
        future = self._pool.submit(copy_context().run, self._timed, call)
        # Not when this coroutine ends: its caller may go away while the call goes on.
        future.add_done_callback(lambda _: self._ended())
        return await wrap_future(future)

    def _timed(self, call: Callable[[], T]) -> T:
        start = perf_counter()
        try:
            return call()
        finally:
            seconds = perf_counter() - start
            with self._lock:
                self._mean_seconds = MEMORY * self._mean_seconds + (1 - MEMORY) * seconds

    def _ended(self) -> None:
        with self._lock:
            self._calls -= 1
