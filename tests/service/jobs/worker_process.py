"""A worker in a process of its own, that a test may kill. Its settings come from the environment, as everywhere.

`python -m tests.service.jobs.worker_process FOLDER HIDDEN_SECONDS`
"""

import sys
from pathlib import Path
from threading import Event

from sids_service.jobs.finished import Finished
from sids_service.jobs.opening import open_queue, open_store
from sids_service.jobs.polling import Poller
from sids_service.jobs.runs import Runs
from sids_service.jobs.worker import Worker
from sids_service.settings import read_settings
from tests.service.jobs.recording import ENDPOINT, RecordingTask


def main(folder: Path, hidden_seconds: float) -> None:
    settings = read_settings()
    store = open_store(settings)
    tasks = {ENDPOINT: RecordingTask(folder)}
    worker = Worker(store, Runs.of(settings, Finished(store)), tasks, settings.jobs_lease_seconds)
    Poller(
        open_queue(settings),
        lambda message: worker.work(message.text),
        lambda message: worker.give_up(message.text),
        hidden_seconds=hidden_seconds,
        most_dequeues=5,
    ).run(Event())


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
