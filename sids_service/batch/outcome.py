"""How one imputation of a batch ended."""

from dataclasses import dataclass

from pydantic_core import from_json, to_json

from sids_core.errors import SidsError
from sids_service.batch.records import Planned
from sids_service.jobs.job import Refusal
from sids_service.jobs.task import Task


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


def computed(task: Task, planned: Planned) -> Outcome:
    """The outcome of computing it now. Raises nothing that has to do with this one imputation."""
    try:
        run = task.run(planned.body)
        if run.key.digest != planned.id:
            return Failed("the dataset has changed since the batch was begun")
        return Result(to_json(run.compute(), inf_nan_mode="null"))
    except SidsError as error:
        refusal = task.refusal(error)
        return Failed(str(error)) if refusal is None else refused(refusal)
    except Exception as error:  # noqa: BLE001 - one imputation never stops the batch; the manifest names it
        return Failed(f"{type(error).__name__}: {error}")


def refused(refusal: Refusal) -> Refused:
    """The message in an answer that refuses a request."""
    detail = from_json(refusal.body)["detail"]
    messages = [part["msg"] for part in detail] if isinstance(detail, list) else [detail["msg"]]
    return Refused("; ".join(messages))
