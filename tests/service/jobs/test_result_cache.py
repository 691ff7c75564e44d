from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from sids_core.errors import RequestError
from sids_service.jobs.errors import RunCancelledError
from sids_service.jobs.result_cache import Key, Outcome, ResultCache


def key(request: str = "{}", version: str = "1") -> Key:
    return Key(version, "model", request)


def counted(result: bytes = b"x") -> tuple[list[int], Callable[[], bytes]]:
    calls: list[int] = []

    def compute() -> bytes:
        calls.append(1)
        return result

    return calls, compute


def test_the_same_question_is_computed_once() -> None:
    cache = ResultCache(100)
    calls, compute = counted()
    assert cache.get(key(), compute) == (b"x", Outcome.STORED)
    assert cache.get(key(), compute) == (b"x", Outcome.HIT)
    assert len(calls) == 1


def test_those_who_ask_meanwhile_share_the_run() -> None:
    cache = ResultCache(100)
    calls: list[int] = []
    begun, go_on = Event(), Event()

    def compute() -> bytes:
        calls.append(1)
        begun.set()
        assert go_on.wait(20)
        return b"x"

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(cache.get, key(), compute)
        assert begun.wait(20)
        arrived = Barrier(7)

        def ask() -> tuple[bytes, Outcome]:
            arrived.wait(20)
            return cache.get(key(), compute)

        others = [pool.submit(ask) for _ in range(6)]
        arrived.wait(20)
        go_on.set()
        assert first.result() == (b"x", Outcome.STORED)
        assert {other.result() for other in others} <= {(b"x", Outcome.COLLAPSED), (b"x", Outcome.HIT)}
    assert len(calls) == 1


def test_an_error_reaches_the_caller_and_is_not_kept() -> None:
    cache = ResultCache(100)

    def fail() -> bytes:
        raise RequestError("no")

    with pytest.raises(RequestError, match="no"):
        cache.get(key(), fail)
    assert cache.get(key(), lambda: b"y") == (b"y", Outcome.STORED)


def test_who_waits_for_a_run_that_is_cancelled_begins_it_again() -> None:
    cache = ResultCache(100)
    begun, cancel = Event(), Event()

    def cancelled() -> bytes:
        begun.set()
        assert cancel.wait(60)
        raise RunCancelledError("wanted no more")

    with ThreadPoolExecutor(3) as pool:
        leader = pool.submit(cache.get, key(), cancelled)
        assert begun.wait(60)
        calls, compute = counted()
        waiting = [pool.submit(cache.get, key(), compute) for _ in range(2)]
        cancel.set()
        with pytest.raises(RunCancelledError):
            leader.result(60)
        assert [future.result(60)[0] for future in waiting] == [b"x", b"x"]
    assert len(calls) == 1


def test_the_least_recently_used_go_first() -> None:
    cache = ResultCache(30)
    for name in "abc":
        cache.get(key(name), lambda: b"0123456789")
    cache.get(key("a"), lambda: b"new")
    cache.get(key("d"), lambda: b"0123456789")
    assert cache.get(key("a"), lambda: b"new")[1] is Outcome.HIT
    assert cache.get(key("b"), lambda: b"new")[1] is Outcome.STORED


def test_a_result_larger_than_the_cache_is_answered_but_not_kept() -> None:
    cache = ResultCache(5)
    calls, compute = counted(b"0123456789")
    assert [cache.get(key(), compute)[1] for _ in range(2)] == [Outcome.STORED, Outcome.STORED]
    assert len(calls) == 2


def test_new_data_makes_old_results_void() -> None:
    cache = ResultCache(100)
    cache.get(key(version="1"), lambda: b"old")
    assert cache.get(key(version="2"), lambda: b"new") == (b"new", Outcome.STORED)


def test_keys_differ_where_anything_does() -> None:
    keys = {Key(*parts).digest for parts in [("1", "m", "{}"), ("2", "m", "{}"), ("1", "n", "{}"), ("1", "m", "[]")]}
    assert len(keys) == 4
