"""A worker in a process of its own, that a test may kill. Its settings come from the environment, as everywhere.

`python -m tests.service.jobs.worker_process FOLDER HIDDEN_SECONDS`
"""

import sys
from pathlib import Path
from threading import Event

from sids_service.jobs.consumer import Consumer
from sids_service.jobs.executor import Executor
from sids_service.jobs.fair import FairWorker
from sids_service.jobs.queue import open_queue
from sids_service.jobs.store import open_store
from sids_service.jobs.worker import Worker
from sids_service.settings import read_settings
from sids_service.web import request_ids
from tests.service.jobs.recording import ENDPOINT, RecordingHandler


def main(folder: Path, hidden_seconds: float) -> None:
    settings = read_settings()
    store, queue = open_store(settings), open_queue(settings)
    handlers = {ENDPOINT: RecordingHandler(folder)}
    worker = Worker(store, queue, Executor.of(settings, store), handlers, settings.jobs_lease_seconds)
    fair = FairWorker(worker, store, queue, request_ids.handling)
    Consumer(queue, fair.work, fair.give_up, hidden_seconds=hidden_seconds).run(Event())


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
