"""Exceptions of the hosting floor whose messages are shown to operators and clients."""

from sids_core.errors import SidsError


class ConfigurationError(SidsError):
    """The operator's settings cannot be served; the message is one line that says which and why."""

    kind = "configuration"


class OverloadedError(SidsError):
    """More work is queued than the service accepts: worth another try after `retry_after` seconds."""

    kind = "overloaded"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
