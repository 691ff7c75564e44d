"""Endpoints with computed responses: synchronous, or as a job with `Prefer: respond-async`."""

from asyncio import FIRST_COMPLETED, create_task, wait, wrap_future
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Header
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from sids_service.context import Context, Served
from sids_service.jobs.computation import Computation
from sids_service.jobs.job import FINISHED, JobRecord, Status
from sids_service.jobs.submitters import new_token
from sids_service.web.access import RESPOND_ASYNC, prefers_async
from sids_service.web.bodies import parse_request
from sids_service.web.responses import json_response
from sids_service.web.tables import AsTable, ResultTable

CANCEL_HEADER = "Cancel-Token"
CACHE_NAME = "sids-ml-backend"
CLIENT_CLOSED_REQUEST = 499
"""Status in the log, as of nginx, of a request whose client has gone; nobody receives the response."""

MEASURABLE = 0.2
"""Progress from which the elapsed time predicts the remaining time better than the estimate."""

RequestT = TypeVar("RequestT", bound=BaseModel)


@dataclass(frozen=True)
class ComputedEndpoint(Generic[RequestT]):
    """An endpoint whose response is computed by the executor, or by a worker from the stored request.

    Attributes:
        name: name of the Azure Function, which identifies the endpoint in jobs.
        request: type of the JSON body.
        describe: makes the computation of a request; may wait for the dataset.
        table: the table of a result, for clients that prefer CSV; None if it has none.
    """

    name: str
    request: type[RequestT]
    describe: Callable[[Context, RequestT], Computation[BaseModel]]
    table: ResultTable | None = None

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.name.partition("_")[0]

    def handler(self, context: Context) -> "EndpointHandler[RequestT]":
        """The job handler of this endpoint."""
        return EndpointHandler(self, context)


@dataclass(frozen=True)
class EndpointHandler(Generic[RequestT]):
    """Rebuilds computations from stored requests."""

    endpoint: ComputedEndpoint[RequestT]
    context: Context

    def computation(self, request: bytes) -> Computation[BaseModel]:
        """The computation of a request in JSON.

        Raises:
            pydantic.ValidationError: this version of the service rejects the request.
            SidsError: the data cannot serve it.
        """
        return self.endpoint.describe(self.context, parse_request(self.endpoint.request, request))

    def refresh(self) -> str:
        """Look for a newer dataset now; returns the version of the one that is served."""
        self.context.dataset.refresh()
        return self.context.dataset.panel().version


class JobState(BaseModel):
    """The state of a job."""

    id: str
    model: str
    status: Status
    created: datetime = Field(description="When the job was submitted.")
    started: datetime | None = Field(description="When the latest attempt started.")
    finished: datetime | None = Field(description="When the job finished (succeeded, failed or was cancelled).")
    progress: float = Field(ge=0, le=1, description="Share of the work that is done, by completed stages.")
    position: int | None = Field(
        description="Number of jobs ahead, those in progress included; a job that another client submits later may "
        "still take an earlier turn. Null unless queued."
    )
    estimated_seconds_left: float | None = Field(
        description="Estimated compute time left, in seconds; excludes queueing."
    )
    attempts: int = Field(description="Number of attempts so far.")
    cancelling: bool = Field(description="Whether the job stops at its next step.")
    cancellable: bool = Field(
        description="Whether the job stops once all who asked for it have cancelled. False if it has finished, a batch "
        "wants it too, or more have asked for it than are kept."
    )
    reason: str | None = Field(
        description="Reason for the failure, or for the previous attempt's failure if the job is being retried."
    )
    dataset_version: str | None = Field(
        description="Version of the dataset that the job was submitted for, or ended with; null if it uses no data."
    )
    posed_anew: bool = Field(
        description="Whether the dataset or the service changed before the job ran, so that it ended with the new one: "
        "the result is the synchronous answer with `dataset_version`."
    )
    location: str = Field(description="Path of this state.")
    result: str | None = Field(description="Path of the result or error; null until the job succeeded or failed.")


