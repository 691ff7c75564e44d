"""A batch's progress on stderr: done, rate and time left; now and then a line where stderr is no terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

LINE_SECONDS = 30.0


@contextmanager
def batch_progress() -> Iterator[Callable[[int, int], None]]:
    """Gives a function that takes how many more are done, and how many there are."""
    with _bar() if sys.stderr.isatty() else _lines() as advance:
        yield advance


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f} a second" if task.speed else "")

    columns = (BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("imputations", total=None)

        def advance(done: int, total: int) -> None:
            if bars.tasks[task].total is None:
                # What an earlier run has left says nothing about the rate of this one.
                bars.reset(task, completed=done, total=total)
            else:
                bars.update(task, advance=done)

        yield advance


@contextmanager
def _lines() -> Iterator[Callable[[int, int], None]]:
    start = monotonic()
    told = start
    ended = 0

    def advance(done: int, total: int) -> None:
        nonlocal ended, told
        ended += done
        now = monotonic()
        if now - told >= LINE_SECONDS:
            told = now
            sys.stderr.write(f"{ended} of {total} imputations after {now - start:.0f} s\n")

    yield advance
