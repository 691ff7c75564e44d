from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

import pytest

from sids_service.errors import OverloadedError
from sids_service.jobs.admission import Admission


def test_no_more_than_may_run_at_once_and_all_have_their_turn() -> None:
    admission = Admission(at_once=2, waiting=30)
    lock = Lock()
    running, most, done = 0, 0, 0

    def run(_: int) -> None:
        nonlocal running, most, done
        with admission.turn():
            with lock:
                running += 1
                most = max(most, running)
            Event().wait(0.001)
            with lock:
                running -= 1
                done += 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(run, range(60)))
    assert most <= 2
    assert done == 60


def test_the_queue_is_served_in_order_and_past_its_end_one_is_told_when_to_come_back() -> None:
    admission = Admission(at_once=1, waiting=2)
    go_on = Event()
    order: list[str] = []

    def run(name: str, entered: Event) -> None:
        with admission.turn():
            order.append(name)
            entered.set()
            assert go_on.wait(20)

    with ThreadPoolExecutor(3) as pool:
        first = Event()
        runs = [pool.submit(run, "first", first)]
        assert first.wait(20)
        for place, name in enumerate(("second", "third"), start=1):
            runs.append(pool.submit(run, name, Event()))
            while len(admission._queue) < place:
                pass
        with pytest.raises(OverloadedError, match="1 runs compute and 2 wait") as caught, admission.turn():
            pass
        assert caught.value.retry_after >= 1
        go_on.set()
        for each in runs:
            each.result(20)
    assert order == ["first", "second", "third"]


def test_a_failed_run_gives_its_turn_back() -> None:
    admission = Admission(at_once=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), admission.turn():
            raise ZeroDivisionError
    with admission.turn():
        pass


def test_the_patient_wait_where_others_are_sent_away() -> None:
    admission = Admission(at_once=1, waiting=0)
    entered, go_on = Event(), Event()

    def run() -> None:
        with admission.turn():
            entered.set()
            assert go_on.wait(60)

    def wait() -> str:
        with admission.turn(patient=True):
            return "had its turn"

    with ThreadPoolExecutor(2) as pool:
        pool.submit(run)
        assert entered.wait(60)
        patient = pool.submit(wait)
        with pytest.raises(OverloadedError), admission.turn():
            raise AssertionError("there is no room")
        go_on.set()
        assert patient.result(60) == "had its turn"
