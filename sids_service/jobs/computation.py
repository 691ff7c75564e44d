"""The description of a computation, which may run at once or as a job."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Generic, TypeVar

from pydantic import BaseModel

from sids_service.estimates import Workload

Result_co = TypeVar("Result_co", bound=BaseModel, covariant=True)


@dataclass(frozen=True)
class Key:
    """Identifies a result: equal keys have equal results.

    Attributes:
        version: dataset version, so that results of older data are not reused; empty if no data is used.
        model: the model's name, with the version of its code.
        request: as canonical JSON, text or UTF-8.
    """

    version: str
    model: str
    request: str | bytes

    @cached_property  # a survey's request may have 32 MB
    def digest(self) -> str:
        """A short name for the key (32 hexadecimal digits), safe in URLs and file names."""
        digest = sha256(f"{self.version}\n{self.model}\n".encode())
        digest.update(self.content)
        return digest.hexdigest()[:32]

    @property
    def content(self) -> bytes:
        """The request in UTF-8."""
        return self.request if isinstance(self.request, bytes) else self.request.encode()


@dataclass(frozen=True)
class Computation(Generic[Result_co]):
    """A computation that is described but not started.

    Attributes:
        key: identifies the result. Parsing its request again must give an equal key.
        compute: does the work, in stages (`sids_core.stages`).
        check: cheap validation; raises the errors of the request that `compute` would raise.
        stages: expected share (0 to 1) of the time per stage, in order.
        expected_seconds: estimated duration of `compute`; None without an estimate.
        workload: options and size of `compute`, recorded with its seconds for later estimates; None if not estimated.
        has_own_turn: whether it may have the turn that is kept for computations like it (`Turns`).
        advice: what a client can change for it to take less time, for the error of one that takes too long.
    """

    key: Key
    compute: Callable[[], Result_co]
    check: Callable[[], object]
    stages: Mapping[str, float]
    expected_seconds: Callable[[], float] | None = None
    workload: Callable[[], Workload] | None = None
    has_own_turn: bool = False
    advice: str = ""
