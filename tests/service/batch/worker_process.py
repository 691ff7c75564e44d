"""A worker of the jobs' queue in a process of its own, that a test may kill; it logs what it begins.

`python -m tests.service.batch.worker_process HIDDEN_SECONDS`
"""

import logging
import sys
from threading import Event

from blueprints.app import build_app
from blueprints.context import Context
from blueprints.jobs import worker
from sids_service.dataset.panel_source import open_panel_source
from sids_service.jobs.polling import Poller
from sids_service.settings import read_settings
from sids_service.web.tasks import tasks


def main(hidden_seconds: float) -> None:
    logging.basicConfig(level=logging.INFO)
    settings = read_settings()
    context = Context(settings, open_panel_source(settings))
    does = worker(context, tasks(build_app(context).endpoints))
    Poller(
        context.job_queue,
        lambda message: does.work(message.text),
        lambda message: does.give_up(message.text),
        hidden_seconds=hidden_seconds,
        most_dequeues=5,
    ).run(Event())


if __name__ == "__main__":
    main(float(sys.argv[1]))
