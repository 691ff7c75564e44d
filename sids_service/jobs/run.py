"""What an endpoint answers with when its result may be computed now or later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from sids_service.estimates import Workload
from sids_service.jobs.result_cache import Key

Result_co = TypeVar("Result_co", bound=BaseModel, covariant=True)


@dataclass(frozen=True)
class Run(Generic[Result_co]):
    """A computation that has been described and not begun.

    Attributes:
        key: names the result. Its request must give an equal key again when it is parsed anew.
        compute: does the work, `sids_core.stages` by stage.
        check: raises at once what `compute` would raise because of the request; cheap.
        stages: share (0 to 1) of the time that each stage is expected to take, in their order.
        expected_seconds: how long `compute` is expected to take; None where nobody knows.
        workload: options and size of `compute`, recorded with its seconds for later estimates; None if not estimated.
    """

    key: Key
    compute: Callable[[], Result_co]
    check: Callable[[], object]
    stages: Mapping[str, float]
    expected_seconds: Callable[[], float] | None = None
    workload: Callable[[], Workload] | None = None
