"""Turns: the seconds until a run ends or a turn is free, from what runs and what waits."""

import pytest

from sids_service.jobs import turns as module
from sids_service.jobs.turns import Turns


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


def turns_of(at_once: int, *expected: float) -> Turns:
    """Runs named "0", "1", …, of which as many as may have begun."""
    turns = Turns(at_once)
    for number, seconds in enumerate(expected):
        turns.enter(str(number), seconds)
    turns.start_next()
    return turns


def test_with_a_free_turn_nothing_waits(clock: list[float]) -> None:
    turns = turns_of(2, 10.0)
    clock[0] += 1
    assert (turns.must_wait(), turns.seconds_until_free()) == (False, 0.0)
    assert turns.seconds_until("new", 3.0) == 3.0


def test_a_turn_is_free_after_the_shortest_run_and_what_waits_for_it(clock: list[float]) -> None:
    turns = turns_of(2, 10.0, 4.0)
    assert turns.seconds_until_free() == 4.0
    clock[0] += 1
    assert turns.seconds_until_free() == 3.0
    for name, seconds in (("2", 20.0), ("3", 5.0)):
        turns.enter(name, seconds)
    assert [turns.seconds_until(name, 0.0) for name in "0123"] == [9.0, 3.0, 23.0, 14.0]
    assert turns.seconds_until_free() == 14.0
    assert turns.waiting(kept=True) == 2


def test_a_run_that_is_late_is_expected_to_take_a_little_longer(clock: list[float]) -> None:
    turns = turns_of(1, 10.0)
    clock[0] += 30
    assert turns.seconds_until_free() == 3.0


def test_without_an_estimate_recent_runs_are_the_estimate(clock: list[float]) -> None:
    turns = turns_of(1)
    for _ in range(100):
        turns.enter("run", None)
        turns.start_next()
        turns.leave("run", 50.0)
    turns.enter("failed", 1.0)
    turns.leave("failed")
    turns.enter("next", None)
    turns.start_next()
    assert turns.seconds_until_free() == pytest.approx(50.0, rel=0.01)
    clock[0] += 20
    assert turns.seconds_until_free() == pytest.approx(30.0, rel=0.02)


def with_a_kept_turn(at_once: int, *runs: tuple[str, bool]) -> Turns:
    """Runs of ten seconds each, in this order, with whether each may have the kept turn."""
    turns = Turns(at_once)
    for name, kept in runs:
        turns.enter(name, 10.0, kept=kept)
    return turns


def test_other_runs_leave_one_turn(clock: list[float]) -> None:  # noqa: ARG001
    turns = with_a_kept_turn(3, ("a", False), ("b", False), ("c", False), ("d", False))
    assert turns.start_next() == ["a", "b"]
    assert turns.must_wait(kept=False)
    assert not turns.must_wait(kept=True)
    assert (turns.waiting(kept=False), turns.waiting(kept=True)) == (2, 0)
    turns.enter("imputation", 10.0)
    assert turns.start_next() == ["imputation"]
    turns.leave("imputation")
    assert turns.start_next() == []
    turns.leave("a")
    assert turns.start_next() == ["c"]


def test_imputations_may_have_every_turn(clock: list[float]) -> None:  # noqa: ARG001
    turns = with_a_kept_turn(2, ("a", True), ("b", True), ("other", False), ("c", True))
    assert turns.start_next() == ["a", "b"]
    turns.leave("a")
    assert turns.start_next() == ["other"]
    turns.leave("b")
    assert turns.start_next() == ["c"]


def test_with_a_single_turn_all_wait_in_one_line(clock: list[float]) -> None:  # noqa: ARG001
    turns = with_a_kept_turn(1, ("other", False), ("imputation", True), ("another", False))
    assert turns.start_next() == ["other"]
    turns.leave("other")
    assert turns.start_next() == ["imputation"]
    turns.leave("imputation")
    assert turns.start_next() == ["another"]


def test_the_wait_is_for_a_turn_of_the_same_kind(clock: list[float]) -> None:
    turns = with_a_kept_turn(2, ("a", False), ("b", False), ("c", False))
    turns.start_next()
    clock[0] += 4
    assert [turns.seconds_until(name, 0.0) for name in "abc"] == [6.0, 16.0, 26.0]
    assert turns.seconds_until_free(kept=False) == 26.0
    assert turns.seconds_until_free(kept=True) == 0.0
    assert turns.seconds_until("new", 3.0, kept=False) == 29.0


def test_refused_runs_come_back_one_after_the_other(clock: list[float]) -> None:
    turns = with_a_kept_turn(2, ("a", True), ("b", True))
    turns.start_next()
    assert [turns.seconds_to_come_back() for _ in range(3)] == [10.0, 10.5, 11.0]
    assert turns.seconds_to_come_back(kept=False) == 10.0
    clock[0] += 10.2
    assert turns.seconds_to_come_back() == pytest.approx(1.02 + 2 * 0.5)
    clock[0] += 20
    turns.leave("a")
    assert turns.seconds_to_come_back() == 1.0
