"""The state of a job, as clients read it."""

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from sids_service.jobs.job import JobRecord, Status

MEASURABLE = 0.2
"""From this progress on, the time left is extrapolated from the time taken instead of the estimate."""


class JobState(BaseModel):
    """The state of a job."""

    id: str
    model: str
    status: Status
    created: datetime = Field(description="When the job was submitted.")
    started: datetime | None = Field(description="When the job was started; the last attempt, if more than one.")
    finished: datetime | None = Field(description="When the job finished (succeeded, failed or was cancelled).")
    progress: float = Field(ge=0, le=1, description="Share done, by completed stages.")
    position: int | None = Field(
        description="Upper bound on the number of jobs ahead in the queue (approximate); null unless queued."
    )
    estimated_seconds_left: float | None = Field(
        description="Estimated compute time left, in seconds; excludes queueing."
    )
    attempts: int = Field(description="Number of attempts started.")
    cancelling: bool = Field(description="Whether the job stops at the end of its current stage.")
    reason: str | None = Field(
        description="Reason for the failure, or for the previous attempt's failure if the job is being retried."
    )
    location: str = Field(description="Path of this state.")
    result: str | None = Field(description="Path of the answer, or of the error; null until then.")


def job_state(job: JobRecord, position: int | None) -> JobState:
    """The state to answer with."""
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
        reason=job.reason or None,
        location=location(job),
        result=f"{location(job)}/result" if job.status in (Status.SUCCEEDED, Status.FAILED) else None,
    )


def location(job: JobRecord) -> str:
    """Path of the job's state."""
    return f"/jobs/{job.id}"


def _seconds_left(job: JobRecord) -> float | None:
    match job.status:
        case Status.QUEUED:
            return job.expected_seconds
        case Status.RUNNING if job.started and job.progress >= MEASURABLE:
            taken = (datetime.now(UTC) - job.started).total_seconds()
            return round(taken * (1 - job.progress) / job.progress, 3)
        case Status.RUNNING if job.expected_seconds is not None:
            return round(job.expected_seconds * (1 - job.progress), 3)
        case _:
            return None
