"""Which fault is answered with which status, in one table, and the shapes of the error answers."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel

from sids_core.errors import DataUnavailableError, RequestError, SidsError
from sids_service.errors import OverloadedError
from sids_service.jobs.errors import JobFailedError, NoResultError, StoreUnavailableError, UnknownJobError

RETRY_SECONDS = 5
MESSAGE_LENGTH = 1000


class Fault(BaseModel):
    """One fault of a malformed request: where it is, what is wrong, and the fault's stable name."""

    loc: list[str | int]
    msg: str
    type: str


class Problem(BaseModel):
    """A fault of the request as a whole, or of the service's state."""

    msg: str
    type: str


class Failure(BaseModel):
    """A fault of the service itself. The log has the details under the same id."""

    msg: str
    error_id: str


class Faults(BaseModel):
    """Answer to a malformed request, one entry per fault."""

    detail: list[Fault]


class ProblemAnswer(BaseModel):
    """Answer to a request that cannot be served."""

    detail: Problem


class FailureAnswer(BaseModel):
    """Answer where the service itself failed."""

    detail: Failure


class NotJsonError(SidsError):
    """The body is not JSON."""

    kind = "json_invalid"


class BodyTooLargeError(SidsError):
    """The body is larger than the service accepts."""

    kind = "too_large"


class NotFoundError(SidsError):
    """There is nothing at this path."""

    kind = "not_found"


class MalformedError(SidsError):
    """The body or a parameter does not fit its type."""

    kind = "malformed"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(fault.msg for fault in faults))
        self.faults = faults


STATUSES: Mapping[type[SidsError], int] = MappingProxyType(
    {
        NotJsonError: 400,
        NotFoundError: 404,
        UnknownJobError: 404,
        NoResultError: 409,
        BodyTooLargeError: 413,
        MalformedError: 422,
        RequestError: 422,
        JobFailedError: 500,
        DataUnavailableError: 503,
        StoreUnavailableError: 503,
        OverloadedError: 503,
    }
)


def status_of(error: SidsError) -> int:
    """The status for an exception of the table: that of its nearest class there."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def headers_of(error: SidsError) -> Mapping[str, str]:
    """Retry-After for what is worth another try."""
    match error:
        case OverloadedError():
            return {"Retry-After": str(error.retry_after)}
        case DataUnavailableError() | StoreUnavailableError():
            return {"Retry-After": str(RETRY_SECONDS)}
        case _:
            return {}


def body_of(error: SidsError, hint: str = "") -> Faults | ProblemAnswer:
    """The answer's body for an exception of the table; `hint` says where the allowed values are listed."""
    if isinstance(error, MalformedError):
        return Faults(detail=error.faults)
    message = str(error)
    shown = message if len(message) <= MESSAGE_LENGTH else f"{message[:MESSAGE_LENGTH]}…"
    return ProblemAnswer(detail=Problem(msg=shown + hint, type=error.kind))
