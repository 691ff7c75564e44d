"""A computation that was submitted: the future of its caller, and what ends the wait."""

from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context
from dataclasses import dataclass, field
from enum import Enum

from pydantic import BaseModel

from sids_core.errors import SidsError
from sids_service.errors import OverloadedError
from sids_service.jobs.computation import Computation
from sids_service.jobs.errors import ComputationCancelledError, LeaseLostError


class CacheStatus(Enum):
    """Origin of a result, in the terms of RFC 9211 (Cache-Status)."""

    HIT = "hit"
    COLLAPSED = "fwd=miss; collapsed"
    STORED = "fwd=miss; stored"


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """What a caller of the executor waits for.

    Attributes:
        computation: what to compute.
        patient: whether it waits without limit.
        context: the caller's, in which its stages are recorded and watched.
        future: the result as JSON and its origin; a caller that goes away cancels it.
    """

    computation: Computation[BaseModel]
    patient: bool
    context: Context
    future: "Future[tuple[bytes, CacheStatus]]" = field(default_factory=Future)

    @property
    def digest(self) -> str:
        """Short name of the result."""
        return self.computation.key.digest

    @property
    def gone(self) -> bool:
        """Whether the caller has gone."""
        return self.future.cancelled()

    def resolve(self, result: bytes, status: CacheStatus) -> None:
        """Pass the result to the caller."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_result((result, status))

    def fail(self, error: BaseException) -> None:
        """Pass the error to the caller."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)

    def expected_seconds(self) -> float | None:
        """Estimated duration of the computation; None without an estimate."""
        estimate = self.computation.expected_seconds
        try:
            return estimate() if estimate else None
        except SidsError:  # an error of the request, which the computation raises as well
            return None

    def shares(self, error: BaseException) -> bool:
        """Whether the error of an equal computation, submitted by another caller, is this caller's too."""
        match error:
            case ComputationCancelledError() | LeaseLostError():
                return False
            case OverloadedError():
                return not self.patient
            case _:
                return True


@dataclass(frozen=True, slots=True)
class Abandonment:
    """Watches a computation's stages, and ends it once nobody wants its result."""

    wanted: Callable[[], bool]

    def entered(self, stage: str) -> None:  # noqa: ARG002
        """A stage begins. Raises ComputationCancelledError."""
        self._check()

    def advanced(self, share: float) -> None:  # noqa: ARG002
        """A part of the stage is done. Raises ComputationCancelledError."""
        self._check()

    def _check(self) -> None:
        if not self.wanted():
            raise ComputationCancelledError("every caller has gone")
