"""Log lines: an id for every request, also in its response, and one line for every message.

The log record factory adds the id, which is held in a context variable, and escapes line breaks and control characters,
so that no value can look like another line. It also covers libraries, and works with any handlers the host installs.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import uuid4

from sids_core.file_names import one_line

_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FORMATTER = logging.Formatter()
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
        prefix = "" if request_id is None else f"[{request_id}] "
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit: the handlers report it
            return record
        record.msg, record.args = prefix + one_line(message), None
        record.request_id = request_id
        if record.exc_info and record.exc_info[0]:
            # Formatters use this text where there is one. The margin tells its lines from those of other messages.
            lines = _FORMATTER.formatException(record.exc_info).split("\n")
            record.exc_text = "\n".join(f"  | {one_line(line)}" for line in lines)
        return record


def mark_log_lines() -> None:
    """Escape every log message and prefix it with the current request's id from now on; calls may be repeated."""
    factory = logging.getLogRecordFactory()
    if not isinstance(factory, _RecordFactory):
        logging.setLogRecordFactory(_RecordFactory(factory))
