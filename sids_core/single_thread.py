"""Numerical libraries on one thread: sums must not depend on how they were split, and runs share the cores already."""

from functools import cache
from typing import Any


def use_one_thread() -> None:
    """Keep BLAS, and OpenMP in the calling thread, to one thread from now on.

    The limit is not lifted: it belongs to the process, and a run that ended would lift it from under another.
    """
    _controller().limit(limits=1)


@cache
def _controller() -> Any:
    import sklearn.tree  # noqa: F401 (a library can be limited only once it is loaded)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
