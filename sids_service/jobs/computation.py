"""The description of a computation: what an endpoint returns when its result may be computed now or by a job."""

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
    """Names a result: equal keys have equal results.

    Attributes:
        version: of the dataset, so that results of older data are never found again; empty where no data is used.
        model: the model's name, with the version of its code.
        request: as canonical JSON.
    """

    version: str
    model: str
    request: str

    @cached_property  # a survey's request may have 32 MB
    def digest(self) -> str:
        """A short name for the key (32 hexadecimal digits), safe in addresses and file names."""
        return sha256("\n".join((self.version, self.model, self.request)).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Computation(Generic[Result_co]):
    """A computation that has been described and not started.

    Attributes:
        key: names the result. Its request must give an equal key again when it is parsed anew.
        compute: does the work, `sids_core.stages` by stage.
        check: raises at once what `compute` would raise because of the request; cheap.
        stages: share (0 to 1) of the time that each stage is expected to take, in their order.
        expected_seconds: estimated duration of `compute`; None where there is no estimate.
        workload: options and size of `compute`, recorded with its seconds for later estimates; None if not estimated.
    """

    key: Key
    compute: Callable[[], Result_co]
    check: Callable[[], object]
    stages: Mapping[str, float]
    expected_seconds: Callable[[], float] | None = None
    workload: Callable[[], Workload] | None = None
