"""A computation that was submitted: the future of its caller, and what ends the wait."""

from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context
from dataclasses import dataclass, field
from enum import Enum
from time import monotonic

from pydantic import BaseModel

from sids_core.errors import SidsError
from sids_service.errors import OverloadedError
from sids_service.jobs.computation import Computation
from sids_service.jobs.errors import ComputationCancelledError, DeadlineExceededError, LeaseLostError


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
    def kept(self) -> bool:
        """Whether the kept turn may be its own (`Turns`)."""
        return self.computation.has_own_turn

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
    """Watches a computation, and ends it once nobody wants its result."""

    wanted: Callable[[], bool]

    def entered(self, stage: str) -> None:  # noqa: ARG002
        """A stage begins. Raises ComputationCancelledError."""
        self.checkpoint()

    def advanced(self, share: float) -> None:  # noqa: ARG002
        """A part of the stage is done. Raises ComputationCancelledError."""
        self.checkpoint()

    def checkpoint(self) -> None:
        """A step of the stage is done. Raises ComputationCancelledError."""
        if not self.wanted():
            raise ComputationCancelledError("every caller has gone")


@dataclass(frozen=True, slots=True)
class Deadline:
    """Watches a computation, and ends it once it has taken too long.

    Attributes:
        seconds: how long a computation may take.
        advice: what takes less; the end of the message.
        at: when it is over, by `monotonic`.
    """

    seconds: float
    advice: str
    at: float

    @classmethod
    def of(cls, computation: Computation[BaseModel], seconds: float) -> "Deadline":
        """The deadline of a computation that begins now."""
        return cls(seconds, computation.advice, monotonic() + seconds)

    def entered(self, stage: str) -> None:  # noqa: ARG002
        """A stage begins. Raises DeadlineExceededError."""
        self.checkpoint()

    def advanced(self, share: float) -> None:  # noqa: ARG002
        """A part of the stage is done. Raises DeadlineExceededError."""
        self.checkpoint()

    def checkpoint(self) -> None:
        """A step of the stage is done. Raises DeadlineExceededError."""
        if monotonic() > self.at:
            advice = f"; {self.advice}" if self.advice else ""
            raise DeadlineExceededError(
                f"The run was given up after {self.seconds:g} seconds, the longest that this service allows{advice}"
            )
