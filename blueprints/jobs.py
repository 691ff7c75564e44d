"""The endpoints of jobs, and what a Functions host calls to get them done."""

from collections.abc import Iterable, Mapping
from typing import Any

import azure.functions as func

from blueprints.context import Context
from sids_service.jobs.job import Refusal
from sids_service.jobs.opening import is_remote
from sids_service.jobs.task import Task
from sids_service.jobs.worker import Worker
from sids_service.jobs.worker_thread import WorkerThread
from sids_service.web import request_ids
from sids_service.web.answers import Answer
from sids_service.web.blueprint import ModelBlueprint
from sids_service.web.endpoint import Endpoint
from sids_service.web.job_state import JobState, job_state
from sids_service.web.tasks import tasks

CONNECTION = "JOBS_STORAGE"
"""Name of the connection in the terms of the platform: the setting itself, or its parts `JOBS_STORAGE__…`."""

EVERY_NIGHT = "0 0 3 * * *"
NO_RESULT = "The job has not finished (`job_unfinished`), or was cancelled (`job_cancelled`)."


def build(context: Context, later: Mapping[str, Task]) -> ModelBlueprint:
    """The blueprint; with the queue and timer functions where the jobs are in Azure Storage."""
    blueprint = ModelBlueprint("jobs", label="Jobs")
    jobs = context.jobs

    @blueprint.get("{id}")
    def state(id: str) -> JobState:  # noqa: A002 (the name of the path parameter)
        """Where a job stands: its times, its progress and, once it has ended, where its result is."""
        job = jobs.state(id)
        return job_state(job, jobs.position(job))

    @blueprint.get("{id}/result", conflicts=NO_RESULT)
    def result(id: str) -> Answer[Any]:  # noqa: A002
        """The answer that the request would have had at once: the same bytes, or the same error."""
        found = jobs.result(id)
        if isinstance(found, Refusal):
            return Answer(found.body.encode(), status=found.status)
        return Answer(found)

    @blueprint.post("{id}/cancel")
    def cancel(id: str) -> JobState:  # noqa: A002
        """Want a job no more: queued, it is never begun; running, it stops at the end of a stage."""
        job = jobs.cancel(id)
        return job_state(job, jobs.position(job))

    if is_remote(context.settings):
        _add_triggers(blueprint, context, worker(context, later))
    return blueprint


def start_worker(context: Context, endpoints: Iterable[Endpoint]) -> None:
    """Do jobs in this process, where no host's trigger does."""
    settings = context.settings
    if not is_remote(settings):
        WorkerThread(
            context.jobs,
            context.job_queue,
            worker(context, tasks(endpoints)),
            lease_seconds=settings.jobs_lease_seconds,
            keep_days=settings.jobs_keep_days,
        ).start()


def worker(context: Context, later: Mapping[str, Task]) -> Worker:
    """A worker on the context's jobs."""
    return Worker(context.job_store, context.runs, later, context.settings.jobs_lease_seconds)


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
        """End the job of a message that has failed too often."""
        worker.give_up(message.get_body().decode(errors="replace"))

    @blueprint.function_name("jobs_expire")
    @blueprint.timer_trigger(arg_name="timer", schedule=EVERY_NIGHT)
    def expire(timer: func.TimerRequest) -> None:  # noqa: ARG001 (the host passes it by name)
        """Remove jobs and results that are old."""
        context.jobs.expire(context.settings.jobs_keep_days)
