"""Worker processes that compete, are killed, and lose their storage for a while."""

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.job import Status
from tests.service.jobs.conftest import LEASE_SECONDS

if TYPE_CHECKING:
    from tests.conftest import Azurite
    from tests.service.jobs.conftest import Place

Spawn = Callable[["Place"], "subprocess.Popen[bytes]"]


@pytest.mark.parametrize(("place", "many"), [("folder", 500), ("azurite", 150)], indirect=["place"])
def test_three_workers_drain_many_jobs_exactly_once_each(place: "Place", many: int, spawn: Spawn) -> None:
    gate = place.records / "gate"
    with ThreadPoolExecutor(4) as pool:
        submitted = list(pool.map(lambda number: place.submit(number=number, gate=str(gate)), range(many)))
    for _ in range(3):
        spawn(place)
    deadline = time.monotonic() + 600
    while len(place.handler.begun()) < 3:  # so that each of them has some
        assert time.monotonic() < deadline
        time.sleep(0.02)
    gate.touch()
    while len(place.handler.done()) < many:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    ended = [place.wait_for_end(job.id) for job in submitted]
    assert {(job.status, job.attempts) for job in ended} == {(Status.SUCCEEDED, 1)}
    assert place.handler.begun() == place.handler.done() == list(range(many))
    assert len({path.name.split("-")[2] for path in place.records.glob("done-*")}) == 3
    assert [place.jobs.result(job.id) for job in submitted[::50]] == [
        b'{"number":%d}' % number for number in range(0, many, 50)
    ]


def test_a_killed_worker_is_followed_by_another(place: "Place", spawn: Spawn) -> None:
    gate = place.records / "gate"
    job = place.submit(number=1, gate=str(gate))
    first = spawn(place)
    place.handler.wait_until_begun(1)
    first.kill()
    first.wait()
    assert place.jobs.state(job.id).status is Status.RUNNING
    gate.touch()
    spawn(place)
    ended = place.wait_for_end(job.id)
    assert (ended.status, ended.attempts) == (Status.SUCCEEDED, 2)
    assert place.handler.begun() == [1, 1]
    assert place.handler.done() == [1]


def test_no_job_is_lost_where_workers_are_killed_again_and_again(
    in_folder: "Place", spawn: Spawn, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    place = in_folder
    submitted = [place.submit(number=number) for number in range(120)]
    workers = [spawn(place) for _ in range(3)]
    deadline = time.monotonic() + 120
    for count in range(0, 100, 10):
        while len(place.handler.done()) < count:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        victim = workers.pop(0)
        victim.kill()
        victim.wait()
        workers.append(spawn(place))
    assert {place.wait_for_end(job.id).status for job in submitted} == {Status.SUCCEEDED}
    assert set(place.handler.done()) == set(range(120))
    assert all(worker.poll() is None for worker in workers)
    # The message of a worker that was killed after its job's end comes again, to be deleted.
    eventually(lambda: place.queue.length() == 0)


def test_a_worker_that_takes_longer_than_its_lease_keeps_the_job(place: "Place", spawn: Spawn) -> None:
    gate = place.records / "gate"
    job = place.submit(number=1, gate=str(gate))
    for _ in range(2):
        spawn(place)
    place.handler.wait_until_begun(1)
    deadline = time.monotonic() + 60
    tags: set[str] = set()
    while len(tags) <= 3 * (LEASE_SECONDS + 1):  # three heartbeats per lease
        stored = place.store.read(job.id)
        assert stored is not None
        tags.add(stored.tag)
        assert time.monotonic() < deadline
        time.sleep(0.1)
    gate.touch()
    assert place.wait_for_end(job.id).attempts == 1
    assert place.handler.begun() == [1]


def test_jobs_outlive_a_storage_that_is_away_for_a_while(in_azurite: "Place", azurite: "Azurite", spawn: Spawn) -> None:
    place = in_azurite
    gate = place.records / "gate"
    running = place.submit(number=1, gate=str(gate))
    queued = place.submit(number=2)
    worker = spawn(place)
    place.handler.wait_until_begun(1)
    azurite.stop()
    with pytest.raises(StoreUnavailableError):
        place.submit(number=3)
    gate.touch()
    azurite.start()
    assert place.wait_for_end(running.id).status is Status.SUCCEEDED
    assert place.wait_for_end(queued.id).status is Status.SUCCEEDED
    assert place.handler.done() == [1, 2]
    assert worker.poll() is None
