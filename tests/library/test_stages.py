"""Seconds and progress of a computation, and its cancellation by a watcher."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sids_core.stages import counted, enclose, record, stage, watch
from sids_service.jobs.lease import Progress


class Stop(Exception):  # noqa: N818
    pass


class Watching(Progress):
    """Notes how much was done at every step, and stops the work from a share on."""

    def __init__(self, shares: dict[str, float], stop_at: float = 1.0) -> None:
        super().__init__(shares)
        self.seen: list[float] = []
        self._stop_at = stop_at

    def advanced(self, share: float) -> None:
        super().advanced(share)
        self.seen.append(self.done)
        self.checkpoint()

    def checkpoint(self) -> None:
        if self.done >= self._stop_at:
            raise Stop


def work() -> list[int]:
    with stage("unknown"):
        pass
    with stage("first"):
        pass
    with stage("second"):
        return list(counted(iter([1, 2, 3, 4]), 4))


def test_progress_grows_by_the_expected_shares() -> None:
    watching = Watching({"first": 0.2, "second": 0.8})
    with watch(watching):
        assert work() == [1, 2, 3, 4]
    assert watching.seen == [0.0, 0.2, 0.4, 0.6, 0.8, 0.99]


def test_a_watcher_can_end_the_work_between_two_parts() -> None:
    watching = Watching({"first": 0.2, "second": 0.8}, stop_at=0.5)
    with pytest.raises(Stop), watch(watching):
        work()
    assert watching.seen == [0.0, 0.2, 0.4, 0.6]


def test_unwatched_work_goes_on_as_before() -> None:
    with record() as seconds:
        assert work() == [1, 2, 3, 4]
    assert list(seconds) == ["unknown", "first", "second"]


def test_an_enclosing_watcher_is_told_too() -> None:
    outer, inner = Watching({"first": 0.2, "second": 0.8}), Watching({"first": 0.2, "second": 0.8}, stop_at=0.5)
    with watch(outer), pytest.raises(Stop), watch(inner):
        work()
    assert outer.seen == inner.seen == [0.0, 0.2, 0.4, 0.6]


def test_stages_run_within_what_encloses_them_also_when_they_fail() -> None:
    seen: list[str] = []

    @contextmanager
    def noted(name: str) -> Iterator[None]:
        seen.append(f"+{name}")
        try:
            yield
        finally:
            seen.append(f"-{name}")

    with enclose(noted), pytest.raises(Stop), stage("outer"), stage("inner"):
        raise Stop
    with stage("after"):
        pass
    assert seen == ["+outer", "+inner", "-inner", "-outer"]
