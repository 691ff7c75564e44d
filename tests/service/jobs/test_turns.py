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
    for number in range(min(at_once, len(expected))):
        turns.start(str(number))
    return turns


def test_with_a_free_turn_nothing_waits(clock: list[float]) -> None:
    turns = turns_of(2, 10.0)
    clock[0] += 1
    assert (turns.all_taken, turns.seconds_until_free()) == (False, 0.0)
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
    assert turns.waiting == 2


def test_a_run_that_is_late_is_expected_to_take_a_little_longer(clock: list[float]) -> None:
    turns = turns_of(1, 10.0)
    clock[0] += 30
    assert turns.seconds_until_free() == 3.0


def test_without_an_estimate_recent_runs_are_the_estimate(clock: list[float]) -> None:
    turns = turns_of(1)
    for _ in range(100):
        turns.enter("run", None)
        turns.start("run")
        turns.leave("run", 50.0)
    turns.enter("failed", 1.0)
    turns.leave("failed")
    turns.enter("next", None)
    turns.start("next")
    assert turns.seconds_until_free() == pytest.approx(50.0, rel=0.01)
    clock[0] += 20
    assert turns.seconds_until_free() == pytest.approx(30.0, rel=0.02)
