"""How many jobs one client may have waiting, and all together; counted in the store, so shared by all processes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sids_service.errors import OverloadedError, TooManyJobsError
from sids_service.jobs import quota
from sids_service.jobs.job import JobRecord, Status
from sids_service.jobs.jobs import JobService
from sids_service.jobs.quota import Limits
from sids_service.jobs.waiting import LONGEST_WAIT, OPERATOR, Waiting, new_entry, next_rank, seconds_until
from tests.service.jobs.recording import ENDPOINT
from tests.service.jobs.test_jobs import drain

if TYPE_CHECKING:
    from tests.service.jobs.conftest import Place

LIMITS = Limits(jobs=5, jobs_per_client=3, size=100_000)
LONG_AGO = timedelta(hours=4)


@pytest.fixture(autouse=True)
def always_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the seconds between two looks had passed."""
    monkeypatch.setattr(quota, "CHECK_SECONDS", 0.0)


class Process:
    """The jobs as in a process of its own."""

    def __init__(self, place: "Place", limits: Limits = LIMITS) -> None:
        self.jobs = JobService(place.store, place.queue, limits)
        self._place = place

    def submit(self, client: str, number: int, token: str | None = "mine", **request: object) -> JobRecord:  # noqa: S107
        computation = self._place.handler.asked(number=number, **request)
        return self.jobs.submit(ENDPOINT, "recorder", computation, token, client)


def test_one_client_is_bounded_and_others_are_not(place: "Place") -> None:
    process = Process(place)
    for number in range(3):
        process.submit("a", number)
    with pytest.raises(TooManyJobsError, match=r"you have 3 .* at most 3 jobs") as refused:
        process.submit("a", 3)
    assert refused.value.retry_after == 2  # the seconds that the first of its jobs is expected to take
    assert place.queue.length() == 3
    process.submit("b", 4)
    drain(place)
    process.submit("a", 3)
    assert place.handler.done() == [0, 1, 2, 4]


def test_all_clients_together_are_bounded_and_the_operator_is_not(place: "Place") -> None:
    process = Process(place)
    for number in range(5):
        process.submit(f"client{number}", number)
    with pytest.raises(OverloadedError, match="queue is full: 5 jobs") as refused:
        process.submit("late", 5)
    assert type(refused.value) is OverloadedError
    assert refused.value.retry_after == 2
    for number in range(6, 12):
        process.submit(OPERATOR, number)
    drain(place)
    process.submit("late", 5)


def test_the_bytes_of_requests_are_bounded(place: "Place") -> None:
    process = Process(place, replace(LIMITS, size=5000))
    process.submit("a", 1, gate="x" * 3500)  # a client without jobs may have one up to the bound of all
    with pytest.raises(TooManyJobsError, match="3000 bytes of one client"):
        process.submit("a", 2)
    with pytest.raises(OverloadedError, match="queue is full"):
        process.submit("b", 3, gate="x" * 3500)
    process.submit("b", 3)


def test_joining_an_equal_job_costs_nothing(place: "Place") -> None:
    process = Process(place)
    for number in range(3):
        process.submit("a", number)
    for number in range(10):
        process.submit("b", number % 3, token=str(number))
    for number in range(3):
        process.submit("a", number, token="again")  # noqa: S106
    for number in (10, 11):
        process.submit("b", number)
    with pytest.raises(TooManyJobsError):
        process.submit("a", 12)


def test_processes_that_submit_at_once_never_exceed_the_bounds(place: "Place") -> None:
    processes = [Process(place) for _ in range(4)]

    def submit(number: int) -> int:
        try:
            processes[number % 4].submit("a", number)
        except TooManyJobsError:
            return 0
        return 1

    with ThreadPoolExecutor(12) as pool:
        accepted = sum(pool.map(submit, range(24)))
    assert accepted <= 3
    assert place.queue.length() == accepted
    assert len(place.store.waiting()) == accepted


def test_a_restart_forgets_nothing_and_what_a_killed_process_left_is_removed(place: "Place") -> None:
    for number in range(3):
        Process(place).submit("a", number)
    with pytest.raises(TooManyJobsError):
        Process(place).submit("a", 3)
    # As if the worker had been killed after the job's end, or the submitting process before there was a record.
    job_id = place.store.waiting()[0].job_id
    place.change(job_id, status=Status.SUCCEEDED)
    Process(place).submit("a", 3)
    with pytest.raises(TooManyJobsError):
        Process(place).submit("a", 4)
    for entry in place.store.waiting():
        place.store.leave(entry)
    long_ago = int((datetime.now(UTC) - LONG_AGO).timestamp() * 1e6)
    for number in range(3):
        place.store.wait(Waiting(0, long_ago, f"{number:032}", "a", "a", 1, 1))
    Process(place).submit("a", 4)
    assert len(place.store.waiting()) == 1


def test_a_cancelled_job_counts_for_a_minute_as_its_request_is_still_stored(place: "Place") -> None:
    process = Process(place)
    for number in range(3):
        job = process.submit("a", number)
        process.jobs.cancel(job.id, "mine")
    with pytest.raises(TooManyJobsError):
        process.submit("a", 3)
    earlier = datetime.now(UTC) - LONG_AGO
    place.change(job.id, finished=earlier)
    process.submit("a", 3)


def test_the_position_is_that_of_the_fair_order(place: "Place") -> None:
    process = Process(place)
    jobs = [process.submit("a", number) for number in range(3)]
    late = process.submit("b", 3)
    assert [process.jobs.position(job) for job in (*jobs, late)] == [0, 2, 3, 1]


def test_a_wait_is_the_time_of_the_jobs_that_come_first() -> None:
    entries: list[Waiting] = []
    for number in range(6):
        entries.append(new_entry(entries, f"{number:032}", "ab"[number % 2], 100, 10 + number))
    assert [entry.rank for entry in entries] == [0, 0, 1, 1, 2, 2]
    assert next_rank(entries, "c") == 0
    assert seconds_until(entries, lambda left: len(left) < 4) == 10 + 11 + 12
    assert seconds_until(entries, lambda _: True) == 1
    assert seconds_until([replace(entries[0], seconds=10**6)], lambda left: not left) == LONGEST_WAIT
    assert [Waiting.of(entry.name) for entry in entries] == entries
    assert sorted(entries) == [Waiting.of(name) for name in sorted(entry.name for entry in entries)]
    assert Waiting.of("another program's") is None
