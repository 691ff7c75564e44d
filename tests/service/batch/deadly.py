"""A handler some of whose computations kill their process, or fail."""

import json
import os
import signal

from pydantic import BaseModel

from sids_service.jobs.computation import Computation, Key


class Did(BaseModel):
    what: str


class DeadlyHandler:
    """A request is a word: `kill`, `fail`, or anything else, which is answered."""

    def computation(self, request: bytes) -> Computation[BaseModel]:
        word = json.loads(request)
        return Computation(Key("", "deadly", word), compute=lambda: self._compute(word), check=lambda: None, stages={})

    def _compute(self, word: str) -> Did:
        if word == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "fail":
            raise RuntimeError(word)
        return Did(what=word)


def open_handler() -> DeadlyHandler:
    return DeadlyHandler()
