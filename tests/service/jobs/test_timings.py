"""Timings: many writers, bounded, and learnt from without anybody waiting."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from sids_core.timing import Timing
from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.executor import Executor
from sids_service.jobs.timing_log import BlobTimingLog, FolderTimingLog, TimingLog, open_timing_log
from sids_service.jobs.timings import Timings

if TYPE_CHECKING:
    from tests.conftest import Azurite
    from tests.service.jobs.conftest import Place

DEADLINE_SECONDS = 30
FULL_BYTES = 1000


def test_no_line_of_many_writers_is_lost_or_mixed(place: "Place") -> None:
    logs = [open_timing_log(place.settings) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: logs[number % 4].append([f"{number}-{'x' * 300}"]), range(80)))
    assert sorted(logs[0].read()) == sorted(f"{number}-{'x' * 300}" for number in range(80))


def test_old_lines_make_room(place: "Place") -> None:
    log = _small(open_timing_log(place.settings))
    for number in range(60):
        log.append([f"{number:099}"])
    kept = [int(line) for line in log.read()]
    assert kept == list(range(kept[0], 60))
    assert FULL_BYTES / 100 <= len(kept) <= 2 * FULL_BYTES / 100 + 2


def test_nothing_kept_is_nothing_read(place: "Place") -> None:
    assert open_timing_log(place.settings).read() == []


def test_what_one_process_takes_another_learns_from(place: "Place") -> None:
    first, second = (Timings(open_timing_log(place.settings), pause_seconds=0.01) for _ in range(2))
    first.learn("recorder", _total)
    first.add(_timing("recorder", 2.0))
    first.add(_timing("another", 40.0))
    _until(lambda: len(open_timing_log(place.settings).read()) == 2)
    learnt = second.learn("recorder", _total)
    _until(lambda: learnt() == 2.0)


def test_a_damaged_line_is_passed_over(in_folder: "Place") -> None:
    log = open_timing_log(in_folder.settings)
    log.append(['{"model": "recorder", "opt', _timing("recorder", 3.0).model_dump_json()])
    learnt = Timings(log, pause_seconds=0.01).learn("recorder", _total)
    _until(lambda: learnt() == 3.0)


def test_a_storage_out_of_reach_stops_nobody(in_azurite: "Place", azurite: "Azurite") -> None:
    timings = Timings(open_timing_log(in_azurite.settings), pause_seconds=0.01)
    learnt = timings.learn("recorder", _total)
    azurite.stop()
    with pytest.raises(StoreUnavailableError):
        open_timing_log(in_azurite.settings).read()
    timings.add(_timing("recorder", 1.0))
    assert learnt() == 0.0


def test_a_run_leaves_its_seconds_by_stage(in_folder: "Place") -> None:
    timings = Timings(open_timing_log(in_folder.settings), pause_seconds=0.01)
    stages = timings.learn("recorder", lambda found: [set(timing.seconds) for timing in found])
    executor = Executor.of(in_folder.settings, in_folder.store, timings)
    computation = in_folder.handler.asked(number=1)
    executor.submit(computation).result()
    executor.submit(computation).result()  # from memory: no work was done
    _until(lambda: stages() == [{"wait", "work"}])


def _small(log: TimingLog) -> TimingLog:
    if isinstance(log, BlobTimingLog):
        return BlobTimingLog(log.connect, FULL_BYTES)
    assert isinstance(log, FolderTimingLog)
    return FolderTimingLog(log.folder, FULL_BYTES)


def _timing(model: str, seconds: float) -> Timing:
    return Timing(model=model, options={}, size={}, seconds={"all": seconds})


def _total(timings: Sequence[Timing]) -> float:
    return sum(timing.seconds["all"] for timing in timings)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
