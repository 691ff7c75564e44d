"""Exceptions of the service whose messages operators and clients see; library errors in their terms."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sids_core.errors import DataUnavailableError, RequestError, SidsError

NO_TOKEN = "This needs an access token of Entra ID, in the header Authorization: Bearer …"  # noqa: S105 (a message)


class ConfigurationError(SidsError):
    """The settings are invalid; the message is one line that says which and why."""

    kind = "configuration"


class OverloadedError(SidsError):
    """The server is at capacity; retry after `retry_after` seconds."""

    kind = "overloaded"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StillLoadingError(DataUnavailableError):
    """The first version of the dataset is still being loaded."""


class TooManyJobsError(OverloadedError):
    """One client has as many waiting jobs as it may have; retry after `retry_after` seconds."""

    kind = "too_many_jobs"


class SigningKeysError(OverloadedError):
    """The keys that tokens are checked with cannot be read; retry after `retry_after` seconds."""

    kind = "keys_unavailable"


class UnauthorizedError(SidsError):
    """The request has no valid credential; `reason` says what is wrong with the one that it has, if any."""

    kind = "unauthorized"

    def __init__(self, message: str = NO_TOKEN, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason

    @classmethod
    def because(cls, reason: str) -> "UnauthorizedError":
        """The error of a token that is not valid."""
        return cls(f"The token is not valid: {reason}", reason)


class ForbiddenError(SidsError):
    """The credential is valid and does not grant this: it has none of `roles`."""

    kind = "forbidden"

    def __init__(self, message: str, roles: Sequence[str]) -> None:
        super().__init__(message)
        self.roles = roles


@contextmanager
def argument_names(**fields: str) -> Iterator[None]:
    """Raise errors of the library under the names of the request's fields.

    Args:
        fields: library argument → field, for example `indicator="target"`; others keep their names.

    Raises:
        RequestError: the enclosed error, with the field's name as `parameter`, and in the kind `unknown_<parameter>`.
    """
    try:
        yield
    except RequestError as error:
        argument = error.parameter or ""
        if argument not in fields:
            raise
        field = fields[argument]
        message = str(error)
        if message.startswith(f"{argument} "):
            message = field + message.removeprefix(argument)
        kind = f"unknown_{field}" if error.kind == f"unknown_{argument}" else error.kind
        raise RequestError(message, kind=kind, parameter=field) from error
