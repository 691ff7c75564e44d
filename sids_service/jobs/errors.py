"""What can go wrong with a job, beyond what goes wrong with its computation."""

from sids_core.errors import SidsError


class StoreUnavailableError(SidsError):
    """The storage of the jobs cannot be reached: worth another try later."""

    kind = "jobs_unavailable"


class UnknownJobError(SidsError):
    """No job has this id; perhaps it has expired."""

    kind = "unknown_job"


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
    """Another worker took over the job after this one's lease expired; or the job was removed."""

    kind = "lease_lost"


class DatasetChangedError(SidsError):
    """The job was submitted for another version of the dataset, or of the model, than this worker has."""

    kind = "dataset_changed"


class ComputationCancelledError(SidsError):
    """The computation was cancelled."""

    kind = "cancelled"
