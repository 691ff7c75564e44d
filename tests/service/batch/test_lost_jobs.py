"""A batch of jobs ends, whatever becomes of its messages, its workers and the data."""

import itertools
from collections.abc import Callable

import pytest

from sids_service.batch import compute
from sids_service.batch.compute import Failed, ItemOutcome, JobBatch, Succeeded
from sids_service.batch.plan import BatchItem
from sids_service.batch.records import Record
from sids_service.jobs.consumer import Consumer
from tests.service.jobs.conftest import Place, in_folder
from tests.service.jobs.recording import ENDPOINT, RecordingHandler

__all__ = ["in_folder"]
ITEM = BatchItem("key", "key-A", 2015, 2015)
RECORD = object()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute passes at each look at the clock, and a result is a record."""
    seconds = itertools.count(0.0, 60.0)
    monkeypatch.setattr(compute, "monotonic", lambda: next(seconds))
    monkeypatch.setattr(Record, "of_response", lambda _content: RECORD)


def outcomes(place: Place, pause: Callable[[], object]) -> dict[BatchItem, ItemOutcome]:
    batch = JobBatch(place.jobs, ENDPOINT, "recorder", lambda _: place.handler.asked(number=1), "1")
    return dict(batch.outcomes([ITEM], pause))


def work(place: Place, handler: RecordingHandler | None = None) -> None:
    worker = place.worker(handler)
    consumer = Consumer(place.queue, worker.work, worker.give_up, hidden_seconds=30)
    while consumer.once():
        pass


def test_it_finds_that_a_message_was_lost(in_folder: Place) -> None:
    pauses = itertools.count()

    def pause() -> None:
        if next(pauses):
            work(in_folder)
        else:
            message = in_folder.queue.receive(30)
            assert message is not None
            in_folder.queue.delete(message)

    assert outcomes(in_folder, pause) == {ITEM: Succeeded(RECORD)}  # type: ignore[arg-type]


def test_it_does_not_wait_for_ever_for_workers(in_folder: Place) -> None:
    pauses = itertools.count(1)
    told = outcomes(in_folder, lambda: next(pauses))[ITEM]
    assert isinstance(told, Failed)
    assert "no worker has done anything for an hour; the job goes on, continue with --resume" in told.reason
    assert 59 <= next(pauses) <= 61
    work(in_folder)
    assert outcomes(in_folder, lambda: None) == {ITEM: Succeeded(RECORD)}  # type: ignore[arg-type]


def test_it_takes_no_result_of_other_data(in_folder: Place) -> None:
    newer = RecordingHandler(in_folder.records, version="2")
    told = outcomes(in_folder, lambda: work(in_folder, newer))[ITEM]
    assert told == Failed("the dataset or the service has changed since the batch was started")
