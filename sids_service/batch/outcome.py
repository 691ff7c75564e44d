"""How one imputation of a batch ended."""

from dataclasses import dataclass

from pydantic_core import to_json

from sids_core.errors import RequestError, SidsError
from sids_service.batch.records import Planned
from sids_service.jobs.worker import JobHandler


@dataclass(frozen=True, slots=True)
class Result:
    """The answer, as the endpoint gives it."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """The data cannot serve the request, today or tomorrow."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It failed by no fault of its own; another try may succeed."""

    reason: str


Outcome = Result | Refused | Failed


def computed(handler: JobHandler, planned: Planned) -> Outcome:
    """The outcome of computing it now. Raises nothing that has to do with this one imputation."""
    try:
        computation = handler.computation(planned.body)
        if computation.key.digest != planned.id:
            return Failed("the dataset has changed since the batch was begun")
        return Result(to_json(computation.compute(), inf_nan_mode="null"))
    except RequestError as error:
        return Refused(str(error))
    except SidsError as error:
        return Failed(str(error))
    except Exception as error:  # noqa: BLE001 - one imputation never stops the batch; the manifest names it
        return Failed(f"{type(error).__name__}: {error}")
