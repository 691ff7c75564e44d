"""Numerical libraries on one thread: sums do not depend on how they are split, and computations share the cores."""

from functools import cache
from typing import Any


def use_one_thread() -> None:
    """Limit BLAS, and OpenMP in the calling thread, to one thread from now on.

    The limit is never lifted, since other computations of the process may still run.
    """
    _controller().limit(limits=1)


@cache
def _controller() -> Any:
    import sklearn.tree  # noqa: F401 (a library can be limited only once it is loaded)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
