"""Something that is done again and again beside the work at hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


@contextmanager
def repeating(seconds: float, action: Callable[[], None]) -> Iterator[None]:
    """Call `action` every so many seconds in a thread of its own, until the enclosed work ends."""
    over = Event()

    def repeat() -> None:
        while not over.wait(seconds):
            action()

    thread = Thread(target=repeat, name="repeating", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
