"""A handler whose work leaves traces: what began, and what was done. Needs no model and no data."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

from pydantic import BaseModel

from sids_core.errors import RequestError
from sids_core.stages import counted, stage
from sids_service.estimates import Workload
from sids_service.jobs.computation import Computation, Key

ENDPOINT = "recorder_work"
DEADLINE_SECONDS = 60
PAUSE = Event()
"""Never set; not time.sleep, which fails where libfaketime shifts the clock."""
WORKLOAD = Workload("KNNImputer", "AFS", ("etr",), rows=50, missing=5, candidates=20, predictors=5, trees=10, folds=5)


class Done(BaseModel):
    number: int


class RecordingHandler:
    """Requests: `number`; `gate`, a file that the work waits for, in so many `parts`; `fault`, how it fails."""

    def __init__(self, folder: Path, version: str = "1") -> None:
        self._folder = folder
        self._version = version

    def computation(self, request: bytes) -> Computation[BaseModel]:
        asked = json.loads(request)
        return Computation(
            Key(self._version, "recorder", request.decode()),
            compute=lambda: self._compute(**asked),
            check=lambda: self._check(**asked),
            stages={"wait": 0.5, "work": 0.5},
            expected_seconds=lambda: 2.0,
            workload=lambda: WORKLOAD,
        )

    def refresh(self) -> str:
        return self._version

    def asked(self, **request: Any) -> Computation[BaseModel]:
        return self.computation(json.dumps(request).encode())

    def begun(self) -> list[int]:
        return self._read("begun")

    def done(self) -> list[int]:
        return self._read("done")

    def wait_until_begun(self, number: int) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while number not in self.begun():
            assert time.monotonic() < deadline, f"{number} was not begun"
            time.sleep(0.02)

    def _check(self, fault: str = "", **_others: object) -> None:
        if fault == "refused at once":
            raise RequestError("number is wrong", parameter="number")

    def _compute(self, number: int, gate: str = "", fault: str = "", parts: int = 10**6) -> Done:
        self._write("begun", number)
        with stage("wait"):
            for _ in counted(self._waits(gate, parts), parts):
                PAUSE.wait(0.02)
        with stage("work"):
            if fault == "refused later":
                raise RequestError("number is wrong", parameter="number")
            if fault:
                raise RuntimeError(fault)
            self._write("done", number)
        return Done(number=number)

    def _waits(self, gate: str, parts: int) -> Iterator[int]:
        """One fewer than all parts at once, and the last when the gate is open."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        part = 1
        while gate and not Path(gate).exists():
            assert time.monotonic() < deadline, "the gate was never opened"
            if part < parts:
                yield part
                part += 1
            else:
                PAUSE.wait(0.02)

    def _write(self, what: str, number: int) -> None:
        (self._folder / f"{what}-{number}-{os.getpid()}-{uuid4().hex}").touch()

    def _read(self, what: str) -> list[int]:
        return sorted(int(path.name.split("-")[1]) for path in self._folder.glob(f"{what}-*"))
