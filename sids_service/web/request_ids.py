"""An id for every request, in its response and in every log line written while it is handled.

The id is held in a context variable and added by the log record factory, which also covers libraries and works with any
handlers the host has installed.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import uuid4

_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


@contextmanager
def handling(proposed: str | None) -> Iterator[str]:
    """Use the client's id for the enclosed block if it is a short plain token, else a new one."""
    request_id = proposed if proposed and _TOKEN.fullmatch(proposed) else uuid4().hex
    token = _current.set(request_id)
    try:
        yield request_id
    finally:
        _current.reset(token)


class _RecordFactory:
    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: object, **kwargs: object) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        request_id = _current.get()
        if request_id is not None:
            record.msg = f"[{request_id}] {record.msg}"
        return record


def mark_log_lines() -> None:
    """Prefix every log message with the current request's id from now on; repeated calls have no effect."""
    factory = logging.getLogRecordFactory()
    if not isinstance(factory, _RecordFactory):
        logging.setLogRecordFactory(_RecordFactory(factory))
