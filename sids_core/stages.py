"""Seconds by stage of the work at hand, without the worker knowing who asks.

A caller opens `record()`; any code below it names its parts with `stage("…")`. Outside `record()` a stage costs
nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter

_recorder: ContextVar[dict[str, float] | None] = ContextVar("stages", default=None)


@contextmanager
def record() -> Iterator[dict[str, float]]:
    """Collect the stages of the enclosed work: a mapping from name to seconds, in the order of first use."""
    seconds: dict[str, float] = {}
    token = _recorder.set(seconds)
    try:
        yield seconds
    finally:
        _recorder.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Add the seconds that the enclosed work takes to the stage `name`."""
    seconds = _recorder.get()
    start = perf_counter()
    try:
        yield
    finally:
        if seconds is not None:
            seconds[name] = seconds.get(name, 0.0) + perf_counter() - start
