"""How a computation is answered: by its result, or by the state of its job."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from sids_service.jobs.computation import Computation
from sids_service.jobs.executor import Executor
from sids_service.jobs.jobs import JobService
from sids_service.web.answers import Answer
from sids_service.web.blueprint import function_name
from sids_service.web.endpoint import Endpoint
from sids_service.web.job_state import job_state, location
from sids_service.web.kept import cache_status
from sids_service.web.prefer import RESPOND_ASYNC


@dataclass(frozen=True)
class RunAnswers:
    """The computations of this process, and the jobs of all."""

    executor: Executor
    jobs: JobService

    def now(self, computation: Computation[BaseModel]) -> Answer[Any]:
        """The result."""
        body, status = self.executor.submit(computation).result()
        return Answer(body, headers=cache_status(status))

    def later(self, endpoint: Endpoint, computation: Computation[BaseModel]) -> Answer[Any]:
        """The state of the job that will have the result, as RFC 7240 has it."""
        job = self.jobs.submit(function_name(endpoint), endpoint.model, computation)
        headers = {"Location": location(job), "Preference-Applied": RESPOND_ASYNC}
        return Answer(job_state(job, self.jobs.position(job)), status=202, headers=headers)
