"""A process whose clock is an hour ahead or back takes no job from others, and loses none of its own."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sids_service.jobs.job import Status
from tests.service.jobs.conftest import Place

Spawn = Callable[[Place], "subprocess.Popen[bytes]"]
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


@pytest.fixture(params=["+3600", "-3600"], ids=["ahead", "back"])
def shifted(place: Place, request: pytest.FixtureRequest) -> Place:
    """The same place for processes with another time of day.

    Who is ahead of another worker sees that one back, so that both are tested.
    """
    if not LIBRARIES:
        pytest.skip("there is no libfaketime (the package faketime)")
    clock = {"LD_PRELOAD": str(LIBRARIES[0]), "FAKETIME": f"{request.param}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return replace(place, environment={**place.environment, **clock})


def test_a_job_in_work_stays_with_its_worker_and_is_followed_when_that_dies(
    place: Place, shifted: Place, spawn: Spawn
) -> None:
    gate = place.records / "gate"
    job = place.submit(number=1, gate=str(gate))
    worker = spawn(shifted)
    place.handler.wait_until_begun(1)
    place.queue.put(job.id)  # a second message, which the other worker receives
    spawn(place)
    for number in (2, 3, 4):
        done = place.wait_for_end(place.submit(number=number).id)
        assert done.status is Status.SUCCEEDED
    assert place.handler.begun() == [1, 2, 3, 4]
    worker.kill()
    worker.wait()
    gate.touch()
    ended = place.wait_for_end(job.id)
    assert (ended.status, ended.attempts) == (Status.SUCCEEDED, 2)
    assert place.handler.done() == [1, 2, 3, 4]
