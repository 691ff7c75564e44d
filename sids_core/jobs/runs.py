"""One run after another, each question once: memory and the store before, the admission behind."""

from collections.abc import Callable

from pydantic import BaseModel
from pydantic_core import to_json

from sids_core.jobs.admission import Admission
from sids_core.jobs.finished import Finished
from sids_core.jobs.result_cache import Key, Outcome, ResultCache
from sids_core.jobs.run import Run
from sids_core.settings import Settings


class Runs:
    """The runs of a process."""

    def __init__(self, admission: Admission, results: ResultCache, finished: Finished) -> None:
        self._admission = admission
        self._results = results
        self._finished = finished

    @classmethod
    def of(cls, settings: Settings, finished: Finished) -> "Runs":
        """As the operator has bounded them."""
        admission = Admission(settings.runs_at_once, settings.runs_waiting)
        return cls(admission, ResultCache(settings.result_cache_bytes), finished)

    def result(self, key: Key, compute: Callable[[], BaseModel]) -> tuple[bytes, Outcome]:
        """The result as JSON, and where it came from.

        Raises:
            OverloadedError: too many runs wait already.
            SidsError: what `compute` raises.
        """
        return self._results.get(key, lambda: self._run(compute, patient=False))

    def now(self, run: Run[BaseModel]) -> tuple[bytes, Outcome]:
        """Like `result`, which a job may have left in the store."""
        return self._results.get(
            run.key, lambda: self._finished.result(run.key) or self._run(run.compute, patient=False)
        )

    def for_job(self, run: Run[BaseModel]) -> bytes:
        """The result as JSON, however long it has to wait for its turn."""
        return self._results.get(run.key, lambda: self._run(run.compute, patient=True))[0]

    def _run(self, compute: Callable[[], BaseModel], *, patient: bool) -> bytes:
        with self._admission.turn(patient=patient):
            return to_json(compute(), inf_nan_mode="null")
