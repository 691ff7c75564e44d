"""One run after another, each question once: the result cache before, the admission behind it."""

from collections.abc import Callable

from pydantic import BaseModel
from pydantic_core import to_json

from sids_core.jobs.admission import Admission
from sids_core.jobs.result_cache import Key, Outcome, ResultCache
from sids_core.settings import Settings


class Runs:
    """The runs of a process."""

    def __init__(self, admission: Admission, results: ResultCache) -> None:
        self._admission = admission
        self._results = results

    @classmethod
    def of(cls, settings: Settings) -> "Runs":
        """As the operator has bounded them."""
        return cls(Admission(settings.runs_at_once, settings.runs_waiting), ResultCache(settings.result_cache_bytes))

    def result(self, key: Key, compute: Callable[[], BaseModel]) -> tuple[bytes, Outcome]:
        """The result as JSON, and where it came from.

        Raises:
            OverloadedError: too many runs wait already.
            SidsError: what `compute` raises.
        """
        return self._results.get(key, lambda: self._run(compute))

    def _run(self, compute: Callable[[], BaseModel]) -> bytes:
        with self._admission.turn():
            return to_json(compute(), inf_nan_mode="null")
