"""The endpoints of jobs, and the functions that a Functions host calls to do them."""

from collections.abc import Iterable
from typing import Any

import azure.functions as func

from blueprints.context import Context
from sids_service.jobs.consumer import BackgroundWorker, Consumer
from sids_service.jobs.job import JobError
from sids_service.jobs.store import is_remote
from sids_service.jobs.worker import Worker
from sids_service.web import request_ids
from sids_service.web.answers import Answer
from sids_service.web.blueprint import ModelBlueprint, function_name
from sids_service.web.endpoint import Endpoint
from sids_service.web.job_state import JobState, job_state
from sids_service.web.refusals import refusal
from sids_service.web.tasks import job_handlers

CONNECTION = "JOBS_STORAGE"
"""Name of the connection in the terms of the platform: the setting itself, or its parts `JOBS_STORAGE__…`."""

EVERY_NIGHT = "0 0 3 * * *"
NO_RESULT = "The job has not finished (`job_unfinished`), or was cancelled (`job_cancelled`)."


def build(context: Context, endpoints: Iterable[Endpoint]) -> ModelBlueprint:
    """The blueprint; with the queue and timer functions where the jobs are in Azure Storage.

    Args:
        context: of the jobs.
        endpoints: of all models, those among them whose answers can be computed later included.
    """
    blueprint = ModelBlueprint("jobs", label="Jobs")
    jobs = context.jobs
    by_name = {function_name(endpoint): endpoint for endpoint in endpoints}

    @blueprint.get("{id}")
    def state(id: str) -> JobState:  # noqa: A002 (the name of the path parameter)
        """The state of a job: its times, its progress and, once it has finished, where its result is."""
        job = jobs.state(id)
        return job_state(job, jobs.position(job))

    @blueprint.get("{id}/result", conflicts=NO_RESULT)
    def result(id: str) -> Answer[Any]:  # noqa: A002
        """The answer that the request would have had at once: the same bytes, or the same error."""
        found = jobs.result(id)
        if isinstance(found, JobError):
            return refusal(found.exception(), by_name.get(jobs.state(id).endpoint))
        return Answer(found)

    @blueprint.post("{id}/cancel")
    def cancel(id: str) -> JobState:  # noqa: A002
        """Cancel a job. A queued job never starts; a running one stops at the end of its current stage."""
        job = jobs.cancel(id)
        return job_state(job, jobs.position(job))

    if is_remote(context.settings):
        _add_triggers(blueprint, context, worker(context, by_name.values()))
    return blueprint


def background_worker(context: Context, endpoints: Iterable[Endpoint]) -> BackgroundWorker:
    """The worker loop of a process, not started yet.

    It takes messages off whichever queue the settings name. Where that is in Azure Storage, the Functions host does so
    instead; a development host starts the loop.
    """
    does = worker(context, endpoints)

    def work(job_id: str) -> None:
        with request_ids.handling(job_id):
            does.work(job_id)

    # A message and the lease of its job expire together, so that an interrupted job is soon retried.
    seconds = context.settings.jobs_lease_seconds
    consumer = Consumer(context.job_queue, work, does.give_up, hidden_seconds=seconds)
    return BackgroundWorker(consumer, context.jobs, context.settings.jobs_keep_days)


def worker(context: Context, endpoints: Iterable[Endpoint]) -> Worker:
    """A worker on the context's jobs, for those of these endpoints whose answers can be computed later."""
    handlers = job_handlers(endpoints)
    return Worker(context.job_store, context.executor, handlers, context.settings.jobs_lease_seconds)


def _add_triggers(blueprint: ModelBlueprint, context: Context, worker: Worker) -> None:
    queue = context.settings.jobs_queue

    @blueprint.function_name("jobs_run")
    @blueprint.queue_trigger(arg_name="message", queue_name=queue, connection=CONNECTION)
    def run(message: func.QueueMessage) -> None:
        """Do the job of a message; an exception lets the message come again."""
        job_id = message.get_body().decode(errors="replace")
        with request_ids.handling(job_id):
            worker.work(job_id)

    @blueprint.function_name("jobs_poison")
    @blueprint.queue_trigger(arg_name="message", queue_name=f"{queue}-poison", connection=CONNECTION)
    def poison(message: func.QueueMessage) -> None:
        """Give up the job whose message failed too often."""
        worker.give_up(message.get_body().decode(errors="replace"))

    @blueprint.function_name("jobs_expire")
    @blueprint.timer_trigger(arg_name="timer", schedule=EVERY_NIGHT)
    def expire(timer: func.TimerRequest) -> None:  # noqa: ARG001 (the host passes it by name)
        """Remove old jobs and results."""
        context.jobs.expire(context.settings.jobs_keep_days)
