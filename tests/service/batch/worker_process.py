"""A worker of the jobs' queue in a process of its own, that a test may kill; it logs what it begins.

`python -m tests.service.batch.worker_process HIDDEN_SECONDS`
"""

import logging
import sys
from threading import Event

from blueprints.app import make_worker
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.jobs.consumer import Consumer
from sids_service.settings import read_settings


def main(hidden_seconds: float) -> None:
    logging.basicConfig(level=logging.INFO)
    settings = read_settings()
    context = Context(settings, open_panel_source(settings))
    does = make_worker(context)
    Consumer(context.job_queue, does.work, does.give_up, hidden_seconds=hidden_seconds).run(Event())


if __name__ == "__main__":
    main(float(sys.argv[1]))
