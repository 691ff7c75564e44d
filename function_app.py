"""What the Functions host loads: the settings, their dataset, and the app of the selected models."""

import logging
from threading import Thread

from blueprints.app import build_app, warm_up
from blueprints.context import Context
from blueprints.jobs import background_worker
from sids_core.errors import SidsError
from sids_service.dataset.dataset import open_dataset
from sids_service.jobs.store import is_remote
from sids_service.settings import read_settings

try:
    settings = read_settings()
    dataset = open_dataset(settings)
    context = Context(settings, dataset)
    app = build_app(context)
    start_worker = background_worker(context, app.endpoints).start
except SidsError as error:
    # The host shows an app that does not load as one without functions: the log must say why.
    logging.getLogger(__name__).critical("%s", error)
    raise
dataset.start()
if not is_remote(settings):  # no queue trigger: this process does its own jobs, once there are any
    context.jobs.on_use(start_worker)
Thread(target=warm_up, args=(dataset,), name="warm-up", daemon=True).start()
