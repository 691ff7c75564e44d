"""The executor: equal computations once, a bounded number at a time, in order, and no caller ever waits in `submit`."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Barrier, Event, Lock

import pytest
from pydantic import BaseModel

from sids_core.errors import RequestError
from sids_core.stages import checkpoint, record, stage, watch
from sids_service.errors import OverloadedError
from sids_service.jobs import submission
from sids_service.jobs.computation import Computation, Key
from sids_service.jobs.errors import ComputationCancelledError, LeaseLostError, StoreUnavailableError
from sids_service.jobs.executor import LOOKUP_THREADS, LOOKUPS_WAITING, Executor
from sids_service.jobs.job import JobRecord
from sids_service.jobs.results import StoredResults
from sids_service.jobs.store import Content, Part, Stored
from sids_service.jobs.submission import CacheStatus
from sids_service.jobs.waiting import Waiting

SECONDS = 20


class Text(BaseModel):
    text: str


@dataclass
class Store:
    """Results by digest; reads wait for the gate."""

    results: dict[str, bytes] = field(default_factory=dict)
    gate: Event = field(default_factory=Event)
    error: Exception | None = None
    looks: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    def content(self, part: Part, job_id: str) -> bytes | None:
        assert part is Part.RESULT
        self.looks += 1
        assert self.gate.wait(SECONDS)
        if self.error is not None:
            raise self.error
        return self.results.get(job_id)

    def create(self, job: JobRecord) -> Stored | None:
        raise NotImplementedError

    def read(self, job_id: str) -> Stored | None:
        raise NotImplementedError

    def replace(self, job: JobRecord, tag: str) -> Stored | None:
        raise NotImplementedError

    def keep(self, part: Part, job_id: str, content: bytes) -> None:
        raise NotImplementedError

    def unlisted(self) -> list[str]:
        raise NotImplementedError

    def contents(self) -> list[Content]:
        raise NotImplementedError

    def discard(self, content: Content) -> None:
        raise NotImplementedError

    def expire(self, before: datetime) -> int:
        raise NotImplementedError

    def wait(self, entry: Waiting) -> None:
        raise NotImplementedError

    def waiting(self) -> list[Waiting]:
        raise NotImplementedError

    def leave(self, entry: Waiting) -> None:
        raise NotImplementedError


def executor_of(
    store: Store | None = None,
    *,
    at_once: int = 2,
    waiting: int = 30,
    cache_bytes: int = 1000,
    run_seconds: float = SECONDS,
) -> Executor:
    return Executor(
        StoredResults(store or Store()),
        at_once=at_once,
        waiting=waiting,
        cache_bytes=cache_bytes,
        run_seconds=run_seconds,
    )


def computation(
    request: str = "{}",
    compute: Callable[[], Text] = lambda: Text(text="x"),
    *,
    version: str = "1",
    check: Callable[[], object] = lambda: None,
    has_own_turn: bool = True,
) -> Computation[Text]:
    return Computation(
        Key(version, "model", request),
        compute=compute,
        check=check,
        stages={},
        has_own_turn=has_own_turn,
        advice="less",
    )


def size(text: str) -> int:
    return len(Text(text=text).model_dump_json())


def counted(text: str = "x") -> tuple[list[int], Callable[[], Text]]:
    calls: list[int] = []

    def compute() -> Text:
        calls.append(1)
        return Text(text=text)

    return calls, compute


@contextmanager
def held(executor: Executor, count: int, *, waiting: int = 0) -> Iterator[list["Future[tuple[bytes, CacheStatus]]"]]:
    """All threads of the executor at work, and so many computations waiting, during the enclosed work."""
    go_on = Event()
    begun = [Event() for _ in range(count)]

    def hold(entered: Event) -> Text:
        entered.set()
        assert go_on.wait(SECONDS)
        return Text(text="held")

    events = [*begun, *(Event() for _ in range(waiting))]
    futures = [
        executor.submit(computation(f"held {number}", lambda entered=event: hold(entered)), patient=True)  # type: ignore[misc]
        for number, event in enumerate(events)
    ]
    for event in begun:
        assert event.wait(SECONDS)
    try:
        yield futures
    finally:
        go_on.set()
        wait(futures, SECONDS)


def test_the_same_question_is_computed_once() -> None:
    executor = executor_of()
    calls, compute = counted()
    assert executor.submit(computation(compute=compute)).result(SECONDS) == (b'{"text":"x"}', CacheStatus.STORED)
    again = executor.submit(computation(compute=compute))
    assert again.done()
    assert again.result() == (b'{"text":"x"}', CacheStatus.HIT)
    assert len(calls) == 1


def test_those_who_ask_meanwhile_share_the_computation() -> None:
    executor = executor_of()
    calls: list[int] = []
    begun, go_on = Event(), Event()

    def compute() -> Text:
        calls.append(1)
        begun.set()
        assert go_on.wait(SECONDS)
        return Text(text="x")

    first = executor.submit(computation(compute=compute))
    assert begun.wait(SECONDS)
    others = [executor.submit(computation(compute=compute)) for _ in range(6)]
    assert not any(other.done() for other in others)
    go_on.set()
    assert first.result(SECONDS)[1] is CacheStatus.STORED
    assert {other.result(SECONDS) for other in others} == {(b'{"text":"x"}', CacheStatus.COLLAPSED)}
    assert len(calls) == 1


def test_many_threads_that_ask_at_once_share_the_computation() -> None:
    executor = executor_of()
    calls, compute = counted()
    together = Barrier(8)

    def ask() -> bytes:
        together.wait(SECONDS)
        return executor.submit(computation(compute=compute)).result(SECONDS)[0]

    with ThreadPoolExecutor(8) as pool:
        results = [future.result() for future in [pool.submit(ask) for _ in range(8)]]
    assert set(results) == {b'{"text":"x"}'}
    assert len(calls) == 1


def test_an_error_reaches_everyone_who_waits_and_is_not_kept() -> None:
    executor = executor_of()
    go_on = Event()

    def fail() -> Text:
        assert go_on.wait(SECONDS)
        raise RequestError("no")

    futures = [executor.submit(computation(compute=fail)) for _ in range(3)]
    go_on.set()
    for future in futures:
        with pytest.raises(RequestError, match="no"):
            future.result(SECONDS)
    assert executor.submit(computation()).result(SECONDS)[1] is CacheStatus.STORED


@pytest.mark.parametrize("error", [ComputationCancelledError("cancelled"), LeaseLostError("lost")])
def test_a_waiting_caller_computes_what_its_owner_gives_up(error: Exception) -> None:
    executor = executor_of()
    begun, cancel = Event(), Event()

    def cancelled() -> Text:
        begun.set()
        assert cancel.wait(SECONDS)
        raise error

    owner = executor.submit(computation(compute=cancelled), patient=True)
    assert begun.wait(SECONDS)
    calls, compute = counted()
    waiting = [executor.submit(computation(compute=compute)) for _ in range(3)]
    cancel.set()
    with pytest.raises(type(error)):
        owner.result(SECONDS)
    assert [future.result(SECONDS)[1] for future in waiting] == [
        CacheStatus.STORED,
        CacheStatus.COLLAPSED,
        CacheStatus.COLLAPSED,
    ]
    assert len(calls) == 1


def test_a_caller_that_goes_away_leaves_the_result_to_the_others() -> None:
    executor = executor_of()
    with held(executor, 2):
        gone, stays = (executor.submit(computation()) for _ in range(2))
        assert gone.cancel()
    assert stays.result(SECONDS)[0] == b'{"text":"x"}'


def test_what_nobody_waits_for_stops_at_its_next_stage() -> None:
    executor = executor_of(at_once=1)
    begun, go_on = Event(), Event()
    passed: list[str] = []

    def compute() -> Text:
        begun.set()
        assert go_on.wait(SECONDS)
        with stage("next"):
            passed.append("next")
        return Text(text="x")

    callers = [executor.submit(computation(compute=compute)) for _ in range(2)]
    assert begun.wait(SECONDS)
    assert all(caller.cancel() for caller in callers)
    go_on.set()
    assert executor.submit(computation("another")).result(SECONDS)[1] is CacheStatus.STORED
    assert passed == []
    assert executor.submit(computation()).result(SECONDS)[1] is CacheStatus.STORED


def test_who_asks_again_before_it_has_stopped_gets_the_result() -> None:
    executor = executor_of(at_once=1)
    begun, go_on = Event(), Event()

    def compute() -> Text:
        begun.set()
        assert go_on.wait(SECONDS)
        with stage("next"):
            return Text(text="x")

    first = executor.submit(computation(compute=compute))
    assert begun.wait(SECONDS)
    assert first.cancel()
    again = executor.submit(computation(compute=compute))
    go_on.set()
    assert again.result(SECONDS)[0] == b'{"text":"x"}'


def test_what_nobody_waits_for_any_more_is_not_begun_and_frees_its_place() -> None:
    executor = executor_of(at_once=1, waiting=1)
    calls, compute = counted()
    with held(executor, 1):
        gone, stays = (executor.submit(computation("shared", compute), patient=True) for _ in range(2))
        assert gone.cancel()
        with pytest.raises(OverloadedError):
            executor.submit(computation("refused")).result(SECONDS)
        assert stays.cancel()
        accepted = executor.submit(computation("accepted"))
    assert accepted.result(SECONDS)[1] is CacheStatus.STORED
    assert calls == []


def test_the_least_recently_used_go_first() -> None:
    executor = executor_of(cache_bytes=3 * size("0123456789"))

    def ask(name: str) -> CacheStatus:
        return executor.submit(computation(name, lambda: Text(text="0123456789"))).result(SECONDS)[1]

    for name in "abc":
        assert ask(name) is CacheStatus.STORED
    assert ask("a") is CacheStatus.HIT
    assert ask("d") is CacheStatus.STORED
    assert ask("a") is CacheStatus.HIT
    assert ask("b") is CacheStatus.STORED


def test_a_result_larger_than_the_cache_is_answered_but_not_kept() -> None:
    executor = executor_of(cache_bytes=5)
    calls, compute = counted()
    statuses = [executor.submit(computation(compute=compute)).result(SECONDS)[1] for _ in range(2)]
    assert statuses == [CacheStatus.STORED, CacheStatus.STORED]
    assert len(calls) == 2


def test_a_result_larger_than_the_cache_removes_no_other() -> None:
    executor = executor_of(cache_bytes=size("x"))

    def ask(name: str, text: str) -> CacheStatus:
        return executor.submit(computation(name, lambda: Text(text=text))).result(SECONDS)[1]

    assert [ask("small", "x"), ask("large", "xx"), ask("small", "x")] == [
        CacheStatus.STORED,
        CacheStatus.STORED,
        CacheStatus.HIT,
    ]


def test_new_data_makes_old_results_void() -> None:
    executor = executor_of()
    executor.submit(computation(version="1")).result(SECONDS)
    new = executor.submit(computation(version="2", compute=lambda: Text(text="new"))).result(SECONDS)
    assert new == (b'{"text":"new"}', CacheStatus.STORED)


def test_keys_differ_where_anything_does() -> None:
    keys = {Key(*parts).digest for parts in [("1", "m", "{}"), ("2", "m", "{}"), ("1", "n", "{}"), ("1", "m", "[]")]}
    assert len(keys) == 4


def test_a_result_in_the_store_is_not_computed() -> None:
    calls, compute = counted()
    asked = computation(compute=compute)
    store = Store({asked.key.digest: b'"left by a job"'})
    executor = executor_of(store)
    assert executor.has(asked.key)
    assert executor.submit(asked).result(SECONDS) == (b'"left by a job"', CacheStatus.STORED)
    assert executor.submit(asked).result(SECONDS) == (b'"left by a job"', CacheStatus.HIT)
    assert not executor.has(computation("another").key)
    assert calls == []


def test_a_store_out_of_reach_is_done_without_and_left_alone_for_a_while() -> None:
    store = Store(error=StoreUnavailableError("away"))
    executor = executor_of(store)
    for name in "abc":
        assert executor.submit(computation(name)).result(SECONDS)[1] is CacheStatus.STORED
    assert store.looks == 1


def test_no_more_than_may_run_at_once_and_all_have_their_turn() -> None:
    executor = executor_of(at_once=2, waiting=60)
    lock = Lock()
    running, most, done = 0, 0, 0

    def compute() -> Text:
        nonlocal running, most, done
        with lock:
            running += 1
            most = max(most, running)
        Event().wait(0.001)
        with lock:
            running -= 1
            done += 1
        return Text(text="x")

    for future in [executor.submit(computation(str(number), compute)) for number in range(60)]:
        future.result(SECONDS)
    assert most <= 2
    assert done == 60


def test_turns_are_had_in_order_and_past_the_end_of_the_queue_one_is_refused() -> None:
    executor = executor_of(at_once=1, waiting=2)
    order: list[int] = []

    def compute(number: int) -> Text:
        order.append(number)
        return Text(text="x")

    with held(executor, 1):
        futures = [
            executor.submit(computation(str(number), lambda number=number: compute(number)), patient=True)  # type: ignore[misc]
            for number in range(2)
        ]
        with pytest.raises(OverloadedError, match="1 runs at once and 2 waiting") as caught:
            executor.submit(computation("too many")).result(SECONDS)
        assert caught.value.retry_after >= 1
        assert order == []
    for future in futures:
        future.result(SECONDS)
    assert order == [0, 1]


def test_an_unservable_request_is_refused_as_such_even_when_busy() -> None:
    executor = executor_of(at_once=1, waiting=0)

    def check() -> None:
        raise RequestError("number is wrong")

    with held(executor, 1), pytest.raises(RequestError, match="number is wrong"):
        executor.submit(computation("wrong", check=check)).result(SECONDS)


def test_an_unservable_request_does_not_wait_for_its_turn() -> None:
    executor = executor_of(at_once=1, waiting=5)

    def check() -> None:
        raise RequestError("number is wrong")

    with held(executor, 1, waiting=1), pytest.raises(RequestError, match="number is wrong"):
        executor.submit(computation("wrong", check=check)).result(SECONDS)


def test_a_failed_computation_gives_its_turn_back() -> None:
    executor = executor_of(at_once=1, waiting=0)

    def fail() -> Text:
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            executor.submit(computation(compute=fail)).result(SECONDS)
    executor.submit(computation()).result(SECONDS)


def test_the_patient_wait_where_others_are_refused() -> None:
    executor = executor_of(at_once=1, waiting=0)
    with held(executor, 1):
        patient = executor.submit(computation("patient"), patient=True)
        with pytest.raises(OverloadedError):
            executor.submit(computation("impatient")).result(SECONDS)
    assert patient.result(SECONDS)[1] is CacheStatus.STORED


def test_the_patient_are_not_refused_with_the_impatient_that_they_share_with() -> None:
    store = Store()
    executor = executor_of(store, at_once=1, waiting=0)
    with held(executor, 1):
        store.gate.clear()
        impatient = executor.submit(computation("shared"))
        patient = executor.submit(computation("shared"), patient=True)
        store.gate.set()
        with pytest.raises(OverloadedError):
            impatient.result(SECONDS)
    assert patient.result(SECONDS)[1] is CacheStatus.STORED


def test_submitting_waits_for_nothing_and_starts_no_thread_before() -> None:
    before = threading.active_count()
    store = Store()
    executor = executor_of(store, at_once=1)
    assert threading.active_count() == before
    store.gate.clear()
    futures = [executor.submit(computation(str(number))) for number in range(20)]
    assert not any(future.done() for future in futures)
    store.gate.set()
    for future in futures:
        future.result(SECONDS)


def test_the_callers_stages_are_recorded_and_watched_with_the_time_it_waited() -> None:
    entered: list[str] = []

    class Watcher:
        def entered(self, stage: str) -> None:
            entered.append(stage)

        def advanced(self, share: float) -> None:
            raise AssertionError(share)

        def checkpoint(self) -> None:
            raise AssertionError

    def compute() -> Text:
        with stage("work"):
            return Text(text="x")

    executor = executor_of()
    with record() as seconds, watch(Watcher()):
        executor.submit(computation(compute=compute)).result(SECONDS)
    assert list(seconds) == ["queue", "work"]
    assert entered == ["work"]
    with record() as others:
        executor.submit(computation(compute=compute)).result(SECONDS)
    assert others == {}


def survey(name: str, compute: Callable[[], Text] = lambda: Text(text="x")) -> Computation[Text]:
    return computation(f"survey {name}", compute, has_own_turn=False)


def test_callers_of_an_equal_run_count_as_waiting() -> None:
    executor = executor_of(at_once=1, waiting=2)
    with held(executor, 1) as futures:
        equal = [executor.submit(computation("held 0")) for _ in range(3)]
        assert [future.done() for future in equal] == [False, False, True]
        with pytest.raises(OverloadedError, match="1 runs at once and 2 waiting") as caught:
            equal[2].result(0)
        assert caught.value.retry_after >= 1
        with pytest.raises(OverloadedError):
            executor.submit(computation("another")).result(SECONDS)
        assert equal[1].cancel()
        again = executor.submit(computation("held 0"))
        assert not again.done()
    for future in (*futures, equal[0], again):
        assert future.result(SECONDS)[0] == b'{"text":"held"}'


def test_callers_that_come_and_go_leave_nothing_behind() -> None:
    executor = executor_of(at_once=1, waiting=1)
    with held(executor, 1):
        for _ in range(100):
            assert executor.submit(computation("held 0")).cancel()
        stays = executor.submit(computation("held 0"))
        assert not stays.done()
    assert stays.result(SECONDS)[0] == b'{"text":"held"}'


def test_other_work_never_has_the_last_turn_nor_the_last_place() -> None:
    executor = executor_of(at_once=2, waiting=4)
    go_on, begun = Event(), Event()

    def hold() -> Text:
        begun.set()
        assert go_on.wait(SECONDS)
        return Text(text="survey")

    surveys = [executor.submit(survey(str(number), hold), patient=True) for number in range(3)]
    assert begun.wait(SECONDS)
    try:
        assert executor.submit(computation("first")).result(SECONDS)[0] == b'{"text":"x"}'
        assert not executor.submit(survey("2", hold), patient=True).done()
        for refused in ("too many", "2"):
            with pytest.raises(OverloadedError):
                executor.submit(survey(refused, hold)).result(SECONDS)
        with held(executor, 1):
            waits = executor.submit(computation("waits"))
        assert waits.result(SECONDS)[0] == b'{"text":"x"}'
        assert not any(future.done() for future in surveys)
    finally:
        go_on.set()
    assert {future.result(SECONDS)[0] for future in surveys} == {b'{"text":"survey"}'}


def test_the_look_ups_of_other_work_do_not_hold_up_imputations() -> None:
    executor = executor_of(at_once=2, waiting=30)
    go_on, checking = Event(), [Event() for _ in range(2 * LOOKUP_THREADS)]

    def check(entered: Event) -> None:
        entered.set()
        assert go_on.wait(SECONDS)

    with held(executor, 2):
        pass
    blocked: list[Future[tuple[bytes, CacheStatus]]] = []
    stuck = survey("runs", lambda: Text(text=str(go_on.wait(SECONDS))))
    blocked.append(executor.submit(stuck, patient=True))
    blocked += [
        executor.submit(
            computation(f"survey {number}", check=lambda entered=entered: check(entered), has_own_turn=False)  # type: ignore[misc]
        )
        for number, entered in enumerate(checking)
    ]
    for entered in checking[:LOOKUP_THREADS]:
        assert entered.wait(SECONDS)
    try:
        assert executor.submit(computation("imputation")).result(SECONDS)[0] == b'{"text":"x"}'
    finally:
        go_on.set()
    for future in blocked:
        future.result(SECONDS)


def test_look_ups_in_a_slow_store_are_bounded() -> None:
    store = Store()
    store.gate.clear()
    executor = executor_of(store, waiting=1000)
    futures = [executor.submit(computation(str(number))) for number in range(LOOKUPS_WAITING + 1)]
    with pytest.raises(OverloadedError):
        futures[-1].result(0)
    assert not any(future.done() for future in futures[:-1])
    store.gate.set()
    for future in futures[:-1]:
        future.result(SECONDS)
    assert executor.submit(computation("afterwards")).result(SECONDS)[0] == b'{"text":"x"}'


def test_a_run_past_its_deadline_is_given_up_at_its_next_step() -> None:
    executor = executor_of(at_once=1, run_seconds=1e-9)
    passed: list[str] = []

    def compute() -> Text:
        checkpoint()
        passed.append("a step")
        return Text(text="x")

    callers = [executor.submit(computation(compute=compute), patient=patient) for patient in (True, False)]
    for caller in callers:
        with pytest.raises(RequestError, match=r"given up after 1e-09 seconds, the longest .*; less$") as caught:
            caller.result(SECONDS)
        assert caught.value.kind == "takes_too_long"
    assert passed == []


def test_the_wait_for_a_turn_does_not_count_for_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(submission, "monotonic", lambda: now[0])
    executor = executor_of(at_once=1, run_seconds=5)

    def compute() -> Text:
        now[0] += 4
        checkpoint()
        return Text(text="x")

    with held(executor, 1):
        waits = executor.submit(computation(compute=compute))
        now[0] += 100
    assert waits.result(SECONDS)[0] == b'{"text":"x"}'
