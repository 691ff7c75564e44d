"""How a run is answered: by its result, or by the job that it becomes."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from sids_service.jobs.jobs import Jobs
from sids_service.jobs.run import Run
from sids_service.jobs.runs import Runs
from sids_service.web.answers import Answer
from sids_service.web.blueprint import function_name
from sids_service.web.endpoint import Endpoint
from sids_service.web.job_state import job_state, location
from sids_service.web.kept import cache_status
from sids_service.web.prefer import RESPOND_ASYNC


@dataclass(frozen=True)
class RunAnswers:
    """The runs of this process, and the jobs of all."""

    runs: Runs
    jobs: Jobs

    def now(self, run: Run[BaseModel]) -> Answer[Any]:
        """The result."""
        body, outcome = self.runs.now(run)
        return Answer(body, headers=cache_status(outcome))

    def later(self, endpoint: Endpoint, run: Run[BaseModel]) -> Answer[Any]:
        """The state of the job that the result will come from, as RFC 7240 has it."""
        job = self.jobs.submit(function_name(endpoint), endpoint.model, run)
        headers = {"Location": location(job), "Preference-Applied": RESPOND_ASYNC}
        return Answer(job_state(job, self.jobs.position(job)), status=202, headers=headers)
