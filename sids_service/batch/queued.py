"""Computing elsewhere: one job for each imputation, done by however many workers there are."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from sids_core.errors import RequestError, SidsError
from sids_service.batch.outcome import Failed, Outcome, Refused, Result
from sids_service.batch.records import Planned
from sids_service.jobs.errors import StoreUnavailableError, UnknownJobError
from sids_service.jobs.job import FINISHED, JobError, JobRecord, Status
from sids_service.jobs.jobs import JobService
from sids_service.jobs.worker import JobHandler

logger = logging.getLogger(__name__)

THREADS = 8
"""Requests to the storage at a time: most of such a request is waiting."""

WINDOW = 64
"""So many of the oldest open jobs are looked at in a round: workers take them in about the order they came."""


class Submitted:
    """Jobs that are asked for and collected."""

    def __init__(self, jobs: JobService, handler: JobHandler, endpoint: str, model: str) -> None:
        self._jobs = jobs
        self._handler = handler
        self._endpoint = endpoint
        self._model = model

    def outcomes(self, planned: Sequence[Planned], pause: Callable[[], object]) -> Iterator[tuple[Planned, Outcome]]:
        """The outcome of each, about in the order they end; `pause` is called between looks that found nothing new.

        Raises:
            StoreUnavailableError: the storage is out of reach while jobs are put into it; those that are go on.
        """
        left: list[Planned] = []
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                for each, outcome in zip(planned, pool.map(self._submit, planned), strict=True):
                    if outcome is None:
                        left.append(each)
                    else:
                        yield each, outcome
                while left:
                    ended = self._looked(pool, left[:WINDOW])
                    yield from ended.items()
                    left = [each for each in left if each not in ended]
                    if not ended:
                        pause()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _looked(self, pool: ThreadPoolExecutor, window: Sequence[Planned]) -> dict[Planned, Outcome]:
        """Those that have ended; none while the storage is out of reach, since the jobs go on meanwhile."""
        try:
            outcomes = list(pool.map(self._look, window))
        except StoreUnavailableError as error:
            logger.warning("%s; looking again", error)
            return {}
        return {each: outcome for each, outcome in zip(window, outcomes, strict=True) if outcome is not None}

    def _submit(self, planned: Planned) -> Outcome | None:
        """None where there is a job now."""
        try:
            self._jobs.submit(self._endpoint, self._model, self._handler.computation(planned.body))
        except StoreUnavailableError:
            raise
        except RequestError as error:
            return Refused(str(error))
        except SidsError as error:
            return Failed(str(error))
        return None

    def _look(self, planned: Planned) -> Outcome | None:
        """None where the job has not ended."""
        try:
            job = self._jobs.state(planned.id)
            return self._outcome(job) if job.status in FINISHED else None
        except UnknownJobError:  # expired since: an old result of an equal request
            return self._submit(planned)

    def _outcome(self, job: JobRecord) -> Outcome:
        if job.status is Status.SUCCEEDED:
            found = self._jobs.result(job.id)
            return Refused(found.message) if isinstance(found, JobError) else Result(found)
        if job.error is not None:
            return Refused(job.error.message)
        return Failed(job.reason or f"the job was {job.status}")