LATER: dict[int | str, Any] = {
    202: {
        "description": f"With the header `Prefer: {RESPOND_ASYNC}`: the job that computes the result.",
        "model": JobState,
        "headers": {
            "Location": {"description": "Path of the job's state.", "schema": {"type": "string"}},
            "Preference-Applied": {"description": RESPOND_ASYNC, "schema": {"type": "string"}},
            CANCEL_HEADER: {
                "description": "Secret of this submission; `POST /jobs/{id}/cancel` with this header cancels it.",
                "schema": {"type": "string"},
            },
        },
    },
    429: {},
}
"""Documentation of the 202 response, and of the refusal of too many jobs."""


class Answering:
    """Responds to a request with the result of a computation, or with the job that computes it."""

    def __init__(
        self,
        context: Served,
        request: Request,
        table: AsTable,
        prefer: Annotated[
            str | None,
            Header(
                alias="Prefer",
                description=f"`{RESPOND_ASYNC}` (RFC 7240) asks for a job instead of the result: the answer is 202.",
                examples=[RESPOND_ASYNC],
            ),
        ] = None,
    ) -> None:
        self._context = context
        self._http = request
        self._table = table
        self._later = prefers_async(prefer or "")

    async def __call__(self, endpoint: ComputedEndpoint[RequestT], request: RequestT) -> Response:
        """The response; no thread waits for it."""
        computation = await self._context.short_threads.run(endpoint.describe, self._context, request)
        if self._later:
            return await self._context.store_threads.run(self._submitted, endpoint, computation)
        return await self._computed(computation, endpoint, request)

    async def _computed(
        self, computation: Computation[BaseModel], endpoint: ComputedEndpoint[RequestT], request: RequestT
    ) -> Response:
        """The result, which is given up when the client disconnects; the Functions host does not say so."""
        future = wrap_future(self._context.executor.submit(computation))
        gone = create_task(_disconnected(self._http))
        try:
            await wait((future, gone), return_when=FIRST_COMPLETED)
            if not future.done():
                return Response(status_code=CLIENT_CLOSED_REQUEST)
            result, cache = future.result()
        finally:
            gone.cancel()
            future.cancel()
        headers = {"Cache-Status": f"{CACHE_NAME}; {cache.value}"}
        return self._table.result(result, endpoint.table, request.model_dump, headers)

    def _submitted(self, endpoint: ComputedEndpoint[RequestT], computation: Computation[BaseModel]) -> Response:
        """202 with the job's state (RFC 7240)."""
        jobs = self._context.jobs
        token = new_token()
        client = self._context.clients.name(self._http.scope)
        trace_context = self._context.telemetry.trace_context()
        job = jobs.submit(endpoint.name, endpoint.model, computation, token, client, trace_context)
        headers = {"Location": _location(job), "Preference-Applied": RESPOND_ASYNC, CANCEL_HEADER: token}
        return json_response(job_state(job, jobs.position(job)), 202, headers)


Answer = Annotated[Answering, Depends()]


def job_state(job: JobRecord, position: int | None) -> JobState:
    """A job's state as clients see it."""
    return JobState(
        id=job.id,
        model=job.model,
        status=job.status,
        created=job.created,
        started=job.started,
        finished=job.finished,
        progress=job.progress,
        position=position,
        estimated_seconds_left=_seconds_left(job),
        attempts=job.attempts,
        cancelling=job.cancelling,
        cancellable=job.cancellable and job.status not in FINISHED,
        reason=job.reason or None,
        dataset_version=job.answered_version or job.dataset_version or None,
        posed_anew=job.posed_anew,
        location=_location(job),
        result=f"{_location(job)}/result" if job.status in (Status.SUCCEEDED, Status.FAILED) else None,
    )


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _location(job: JobRecord) -> str:
    return f"/jobs/{job.id}"


def _seconds_left(job: JobRecord) -> float | None:
    match job.status:
        case Status.QUEUED:
            return job.expected_seconds
        case Status.RUNNING if job.started and job.progress >= MEASURABLE:
            elapsed = (datetime.now(UTC) - job.started).total_seconds()
            return round(elapsed * (1 - job.progress) / job.progress, 3)
        case Status.RUNNING if job.expected_seconds is not None:
            return round(job.expected_seconds * (1 - job.progress), 3)
        case _:
            return None
