"""What a worker needs to know of an endpoint."""

from typing import Protocol

from pydantic import BaseModel

from sids_core.errors import SidsError
from sids_service.jobs.job import Refusal
from sids_service.jobs.run import Run


class Task(Protocol):
    """An endpoint whose answers can be computed later."""

    def run(self, request: bytes) -> Run[BaseModel]:
        """The run that a request, as JSON, describes. Raises SidsError where it describes none any more."""

    def refusal(self, error: SidsError) -> Refusal | None:
        """How a client is told of the error; None where the request is not at fault, so that it may be tried again."""
