"""The table from exception to HTTP status, and the error responses."""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sids_core.errors import DataUnavailableError, RequestError, SidsError
from sids_service.disclosure import public_message
from sids_service.errors import (
    ConfigurationError,
    ForbiddenError,
    OverloadedError,
    TooManyJobsError,
    UnauthorizedError,
)
from sids_service.jobs.errors import (
    JobFailedError,
    NoResultError,
    NotSubmittedError,
    StoreUnavailableError,
    UnknownJobError,
)
from sids_service.web.forms import where_listed
from sids_service.web.responses import json_response

GIVEN = "sids.given"
"""Key of a request's scope under which its route puts the fields of the body."""

RETRY_SECONDS = 5
CHALLENGE = 'Bearer realm="sids-ml-backend"'
MESSAGE_LENGTH = 1000
MOST_ISSUES = 10
"""Errors of a malformed request that are told one by one."""

logger = logging.getLogger(__name__)


class ValidationIssue(BaseModel):
    """One error of a malformed request: its location, message and stable name."""

    loc: list[str | int]
    msg: str
    type: str


class ValidationErrors(BaseModel):
    """Response to a malformed request, one entry per error."""

    detail: list[ValidationIssue]


class ErrorDetail(BaseModel):
    """Why the request cannot be served, and the error's stable name."""

    msg: str
    type: str


class ErrorResponse(BaseModel):
    """Response to a well-formed request that cannot be served."""

    detail: ErrorDetail


class FailureDetail(BaseModel):
    """An internal error; the log has the details under the same id."""

    msg: str
    error_id: str


class FailureResponse(BaseModel):
    """Response after an internal error."""

    detail: FailureDetail


class NotJsonError(SidsError):
    """The body is not JSON."""

    kind = "json_invalid"


class BodyTooLargeError(SidsError):
    """The body is larger than the service accepts."""

    kind = "too_large"


class SlowBodyError(SidsError):
    """The body arrives too slowly."""

    kind = "slow_body"


class ForeignBodyError(SidsError):
    """A page of another origin sends what a browser sends without asking first."""

    kind = "unsupported_media_type"


class BadHostError(SidsError):
    """The Host header names no host."""

    kind = "bad_host"


class NotFoundError(SidsError):
    """Nothing exists at this path."""

    kind = "not_found"


STATUSES: Mapping[type[SidsError], int] = MappingProxyType(
    {
        BadHostError: 400,
        NotJsonError: 400,
        UnauthorizedError: 401,
        ForbiddenError: 403,
        NotSubmittedError: 403,
        NotFoundError: 404,
        UnknownJobError: 404,
        SlowBodyError: 408,
        NoResultError: 409,
        BodyTooLargeError: 413,
        ForeignBodyError: 415,
        RequestError: 422,
        TooManyJobsError: 429,
        JobFailedError: 500,
        ConfigurationError: 503,
        DataUnavailableError: 503,
        StoreUnavailableError: 503,
        OverloadedError: 503,
    }
)

RESPONSES: Mapping[int, tuple[str, Any]] = MappingProxyType(
    {
        400: ("The body is not JSON, or the header Host is not a host.", ErrorResponse),
        401: ("There is no credential, or it is not valid; `WWW-Authenticate` says why.", ErrorResponse),
        403: (
            "The `Cancel-Token` is missing or not one of this job (`cancel_token`), or the credential lacks the role.",
            ErrorResponse,
        ),
        404: ("Not found.", ErrorResponse),
        408: ("The body arrives too slowly.", ErrorResponse),
        409: ("The job has not finished (`job_unfinished`), or was cancelled (`job_cancelled`).", ErrorResponse),
        413: ("The body is too large.", ErrorResponse),
        415: ("A page of an origin that is not allowed sends a body that is not declared as JSON.", ErrorResponse),
        422: (
            "The request is malformed (a list of errors), or the data cannot serve it.",
            ValidationErrors | ErrorResponse,
        ),
        429: (
            "The client has as many waiting jobs, or bytes of their requests, as one client may have; retry after "
            "`Retry-After` seconds.",
            ErrorResponse,
        ),
        500: ("Internal error; the log has the details under the error id.", FailureResponse),
        503: (
            "Dataset not loaded yet, or the server is at capacity; retry after `Retry-After` seconds. Without that "
            "header, the service's settings are invalid.",
            ErrorResponse,
        ),
    }
)
"""Documentation of each status."""


