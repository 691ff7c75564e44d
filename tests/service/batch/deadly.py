"""A task some of whose runs kill their process, or fail."""

import json
import os
import signal

from pydantic import BaseModel

from sids_core.errors import SidsError
from sids_service.jobs.job import Refusal
from sids_service.jobs.result_cache import Key
from sids_service.jobs.run import Run


class Did(BaseModel):
    what: str


class DeadlyTask:
    """A request is a word: `kill`, `fail`, or anything else, which is answered."""

    def run(self, request: bytes) -> Run[BaseModel]:
        word = json.loads(request)
        return Run(Key("", "deadly", word), compute=lambda: self._compute(word), check=lambda: None, stages={})

    def refusal(self, _error: SidsError) -> Refusal | None:
        return None

    def _compute(self, word: str) -> Did:
        if word == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "fail":
            raise RuntimeError(word)
        return Did(what=word)


def open_task() -> DeadlyTask:
    return DeadlyTask()
