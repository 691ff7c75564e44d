"""The endpoints of jobs, and the queue and timer functions that run them."""

import json
from functools import partial
from typing import Annotated, Any

import azure.functions as func
from fastapi import Header, Request, Response

from sids_service.context import Context, Served
from sids_service.jobs.consumer import BackgroundWorker, Consumer
from sids_service.jobs.fair import FairWorker
from sids_service.jobs.job import JobError, JobRecord
from sids_service.jobs.store import Part
from sids_service.web import request_ids
from sids_service.web.app import model_router
from sids_service.web.computed import CANCEL_HEADER, JobState, job_state
from sids_service.web.docs import RESULTS
from sids_service.web.errors import error_response
from sids_service.web.forms import listed_by
from sids_service.web.tables import AsTable, Tabular

CONNECTION = "JOBS_STORAGE"
"""The platform's connection name: the setting itself, or its parts `JOBS_STORAGE__…`."""

EVERY_HOUR = "0 0 * * * *"
EVERY_FIVE_MINUTES = "0 */5 * * * *"

router = model_router("jobs", "Jobs")


@router.get("/{id}")
async def state(id: str, context: Served) -> JobState:  # noqa: A002 (the name of the path parameter)
    """The state of a job: times, progress and, once finished, the path of its result."""
    return await context.store_threads.run(_state, id, context)


def _state(id: str, context: Context) -> JobState:  # noqa: A002
    job = context.jobs.state(id)
    return job_state(job, context.jobs.position(job))


@router.get("/{id}/result", response_model=Any, responses={409: {}}, openapi_extra=RESULTS)
async def result(id: str, context: Served, request: Request, table: AsTable) -> Response:  # noqa: A002
    """The response of the synchronous request: the same bytes, or the same error; as a table where CSV is preferred.

    `Dataset-Version` names the data that gave it. `Posed-Anew: ?1` says that the data, or the service, changed after
    the job was submitted.
    """
    return await context.store_threads.run(_result, id, context, request, table)


def _result(id: str, context: Context, request: Request, table: Tabular) -> Response:  # noqa: A002
    found = context.jobs.result(id)
    job = context.jobs.state(id)
    headers, endpoint = _origin(job), request.app.state.endpoints.get(job.endpoint)
    if isinstance(found, JobError):
        fields = endpoint.request.model_fields if endpoint else {}
        response = error_response(found.exception(), listed_by(fields, found.parameter, _stored_request(context, id)))
        response.headers.update(headers)
        return response
    return table.result(found, endpoint.table if endpoint else None, partial(_stored_request, context, id), headers)


@router.post("/{id}/cancel", responses={403: {}})
async def cancel(
    id: str,  # noqa: A002
    context: Served,
    token: Annotated[
        str | None,
        Header(alias=CANCEL_HEADER, description="That of the 202 answer to the request for this job; 403 without it."),
    ] = None,
) -> JobState:
    """Cancel a job; one that several asked for stops when all have cancelled.

    A queued job then never starts; a running one stops at its next step.
    """
    return await context.store_threads.run(_cancel, id, token, context)


def _cancel(id: str, token: str | None, context: Context) -> JobState:  # noqa: A002
    job = context.jobs.cancel(id, token)
    return job_state(job, context.jobs.position(job))


def _origin(job: JobRecord) -> dict[str, str]:
    version = {"Dataset-Version": job.answered_version} if job.answered_version else {}
    return {**version, "Posed-Anew": "?1"} if job.posed_anew else version


def _stored_request(context: Context, job_id: str) -> dict[str, Any]:
    """The fields of a job's request; none if the stored one is gone or damaged."""
    try:
        fields = json.loads(context.job_store.content(Part.REQUEST, job_id) or b"{}")
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def background_worker(context: Context, worker: FairWorker) -> BackgroundWorker:
    """The worker loop of a process, not started yet.

    It polls the configured queue. With Azure Storage, the Functions host calls the functions of `triggers` instead, and
    only the development server starts the loop.
    """
    # A message becomes visible again when its job's lease expires, so that an interrupted job is soon retried.
    seconds = context.settings.jobs_lease_seconds
    consumer = Consumer(context.job_queue, partial(_work, worker), worker.give_up, hidden_seconds=seconds)
    settings = context.settings
    return BackgroundWorker(consumer, context.jobs, settings.jobs_keep_days, settings.jobs_stored_bytes)


def triggers(context: Context, worker: FairWorker) -> func.Blueprint:
    """The queue and timer functions, for jobs in Azure Storage."""
    blueprint = func.Blueprint()  # type: ignore[no-untyped-call]
    queue = context.settings.jobs_queue

    @blueprint.function_name("jobs_run")
    @blueprint.queue_trigger(arg_name="message", queue_name=queue, connection=CONNECTION)
    def run(message: func.QueueMessage) -> None:
        """Run the job of a message; an exception makes the message visible again."""
        _work(worker, message.get_body().decode(errors="replace"))

    @blueprint.function_name("jobs_poison")
    @blueprint.queue_trigger(arg_name="message", queue_name=f"{queue}-poison", connection=CONNECTION)
    def poison(message: func.QueueMessage) -> None:
        """Fail the job of a message that was retried too often."""
        worker.give_up(message.get_body().decode(errors="replace"))

    @blueprint.function_name("jobs_expire")
    @blueprint.timer_trigger(arg_name="timer", schedule=EVERY_HOUR)
    def expire(timer: func.TimerRequest) -> None:  # noqa: ARG001 (the host passes it by name)
        """Remove old jobs and results, and the oldest ones while all together are too large."""
        context.jobs.expire(context.settings.jobs_keep_days, context.settings.jobs_stored_bytes)

    @blueprint.function_name("jobs_sweep")
    @blueprint.timer_trigger(arg_name="timer", schedule=EVERY_FIVE_MINUTES)
    def sweep(timer: func.TimerRequest) -> None:  # noqa: ARG001 (the host passes it by name)
        """Send the messages that waiting jobs lack."""
        context.jobs.sweep()

    return blueprint


def _work(worker: FairWorker, job_id: str) -> None:
    with request_ids.handling(job_id):
        worker.work(job_id)
