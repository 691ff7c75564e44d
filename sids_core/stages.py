"""The stages of a computation: timing, progress, cancellation and tracing.

A caller opens `record()`, `watch()` or `enclose()`; the called code names its stages with `stage("…")`, counts the
equal parts of a long stage with `counted(…)`, and calls `checkpoint()` in every loop that may take long, so that a
watcher can end it. Code that computes in threads of its own starts them with `in_context(…)`. Outside of all three, a
stage costs nothing.

>>> with record() as seconds:
...     with stage("read"):
...         pass
...     with stage("fit"):
...         pass
>>> list(seconds)
['read', 'fit']
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from time import perf_counter
from typing import ParamSpec, Protocol, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class Watcher(Protocol):
    """Receives the progress of a computation; cancels it by raising an exception."""

    def entered(self, stage: str) -> None:
        """A stage begins."""

    def advanced(self, share: float) -> None:
        """A share (0 to 1) of the current stage is done."""

    def checkpoint(self) -> None:
        """The computation can be ended here."""


_recorder: ContextVar[dict[str, float] | None] = ContextVar("stages", default=None)
_watchers: ContextVar[tuple[Watcher, ...]] = ContextVar("watchers", default=())

Enclosing = Callable[[str], AbstractContextManager[object]]
_NOTHING = nullcontext()
_enclosing: ContextVar[Enclosing | None] = ContextVar("enclosing", default=None)


@contextmanager
def record() -> Iterator[dict[str, float]]:
    """Collect the seconds of the enclosed stages by name, in order of first use.

    An enclosing `record()` collects them too.
    """
    seconds: dict[str, float] = {}
    outer = _recorder.get()
    token = _recorder.set(seconds)
    try:
        yield seconds
    finally:
        _recorder.reset(token)
        if outer is not None:
            for name, value in seconds.items():
                outer[name] = outer.get(name, 0.0) + value


@contextmanager
def watch(watcher: Watcher) -> Iterator[None]:
    """Report the progress of the enclosed stages to a watcher.

    An enclosing `watch()` is told, too.
    """
    token = _watchers.set((*_watchers.get(), watcher))
    try:
        yield
    finally:
        _watchers.reset(token)


@contextmanager
def enclose(enclosing: Enclosing) -> Iterator[None]:
    """Run each of the enclosed stages within `enclosing(name)`, such as a span of a trace, instead of an outer's."""
    token = _enclosing.set(enclosing)
    try:
        yield
    finally:
        _enclosing.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Time the enclosed code as stage `name`."""
    seconds, enclosing = _recorder.get(), _enclosing.get()
    for watcher in _watchers.get():
        watcher.entered(name)
    with _NOTHING if enclosing is None else enclosing(name):
        start = perf_counter()
        try:
            yield
        finally:
            if seconds is not None:
                seconds[name] = seconds.get(name, 0.0) + perf_counter() - start


def counted(items: Iterable[T], total: int) -> Iterator[T]:
    """Iterate over items, reporting progress: each is one of the `total` equal parts of the current stage."""
    watchers = _watchers.get()
    for done, item in enumerate(items, start=1):
        for watcher in watchers:
            watcher.advanced(done / total)
        yield item


def checkpoint() -> None:
    """Let a watcher end the computation here, by an exception of its own; takes a microsecond."""
    for watcher in _watchers.get():
        watcher.checkpoint()


def in_context(function: Callable[P, T]) -> Callable[P, T]:
    """The function, watched like the code that calls this, for other threads to call, also at the same time."""
    watchers = _watchers.get()

    def watched(*args: P.args, **kwargs: P.kwargs) -> T:
        token = _watchers.set(watchers)
        try:
            return function(*args, **kwargs)
        finally:
            _watchers.reset(token)

    return watched
