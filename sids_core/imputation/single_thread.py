"""Matrix products on one thread: folds run side by side already, and sums must not depend on how they were split."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any


def single_threaded_blas() -> AbstractContextManager[Any]:
    """A context in which BLAS uses one thread."""
    limits: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limits


@cache
def _controller() -> Any:
    import scipy.linalg  # noqa: F401 (brings its own BLAS, which the controller must see)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
