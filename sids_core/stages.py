"""The parts of the work at hand: seconds by stage, how far it has come, and whether it is still wanted.

A caller opens `record()` or `watch()`; any code below names its parts with `stage("…")` and counts what a long part
consists of with `counted(…)`. Outside of both a stage costs nothing.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Protocol, TypeVar

T = TypeVar("T")


class Watcher(Protocol):
    """Is told how the work goes on. What it raises ends the work."""

    def entered(self, stage: str) -> None:
        """A stage begins."""

    def advanced(self, share: float) -> None:
        """This share (0 to 1) of the stage is done."""


_recorder: ContextVar[dict[str, float] | None] = ContextVar("stages", default=None)
_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def record() -> Iterator[dict[str, float]]:
    """Collect the stages of the enclosed work: a mapping from name to seconds, in the order of first use.

    Whoever records around this gets them too.
    """
    seconds: dict[str, float] = {}
    around = _recorder.get()
    token = _recorder.set(seconds)
    try:
        yield seconds
    finally:
        _recorder.reset(token)
        if around is not None:
            for name, value in seconds.items():
                around[name] = around.get(name, 0.0) + value


@contextmanager
def watch(watcher: Watcher) -> Iterator[None]:
    """Tell the watcher how the enclosed work goes on."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Add the seconds that the enclosed work takes to the stage `name`."""
    seconds = _recorder.get()
    watcher = _watcher.get()
    if watcher is not None:
        watcher.entered(name)
    start = perf_counter()
    try:
        yield
    finally:
        if seconds is not None:
            seconds[name] = seconds.get(name, 0.0) + perf_counter() - start


def counted(items: Iterable[T], total: int) -> Iterator[T]:
    """The items, each of which is one of the `total` equal parts of the stage at hand."""
    watcher = _watcher.get()
    for done, item in enumerate(items, start=1):
        if watcher is not None:
            watcher.advanced(done / total)
        yield item
