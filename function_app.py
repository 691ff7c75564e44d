"""What the Functions host loads: the settings, their dataset, and the app of the selected models."""

import logging
from threading import Thread

from blueprints.app import build_app, warm_up
from blueprints.context import Context
from blueprints.jobs import start_worker
from sids_core.errors import SidsError
from sids_service.dataset.panel_source import open_panel_source
from sids_service.settings import read_settings

try:
    settings = read_settings()
    dataset = open_panel_source(settings)
    context = Context(settings, dataset)
    app = build_app(context)
except SidsError as error:
    # The host shows an app that does not load as one without functions: the log must say why.
    logging.getLogger(__name__).critical("%s", error)
    raise
dataset.start()
start_worker(context, app.endpoints)
Thread(target=warm_up, args=(dataset,), name="warm-up", daemon=True).start()
