"""Errors of jobs, besides those of their computations."""

from sids_core.errors import RequestError, SidsError


class StoreUnavailableError(SidsError):
    """The job storage cannot be reached; a retry may succeed."""

    kind = "jobs_unavailable"


class UnknownJobError(SidsError):
    """The job does not exist, or has expired."""

    kind = "unknown_job"


class NotSubmittedError(SidsError):
    """The caller has not shown that it asked for the job."""

    kind = "cancel_token"


class NoResultError(SidsError):
    """The job has no result: it has not finished, or was cancelled."""

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class JobFailedError(SidsError):
    """Every attempt at the job failed; the message is the reason of the last one."""

    kind = "job_failed"


class StillRunningError(SidsError):
    """Another worker holds the job's lease."""

    kind = "still_running"


class LeaseLostError(SidsError):
    """Another worker took over the job after the lease expired, or the job was removed."""

    kind = "lease_lost"


class DatasetChangedError(SidsError):
    """The batch was planned for another version of the dataset than the one that is loaded."""

    kind = "dataset_changed"


class ComputationCancelledError(SidsError):
    """The computation was cancelled."""

    kind = "cancelled"


class DeadlineExceededError(RequestError):
    """The computation takes longer than the operator allows; a smaller request is accepted."""

    KIND = "takes_too_long"

    def __init__(self, message: str) -> None:
        super().__init__(message, kind=self.KIND)
