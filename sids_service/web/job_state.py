"""What clients are told of a job."""

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from sids_service.jobs.job import Job, Status

MEASURABLE = 0.2
"""From this progress on, the time a run has taken says more than the time it was expected to take."""


class JobState(BaseModel):
    """Where a job stands."""

    id: str
    model: str
    status: Status
    created: datetime = Field(description="When it was asked for.")
    started: datetime | None = Field(description="When it was begun, the last time if more than once.")
    finished: datetime | None = Field(description="When it ended, in whichever way.")
    progress: float = Field(ge=0, le=1, description="Share that is done, by the stages that are over.")
    position: int | None = Field(description="While queued: at most so many come first, by the queue's rough count.")
    estimated_seconds_left: float | None = Field(
        description="Seconds that it still computes, by estimate; waiting in the queue not included."
    )
    attempts: int = Field(description="How often it was begun.")
    cancelling: bool = Field(description="Whether it is to stop at the end of its present stage.")
    reason: str | None = Field(description="Why it failed; while queued or running, why the attempt before did.")
    location: str = Field(description="Path of this state.")
    result: str | None = Field(description="Path of the answer, or of the error; null while there is none.")


def job_state(job: Job, position: int | None) -> JobState:
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


def location(job: Job) -> str:
    """Path of the job's state."""
    return f"/jobs/{job.id}"


def _seconds_left(job: Job) -> float | None:
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
