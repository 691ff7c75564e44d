"""Progress on stderr: a bar with rate and remaining time on a terminal, a line every half minute elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

LINE_SECONDS = 30.0


@contextmanager
def progress_bar(unit: str) -> Iterator[Callable[[int, int], None]]:
    """Yields a function to call with (units done since the last call, total units)."""
    with _bar(unit) if sys.stderr.isatty() else _lines(unit) as advance:
        yield advance


@contextmanager
def _bar(unit: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{unit}, {task.speed:.1f} per second" if task.speed else unit)

    columns = (BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(unit, total=None)

        def advance(done: int, total: int) -> None:
            if bars.tasks[task].total is None:
                # The first call includes the work of an earlier run, which must not count towards the rate.
                bars.reset(task, completed=done, total=total)
            else:
                bars.update(task, advance=done, total=total)

        yield advance


@contextmanager
def _lines(unit: str) -> Iterator[Callable[[int, int], None]]:
    start = monotonic()
    last_line = start
    completed = 0

    def advance(done: int, total: int) -> None:
        nonlocal completed, last_line
        completed += done
        now = monotonic()
        if now - last_line >= LINE_SECONDS:
            last_line = now
            sys.stderr.write(f"{completed} of {total} {unit} after {now - start:.0f} s\n")

    yield advance
