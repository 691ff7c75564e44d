"""One run after another, each question once: memory and the store before, the admission behind."""

from pydantic import BaseModel
from pydantic_core import to_json

from sids_core import stages
from sids_service.errors import OverloadedError
from sids_service.estimates import Estimates
from sids_service.jobs.admission import Admission
from sids_service.jobs.finished import Finished
from sids_service.jobs.result_cache import Key, Outcome, ResultCache
from sids_service.jobs.run import Run
from sids_service.settings import Settings


class Runs:
    """The runs of a process; what they took goes to `estimates`."""

    def __init__(
        self, admission: Admission, results: ResultCache, finished: Finished, estimates: Estimates | None = None
    ) -> None:
        self._admission = admission
        self._results = results
        self._finished = finished
        self._estimates = estimates

    @classmethod
    def of(cls, settings: Settings, finished: Finished, estimates: Estimates | None = None) -> "Runs":
        """As the operator has bounded them."""
        admission = Admission(settings.runs_at_once, settings.runs_waiting)
        return cls(admission, ResultCache(settings.result_cache_bytes), finished, estimates)

    def now(self, run: Run[BaseModel]) -> tuple[bytes, Outcome]:
        """The result as JSON, and where it came from; a job may have left it in the store.

        Raises:
            OverloadedError: too many runs wait already, and the request is one that can be served.
            SidsError: what the run raises.
        """
        try:
            return self._results.get(run.key, lambda: self._finished.result(run.key) or self._run(run, patient=False))
        except OverloadedError:
            run.check()
            raise

    def for_job(self, run: Run[BaseModel]) -> bytes:
        """The result as JSON, however long it has to wait for its turn."""
        return self._results.get(run.key, lambda: self._run(run, patient=True))[0]

    def has(self, key: Key) -> bool:
        """Whether the result is there already, in memory or in the store."""
        return self._results.has(key) or self._finished.result(key) is not None

    def _run(self, run: Run[BaseModel], *, patient: bool) -> bytes:
        with self._admission.turn(patient=patient), stages.record() as seconds:
            result = to_json(run.compute(), inf_nan_mode="null")
        if self._estimates is not None and run.workload is not None:
            # Of the run's own stages: imports take time once a process.
            self._estimates.add(run.workload(), sum(seconds.get(name, 0.0) for name in run.stages))
        return result
