"""What can go wrong with a job, beyond what goes wrong with its computation."""

from sids_core.errors import SidsError


class StoreUnavailableError(SidsError):
    """The storage of the jobs cannot be reached: worth another try later."""

    kind = "jobs_unavailable"


class UnknownJobError(SidsError):
    """There is no job of this id; perhaps it has expired."""

    kind = "unknown_job"


class NoResultError(SidsError):
    """The job has no result: it has not finished, or was cancelled."""

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class JobFailedError(SidsError):
    """The job was tried as often as it may be; the message says why it failed the last time."""

    kind = "job_failed"


class StillRunningError(SidsError):
    """Another worker has the job and gives signs of life."""

    kind = "still_running"


class LeaseLostError(SidsError):
    """Another worker took the job over, since this one gave no sign of life for too long; or it was removed."""

    kind = "lease_lost"


class OtherDataError(SidsError):
    """The job was asked for on another version of the dataset, or of the model, than this worker has."""

    kind = "dataset_changed"


class RunCancelledError(SidsError):
    """Whoever asked for the run wants it no more."""

    kind = "cancelled"
