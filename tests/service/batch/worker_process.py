"""A worker of the jobs' queue in a process of its own, that a test may kill; it logs what it begins.

`python -m tests.service.batch.worker_process HIDDEN_SECONDS`
"""

import logging
import sys
from threading import Event

from blueprints.app import build_app
from blueprints.context import Context
from blueprints.jobs import worker
from sids_service.dataset.dataset import open_dataset
from sids_service.jobs.consumer import Consumer
from sids_service.settings import read_settings


def main(hidden_seconds: float) -> None:
    logging.basicConfig(level=logging.INFO)
    settings = read_settings()
    context = Context(settings, open_dataset(settings))
    does = worker(context, build_app(context).endpoints)
    Consumer(context.job_queue, does.work, does.give_up, hidden_seconds=hidden_seconds).run(Event())


if __name__ == "__main__":
    main(float(sys.argv[1]))