def error_response(error: SidsError, hint: str = "") -> Response:
    """The response for an exception of the table; `hint` names the endpoint that lists the allowed values."""
    logger.info("%s: %s", type(error).__name__, _shown(str(error)))
    body = ErrorResponse(detail=ErrorDetail(msg=_shown(public_message(error)) + hint, type=error.kind))
    return json_response(body, _status(error), _headers(error))


async def handle_sids_error(request: Request, error: Exception) -> Response:
    """Handle exceptions whose messages are shown to the caller; those not in the table are internal errors."""
    if not isinstance(error, SidsError) or not isinstance(error, tuple(STATUSES)):
        raise error
    parameter = error.parameter if isinstance(error, RequestError) else None
    given = {**request.query_params, **request.scope.get(GIVEN, {})}
    return error_response(error, where_listed(request.scope.get("route"), parameter, given))


async def handle_validation_error(_request: Request, error: Exception) -> Response:
    """FastAPI's own shape, without the input (it may be large) and pydantic's links."""
    issues = error.errors() if isinstance(error, RequestValidationError) else []
    found = [
        ValidationIssue(loc=[_shown(part) for part in issue["loc"]], msg=_shown(issue["msg"]), type=issue["type"])
        for issue in issues[:MOST_ISSUES]
    ]
    if len(issues) > MOST_ISSUES:
        more = f"and {len(issues) - MOST_ISSUES} more errors"
        found.append(ValidationIssue(loc=[issues[0]["loc"][0]], msg=more, type="more_errors"))
    logger.info("malformed request: %s", "; ".join(issue.msg for issue in found)[:MESSAGE_LENGTH])
    return json_response(ValidationErrors(detail=found), 422)


async def handle_http_exception(_request: Request, error: Exception) -> Response:
    """Unknown path or method, in FastAPI's own shape."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if "Allow" in headers:
        headers["Allow"] += ", OPTIONS"
    return json_response({"detail": error.detail}, error.status_code, headers)


def failure_response(error_id: str) -> Response:
    """The response after an internal error."""
    message = "Internal error; the service's log has the details under this id"
    return json_response(FailureResponse(detail=FailureDetail(msg=message, error_id=error_id)), 500)


def _shown(part: Any) -> Any:
    """A message or name of a bounded length."""
    return f"{part[:MESSAGE_LENGTH]}…" if isinstance(part, str) and len(part) > MESSAGE_LENGTH else part


def _status(error: SidsError) -> int:
    """The status of the most specific class in the table."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def _headers(error: SidsError) -> Mapping[str, str]:
    """Retry-After if the same request may succeed later; for credentials, the challenge of RFC 6750."""
    match error:
        case UnauthorizedError(reason=""):
            return {"WWW-Authenticate": CHALLENGE}
        case UnauthorizedError():
            fault = f'error="invalid_token", error_description="The token is not valid: {error.reason}"'
            return {"WWW-Authenticate": f"{CHALLENGE}, {fault}"}
        case ForbiddenError():
            needed = f'error="insufficient_scope", scope="{" ".join(error.roles)}"'
            return {"WWW-Authenticate": f"{CHALLENGE}, {needed}"}
        case OverloadedError():
            return {"Retry-After": str(error.retry_after)}
        case DataUnavailableError() | StoreUnavailableError():
            return {"Retry-After": str(RETRY_SECONDS)}
        case _:
            return {}
